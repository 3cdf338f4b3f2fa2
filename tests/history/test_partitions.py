"""Partitions of history on a real PostgreSQL: made where readings fall, indexed when over, dropped when expired."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection, transaction

from assets import history, partitions
from assets.instants import instant, microseconds
from assets.partitions import CHUNK, DAY, Partitions
from assets.readings import Readings
from assets.rollup import Rollup
from tests.factories import make_asset, make_point, make_site

pytestmark = pytest.mark.django_db(transaction=True)

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
NOW = microseconds(NOON)


@pytest.fixture
def point():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits "
            "WHERE inhparent::regclass::text IN ('reading', 'event', 'rollup_minute')"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TABLE {name}")
        cursor.execute("TRUNCATE rollup_minute, rollup_hour")
    return make_point(make_asset(make_site()))


def write(point, ats: list[int], values: list[float]) -> None:
    known = Partitions()
    known.refresh()
    with transaction.atomic():
        history.write_readings(Readings.of([point.id] * len(ats), ats, values), known, NOW)


def names() -> set[str]:
    return {name for _, name in partitions._partitions()}


def test_recent_readings_go_to_chunks_and_old_ones_to_days(point):
    write(point, [NOW, NOW - 30 * DAY, NOW - CHUNK], [1.0, 2.0, 3.0])
    assert names() == {"reading_c20260301_1200", "reading_c20260301_1150", "reading_d20260130"}


def test_what_is_older_than_two_months_goes_to_its_month(point):
    write(point, [NOW - 61 * DAY, NOW - 62 * DAY, NOW - 3650 * DAY], [1.0, 2.0, 3.0])
    assert names() == {"reading_m202512", "reading_m201603"}
    assert partitions.drop_expired(NOON - dt.timedelta(days=100), NOON - dt.timedelta(days=5000)) == ["reading_m201603"]


def test_a_month_of_which_some_days_have_a_table_gets_tables_by_day(point):
    write(point, [NOW - 59 * DAY], [1.0])
    write(point, [NOW - 58 * DAY - 3 * 365 * DAY], [2.0])
    known = Partitions()
    known.refresh()
    later = NOW + 30 * DAY
    with transaction.atomic():
        history.write_readings(Readings.of([point.id], [NOW - 58 * DAY], [3.0]), known, later)
        history.write_readings(Readings.of([point.id], [NOW - 57 * DAY - 3 * 365 * DAY], [4.0]), known, later)
    assert names() == {"reading_d20260101", "reading_d20260102", "reading_m202301"}


def test_a_reading_of_every_day_of_thirty_years_is_a_bounded_burden(point):
    days = range(30 * 365)
    write(point, [NOW - day * DAY for day in days], [float(day) for day in days])
    assert len(names()) < 430
    series = history.series(point.id, NOON - dt.timedelta(days=30 * 365), NOON + dt.timedelta(days=1), "raw")
    assert len(series.at) == len(days)


def test_what_was_written_is_read_back_exactly(point):
    ats = [NOW + 1, NOW + 2, NOW + CHUNK - 1]
    write(point, ats, [1.5, -0.0, 1e308])
    series = history.series(point.id, NOON, NOON + dt.timedelta(minutes=10), "raw")
    assert series.at.tolist() == ats
    assert series.mean.tolist() == [1.5, -0.0, 1e308]


def test_a_chunk_is_indexed_once_when_its_time_is_over(point):
    write(point, [NOW], [1.0])
    assert partitions.close_chunks(NOON + dt.timedelta(minutes=11)) == []
    assert partitions.close_chunks(NOON + dt.timedelta(minutes=12)) == ["reading_c20260301_1200"]
    assert partitions.close_chunks(NOON + dt.timedelta(minutes=12)) == []


def test_expired_partitions_are_dropped_and_younger_ones_kept(point):
    write(point, [NOW - 40 * DAY, NOW], [1.0, 2.0])
    assert partitions.drop_expired(NOON - dt.timedelta(days=30), NOON - dt.timedelta(days=5000)) == ["reading_d20260120"]
    assert names() == {"reading_c20260301_1200"}


def test_minutes_outlive_readings_and_end_as_well(point):
    known = Partitions()
    known.refresh()
    with transaction.atomic():
        for days in (40, 3650):
            known.for_day("rollup_minute", NOW - days * DAY, NOW)
    assert partitions.drop_expired(NOON - dt.timedelta(days=30), NOON - dt.timedelta(days=1825)) == ["rollup_minute_m201603"]


def test_who_closes_chunks_while_another_does_leaves_them_to_it(point):
    write(point, [NOW], [1.0])
    late = NOON + dt.timedelta(minutes=12)
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [partitions._CLOSING_LOCK])
            assert partitions.close_chunks(late) == []
            cursor.execute("SELECT pg_advisory_unlock_all()")
    finally:
        other.close()
    assert partitions.close_chunks(late) == ["reading_c20260301_1200"]


def test_what_retention_dropped_is_made_again_for_who_remembers_it(point):
    known = Partitions()
    old = Readings.of([point.id], [NOW - 40 * DAY], [1.0])
    for now in (NOW, NOW + 1):
        with transaction.atomic():
            history.write_readings(old, known, now)
        assert partitions.drop_expired(NOON - dt.timedelta(days=30), NOON - dt.timedelta(days=5000)) == ["reading_d20260120"]


def test_replay_gives_what_was_stored_in_the_order_of_its_storing(point):
    write(point, [NOW + 5, NOW + 3], [5.0, 3.0])
    write(point, [NOW + 9], [9.0])
    batches = list(history.replay(point.asset.site_id, instant(NOW + 4), pages=1))
    assert np.concatenate([batch.value for batch in batches]).tolist() == [5.0, 9.0]


def test_replay_is_cut_into_batches_without_losing_a_row(point, monkeypatch):
    monkeypatch.setattr(history, "FEW_POINTS", 0)
    write(point, [NOW + i for i in range(1000)], [float(i) for i in range(1000)])
    batches = list(history.replay(point.asset.site_id, NOON, pages=1))
    assert len(batches) > 5
    assert np.concatenate([batch.value for batch in batches]).tolist() == [float(i) for i in range(1000)]


def test_rollups_of_parts_add_up_to_those_of_the_whole(point):
    known = Partitions()
    known.refresh()
    rollup = Rollup(1)
    for value in (1.0, 5.0):
        rollup.absorb(np.zeros(1, np.int32), np.array([NOW]), np.array([value]))
        part = rollup.close_before(NOW + DAY)
        part = history.Aggregates(np.array([point.id]), part.minute, part.minimum, part.maximum, part.total, part.count)
        with transaction.atomic():
            history.write_rollups(part, known, NOW)
    for resolution in ("minute", "hour"):
        series = history.series(point.id, NOON, NOON + dt.timedelta(hours=1), resolution)
        assert (series.minimum[0], series.maximum[0], series.mean[0], series.count[0]) == (1.0, 5.0, 3.0, 2)
