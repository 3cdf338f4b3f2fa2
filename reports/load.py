"""The load of an operator now: how much was annunciated in the last ten minutes, in the sectors they see."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.db.models import Count, Q

from reports import reading
from reports.definitions import TARGETS, Definitions, load_level
from reports.models import Annunciation

WITHIN = dt.timedelta(minutes=10)


class Load(msgspec.Struct, frozen=True):
    """`level` as `load_level` names it; `hour`: annunciated within the last hour; `good` and `most`: its targets."""

    count: int
    hour: int
    level: str
    flood: bool
    good: float = TARGETS["per_ten_minutes"].good
    most: float = TARGETS["per_ten_minutes"].most


def now_of(site: int, sectors: Sequence[str] | None, definitions: Definitions, now: dt.datetime) -> Load:
    """One query, one more for whoever is confined to sectors."""
    rows = Annunciation.objects.filter(site_id=site, at__gt=now - dt.timedelta(hours=1), unheard=Annunciation.Unheard.HEARD)
    if sectors is not None:
        rows = rows.filter(sector__in=reading.sectors_of(site, sectors))
    found = rows.aggregate(count=Count("pk", Q(at__gt=now - WITHIN)), hour=Count("pk"))
    return Load(found["count"], found["hour"], load_level(found["count"]), found["count"] > definitions.flood_above)
