"""Which annunciations a figure is made of: the same selection the figure counted, to be looked at one by one. Pure."""

import msgspec
import numpy as np

from reports.columns import NONE, Columns, Mask
from reports.definitions import Definitions
from reports.nuisances import chattering, fleeting

GROUPED = ("sector", "kind", "rule", "supervisor")
FLAGS = ("chattering", "fleeting", "unanswered", "never_acted")


class Which(msgspec.Struct, frozen=True):
    """Criteria, all of which hold; None: not asked. Ids as in Columns, `begin` and `end` in µs within the period."""

    unheard: int | None = None
    severity: int | None = None
    same: int | None = None
    sector: int | None = None
    kind: int | None = None
    rule: int | None = None
    supervisor: int | None = None
    begin: int | None = None
    end: int | None = None
    flag: str = ""


def select(told: Columns, which: Which, definitions: Definitions) -> Columns:
    """Heard ones, unless a reason why nobody heard them is asked for."""
    rows = told.where(told.unheard == (which.unheard or 0))
    if which.flag:
        rows = rows.where(_flagged(rows, which.flag, definitions))
    kept: Mask = np.ones(len(rows), bool)
    for name in ("severity", "same", *GROUPED):
        if (wanted := getattr(which, name)) is not None:
            kept &= getattr(rows, name) == wanted
    if which.begin is not None:
        kept &= rows.at >= which.begin
    if which.end is not None:
        kept &= rows.at < which.end
    return rows.where(kept)


def _flagged(heard: Columns, flag: str, definitions: Definitions) -> Mask:
    if flag == "chattering":
        return chattering(heard, definitions)
    if flag == "fleeting":
        return fleeting(heard, definitions)
    if flag == "unanswered":
        open_: Mask = heard.acknowledged == NONE
        return last_of_each(heard) & open_
    acted = heard.alarm[(heard.acted == 1) | (heard.taken != NONE)]
    passed_by: Mask = ~np.isin(heard.alarm, acted)
    return last_of_each(heard) & passed_by


def last_of_each(told: Columns) -> Mask:
    """The last annunciation of each alarm."""
    mask: Mask = np.zeros(len(told), bool)
    _, places = np.unique(told.alarm[::-1], return_index=True)
    mask[len(told) - 1 - places] = True
    return mask
