"""Looks at what the field says of commands: each reading of a watched point, as it was committed, against what is expected.

Only a reading newer than the sending confirms (commands.proof). What holds for long enough without a further reading is
confirmed by the passing of time (commands.deadlines).
"""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.db import transaction
from django.db.models import Exists, OuterRef

from assets import watches
from assets.instants import instant, microseconds
from assets.models import Sighting
from commands import overrides, transitions
from commands.models import Command
from commands.proof import ProofReading, Watch
from commands.spec import Expectation
from commands.states import UNDER_WAY, WATCHED, Move, State
from journal import live
from journal.page import Page


def look(site: int, now: dt.datetime) -> int:
    """Take what was sighted on a site and see what it proves; how many readings there were."""
    with transaction.atomic():
        sighted = watches.take(site)
        if not sighted:
            return 0
        by_point: dict[int | None, list[Sighting]] = {}
        for each in sighted:
            by_point.setdefault(each.point, []).append(each)
        commands = transitions.several(_watched({each.point for each in sighted}))
        standing = overrides.standing_on({each.point for each in sighted})
        if not commands and not standing:
            return len(sighted)
        with live.writing(site) as page:
            for command in commands:
                _see(command, by_point[command.point_id], page, now)
            for override in standing:
                for each in by_point[override.command.point_id]:
                    overrides.saw(override, each.at, each.value, each.quality, page, now)
    return len(sighted)


def watch_of(command: Command) -> Watch | None:
    """What is waited for; None when nothing can prove it, or it has not left."""
    if command.expected is None or command.sent_at is None:
        return None
    since = None if command.met_at is None else microseconds(command.met_at)
    expected = msgspec.convert(command.expected, Expectation)
    return Watch(microseconds(command.sent_at), expected, command.clock, since)  # type: ignore[arg-type]


def _watched(points: set[int]) -> list[int]:
    """Commands that readings of these points may prove. What the field does after a newer command is no answer to an older one
    that ended."""
    newer = Command.objects.filter(point=OuterRef("point"), pk__gt=OuterRef("pk"), sent_at__isnull=False)
    rows = Command.objects.filter(point__in=points, watched_until__isnull=False, state__in=sorted(WATCHED))
    found = rows.annotate(superseded=Exists(newer)).values_list("pk", "state", "superseded")
    return [pk for pk, state, superseded in found if state in UNDER_WAY or not superseded]


def _see(command: Command, sighted: Sequence[Sighting], page: Page, now: dt.datetime) -> None:
    """Take the readings in, in order; confirm as soon as they prove it."""
    watch = watch_of(command)
    if watch is None or State(command.state) not in WATCHED:
        return
    for each in sighted:
        if watch.since is None and command.watched_until is not None and each.received_at > command.watched_until:
            break  # nobody waits for it any more: what moves now moves for another reason
        seen = ProofReading(microseconds(each.at), microseconds(each.received_at), each.value, each.quality)
        before, watch = watch, watch.saw(seen)
        if watch.since is not None and before.since is None:
            command.proof_value, command.proof_at = each.value, each.at
        if watch.proven(seen.received):
            break
    command.met_at = None if watch.since is None else instant(watch.since)
    proven = watch.proven_at()
    command.proven_at = None if proven is None else instant(proven)
    if proven is not None and proven <= microseconds(now):
        confirm(command, page, now)
    command.save()


def confirm(command: Command, page: Page, now: dt.datetime) -> None:
    """The field did as was asked. `command` is locked; the caller stores it."""
    if transitions.move(command, Move.CONFIRM, page, now):
        command.watched_until = command.proven_at = None
