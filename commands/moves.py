"""What people, rules and procedures do with commands: ask, confirm as the second person, arm, let go, cancel.

Each is one transaction: lock, look, step, journal; what is to be sent is handed to a worker after the commit, and found by the
sweep should that be lost. All raise Refused, and nothing was changed then. A command that an interlock forbids is stored and
journaled as refused, and given back as such.
"""

import datetime as dt
import uuid

import msgspec
from django.db import IntegrityError, transaction

from assets import watches
from assets.models import Asset
from assets.refusal import Meaning, Refused
from commands import offers, transitions
from commands.dispatch import dispatch
from commands.interlocks import Block
from commands.models import Command, Origin
from commands.offers import Offer, Outlook, refused
from commands.states import OPEN, UNSENT, Move, Reason, State
from commands.wording import Words
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Page

TO_ARM = dt.timedelta(minutes=5)
"""In which an authorised command must be armed."""
TO_SECOND = dt.timedelta(minutes=10)
"""In which a second person must confirm it."""
ARMED = dt.timedelta(seconds=30)
TO_SEND = dt.timedelta(seconds=30)
"""In which a worker must have sent it: what was asked for half a minute ago is not obeyed any more."""

ONE_OPEN, ONCE_PER_CAUSE = "one_open_command_per_asset_and_type", "a_rule_commands_once_per_cause"
"""Constraints of the database that say no in a person's stead."""
AUTOMATIC = frozenset({"rule", "procedure", "token"})
"""Who is no person: what they ask for makes way for people."""
_ORIGINS = {"person": Origin.DESK, "rule": Origin.RULE, "procedure": Origin.PROCEDURE}


def request(
    asset: Asset, slug: str, parameters: dict[str, object] | None = None, *, by: Actor, now: dt.datetime,
    role: str | None = None, because: str = "", cause: str = "", until: dt.datetime | None = None, origin: str | None = None,
) -> Command:  # fmt: skip
    """Ask that an asset be given a command.

    role     of a person, where the asset stands (None: they have none)
    because  the reason they gave; what stands until an end needs one
    cause    what brings it about, as "alarm:12": a rule commands once per cause
    until    the end of what stands

    Goes on by itself as far as it can: to a worker, unless somebody must first confirm or arm it.
    """
    offer = offers.find(asset, slug)
    if by.kind != "system":
        offers.permitted(offer, by, role)
    values = offer.type.filled(parameters or {})
    end = _end(offer, until, because, now)
    command = Command(
        site_id=asset.site_id, asset=asset, type=offer.row, parameters=values, origin=origin or _ORIGINS.get(by.kind, Origin.API),
        cause=cause[:80], because=" ".join(because.split())[:300], actor_kind=by.kind, actor=by.name, desk=by.desk,
        key=str(uuid.uuid4()), until=end, point=offer.point,
        expected=msgspec.to_builtins(offer.type.proof.expectation(values)) if offer.type.proof else None,
    )  # fmt: skip
    try:
        with transaction.atomic():
            _make_way(command, by, now)
            (outlook,) = offers.outlooks([offer], [values], now)  # before the journal is locked: it asks much
            with live.writing(asset.site_id) as page:
                _begin(command, outlook, page, by, now)
    except IntegrityError as error:
        if (why := _taken(command, str(error))) is None:
            raise
        raise why from error
    return command


def _begin(command: Command, outlook: Outlook, page: Page, by: Actor, now: dt.datetime) -> None:
    """Store it, and take it as far as it goes without anybody else."""
    type_ = outlook.offer.type
    free = not outlook.blocks
    skips = outlook.reached and not type_.always and type_.stands is None
    authorised = free and not skips and not type_.second_person
    transitions.begin(command, page, now, by, authorised=authorised)
    if not free:
        _refuse(command, outlook.blocks, page, now)
    elif skips:
        transitions.move(command, Move.FIND, page, now, reason=Reason.POSITION_ALREADY_REACHED)
    elif not authorised:
        command.deadline = now + TO_SECOND
    elif type_.dangerous:
        command.deadline = now + TO_ARM
    else:
        _let_go(command, now)
    command.save()


