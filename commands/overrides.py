"""What stands until its end: begun when its command is sent, ended by its end or by a person, over when the field lets go.

The only writer of Override. At the end the type that releases it is commanded; what the field still holds after the time that
this takes is told, as the event `override_overdue`, and told to be over once it lets go.
"""

import datetime as dt
import logging

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from assets import watches
from assets.refusal import Meaning, Refused
from commands import facts, moves, offers
from commands.models import Command, CommandType, Override
from commands.proof import BAD
from commands.spec import Expectation
from commands.states import Reason
from commands.wording import Words
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page

logger = logging.getLogger(__name__)

BATCH = 100
AGAIN = dt.timedelta(seconds=60)
"""Until one that the field holds past its end is looked at again."""
WATCHED = dt.timedelta(hours=1)
"""For how long its point is watched at a time."""


def of_command(command: Command) -> Override | None:
    """What a locked command made stand, locked too."""
    return Override.objects.select_for_update(no_key=True).filter(command=command).first() if command.until else None


def replaced_by(command: Command) -> Override | None:
    """What stands already of the same asset and type, locked: the new command takes its place."""
    rows = _rows().filter(asset=command.asset_id, type=command.type_id, ended_at=None)
    return rows.first()


def begin(command: Command, replaced: Override | None, page: Page, now: dt.datetime) -> None:
    """Let what a command asks for stand, from the moment it may have been obeyed."""
    assert command.until is not None
    if replaced is not None:
        replaced.ended_at = replaced.released_at = now
        replaced.ended_by, replaced.check_at = command.actor, None
        replaced.save()
    standing = Override.objects.create(
        site_id=command.site_id, asset=command.asset, type=command.type, command=command, actor_kind=command.actor_kind,
        actor=command.actor, desk=command.desk, because=command.because, since=now, until=command.until, check_at=command.until,
    )  # fmt: skip
    by = Actor(command.actor_kind, command.actor, command.desk)  # type: ignore[arg-type]
    _say(standing, "begun", Words("commencé", "begun"), page, now, by)
    standing.save(update_fields=["seq"])


def withdraw(standing: Override, page: Page, now: dt.datetime) -> None:
    """Its command was refused: nothing stands. `standing` is locked."""
    standing.ended_at = standing.released_at = now
    standing.check_at = None
    _say(standing, "withdrawn", Words("sans effet, commande refusée", "void, its command was refused"), page, now, SYSTEM)
    standing.save()


