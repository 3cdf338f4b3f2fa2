"""Nothing that was acknowledged is lost by a kill, and two desks never decide twice."""

import json
import threading

import pytest
from django.db import InterfaceError, connections
from django.utils import timezone

from assets.refusal import Refused
from commands.models import Command
from journal.models import JournalEntry
from journal.reading import verify
from passages import deciding, letters, taking_in, tasks
from passages.models import Decision, Letter, Passage, PlateRead
from passages.recommendation import Verdict
from tests.passages.gatehouse import CHIEF, NOW, OPERATOR, SECOND, make_gatehouse

pytestmark = pytest.mark.django_db(transaction=True)


class _Killed(BaseException):
    """What no code of ours catches."""


@pytest.mark.parametrize("place", ["passages.judging.judge", "passages.lines.Notes.tell", "passages.taking_in._store"])
def test_a_letter_outlives_a_kill_in_the_middle_and_is_taken_once(monkeypatch, place):
    house = make_gatehouse()
    letter = letters.keep(house.reader.pk, "application/json", json.dumps({"plate": "AB123CD"}).encode(), NOW)

    def kill(*_args, **_said):
        raise _Killed

    with monkeypatch.context() as patched:
        patched.setattr(place, kill)
        with pytest.raises(_Killed):
            taking_in.take_in(letter, NOW)
    assert Letter.objects.count() == 1
    assert not Passage.objects.exists()
    for _ in range(2):
        tasks.sweep_passages()
    assert (Passage.objects.count(), PlateRead.objects.count(), Letter.objects.count()) == (1, 1, 0)
    assert JournalEntry.objects.filter(kind="passage.arrived").count() == 1
    assert list(verify(house.site.pk)) == []


def test_a_letter_that_fails_again_and_again_is_left_and_the_others_go_on(monkeypatch):
    house = make_gatehouse()
    bad = letters.keep(house.reader.pk, "application/json", b'{"plate": "ZZ999ZZ"}', NOW)
    with monkeypatch.context() as patched:
        patched.setattr("passages.judging.judge", lambda *_: 1 / 0)
        for _ in range(letters.ABANDONED + 2):
            tasks.sweep_passages()
    assert Letter.objects.get(pk=bad).attempts == letters.ABANDONED
    letters.keep(house.reader.pk, "application/json", b'{"plate": "AB123CD"}', NOW)
    tasks.sweep_passages()
    assert Passage.objects.get().plate == "AB123CD"
    letters.throw_away(timezone.now(), tasks.KEPT)
    assert not Letter.objects.exists()


def test_while_postgresql_is_away_messages_wait_in_valkey(monkeypatch, valkey):
    house = make_gatehouse()
    with monkeypatch.context() as patched:

        def away(**_said):
            raise InterfaceError("connection already closed")

        patched.setattr(Letter.objects, "create", away)
        for plate in ("AB123CD", "GH456JK"):
            assert letters.keep(house.reader.pk, "application/json", json.dumps({"plate": plate}).encode(), NOW) is None
    assert valkey.llen(letters.WAITING) == 2
    tasks.sweep_passages()
    assert valkey.llen(letters.WAITING) == 0
    tasks.sweep_passages()
    assert sorted(Passage.objects.values_list("plate", flat=True)) == ["AB123CD", "GH456JK"]


def test_two_desks_that_decide_at_once_are_one_decision_and_one_command():
    house = make_gatehouse()
    house.permit("AB123CD")
    for attempt in range(5):
        passage = house.arrive("AB123CD", NOW + 60 * attempt * SECOND)
        barrier, told = threading.Barrier(2), []

        def decide(verdict, by, passage=passage, barrier=barrier, told=told, now=NOW + (60 * attempt + 2) * SECOND):
            barrier.wait()
            try:
                deciding.decide(passage.pk, verdict, by=by, role="operator", now=now, reason="vu")
                told.append("mine")
            except Refused as refused:
                told.append(refused.code)
            finally:
                connections.close_all()

        threads = [
            threading.Thread(target=decide, args=(Verdict.OPEN, OPERATOR)),
            threading.Thread(target=decide, args=(Verdict.REFUSE, CHIEF)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(told) == ["decided", "mine"]  # the other is told who decided
        Passage.objects.filter(pk=passage.pk).update(closed_at=NOW, state="left")
        Command.objects.update(state="cancelled", ended_at=NOW)
    assert Decision.objects.count() == 5