def second(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> Command:
    """Confirm, as another person, a command that needs two."""
    with transaction.atomic():
        command = transitions.locked(id_)
        _permitted(command, by, role)
        if by.kind != "person" or (command.actor_kind == "person" and command.actor == by.name):
            raise Refused(
                "same_person", "Une autre personne que le demandeur doit la confirmer.",
                "Another person than the one who asked must confirm it.", meaning=Meaning.NOT_ALLOWED,
            )  # fmt: skip
        found = _forbidding(command, now)
        with live.writing(command.site_id) as page:
            command.second, command.second_desk = by.name, by.desk
            if found:
                _refuse(command, found, page, now)
            else:
                transitions.move(command, Move.AUTHORISE, page, now, by=by)
                if offers.type_of(command.type).dangerous:
                    command.deadline = now + TO_ARM
                else:
                    _let_go(command, now)
            command.save()
    return command


def arm(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> Command:
    """Take a dangerous command in hand, alone, for half a minute; every desk sees it, and its interlocks are looked at again."""
    try:
        with transaction.atomic():
            command = transitions.locked(id_)
            _permitted(command, by, role)
            if command.state == State.ARMED:
                if (command.armed_by, command.armed_desk) == (by.name, by.desk):
                    return command
                raise refused(Reason.SELECTED_BY_OTHER)
            if not offers.type_of(command.type).dangerous or command.go_at is not None:
                raise Refused("not_to_arm", "Cette commande n’a pas à être armée.", "This command needs no arming.")
            found = _forbidding(command, now)
            with live.writing(command.site_id) as page:
                if found:
                    _refuse(command, found, page, now)
                else:
                    command.armed_by, command.armed_desk, command.deadline = by.name, by.desk, now + ARMED
                    transitions.move(command, Move.ARM, page, now, by=by)
                command.save()
    except IntegrityError as error:
        raise refused(Reason.SELECTED_BY_OTHER) from error
    return command


def execute(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> Command:
    """Let an armed command go: for the one who armed it, within its time."""
    with transaction.atomic():
        command = transitions.locked(id_)
        _permitted(command, by, role)
        if command.state != State.ARMED:
            if command.go_at is not None and command.armed_by == by.name:
                return command  # they asked twice: the answer was lost
            raise refused(Reason.OBJECT_NOT_SELECTED)
        if (command.armed_by, command.armed_desk) != (by.name, by.desk):
            raise refused(Reason.SELECTED_BY_OTHER)
        if command.go_at is not None:
            return command
        if command.deadline is not None and command.deadline <= now:
            raise refused(Reason.TIME_LIMIT_OVER)
        found = _forbidding(command, now)
        with live.writing(command.site_id) as page:
            if found:
                _refuse(command, found, page, now)
            else:
                _let_go(command, now)
            command.save()
    return command


def cancel(id_: int, *, by: Actor, role: str | None, now: dt.datetime) -> Command:
    """Withdraw a command that has not left. Idempotent."""
    with transaction.atomic():
        command = transitions.locked(id_)
        if by.kind in offers.WITH_ROLE:
            _permitted(command, by, role)
        if command.state == State.CANCELLED:
            return command
        with live.writing(command.site_id) as page:
            transitions.move(command, Move.CANCEL, page, now, by=by, reason=Reason.ABORTION_BY_CANCEL)
            command.go_at = None
            command.save()
    return command


# -- what they share ------------------------------------------------------------------------------------------------


def _end(offer: Offer, until: dt.datetime | None, because: str, now: dt.datetime) -> dt.datetime | None:
    """The end of what stands, checked. Raises Refused."""
    stands = offer.type.stands
    if stands is None:
        if until is not None:
            raise _wrong(
                "until",
                "Cette commande ne se maintient pas : aucune fin à donner.",
                "This command does not last: it takes no end.",
            )
        return None
    if until is None:
        raise _wrong("until", "Il faut une fin.", "An end is required.")
    if until <= now:
        raise _wrong("until", "La fin est déjà passée.", "The end is in the past.")
    if (until - now).total_seconds() > stands.longest:
        hours = f"{stands.longest / 3600:g}"
        raise _wrong("until", f"{hours.replace('.', ',')} h au plus.", f"{hours} h at most.")
    if not because.strip():
        raise _wrong("because", "Il faut un motif.", "A reason is required.")
    return until


def _wrong(field: str, fr: str, en: str) -> Refused:
    return Refused(f"bad_{field}", fr, en, meaning=Meaning.INVALID, field=field)


def _make_way(command: Command, by: Actor, now: dt.datetime) -> None:
    """What a person asks for comes before what goes by itself; what goes by itself does not undo what a person made stand.

    Raises Refused. Called in the transaction that stores the command, before its page is opened.
    """
    if by.kind in AUTOMATIC and (standing := offers.standing_of_people(command.asset_id, now)) is not None:
        said = Words(f"forçage par {standing.actor}.", f"forced by {standing.actor}.")
        raise refused(Reason.BLOCKED_BY_HIERARCHY, said=said)
    if by.kind != "person":
        return
    mine = Command.objects.filter(
        asset_id=command.asset_id, type_id=command.type_id, state__in=sorted(UNSENT), actor_kind__in=sorted(AUTOMATIC)
    )
    for other in transitions.several(mine.values_list("pk", flat=True)):
        if other.state in UNSENT:
            with live.writing(other.site_id) as page:
                transitions.move(other, Move.CANCEL, page, now, by=by, reason=Reason.BLOCKED_BY_HIERARCHY)
                other.go_at = None
                other.save()


def _taken(command: Command, said: str) -> Refused | None:
    """Why the database would not have it: a rule has commanded it for this cause, or the same is under way; None for else."""
    if ONCE_PER_CAUSE in said:
        return Refused("once_per_cause", "Déjà demandée pour cette cause.", "Already asked for, for this cause.")
    if ONE_OPEN not in said:
        return None
    other = Command.objects.filter(asset_id=command.asset_id, type_id=command.type_id, state__in=sorted(OPEN)).first()
    who = (other.actor or other.actor_kind) if other else "?"
    return refused(Reason.ONE_OF_N_CONTROL, said=Words(f"demandée par {who}.", f"asked for by {who}."))


def _permitted(command: Command, by: Actor, role: str | None) -> None:
    if by.kind in offers.WITH_ROLE and role not in offers.type_of(command.type).roles:
        raise refused(Reason.NO_ACCESS_AUTHORITY, Meaning.NOT_ALLOWED)


def _forbidding(command: Command, now: dt.datetime) -> tuple[Block, ...]:
    """The interlocks that forbid it by now. Raises Refused when it is not offered any more."""
    offer = offers.find(command.asset, command.type.slug)
    (outlook,) = offers.outlooks([offer], [command.parameters], now)
    return outlook.blocks


def _refuse(command: Command, found: tuple[Block, ...], page: Page, now: dt.datetime) -> None:
    said = Words(" ".join(each.words.fr for each in found)[:120], " ".join(each.words.en for each in found)[:120])
    transitions.move(command, Move.REFUSE, page, now, by=SYSTEM, reason=found[0].reason, said=said)


def _let_go(command: Command, now: dt.datetime) -> None:
    """Hand it to a worker once this is committed. What it will be proven by is watched from here on."""
    command.go_at, command.deadline = now, now + TO_SEND
    if command.point_id is not None:
        watches.begin([command.point_id], now + TO_SEND + dt.timedelta(minutes=1))
    transaction.on_commit(lambda: dispatch(command.pk))
