"""A blackout through the whole correlator: readings in, one alarm to hear; a restart in the middle changes nothing."""

import pytest
from django.db import connection

from alarms.correlation.correlator import now_us
from alarms.models import Alarm, Incident
from alarms.verdicts import recovery
from assets.instants import instant
from assets.log import Log
from assets.models import Point
from assets.readings import Readings
from journal.reading import verify
from tests.alarms.test_causes import heard
from tests.alarms.test_correlator import correlating
from tests.alarms.verdict import make_cabinet, make_lamps
from tests.factories import make_feed, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1_000_000
SUPPLY = {"kind": "state", "scope": {"quantity": "supply_state"}, "values": [{"severity": "high", "in": [2]}], "settling": 1}
LAMP = {"kind": "state", "scope": {"quantity": "lamp_state"}, "values": [{"severity": "low", "in": [2]}]}


@pytest.fixture
def scene(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    feed = make_feed(site)
    cabinet = make_cabinet(site)
    supply = Point.objects.get(asset=cabinet)
    lamps = [Point.objects.create(asset=lamp, quantity="lamp_state", feed=feed) for lamp in make_lamps(site, 30, cabinet)]
    make_rule(site, "dead", SUPPLY)
    make_rule(site, "dark", LAMP)
    return site, feed, supply, lamps


def say(site, feed, points, value: float, shift: int = 0) -> None:
    now = now_us() + shift
    batch = Readings.of([point.pk for point in points], [now] * len(points), [value] * len(points), received=now)
    Log().append_readings(site.pk, feed.pk, batch)


def test_thirty_lamps_and_their_cabinet_are_one_alarm_to_hear_before_and_after_a_restart(scene, wait_until):
    site, feed, supply, lamps = scene
    with correlating(site):
        say(site, feed, lamps[:10], 2)
        wait_until(lambda: Alarm.objects.count() == 10)
        say(site, feed, [supply], 2)
        wait_until(lambda: Alarm.objects.filter(suppressed_by__isnull=False).count() == 10)
    say(site, feed, lamps[10:], 2)  # while nobody reads
    with correlating(site):
        wait_until(lambda: Alarm.objects.filter(suppressed_by__isnull=False).count() == 30)
        assert heard(site) == {"ARM-1"}
        incident = Incident.objects.exclude(state="closed").get()
        assert (incident.alarms.count(), incident.cause.point) == (31, supply)
        say(site, feed, [supply, *lamps[3:]], 1)
        wait_until(lambda: Alarm.objects.filter(state="normal").count() == 27)
        recovery.sweep(site.pk, instant(now_us() + 50 * SECOND))
        assert heard(site) == {"ARM-1"}, "a lamp speaks every minute: whoever is well has not said so yet"
        recovery.sweep(site.pk, instant(now_us() + 62 * SECOND))
    assert heard(site) == {"ARM-1", "L-00000", "L-00001", "L-00002"}
    assert list(verify(site.pk)) == []
