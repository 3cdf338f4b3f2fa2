"""The live socket with the token of a program: what it is for, without the names of people, until it ends."""

import datetime as dt

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from alarms.models import Alarm, PersonalValue
from hypervisor import tokens
from hypervisor.models import ApiToken
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from tests.api.watching import acknowledge, closing, impatient, rows, watch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "no_connection_left")]
PSEUDONYM, PLATE = "~abcdefghijklmnop", "AB123CD"


@sync_to_async
def made(city, *may):
    by, now = Actor.of(city.users["administrator"]), timezone.now()
    return "Token " + tokens.create(city.site, "robot", may, "operator", now + dt.timedelta(days=9), by=by, now=now)[1]


def name_a_vehicle(city):
    end = timezone.now() + dt.timedelta(days=30)
    PersonalValue.objects.create(site=city.site, pseudonym=PSEUDONYM, attribute="plate", value=PLATE, forgotten_at=end)
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(sentence_fr=f"Véhicule {PSEUDONYM}")


def say_something_else(city):
    """A line about a note of the day log, in its own commit."""
    with transaction.atomic():
        page = open_page(city.site.pk)
        page.write(Line("note.written", timezone.now(), "Relève", "Hand-over", [("note", 1)]))
        live.publish(page)


async def test_a_program_follows_alarms_and_nothing_else_and_no_plate_is_named(city):
    await sync_to_async(name_a_vehicle)(city)
    robot = await watch(None, authorization=await made(city, "alarms"))
    await robot.until(lambda frame: frame["type"] == "pulse")
    assert set(robot.alarms) == {alarm.pk for name, alarm in city.alarms.items() if name != "other"}
    assert robot.alarms[city.alarms["nord"].pk]["sentence"]["fr"] == f"Véhicule {PSEUDONYM}"
    await sync_to_async(say_something_else)(city)
    frame = await robot.until(lambda frame: frame["type"] == "entries")
    assert (frame["rows"], frame["entries"]) == ({}, [])
    await sync_to_async(acknowledge)(city, "nord")
    frame = await robot.until(lambda frame: frame["type"] == "entries")
    assert [row["state"] for row in rows(frame, "alarm")] == ["acknowledged"]
    assert [line["kind"] for line in frame["entries"]] == ["alarm.acknowledged"]
    assert PLATE not in str(robot.frames)
    await robot.socket.disconnect()


@pytest.mark.parametrize(
    ("may", "site", "code"), [("commands", "quai", 4403), ("alarms", "ailleurs", 4404), (None, "quai", 4401)]
)
async def test_a_token_for_something_else_or_of_another_site_or_none_is_refused(city, may, site, code):
    token = await made(city, may) if may else "Token vigie_nobody"
    told, ended = await closing(await watch(None, site=site, authorization=token))
    assert ([frame["type"] for frame in told], ended) == (["refused"], code)


async def test_a_token_that_is_revoked_hears_no_more(city):
    token = await made(city, "alarms")
    robot = await watch(None, application=impatient(rights_interval=0.2), authorization=token)
    await robot.until(lambda frame: frame["type"] == "pulse")
    row = await ApiToken.objects.aget()
    by = Actor.of(city.users["administrator"])
    await sync_to_async(lambda: tokens.revoke(row, by=by, now=timezone.now()))()
    assert (await closing(robot))[1] == 4401
