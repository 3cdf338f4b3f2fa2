"""Whoever logs in to the desk is told that they are expected, until they hold the position; nobody else is."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from journal.actors import Actor
from response import rota
from response.duty import holding, positions, rotas
from response.instructions import moves as instructions


@pytest.fixture
def expected(city):
    """The operator, at one position, now."""
    by, now = Actor.of(city.users["shift_supervisor"]), timezone.now()
    position = positions.write(city.site.pk, "op", "Opérateur 1", "Operator 1", 0, by=by, now=now)
    start = now.replace(tzinfo=None, microsecond=0) - dt.timedelta(hours=1)
    turn = rota.Turn(start, start + dt.timedelta(hours=8), "UTC", "operator")
    rotas.add(position, turn, "", people={"operator"}, by=by, now=now)
    return position


def pinned(city, name: str) -> str:
    client = city.client(name)
    client.cookies["language"] = "fr"
    answer = client.get("/sites/quai/handover?part=pinned")
    assert answer.status_code == 200
    return answer.content.decode()


def test_who_is_expected_is_told_until_they_hold_the_position(city, expected):
    assert "Opérateur 1" in pinned(city, "operator")
    assert {name: "Opérateur 1" in pinned(city, name) for name in ("shift_supervisor", "auditor", "nord")} == dict.fromkeys(
        ("shift_supervisor", "auditor", "nord"), False
    )
    holding.take(expected.pk, by=Actor.of(city.users["operator"]), now=timezone.now())
    assert "Opérateur 1" not in pinned(city, "operator")


def test_who_sees_some_sectors_sees_who_is_on_duty_and_no_hand_over(city, expected):
    page = city.client("nord").get("/sites/quai/handover").content.decode()
    assert "Opérateur 1" in page or "Operator 1" in page
    assert 'id="give"' not in page


def test_who_sees_the_whole_site_reads_the_instructions_of_its_sectors_too(city):
    by, now = Actor.of(city.users["shift_supervisor"]), timezone.now()
    for sector in (city.sectors["sud"], None):
        instructions.write(city.site.pk, instructions.Draft("Ronde", now, sector=sector), by=by, now=now)
    rows = {name: city.client(name).get("/api/v1/sites/quai/instructions").json()["results"] for name in ("operator", "nord")}
    assert {name: len(each) for name, each in rows.items()} == {"operator": 2, "nord": 1}


def test_an_instruction_is_found_by_its_words_and_those_to_read_stay(city):
    by, now = Actor.of(city.users["shift_supervisor"]), timezone.now()
    for text in ("Ronde du parking à minuit", "Surveiller la pompe du quai"):
        instructions.write(city.site.pk, instructions.Draft(text, now, must_read=True), by=by, now=now)
    client = city.client("operator")
    client.cookies["language"] = "fr"
    page = client.get("/sites/quai/handover?words=pompes").content.decode()
    standing = page[page.index('id="instructions-title"') :]
    assert "pompe du quai" in standing
    assert "parking" not in standing
    assert "parking" in page[: page.index('id="instructions-title"')], "what is to be read is not filtered away"
    assert "Aucune consigne" in client.get("/sites/quai/handover?words=zzz").content.decode()


def test_what_is_to_be_read_is_listed_once_until_it_is_read(city):
    by, now = Actor.of(city.users["shift_supervisor"]), timezone.now()
    written = instructions.write(city.site.pk, instructions.Draft("Ronde à minuit", now, must_read=True), by=by, now=now)
    client = city.client("operator")
    assert client.get("/sites/quai/handover").content.decode().count("Ronde à minuit") == 1
    instructions.read([written.pk], by=Actor.of(city.users["operator"]), now=now)
    page = client.get("/sites/quai/handover").content.decode()
    assert page.count("Ronde à minuit") == 1
    assert "unread-title" not in page


def test_a_night_is_shown_by_its_end_on_the_morning_after(city):
    by, now = Actor.of(city.users["shift_supervisor"]), timezone.now()
    position = positions.write(city.site.pk, "op", "Opérateur 1", "Operator 1", 0, by=by, now=now)
    for starts, ends in (("2026-03-03T18:00", "2026-03-04T06:00"), ("2026-03-05T20:00", "2026-03-08T00:00")):
        turn = rota.Turn(dt.datetime.fromisoformat(starts), dt.datetime.fromisoformat(ends), "Europe/Paris", "operator")
        rotas.add(position, turn, "", people={"operator"}, by=by, now=now)
    client = city.client("operator")
    client.cookies["language"] = "fr"
    page = client.get("/sites/quai/rota?day=2026-03-03&part=week").content.decode()
    week = page[page.index("<tbody>") : page.index("</tbody>")]
    cells = [" ".join(re.findall(r"[0-9:]{5}|–|jusqu’à|toute la journée|—", cell)) for cell in week.split("<td>")[1:]]
    assert cells == ["—", "18:00 – 06:00", "jusqu’à 06:00", "20:00 – 00:00", "toute la journée", "toute la journée", "—"]
