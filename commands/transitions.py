"""Moves a command from one state to the next: its row, its line in the journal and what the log is told, in one transaction.

A command's state changes here and nowhere else; whoever holds its lock stores it, with what they know besides. Locks are taken
in this order: a run, commands by id, overrides by id, then the ledger.
"""

import datetime as dt
from collections.abc import Iterable

from assets.refusal import Meaning, Refused
from commands.models import Command
from commands.states import OPEN, REASONS, STATE_WORDS, Move, Reason, State, after
from commands.wording import Words
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page

INSTANTS = {
    State.AUTHORISED: "authorised_at", State.ARMED: "armed_at", State.SENT: "sent_at", State.ACCEPTED: "accepted_at",
}  # fmt: skip
LONGEST = 300


def locked(id_: int) -> Command:
    """One command, locked until the transaction ends, with all that its lines speak of. Raises Refused."""
    found = several([id_])
    if not found:
        raise Refused("no_such_command", "Cette commande n’existe pas.", "There is no such command.", meaning=Meaning.NOT_FOUND)
    return found[0]


def several(ids: Iterable[int], *, skip_locked: bool = False) -> list[Command]:
    """Commands locked in order of id; those that others hold are left out where that is asked for."""
    rows = Command.objects.select_for_update(no_key=True, of=("self",), skip_locked=skip_locked).filter(pk__in=list(ids))
    return list(rows.select_related("site", "asset", "type").order_by("pk"))


def move(
    command: Command, asked: Move, page: Page, now: dt.datetime, *,
    by: Actor = SYSTEM, reason: Reason | None = None, said: Words | None = None,
) -> bool:  # fmt: skip
    """Take one step of a locked command; whether its state changed. Raises Refused for what is not possible, nothing changed.

    What was only heard and changes nothing is kept on the row all the same by whoever heard it.
    """
    before = State(command.state)
    following = after(before, asked)
    if following == before:
        return False
    command.state = following
    if following in INSTANTS:
        setattr(command, INSTANTS[following], now)
    if reason is not None or following not in OPEN:
        command.reason = reason or ""
        command.said_fr, command.said_en = (said.fr[:LONGEST], said.en[:LONGEST]) if said else ("", "")
    if following not in OPEN:
        command.ended_at, command.deadline, command.retry_at = now, None, None
    command.seq = page.write(line(command, following, now, by))
    return True


def begin(command: Command, page: Page, now: dt.datetime, by: Actor, *, authorised: bool) -> None:
    """Store a command that was asked for, and is authorised at once or not yet; one line says both."""
    command.state, command.requested_at = State.REQUESTED, now
    command.save(force_insert=True)
    told = line(command, State.REQUESTED, now, by)
    if authorised:
        command.state, command.authorised_at = after(State.REQUESTED, Move.AUTHORISE), now
        told = line(command, State.AUTHORISED, now, by)
        told.details["passed"] = [State.REQUESTED.value]
    command.seq = page.write(told)


def line(command: Command, state: State, now: dt.datetime, by: Actor, kind: str = "", words: Words | None = None) -> Line:
    """What the journal says of a step; its details are what rules read as an event (commands.events).

    kind, words   of what is no step: what its line is, and says instead of the state
    """
    type_, asset = command.type.type(), command.asset
    reason = command.reason if state not in OPEN and words is None else ""
    why_fr, why_en = _why(reason, command)
    words = words or STATE_WORDS[state]
    shown_fr, shown_en = _parameters(command, "fr"), _parameters(command, "en")
    details: dict[str, object] = {
        "command": command.pk, "state": state.value, "type": type_.slug, "kind": type_.kind, "origin": command.origin,
    }  # fmt: skip
    details |= {"reason": reason} if reason else {}
    details |= {"parameters": command.parameters} if command.parameters else {}
    details |= {"cause": command.cause} if command.cause else {}
    return Line(
        kind or f"command.{state.value}", now,
        f"{type_.name.fr}{shown_fr} — {asset.code} {asset.name} : {words.fr}{why_fr}"[:600],
        f"{type_.name.en}{shown_en} — {asset.code} {asset.name}: {words.en}{why_en}"[:600],
        [("command", command.pk), ("asset", asset.pk)], by, details,
    )  # fmt: skip


def _why(reason: str, command: Command) -> tuple[str, str]:
    if not reason:
        return "", ""
    words = REASONS[Reason(reason)]
    fr, en = (f" : {command.said_fr}", f": {command.said_en}") if command.said_fr else ("", "")
    return f" ({words.fr}{fr})", f" ({words.en}{en})"


def _parameters(command: Command, language: str) -> str:
    """Values as a person chose them: a label, a number with its unit, a text in quotes."""
    shown = []
    for parameter in command.type.type().parameters:
        if (value := command.parameters.get(parameter.name)) is not None:
            shown.append(parameter.shown(value, language))
    return f" {', '.join(shown)}"[:120] if shown else ""
