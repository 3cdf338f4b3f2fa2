"""The figures of parts of a site: by sector, kind, rule, supervisor, and by operating position. Pure."""

from collections.abc import Sequence

import msgspec
import numpy as np

from reports.columns import HOUR, TEN_MINUTES, Columns, Ints, Mask
from reports.definitions import Definitions
from reports.figures import Times, counted, never_acted, times, waited
from reports.floods import floods


class Part(msgspec.Struct, frozen=True):
    """One sector, kind, rule, supervisor or position, by id (NONE: none). `span` is the time it is counted over, µs."""

    id: int
    annunciated: int
    share: float
    per_hour: float
    most_in_ten_minutes: int
    floods: int
    in_flood: float
    acknowledged: Times
    never_acted: int
    span: int


def by(heard: Columns, ids: Ints, begin: int, end: int, definitions: Definitions) -> list[Part]:
    """One part for each id, that with the most annunciations first; `ids` go with the rows of `heard`."""
    order = np.argsort(ids, kind="stable")
    names, firsts = np.unique(ids[order], return_index=True)
    edges = [*firsts.tolist(), len(ids)]
    sorted_ = heard.where(order)
    parts = [
        _part(id_, sorted_.where(slice(first, last)), len(heard), [(begin, end)], definitions)
        for id_, first, last in zip(names.tolist(), edges, edges[1:], strict=False)
    ]
    return sorted(parts, key=lambda part: (-part.annunciated, part.id))


Held = Sequence[tuple[int, int, Ints | None]]
"""Times at which a position was held: begin, end, and the sectors that its holder saw; None: the whole site."""


def of_position(id_: int, heard: Columns, held: Held, definitions: Definitions) -> Part:
    """What was annunciated to whoever held a position, within what they may see, over the time that it was held."""
    mine: Mask = np.zeros(len(heard), bool)
    for begin, end, sectors in held:
        then = slice(*np.searchsorted(heard.at, (begin, end)).tolist())
        mine[then] |= True if sectors is None else np.isin(heard.sector[then], sectors)
    return _part(id_, heard.where(mine), len(heard), [(begin, end) for begin, end, _ in held], definitions)


def _part(id_: int, mine: Columns, all_: int, spans: Sequence[tuple[int, int]], definitions: Definitions) -> Part:
    span = sum(end - begin for begin, end in spans)
    end = max(end for _, end in spans) if spans else 0
    begin = min(begin for begin, _ in spans) if spans else 0
    deluge = floods(mine.at, end, definitions)
    return Part(
        id=id_, annunciated=len(mine), share=len(mine) / all_ if all_ else 0.0, per_hour=len(mine) * HOUR / span if span else 0.0,
        most_in_ten_minutes=int(counted(mine.at, begin, end, TEN_MINUTES).max(initial=0)) if len(mine) else 0,
        floods=len(deluge), in_flood=sum(each.end - each.begin for each in deluge) / span if span else 0.0,
        acknowledged=times(waited(mine)), never_acted=never_acted(mine), span=span,
    )  # fmt: skip
