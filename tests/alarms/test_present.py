"""The present values of what is in alarm: fresh within seconds, with their trend, and unknown while their feed is silent."""

import datetime as dt

import pytest
from django.utils import timezone

from alarms import present
from alarms.correlation.correlator import now_us
from alarms.models import Alarm, Position
from alarms.rows import alarm_rows
from assets.instants import microseconds
from assets.log import Log
from assets.models import Latest
from assets.readings import Readings
from tests.correlating import correlating
from tests.factories import NOON, make_alarm, make_asset, make_feed, make_kind, make_point, make_rule, make_site

SECOND = dt.timedelta(seconds=1)


def push(site, feed, point, *values: float) -> None:
    """Readings one second apart, the last of them now."""
    now = now_us()
    at = [now - (len(values) - 1 - place) * 1_000_000 for place in range(len(values))]
    Log().append_readings(site.pk, feed.pk, Readings.of([point.pk] * len(values), at, values, received=now))


@pytest.mark.django_db(transaction=True)
def test_the_newest_reading_of_an_open_alarm_is_stored_within_seconds_and_not_once_a_minute(valkey, wait_until):
    site = make_site()
    feed = make_feed(site)
    point, calm = make_point(make_asset(site), feed), make_point(make_asset(site, "J-2"), feed)
    make_rule(site)
    with correlating(site):
        push(site, feed, calm, 1.0)
        push(site, feed, point, 2.9, 2.8, 2.7, 2.65, 2.6)
        wait_until(Alarm.objects.filter(point=point).exists)
        wait_until(Latest.objects.filter(point=point, value=2.6, trend=-1).exists)
        push(site, feed, point, 2.55)
        wait_until(Latest.objects.filter(point=point, value=2.55).exists)
    row = next(present.present_rows(present.read(site.pk, timezone.now()).values()))
    assert (row["value"], row["unit"], row["trend"], row["silent_since"]) == (2.55, "m", "falling", None)


@pytest.mark.django_db(transaction=True)
def test_beside_the_alarm_of_a_counter_is_what_it_consumes_per_hour_and_no_trend(valkey, wait_until):
    site = make_site()
    feed = make_feed(site)
    make_kind("meter", points=[{"quantity": "energy", "unit": "kWh", "counter": True}])
    point = make_point(make_asset(site, "C-1", "meter"), feed, "energy", unit="kWh")
    limits = [{"severity": "high", "limit": 1800}]
    make_rule(
        site, "conso", {"kind": "rate", "scope": {"quantity": "energy"}, "window": 30, "direction": "above", "limits": limits}
    )
    with correlating(site):
        push(site, feed, point, *range(48_000, 48_040))
        wait_until(Alarm.objects.filter(point=point).exists)
        wait_until(Latest.objects.filter(point=point, value=48_039, rate__isnull=False).exists)
    row = told(site, timezone.now())
    assert (row["rate"], row["trend"], row["unit"]) == (pytest.approx(3600), None, "kWh")
    assert row["rate_at"] <= row["at"]


@pytest.mark.django_db(transaction=True)
def test_beside_the_alarm_of_a_condition_is_what_the_comparison_that_holds_reads(valkey, wait_until):
    site = make_site()
    feed = make_feed(site)
    asset = make_asset(site)
    other, point = (make_point(asset, feed, quantity) for quantity in ("rain", "water_level"))
    compared = [{"quantity": "rain", "above": 90}, {"quantity": "water_level", "above": 2}]
    make_rule(site, "crue", {"kind": "condition", "scope": {}, "when": {"any": compared}, "severity": "high"})
    with correlating(site):
        push(site, feed, other, 1.0)
        push(site, feed, point, 2.5)
        wait_until(Alarm.objects.filter(asset=asset).exists)
        push(site, feed, point, 2.6)
        wait_until(Latest.objects.filter(point=point, value=2.6).exists)
    assert (Alarm.objects.get().point, alarm_rows(Alarm.objects.all())[0]["witness"]) == (None, point.pk)
    assert [row["point"] for row in present.present_rows(present.read(site.pk, timezone.now()).values())] == [point.pk]


@pytest.fixture
def raised(db):
    site = make_site()
    feed = make_feed(site, expected_interval=60)
    point = make_point(make_asset(site), feed)
    make_alarm(make_rule(site), point.asset, point=point, subject=f"point:{point.pk}")
    Latest.objects.create(point=point, at=NOON, received_at=NOON, value=1.24, quality=0, trend=1)
    return site, feed, point


def listened(site, feed, heard: dt.datetime, until: dt.datetime) -> None:
    Position.objects.create(site=site, feeds=[feed.pk], heard=[microseconds(heard)], committed_at=until)


def told(site, now: dt.datetime = NOON) -> dict[str, object]:
    return next(row for row in present.present_rows(present.read(site.pk, now).values()) if row["point"])


