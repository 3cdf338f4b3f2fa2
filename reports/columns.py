"""Annunciations in columns, for the figures: all int64, instants in µs since the epoch, NONE where there is none. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
NONE = -1
SECOND = 1_000_000
TEN_MINUTES, HOUR, DAY = 600 * SECOND, 3600 * SECOND, 86_400 * SECOND


@dataclass(frozen=True, slots=True)
class Columns:
    """Row by row in order of `at`; `same` is equal for what is the same alarm again (rule and subject)."""

    seq: Ints
    alarm: Ints
    same: Ints
    rule: Ints
    asset: Ints
    kind: Ints
    sector: Ints
    supervisor: Ints
    cause: Ints
    severity: Ints
    unheard: Ints
    at: Ints
    began: Ints
    waiting: Ints
    acknowledged: Ints
    taken: Ints
    returned: Ints
    acted: Ints

    def __len__(self) -> int:
        return len(self.at)

    def where(self, mask: Mask | Ints | slice) -> Columns:
        return Columns(*(getattr(self, name)[mask] for name in NAMES))

    @property
    def heard(self) -> Columns:
        """Those that somebody could hear: what the figures count."""
        return self.where(self.unheard == 0)


NAMES = tuple(each.name for each in fields(Columns))


def joined(parts: Sequence[Columns]) -> Columns:
    """One after the other."""
    if not parts:
        return Columns(*(np.empty(0, np.int64) for _ in NAMES))
    return parts[0] if len(parts) == 1 else Columns(*(np.concatenate([getattr(each, name) for each in parts]) for name in NAMES))
