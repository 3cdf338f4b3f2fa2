"""What happens at a gate reaches the log as events without a plate, once each, and rules of the pack judge them."""

import datetime as dt

import numpy as np
import pytest

from alarms.engine import Engine, ScopedRule
from alarms.engine import spec as specs
from alarms.engine.facts import Happening
from alarms.rules.rulebook import pack
from assets.instants import microseconds
from assets.log import Event, Log
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from commands.models import Command
from journal import followers, live
from passages import deciding, stays
from passages.events import NAME, PassageEvents
from passages.recommendation import Verdict
from tests.passages.gatehouse import NOW, OPERATOR, SECOND, make_gatehouse

pytestmark = pytest.mark.django_db
RULES = {entry.slug: entry for entry in pack("city") if entry.slug.startswith(("gate-", "barrier-forced"))}
BARRIER, LOOP = 1, 2


@pytest.fixture
def house(valkey):
    made = make_gatehouse()
    followers.move(made.site.pk, NAME, live.state(made.site.pk), NOW)
    return made


def _events(house, now=NOW) -> list[Event]:
    PassageEvents(house.site.pk, NAME).deal(0, live.state(house.site.pk), now)
    return [event for packed in Log().read(house.site.pk, "0-0", 1000, 0) for event in packed.opened().events]


def _engine(slug: str, asset: int, started: int) -> Engine:
    zeros = np.zeros(2, np.int64)
    register = Register(
        Points(np.array([BARRIER, LOOP]), np.array([asset, asset]), zeros, ["barrier_state", "loop_state"], zeros + 30_000_000),
        Assets(np.array([asset]), ["barrier"], [""], zeros[:1], np.zeros(1), np.zeros(1)), Feeds(zeros[:0], zeros[:0]),
    )  # fmt: skip
    return Engine(register, [ScopedRule(1, specs.decode(RULES[slug].spec), np.arange(2, dtype=np.int32))], started=started)


def _judged(house, slug: str, events: list[Event]) -> list[tuple[str, str]]:
    """What a rule makes of events: (raise or clear, severity)."""
    engine, told = _engine(slug, house.gate.asset_id, events[0].at), []
    for each in events:
        found = Happening(0, -1, each.asset, each.address, each.at, each.received, each.kind, each.attributes)
        told += engine.step(Readings.empty(), max(each.at, each.received) + 1_500_000, [found]).transitions
    return [(move.kind, move.severity) for move in told]


def _at(seconds: float) -> int:
    return microseconds(NOW + seconds * SECOND)


def _read(engine: Engine, point: int, value: float, seconds: float) -> list[str]:
    step = engine.step(Readings.of([point], [_at(seconds)], [value]), _at(seconds))
    return [move.kind for move in step.transitions]


def _tell(engine: Engine, house, kind: str, seconds: float) -> list[str]:
    found = Happening(0, -1, house.gate.asset_id, "B-1", _at(seconds), _at(seconds), kind, {})
    return [move.kind for move in engine.step(Readings.empty(), _at(seconds), [found]).transitions]


def test_each_line_of_a_passage_is_one_event_of_its_barrier_without_a_plate(house):
    house.permit("AB123CD")
    house.arrive("AB123CD", NOW)
    events = _events(house)
    assert _events(house) == events  # once each, whoever deals again
    assert [event.kind for event in events] == ["passage_arrived", "passage_judged"]
    assert {event.asset for event in events} == {house.gate.asset_id}
    assert events[-1].attributes["vehicle"].startswith("~")
    assert "AB123CD" not in str(events)


def test_a_vehicle_that_is_refused_again_and_again_is_an_alarm(house):
    for number in range(3):
        now = NOW + dt.timedelta(minutes=10 * number)
        passage = house.arrive("ZZ999ZZ", now)
        deciding.decide(passage.pk, Verdict.REFUSE, by=OPERATOR, role="operator", now=now + SECOND, reason="sans autorisation")
        house.pass_time(now + 60 * SECOND)
    assert _judged(house, "gate-refused-again", _events(house))[0] == ("raise", "medium")
    assert _judged(house, "gate-refused-again", _events(house)[:6]) == []


