"""The expected rota of positions: turns by hand, and calendars of other programs; the only writer of RotaTurn."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple
from uuid import uuid4

import msgspec
from django.db import transaction

from assets.refusal import Meaning, Refused
from assets.spelling import folded
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from response import rota
from response.models import Position, RotaTurn
from response.rota import BadCalendar, Stretch, Turn

WRONG = {
    "bad_length": ("Un tour dure plus de zéro et au plus huit jours.", "A turn lasts more than nothing and at most eight days."),
    "out_of_time": ("Cette date est hors du calendrier.", "This date is out of the calendar."),
    "unknown_repetition": ("Cette répétition n’est pas comprise.", "This repetition is not understood."),
    "unknown_zone": ("Ce fuseau horaire est inconnu.", "This time zone is unknown."),
    "unreadable": ("Cet événement ne peut pas être lu.", "This event cannot be read."),
    "never": ("Ce tour n’a jamais lieu.", "This turn never takes place."),
    "too_long": ("C’est plus long que ce qui est admis.", "It is longer than what is allowed."),
    "too_many": (f"Un calendrier a {rota.MOST_TURNS} événements au plus.", f"A calendar has at most {rota.MOST_TURNS} events."),
    "no_calendar": ("Ce n’est pas un calendrier iCalendar.", "This is no iCalendar file."),
    "unknown_person": ("Personne de ce site ne s’appelle ainsi.", "Nobody of this site is called so."),
}
"""What is wrong with a turn or a calendar, by the code of response.rota, in both languages."""


class Imported(NamedTuple):
    """What an import did: how many turns stand now, and which events were left out, each with the code why."""

    turns: int
    refused: list[tuple[str, str]]


class Person(NamedTuple):
    """Somebody of the site, by the names under which a calendar may call them."""

    login: str
    name: str
    mail: str


def turn_of(row: RotaTurn) -> Turn:
    return msgspec.convert(row.turn, Turn)


def turns_by_position(positions: Collection[int]) -> dict[int, list[Turn]]:
    """Turns of these positions, in one query."""
    found: dict[int, list[Turn]] = {position: [] for position in positions}
    for row in RotaTurn.objects.filter(position__in=positions):
        found[row.position_id].append(turn_of(row))
    return found


def expected_at(positions: Collection[int], at: dt.datetime, holidays: rota.Holidays) -> dict[int, list[Stretch]]:
    """Who is expected at each of these positions, in one query."""
    turns = turns_by_position(positions)
    return {position: rota.expected(its, at, holidays) for position, its in turns.items()}


def add(position: Position, turn: Turn, note: str, *, people: Collection[str], by: Actor, now: dt.datetime) -> RotaTurn:
    """One more turn. Raises Refused."""
    turn = msgspec.structs.replace(turn, uid=f"{uuid4()}@vigie")
    if turn.who and turn.who not in people:
        raise _refused("unknown_person", "who")
    try:
        turn = rota.sound(turn)
    except BadCalendar as bad:
        raise _refused(bad.code, "starts") from bad
    with transaction.atomic():
        row = Position.objects.select_for_update(no_key=True).get(pk=position.pk)
        if RotaTurn.objects.filter(position=row).count() >= rota.MOST_TURNS:
            raise _refused("too_many", "starts")
        made = RotaTurn.objects.create(
            position=row, turn=msgspec.to_builtins(turn), note=note.strip()[:200], written_at=now, written_by=by.name
        )
        _journaled(row, "rota.added", f"tour ajouté ({_said(turn)})", f"turn added ({_said(turn)})", made.turn, by, now)
    return made


def remove(row: RotaTurn, *, by: Actor, now: dt.datetime) -> None:
    with transaction.atomic():
        position = Position.objects.select_for_update(no_key=True).get(pk=row.position_id)
        if RotaTurn.objects.filter(pk=row.pk).delete()[0]:
            said = _said(turn_of(row))
            _journaled(position, "rota.removed", f"tour retiré ({said})", f"turn removed ({said})", row.turn, by, now)


def bring_in(position: Position, content: bytes, zone: str, people: Iterable[Person], *, by: Actor, now: dt.datetime) -> Imported:
    """Replace what came in a calendar before by what this one says; turns by hand stay. Raises Refused."""
    try:
        read = rota.read(content, zone)
    except BadCalendar as bad:
        raise _refused(bad.code, "file") from bad
    known = _by_any_name(people)
    kept, refused = [], list(read.refused)
    for turn in read.turns:
        login = "" if turn.nobody or not turn.who else known.get(folded(turn.who))
        if login is None:
            refused.append((turn.who, "unknown_person"))
        else:
            kept.append(msgspec.structs.replace(turn, who=login))
    with transaction.atomic():
        row = Position.objects.select_for_update(no_key=True).get(pk=position.pk)
        RotaTurn.objects.filter(position=row, imported=True).delete()
        told = {"position": row, "imported": True, "written_at": now, "written_by": by.name}
        RotaTurn.objects.bulk_create([RotaTurn(turn=msgspec.to_builtins(each), **told) for each in kept])
        details: dict[str, object] = {"turns": len(kept), "refused": len(refused)}
        fr, en = f"calendrier importé, {len(kept)} tours", f"calendar imported, {len(kept)} turns"
        _journaled(row, "rota.imported", fr, en, details, by, now)
    return Imported(len(kept), refused)


def written(positions: Collection[Position], names: Mapping[str, str], english: bool, name: str, now: dt.datetime) -> bytes:
    """The rota of these positions as an iCalendar file; `names` are full names by login."""
    turns = turns_by_position([each.pk for each in positions])
    titled = [
        (turn, " : ".join(filter(None, (each.name_en if english else each.name_fr, names.get(turn.who, turn.who)))))
        for each in positions
        for turn in turns[each.pk]
    ]
    return rota.write(titled, name, now)


def _by_any_name(people: Iterable[Person]) -> dict[str, str]:
    """Login by every folded name under which somebody is known; a name that two share is nobody's."""
    found: dict[str, str] = {}
    twice = set()
    people = list(people)
    for person in people:
        for name in {folded(each) for each in (person.name, person.mail) if each}:
            if found.setdefault(name, person.login) != person.login:
                twice.add(name)
    return {name: login for name, login in found.items() if name not in twice} | {
        folded(each.login): each.login for each in people
    }


def _said(turn: Turn) -> str:
    who = turn.who or ("—" if not turn.nobody else "∅")
    return f"{who}, {turn.starts:%Y-%m-%d %H:%M}–{turn.ends:%H:%M}{', ' + turn.repeats if turn.repeats else ''}"


def _journaled(position: Position, kind: str, fr: str, en: str, details: dict[str, object], by: Actor, now: dt.datetime) -> None:
    page = open_page(position.site_id)
    text_fr, text_en = f"Tableau de service, poste « {position.name_fr} » : {fr}", f"Rota, position “{position.name_en}”: {en}"
    page.write(Line(kind, now, text_fr[:600], text_en[:600], [("position", position.pk)], by, details))
    live.publish(page)


def _refused(code: str, field: str) -> Refused:
    fr, en = WRONG[code]
    return Refused(f"rota_{code}", fr, en, meaning=Meaning.INVALID, field=field)
