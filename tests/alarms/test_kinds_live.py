"""Events and rules that live on them, through the log, the correlator and the database, and across a restart."""

import pytest
from django.db import connection

from alarms.correlation.correlator import now_us
from alarms.models import Alarm, Severity
from alarms.rows import alarm_rows
from assets.log import Event, Log
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1_000_000
FORCED = {
    "kind": "sequence", "scope": {}, "first": {"event": "badge_refused"}, "then": {"event": "door_forced"}, "by": "asset",
    "within": 120, "severity": "critical", "hold": 3600,
}  # fmt: skip
PLATES = {
    "kind": "count", "scope": {}, "of": {"event": "plate_read"}, "by": {"attribute": "plate"}, "within": 600,
    "distinct": "occurrence", "limits": [{"severity": "medium", "at_least": 3}],
}  # fmt: skip
AGAIN = {
    "kind": "count", "scope": {}, "of": {"rule": "plaques"}, "by": "site", "within": 600, "distinct": "occurrence",
    "limits": [{"severity": "low", "at_least": 1}],
}  # fmt: skip


@pytest.fixture
def scene(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    feed = make_feed(site)
    asset = make_asset(site)
    make_point(asset, feed)
    return site, feed, asset


def report(site, feed, asset, kind: str, ago: int = 0, **attributes: object) -> None:
    now = now_us()
    Log().append_events(site.id, feed.id, [Event("B-1", now - ago * SECOND, now, kind, asset and asset.id, attributes)])


def test_two_events_that_follow_each_other_raise_an_alarm_on_their_asset(scene, wait_until):
    site, feed, asset = scene
    make_rule(site, "forced", FORCED)
    with correlating(site):
        report(site, feed, asset, "badge_refused", ago=5)
        report(site, feed, asset, "door_forced")
        alarm = wait_until(Alarm.objects.first)
    assert (alarm.subject, alarm.asset_id, Severity(alarm.severity).label) == (f"asset:{asset.id}", asset.id, "critical")
    assert alarm.evidence["kind"] == "sequence"
    assert alarm.sentence_en.startswith("Badge refused, then door forced")


def test_what_was_heard_before_a_restart_counts_after_it(scene, wait_until):
    site, feed, _ = scene
    make_rule(site, "plaques", PLATES)
    with correlating(site):
        for _ in range(2):
            report(site, feed, None, "plate_read", ago=3, plate="AB-123-CD")
        wait_until(lambda: stored() == 2)
    with correlating(site):
        report(site, feed, None, "plate_read", plate="AB-123-CD")
        alarm = wait_until(Alarm.objects.first)
    assert (alarm_rows(Alarm.objects.all())[0]["subject"], alarm.asset_id) == ("attribute:plate=AB-123-CD", None)
    with correlating(site):
        report(site, feed, None, "plate_read", plate="EF-456-GH")
        wait_until(lambda: stored() == 4)
        assert Alarm.objects.exclude(state="normal").count() == 1


def test_a_rule_may_count_the_alarms_of_another_and_a_circle_stops_only_itself(scene, wait_until):
    site, feed, _ = scene
    make_rule(site, "plaques", PLATES)
    make_rule(site, "encore", AGAIN)
    make_rule(site, "rond", AGAIN | {"of": {"rule": "rond"}})
    with correlating(site):
        for _ in range(3):
            report(site, feed, None, "plate_read", plate="AB-123-CD")
        wait_until(lambda: Alarm.objects.count() == 2)
    assert {row["subject"] for row in alarm_rows(Alarm.objects.all())} == {"attribute:plate=AB-123-CD", "site:0"}


def stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event")
        return cursor.fetchone()[0]
