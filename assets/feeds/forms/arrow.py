"""Arrow IPC streams of readings: the fast binary form, columns from end to end.

Pure. Columns: `address` (utf8, large_utf8 or a dictionary of them), `at` (timestamp with a time zone), `value` (number),
`quality` (optional; integer 0, 1, 2 or null). Other columns are ignored. What comes from outside is validated in full before
it is touched, because Arrow's own reader trusts offsets and indices.
"""

import struct
from collections.abc import Iterator, Mapping
from itertools import repeat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from assets.feeds import instants
from assets.feeds.decode import Malformed
from assets.feeds.intake import HUGEST, SAMPLE_LENGTH, TOLD, UNKNOWN_KEPT, FeedBook, Intake, Refusals, astray, why_no_address
from assets.readings import BAD, Readings

MOST_COLUMNS = 50
MOST_MESSAGES = 2_000
"""Record batches and dictionaries of one stream: each costs the same, however little it holds."""
MOST_WORDS = 2_000_000
"""Entries of dictionaries looked through, over all record batches: an empty entry takes four bytes, and zips to none."""
_NULL = np.iinfo(np.int64).min


class _Compressed(Exception):
    pass


def take_in(body: bytes, mapping: Mapping[str, object], book: FeedBook, received: int, oldest: int = instants.EARLIEST) -> Intake:
    """As `table.Form`; columns already: it does not pass through items."""
    refusals = Refusals()
    unknown: dict[str, tuple[int, str]] = {}
    unknown_count, offset, parts = 0, 0, []
    ahead: dict[int, int] = {}
    try:
        for batch in _batches(body):
            columns = _Columns(batch, book, received, oldest)
            unknown_count += columns.sort_out(offset, refusals, unknown)
            parts.append(columns.readings())
            ahead |= {} if columns.keep.all() else astray(columns.point, columns.at, received, oldest)
            offset += batch.num_rows
    except Malformed:
        raise
    except (pa.ArrowException, struct.error, OSError, ValueError, SystemError) as error:  # the last: Arrow failed without a word
        raise Malformed(f"Not an Arrow IPC stream of readings: {str(error).splitlines()[0] if str(error) else 'cut'}.") from error
    except _Compressed:
        raise Malformed("Arrow body compression is not taken: write plain buffers and compress the whole with gzip.") from None
    return Intake(Readings.concatenate(parts), unknown, unknown_count, refusals, ahead)


def _batches(body: bytes) -> Iterator[pa.RecordBatch]:
    words = 0
    for number, message in enumerate(pa.ipc.MessageReader.open_stream(pa.py_buffer(body))):
        if number > MOST_MESSAGES:
            raise Malformed(f"The stream has more than {MOST_MESSAGES} record batches and dictionaries: make larger ones.")
        if message.type in ("record batch", "dictionary") and _is_compressed(message):
            raise _Compressed
    with pa.ipc.open_stream(pa.py_buffer(body)) as reader:
        if len(reader.schema) > MOST_COLUMNS:
            raise Malformed(f"The stream has more than {MOST_COLUMNS} columns.")
        _check_schema(reader.schema)
        for batch in reader:
            # A column of nulls takes no bytes, however many rows it claims.
            if batch.num_rows * 8 > len(body):
                raise Malformed("The stream claims more rows than it has bytes for.")
            for name in {"address", "at", "value", "quality"} & {*batch.schema.names}:
                batch.column(name).validate(full=True)
            address = batch.column("address")
            words += len(address.dictionary) if pa.types.is_dictionary(address.type) else 0
            if words > MOST_WORDS:
                raise Malformed(f"The dictionaries of `address` have more than {MOST_WORDS} entries, over all record batches.")
            yield batch


def _is_compressed(message: pa.ipc.Message) -> bool:
    """Whether a message's buffers are compressed: an lz4 bomb of 8 MB would otherwise be gigabytes.

    Reads the flatbuffer by hand (Message.fbs: header_type 1, header 2; DictionaryBatch: data 1; RecordBatch: compression 3),
    since pyarrow verifies it but does not show this field.
    """
    data = message.metadata.to_pybytes()
    root = struct.unpack_from("<I", data)[0]
    table = _follow(data, root, 2)
    if table and message.type == "dictionary":
        table = _follow(data, table, 1)
    return bool(table and _field(data, table, 3))


def _field(data: bytes, table: int, number: int) -> int:
    """Where a table's field is, 0 when it is absent."""
    vtable = table - struct.unpack_from("<i", data, table)[0]
    size = struct.unpack_from("<H", data, vtable)[0]
    slot = 4 + 2 * number
    relative = struct.unpack_from("<H", data, vtable + slot)[0] if slot < size else 0
    return table + relative if relative else 0


def _follow(data: bytes, table: int, number: int) -> int:
    at = _field(data, table, number)
    return at + struct.unpack_from("<I", data, at)[0] if at else 0


