"""What happens to passages as time passes: judged anew, followed while a barrier obeys, closed when the vehicle is gone.

Each passage is a transaction of its own: the gate's reads and the desk's decisions wait for one, never for all.
"""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from commands.states import OPEN, State
from journal.actors import SYSTEM
from passages import deciding, field, judging, lines, opening, stays
from passages.lines import Notes
from passages.models import Passage, PlateRead
from passages.reads import Direction, Phase
from passages.recommendation import Barrier, Verdict

BATCH = 200
FOLLOWED = dt.timedelta(seconds=60)
"""After an opening for one vehicle, another that is gone without a decision went through behind it."""


def sweep(site: int, now: dt.datetime) -> None:
    for passage in _due(site, now):
        _look(passage, now)


def _due(site: int, now: dt.datetime) -> Iterable[int]:
    """Ids of the passages that something may have happened to."""
    open_ = Passage.objects.filter(Q(judge_at__lte=now) | ~Q(state=Passage.State.WAITING), site_id=site, closed_at=None)
    return list(open_.order_by("pk").values_list("pk", flat=True)[:BATCH])


def _look(id_: int, now: dt.datetime) -> None:
    with transaction.atomic():
        rows = Passage.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        passage = rows.select_related("gate__asset__kind", "gate__site", "permit").filter(pk=id_, closed_at=None).first()
        if passage is None:
            return
        notes = Notes(now)
        if passage.state == Passage.State.WAITING:
            _wait(passage, notes, now)
        elif passage.state == Passage.State.OPENING:
            _follow(passage, notes, now)
        elif _is_gone(passage, now):
            _close(passage, Passage.State.REFUSED, notes, now)
        notes.tell(passage.site_id)
        passage.save()
    if deciding.opens_by_itself(passage):
        deciding.decide(passage.pk, Verdict.OPEN, by=SYSTEM, role=None, now=now)


def _wait(passage: Passage, notes: Notes, now: dt.datetime) -> None:
    gate = passage.gate
    ended = _was_lost(passage) and _is_gone(passage, now)
    if ended or now - passage.last_at > dt.timedelta(seconds=gate.waits):
        leaves = gate.direction == Direction.OUT and passage.verdict != Verdict.REFUSE
        _close(passage, Passage.State.PASSED if leaves else Passage.State.LEFT, notes, now)
        return
    before = (passage.verdict, [fact["code"] for fact in passage.facts])
    judging.judge(passage, now)
    if before[0] != passage.verdict:
        fr, en = lines.VERDICTS[Verdict(passage.verdict)]
        notes.add(passage, "judged", f"situation revue, {fr}", f"situation changed, {en}")
    elif before[1] != [fact["code"] for fact in passage.facts]:
        notes.add(passage, "judged", "motifs revus", "reasons changed")


def _follow(passage: Passage, notes: Notes, now: dt.datetime) -> None:
    """While the barrier obeys, or does not."""
    state = opening.states({passage.command_id}).get(passage.command_id) if passage.command_id else None
    if state in opening.OBEYED and passage.confirmed_at is None:
        passage.confirmed_at = now
        notes.add(passage, "confirmed", "barrière ouverte", "the barrier is open", command=passage.command_id)
    elif (state is None or state not in OPEN) and state not in opening.OBEYED and passage.failed_command != passage.command_id:
        passage.failed_command = passage.command_id
        text = ("la barrière n’a pas exécuté l’ordre", "the barrier did not obey")
        notes.add(passage, "not_obeyed", *text, command=passage.command_id, outcome=state or State.FAILED)
    if passage.confirmed_at is not None and _has_passed(passage, now):
        _close(passage, Passage.State.PASSED, notes, now)
    elif passage.confirmed_at is None and now - passage.last_at > dt.timedelta(seconds=passage.gate.waits):
        _close(passage, Passage.State.LEFT, notes, now)


def _has_passed(passage: Passage, now: dt.datetime) -> bool:
    """The barrier has closed behind it, or nothing is read of it any more."""
    barrier = field.barrier(passage.gate, now)
    since = passage.confirmed_at
    newer = barrier.at is not None and since is not None and barrier.at > since
    return (barrier.state is Barrier.CLOSED and newer) or _is_gone(passage, now)


def _is_gone(passage: Passage, now: dt.datetime) -> bool:
    return now - passage.last_at > dt.timedelta(seconds=passage.gate.quiet_after)


def _was_lost(passage: Passage) -> bool:
    """Whether a reader has said that it sees the vehicle no longer."""
    return PlateRead.objects.filter(passage=passage, phase=Phase.END).exists()


def _close(passage: Passage, state: str, notes: Notes, now: dt.datetime) -> None:
    passage.state, passage.closed_at, passage.judge_at = state, now, None
    if state == Passage.State.PASSED:
        notes.add(passage, "passed", "véhicule passé", "vehicle passed")
        stays.note_passed(passage, now)
    elif state == Passage.State.REFUSED:
        notes.add(passage, "turned_away", "véhicule refusé reparti", "refused vehicle gone")
    else:
        notes.add(passage, "left", "véhicule parti sans décision", "vehicle gone without a decision")
    if state != Passage.State.PASSED and _followed_another(passage):
        text = ("véhicule passé derrière un autre", "vehicle passed behind another")
        notes.add(passage, "tailgated", *text)


def _followed_another(passage: Passage) -> bool:
    """Whether it vanished, still unanswered or refused, while the barrier stood open for the one before."""
    if passage.direction not in (Direction.UNKNOWN, passage.gate.direction) and passage.gate.direction != Direction.UNKNOWN:
        return False
    opened = Passage.objects.filter(
        gate=passage.gate, confirmed_at__gt=passage.first_at - FOLLOWED, confirmed_at__lt=passage.last_at + FOLLOWED,
        first_at__lt=passage.first_at,
    ).exclude(pk=passage.pk)  # fmt: skip
    return _was_lost(passage) and opened.filter(Q(closed_at=None) | Q(closed_at__gte=passage.first_at)).exists()
