"""One night of a control room, from the first reading to the printed report: each part of the response in its turn."""

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from alarms.models import Alarm
from assets.models import Site
from commands import watching
from commands.delivery import worker
from commands.models import Command
from journal import followers, live
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from response.duty import positions
from response.models import Contact, HandOver, OrderMail, Run, WorkOrder
from response.notification import delivery, escalation, gateways, outbox, plans
from response.notification.following import NAME, NotificationFollower
from response.notification.sealed import fingerprint, seal
from response.orders import mails as order_mails
from response.procedures import runs
from tests.correlating import correlating
from tests.factories import TOKEN, make_asset, make_feed, make_point, make_rule, make_user
from tests.feeds.city import Pusher
from tests.pages.test_on_paper import conforms, text_of
from tests.response.ordering import make_contract, make_contractor
from tests.response.test_runs import in_force, simple
from tests.response.test_steps import step

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

ADMIN = Actor("person", "admin")
FLOOD = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above", "deadband": 0.1,
    "limits": [{"severity": "critical", "limit": 2.5}],
}  # fmt: skip
PEOPLE = {"ana": "operator", "bob": "operator", "zoe": "shift_supervisor"}
GAUGES = ("CR-1", "CR-2", "CR-3")


@dataclass
class Night:
    """The room, who is in it, and what reaches it."""

    site: Site
    field: Any
    pusher: Pusher
    mailed: Callable[[], list[Any]]
    clients: dict[str, Client]

    def push(self, feed: str, values: dict[str, float]) -> None:
        at = timezone.now().isoformat()
        readings = [{"address": address, "at": at, "value": value} for address, value in values.items()]
        answer = self.pusher.push({"readings": readings}, slug=feed, token=TOKEN)
        assert (answer.status, answer.body["accepted"]) == (202, len(readings)), answer.body

    def ask(self, who: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer = self.clients[who].post(f"/api/v1/{path}", body or {}, content_type="application/json")
        assert answer.status_code < 300, answer.content.decode()
        return answer.json()


@pytest.fixture
def night(field, mails, settings):
    settings.ALLOW_PRIVATE_PULL, settings.ADDRESS = True, "https://vigie.ville.fr"
    now, site = timezone.now(), field.site
    users = {name: make_user(name, site, role) for name, role in PEOPLE.items()}
    for name, user in users.items():
        Contact.objects.create(
            site=site, person=user, means="mail", address=seal(f"{name}@ville.fr"), hint=name, fingerprint=fingerprint(name),
            created_at=now, verified_at=now,
        )  # fmt: skip
    smtp = {
        "protocol": "smtp", "host": "127.0.0.1", "port": mails[0], "security": "none", "sender": "vigie@ville.fr",
        "allow_private_address": True,
    }  # fmt: skip
    gateways.write(site.pk, "mail", smtp, by=ADMIN, now=now)
    steps = [{"targets": [{"person": name}], "delay_minutes": 5} for name in ("ana", "bob")]
    plans.write_policy(site.pk, "nuit", {"name": "Nuit", "steps": steps}, people=PEOPLE, by=ADMIN, now=now)
    plans.write_rules(site.pk, {"rules": [{"name": "Tout", "policy": "nuit"}]}, people=(), by=ADMIN, now=now)
    feed = make_feed(site, "crues")
    for code in GAUGES:
        make_point(make_asset(site, code), feed, address=code)
    make_rule(site, spec=FLOOD)
    steps = (step("appeler", "manual"), step("eloigner", "manual"), step("ouvrir", "command", command="open", asset="B-1"))
    in_force(site, simple(*steps))
    pusher = Pusher()
    clients = {name: Client() for name in users}
    for name, client in clients.items():
        client.force_login(users[name])
        client.cookies["language"] = "fr"
    yield Night(site, field, pusher, mails[1], clients)
    pusher.close()


def link(mail: Any, path: str) -> str:
    """Where a mail leads, below the address of the room."""
    return re.search(rf"https://vigie.ville.fr({path}\S+)", mail.get_content())[1]


def is_told(night: Night, at: dt.datetime) -> None:
    """What the sweep of the notifications does each second, at an instant."""
    escalation.sweep(night.site, at)
    for letter in outbox.bind(night.site.pk, at):
        delivery.deliver(letter, lambda: at)


def escalated(night: Night, follower: NotificationFollower) -> None:
    """Nobody at the desk answers: the first person is told, five minutes later the second, who answers by the link."""
    now = timezone.now()
    follower.deal(followers.bookmark(follower, now), live.state(night.site.pk), now)
    is_told(night, now)
    assert [mail["To"] for mail in night.mailed()] == ["ana@ville.fr"]
    is_told(night, now + dt.timedelta(minutes=5))
    mail = next(mail for mail in night.mailed() if mail["To"] == "bob@ville.fr")
    path, anybody = link(mail, "/a/"), Client()
    assert Alarm.objects.filter(acknowledged_by=None).count() == len(GAUGES), "a link that is only opened changes nothing"
    assert anybody.get(path).status_code == 200
    assert anybody.post(path).status_code < 400
    assert set(Alarm.objects.values_list("acknowledged_by__username", flat=True)) == {"bob"}


def followed(night: Night, incident: int) -> Run:
    """The procedure: a step done, one skipped with its reason, and a command that the field obeys."""
    begun = night.ask("ana", "sites/port/runs", {"procedure": "crue", "incident": incident})
    path = f"runs/{begun['id']}/steps"
    night.ask("ana", f"{path}/appeler", {"act": "do"})
    refused = night.clients["ana"].post(f"/api/v1/{path}/eloigner", {"act": "skip"}, content_type="application/json")
    assert refused.status_code in (409, 422), "a mandatory step is not skipped without a reason"
    told = night.ask("ana", f"{path}/eloigner", {"act": "skip", "reason": "quai déjà évacué"})
    cause = next(each for each in told["steps"] if each["id"] == "ouvrir")["asks"]["cause"]
    asked = night.ask("ana", f"assets/{night.field.gate.pk}/commands", {"type": "open", "cause": cause})
    worker.deliver(asked["id"])
    return Run.objects.get(pk=begun["id"])


def repaired(night: Night, incident: int, contract: int) -> None:
    """An order that is mailed by itself, and moved on from the contractor's phone."""
    alarm = Alarm.objects.filter(asset__code="CR-1").get()
    body = {"fault": "Pompe noyée", "contract": contract, "asset": "CR-1", "alarm": alarm.pk, "incident": incident}
    order = night.ask("ana", "sites/port/work-orders", body)
    now = timezone.now()
    order_mails.sweep(night.site.pk, now)
    order_mails.deliver(OrderMail.objects.get().pk, lambda: now)
    mail = next(mail for mail in night.mailed() if "citelux" in mail["To"])
    phone, path = Client(), link(mail, "/work/")
    for act in ("accept", "arrive", "restore"):
        assert phone.post(path, {"act": act}).status_code < 400, act
    night.ask("ana", f"work-orders/{order['id']}/moves", {"move": "close"})
    assert WorkOrder.objects.get().state == "closed"


def test_a_night_from_the_flood_to_the_report(night, wait_until):
    site = night.site
    contract = make_contract(make_contractor(site, mails=True))
    position = positions.write(site.pk, "op", "Opérateur 1", "Operator 1", 0, by=ADMIN, now=timezone.now())
    night.ask("ana", f"positions/{position.pk}/holding")
    follower = NotificationFollower(site.pk, NAME)
    followers.bookmark(follower, timezone.now())
    with correlating(site):
        night.push("crues", dict.fromkeys(GAUGES, 3.0))
        wait_until(lambda: Alarm.objects.filter(is_open=True, severity=1).count() == len(GAUGES))
        escalated(night, follower)
        alarms = list(Alarm.objects.values_list("pk", flat=True))
        gathered = Alarm.objects.filter(incident__isnull=False).first()
        incident = gathered.incident_id if gathered else night.ask("ana", "sites/port/incidents", {"alarms": alarms})["id"]
        night.ask("ana", f"incidents/{incident}/charge")
        run = followed(night, incident)
        night.push("acces", {"B-1/barrier_state": 1.0})

        def confirmed() -> bool:
            watching.look(site.pk, timezone.now())
            return Command.objects.get().state == "confirmed"

        wait_until(confirmed)
        runs.sweep(site.pk, timezone.now())
        run.refresh_from_db()
        assert run.state == Run.State.DONE
        repaired(night, incident, contract.pk)
        refused = night.clients["ana"].post(f"/api/v1/incidents/{incident}/closure", {}, content_type="application/json")
        assert refused.status_code == 409, "nothing that stands goes out of sight"
        night.push("crues", dict.fromkeys(GAUGES, 1.0))
        wait_until(lambda: not Alarm.objects.filter(is_open=True).exists())
    night.ask("ana", f"incidents/{incident}/closure", {"comment": "décrue"})
    given = night.ask("ana", f"positions/{position.pk}/handovers", {"note": "CR-1 réparée, surveiller."})
    own = night.clients["ana"].post(f"/api/v1/handovers/{given['id']}/acceptance", content_type="application/json")
    assert own.status_code in (403, 409), "nobody accepts their own"
    night.ask("zoe", f"handovers/{given['id']}/acceptance")
    assert (HandOver.objects.get().accepted_by, position.holdings.get(until=None).holder) == ("zoe", "zoe")
    assert list(verify(site.pk)) == []
    printed(night)


def printed(night: Night) -> None:
    """The day is signed and printed: a document that a validator takes, with what happened in it."""
    day = timezone.localdate(timezone=ZoneInfo(night.site.timezone)).isoformat()
    night.ask("zoe", "sites/port/day-signatures", {"day": day})
    answer = night.clients["zoe"].get(f"/sites/port/daylog.pdf?day={day}")
    assert answer.status_code == 200
    conforms(answer.content)
    text = text_of(answer.content)
    for said in ("quai déjà évacué", "Pompe noyée", "Vérifiée", "décrue"):
        assert said in text, said
    sheet = night.clients["zoe"].get(f"/sites/port/handover/{HandOver.objects.get().pk}.pdf")
    conforms(sheet.content)
    assert "CR-1 réparée, surveiller." in text_of(sheet.content)
    skipped = JournalEntry.objects.filter(site=night.site, text_fr__contains="quai déjà évacué").first()
    assert skipped.actor == "ana"
