"""The asset that somebody means by what they wrote in a form's field: its code, or words that find it alone."""

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assets.models import Asset
from hypervisor.api.searching import search

MOST_NAMED = 5
"""Assets named to who gave words that several have."""
WIDGET = {"class": "input", "list": "assets-found", "autocomplete": "off"}
"""Attributes of such a field: its completion fills the list, as templates that have one declare it."""


def called(told: str, assets: QuerySet[Asset]) -> Asset:
    """The asset of this code, else the only one that the words find: "CR-001 — Jauge du pont" is what a completion writes."""
    asset = assets.filter(code__in=[told, told.partition(" — ")[0]]).first()
    if asset is not None:
        return asset
    query = search(told)
    found = list(assets.filter(search=query).order_by("code")[: MOST_NAMED + 1]) if query else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise forms.ValidationError(_("No asset has this code or name: {told}").format(told=told))
    names = ", ".join(f"{each.code} {each.name}" for each in found[:MOST_NAMED])
    raise forms.ValidationError(_("Several assets are called that: {names}…").format(names=names))
