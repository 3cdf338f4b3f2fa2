"""The command that opens a gate's barrier, and what became of it. Commands are another room's: this one only asks."""

import datetime as dt

from assets.refusal import Refused
from commands import moves
from commands.models import Command
from commands.states import OPEN, State
from journal.actors import Actor
from passages.models import Passage

TYPES = {"barrier": "open", "bollard": "lower"}
"""By kind of asset, the command that lets a vehicle through."""
OBEYED = frozenset({State.CONFIRMED, State.CONFIRMED_LATE})


def ask(passage: Passage, *, by: Actor, role: str | None, now: dt.datetime, reason: str = "") -> int:
    """Ask that the gate be opened; the command's id. Raises Refused."""
    asset = passage.gate.asset
    slug = TYPES.get(asset.kind.slug)
    if slug is None:
        raise Refused("no_barrier", "Cet accès n’a ni barrière ni borne.", "This gate has neither a barrier nor a bollard.")
    command = moves.request(asset, slug, by=by, now=now, role=role, because=reason, cause=f"passage:{passage.pk}")
    return command.pk


def states(commands: set[int]) -> dict[int, State]:
    return {pk: State(state) for pk, state in Command.objects.filter(pk__in=commands).values_list("pk", "state")}


def ended_in_vain(command: int | None) -> bool:
    """Whether there is no command, or it ended and the barrier is not known to have obeyed."""
    state = states({command}).get(command) if command is not None else None
    return state is None or (state not in OPEN and state not in OBEYED)
