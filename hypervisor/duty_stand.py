"""What a demo stand has of duty: positions, their rota, who holds them, instructions, a hand-over, and other rooms."""

import datetime as dt

import msgspec

from assets.models import Site
from hypervisor.models import User
from journal.actors import Actor
from response import rota
from response.duty import holding, positions, rotas
from response.entities import directory
from response.handover import moves as handovers
from response.instructions import moves as instructions
from response.models import Position


class _Turn(msgspec.Struct):
    begins: dt.time
    ends: dt.time
    who: str


class _Position(msgspec.Struct):
    slug: str
    name: dict[str, str]
    holder: str
    turns: list[_Turn]


class _Instruction(msgspec.Struct):
    text: str
    must_read: bool


class _HandOver(msgspec.Struct):
    position: str
    by: str
    accepted_by: str
    note: str


class _Entity(msgspec.Struct):
    slug: str
    name: dict[str, str]
    contact: str
    members: list[str]


class Duty(msgspec.Struct):
    positions: list[_Position]
    instructions: list[_Instruction]
    handover: _HandOver
    entities: list[_Entity] = []


def load_entities(site: Site, told: Duty, *, by: Actor, now: dt.datetime) -> None:
    """The rooms that the demo exchanges with. Raises Refused."""
    for each in told.entities:
        members = list(User.objects.filter(grants__site=site, username__in=each.members))
        name_fr, name_en = each.name["fr"], each.name["en"]
        directory.keep(
            site.pk, each.slug, name_fr=name_fr, name_en=name_en, contact=each.contact, members=members, retired=False,
            by=by, now=now,
        )  # fmt: skip


def load(site: Site, told: Duty, *, by: Actor, now: dt.datetime) -> None:
    """Set it up in the names of the demo's people. Raises Refused, KeyError."""
    people = {user.username: Actor.of(user) for user in User.objects.filter(grants__site=site)}
    made: dict[str, Position] = {}
    for place, each in enumerate(told.positions):
        position = positions.write(site.pk, each.slug, each.name["fr"], each.name["en"], place, by=by, now=now)
        made[each.slug] = position
        for turn in each.turns:
            rotas.add(position, _daily(turn, site.timezone, now), "", people=people, by=by, now=now)
    for each in told.instructions:
        draft = instructions.Draft(each.text, now, must_read=each.must_read)
        instructions.write(site.pk, draft, by=by, now=now)
    _hand_over(told.handover, made, people, now)
    for each in told.positions:
        holding.take(made[each.slug].pk, by=people[each.holder], now=now)


def _hand_over(told: _HandOver, made: dict[str, Position], people: dict[str, Actor], now: dt.datetime) -> None:
    position = made[told.position].pk
    holding.take(position, by=people[told.by], now=now)
    given = handovers.give(position, told.note, by=people[told.by], now=now)
    handovers.accept(given.pk, by=people[told.accepted_by], now=now)


def _daily(told: _Turn, zone: str, now: dt.datetime) -> rota.Turn:
    day = now.date() - dt.timedelta(days=7)
    ends = dt.datetime.combine(day + dt.timedelta(days=told.ends <= told.begins), told.ends)
    return rota.Turn(dt.datetime.combine(day, told.begins), ends, zone, told.who, rota.weekly(range(7)))
