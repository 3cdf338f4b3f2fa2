"""A real meter whose index is pushed, with a change of the meter and dead answers: what it consumed is what is learned of it."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from django.db import connection

from alarms.site import profiles
from alarms.site.usual import HourlyReadings, learned
from assets.instants import microseconds
from assets.inventory.kinds import load_kinds, read_catalogue
from assets.inventory.points import apply_points
from assets.models import Asset, AssetKind, Point
from tests.correlating import correlating
from tests.feeds.city import Pusher, make_feed

pytestmark = pytest.mark.django_db(transaction=True)

RECORDING = Path(__file__).parents[1] / "data" / "series" / "household-electricity.csv"
HOUR = timedelta(hours=1)
WEEK = 168
NOTHING_WRONG = {"unknown": 0, "rejected_count": 0, "rejected": []}


def drawn() -> list[tuple[datetime, float]]:
    """(beginning of the hour, kWh), moved by whole weeks so that the last one is over."""
    lines = RECORDING.read_text("utf-8").splitlines()
    rows = [(datetime.fromisoformat(row["start"]), float(row["kwh"])) for row in csv.DictReader(lines)]
    moved = (datetime.now(UTC) - rows[-1][0] - 2 * HOUR) // (WEEK * HOUR) * (WEEK * HOUR)
    return [(at + moved, kwh) for at, kwh in rows]


def shown(hours: list[tuple[datetime, float]]) -> Iterator[tuple[datetime, float]]:
    """The index at the end of each hour: of another meter from the third week on; each fifth day one answer is 0."""
    index = 48_211.0
    yield hours[0][0], index
    for number, (at, kwh) in enumerate(hours):
        if number == 2 * WEEK:
            index = 0.0
        index += kwh
        yield at + HOUR, 0.0 if number % 120 == 77 else index


@pytest.mark.usefixtures("valkey")
def test_what_a_pushed_index_consumed_is_what_is_usual_of_it(tmp_path, wait_until):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    load_kinds(read_catalogue())
    feed = make_feed("metering", points=0)
    site = feed.supervisor.site
    kind = AssetKind.objects.get(slug="energy_meter")
    Asset.objects.create(site=site, code="PDL-1", name="Mairie", kind=kind, longitude=2.24, latitude=48.89)
    file = tmp_path / "points.csv"
    file.write_text("asset_code,quantity,unit,interval,feed,address\nPDL-1,energy,kWh,3600,metering,PDL-1\n", "utf-8")
    assert len(apply_points(site, file).new) == 1
    point, hours = Point.objects.get(), drawn()
    readings = [{"address": "PDL-1", "at": at.isoformat(), "value": value} for at, value in shown(hours)]
    supervisor = Pusher()
    with correlating(site):
        answer = supervisor.push({"readings": readings}, slug="metering")
        assert (answer.status, answer.body) == (202, {"accepted": len(readings)} | NOTHING_WRONG)
        wait_until(lambda: count_readings() == len(readings), timeout=60)
        wait_until(lambda: count_hours(point) > len(hours) - 2, timeout=60)
    supervisor.close()
    end, ids = hours[-1][0] + HOUR, np.array([point.pk])
    found = profiles.usual(ids, "UTC", end, counters=ids)
    at, kwh = np.array([microseconds(at) for at, _ in hours]), np.array([kwh for _, kwh in hours])
    told = learned(HourlyReadings(np.full(len(at), point.pk), at, kwh, kwh, kwh), "UTC", microseconds(end), profiles.WEEKS)
    assert found.hour.tolist() == told.hour.tolist() == list(range(WEEK))
    # Hours with a dead answer, and the one in which the meter was changed, are not known: medians of five move a little.
    assert np.median(np.abs(found.median - told.median)) < 0.01
    assert np.abs(found.median - told.median).max() < 0.1


def count_readings() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading")
        return cursor.fetchone()[0]


def count_hours(point: Point) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM rollup_hour WHERE point = %s", [point.pk])
        return cursor.fetchone()[0]
