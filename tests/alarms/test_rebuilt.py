"""Building the engine of a site anew tells nothing: what stood stands, what was about to come comes when it would have."""

from datetime import timedelta

import numpy as np
import pytest
from django.db import connection
from msgspec import structs

from alarms.correlation.correlator import now_us
from alarms.models import Alarm
from assets import history
from assets.instants import instant
from assets.log import RETAINED, UNUSABLE, Log, Unusable, pack_unusable
from assets.readings import Readings
from journal.models import JournalEntry
from tests.alarms.byhand import SECOND, ByHand, by_hand
from tests.factories import THRESHOLD, make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = 60 * SECOND
START = now_us() // MINUTE * MINUTE - 30 * MINUTE
SILENCE = {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 3}
RISING = {
    "kind": "rate", "scope": {"quantity": "water_level"}, "window": 3600, "direction": "above",
    "limits": [{"severity": "low", "limit": 1e6}],
}  # fmt: skip
"""A rule that looks back an hour, and with it every restart."""


@pytest.fixture
def hand(valkey, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    with by_hand(monkeypatch, make_site(), START) as hand:
        yield hand


def listened(hand: ByHand, of: str = "feed", interval: int = 20):
    feed = make_feed(hand.site, expected_interval=interval)
    point = make_point(make_asset(hand.site), feed, interval=interval)
    make_rule(hand.site, "muet", SILENCE | {"of": of})
    make_rule(hand.site, "monte", RISING)
    return feed, point


def wait(hand: ByHand, seconds: int, step: int = 1) -> None:
    for _ in range(seconds // step):
        hand.now += step * SECOND
        hand.turn()


def lines() -> list[str]:
    return list(JournalEntry.objects.filter(kind__startswith="alarm.").order_by("seq").values_list("kind", flat=True))


@pytest.mark.parametrize("of", ["feed", "asset"])
@pytest.mark.parametrize("anew", ["rule", "restart"])
def test_an_open_silence_ends_with_a_sign_of_life_only(hand, of, anew):
    feed, point = listened(hand, of)
    if of == "asset":  # whose feed speaks
        other = make_point(make_asset(hand.site, "J-2"), feed, interval=3600)
    hand.read(feed, [point], 1.0)
    hand.turn()
    heard = hand.now
    for _ in range(8):
        wait(hand, 10)
        if of == "asset":
            hand.read(feed, [other], 1.0)
    assert lines() == ["alarm.raised"]
    for number in range(3):
        if anew == "rule":
            make_rule(hand.site, f"autre-{number}")
            hand.rebuild_if_changed()
        else:
            hand.cut()
        wait(hand, 5)
        assert lines() == ["alarm.raised"]
        assert Alarm.objects.get().state == "unacknowledged"
    hand.read(feed, [point], 1.0)
    hand.turn()
    assert lines() == ["alarm.raised", "alarm.returned"]
    details = JournalEntry.objects.get(kind="alarm.returned").details
    assert f'"heard":{heard}' in details


@pytest.mark.parametrize("of", ["feed", "asset"])
def test_a_retained_message_ends_no_silence_today_nor_when_the_engine_is_built_anew(hand, of):
    feed, point = listened(hand, of)
    if of == "asset":
        other = make_point(make_asset(hand.site, "J-2"), feed, interval=3600)
    hand.read(feed, [point], 1.0)
    for _ in range(8):
        wait(hand, 10)
        if of == "asset":
            hand.read(feed, [other], 1.0)
    assert lines() == ["alarm.raised"]
    readings = Readings.of([point.pk], [hand.now], [2.0], received=hand.now + 2 * SECOND)
    Log().append(hand.site.pk, feed.pk, RETAINED, readings.pack())
    wait(hand, 5)
    assert history.last_before(np.array([point.pk]), instant(hand.now), timedelta(days=1)).value.tolist() == [2.0]
    for number in range(3):
        make_rule(hand.site, f"autre-{number}")
        hand.rebuild_if_changed()
        wait(hand, 3)
        hand.cut()
        wait(hand, 3)
    assert lines() == ["alarm.raised"]


def test_a_supervisor_whose_clock_is_ahead_is_named_in_the_alarm_also_when_the_engine_is_built_anew(hand):
    feed, point = listened(hand)
    hand.read(feed, [point], 1.0)
    hand.turn()
    ahead = Unusable(0, 7 * MINUTE, {point.pk: 7 * MINUTE})
    for _ in range(8):
        wait(hand, 10)
        Log().append(hand.site.pk, feed.pk, UNUSABLE, pack_unusable(structs.replace(ahead, received=hand.now)))
    wait(hand, 2)
    assert "horloge du superviseur avance de 7\u00a0min" in Alarm.objects.get().sentence_fr
    assert "clock is 7\u00a0min ahead" in Alarm.objects.get().sentence_en
    make_rule(hand.site, "autre")
    hand.rebuild_if_changed()
    wait(hand, 5)
    hand.cut()
    wait(hand, 5)
    assert lines() == ["alarm.raised"]
    assert Alarm.objects.get().evidence["ahead"] == 7 * MINUTE
    wait(hand, 60, 10)  # now it says nothing at all
    assert lines() == ["alarm.raised", "alarm.revised"]
    assert "Flux muet" in Alarm.objects.get().sentence_fr
    assert Alarm.objects.get().state == "unacknowledged"
    hand.read(feed, [point], 1.0)
    hand.turn()
    assert lines() == ["alarm.raised", "alarm.revised", "alarm.returned"]


@pytest.mark.parametrize("of", ["feed", "asset"])
@pytest.mark.parametrize("anew", ["rule", "restart"])
def test_a_silence_is_not_put_off_by_building_anew(hand, of, anew):
    feed, point = listened(hand, of)
    if of == "asset":
        other = make_point(make_asset(hand.site, "J-2"), feed, interval=3600)
    hand.read(feed, [point], 1.0)
    hand.turn()
    began = hand.now
    for number in range(8):
        if of == "asset":
            hand.read(feed, [other], 1.0)
        if anew == "rule":
            make_rule(hand.site, f"autre-{number}")
            hand.rebuild_if_changed()
        else:
            hand.cut()
        wait(hand, 10)
    alarm = Alarm.objects.get()
    assert alarm.raised_at.timestamp() * SECOND == pytest.approx(began + 60 * SECOND, abs=2)


def test_a_feed_that_was_never_heard_is_silent_after_its_period_however_often_rules_change(hand):
    listened(hand)
    hand.turn()
    for number in range(7):
        make_rule(hand.site, f"autre-{number}")
        hand.rebuild_if_changed()
        wait(hand, 10)
    assert lines() == ["alarm.raised"]


def test_after_a_time_in_which_nobody_listened_nobody_is_silent_at_once(hand):
    feed, point = listened(hand)
    hand.read(feed, [point], 1.0)
    wait(hand, 3)
    hand.cut()
    hand.now += 20 * MINUTE
    wait(hand, 50, 10)
    assert lines() == []
    wait(hand, 30, 10)
    assert lines() == ["alarm.raised"]


def test_what_a_late_station_said_still_stands_after_a_restart(hand):
    """Readings come ten minutes late, more than a restart reads again; the last of them came since the minute was over."""
    feed = make_feed(hand.site)
    points = [make_point(make_asset(hand.site, f"J-{n}"), feed) for n in range(5)]
    make_rule(hand.site, "crue", THRESHOLD)
    now = hand.now + 20 * SECOND
    hand.now = now - 10 * MINUTE
    hand.read(feed, points, 1.0)
    hand.now = now
    hand.turn()
    wait(hand, 70, 5)
    now = hand.now
    hand.now = now - 9 * MINUTE
    hand.read(feed, points, 9.0)
    hand.now = now
    hand.turn()
    assert lines() == ["alarm.raised"] * 5
    hand.cut()
    wait(hand, 3)
    assert lines() == ["alarm.raised"] * 5
