"""What the passing of time does to commands: rows that are due are found every second, by one sweep and then by its next.

Nothing waits in memory: whoever is killed is replaced by whoever sweeps next.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet

from commands import transitions
from commands.dispatch import dispatch
from commands.models import Command
from commands.states import OPEN, UNDER_WAY, UNSENT, Move, Reason, State
from commands.watching import confirm
from journal import live

BATCH = 200
LOST_AFTER = dt.timedelta(seconds=2)
"""After which a command that should have left is handed to a worker again."""


def sweep(site: int, now: dt.datetime) -> int:
    """Take every step of a site's commands that is due; how many rows were."""
    held = Command.objects.filter(proven_at__lte=now, watched_until__isnull=False)
    late = Command.objects.filter(deadline__lte=now, state__in=sorted(OPEN))
    count = sum(_each(rows.filter(site_id=site), now) for rows in (held, late))
    for id_ in _to_send(site, now):
        dispatch(id_)
        count += 1
    Command.objects.filter(site_id=site, watched_until__lt=now).exclude(state__in=sorted(UNDER_WAY)).update(watched_until=None)
    return count


def lag(now: dt.datetime) -> dict[int, float]:
    """Seconds by which the sweep of each site is behind: how long the oldest deadline has been over."""
    due = Command.objects.filter(deadline__lte=now, state__in=sorted(OPEN)).order_by("-deadline")
    rows = due.values_list("site_id", "deadline")
    return {site: (now - deadline).total_seconds() for site, deadline in rows if deadline is not None}


def _each(rows: QuerySet[Command], now: dt.datetime) -> int:
    due = list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH])
    for id_ in due:
        with transaction.atomic():
            for command in transitions.several([id_], skip_locked=True):
                _fall_due(command, now)
    return len(due)


def _fall_due(command: Command, now: dt.datetime) -> None:
    """One locked command, looked at again: somebody may have moved it since it was found."""
    state = State(command.state)
    if command.proven_at is not None and command.watched_until is not None and command.proven_at <= now:
        with live.writing(command.site_id) as page:
            confirm(command, page, now)
            command.save()
        return
    if command.deadline is None or command.deadline > now or state not in OPEN:
        return
    if state in UNDER_WAY and command.proven_at is not None:
        command.deadline = command.proven_at  # it is as asked, and must hold a little longer
        command.save(update_fields=["deadline"])
        return
    asked, reason = (Move.LAPSE, Reason.TIME_LIMIT_OVER) if state in UNSENT else (Move.TIME_OUT, _unconfirmed(command))
    with live.writing(command.site_id) as page:
        transitions.move(command, asked, page, now, reason=reason)
        command.go_at = None
        command.save()


def _unconfirmed(command: Command) -> Reason:
    """Why it is not confirmed."""
    if command.expected is None:
        return Reason.NO_PROOF if command.answered_at is not None else Reason(command.trouble or Reason.SUPERVISOR_SILENT)
    if command.answered_at is not None:
        return Reason.NOT_CONFIRMED
    return Reason(command.trouble or Reason.SUPERVISOR_SILENT)


def _to_send(site: int, now: dt.datetime) -> list[int]:
    """Those that a worker should have taken, and those that are to be sent again."""
    lost = Q(state__in=sorted(UNSENT), go_at__lt=now - LOST_AFTER, deadline__gt=now)
    again = Q(state=State.SENT, answered_at=None, retry_at__lte=now, deadline__gt=now)
    rows = Command.objects.filter(lost | again, site_id=site).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:BATCH])
