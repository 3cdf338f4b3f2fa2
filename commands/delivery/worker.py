"""Sends one command: takes it, asks its supervisor, writes down what was answered.

    take (authorised → sent, committed)  →  ask  →  hear (what was answered, committed)

From the first commit on it may have left, whatever becomes of this process. Only a type that is idempotent is sent again, under
the same key, and only while no answer ever came; every other one waits for the field or for its deadline.
"""

import datetime as dt
import logging
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from assets import watches
from commands import connectors, offers, overrides, transitions
from commands.answers import hear, heard_nothing
from commands.delivery import http, mqtt
from commands.failures import CannotLeave, NoAnswer
from commands.mapping import CannotAsk, Declared, Http, Order, Said
from commands.mapping import message as as_message
from commands.mapping import request as as_request
from commands.models import Command, Connector
from commands.states import UNSENT, Move, Reason, State
from journal import live
from journal.actors import SYSTEM

logger = logging.getLogger(__name__)

SPARE = dt.timedelta(seconds=5)
"""Beyond the time a supervisor has to answer, until a command that may be sent again is."""


class _Sending(NamedTuple):
    order: Order
    connector: Connector
    declared: Declared


def deliver(id_: int) -> None:
    """Send one command, if it is to be sent now; asked twice, or by two workers, it is sent once."""
    taken = _take(id_, timezone.now())
    if taken is None:
        return
    try:
        said = _ask(taken)
    except (CannotLeave, CannotAsk) as error:
        hear(id_, Said("failed", message=str(error)), timezone.now(), reason=Reason.NO_CONNECTOR)
    except NoAnswer as failure:
        heard_nothing(id_, failure, timezone.now())
    else:
        hear(id_, said, timezone.now())


def _take(id_: int, now: dt.datetime) -> _Sending | None:
    with transaction.atomic():
        found = transitions.several([id_], skip_locked=True)
        if not found:
            return None
        command = found[0]
        if command.state in UNSENT and command.go_at is not None:
            return _first(command, now)
        if command.state == State.SENT and command.retry_at is not None and command.retry_at <= now:
            return _again(command, now)
        return None


def _first(command: Command, now: dt.datetime) -> _Sending | None:
    """Mark it as sent; it leaves once that is committed. None: it may not leave any more."""
    if command.deadline is not None and command.deadline <= now:
        return None  # the sweep ends it
    try:
        taken = _prepared(command)
    except (CannotLeave, CannotAsk) as error:
        with live.writing(command.site_id) as page:
            transitions.move(command, Move.REFUSE, page, now, reason=Reason.NO_CONNECTOR, said=error.said)
            command.go_at = None
            command.save()
        return None
    type_ = offers.type_of(command.type)
    confirm_by = now + dt.timedelta(seconds=type_.confirm_within)
    command.attempt, command.deadline, command.clock = 1, confirm_by, taken.declared.clock
    if type_.idempotent:
        command.retry_at = now + _patience(taken.declared)
    if command.point_id is not None:
        command.watched_until = confirm_by + dt.timedelta(seconds=type_.late_within)
        watches.begin([command.point_id], command.watched_until)
    replaced = overrides.replaced_by(command) if command.until is not None else None
    with live.writing(command.site_id) as page:
        transitions.move(command, Move.SEND, page, now)
        command.save()
        if command.until is not None:
            overrides.begin(command, replaced, page, now)
    return taken


def _again(command: Command, now: dt.datetime) -> _Sending | None:
    if command.answered_at is not None or (command.deadline is not None and command.deadline <= now):
        return None
    try:
        taken = _prepared(command)
    except (CannotLeave, CannotAsk) as error:
        logger.warning("command %s is not sent again: %s", command.pk, error)
        return None
    command.attempt += 1
    command.retry_at = now + _patience(taken.declared)
    with live.writing(command.site_id) as page:
        command.seq = page.write(transitions.line(command, State.SENT, now, SYSTEM, "command.sent_again"))
        command.save()
    return taken


def _prepared(command: Command) -> _Sending:
    """All that asking needs, read before anything is said to have left. Raises CannotLeave, CannotAsk."""
    connector, declared = connectors.of_command(command)
    order = connectors.order_of(command)
    if isinstance(declared, Http):
        as_request(declared, order)
    else:
        as_message(declared, order)
    return _Sending(order, connector, declared)


def _patience(declared: Declared) -> dt.timedelta:
    return dt.timedelta(seconds=declared.timeout) + SPARE


def _ask(taken: _Sending) -> Said:
    private = connectors.may_reach_privately(taken.connector)
    if isinstance(taken.declared, Http):
        return http.send(taken.declared, taken.connector.address, taken.order, allow_private=private)
    return mqtt.send(taken.declared, taken.connector.address, taken.order, allow_private=private)
