"""A table as a Parquet file, which pandas, DuckDB and R open: written row group by row group, while it is sent."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

MEDIA_TYPE = "application/vnd.apache.parquet"
_INSTANT = pa.timestamp("ms", tz="UTC")
_TYPES = {"id": pa.int64(), "suppressed_by": pa.int64(), "incident": pa.int64(), "occurrences": pa.int32()}


class _Sink:
    """What a writer writes to, taken away between two row groups."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def write(self, part: bytes) -> int:
        self._parts.append(bytes(part))
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        return self._length

    def flush(self) -> None:
        """Nothing is held back."""

    def writable(self) -> bool:
        return True

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def parquet(columns: Sequence[str], groups: Iterable[list[Sequence[object]]]) -> Iterator[bytes]:
    """The file, a piece per group of rows. A column whose name ends in `_at` or `_until` holds instants, written as ISO 8601."""
    schema = pa.schema([(name, _type(name)) for name in columns])
    sink = _Sink()
    with pq.ParquetWriter(sink, schema, compression="zstd") as writer:
        for rows in groups:
            arrays = [pa.array(_values(field, [row[place] for row in rows]), field.type) for place, field in enumerate(schema)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _type(name: str) -> pa.DataType:
    if name.endswith(("_at", "_until")):
        return _INSTANT
    return _TYPES.get(name, pa.string())


def _values(field: pa.Field, cells: list[object]) -> list[object]:
    if field.type != _INSTANT:
        return cells
    return [None if cell is None else dt.datetime.fromisoformat(str(cell)) for cell in cells]
