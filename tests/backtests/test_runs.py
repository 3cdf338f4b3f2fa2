"""Backtests on a real flood, through PostgreSQL and the engine of production."""

import datetime as dt
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from alarms.backtests import runs, trial
from alarms.engine.spec import SpecError
from alarms.models import Backtest, Rule, Severity, WouldBeAlarm
from alarms.rules import write_rule
from assets.instants import EPOCH
from assets.models import Asset, Point
from assets.refusal import Refused
from tests.factories import NOON, make_asset, make_feed, make_history, make_point, make_rule, make_sector, make_site
from tests.rivers import LIMITS, episodes, levels, rule

pytestmark = pytest.mark.django_db(transaction=True)

STATION = "Y152401001"
START, END = dt.datetime(2020, 1, 20, tzinfo=dt.UTC), dt.datetime(2020, 1, 28, tzinfo=dt.UTC)


@pytest.fixture
def flooded() -> Rule:
    """A rule on the station at 2.0 m that runs, and five stations' levels in history."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event")
    site = make_site()
    feed = make_feed(site, "rivers")
    for station in LIMITS:
        make_history(make_point(make_asset(site, station), feed, address=station, interval=600), dict(levels(station)))
    return make_rule(site, spec=rule(2.0, STATION))


def tried(flooded: Rule, spec: dict | None = None, **period: dt.datetime) -> Backtest:
    order = runs.order(flooded, period.get("start", START), period.get("end", END), spec, now=NOON)
    runs.run(order.pk, lambda: NOON)
    order.refresh_from_db()
    return order


def test_the_right_stations_at_the_right_hours_and_no_spike(flooded):
    for station, (limit, river) in LIMITS.items():
        done = tried(flooded, rule(limit, station))
        found = list(done.alarms.filter(of="draft").order_by("raised_at").values_list("raised_at", "cleared_at"))
        assert found == list(episodes(station, limit)), station
        assert (done.state, done.figures["draft"]["count"], bool(found)) == ("done", len(found), river == "flooded")
        assert done.readings > 0


def test_a_draft_is_held_against_what_runs(flooded):
    done = tried(flooded, rule(1.2, STATION))
    lower, runs_now = list(episodes(STATION, 1.2)), list(episodes(STATION, 2.0))
    assert (done.figures["draft"]["count"], done.figures["active"]["count"]) == (len(lower), len(runs_now))
    added = [one for one in lower if not any(one[0] <= other[1] and other[0] <= one[1] for other in runs_now)]
    assert done.figures["added"] == len(added)
    assert done.figures["removed"] == 0
    assert list(done.alarms.filter(of="draft", alone=True).order_by("raised_at").values_list("raised_at", "cleared_at")) == added


def test_every_would_be_alarm_tells_why(flooded):
    first = tried(flooded).alarms.filter(of="draft").earliest("raised_at")
    assert (first.asset.code, Severity(first.severity).label) == (STATION, "high")
    assert first.evidence["limit"] == 2.0
    assert first.evidence["value"] > 2.0
    assert "2,00" in first.sentence_fr
    assert "2.00" in first.sentence_en


def merged(periods: Iterable[tuple[dt.datetime, dt.datetime]]) -> list[list[dt.datetime]]:
    """Those that overlap as one: a station that speaks seldom tells late that it had begun before another ended."""
    found: list[list[dt.datetime]] = []
    for begin, end in sorted(periods):
        if found and begin <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([begin, end])
    return found


def test_a_rule_on_the_worst_point_of_a_sector_is_tried_as_one_alarm_while_any_stands(flooded):
    stations = [STATION, "Y161203001"]
    sector = make_sector(flooded.site, "aval")
    Asset.objects.filter(site=flooded.site, code__in=stations).update(sector=sector)
    scope = {"quantity": "water_level", "assets": stations}
    done = tried(flooded, rule(2.0, STATION) | {"per": "sector", "scope": scope})
    found = done.alarms.filter(of="draft").order_by("raised_at")
    of_each = [each for station in stations for each in episodes(station, 2.0)]
    assert len(found) < len(of_each)
    assert merged((each.raised_at, each.cleared_at) for each in found) == merged(of_each), "at the same times as any of them"
    assert {each.subject for each in found} == {"sector:aval"}
    assert "Aval · Jauge Y1" in found[0].sentence_fr
    assert found[0].evidence["point"] in Point.objects.filter(asset__code__in=stations).values_list("pk", flat=True)


def test_what_began_before_the_period_is_not_of_it(flooded):
    [(raised, _), *_] = episodes(STATION, 2.0)
    done = tried(flooded, start=raised + dt.timedelta(minutes=1))
    assert done.figures["draft"]["count"] == len(list(episodes(STATION, 2.0))) - 1


def test_a_time_of_which_nothing_is_stored_is_told_and_nobody_is_called_silent(flooded):
    silence = {"kind": "silence", "scope": {}, "of": "asset", "severity": "low"}
    for spec in (silence, rule(2.0, STATION)):
        ended = tried(flooded, spec, start=NOON - dt.timedelta(days=60), end=NOON - dt.timedelta(days=59))
        assert (ended.state, ended.alarms.count(), ended.figures["stored"]) == ("failed", 0, None)
        assert (
            ended.message
            == f"Nothing is stored of that time: readings and events are kept for {ended.figures['kept_days']} days."
        )


def test_a_time_that_is_stored_in_part_says_since_when_and_counts_that_part_alone(flooded):
    begun = levels(STATION)[0][0]
    silence = {"kind": "silence", "scope": {"assets": [STATION]}, "of": "asset", "severity": "low", "factor": 6}
    early = tried(flooded, silence, start=begun - dt.timedelta(days=20), end=begun + dt.timedelta(hours=2))
    assert (early.state, early.alarms.count()) == ("done", 0)
    stored = early.figures["stored"]
    assert abs(dt.datetime.fromisoformat(stored["from"]) - begun) < dt.timedelta(minutes=10)
    assert stored["whole"] is False
    assert [day["date"] for day in early.figures["draft"]["days"]] == [begun.date().isoformat()]
    assert tried(flooded, start=begun, end=begun + dt.timedelta(days=2)).figures["stored"]["whole"]


def test_that_no_event_was_reported_is_a_fact_where_readings_are_stored(flooded):
    calls = {"kind": "count", "scope": {}, "of": {"event": "call"}, "by": "site", "within": 60,
             "limits": [{"severity": "low", "at_least": 1}]}  # fmt: skip
    done = tried(flooded, calls)
    assert (done.state, done.figures["draft"]["count"]) == ("done", 0)


def test_a_cancelled_one_keeps_nothing(flooded):
    order = runs.order(flooded, START, END, now=NOON)
    assert runs.cancel(order, NOON)
    runs.run(order.pk, lambda: NOON)
    order.refresh_from_db()
    assert (order.state, order.figures, order.alarms.count()) == ("cancelled", None, 0)
    assert not runs.cancel(order, NOON)


def test_one_that_is_cancelled_while_it_runs_ends(flooded):
    order = runs.order(flooded, START, END, now=NOON)
    times = iter(NOON + dt.timedelta(seconds=second) for second in range(1000))

    def clock() -> dt.datetime:
        now = next(times)
        if now > NOON + dt.timedelta(seconds=2):
            runs.cancel(order, now)
        return now

    runs.run(order.pk, clock)
    order.refresh_from_db()
    assert (order.state, order.figures) == ("cancelled", None)


def test_one_that_raises_without_end_is_given_up(flooded, monkeypatch):
    monkeypatch.setattr(trial, "MOST", 0)
    done = tried(flooded)
    assert (done.state, done.figures, done.alarms.count()) == ("failed", None, 0)
    assert "try a shorter period" in done.message


def test_one_whose_worker_died_is_run_again_and_no_other(flooded):
    order = runs.order(flooded, START, END, now=NOON)
    Backtest.objects.filter(pk=order.pk).update(state="running", seen_at=NOON)
    assert runs.sweep(NOON + dt.timedelta(minutes=1)) == []
    later = NOON + dt.timedelta(minutes=3)
    assert runs.sweep(later) == [order.pk]
    runs.run(order.pk, lambda: later)
    runs.run(order.pk, lambda: later)
    order.refresh_from_db()
    assert order.state == "done"


def test_one_that_nobody_runs_is_given_up(flooded):
    order = runs.order(flooded, START, END, now=NOON)
    runs.sweep(NOON + dt.timedelta(days=2))
    order.refresh_from_db()
    assert (order.state, order.message) == ("failed", "Nobody ran it within a day.")


def test_one_that_ended_a_month_ago_is_forgotten_with_its_alarms(flooded):
    order = runs.order(flooded, START, END, now=NOON)
    runs.run(order.pk, lambda: NOON)
    assert WouldBeAlarm.objects.filter(backtest=order).exists()
    runs.sweep(NOON + dt.timedelta(days=30))
    assert Backtest.objects.filter(pk=order.pk).exists()
    runs.sweep(NOON + dt.timedelta(days=32))
    assert not Backtest.objects.filter(pk=order.pk).exists()
    assert not WouldBeAlarm.objects.exists()


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [(END, START, "to"), (START, START, "to"), (START, NOON + dt.timedelta(days=1), "to"), (START, NOON, "from")],
)
def test_a_period_that_cannot_be_is_refused_by_its_field(flooded, start, end, field):
    with pytest.raises(Refused) as refused:
        runs.order(flooded, start, end, now=NOON)
    assert refused.value.field == field


def test_a_spec_that_cannot_be_is_refused_when_it_is_ordered(flooded):
    with pytest.raises(SpecError, match="limits"):
        runs.order(flooded, START, END, {"kind": "threshold", "direction": "above", "limits": []}, now=NOON)


def test_a_site_does_not_queue_without_end(flooded):
    for _ in range(runs.MOST_WAITING):
        runs.order(flooded, START, END, now=NOON)
    with pytest.raises(Refused, match="waiting"):
        runs.order(flooded, START, END, now=NOON)


def test_the_newest_version_is_tried_unless_a_spec_is_given(flooded):
    write_rule(flooded.site, flooded.slug, "Crue", "Flood", rule(1.5, STATION), now=NOON)
    assert tried(flooded).figures["draft"]["count"] == len(list(episodes(STATION, 1.5)))
    assert Point.objects.count() == len(LIMITS)


def test_ten_people_who_order_at_once_do_not_queue_more_than_a_site_may_have(flooded):
    def ordered(_: int) -> bool:
        try:
            runs.order(flooded, START, END, now=NOON)
        except Refused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as people:
        assert sum(people.map(ordered, range(20))) == runs.MOST_WAITING


def test_no_period_begins_where_the_calendar_ends(flooded):
    with pytest.raises(Refused):
        runs.order(flooded, dt.datetime(1, 1, 1, tzinfo=dt.UTC), dt.datetime(1, 1, 2, tzinfo=dt.UTC), now=NOON)
    assert tried(flooded, start=EPOCH, end=EPOCH + dt.timedelta(days=1)).message.startswith("Nothing is stored")


def test_one_that_ends_by_a_defect_says_so_and_is_not_run_again_and_again(flooded):
    order = runs.order(flooded, START, END, now=NOON)
    Backtest.objects.filter(pk=order.pk).update(starts_at=dt.datetime(1, 1, 1, tzinfo=dt.UTC))
    with pytest.raises(OverflowError):
        runs.run(order.pk, lambda: NOON)
    order.refresh_from_db()
    assert (order.state, "mistake of ours" in order.message) == ("failed", True)
    assert runs.sweep(NOON + dt.timedelta(minutes=3)) == []
