"""A supervisor that is down, slow, talks nonsense, answers twice or after its time: what became of the opening is said clearly,
and no vehicle makes the barrier open a second time."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from assets.refusal import Refused
from commands import answers, connectors, deadlines
from commands.delivery import worker
from commands.mapping import Said
from commands.models import Command
from journal.models import JournalEntry
from passages import closing, deciding, letters, taking_in
from passages.models import Gate, Passage, Reader
from passages.recommendation import Verdict
from tests.commands.field import CHIEF, MAPPING, OPERATOR, SECOND, Field, Supervisor, supervising
from tests.walks import arrival
from tests.walks.barrier import plate_read

YES = (202, b'{"state": "ok", "id": "S-1"}')


@pytest.fixture
def supervisor(db: None, settings: object) -> Iterator[Supervisor]:
    settings.ALLOW_PRIVATE_PULL = True
    with supervising() as told:
        arrival.set_up("")
        _reach(told.url)
        yield told


def _reach(url: str) -> None:
    supervisor, now = Gate.objects.get().asset.supervisor, timezone.now()
    connectors.set_up(supervisor, url, MAPPING, by=CHIEF, now=now, allow_private_address=True)


def _field() -> Field:
    gate = Gate.objects.select_related("asset", "site").get()
    return Field(gate.site, gate.asset, gate.asset, gate.asset.points.get(quantity="barrier_state"))


def _decided() -> tuple[Passage, Command]:
    """A vehicle with a permit that somebody let in, and its command, handed to a worker."""
    for _ in range(2):
        now = timezone.now()
        letter = letters.keep(Reader.objects.get().pk, "application/json", plate_read("AB-123-CD"), now)
        taking_in.take_in(letter, now)
    passage = Passage.objects.get()
    assert passage.verdict == "open"
    decided = deciding.decide(passage.pk, Verdict.OPEN, by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(decided.command_id)
    return decided, Command.objects.get(pk=decided.command_id)


def _outcome(passage: Passage, seconds: float) -> tuple[str, str, str]:
    """State and reason of its command, and state of the passage, so much later."""
    now = timezone.now() + seconds * SECOND
    deadlines.sweep(passage.site_id, now)
    closing.sweep(passage.site_id, now)
    passage, command = Passage.objects.get(pk=passage.pk), Command.objects.get(pk=passage.command_id)
    return command.state, command.reason, passage.state


def _told(passage: Passage) -> list[str]:
    return [line.kind for line in JournalEntry.objects.order_by("seq") if passage.pk in line.ids("passage")]


def _cannot_be_decided_again(passage: Passage) -> None:
    with pytest.raises(Refused) as refusal:
        deciding.decide(passage.pk, Verdict.OPEN, by=CHIEF, role="shift_supervisor", now=timezone.now())
    assert refusal.value.code == "decided"


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ((500, b""), "failed", "supervisor_failed"),
        ((200, b"<html>"), "failed", "supervisor_failed"),
        ((200, b'{"state": "\xe9"}'), "failed", "supervisor_failed"),
        ((200, b'{"state": "no", "why": "mode local"}'), "refused", "supervisor_refused"),
        ((0, b""), "timed_out", "supervisor_silent"),
        (YES, "timed_out", "not_confirmed"),
    ],
)
def test_an_opening_in_vain_is_said_once_and_asked_once(
    supervisor: Supervisor, answer: tuple[int, bytes], state: str, reason: str
) -> None:
    supervisor.answer = lambda *_: answer
    passage, _ = _decided()
    for _ in range(3):
        assert _outcome(passage, 30) == (state, reason, "opening")
        worker.deliver(passage.command_id)
    assert len(supervisor.asked) == 1
    assert _told(passage).count("passage.not_obeyed") == 1
    _cannot_be_decided_again(passage)


def test_a_supervisor_that_is_down_was_asked_nothing(supervisor: Supervisor, free_port: Callable[[], int]) -> None:
    _reach(f"http://127.0.0.1:{free_port()}")
    passage, command = _decided()
    assert (command.state, command.reason) == ("failed", "device_unreachable")
    assert _outcome(passage, 1) == ("failed", "device_unreachable", "opening")
    assert supervisor.asked == []
    _reach(supervisor.url)
    again = deciding.open_again(passage.pk, by=OPERATOR, role="operator", now=timezone.now())
    worker.deliver(again.command_id)
    assert len(supervisor.asked) == 1


def test_a_slow_one_is_waited_for_by_the_field_and_not_asked_again(supervisor: Supervisor) -> None:
    late = threading.Event()
    supervisor.answer = lambda *_: YES if late.wait(10) else (500, b"")
    try:
        passage, command = _decided()
    finally:
        late.set()
    assert (command.state, command.trouble) == ("sent", "supervisor_silent")
    with pytest.raises(Refused) as refusal:
        deciding.open_again(passage.pk, by=OPERATOR, role="operator", now=timezone.now())
    assert refusal.value.code == "under_way"
    _field().read(1, timezone.now())
    assert _outcome(passage, 1)[0] == "confirmed"
    assert (len(supervisor.asked), "passage.confirmed" in _told(passage)) == (1, True)


def test_answers_that_come_twice_open_once(supervisor: Supervisor) -> None:
    supervisor.answer = lambda *_: YES
    passage, command = _decided()
    for _ in range(2):
        answers.hear_later(command.asset.supervisor_id, command.key, Said("accepted"), timezone.now())
    _field().read(1, timezone.now())
    answers.hear_later(command.asset.supervisor_id, command.key, Said("refused"), timezone.now())
    assert _outcome(passage, 1)[0] == "confirmed"
    assert len(supervisor.asked) == 1


def test_an_answer_after_the_time_changes_nothing_and_a_late_opening_is_said_to_be_late(supervisor: Supervisor) -> None:
    supervisor.answer = lambda *_: (0, b"")
    passage, command = _decided()
    assert _outcome(passage, 30)[0] == "timed_out"
    answers.hear_later(command.asset.supervisor_id, command.key, Said("accepted"), timezone.now())
    assert _outcome(passage, 31) == ("timed_out", "supervisor_silent", "opening")
    _field().read(1, timezone.now() + 40 * SECOND)
    assert _outcome(passage, 41)[0] == "confirmed_late"
    assert Passage.objects.get().confirmed_at is not None
    assert len(supervisor.asked) == 1
    _cannot_be_decided_again(passage)
