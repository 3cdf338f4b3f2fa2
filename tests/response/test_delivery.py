"""Letters from the alarm to a real mail server: journaled, told again under one number when a worker is killed, given up."""

import datetime as dt
import os
import re
import signal
from functools import partial

import msgspec
import pytest
from django.db import connections

from journal.actors import Actor
from journal.models import JournalEntry
from response.models import Message
from response.notification import answering, delivery, gateways, outbox, sending
from tests.factories import NOON
from tests.response.test_notification import Town

BY = Actor("person", "admin")


@pytest.fixture
def town(transactional_db, mails, settings):
    settings.ALLOW_PRIVATE_PULL, settings.ADDRESS = True, "https://vigie.ville.fr"
    town = Town()
    smtp = {
        "protocol": "smtp", "host": "127.0.0.1", "port": mails[0], "security": "none", "sender": "vigie@ville.fr",
        "allow_private_address": True,
    }  # fmt: skip
    gateways.write(town.site.pk, "mail", smtp, by=BY, now=NOON)
    return town


def clock() -> dt.datetime:
    return NOON


def test_an_alarm_arrives_as_a_mail_whose_link_answers_and_the_journal_says_so(town, mails):
    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)
    delivery.deliver(letter, clock)
    delivery.deliver(letter, clock)
    (mail,) = mails[1]()
    assert (mail["To"], mail["Subject"]) == ("ana@ville.fr", "Quai : CRITIQUE Jauge J-1 : Niveau haut 1")
    token = re.search(r"https://vigie.ville.fr/a/(\S+)", mail.get_content())[1]
    assert answering.of_token(token, NOON).alarms == (alarm,)
    line = JournalEntry.objects.get(kind="message.sent")
    assert (line.text_fr, line.ids("alarm")) == ("Courriel à ana envoyé : alarme", [alarm.pk])
    assert msgspec.json.decode(line.details)["letter"] == str(letter)


@pytest.mark.parametrize("state", ["claimed", "sent"])
def test_a_worker_that_is_killed_loses_nothing_and_what_arrives_twice_has_one_number(town, mails, state):
    town.begin(town.alarm())
    (letter,) = town.sweep(NOON)
    connections.close_all()
    worker = os.fork()
    if worker == 0:
        send = sending.send

        def killed(*given):
            if state == "sent":
                send(*given)
            os.kill(os.getpid(), signal.SIGKILL)

        sending.send = killed
        delivery.deliver(letter, clock)
        os._exit(1)
    _, status = os.waitpid(worker, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert Message.objects.get().state == "sending"
    assert town.sweep(NOON + outbox.CLAIMED_FOR / 2) == []
    later = NOON + outbox.CLAIMED_FOR
    assert town.sweep(later) == [letter]
    delivery.deliver(letter, lambda: later)
    assert Message.objects.get().state == "sent"
    got = mails[1]()
    assert len(got) == (2 if state == "sent" else 1)
    assert {mail["Message-ID"] for mail in got} == {f"<{letter}@ville.fr>"}


def test_a_letter_without_a_gateway_is_given_up_in_the_journal(town):
    town.contact("bob", "sms")
    town.policy({"targets": [{"person": "bob"}], "kinds": ["sms"]})
    town.begin(town.alarm())
    (letter,) = town.sweep(NOON)
    for _ in range(outbox.MOST_TRIES):
        due = Message.objects.get().due_at
        outbox.bind(town.site.pk, due)
        delivery.deliver(letter, partial(dt.datetime.fromtimestamp, due.timestamp(), dt.UTC))
    line = JournalEntry.objects.get(kind="message.failed")
    assert line.text_fr == "SMS à bob non envoyé : alarme"
    assert msgspec.json.decode(line.details)["reason"] == "the site has no gateway for sms"
