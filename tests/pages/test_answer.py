"""The page a message's link leads to: opening it changes nothing, its button acknowledges once, in the name of its reader."""

import datetime as dt
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from alarms.models import Alarm
from response.models import Contact, Escalation, Message
from response.notification import answering
from response.notification.sealed import seal

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def link(city):
    """link(user): the address of a letter about the city's alarm `nord`, sent to this person."""

    def made(user: str) -> str:
        now = timezone.now()
        alarm, person = city.alarms["nord"], city.users[user]
        contact = Contact.objects.create(
            site=city.site, person=person, means="sms", address=seal("+33612345678"), hint="+33…78", fingerprint=user,
            created_at=now, verified_at=now,
        )  # fmt: skip
        row = Escalation.objects.create(
            alarm=alarm, site=city.site, policy="nuit", document={}, severity=alarm.severity, began_at=now, next_at=now
        )
        letter = uuid.uuid4()
        Message.objects.create(
            site=city.site, contact=contact, kind="alarm", escalation=row, state="sent", letter=letter, created_at=now,
            due_at=now, sent_at=now,
        )  # fmt: skip
        return f"/a/{answering.token_of(letter)}"

    return made


def state(city) -> str:
    return Alarm.objects.get(pk=city.alarms["nord"].pk).state


def test_opening_a_link_changes_nothing_and_its_button_acknowledges_once(city, link):
    address, client = link("operator"), Client(enforce_csrf_checks=True)
    before = state(city)
    page = client.get(address)
    assert "Acquitter" in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0") or "no-store" in page["Cache-Control"]
    assert state(city) == before == "unacknowledged"
    did = client.post(address).content.decode()
    assert "1 alarme est acquittée en votre nom" in did
    assert state(city) == "acknowledged"
    assert "déjà servi" in client.post(address).content.decode()
    assert "déjà servi" in client.get(address).content.decode()


@pytest.mark.parametrize("name", ["auditor"])
def test_a_reader_without_the_right_acknowledges_nothing(city, link, name):
    did = Client().post(link(name)).content.decode()
    assert "Non acquittée" in did
    assert state(city) == "unacknowledged"


def test_a_link_that_is_none_leads_nowhere(city):
    assert [Client().get(f"/a/{token}").status_code for token in ("x", "A" * 34, "é" * 34)] == [404, 404, 404]
