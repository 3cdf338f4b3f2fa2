"""The inventory under construction: rows in the order they are installed, codes given out kind by kind."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from demo.inventory.quotas import QUOTAS


@dataclass(slots=True)
class Row:
    """One asset; x and y in metres on the plan, level in storeys, depends_on a code or empty."""

    code: str
    name: str
    kind: str
    x: float
    y: float
    level: int = 0
    depends_on: str = ""
    attributes: dict[str, str | int | float] = field(default_factory=dict)

    @property
    def supervisor(self) -> str:
        return QUOTAS[self.kind].supervisor


class Sheet:
    """All rows, and the rows of a kind."""

    def __init__(self, counts: dict[str, int]) -> None:
        self.counts = counts
        self.of: dict[str, list[Row]] = {kind: [] for kind in counts}
        self._known: dict[str, NDArray[np.float64]] = {}

    def add(
        self, kind: str, name: str, x: float, y: float, *, level: int = 0, on: str = "", **attributes: str | int | float
    ) -> Row:
        rows = self.of[kind]
        number = len(rows) + 1
        row = Row(f"{QUOTAS[kind].prefix}-{number:05d}", name, kind, float(x), float(y), level, on, attributes)
        rows.append(row)
        return row

    def missing(self, kind: str) -> int:
        """How many of this kind are still to be installed."""
        return self.counts[kind] - len(self.of[kind])

    def nearest(self, kind: str, x: float, y: float) -> Row:
        rows = self.of[kind]
        positions = self._known.get(kind)
        if positions is None or len(positions) != len(rows):
            positions = self._known[kind] = self.positions(kind)
        return rows[int(np.argmin((positions[:, 0] - x) ** 2 + (positions[:, 1] - y) ** 2))]

    def positions(self, kind: str) -> NDArray[np.float64]:
        """(n, 2) metres."""
        return np.array([(row.x, row.y) for row in self.of[kind]])