def test_a_point_has_a_present_value_while_its_feed_is_heard(raised):
    site, feed, point = raised
    listened(site, feed, NOON - 100 * SECOND, NOON)
    row = told(site)
    assert (row["point"], row["value"], row["trend"], row["silent_since"]) == (point.pk, 1.24, "rising", None)


def test_three_missed_messages_make_a_feed_silent_whether_or_not_a_rule_is_about_it(raised):
    site, feed, _ = raised
    listened(site, feed, NOON - 200 * SECOND, NOON)
    assert told(site)["silent_since"] == "2026-03-01T11:56:40.000Z"


def test_nobody_is_called_silent_for_a_time_in_which_nobody_listened(raised):
    site, feed, _ = raised
    listened(site, feed, NOON - 3600 * SECOND, NOON - 3590 * SECOND)
    assert told(site)["silent_since"] is None


def test_an_open_alarm_of_silence_makes_its_feed_silent(raised):
    site, feed, _ = raised
    listened(site, feed, NOON - 100 * SECOND, NOON)
    rule = make_rule(site, "muet", {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 1, "minimum": 90})
    silent = Alarm.objects.create(
        site=site, rule=rule, version=rule.active_version, subject=f"feed:{feed.pk}", feed=feed, severity=2,
        state="unacknowledged", raised_at=NOON - 10 * SECOND, learned_at=NOON, seq=0, sentence_fr="", sentence_en="",
    )  # fmt: skip
    assert told(site)["silent_since"] == "2026-03-01T11:59:50.000Z"
    Alarm.objects.filter(pk=silent.pk).update(evidence={"kind": "silence", "ahead": 420_000_000})
    assert told(site)["silent_since"] is None, "a supervisor whose clock is wrong speaks"
    Alarm.objects.filter(pk=silent.pk).update(evidence={}, state="returned")
    assert told(site)["silent_since"] is None


def test_a_state_is_told_by_its_name_in_both_languages_and_has_no_trend(db):
    site = make_site()
    template = {"quantity": "door_state", "codes": {"1": "ouverte"}, "codes_en": {"1": "open"}}
    make_kind("door", points=[template])
    point = make_point(make_asset(site, "P-1", "door"), quantity="door_state", unit="", codes={"1": "ouverte"})
    make_alarm(make_rule(site), point.asset, point=point, subject=f"point:{point.pk}")
    Latest.objects.create(point=point, at=NOON, received_at=NOON, value=1, trend=1)
    row = told(site)
    assert (row["state"], row["trend"]) == ({"fr": "ouverte", "en": "open"}, None)


def test_what_has_no_point_or_was_never_read_has_no_present_value(db):
    site = make_site()
    asset, rule = make_asset(site), make_rule(site)
    make_alarm(rule, asset)
    point = make_point(asset)
    make_alarm(rule, asset, point=point, subject=f"point:{point.pk}")
    assert present.read(site.pk, NOON) == {}


def test_an_alarm_of_silence_says_since_when_nothing_came_or_nothing_of_use_until_it_has_ended(raised):
    site, feed, _ = raised
    rule = make_rule(site, "muet", {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 1, "minimum": 90})
    silent = Alarm.objects.create(
        site=site, rule=rule, version=rule.active_version, subject=f"feed:{feed.pk}", feed=feed, severity=2,
        state="unacknowledged", raised_at=NOON - 10 * SECOND, learned_at=NOON, seq=0, sentence_fr="", sentence_en="",
        evidence={"kind": "silence", "heard": microseconds(NOON - 10 * SECOND)},
    )  # fmt: skip
    since = "2026-03-01T11:59:50.000Z"
    row = {"point": None, "alarm": silent.pk, "raised_at": since, "silent_since": since, "speaks": False}

    def of_the_silence() -> list[dict[str, object]]:
        return [row for row in present.present_rows(present.read(site.pk, NOON).values()) if row["point"] is None]

    assert of_the_silence() == [row]
    Alarm.objects.filter(pk=silent.pk).update(evidence=silent.evidence | {"ahead": 420_000_000})
    assert of_the_silence() == [row | {"speaks": True}]
    Alarm.objects.filter(pk=silent.pk).update(state="returned")
    assert of_the_silence() == []


def test_present_values_of_any_number_of_alarms_are_three_queries(raised, django_assert_max_num_queries):
    site, feed, _ = raised
    listened(site, feed, NOON, NOON)
    for number in range(20):
        point = make_point(make_asset(site, f"K-{number}"), feed)
        make_alarm(Alarm.objects.first().rule, point.asset, point=point, subject=f"point:{point.pk}")
        Latest.objects.create(point=point, at=NOON, received_at=NOON, value=number)
    with django_assert_max_num_queries(3):
        assert len(present.read(site.pk, NOON)) == 21