def _check_schema(schema: pa.Schema) -> None:
    """Raises Malformed, naming the column."""
    for name in ("address", "at", "value"):
        if len(schema.get_all_field_indices(name)) != 1:
            raise Malformed(f"The stream must have one column `{name}`.")
    address, at, value = (schema.field(name).type for name in ("address", "at", "value"))
    if pa.types.is_dictionary(address):
        address = address.value_type
    if not (pa.types.is_string(address) or pa.types.is_large_string(address)):
        raise Malformed(f"Column `address` must be text, or a dictionary of texts, not {address}.")
    if not pa.types.is_timestamp(at):
        raise Malformed(f"Column `at` must be a timestamp, not {at}.")
    if at.tz is None:
        raise Malformed("Column `at` has no time zone: declare it UTC.")
    if not (pa.types.is_floating(value) or pa.types.is_integer(value) or pa.types.is_boolean(value)):
        raise Malformed(f"Column `value` must be a number, not {value}.")
    quality = schema.get_all_field_indices("quality")
    if len(quality) > 1 or (quality and not pa.types.is_integer(schema.field("quality").type)):
        raise Malformed("Column `quality` must be one column of integers 0, 1 or 2.")


class _Columns:
    """One record batch as arrays, with the mask of what is kept."""

    def __init__(self, batch: pa.RecordBatch, book: FeedBook, received: int, oldest: int) -> None:
        wanted = {name: batch.column(name) for name in ("address", "at", "value", "quality") if name in batch.schema.names}
        self.received, self.oldest = received, max(oldest, instants.EARLIEST)
        self.names, self.codes = _addresses(wanted["address"])
        self.point = np.fromiter(map(book.points.get, self.names, repeat(0)), np.int64, len(self.names))[self.codes]
        self.at = book.by_our_clock(_instants(wanted["at"], received), received)
        self.value = _numbers(wanted["value"])
        self.quality = _qualities(wanted.get("quality"), batch.num_rows)
        self.known = self.point != 0
        with np.errstate(invalid="ignore"):
            self.keep = (
                self.known
                & (np.abs(self.value) <= HUGEST)
                & (self.at >= self.oldest)
                & (self.at <= received + instants.FUTURE)
                & (self.quality <= BAD)
            )

    def readings(self) -> Readings:
        count = len(self.point)
        whole = Readings(self.point, self.at, self.value, self.quality, np.broadcast_to(np.int64(self.received), count))
        return whole if self.keep.all() else whole.take(self.keep)

    def sort_out(self, offset: int, refusals: Refusals, unknown: dict[str, tuple[int, str]]) -> int:
        """Tell rejections (counted from `offset`) and unknown addresses; how many readings of the latter there were."""
        if self.keep.all():
            return 0
        for row in np.flatnonzero(self.known & ~self.keep).tolist():
            told = len(refusals.told) < TOLD
            refusals.add(row + offset, self._why_not(row) if told else "", self.value[row] if told else "")
        strange = np.flatnonzero(~self.known)
        if not len(strange):
            return 0
        strange = strange[np.argsort(self.codes[strange], kind="stable")]
        codes, begins = np.unique(self.codes[strange], return_index=True)
        unknown_count = 0
        for code, rows in zip(codes.tolist(), np.split(strange, begins[1:]), strict=True):
            address = self.names[code]
            if reason := why_no_address(address):
                for row in rows.tolist():
                    refusals.add(row + offset, reason, address)
                continue
            unknown_count += len(rows)
            if address in unknown or len(unknown) < UNKNOWN_KEPT:
                sample = str(self.value[rows[-1]])[:SAMPLE_LENGTH]
                unknown[address] = (len(rows) + unknown.get(address, (0, ""))[0], sample)
        return unknown_count

    def _why_not(self, row: int) -> str:
        value = self.value[row]
        if np.isnan(value):
            return "value is null or not a number (NaN)"
        if abs(value) > HUGEST:
            return "value is infinite or beyond 1e18"
        try:
            instants.judge(int(self.at[row]), self.received, self.oldest)
        except instants.BadTime as error:
            return str(error)
        return "quality is not 0, 1 or 2"


def _addresses(column: pa.Array) -> tuple[list[str], NDArray[np.int64]]:
    """The distinct addresses, the last of them "" for null, and for each row its index among them."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    names = [name or "" for name in column.dictionary.to_numpy(zero_copy_only=False).tolist()]
    indices = column.indices.cast(pa.int64())
    codes = pc.fill_null(indices, len(names)).to_numpy(zero_copy_only=False)
    return [*names, ""], codes


def _instants(column: pa.Array, received: int) -> NDArray[np.int64]:
    """µs since the epoch; null is `received`, what overflows is UNREADABLE."""
    unit = column.type.unit
    whole = pc.fill_null(column.cast(pa.int64()), _NULL).to_numpy(zero_copy_only=False)
    if unit == "ns":
        at = whole // 1_000
    else:
        factor = {"s": 1_000_000, "ms": 1_000, "us": 1}[unit]
        most = np.iinfo(np.int64).max // factor
        at = np.where(np.abs(whole) <= most, whole, 0) * factor
    return np.where(whole == _NULL, received, at) if column.null_count else at


def _numbers(column: pa.Array) -> NDArray[np.float64]:
    """NaN for null."""
    numbers: NDArray[np.float64] = pc.fill_null(column.cast(pa.float64(), safe=False), float("nan")).to_numpy(
        zero_copy_only=False
    )
    return numbers


def _qualities(column: pa.Array | None, count: int) -> NDArray[np.uint8]:
    """255 for what is no quality; null is good."""
    if column is None:
        return np.broadcast_to(np.uint8(0), count)
    numbers = pc.fill_null(column.cast(pa.float64(), safe=False), 0.0).to_numpy(zero_copy_only=False)
    return np.where((numbers >= 0) & (numbers <= BAD), numbers, 255).astype(np.uint8)
