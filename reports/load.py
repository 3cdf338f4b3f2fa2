"""The load of an operator now: how much was annunciated in the last ten minutes, in the sectors they see."""

import datetime as dt
from collections.abc import Sequence

import msgspec

from reports import reading
from reports.definitions import Definitions, load_level
from reports.models import Annunciation

WITHIN = dt.timedelta(minutes=10)


class Load(msgspec.Struct, frozen=True):
    """`level` as `load_level` names it; `hour`: annunciated within the last hour."""

    count: int
    hour: int
    level: str
    flood: bool


def now_of(site: int, sectors: Sequence[str] | None, definitions: Definitions, now: dt.datetime) -> Load:
    """One query, one more for whoever is confined to sectors."""
    rows = Annunciation.objects.filter(site_id=site, at__gt=now - dt.timedelta(hours=1), unheard=Annunciation.Unheard.HEARD)
    if sectors is not None:
        rows = rows.filter(sector__in=reading.sectors_of(site, sectors))
    instants = list(rows.values_list("at", flat=True))
    count = sum(at > now - WITHIN for at in instants)
    return Load(count, len(instants), load_level(count), count > definitions.flood_above)
