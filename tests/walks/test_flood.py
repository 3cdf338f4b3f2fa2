"""A real flood, replayed through a feed: the stations that were flooded raise at the right minute, spikes raise nothing."""

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from alarms.journal import verify
from alarms.models import Alarm
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site

RECORDING = Path(__file__).parents[1] / "data" / "rivers" / "2020-01_flood.csv.gz"
MINUTES = 30
LIMITS = {
    "Y152401001": (2.0, "flooded"),
    "Y067406001": (4.0, "flooded"),
    "Y161203001": (3.0, "flooded"),
    "Y111201001": (2.0, "calm"),
    "Y142202001": (0.4, "spiky"),
}
"""m above the station's own zero, and what its river did."""

pytestmark = pytest.mark.django_db(transaction=True)


def rule(limit: float, station: str) -> dict[str, object]:
    return {
        "kind": "threshold", "scope": {"quantity": "water_level", "assets": [station]}, "direction": "above",
        "limits": [{"severity": "high", "limit": limit}], "on_delay": MINUTES * 60, "deadband": 0.1,
    }  # fmt: skip


def levels(station: str) -> list[tuple[datetime, float]]:
    with gzip.open(RECORDING, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["code_station"] == station]
    return sorted((datetime.fromisoformat(row["date_obs_utc"]), float(row["H_mm"]) / 1000) for row in rows)


def episodes(station: str, limit: float) -> Iterator[tuple[datetime, datetime]]:
    """(raised, returned) as somebody would tell from the list of levels, reading it line by line."""
    above = raised = None
    for at, level in levels(station):
        if raised is None:
            if above is not None and at > above + timedelta(minutes=MINUTES):
                raised = above + timedelta(minutes=MINUTES)
            elif level <= limit:
                above = None
            elif above is None:
                above = at
        if raised is not None and level < limit - 0.1:
            yield raised, at
            above = raised = None


@pytest.fixture
def scene(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    feed = make_feed(site, "rivers", protocol="replay", mapping={
        "address": "code_station", "value": "H_mm", "at": "date_obs_utc", "scale": 0.001,
    })  # fmt: skip
    for station, (limit, _) in LIMITS.items():
        make_point(make_asset(site, station), feed, address=station, interval=600)
        make_rule(site, f"crue-{station.lower()}", rule(limit, station))
    return site


def test_the_flooded_stations_raise_when_they_were_and_spikes_raise_nothing(scene, wait_until):
    with correlating(scene):
        call_command("replay", RECORDING, feed="rivers")
        wait_until(lambda: count_readings() == 5164, timeout=60)
    for station, (limit, river) in LIMITS.items():
        found = list(Alarm.objects.filter(asset__code=station).order_by("raised_at").values_list("raised_at", "returned_at"))
        assert found == list(episodes(station, limit)), station
        assert bool(found) == (river == "flooded"), station
    assert any(level > LIMITS["Y142202001"][0] for _, level in levels("Y142202001")), "the spikes are in the recording"
    first = Alarm.objects.filter(asset__code="Y152401001").earliest("raised_at")
    assert datetime(2020, 1, 22, 6, tzinfo=UTC) < first.raised_at < datetime(2020, 1, 22, 13, tzinfo=UTC)
    assert list(verify(scene.pk)) == []


def count_readings() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading")
        return cursor.fetchone()[0]
