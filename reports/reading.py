"""Annunciations of a site in columns, from the packs of days that are over and from the rows of the others."""

import datetime as dt
from collections.abc import Sequence
from itertools import groupby

import numpy as np

from assets.instants import microseconds
from assets.models import Sector
from assets.sector_paths import lies_in
from reports import packing, rows_in_columns
from reports.columns import Columns, joined


def of_period(site: int, begin: dt.datetime, end: dt.datetime) -> Columns:
    """What was annunciated within [begin, end), heard or not, in order."""
    wanted = packing.days(begin, end) if begin < end else []
    packs = packing.of_days(site, wanted)
    parts = []
    for packed, days in groupby(wanted, packs.__contains__):
        run = list(days)
        if packed:
            parts += [packs[day] for day in run]
        else:
            first, after = packing.midnight(run[0]), packing.midnight(run[-1]) + dt.timedelta(days=1)
            parts.append(rows_in_columns.between(site, max(begin, first), min(end, after)))
    told = joined(parts)
    return told.where(slice(*np.searchsorted(told.at, (microseconds(begin), microseconds(end))).tolist()))


def standing_at(site: int, moment: dt.datetime) -> Columns:
    """What was annunciated before and had not returned by then, in order."""
    return rows_in_columns.standing_at(site, moment)


def sectors_of(site: int, paths: Sequence[str]) -> list[int]:
    """Ids of the sectors of these paths and of those nested in them."""
    rows = Sector.objects.filter(site_id=site).values_list("pk", "path")
    return [id_ for id_, path in rows if lies_in(path, tuple(paths))]