def end(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> Override:
    """End it before its time, or say again that it is over. Raises Refused."""
    with transaction.atomic():
        standing = _rows().filter(pk=id_).first()
        if standing is None:
            raise Refused("no_such_override", "Ce forçage n’existe pas.", "There is no such override.", meaning=Meaning.NOT_FOUND)
        if by.kind in offers.WITH_ROLE and role not in offers.type_of(standing.type).roles:
            raise offers.refused(Reason.NO_ACCESS_AUTHORITY, Meaning.NOT_ALLOWED)
        if standing.ended_at is not None:
            return standing
        _end(standing, by, now)
    _release(standing, by, role, now)
    return standing


def sweep(site: int, now: dt.datetime) -> int:
    """End those whose time is over, and look again at those that the field may still hold; how many were due."""
    due = list(Override.objects.filter(site_id=site, check_at__lte=now).order_by("pk").values_list("pk", flat=True)[:BATCH])
    for id_ in due:
        with transaction.atomic():
            standing = _rows(skip_locked=True).filter(pk=id_, check_at__lte=now).first()
            if standing is None:
                continue
            ending = standing.ended_at is None
            if ending:
                _end(standing, SYSTEM, now)
            else:
                _look(standing, now)
        if ending:
            _release(standing, SYSTEM, None, now)
    return len(due)


def saw(standing: Override, at: dt.datetime, value: float, quality: int, page: Page, now: dt.datetime) -> None:
    """One more reading of the point of a locked override."""
    expected = _expected(standing.command)
    if quality >= BAD or expected is None or at < standing.since:
        return
    standing.holding = Override.Holding.YES if expected.met(value) else Override.Holding.NO
    if standing.ended_at is not None and standing.holding == Override.Holding.NO:
        _over(standing, page, now)
    standing.save()


def standing_on(points: set[int]) -> list[Override]:
    """Those that are not over of commands proven by these points, locked in order of id."""
    rows = _rows().filter(command__point__in=points, released_at=None)
    return list(rows.order_by("pk"))


# -- what they share ------------------------------------------------------------------------------------------------


def _rows(*, skip_locked: bool = False) -> QuerySet[Override]:
    rows = Override.objects.select_for_update(no_key=True, of=("self",), skip_locked=skip_locked)
    return rows.select_related("site", "asset", "type", "command__type", "command__asset")


def _end(standing: Override, by: Actor, now: dt.datetime) -> None:
    """Mark a locked one as ended, and look at the field once it has had time to let go."""
    standing.ended_at, standing.ended_by = now, by.name
    standing.check_at = now + _patience(standing)
    if standing.command.point_id is not None:
        watches.begin([standing.command.point_id], now + WATCHED)
    words = Words("arrivé à son terme", "came to its end") if by == SYSTEM else Words("terminé", "ended")
    with live.writing(standing.site_id) as page:
        _say(standing, "ended", words, page, now, by)
        standing.save()


def _release(standing: Override, by: Actor, role: str | None, now: dt.datetime) -> None:
    """Command what ends it in the field. One that cannot be commanded is told by what the field goes on doing."""
    stands = offers.type_of(standing.type).stands
    if stands is None or stands.release is None:
        return
    try:
        command = moves.request(
            standing.asset, stands.release, dict(stands.release_parameters), by=by if by.kind == "person" else SYSTEM,
            role=role, now=now, origin="end", cause=f"override:{standing.pk}",
        )  # fmt: skip
    except Refused as refusal:
        logger.warning("override %s is not released: %s", standing.pk, refusal)
        return
    Override.objects.filter(pk=standing.pk).update(release=command)


def _look(standing: Override, now: dt.datetime) -> None:
    """Whether the field still holds a locked one whose time is over."""
    expected, point = _expected(standing.command), standing.command.point_id
    if expected is None or point is None:
        with live.writing(standing.site_id) as page:
            _over(standing, page, now)
            standing.save()
        return
    watches.begin([point], now + WATCHED)
    standing.check_at = now + AGAIN
    read = facts.newest([point], now).get(point)
    if read is not None:
        standing.holding = Override.Holding.YES if expected.met(read.value) else Override.Holding.NO
    if standing.holding == Override.Holding.UNKNOWN or (standing.overdue_at and standing.holding == Override.Holding.YES):
        standing.save()
        return
    with live.writing(standing.site_id) as page:
        if standing.holding == Override.Holding.NO:
            _over(standing, page, now)
        else:
            standing.overdue_at = now
            words = Words("terme dépassé, encore tenu par le terrain", "past its end, still held by the field")
            _say(standing, "overdue", words, page, now, SYSTEM)
        standing.save()


def _over(standing: Override, page: Page, now: dt.datetime) -> None:
    standing.released_at, standing.check_at = now, None
    _say(standing, "released", Words("relâché par le terrain", "let go by the field"), page, now, SYSTEM)


def _patience(standing: Override) -> dt.timedelta:
    """How long the field has to let go: as long as the type that releases it has to be confirmed, or the one that forced it."""
    type_ = offers.type_of(standing.type)
    release = type_.stands.release if type_.stands else None
    row = CommandType.objects.filter(kind=standing.type.kind_id, slug=release).first() if release else None
    seconds = max(type_.confirm_within, offers.type_of(row).confirm_within if row else 0.0)
    return dt.timedelta(seconds=seconds)


def _expected(command: Command) -> Expectation | None:
    return None if command.expected is None else msgspec.convert(command.expected, Expectation)


def _say(standing: Override, kind: str, words: Words, page: Page, now: dt.datetime, by: Actor) -> None:
    name, asset = offers.type_of(standing.type).name, standing.asset
    because = f" ({standing.because[:120]})" if kind == "begun" and standing.because else ""
    standing.seq = page.write(
        Line(
            f"override.{kind}", now, f"Forçage « {name.fr} » — {asset.code} {asset.name} : {words.fr}{because}"[:600],
            f"Override “{name.en}” — {asset.code} {asset.name}: {words.en}{because}"[:600],
            [("override", standing.pk), ("asset", asset.pk)], by,
            {"override": standing.pk, "type": standing.type.slug, "until": standing.until.isoformat()},
        )
    )  # fmt: skip
