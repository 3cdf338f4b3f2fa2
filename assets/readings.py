"""Readings as columns: the one shape in which measurements travel from a feed to the engine and to history.

Pure: NumPy only, no Django, no driver.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

GOOD, UNCERTAIN, BAD = 0, 1, 2

# Eight-byte columns come first so that each stays aligned behind the eight-byte header.
COLUMNS: tuple[tuple[str, np.dtype], ...] = (
    ("point", np.dtype("<i8")),
    ("at", np.dtype("<i8")),
    ("value", np.dtype("<f8")),
    ("received", np.dtype("<i8")),
    ("quality", np.dtype("u1")),
)
_HEADER = struct.Struct("<4sI")
_MAGIC = b"VGR1"
_ROW_BYTES = sum(dtype.itemsize for _, dtype in COLUMNS)


class CorruptBatch(ValueError):
    """Packed bytes are not a batch of readings: wrong magic, wrong length or an impossible quality."""


@dataclass(frozen=True, slots=True, eq=False)
class Readings:
    """Equal-length columns, in the order the readings were accepted.

    point     int64    primary key of the point
    at        int64    µs since the Unix epoch, UTC: when it was measured
    value     float64  in the point's unit
    quality   uint8    0 good, 1 uncertain, 2 bad
    received  int64    µs since the Unix epoch, UTC: when we accepted it

    Arrays may be read-only views of a received buffer; nobody writes into them.
    Raises ValueError when a column has another length, shape or dtype.
    """

    point: NDArray[np.int64]
    at: NDArray[np.int64]
    value: NDArray[np.float64]
    quality: NDArray[np.uint8]
    received: NDArray[np.int64]

    def __post_init__(self) -> None:
        shape = self.point.shape
        if len(shape) != 1:
            raise ValueError(f"readings are one-dimensional columns, not {shape}")
        for name, dtype in COLUMNS:
            column = getattr(self, name)
            if column.shape != shape or column.dtype != dtype:
                raise ValueError(f"column {name} is {column.dtype}{column.shape}, expected {dtype}{shape}")

    def __len__(self) -> int:
        return len(self.point)

    @classmethod
    def of(
        cls, point: ArrayLike, at: ArrayLike, value: ArrayLike, quality: ArrayLike = GOOD, received: ArrayLike | None = None
    ) -> Self:
        """Build from lists or arrays; a scalar quality or received holds for all; received defaults to `at`."""
        points = np.asarray(point, np.int64)
        ats = np.asarray(at, np.int64)
        return cls(
            point=points,
            at=ats,
            value=np.asarray(value, np.float64),
            quality=np.broadcast_to(np.asarray(quality, np.uint8), points.shape),
            received=ats if received is None else np.broadcast_to(np.asarray(received, np.int64), points.shape),
        )

    @classmethod
    def empty(cls) -> Self:
        return cls(**{name: np.empty(0, dtype) for name, dtype in COLUMNS})

    @classmethod
    def concatenate(cls, batches: Iterable[Readings]) -> Self:
        """One batch from several, order kept."""
        parts: Sequence[Readings] = [batch for batch in batches if len(batch)]
        if not parts:
            return cls.empty()
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name, _ in COLUMNS})

    def take(self, index: NDArray[np.integer] | NDArray[np.bool_]) -> Readings:
        """The readings at these positions (int index), or where this mask is true, in that order."""
        return Readings(self.point[index], self.at[index], self.value[index], self.quality[index], self.received[index])

    def pack(self) -> bytes:
        """`VGR1`, the count as uint32, then point, at, value, received, quality; little-endian."""
        return b"".join(
            (_HEADER.pack(_MAGIC, len(self)), *(np.ascontiguousarray(getattr(self, name)).tobytes() for name, _ in COLUMNS))
        )

    @classmethod
    def unpack(cls, data: bytes | memoryview) -> Self:
        """The inverse of `pack`, without copying: the columns are read-only views of `data`.

        Raises CorruptBatch.
        """
        if len(data) < _HEADER.size:
            raise CorruptBatch(f"{len(data)} bytes are too few for a header")
        magic, count = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise CorruptBatch(f"starts with {magic!r}, expected {_MAGIC!r}")
        if len(data) != _HEADER.size + count * _ROW_BYTES:
            raise CorruptBatch(f"{len(data)} bytes for {count} readings, expected {_HEADER.size + count * _ROW_BYTES}")
        columns, offset = {}, _HEADER.size
        for name, dtype in COLUMNS:
            columns[name] = np.frombuffer(data, dtype, count, offset)
            offset += count * dtype.itemsize
        if count and columns["quality"].max() > BAD:
            raise CorruptBatch(f"quality {columns['quality'].max()} does not exist")
        return cls(**columns)
