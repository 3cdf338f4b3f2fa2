"""What one batch may do to one alarm: end it and raise it again, any number of times, whatever an operator did to it before."""

import pytest
from django.db import connection

from alarms import lifecycle
from alarms.engine.transitions import StateEvidence
from alarms.models import Alarm
from alarms.verdicts import recovery
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.byhand import SECOND, by_hand
from tests.alarms.verdict import at, make_cabinet, make_desk, make_lamps
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def desk(valkey):
    made = make_desk(dead={}, dark={"values": [{"severity": "low", "in": [2]}]})
    make_cabinet(made.site)
    return made


@pytest.fixture
def cabinet(desk):
    return desk.site.assets.get(code="ARM-1")


def states(asset) -> list[str]:
    return list(Alarm.objects.filter(asset=asset).order_by("id").values_list("state", flat=True))


def turns(desk, asset, *kinds: str, rule: str = "dead", since: float = 10, **told) -> None:
    """One batch of these moves of one alarm, a second apart."""
    moves = [desk.move(kind, rule, asset, at(since + n), **told) for n, kind in enumerate(kinds)]
    desk.batch(moves, at(since + len(kinds)))


def test_an_acknowledged_alarm_clears_and_is_raised_again_within_one_batch(desk, cabinet):
    desk.raised("dead", [cabinet], at(0))
    lifecycle.acknowledge([Alarm.objects.get().pk], by=Actor.of(make_user()), now=at(5))
    turns(desk, cabinet, "clear", "raise")
    assert states(cabinet) == ["normal", "unacknowledged"]
    assert Alarm.objects.latest("id").occurrences == 2
    assert list(verify(desk.site.pk)) == []


def test_a_batch_of_few_keeps_the_evidence_of_what_it_only_ends(desk, cabinet):
    lamps = make_lamps(desk.site, 2, cabinet)
    desk.raised("dark", lamps, at(0))
    before = Alarm.objects.get(asset=lamps[0]).evidence
    raised = desk.move("raise", "dark", lamps[1], at(20), evidence=StateEvidence(2.0, 7, (2.0,), 2.0, 7, 0))
    desk.cleared("dark", [lamps[1]], at(10))
    desk.batch([desk.move("clear", "dark", lamps[0], at(20)), raised], at(20))
    assert Alarm.objects.get(asset=lamps[0]).evidence == before
    assert Alarm.objects.get(asset=lamps[1]).evidence["value_at"] == 7


def test_what_others_change_is_seen_by_the_next_batch(desk, cabinet):
    """The correlator knows the open alarms by heart, and learns of an acknowledgement from the journal."""
    by = Actor.of(make_user())
    desk.raised("dead", [cabinet], at(0))
    desk.cleared("dead", [cabinet], at(5))
    lifecycle.acknowledge([Alarm.objects.get().pk], by=by, now=at(10))
    assert states(cabinet) == ["normal"]
    lifecycle.withdraw([Alarm.objects.get().pk], by=by, now=at(12))
    desk.raised("dead", [cabinet], at(20))
    assert states(cabinet) == ["unacknowledged"]
    Alarm.objects.update(state="normal", closed_at=at(25))  # by whoever writes no line: seen once it is locked
    desk.raised("dead", [cabinet], at(30))
    assert states(cabinet) == ["normal", "unacknowledged"]


def test_one_chattering_acknowledged_point_does_not_stop_the_correlator(valkey, monkeypatch):
    site = make_site()
    feed = make_feed(site)
    point = make_point(make_asset(site), feed)
    make_rule(site)
    with by_hand(monkeypatch, site, 1_790_000_000 * SECOND) as hand:
        hand.read(feed, [point], 2.8)
        hand.turn()
        lifecycle.acknowledge([Alarm.objects.get().pk], by=Actor.of(make_user()), now=at(0))
        for value in (1.0, 2.9):
            hand.now += SECOND
            hand.read(feed, [point], value)
        hand.turn()
        assert [state for _, _, state, *_ in hand.told()] == ["normal", "unacknowledged"]
    connection.close()


