"""Finds what judges an alarm by its key: the check of a point, the watch of a feed or of an asset. Made when it is asked for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from alarms.engine.layout import CheckRow, Layout, WatchRow
from alarms.engine.silence import Watches
from assets.register import Register


def of_checks(register: Register, layout: Layout, point: NDArray[np.intp]) -> dict[tuple[int, int | str], CheckRow]:
    """By version and point; `point`: of each row of the ladders the register row of its point."""
    pairs = zip(layout.version[layout.rule].tolist(), register.point_id[point[layout.row]].tolist(), strict=True)
    return {pair: CheckRow(check) for check, pair in enumerate(pairs)}


def of_watches(register: Register, watches: Watches) -> dict[tuple[int, str, int | str], WatchRow]:
    """By version, kind of subject and subject."""
    index: dict[tuple[int, str, int | str], WatchRow] = {}
    for watch, (rule, subject) in enumerate(zip(watches.rule.tolist(), watches.subject.tolist(), strict=True)):
        scoped = watches.rules[rule]
        ids = register.feed_id if scoped.spec.of == "feed" else register.asset_id
        index[scoped.version, scoped.spec.of, int(ids[subject])] = WatchRow(watch)
    return index
