"""Which subjects a silence rule listens to, and how long each may say nothing: laid out as columns for `silence.py`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from alarms.engine.layout import SECOND, ScopedRule
from alarms.engine.spec import Silence
from assets.register import Register

Number = TypeVar("Number", bound=np.generic)

NO_TERM = np.iinfo(np.int64).max


class WatchColumns(NamedTuple):
    """The watches of one rule; `member` has the point rows of each, `points` how many these are. Periods in µs."""

    rule: int
    of_asset: bool
    subject: NDArray[np.int64]
    period: NDArray[np.int64]
    interval: NDArray[np.int64]
    member: NDArray[np.int32]
    points: NDArray[np.int64]


def lay_out_watches(register: Register, index: int, rule: ScopedRule[Silence]) -> WatchColumns:
    """The subjects of one silence rule that have an expected rhythm."""
    spec, of_asset = rule.spec, rule.spec.of == "asset"
    subject_of = (register.asset if of_asset else register.feed)[rule.rows]
    if of_asset:
        rhythm = register.interval[rule.rows]
        expected = rhythm > 0
        subject, owner = np.unique(subject_of, return_inverse=True)
        interval = np.full(len(subject), NO_TERM)
        np.minimum.at(interval, owner[expected], rhythm[expected])
    else:
        subject, owner = np.unique(subject_of, return_inverse=True)
        interval = np.where(register.feed_interval[subject] > 0, register.feed_interval[subject], NO_TERM)
    kept = interval != NO_TERM
    order = np.argsort(owner, kind="stable")
    member = rule.rows[order][kept[owner[order]]]
    period = np.maximum(np.rint(interval[kept] * spec.factor), round(spec.minimum * SECOND)).astype(np.int64)
    count = np.bincount(owner, minlength=len(subject))[kept]
    return WatchColumns(index, of_asset, subject[kept].astype(np.int64), period, interval[kept], member, count)


def joined(columns: Sequence[NDArray[Any]], dtype: type[Number]) -> NDArray[Number]:
    return np.concatenate([np.empty(0, dtype), *columns]).astype(dtype)
