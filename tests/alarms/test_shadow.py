"""Versions in shadow run and are not heard; rules that cannot run do not stop the others."""

import pytest
from django.db import connection

from alarms import rules
from alarms.correlation import shadow
from alarms.engine.layout import CompileError
from alarms.models import Alarm, Severity, WouldBeAlarm
from alarms.rules import put_in_shadow, trying, write_rule
from assets.refusal import Refused
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.test_correlator import send
from tests.correlating import correlating
from tests.factories import NOON, THRESHOLD, make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

LOWER = {**THRESHOLD, "limits": [{"severity": "high", "limit": 1.5}, {"severity": "critical", "limit": 2.0}]}


@pytest.fixture
def scene(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    feed = make_feed(site)
    point = make_point(make_asset(site), feed)
    rule = make_rule(site)
    version = write_rule(site, rule.slug, rule.name_fr, rule.name_en, LOWER, now=NOON)
    put_in_shadow(version, now=NOON)
    return site, feed, point, rule


def test_a_version_in_shadow_raises_nothing_and_tells_what_it_would_have(scene, wait_until):
    site, feed, point, _ = scene
    with correlating(site):
        send(site, feed, point, 1.7)
        alarm = wait_until(WouldBeAlarm.objects.first)
        send(site, feed, point, 2.1)
        wait_until(WouldBeAlarm.objects.filter(severity=1).exists)
        send(site, feed, point, 1.0)
        wait_until(WouldBeAlarm.objects.filter(cleared_at__isnull=False).exists)
    assert (alarm.of, alarm.version.number, alarm.asset.code, alarm.evidence["limit"]) == ("shadow", 2, "J-1", 1.5)
    assert WouldBeAlarm.objects.count() == 1
    assert not Alarm.objects.exists()
    assert not JournalEntry.objects.filter(kind__startswith="alarm.").exists()
    assert list(verify(site.pk)) == []


def test_what_is_active_beside_it_is_heard_as_ever(scene, wait_until):
    site, feed, point, _ = scene
    with correlating(site):
        send(site, feed, point, 2.6)
        alarm = wait_until(Alarm.objects.first)
        wait_until(WouldBeAlarm.objects.exists)
    assert (alarm.version.number, Severity(alarm.severity).label) == (1, "high")
    assert Severity(WouldBeAlarm.objects.get().severity).label == "critical"


def test_a_restart_repeats_no_would_be_alarm_and_the_end_of_the_shadow_ends_them(scene, wait_until):
    site, feed, point, rule = scene
    with correlating(site):
        send(site, feed, point, 1.7)
        wait_until(WouldBeAlarm.objects.exists)
    with correlating(site):
        send(site, feed, point, 1.8)
        wait_until(lambda: stored() == 2)
        assert WouldBeAlarm.objects.count() == 1
        rules.end_shadow(rule, now=NOON)
        wait_until(WouldBeAlarm.objects.filter(cleared_at__isnull=False).exists)
    assert WouldBeAlarm.objects.count() == 1
    assert shadow.drop_old(NOON) == 0


def stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading")
        return cursor.fetchone()[0]


def test_what_is_active_cannot_be_put_in_shadow(scene):
    _, _, _, rule = scene
    with pytest.raises(Refused):
        put_in_shadow(rule.versions.get(number=1), now=NOON)


def test_activating_the_version_in_shadow_ends_its_shadow(scene):
    _, _, _, rule = scene
    rules.activate(rule.versions.get(number=2), now=NOON)
    rule.refresh_from_db()
    assert (rule.state, rule.active_version.number, rule.shadow_version) == ("active", 2, None)
    kinds = JournalEntry.objects.filter(kind__startswith="rule.").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["rule.activated", "rule.shadowed", "rule.activated"]


def circle(site, name: str, other: str):
    spec = {"kind": "missing", "scope": {}, "first": {"rule": other}, "then": {"quantity": "water_level", "above": 1},
            "within": 60, "by": "asset", "severity": "low"}  # fmt: skip
    return write_rule(site, name, name, name, spec, now=NOON)


def test_a_rule_that_cannot_run_stops_no_other_and_says_why(scene, wait_until):
    site, feed, point, _ = scene
    first = circle(site, "a", "b")
    with pytest.raises(CompileError, match="no rule named 'b'"):
        trying.can_run(first)
    rules.activate(first, now=NOON)
    second = circle(site, "b", "a")
    with pytest.raises(CompileError, match="a → b → a"):
        trying.can_run(second)
    rules.activate(second, now=NOON)  # as an older release would have
    with correlating(site):
        send(site, feed, point, 2.6)
        wait_until(Alarm.objects.exists)
    troubled = {each.slug for each in site.rules.exclude(trouble="")}
    assert troubled
    assert troubled <= {"a", "b"}
