"""Arrow streams of readings: the same truth as JSON, and nothing in a hostile one is trusted."""

from contextlib import suppress
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.feeds import instants, intake
from assets.feeds.decode import Malformed
from assets.feeds.forms import arrow

NOW = instants.from_datetime(datetime(2026, 11, 22, 9, tzinfo=UTC))
BOOK = intake.FeedBook({"lamp-1": 1, "lamp-2": 2}, {}, {})
UTC_MICROSECONDS = pa.timestamp("us", "UTC")


def stream(batch: pa.RecordBatch, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_batch(batch)
    return sink.getvalue().to_pybytes()


def batch(address: object, at: object = None, value: object = None, **more: object) -> pa.RecordBatch:
    addresses = address if isinstance(address, pa.Array) else pa.array(address, pa.string())
    times = at if isinstance(at, pa.Array) else pa.array(at or [NOW] * len(addresses), UTC_MICROSECONDS)
    values = value if isinstance(value, pa.Array) else pa.array(value or [1.0] * len(addresses), pa.float64())
    return pa.record_batch({"address": addresses, "at": times, "value": values, **more})


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())])
def test_columns_become_readings(kind: pa.DataType) -> None:
    addresses = (
        pa.array(["lamp-2", "lamp-1", "lamp-2"]).cast(kind)
        if not pa.types.is_dictionary(kind)
        else pa.array(["lamp-2", "lamp-1", "lamp-2"]).dictionary_encode().cast(kind)
    )
    quality = pa.array([0, 1, None], pa.int8())
    taken = arrow.take_in(stream(batch(addresses, [NOW, NOW - 1, None], [1.5, 2.5, 3.5], quality=quality)), {}, BOOK, NOW)
    readings = taken.readings
    assert readings.point.tolist() == [2, 1, 2]
    assert readings.at.tolist() == [NOW, NOW - 1, NOW]
    assert readings.value.tolist() == [1.5, 2.5, 3.5]
    assert readings.quality.tolist() == [0, 1, 0]
    assert readings.received.tolist() == [NOW] * 3


@pytest.mark.parametrize(("unit", "at"), [("s", 1795334400), ("ms", 1795334400000), ("ns", 1795334400000000000)])
def test_every_unit_of_time_is_understood(unit: str, at: int) -> None:
    times = pa.array([at], pa.timestamp(unit, "Europe/Paris"))
    assert arrow.take_in(stream(batch(["lamp-1"], times)), {}, BOOK, NOW).readings.at.tolist() == [1795334400000000]


def test_unknown_and_wrong_rows_are_told_apart() -> None:
    nan, future = float("nan"), NOW + instants.FUTURE + 1
    names = ["lamp-1", "new", "new", "lamp-1", "lamp-1", "lamp-1", None, "lamp-2", "a\0b"]
    times = [NOW, NOW, NOW, NOW, future, 0, NOW, NOW, NOW]
    values = [1, 2, 3, nan, 1, 1, 1, None, 1]
    taken = arrow.take_in(stream(batch(names, times, values, quality=pa.array([0] * 9, pa.uint8()))), {}, BOOK, NOW)
    assert (taken.accepted, taken.unknown_count, taken.refusals.count) == (1, 2, 6)
    assert taken.unknown == {"new": (2, "3.0")}
    assert {told.index: told.reason for told in taken.refusals.told} == {
        3: "value is null or not a number (NaN)", 4: "at is in the future by more than 5 minutes", 5: "at is before 1990",
        6: "address is empty", 7: "value is null or not a number (NaN)", 8: "address has control characters",
    }  # fmt: skip


def test_several_batches_of_one_stream_are_counted_through() -> None:
    one = batch(["lamp-1", "lamp-1"], None, [1.0, float("inf")])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, one.schema) as writer:
        writer.write_batch(one)
        writer.write_batch(one)
    taken = arrow.take_in(sink.getvalue().to_pybytes(), {}, BOOK, NOW)
    assert taken.accepted == 2
    assert [told.index for told in taken.refusals.told] == [1, 3]


