"""The register: what is installed, as dense rows and columns that the engine can index.

Pure: built from plain arrays by whoever reads the inventory; no database here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import NewType

import numpy as np
from numpy.typing import NDArray

NONE = -1

PointRow = NewType("PointRow", int)
AssetRow = NewType("AssetRow", int)
FeedRow = NewType("FeedRow", int)
"""Dense rows of a register, each kind of its own: a point's row says nothing of assets. NONE where there is none."""

NO_POINT, NO_ASSET, NO_FEED = PointRow(NONE), AssetRow(NONE), FeedRow(NONE)


class InconsistentInventory(ValueError):
    """Columns of the inventory contradict each other: unequal lengths, repeated ids, or an id that is not there."""


class IdTable:
    """Ids to rows. A direct table while ids are compact, a binary search when they are spread out.

    Raises InconsistentInventory when an id is repeated.
    """

    # A table of int32 may cost this many bytes more than one entry per id before searching is the better bargain.
    _SLACK = 1_000_000

    def __init__(self, ids: NDArray[np.int64]) -> None:
        order = np.argsort(ids, kind="stable")
        in_order = ids[order]
        if len(ids) and (in_order[1:] == in_order[:-1]).any():
            raise InconsistentInventory("an id is repeated")
        self._table: NDArray[np.int32] | None = None
        self._sorted, self._order = np.empty(0, np.int64), np.empty(0, np.int32)
        if not len(ids):
            self._table, self._offset = np.full(2, NONE, np.int32), 0
            return
        low, high = int(in_order[0]), int(in_order[-1])
        self._offset = low - 1
        if high - low < 4 * len(ids) + self._SLACK and self._offset >= np.iinfo(np.int64).min:
            # One empty entry at each end: clipping an unknown id lands there.
            self._table = np.full(high - low + 3, NONE, np.int32)
            self._table[ids - self._offset] = np.arange(len(ids), dtype=np.int32)
        else:
            self._sorted, self._order = in_order, order.astype(np.int32)

    def rows(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """Row of each id, int32, -1 where unknown."""
        if self._table is not None:
            return self._table.take(ids - self._offset, mode="clip")
        position = np.searchsorted(self._sorted, ids)
        np.minimum(position, len(self._sorted) - 1, out=position)
        return np.where(self._sorted[position] == ids, self._order[position], np.int32(NONE))


@dataclass(frozen=True, slots=True, eq=False)
class Assets:
    """Columns of assets. `parent` is the id of the asset this one depends on, 0 for none.

    `sector` is the path of slugs from the outermost sector inwards, joined by "/", "" for none; `kind` is a slug.
    """

    id: NDArray[np.int64]
    kind: Sequence[str]
    sector: Sequence[str]
    parent: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Feeds:
    """Columns of feeds. `interval` is the expected rhythm of messages in µs, 0 when none is expected."""

    id: NDArray[np.int64]
    interval: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Columns of points. `asset` and `feed` are ids (feed 0: none); `interval` is the expected one in µs, 0 for none.

    `limits` holds, by name, one float64 per point in the point's unit, NaN where that point has no such limit.
    """

    id: NDArray[np.int64]
    asset: NDArray[np.int64]
    feed: NDArray[np.int64]
    quantity: Sequence[str]
    interval: NDArray[np.int64]
    limits: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    counter: NDArray[np.bool_] | None = None
    """Which of them only grow (kWh, m³); None for none."""
    plausible: NDArray[np.float64] | None = None
    """(2, n): the least and the most that each can be, infinite where nothing is known; None for nothing known of any."""


@dataclass(frozen=True, slots=True, eq=False)
class Interned:
    """A column of words as int32 codes into `words` (sorted, unique)."""

    code: NDArray[np.int32]
    words: tuple[str, ...]

    @classmethod
    def of(cls, column: Sequence[str]) -> Interned:
        words = sorted(set(column))
        code_of = {word: code for code, word in enumerate(words)}
        return cls(np.fromiter((code_of[word] for word in column), np.int32, len(column)), tuple(words))

    def code_of(self, word: str) -> int:
        """Code of a word, -1 where it never occurs."""
        position = int(np.searchsorted(np.asarray(self.words, dtype=object), word)) if self.words else 0
        return position if position < len(self.words) and self.words[position] == word else NONE


class Register:
    """Dense rows for points, assets and feeds.

    Per point row (n,)    point_id int64, asset int32 (asset row), feed int32 (feed row), quantity Interned,
                          interval int64 µs (0: none expected), limits {name: float64, NaN: none}, counter bool,
                          plausible float64 (2, n): the least and the most
    Per asset row (m,)    asset_id int64, parent int32 (asset row, -1: none), kind Interned, sector Interned (paths),
                          carries bool (others depend on it), lon float64, lat float64
    Per feed row (f,)     feed_id int64, feed_interval int64 µs. A last row with id 0 stands for "no feed" when needed.

    Raises InconsistentInventory.
    """

    def __init__(self, points: Points, assets: Assets, feeds: Feeds) -> None:
        _same_length("points", points.id, points.asset, points.feed, points.quantity, points.interval, *points.limits.values())
        _same_length("assets", assets.id, assets.kind, assets.sector, assets.parent, assets.lon, assets.lat)
        _same_length("feeds", feeds.id, feeds.interval)
        self.point_id = np.asarray(points.id, np.int64)
        self.asset_id = np.asarray(assets.id, np.int64)
        self.feed_id = np.asarray(feeds.id, np.int64)
        self.feed_interval = np.asarray(feeds.interval, np.int64)
        if (np.asarray(points.feed) == 0).any():
            self.feed_id = np.append(self.feed_id, 0)
            self.feed_interval = np.append(self.feed_interval, 0)
        self._points, self._assets, self._feeds = IdTable(self.point_id), IdTable(self.asset_id), IdTable(self.feed_id)

        self.asset = _rows_of("asset of a point", self._assets, points.asset)
        self.feed = _rows_of("feed of a point", self._feeds, points.feed)
        self.quantity = Interned.of(points.quantity)
        self.interval = np.asarray(points.interval, np.int64)
        self.limits = {name: np.asarray(column, np.float64) for name, column in points.limits.items()}
        self.plausible = np.array([[-np.inf], [np.inf]]).repeat(len(self.point_id), axis=1)
        if points.plausible is not None:
            self.plausible = np.asarray(points.plausible, np.float64)
        self.counter = np.zeros(len(self.point_id), bool) if points.counter is None else np.asarray(points.counter, bool)

        self.parent = self._assets.rows(np.asarray(assets.parent, np.int64))
        if ((self.parent == NONE) & (np.asarray(assets.parent) != 0)).any():
            raise InconsistentInventory("an asset depends on one that is not there")
        self.carries = np.bincount(self.parent[self.parent >= 0], minlength=len(self.parent)) > 0
        self.kind = Interned.of(assets.kind)
        self.sector = Interned.of(assets.sector)
        self.lon = np.asarray(assets.lon, np.float64)
        self.lat = np.asarray(assets.lat, np.float64)

    def __len__(self) -> int:
        return len(self.point_id)

    def rows(self, points: NDArray[np.int64]) -> NDArray[np.int32]:
        """Dense row of each point id, -1 where unknown."""
        return self._points.rows(points)

    def point_row(self, point: int) -> PointRow:
        """Dense row of one point id, NO_POINT where unknown."""
        return PointRow(int(self._points.rows(np.array([point], np.int64))[0]))

    def asset_row(self, asset: int) -> AssetRow:
        """Dense row of one asset id, NO_ASSET where unknown."""
        return AssetRow(int(self._assets.rows(np.array([asset], np.int64))[0]))

    def feed_row(self, feed: int) -> FeedRow:
        """Dense row of one feed id, NO_FEED where unknown."""
        return FeedRow(int(self._feeds.rows(np.array([feed], np.int64))[0]))

    def asset_rows(self, assets: NDArray[np.int64]) -> NDArray[np.int32]:
        """Dense row of each asset id, -1 where unknown."""
        return self._assets.rows(assets)

    def feed_rows(self, feeds: NDArray[np.int64]) -> NDArray[np.int32]:
        """Dense row of each feed id, -1 where unknown."""
        return self._feeds.rows(feeds)


def _same_length(what: str, *columns: Sized) -> None:
    if len({len(column) for column in columns}) > 1:
        raise InconsistentInventory(f"columns of {what} have different lengths")


def _rows_of(what: str, table: IdTable, ids: NDArray[np.int64]) -> NDArray[np.int32]:
    rows = table.rows(np.asarray(ids, np.int64))
    if (rows == NONE).any():
        raise InconsistentInventory(f"{what} is not there")
    return rows
