"""A real flood, replayed through a feed: the stations that were flooded raise at the right minute, spikes raise nothing."""

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import connection

from alarms.models import Alarm
from journal.reading import verify
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site
from tests.rivers import LIMITS, MAPPING, READINGS, RECORDING, episodes, levels, rule

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def scene(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    feed = make_feed(site, "rivers", protocol="replay", mapping=MAPPING)
    for station, (limit, _) in LIMITS.items():
        make_point(make_asset(site, station), feed, address=station, interval=600)
        make_rule(site, f"crue-{station.lower()}", rule(limit, station))
    return site


def test_the_flooded_stations_raise_when_they_were_and_spikes_raise_nothing(scene, wait_until):
    with correlating(scene):
        call_command("replay", RECORDING, feed="rivers")
        wait_until(lambda: count_readings() == READINGS, timeout=60)
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