def test_half_a_million_addresses_that_nobody_knows_are_counted_in_one_pass() -> None:
    names = [f"new-{number}" for number in range(250_000)]
    taken = arrow.take_in(stream(batch([*names, *names])), {}, BOOK, NOW)
    assert (taken.unknown_count, len(taken.unknown), taken.unknown["new-7"]) == (500_000, intake.UNKNOWN_KEPT, (2, "1.0"))


def repeated(one: pa.RecordBatch, times: int) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, one.schema) as writer:
        for _ in range(times):
            writer.write_batch(one)
    return sink.getvalue().to_pybytes()


WORDS = pa.DictionaryArray.from_arrays(pa.array([0], pa.int32()), pa.array([""] * 100_000))
WRONG = {
    "a row in each batch": lambda: repeated(batch(["lamp-1"]), arrow.MOST_MESSAGES + 1),
    "a dictionary looked through again and again": lambda: repeated(batch(WORDS), arrow.MOST_WORDS // len(WORDS.dictionary) + 1),
    "compression": lambda: stream(batch(["lamp-1"] * 1000), "zstd"),
    "compressed dictionary": lambda: stream(batch(pa.array([str(n) for n in range(1000)]).dictionary_encode()), "lz4"),
    "no zone": lambda: stream(batch(["lamp-1"], pa.array([NOW], pa.timestamp("us")))),
    "no value": lambda: stream(pa.record_batch({"address": ["a"], "at": pa.array([NOW], UTC_MICROSECONDS)})),
    "address is a number": lambda: stream(batch(pa.array([1]))),
    "value is a text": lambda: stream(batch(["lamp-1"], None, pa.array(["1"]))),
    "at is a number": lambda: stream(batch(["lamp-1"], pa.array([NOW]))),
    "quality is a text": lambda: stream(batch(["lamp-1"], quality=pa.array(["good"]))),
    "two columns of one name": lambda: stream(
        pa.RecordBatch.from_arrays([pa.array(["a"]), pa.array(["a"])], names=["address", "address"])
    ),
    "rows of nothing": lambda: stream(pa.record_batch({"x": pa.nulls(10_000_000)})),
    "cut": lambda: stream(batch(["lamp-1"] * 100))[:-200],
    "empty": lambda: b"",
    "json": lambda: b'{"readings": []}',
}


@pytest.mark.parametrize("name", WRONG)
def test_a_stream_that_is_not_as_documented_is_malformed(name: str) -> None:
    with pytest.raises(Malformed):
        arrow.take_in(WRONG[name](), {}, BOOK, NOW)


GOOD = stream(batch(pa.array(["lamp-1", "lamp-2", "new"] * 5).dictionary_encode(), None, list(np.arange(15.0))))


@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255), st.integers(0, len(GOOD)))
def test_a_stream_with_a_wrong_byte_is_read_or_named_malformed(at: int, byte: int, end: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] = byte
    for body in (bytes(damaged), bytes(damaged[:end])):
        try:
            taken = arrow.take_in(body, {}, BOOK, NOW)
        except Malformed:
            continue
        assert np.isfinite(taken.readings.value).all()


@pytest.mark.parametrize("byte", [128, 255])
def test_a_dictionary_that_claims_what_it_has_not_is_malformed(byte: int) -> None:
    """Arrow itself fails without a word when such a dictionary is asked for its length."""
    damaged = bytearray(GOOD)
    damaged[455] = byte
    with pytest.raises(Malformed):
        arrow.take_in(bytes(damaged), {}, BOOK, NOW)


WOUNDS = [b"\0", b"\x7f", b"\x80", b"\xff", b"\xff\xff\xff\x7f", b"\0\0\0\0"]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.sampled_from(WOUNDS)), min_size=1, max_size=6))
def test_a_stream_damaged_in_several_places_is_read_or_named_malformed(wounds: list[tuple[int, bytes]]) -> None:
    damaged = bytearray(GOOD)
    for at, wound in wounds:
        damaged[at : at + len(wound)] = wound
    with suppress(Malformed):
        arrow.take_in(bytes(damaged), {}, BOOK, NOW)
