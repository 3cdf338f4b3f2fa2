"""Planned maintenance of a supervisor or a feed: its silence is expected, and it is announced before each of its times, once."""

import datetime as dt

import pytest

from alarms.lifecycle import deadlines
from alarms.maintenance import moves, upkeep
from alarms.maintenance.lockouts import of_assets
from alarms.models import Alarm, MaintenanceWindow
from assets.models import Feed, Site
from assets.refusal import Refused
from journal.actors import Actor
from journal.reading import verify
from tests.alarms.test_outages import hush, listening, make_feeds
from tests.alarms.verdict import at
from tests.factories import make_asset, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = 60


def plan(site: Site, now: float = -7200, *, start: float = 0, end: float = 3600, **about) -> MaintenanceWindow:
    window = MaintenanceWindow(site=site, reason="Mise à jour", starts_at=at(start), ends_at=at(end), **about)
    return moves.plan(window, by=Actor.of(make_user("chef", site, "shift_supervisor")), now=at(now))


def is_silent(feed: Feed) -> bool:
    return Alarm.objects.get(feed=feed).out_of_service_until is not None


def said(site: Site) -> list[str]:
    return [line.kind for line in site.journal.filter(kind__startswith="maintenance.").order_by("seq")]


def test_a_supervisor_under_maintenance_is_expected_to_be_silent_and_another_is_not(valkey):
    desk = listening("mute")
    (lighting, lighting_too), (water,) = make_feeds(desk, "eclairage", 2), make_feeds(desk, "eau", 1)
    plan(desk.site, supervisor=lighting.supervisor)
    hush(desk, [lighting, water], at(300))
    hush(desk, [lighting_too], at(400))
    assert [is_silent(feed) for feed in (lighting, lighting_too, water)] == [True, True, False]
    deadlines.sweep(desk.site.pk, at(3600))
    assert not is_silent(lighting), "what is silent after its maintenance is an alarm again"
    assert list(verify(desk.site.pk)) == []


def test_a_feed_that_is_silent_when_its_maintenance_begins_is_set_aside_then(valkey):
    desk = listening("mute")
    one, other = make_feeds(desk, "eclairage", 2)
    hush(desk, [one, other], at(-300))
    plan(desk.site, feed=one)
    upkeep.sweep(desk.site.pk, at(0))
    assert [is_silent(feed) for feed in (one, other)] == [True, False]


def test_critical_silence_of_a_feed_stays_in_view_unless_the_window_says_so(valkey):
    desk = listening("mute")
    (feed,) = make_feeds(desk, "incendie", 1)
    window = plan(desk.site, feed=feed)
    hush(desk, [feed], at(-60))
    Alarm.objects.update(severity=1)
    upkeep.sweep(desk.site.pk, at(0))
    assert not is_silent(feed)
    MaintenanceWindow.objects.filter(pk=window.pk).update(critical=True, running_until=None)
    upkeep.sweep(desk.site.pk, at(2))
    assert is_silent(feed)


def test_maintenance_of_a_feed_locks_no_asset_out(valkey):
    desk = listening("mute")
    (feed,) = make_feeds(desk, "eclairage", 1)
    asset = make_asset(desk.site, "L-1")
    plan(desk.site, feed=feed)
    assert of_assets([asset.pk], at(10)) == {}


def test_it_is_announced_once_before_each_time_and_again_when_it_was_moved(valkey):
    desk = listening("mute")
    (feed,) = make_feeds(desk, "eclairage", 1)
    window = plan(desk.site, feed=feed, announce_minutes=60)
    for second in (-61 * MINUTE, -60 * MINUTE, -59 * MINUTE, 0, 3600):
        upkeep.sweep(desk.site.pk, at(second))
    assert said(desk.site) == [f"maintenance.{verb}" for verb in ("planned", "announced", "started", "ended")]
    line = desk.site.journal.get(kind="maintenance.announced")
    assert "Eclairage 0 : Mise à jour" in line.text_fr
    moved = MaintenanceWindow(
        site=desk.site, feed=feed, reason="Mise à jour", starts_at=at(7200), ends_at=at(9000), announce_minutes=60
    )
    moves.change(window.pk, moved, by=Actor.of(window.created_by), now=at(3700))
    upkeep.sweep(desk.site.pk, at(3702))
    assert said(desk.site)[-2:] == ["maintenance.changed", "maintenance.announced"]


def test_a_weekly_one_is_announced_each_week(valkey):
    desk = listening("mute")
    (feed,) = make_feeds(desk, "eclairage", 1)
    begins = at(0)
    plan(
        desk.site, feed=feed, end=40 * 86400, weekdays=[begins.isoweekday()], start_time=dt.time(12), end_time=dt.time(13),
        announce_minutes=30,
    )  # fmt: skip
    for half_hours in range(48, 15 * 48):
        upkeep.sweep(desk.site.pk, at(half_hours * 1800))
    assert [said(desk.site).count(f"maintenance.{verb}") for verb in ("announced", "started", "ended")] == [2, 2, 2]


@pytest.mark.parametrize("about", [("feed", "supervisor"), ("feed", "asset"), ()])
def test_a_window_is_about_one_supervisor_or_one_feed_or_about_assets(valkey, about):
    desk = listening("mute")
    (feed,) = make_feeds(desk, "eclairage", 1)
    all_of_them = {"feed": feed, "supervisor": feed.supervisor, "asset": make_asset(desk.site, "L-1")}
    with pytest.raises(Refused):
        plan(desk.site, **{name: all_of_them[name] for name in about})
