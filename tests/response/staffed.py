"""A control room with one position that somebody holds by a rota, a hand-over that waits, and an instruction."""

import datetime as dt

from assets.models import Site
from journal.actors import Actor
from response import rota
from response.duty import holding, positions, rotas
from response.handover import moves as handovers
from response.instructions import moves as instructions
from response.instructions.moves import Draft
from tests.factories import NOON


def staff(site: Site, by: Actor) -> dict[str, int]:
    """Ids by the names that addresses give them."""
    position = positions.write(site.pk, "chef", "Chef de quart", "Shift chief", 0, by=by, now=NOON)
    starts = dt.datetime.fromisoformat("2026-02-23T06:00")
    daily = rota.Turn(starts, starts + dt.timedelta(hours=8), site.timezone, by.name, rota.weekly(range(7)))
    turn = rotas.add(position, daily, "", people={by.name}, by=by, now=NOON)
    holding.take(position.pk, by=by, now=NOON)
    handover = handovers.give(position.pk, "Rien de plus", by=by, now=NOON)
    draft = Draft("Ronde du parking à minuit", NOON, positions=(position,), must_read=True)
    instruction = instructions.write(site.pk, draft, by=by, now=NOON)
    return {"position": position.pk, "rota_turn": turn.pk, "handover": handover.pk, "instruction": instruction.pk}