def test_a_vehicle_going_the_wrong_way_is_an_alarm(house):
    house.arrive("AB123CD", NOW, direction="out")
    assert ("raise", "high") in _judged(house, "gate-wrong-way", _events(house))


def test_a_vehicle_that_follows_another_is_an_alarm(house):
    house.permit("AB123CD")
    first = house.arrive("AB123CD", NOW, arrival="a")
    opened = deciding.decide(first.pk, Verdict.OPEN, by=OPERATOR, role="operator", now=NOW + 2 * SECOND)
    house.read("ZZ999ZZ", NOW + 5 * SECOND, arrival="b")
    house.read("ZZ999ZZ", NOW + 7 * SECOND, arrival="b", phase="end")
    house.obey(opened, NOW + 6 * SECOND)
    house.pass_time(NOW + 60 * SECOND)
    assert ("raise", "medium") in _judged(house, "gate-tailgating", _events(house))


def test_a_vehicle_that_overstays_is_an_alarm(house):
    house.permit("AB123CD", longest_stay=60)
    passage = house.arrive("AB123CD", NOW)
    house.obey(
        deciding.decide(passage.pk, Verdict.OPEN, by=OPERATOR, role="operator", now=NOW + 2 * SECOND), NOW + 3 * SECOND
    )  # fmt: skip
    stays.sweep(house.site.pk, NOW + dt.timedelta(hours=2))
    assert ("raise", "low") in _judged(house, "gate-overstayed", _events(house))


def test_a_barrier_that_does_not_obey_is_an_alarm_until_it_does(house):
    house.permit("AB123CD")
    passage = house.arrive("AB123CD", NOW)
    deciding.decide(passage.pk, Verdict.OPEN, by=OPERATOR, role="operator", now=NOW + 2 * SECOND)
    Command.objects.update(state="timed_out", ended_at=NOW, sent_at=NOW)
    house.pass_time(NOW + 20 * SECOND)
    assert _judged(house, "gate-not-obeyed", _events(house)) == [("raise", "high")]
    Command.objects.update(state="confirmed_late")
    house.pass_time(NOW + 40 * SECOND)
    assert _judged(house, "gate-not-obeyed", _events(house)) == [("raise", "high"), ("clear", "high")]


def test_a_barrier_that_opens_without_a_command_is_forced(house):
    engine = _engine("barrier-forced", house.gate.asset_id, _at(0))
    assert _read(engine, BARRIER, 0, 1) == []
    assert _read(engine, BARRIER, 1, 10) == []
    assert [move.kind for move in engine.advance(_at(56))] == ["raise"]


def test_a_barrier_that_a_command_opened_is_not(house):
    engine = _engine("barrier-forced", house.gate.asset_id, _at(0))
    assert _read(engine, BARRIER, 0, 1) == []
    assert _read(engine, BARRIER, 1, 10) == []
    assert _tell(engine, house, "command_confirmed", 12) == []
    assert engine.advance(_at(90)) == []


@pytest.mark.parametrize(("seen", "told"), [(True, []), (False, ["raise"])])
def test_a_reader_is_blind_when_the_loop_counts_what_it_does_not_read(house, seen, told):
    engine = _engine("gate-reader-blind", house.gate.asset_id, _at(0))
    for seconds, value in ((1, 0), (10, 1), (15, 0)):
        assert _read(engine, LOOP, value, seconds) == []
    if seen:
        assert _tell(engine, house, "passage_arrived", 60) == []
    assert _read(engine, LOOP, 1, 70) == told


@pytest.mark.parametrize("slug", sorted(RULES))
def test_every_rule_speaks_both_languages(slug):
    entry = RULES[slug]
    assert entry.name.fr != entry.name.en
    assert entry.note_in("fr") != entry.note_in("en")
