"""Readings and the register as columns: packed, found and checked."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assets.readings import CorruptBatch, Readings
from assets.register import Assets, Feeds, IdTable, InconsistentInventory, Points, Register

int64s = st.integers(-(2**63), 2**63 - 1)
rows_of_readings = st.lists(st.tuples(int64s, int64s, st.floats(width=64), st.integers(0, 2), int64s), max_size=40)


def batch(rows: list[tuple]) -> Readings:
    return Readings.of(*zip(*rows, strict=True)) if rows else Readings.empty()


@given(rows_of_readings)
def test_packed_readings_come_back_as_they_were(rows: list[tuple]) -> None:
    readings = batch(rows)
    again = Readings.unpack(readings.pack())
    for name in ("point", "at", "value", "quality", "received"):
        np.testing.assert_array_equal(getattr(again, name), getattr(readings, name))


@given(rows_of_readings, st.data())
def test_bytes_that_were_cut_short_are_refused(rows: list[tuple], data: st.DataObject) -> None:
    packed = batch(rows).pack()
    with pytest.raises(CorruptBatch):
        Readings.unpack(packed[: data.draw(st.integers(0, len(packed) - 1))])


@given(st.binary(max_size=200))
def test_arbitrary_bytes_never_pass_unnoticed(data: bytes) -> None:
    try:
        readings = Readings.unpack(data)
    except CorruptBatch:
        return
    assert readings.pack() == data


def test_an_impossible_quality_is_refused() -> None:
    packed = bytearray(Readings.of([1], [2], [3.0]).pack())
    packed[-1] = 7
    with pytest.raises(CorruptBatch, match="quality 7"):
        Readings.unpack(bytes(packed))


def test_unpacked_columns_are_views_of_the_bytes() -> None:
    readings = Readings.unpack(Readings.of([1, 2], [3, 4], [5.0, 6.0]).pack())
    assert not readings.value.flags.owndata
    assert not readings.value.flags.writeable


def test_columns_of_unequal_length_or_another_type_are_refused() -> None:
    good = Readings.of([1, 2], [3, 4], [5.0, 6.0])
    with pytest.raises(ValueError, match="column at"):
        Readings(good.point, good.at[:1], good.value, good.quality, good.received)
    with pytest.raises(ValueError, match="column value"):
        Readings(good.point, good.at, good.value.astype(np.float32), good.quality, good.received)


@given(st.lists(rows_of_readings, max_size=4))
def test_batches_put_together_keep_their_order(parts: list[list[tuple]]) -> None:
    together = Readings.concatenate(batch(part) for part in parts)
    expected = batch([row for part in parts for row in part])
    np.testing.assert_array_equal(together.at, expected.at)
    np.testing.assert_array_equal(together.take(np.arange(len(together))[::-1]).point, expected.point[::-1])


compact = st.lists(st.integers(-5, 60), unique=True)
spread = st.lists(int64s, unique=True)


@given(compact | spread, st.lists(int64s | st.integers(-10, 70)))
@example([-(2**63)], [2**63 - 1])
@example([2**63 - 1], [-(2**63)])
def test_every_id_is_found_at_its_row_and_no_other_is_found(ids: list[int], asked: list[int]) -> None:
    table = IdTable(np.array(ids, np.int64))
    asked = asked + ids
    rows = table.rows(np.array(asked, np.int64))
    assert rows.dtype == np.int32
    assert rows.tolist() == [ids.index(each) if each in ids else -1 for each in asked]


def assets(**columns: object) -> Assets:
    given = {
        "id": np.array([7, 9]), "kind": ["lamp", "cabinet"], "sector": ["a/b", "a"], "parent": np.array([9, 0]),
        "lon": np.array([3.8, 3.9]), "lat": np.array([43.6, 43.7]),
    }  # fmt: skip
    return Assets(**(given | columns))


def points(**columns: object) -> Points:
    given = {
        "id": np.array([100, 50, 70]), "asset": np.array([7, 7, 9]), "feed": np.array([3, 0, 4]),
        "quantity": ["power", "state", "voltage"], "interval": np.array([10, 0, 30]),
    }  # fmt: skip
    return Points(**(given | columns))


FEEDS = Feeds(np.array([3, 4]), np.array([60, 0]))


def test_the_register_turns_ids_into_rows() -> None:
    register = Register(points(limits={"danger": np.array([1.0, np.nan, 2.0])}), assets(), FEEDS)
    assert register.rows(np.array([70, 100, 1])).tolist() == [2, 0, -1]
    assert register.asset.tolist() == [0, 0, 1]
    assert register.parent.tolist() == [1, -1]
    assert register.feed_id[register.feed].tolist() == [3, 0, 4]
    assert [register.quantity.words[code] for code in register.quantity.code] == ["power", "state", "voltage"]
    assert register.sector.words[register.sector.code[0]] == "a/b"
    assert register.kind.code_of("cabinet") == register.kind.code[1]
    assert register.kind.code_of("tunnel") == -1
    assert len(register) == 3


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (lambda: Register(points(asset=np.array([7, 8, 9])), assets(), FEEDS), "asset of a point is not there"),
        (lambda: Register(points(feed=np.array([3, 5, 4])), assets(), FEEDS), "feed of a point is not there"),
        (lambda: Register(points(id=np.array([1, 1, 2])), assets(), FEEDS), "an id is repeated"),
        (lambda: Register(points(quantity=["power"]), assets(), FEEDS), "columns of points have different lengths"),
        (lambda: Register(points(), assets(parent=np.array([1, 0])), FEEDS), "depends on one that is not there"),
    ],
)
def test_an_inventory_that_contradicts_itself_is_refused(wrong: object, reason: str) -> None:
    with pytest.raises(InconsistentInventory, match=reason):
        wrong()


def test_an_empty_register_knows_nobody() -> None:
    nobody = np.empty(0, np.int64)
    register = Register(
        Points(nobody, nobody, nobody, [], nobody),
        Assets(nobody, [], [], nobody, nobody * 1.0, nobody * 1.0),
        Feeds(nobody, nobody),
    )
    assert register.rows(np.array([1, 2])).tolist() == [-1, -1]
