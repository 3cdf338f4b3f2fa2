"""A form's field in which an asset is named, with its completion."""

from django import forms
from django.db.models import QuerySet

from assets.models import Asset
from hypervisor.api import asset_called

WIDGET = {"class": "input", "list": "assets-found", "autocomplete": "off"}
"""Attributes of such a field: its completion fills the list, as templates that have one declare it."""


def called(told: str, assets: QuerySet[Asset]) -> Asset:
    """As `hypervisor.api.asset_called.called`, refused as a form refuses."""
    try:
        return asset_called.called(told, assets)
    except asset_called.NotCalled as error:
        raise forms.ValidationError(str(error)) from None
