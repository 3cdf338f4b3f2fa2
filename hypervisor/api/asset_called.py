"""The asset that somebody means by what they wrote: its code, or words that find it alone."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError

from assets.models import Asset
from hypervisor.api.searching import search

MOST_NAMED = 5
"""Assets named to who gave words that several have."""


class NotCalled(ValueError):
    """None, or several; says so in the reader's language."""


def called(told: str, assets: QuerySet[Asset]) -> Asset:
    """The asset of this code, else the only one that the words find: "CR-001 — Jauge du pont" is what a completion writes. Raises
    NotCalled."""
    told = told.replace("\0", "").strip()
    asset = assets.filter(code__in=[told, told.partition(" — ")[0]]).first()
    if asset is not None:
        return asset
    query = search(told)
    found = list(assets.filter(search=query).order_by("code")[: MOST_NAMED + 1]) if query else []
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotCalled(_("No asset that you may see has this code or name: {told}").format(told=told[:80]))
    names = ", ".join(f"{each.code} {each.name}" for each in found[:MOST_NAMED])
    raise NotCalled(_("Several assets are called that: {names}…").format(names=names))


def asked(told: str, assets: QuerySet[Asset]) -> Asset:
    """The asset of a request's `asset`. Raises ValidationError."""
    try:
        return called(told, assets)
    except NotCalled as error:
        raise ValidationError({"asset": str(error)}) from None
