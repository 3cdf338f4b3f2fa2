"""What became of commands reaches the log as events, once each, whatever is killed in between; rules of the pack judge them."""

import numpy as np
import pytest
from django.utils import timezone

from alarms.engine import Engine, ScopedRule
from alarms.engine import spec as specs
from alarms.engine.facts import Happening
from alarms.rules.rulebook import pack
from assets.log import OWN, Log
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from commands import deadlines, moves, overrides
from commands.delivery import worker
from commands.events import NAME, CommandEvents
from journal import followers, live
from tests.commands.field import OPERATOR, SECOND


@pytest.fixture
def follower(field, valkey):
    followers.move(field.site.pk, NAME, live.state(field.site.pk), timezone.now())
    return CommandEvents(field.site.pk, NAME)


def logged(site: int) -> list[tuple[str, int | None, dict]]:
    entries = [packed.opened() for packed in Log().read(site, "0-0", 1000, 0)]
    return [(event.kind, event.asset, event.attributes) for entry in entries for event in entry.events]


def deal(follower: CommandEvents, after: int) -> int:
    return follower.deal(after, live.state(follower.site), timezone.now())


def timed_out(field) -> None:
    command = moves.request(field.gate, "open", by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(command.pk)
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)


def test_each_state_is_an_event_of_the_asset(field, follower):
    start = live.state(field.site.pk)
    timed_out(field)
    assert deal(follower, start) == live.state(field.site.pk)
    told = logged(field.site.pk)
    names = ["command_requested", "command_authorised", "command_sent", "command_accepted", "command_timed_out"]
    assert [kind for kind, _, _ in told] == names
    assert {asset for _, asset, _ in told} == {field.gate.pk}
    assert told[-1][2]["reason"] == "not_confirmed"


def test_killed_before_the_bookmark_was_saved_it_appends_nothing_twice(field, follower):
    start = live.state(field.site.pk)
    timed_out(field)
    deal(follower, start)
    before = logged(field.site.pk)
    deal(follower, start)
    deal(follower, start + 1)
    assert logged(field.site.pk) == before


def test_a_log_that_is_full_loses_nothing(field, follower, settings):
    start = live.state(field.site.pk)
    timed_out(field)
    settings.LOG_MAX_ENTRIES = 2
    reached = deal(follower, start)
    assert reached == start + 2
    settings.LOG_MAX_ENTRIES = 100
    deal(follower, reached)
    assert [kind for kind, _, _ in logged(field.site.pk)][-1] == "command_timed_out"
    assert len(logged(field.site.pk)) == 5


def test_a_journal_that_was_put_back_to_an_earlier_day_is_told_anew(field, follower, valkey):
    timed_out(field)
    valkey.set(f"log:{field.site.pk}:mark:{NAME}", 10_000)
    deal(follower, 0)
    assert logged(field.site.pk)[-1][0] == "command_timed_out"


RULES = {entry.slug: entry.spec for entry in pack("city") if entry.slug.startswith(("command-", "override-"))}


def judged(field, slug: str) -> list[tuple[str, str, int]]:
    """What a rule of the pack makes of all that the log holds: (raise or clear, severity, asset)."""
    zeros = np.zeros(1, np.int64)
    register = Register(
        Points(np.array([field.point.pk]), np.array([field.gate.pk]), zeros, ["barrier_state"], zeros + 30_000_000),
        Assets(np.array([field.gate.pk]), ["barrier"], [""], zeros, np.zeros(1), np.zeros(1)), Feeds(zeros[:0], zeros[:0]),
    )  # fmt: skip
    events = [event for packed in Log().read(field.site.pk, "0-0", 1000, 0) for event in packed.opened().events]
    engine = Engine(register, [ScopedRule(1, specs.decode(RULES[slug]), np.zeros(1, np.int32))], started=events[0].at)
    moves_ = []
    for each in events:
        found = Happening(0, OWN, each.asset, each.address, each.at, each.received, each.kind, each.attributes)
        moves_ += engine.step(Readings.empty(), each.received + 1_500_000, [found]).transitions
    return [(move.kind, move.severity, move.subject) for move in moves_]


def test_a_command_that_is_not_confirmed_is_an_alarm_of_its_asset_until_the_field_confirms(field, follower):
    start = live.state(field.site.pk)
    timed_out(field)
    deal(follower, start)
    assert judged(field, "command-not-confirmed") == [("raise", "high", field.gate.pk)]
    field.read(1, timezone.now() + 70 * SECOND)
    deal(follower, start)
    told = judged(field, "command-not-confirmed")
    assert [kind for kind, _, _ in told] == ["raise", "clear"]


def test_a_refusal_of_the_supervisor_is_an_alarm_and_one_of_ours_is_not(field, follower, supervisor):
    start = live.state(field.site.pk)
    field.read(1, timezone.now(), asset=field.opposing)
    moves.request(field.gate, "open", by=OPERATOR, role="operator", now=timezone.now())
    deal(follower, start)
    assert judged(field, "command-refused") == []
    field.read(0, timezone.now(), asset=field.opposing)
    supervisor.answer = lambda *_: (409, b"")
    command = moves.request(field.gate, "open", by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(command.pk)
    deal(follower, start)
    assert judged(field, "command-refused") == [("raise", "medium", field.gate.pk)]


def test_what_the_supervisor_answered_with_an_error_is_an_alarm(field, follower, supervisor):
    start = live.state(field.site.pk)
    supervisor.answer = lambda *_: (500, b"")
    command = moves.request(field.gate, "open", by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(command.pk)
    deal(follower, start)
    assert judged(field, "command-failed") == [("raise", "high", field.gate.pk)]


def test_what_the_field_holds_past_its_end_is_an_alarm_until_it_lets_go(field, follower):
    start, now = live.state(field.site.pk), timezone.now()
    told = {"until": now + 600 * SECOND, "because": "livraison"}
    command = moves.request(field.gate, "hold-open", by=OPERATOR, role="operator", now=now, **told)
    worker.deliver(command.pk)
    for seconds in (600, 601, 700):
        field.read(1, now + seconds * SECOND)
        overrides.sweep(field.site.pk, now + seconds * SECOND)
    deal(follower, start)
    assert judged(field, "override-overdue") == [("raise", "high", field.gate.pk)]
    field.read(0, now + 800 * SECOND)
    deal(follower, start)
    assert [kind for kind, _, _ in judged(field, "override-overdue")] == ["raise", "clear"]
