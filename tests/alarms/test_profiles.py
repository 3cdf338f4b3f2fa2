"""What points usually do: against a computation by hand, through summer time, refreshed while an alarm stands, and in trials."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection, transaction

from alarms.backtests import runs
from alarms.engine.profiles import Profiles
from alarms.models import Alarm, Profile, ProfileSet
from alarms.site import profiles
from assets import history
from assets.instants import instant, microseconds
from assets.partitions import Partitions
from assets.readings import Readings
from assets.rollup import Aggregates
from tests.alarms.byhand import SECOND, by_hand
from tests.alarms.usual_by_hand import by_hand as by_hand_usual
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600 * SECOND
PARIS = "Europe/Paris"
MONDAY = dt.datetime(2026, 11, 2, tzinfo=ZoneInfo(PARIS))
"""A week after the hour between two and three in the night came twice."""
STRANGE = {
    "kind": "anomaly", "scope": {"quantity": "power"}, "direction": "above", "minimum_history": 3, "floor": 0.5,
    "limits": [{"severity": "medium", "limit": 5}], "deadband": 1,
}  # fmt: skip


@pytest.fixture
def meter(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site(timezone=PARIS)
    feed = make_feed(site)
    return site, feed, make_point(make_asset(site), feed, "power", unit="kW")


def remember(point, end: dt.datetime, weeks: int, value) -> dict[int, tuple[float, float, float]]:
    """Hourly roll-ups of the weeks before `end`; value(hour µs) → (minimum, mean, maximum)."""
    last = microseconds(end) // HOUR * HOUR
    hours = {at: value(at) for at in range(last - weeks * 7 * 24 * HOUR, last, HOUR)}
    low, mean, high = (np.array(column, float) for column in zip(*hours.values(), strict=True))
    at = np.array(list(hours), np.int64)
    known = Partitions()
    known.refresh()
    with transaction.atomic():
        # Two readings an hour that make this minimum, mean and maximum would do; the roll-up is what is read.
        part = Aggregates(np.full(len(at), point.pk), at, low, high, mean * 10, np.full(len(at), 10))
        history.write_rollups(part, known, last)
    return hours


def wandering(at: int) -> tuple[float, float, float]:
    """By the hour of the day, a little different each week, with a rare excess."""
    hour, week = at // HOUR % 24, at // (168 * HOUR)
    mean = 10 + hour + (week * 7 % 5) * 0.3 + (40 if at // HOUR % 401 == 0 else 0)
    return mean - 1 - week % 3 * 0.1, mean, mean + 0.5


def steady(at: int) -> tuple[float, float, float]:
    """The same without an excess."""
    return tuple(value - (40 if at // HOUR % 401 == 0 else 0) for value in wandering(at))


def test_what_is_usual_is_worked_out_of_the_hours_of_history_also_when_clocks_change(meter):
    _, _, point = meter
    hours = remember(point, MONDAY, 8, wandering)
    found = profiles.usual(np.array([point.pk]), PARIS, MONDAY)
    wanted = by_hand_usual(hours, PARIS, microseconds(MONDAY), 8)
    assert found.hour.tolist() == sorted(wanted) == list(range(168))
    for index, hour in enumerate(found.hour.tolist()):
        cell = [float(getattr(found, name)[index]) for name in ("median", "above", "below", "weeks", "samples")]
        assert cell == pytest.approx(wanted[hour], rel=1e-6), hour


def test_what_is_stored_is_what_was_computed_and_once_a_day_is_enough(meter):
    site, _, point = meter
    remember(point, MONDAY, 4, wandering)
    noon = MONDAY + dt.timedelta(hours=12)
    assert profiles.refresh(site.pk, noon) is None, "no rule asks"
    make_rule(site, spec=STRANGE)
    assert profiles.refresh(site.pk, noon) == 1
    assert profiles.refresh(site.pk, noon + dt.timedelta(hours=11)) is None
    stored, fresh = profiles.stored(site.pk), profiles.usual(np.array([point.pk]), PARIS, MONDAY)
    for name in Profiles.__dataclass_fields__:
        assert np.array_equal(getattr(stored, name), getattr(fresh, name)), name
    assert profiles.refresh(site.pk, noon + dt.timedelta(hours=12)) == 1, "another day"
    make_rule(site, "autre", STRANGE | {"minimum_history": 20})
    assert profiles.refresh(site.pk, noon + dt.timedelta(hours=12)) == 1, "another rule"
    assert (ProfileSet.objects.get().points, Profile.objects.count()) == (1, 1)


def test_a_site_whose_points_were_never_heard_holds_up_no_other(meter):
    site, _, point = meter
    remember(point, MONDAY, 4, wandering)
    make_rule(site, spec=STRANGE)
    silent = make_site("before-the-other", timezone=PARIS)
    make_point(make_asset(silent), make_feed(silent, "muette"), "power", unit="kW")
    make_rule(silent, spec=STRANGE)
    noon = MONDAY + dt.timedelta(hours=12)
    assert profiles.refresh(silent.pk, noon) == 1
    assert (ProfileSet.objects.get(site=silent).points, len(profiles.stored(silent.pk).point)) == (0, 0)
    assert profiles.refresh(silent.pk, noon) is None, "done today, though nothing was there"
    assert profiles.refresh(site.pk, noon) == 1
    assert Profile.objects.count() == 1


def test_profiles_made_anew_lose_no_alarm_and_tell_none_twice(meter, monkeypatch):
    site, feed, point = meter
    remember(point, MONDAY, 4, steady)
    make_rule(site, spec=STRANGE)
    start = microseconds(MONDAY + dt.timedelta(hours=12))
    with by_hand(monkeypatch, site, start) as hand:
        hand.read(feed, [point], 999.0)
        hand.turn()
        assert not Alarm.objects.exists(), "nothing is usual yet"
        profiles.refresh(site.pk, instant(start))
        day = 24 * HOUR
        for after, value in ((60 * SECOND, 999.0), (120 * SECOND, 999.0), (day, 998.0)):
            hand.now = start + after
            if after == day:
                profiles.refresh(site.pk, instant(hand.now))
            hand.read(feed, [point], value)
            hand.rebuild_if_changed()
            hand.turn()
        alarm = Alarm.objects.get()
        assert (alarm.state, alarm.occurrences, alarm.evidence["reading"]) == ("unacknowledged", 1, 999.0)
        hand.now += 60 * SECOND
        hand.read(feed, [point], alarm.evidence["median"])
        hand.turn()
    assert Alarm.objects.get().state == "returned"


def test_a_trial_knows_what_was_usual_before_its_period_and_nothing_of_it(meter):
    site, _, point = meter
    start = MONDAY - dt.timedelta(weeks=3)
    remember(point, start, 4, wandering)
    # From then on ten times as much, day and night: a profile of these weeks would find it usual.
    remember_later = range(microseconds(start), microseconds(MONDAY), 6 * HOUR)
    known = Partitions()
    known.refresh()
    with transaction.atomic():
        readings = Readings.of([point.pk] * len(remember_later), list(remember_later), [200.0] * len(remember_later))
        history.write_readings(readings, known, microseconds(MONDAY))
        part = np.array(remember_later, np.int64)
        full = np.full(len(part), 200.0)
        history.write_rollups(
            Aggregates(np.full(len(part), point.pk), part, full, full, full, np.ones(len(part), np.int64)), known, part[-1]
        )
    rule = make_rule(site, spec=STRANGE, active=False)
    trial = runs.order(rule, start, MONDAY - dt.timedelta(hours=1), now=MONDAY)
    runs.run(trial.pk, lambda: MONDAY)
    trial.refresh_from_db()
    assert (trial.state, trial.message) == ("done", "")
    first = trial.alarms.filter(of="draft").earliest("raised_at")
    assert first.raised_at == start
    assert first.evidence["median"] < 50