def test_what_came_and_went_below_a_cause_within_a_batch_closes_unheard(desk, cabinet):
    lamps = make_lamps(desk.site, 2, cabinet)
    desk.raised("dead", [cabinet], at(0))
    turns(desk, lamps[0], *["raise", "clear"] * 3, rule="dark", severity="low")
    turns(desk, lamps[1], *["raise", "clear"] * 3, "raise", rule="dark", severity="low")
    assert states(lamps[0]) == ["normal"]
    assert states(lamps[1]) == ["unacknowledged"]
    assert {alarm.suppressed_by.asset for alarm in Alarm.objects.filter(asset__in=lamps)} == {cabinet}


def test_what_is_long_over_is_closed_at_once_each_time_it_came(desk, cabinet):
    turns(desk, cabinet, *["raise", "clear"] * 3, past=True)
    turns(desk, cabinet, "raise", since=100)
    assert states(cabinet) == ["normal", "normal", "normal", "unacknowledged"]
    assert Alarm.objects.latest("id").occurrences == 4


def test_an_alarm_that_waits_to_be_acknowledged_is_not_closed_by_what_is_long_over(desk, cabinet):
    desk.raised("dead", [cabinet], at(0))
    desk.cleared("dead", [cabinet], at(5))
    turns(desk, cabinet, "raise", "clear", past=True)
    assert states(cabinet) == ["returned"]


def test_a_cause_that_is_raised_anew_in_the_batch_explains_what_comes_with_it(desk, cabinet):
    lamps = make_lamps(desk.site, 4, cabinet)
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps[:2], at(2), "low")
    lifecycle.acknowledge([Alarm.objects.get(asset=cabinet).pk], by=Actor.of(make_user()), now=at(5))
    moves = [desk.move("clear", "dead", cabinet, at(10)), desk.move("raise", "dead", cabinet, at(11))]
    moves += [desk.move("raise", "dark", lamp, at(12), "low") for lamp in lamps[2:]]
    desk.batch(moves, at(13))
    anew = Alarm.objects.filter(asset=cabinet).latest("id")
    assert states(cabinet) == ["normal", "unacknowledged"]
    assert {alarm.suppressed_by for alarm in Alarm.objects.filter(asset__in=lamps[2:])} == {anew}
    recovery.sweep(desk.site.pk, at(300))
    assert {alarm.suppressed_by for alarm in Alarm.objects.filter(asset__in=lamps)} == {anew}


@pytest.mark.parametrize("ends", ["shelving", "service"])
def test_a_silence_goes_over_to_the_next_occurrence_and_is_ended_there(desk, cabinet, ends):
    person = make_user()
    until = at(3600)
    silence, end, field = {
        "shelving": (lifecycle.shelve, lifecycle.unshelve, "shelved_until"),
        "service": (lifecycle.take_out_of_service, lifecycle.return_to_service, "out_of_service_until"),
    }[ends]
    desk.raised("dead", [cabinet], at(0))
    first = Alarm.objects.get()
    lifecycle.acknowledge([first.pk], by=Actor.of(person), now=at(1))
    silence([first.pk], until=until, reason="travaux", by=Actor.of(person), now=at(2))
    turns(desk, cabinet, "clear", "raise")
    second = Alarm.objects.latest("id")
    assert second.pk != first.pk
    assert getattr(second, field) == until
    lifecycle.acknowledge([second.pk], by=Actor.of(person), now=at(20))
    desk.cleared("dead", [cabinet], at(21))
    desk.raised("dead", [cabinet], at(22))
    third = Alarm.objects.latest("id")
    assert getattr(third, field) == until
    end([third.pk], by=Actor.of(person), now=at(30))
    lifecycle.acknowledge([third.pk], by=Actor.of(person), now=at(31))
    turns(desk, cabinet, "clear", "raise", since=40)
    assert getattr(Alarm.objects.latest("id"), field) is None, "what somebody ended is not silenced by a past occurrence"
    assert list(Alarm.objects.exclude(**{field: None})) == []


def test_a_chattering_alarm_is_known_as_one_when_it_only_chatters_within_a_batch(desk, cabinet):
    person = make_user()
    desk.raised("dead", [cabinet], at(0))
    lifecycle.acknowledge([Alarm.objects.get().pk], by=Actor.of(person), now=at(1))
    turns(desk, cabinet, *["clear", "raise"] * 2)
    assert Alarm.objects.latest("id").chattering
    assert JournalEntry.objects.filter(kind="alarm.chattering").count() == 1
