"""What a supervisor says of a command, or does not: in any order, twice, or long after. The field has the last word."""

import datetime as dt
from collections.abc import Sequence

from django.db import transaction

from commands import offers, overrides, transitions
from commands.failures import NoAnswer
from commands.mapping import Said
from commands.models import Command
from commands.states import OPEN, UNDER_WAY, Move, Reason, State
from commands.wording import Words
from journal import live
from journal.actors import SYSTEM

PAUSES = (1.0, 2.0, 4.0, 8.0)
"""Seconds until a command of which nothing was answered is sent again, by the attempts so far; the last one repeats."""

_MOVES = {"accepted": Move.ACCEPT, "refused": Move.REJECT, "failed": Move.FAIL}
_LATER = {
    "accepted": Words("le superviseur a répondu après coup : accepté", "the supervisor answered afterwards: accepted"),
    "refused": Words("le superviseur a répondu après coup : refusé", "the supervisor answered afterwards: refused"),
    "failed": Words("le superviseur a répondu après coup : échec", "the supervisor answered afterwards: failed"),
}
_REASONS = {"refused": Reason.SUPERVISOR_REFUSED, "failed": Reason.SUPERVISOR_FAILED}


def hear(id_: int, said: Said, now: dt.datetime, *, reason: Reason | None = None) -> Command:
    """Take an answer in. One that changes nothing any more is kept on the command."""
    with transaction.atomic():
        command = transitions.locked(id_)
        before = State(command.state)
        why = reason or _REASONS.get(said.outcome)
        if before == State.ACCEPTED and said.outcome == "refused":
            why = Reason.ANSWERS_DISAGREE
        first = command.answered_at is None
        command.supervisor_ref = said.id or command.supervisor_ref
        command.answered_at, command.retry_at = command.answered_at or now, None
        standing = overrides.of_command(command)
        with live.writing(command.site_id) as page:
            words = Words(said.message, said.message) if said.message else None
            transitions.move(command, _MOVES[said.outcome], page, now, reason=why, said=words if why else None)
            if first and before not in OPEN:
                line = transitions.line(command, before, now, SYSTEM, "command.answered_afterwards", _LATER[said.outcome])
                command.seq = page.write(line)
            command.save()
            if standing is not None and command.state == State.REFUSED:
                overrides.withdraw(standing, page, now)
    return command


def hear_later(supervisor: int, key: str, said: Said, now: dt.datetime) -> Command | None:
    """Take in what a supervisor said by itself of the command of this key; None when it was sent no such command."""
    if not key.isprintable():
        return None
    rows = Command.objects.filter(key=key, asset__supervisor=supervisor, sent_at__isnull=False)
    row = rows.values_list("pk", flat=True).first()
    return None if row is None else hear(row, said, now)


def hear_first(supervisor: int, keys: Sequence[str], said: Said, now: dt.datetime) -> Command | None:
    """As `hear_later`, of the first of these keys that is of a command."""
    return next((command for key in keys if (command := hear_later(supervisor, key, said, now)) is not None), None)


def heard_nothing(id_: int, failure: NoAnswer, now: dt.datetime) -> None:
    """Nothing came back: send again what may be, fail what certainly did not arrive, and wait for the field otherwise."""
    with transaction.atomic():
        command = transitions.locked(id_)
        if command.state not in UNDER_WAY or command.answered_at is not None:
            return
        command.trouble = failure.reason
        if offers.type_of(command.type).idempotent:
            pause = PAUSES[min(command.attempt, len(PAUSES)) - 1]
            command.retry_at = now + dt.timedelta(seconds=pause)
            command.save(update_fields=["trouble", "retry_at"])
        elif failure.left:
            command.save(update_fields=["trouble"])
        else:
            with live.writing(command.site_id) as page:
                transitions.move(command, Move.FAIL, page, now, reason=failure.reason, said=failure.said)
                command.save()
