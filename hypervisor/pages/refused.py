"""Where a page says what the domain refuses: at its form, or as a message of the page it leads to."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django import forms
from django.contrib import messages
from django.http import HttpRequest

from assets.refusal import Refused
from hypervisor.api.problems import said


@contextmanager
def at_form(form: forms.Form, fields: Mapping[str, str]) -> Iterator[None]:
    """Add a refusal to the form's errors, at its field. `fields`: names of the form for those of the domain that differ."""
    try:
        yield
    except Refused as refused:
        field = fields.get(refused.field, refused.field)
        form.add_error(field if field in form.fields else None, said(refused))


@contextmanager
def in_messages(request: HttpRequest) -> Iterator[None]:
    """Tell a refusal on the page the view redirects to."""
    try:
        yield
    except Refused as refused:
        messages.error(request, said(refused))
