"""The canary of messages: it walks by sweep, outbox and worker to nobody, and when it does not arrive that is an alarm."""

import datetime as dt

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from alarms.models import Alarm
from alarms.rules.rulebook import pack
from assets import log
from journal import followers, live
from journal.following import HEARTBEAT_KEY
from journal.models import JournalEntry
from journal.page import Line
from response.models import Canary, Message
from response.notification import canary, delivery, following, outbox
from tests.correlating import correlating
from tests.factories import make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def site(valkey):
    site = make_site()
    followers.move(site.pk, following.NAME, live.state(site.pk), timezone.now())
    follow()
    return site


def follow(age: float = 0.0) -> None:
    log.shared().redis.set(HEARTBEAT_KEY, int((timezone.now().timestamp() - age) * 1e6))


def walk(site, at: dt.datetime) -> None:
    """What beat and a worker do."""
    canary.sweep(site, at)
    for letter in outbox.bind(site.pk, at):
        delivery.deliver(letter, lambda: at)


def told(site) -> list[str]:
    return [event.kind for packed in log.shared().read(site.pk, "0-0", 100, 0) for event in packed.opened().events]


def test_it_begins_every_five_minutes_disturbs_nobody_and_leaves_one_row(site):
    now = timezone.now()
    for minute in range(11):
        walk(site, now + minute * MINUTE)
    row, message = Canary.objects.get(), Message.objects.get()
    assert (row.walks, row.arrived_at) == (3, now + 10 * MINUTE)
    assert (message.kind, message.contact, message.state) == ("canary", None, "sent")
    assert told(site) == ["canary_arrived", "canary_expected"] * 3
    assert not JournalEntry.objects.filter(kind__startswith="message.").exists()


@pytest.mark.parametrize("cut", ["worker", "followers", "line", "beat"])
def test_whichever_part_of_the_way_is_cut_it_is_late_and_health_says_so(site, cut):
    walk(site, timezone.now() - 11 * MINUTE)
    assert canary.state(site.pk, timezone.now() - 2 * MINUTE).late is False
    now = timezone.now()
    match cut:
        case "worker":
            canary.sweep(site, now)
            outbox.bind(site.pk, now)
        case "followers":
            follow(age=61)
            walk(site, now)
        case "line":
            with live.writing(site.pk) as page:
                page.write(Line("alarm.raised", now - 2 * MINUTE, "x", "x", [("alarm", 1)]))
            walk(site, now)
    assert canary.state(site.pk, now).late is True
    report = Client().get("/health/ready").json()
    assert ("canary" in report["degraded"], report["canaries_late"]) == (True, 1)


def test_an_arrival_that_does_not_come_is_an_alarm_until_it_comes(site, wait_until):
    (entry,) = [entry for entry in pack("city") if entry.slug == "canary-late"]
    make_rule(site, entry.slug, {**entry.spec, "within": 1})
    followers.move(site.pk, following.NAME, live.state(site.pk), timezone.now())

    def states() -> list[str]:
        with transaction.atomic():
            return list(Alarm.objects.filter(rule__slug="canary-late").values_list("state", flat=True))

    with correlating(site):
        walk(site, timezone.now())
        wait_until(lambda: states() == ["unacknowledged"])
        follow()
        followers.move(site.pk, following.NAME, live.state(site.pk), timezone.now())
        walk(site, timezone.now() + canary.EVERY)
        wait_until(lambda: states() == ["returned"])
    assert Alarm.objects.get().sentence_fr == "Le canari des messages ne passe plus : une alarme n'appellerait personne"
