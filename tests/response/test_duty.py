"""Duty: a position is held by one person at a time, from taking it until it is given back, and the rota says who should."""

import datetime as dt
import threading

import pytest
from django.db import connections

from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from response import rota
from response.duty import holding, positions, rotas
from response.duty.rotas import Person
from response.duty.rows import position_rows
from response.models import Holding, Position
from tests.factories import NOON, make_site

ANNA, BRUNO, CHIEF = (Actor("person", name, "Poste 1") for name in ("anna", "bruno", "chef"))
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)
PEOPLE = [Person("anna", "Anna Le Goff", "anna@ville.example"), Person("bruno", "Bruno Côme", "")]


def make_position(site, slug="chef", name="Chef de quart") -> Position:
    return positions.write(site.pk, slug, name, "Shift chief", 0, by=CHIEF, now=NOON)


def plan(position, starts: str, ends: str, who="", weekdays=(), **told):
    begins, until = dt.datetime.fromisoformat(starts), dt.datetime.fromisoformat(ends)
    repeats = rota.weekly(weekdays) if weekdays else ""
    turn = rota.Turn(begins, until, "Europe/Paris", who, repeats, **told)
    return rotas.add(position, turn, "", people={"anna", "bruno"}, by=CHIEF, now=NOON)


@pytest.fixture
def site(db):
    return make_site()


@pytest.fixture
def position(site):
    return make_position(site)


def lines(site):
    return list(JournalEntry.objects.filter(site=site).order_by("seq").values_list("kind", "actor", "text_fr"))


def test_a_position_is_taken_and_given_back_and_the_journal_says_so(site, position):
    taken = holding.take(position.pk, by=ANNA, now=NOON)
    assert holding.take(position.pk, by=ANNA, now=NOON + MINUTE).pk == taken.pk
    ended = holding.give_back(position.pk, by=ANNA, now=NOON + HOUR)
    assert (ended.since, ended.until, ended.ending) == (NOON, NOON + HOUR, "given_back")
    assert lines(site)[1:] == [
        ("holding.taken", "anna", "Poste « Chef de quart » pris"),
        ("holding.given_back", "anna", "Poste « Chef de quart » rendu"),
    ]
    assert list(verify(site.pk)) == []


def test_what_somebody_holds_is_taken_over_with_a_reason_and_not_without(site, position):
    holding.take(position.pk, by=ANNA, now=NOON)
    with pytest.raises(Refused) as refused:
        holding.take(position.pk, by=BRUNO, now=NOON + HOUR)
    assert refused.value.code == "position_held"
    holding.take(position.pk, by=BRUNO, now=NOON + HOUR, reason="Anna est partie sans rendre")
    before, after = Holding.objects.order_by("since")
    assert (before.ending, before.reason, after.holder, after.until) == (
        "taken_over", "Anna est partie sans rendre", "bruno", None,
    )  # fmt: skip
    assert lines(site)[-1][2] == "Poste « Chef de quart » repris de anna — Anna est partie sans rendre"


def test_nobody_gives_back_what_another_holds_but_a_chief_releases_it(site, position):
    holding.take(position.pk, by=ANNA, now=NOON)
    with pytest.raises(Refused):
        holding.give_back(position.pk, by=BRUNO, now=NOON)
    with pytest.raises(Refused):
        holding.release(position.pk, by=CHIEF, now=NOON, reason=" ")
    assert holding.release(position.pk, by=CHIEF, now=NOON, reason="oubli").ending == "released"
    assert lines(site)[-1][2] == "Poste « Chef de quart » libéré, tenu par anna — oubli"


def test_a_position_that_is_held_is_not_retired_and_one_that_is_retired_is_not_held(site, position):
    holding.take(position.pk, by=ANNA, now=NOON)
    with pytest.raises(Refused):
        positions.retire(position.pk, by=CHIEF, now=NOON)
    holding.give_back(position.pk, by=ANNA, now=NOON)
    positions.retire(position.pk, by=CHIEF, now=NOON)
    with pytest.raises(Refused):
        holding.take(position.pk, by=ANNA, now=NOON)
    assert make_position(site).pk == position.pk
    holding.take(position.pk, by=ANNA, now=NOON)


def test_the_rota_says_who_is_expected_and_who_comes_next(position):
    plan(position, "2026-02-23T06:00", "2026-02-23T14:00", "anna", range(7))
    plan(position, "2026-02-23T14:00", "2026-02-23T22:00", weekdays=range(7))
    (row,) = position_rows([position], NOON)  # 13:00 in Paris
    assert [(each["who"], each["ends"]) for each in row["expected"]] == [("anna", "2026-03-01T13:00:00.000Z")]
    assert (row["next"]["who"], row["next"]["begins"]) == ("", "2026-03-01T13:00:00.000Z")


def test_a_turn_names_somebody_of_the_site_or_nobody(position):
    with pytest.raises(Refused) as refused:
        plan(position, "2026-02-23T06:00", "2026-02-23T14:00", "zoe")
    assert refused.value.code == "rota_unknown_person"


CALENDAR = b"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//x\r
BEGIN:VEVENT\r
UID:1\r
DTSTART;TZID=Europe/Paris:20260301T060000\r
DTEND;TZID=Europe/Paris:20260301T140000\r
SUMMARY:anna le goff\r
END:VEVENT\r
BEGIN:VEVENT\r
UID:2\r
DTSTART;TZID=Europe/Paris:20260302T060000\r
DTEND;TZID=Europe/Paris:20260302T140000\r
SUMMARY:Zoe\r
END:VEVENT\r
END:VCALENDAR\r
"""


def test_a_calendar_replaces_the_last_one_keeps_what_was_added_by_hand_and_names_whom_it_does_not_know(site, position):
    by_hand = plan(position, "2026-03-03T06:00", "2026-03-03T14:00", "bruno")
    for _ in range(2):
        done = rotas.bring_in(position, CALENDAR, "Europe/Paris", PEOPLE, by=CHIEF, now=NOON)
    assert (done.turns, done.refused) == (1, [("Zoe", "unknown_person")])
    kept = [(each.pk == by_hand.pk, rotas.turn_of(each).who) for each in position.turns.all()]
    assert kept == [(True, "bruno"), (False, "anna")]


def test_a_rota_written_as_a_calendar_is_read_by_another_position_as_it_was(site, position):
    plan(position, "2026-03-02T22:00", "2026-03-03T06:00", "anna", range(5), holidays="not")
    plan(position, "2026-03-04T22:00", "2026-03-05T06:00", "bruno", instead=True)
    content = rotas.written([position], {"anna": "Anna"}, False, "Quai", NOON)
    assert "SUMMARY:Chef de quart : Anna" in content.decode()
    other = make_position(site, "op", "Opérateur")
    rotas.bring_in(other, content, "Europe/Paris", PEOPLE, by=CHIEF, now=NOON)
    one, same = (rotas.turns_by_position([each.pk])[each.pk] for each in (position, other))
    assert one == same


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_it_at_once_one_holds_it():
    site = make_site()
    position = make_position(site)
    gate, refused = threading.Barrier(2), []

    def one(by: Actor) -> None:
        try:
            gate.wait()
            holding.take(position.pk, by=by, now=NOON)
        except Refused as error:
            refused.append(error.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=[by]) for by in (ANNA, BRUNO)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert (refused, Holding.objects.filter(until=None).count()) == (["position_held"], 1)
