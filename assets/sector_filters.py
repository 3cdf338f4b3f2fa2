"""Filters of rows by the sector they lie in, for whoever sees only some sectors."""

from collections.abc import Collection
from functools import reduce
from operator import or_

from django.db.models import Q


def within(sectors: Collection[str] | None, sector: str = "sector") -> Q:
    """A filter for what lies in one of these sectors (paths; None: everywhere) or in one nested in them; `sector` is the lookup
    that leads to the sector of a row."""
    if sectors is None:
        return Q()
    return reduce(or_, (in_sector(path, sector) for path in sectors)) if sectors else Q(pk__in=())


def in_sector(path: str, sector: str = "sector") -> Q:
    """A filter for what lies in the sector of this path or in one nested in it."""
    return Q(**{f"{sector}__path": path}) | Q(**{f"{sector}__path__startswith": f"{path}/"})
