"""Réglages, gates: each with its barrier, its readers and their tokens; made, changed and switched off by administrators."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around
from hypervisor.pages.gate_forms import NEW_GATE, NEW_READER, SOURCES, WAYS, GateSettingsForm, ReaderForm, of_gate, of_reader
from hypervisor.pages.plate_purposes import POLICIES
from hypervisor.pages.refused import at_form
from hypervisor.rights import Right, Verb
from passages import gates
from passages.models import Gate, Reader
from passages.recommendation import Policy


def _page(request: HttpRequest, right: Right, site: Site, name: str, form: object, **more: object) -> HttpResponse:
    context = around(request, right, site, "settings") | {"tab": "gates", "part": "gates", "form": form, **more}
    return render(request, f"configuration/{name}.html", context, status=422 if getattr(form, "errors", None) else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The gates of the site, and the form for one more."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    form = GateSettingsForm(the_site, request.POST or None, initial=NEW_GATE)
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            gate = gates.save_gate(the_site, form.cleaned_data, by=actor_of(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("The gate {name} is set. Add what reads plates there.").format(name=gate.name))
            return redirect("gate_sheet", site, gate.pk)
    found = Gate.objects.filter(site=the_site).select_related("asset", "purpose").prefetch_related("readers")
    told = [
        {"row": gate, "way": WAYS[gate.direction], "policy": POLICIES[Policy(gate.policy)],
         "reads": gate.purpose is not None and gate.purpose.withdrawn_at is None}
        for gate in found
    ]  # fmt: skip
    return _page(request, right, the_site, "gates", form, gates=told)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def gate(request: HttpRequest, site: str, gate: int) -> HttpResponse:
    """One gate: its form, and its readers."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    row = _gate(the_site, gate)
    form = GateSettingsForm(the_site, request.POST or None, initial=of_gate(row))
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            gates.save_gate(the_site, form.cleaned_data, by=actor_of(request), now=timezone.now(), known=row)
        if not form.errors:
            messages.success(request, _("The gate {name} is set.").format(name=row.name))
            return redirect("gate_sheet", site, gate)
        row = _gate(the_site, gate)  # as it is, and not as it was refused
    return _page(request, right, the_site, "gate", form, gate=row, readers=_readers(row))


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new_reader(request: HttpRequest, site: str, gate: int) -> HttpResponse:
    """One more reader of a gate."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    row = _gate(the_site, gate)
    form = ReaderForm(the_site, request.POST or None, initial=NEW_READER)
    if request.method == "POST" and form.is_valid():
        with at_form(form, {}):
            reader = gates.save_reader(row, form.cleaned_data, by=actor_of(request), now=timezone.now())
        if not form.errors:
            messages.success(request, _("The reader {name} is set.").format(name=reader.name))
            return redirect("reader_settings", site, gate, reader.slug)
    return _page(request, right, the_site, "reader", form, gate=row)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def reader(request: HttpRequest, site: str, gate: int, reader: str) -> HttpResponse:
    """One reader: its form, its token, the address it sends to, and what could not be used of what it sent."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    row = _reader(the_site, gate, reader)
    form = ReaderForm(the_site, request.POST or None, initial=of_reader(row))
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data | {"address": gates.address_kept(row, form.cleaned_data["address"])}
        with at_form(form, {}):
            gates.save_reader(row.gate, wanted, by=actor_of(request), now=timezone.now(), known=row)
        if not form.errors:
            messages.success(request, _("The reader {name} is set.").format(name=row.name))
            return redirect("reader_settings", site, gate, row.slug)
        row = _reader(the_site, gate, reader)
    return _page(request, right, the_site, "reader", form, gate=row.gate, reader=row, hook=_hook(request, row))


@never_cache
@require_POST
@login_required
def reader_token(request: HttpRequest, site: str, gate: int, reader: str) -> HttpResponse:
    """A new token of a reader, shown on this very page and never again."""
    right, the_site = rights.on_site(request, site, Verb.GATES)
    row = _reader(the_site, gate, reader)
    token = gates.new_token(row, row.gate, by=actor_of(request), now=timezone.now())
    form = ReaderForm(the_site, initial=of_reader(row))
    return _page(request, right, the_site, "reader", form, gate=row.gate, reader=row, hook=_hook(request, row), token=token)


@require_POST
@login_required
def remove_reader(request: HttpRequest, site: str, gate: int, reader: str) -> HttpResponse:
    """Take a reader away; what it read is kept."""
    _known, the_site = rights.on_site(request, site, Verb.GATES)
    row = _reader(the_site, gate, reader)
    gates.remove_reader(row, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The reader {name} was removed.").format(name=row.name))
    return redirect("gate_sheet", site, gate)


def _gate(site: Site, gate: int) -> Gate:
    return get_object_or_404(Gate.objects.select_related("site", "asset__kind", "purpose"), pk=gate, site=site)


def _reader(site: Site, gate: int, reader: str) -> Reader:
    found = Reader.objects.select_related("gate__site", "gate__asset__kind", "asset")
    return get_object_or_404(found, slug=reader, gate=gate, gate__site=site)


def _readers(gate: Gate) -> list[dict[str, object]]:
    return [{"row": reader, "source": SOURCES[reader.source]} for reader in gate.readers.select_related("asset")]


def _hook(request: HttpRequest, reader: Reader) -> str:
    return request.build_absolute_uri(reverse("reader-reads", args=[reader.slug]))
