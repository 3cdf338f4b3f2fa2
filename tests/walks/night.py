"""The walk of test_night: one night of a control room through all the real processes, its people at browsers and telephones.

By hand: python -m tests.walks.night
"""

import email
import email.policy
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.stage import Stage, free_port, wait_for
from tests.walks import alone
from tests.walks.arrival import FEED, PASSWORD, SITE, TOKEN, connect, ready
from tests.walks.barrier import OverHttp
from tests.walks.harm import say

PEOPLE = {"ana": "operator", "bob": "operator", "zoe": "shift_supervisor"}
GAUGES = ("CR-1", "CR-2", "CR-3")
FLOOD = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above", "deadband": 0.1,
    "limits": [{"severity": "critical", "limit": 2.5}],
}  # fmt: skip
PROCEDURE = {
    "kind": "simple", "name": {"fr": "Crue", "en": "Flood"}, "attached_to": {"rules": ["crue"]},
    "steps": [
        {"id": "call", "type": "manual", "title": {"fr": "Appeler le gardien", "en": "Call the caretaker"}},
        {"id": "clear", "type": "manual", "title": {"fr": "Évacuer le quai", "en": "Clear the quay"}},
        {"id": "open", "type": "command", "command": "open", "asset": "B-1", "title": {"fr": "Ouvrir B-1", "en": "Open B-1"}},
    ],
}  # fmt: skip


class Mailbox:
    """A mail server of its own process, and what it got."""

    def __init__(self, folder: Path) -> None:
        self.port, self._folder = free_port(), folder
        handler = ["-c", "aiosmtpd.handlers.Mailbox", str(folder)]
        self._server = subprocess.Popen([sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{self.port}", *handler])

    def to(self, address: str) -> str:
        """The text of the first mail to an address; empty while there is none."""
        for path in sorted((self._folder / "new").glob("*")):
            mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            if mail["To"] == address:
                return mail.get_content()
        return ""

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait(10)


def set_up(mail_port: int) -> None:
    """Gauges and a barrier, their rule and procedure, whoever is told of alarms, a contractor, a position, as of now."""
    from django.utils import timezone

    from journal.actors import SYSTEM
    from response.duty import positions
    from response.models import Contact
    from response.notification import gateways, plans
    from response.notification.sealed import fingerprint, seal
    from response.procedures import authoring
    from tests.commands.field import CHIEF, make_field
    from tests.factories import make_asset, make_feed, make_point, make_rule, make_sector, make_user
    from tests.response.ordering import make_contract, make_contractor

    now = timezone.now()
    site = make_field(now).site
    for name, role in PEOPLE.items():
        user = make_user(name, site, role, password=PASSWORD)
        Contact.objects.create(
            site=site, person=user, means="mail", address=seal(f"{name}@ville.fr"), hint=name, fingerprint=fingerprint(name),
            created_at=now, verified_at=now,
        )  # fmt: skip
    smtp = {"protocol": "smtp", "host": "127.0.0.1", "port": mail_port, "security": "none", "sender": "vigie@ville.fr"}
    gateways.write(site.pk, "mail", smtp | {"allow_private_address": True}, by=CHIEF, now=now)
    steps = [{"targets": [{"person": name}], "delay_minutes": 1} for name in ("ana", "bob")]
    plans.write_policy(site.pk, "nuit", {"name": "Nuit", "steps": steps}, people=PEOPLE, by=CHIEF, now=now)
    plans.write_rules(site.pk, {"rules": [{"name": "Tout", "policy": "nuit"}]}, people=(), by=CHIEF, now=now)
    feed, sector = make_feed(site, "crues"), make_sector(site, "berges")
    for code in GAUGES:
        make_point(make_asset(site, code, sector=sector), feed, address=code)
    make_rule(site, spec=FLOOD)
    authoring.activate(authoring.write(site.pk, "crue", PROCEDURE, by=SYSTEM, now=now), by=SYSTEM, now=now)
    make_contract(make_contractor(site, mails=True))
    positions.write(site.pk, "op", "Opérateur 1", "Operator 1", 0, by=CHIEF, now=now)


@contextmanager
def browsers(url: str) -> Iterator[Any]:
    """enter(name) → the desk of somebody who has logged in; enter() → somebody's telephone, without an account."""
    from playwright.sync_api import expect

    from tests.conftest import browser

    expect.set_options(timeout=60_000)  # what is true does not depend on how busy the machine is
    started = browser()
    chromium = next(started)
    raised: list[str] = []

    def enter(name: str = "") -> Any:
        viewport = {"width": 1440, "height": 900} if name else {"width": 390, "height": 844}
        page = chromium.new_context(locale="fr-FR", viewport=viewport).new_page()
        page.on("pageerror", lambda error: raised.append(f"{page.url}: {error.stack or error}"))
        if not name:
            return page
        page.context.route("**/maplibre-gl.mjs", lambda route: route.abort())  # drawing the city is no part of it
        page.goto(f"{url}/login/")
        page.locator("[name=username]").fill(name)
        page.locator("[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        expect(page.locator("#link")).to_have_attribute("data-state", "live")
        return page

    try:
        yield enter
        assert raised == [], raised
    finally:
        next(started, None)


class Night:
    """Who is in the room, and what reaches it."""

    def __init__(self, stage: Stage, mails: Mailbox, enter: Any) -> None:
        self.url, self.mails, self.enter = f"http://127.0.0.1:{stage.port}", mails, enter
        self._port = stage.port
        self.ana, self.zoe = enter("ana"), enter("zoe")

    def go(self, page: Any, path: str) -> None:
        from playwright.sync_api import expect

        page.goto(f"{self.url}/sites/{SITE}/{path}")
        expect(page.locator("#link")).to_have_attribute("data-state", "live")

    def levels(self, value: float) -> None:
        import httpx

        readings = [{"address": code, "at": time.time(), "value": value} for code in GAUGES]
        headers = {"Authorization": f"Token {TOKEN}"}
        url = f"{self.url}/api/v1/feeds/crues/readings"
        answer = httpx.post(
            url, content=json.dumps({"readings": readings}), headers=headers | {"Content-Type": "application/json"}
        )
        assert (answer.status_code, answer.json()["accepted"]) == (202, len(readings)), answer.text

    def link(self, address: str, path: str) -> str:
        """Where the mail to an address leads."""
        text = str(wait_for(lambda: self.mails.to(address), f"a mail to {address}", 180))
        return next(word for word in text.split() if word.startswith(f"{self.url}{path}"))


def takes_duty(night: Night) -> None:
    from playwright.sync_api import expect

    night.go(night.ana, "handover")
    night.ana.get_by_role("button", name="Prendre : Opérateur 1").click()
    expect(night.ana.locator(".person summary")).to_contain_text("Opérateur 1")


def follows(night: Night, barrier: OverHttp) -> None:
    """The flood is one incident: its procedure has a step done, one skipped, and a command that the field obeys."""
    from playwright.sync_api import expect

    page, other = night.ana, night.zoe
    night.go(page, "")
    night.levels(3.0)
    expect(page.locator("#grid .row.incident:visible")).to_have_count(1)
    page.keyboard.press("j")
    expect(page.locator("#incident .members li")).to_have_count(len(GAUGES))
    page.keyboard.press("t")
    expect(page.locator("#incident .offered button")).to_be_focused()
    page.keyboard.press("Enter")
    step = page.locator("#incident .procedure-step")
    expect(step).to_have_count(3)
    step.nth(0).locator("[name=note]").fill("il descend")
    page.keyboard.press("Enter")
    expect(step.nth(0)).to_have_attribute("data-state", "done")
    step.nth(1).get_by_role("button", name="Sauter…").click()
    page.locator("#step-reason textarea").fill("quai déjà évacué")
    page.locator("#step-reason").get_by_role("button", name="Sauter l’étape").click()
    expect(step.nth(1)).to_contain_text("quai déjà évacué")
    expect(other.locator(".toast")).to_contain_text("« Évacuer le quai » sautée par ana : quai déjà évacué")
    step.nth(2).locator("[data-step-act=order]").click()
    page.locator("#command").get_by_label("Motif").fill("passage des secours")
    page.locator("#command [data-part=go]").click()
    expect(step.nth(2)).to_have_attribute("data-state", "done")
    expect(step.nth(2)).to_contain_text("B-1 · Ouvrir")
    assert [(order["do"], barrier.position) for _, order in barrier.obeyed] == [("open", 1.0)]


def has_it_repaired(night: Night) -> None:
    """Work is ordered with two keys; the contractor, who has no account, tells of it from a telephone."""
    from playwright.sync_api import expect

    page, phone = night.ana, night.enter()
    page.keyboard.press("i")
    page.locator("#order-work [name=fault]").fill("Pompe noyée")
    page.locator("#order-work").get_by_role("button", name="Commander").click()
    expect(page.locator("#toasts")).to_contain_text("Intervention n° 1 commandée")
    phone.goto(night.link("astreinte@citelux.example", "/work/"))
    for act in ("accept", "arrive", "restore"):
        phone.locator(f"[name=act][value={act}]").click()
        expect(phone.locator(f"[name=act][value={act}]")).to_have_count(0)
    expect(page.locator("#incident [data-part=work-orders]")).to_have_text("Intervention n° 1, Citelux : rétablie")


def is_acknowledged_by_the_second(night: Night) -> str:
    """Nobody acknowledged: the first person was told, a minute later the second, who does by the link. What a third was told."""
    from playwright.sync_api import expect

    night.link("ana@ville.fr", "/a/")
    phone = night.enter()
    phone.goto(night.link("bob@ville.fr", "/a/"))
    expect(night.ana.locator("#incident .flags")).to_contain_text("à acquitter")  # a link that is only opened changes nothing
    phone.get_by_role("button").click()
    expect(night.ana.locator("#incident .flags")).not_to_contain_text("à acquitter")
    return str(night.mails.to("zoe@ville.fr"))


def closes(night: Night) -> None:
    from playwright.sync_api import expect

    page = night.ana
    close = page.locator("#incident").get_by_role("button", name="Clore l’incident")
    expect(close).to_be_disabled()
    night.levels(1.0)
    close.click()
    page.locator("#close-incident textarea").fill("décrue")
    page.locator("#close-incident").get_by_role("button", name="Clore l’incident").click()
    expect(page.locator("#incident .flags")).to_contain_text("clos")
    page.locator("#incident h2 a").click()
    done = page.locator(".done-about")
    for said in ("Crue", "Ouvrir", "Pompe noyée"):
        expect(done).to_contain_text(said)
    night.go(page, "work-orders")
    page.locator("#orders tbody a").first.click()
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    page.locator("[data-move=close]").click()
    expect(page.locator("header .tag").first).to_have_text("clôturée")


def hands_over(night: Night, folder: Path) -> None:
    """Given with a note, accepted by another; the day is signed, verified, and both are printed."""
    from playwright.sync_api import expect

    giver, taker = night.ana, night.zoe
    night.go(giver, "handover")
    giver.locator("#give textarea").fill("CR-1 réparée, surveiller.")
    giver.locator("#give button").click()
    night.go(taker, "handover")
    taker.get_by_role("button", name="Accepter la relève").click()
    expect(taker.locator(".person summary")).to_contain_text("Opérateur 1")
    expect(giver.locator(".person summary")).not_to_contain_text("Opérateur 1")
    taker.get_by_role("link", name="Lire").click()
    saved(taker, folder / "handover.pdf")
    night.go(taker, "daylog")
    taker.get_by_role("button", name="Signer la journée").click()
    taker.get_by_role("button", name="Vérifier").click()
    expect(taker.locator(".signature output")).to_have_text("Vérifiée : rien n’a été modifié depuis.")
    saved(taker, folder / "daylog.pdf")


def saved(page: Any, path: Path) -> None:
    """What the first link to a PDF of the page leads to."""
    address = page.get_by_role("link", name="PDF").first.get_attribute("href")
    answer = page.request.get(f"{page.url.partition('/sites/')[0]}{address}")
    assert answer.headers["content-type"] == "application/pdf", answer.status
    path.write_bytes(answer.body())


def walk(stage: Stage, folder: str) -> dict[str, object]:
    stage.environment["VIGIE_ADDRESS"] = f"http://127.0.0.1:{stage.port}"
    mails = Mailbox(stage.data / "mails")
    stage.manage("migrate", "--verbosity", "0")
    stage.django()
    set_up(mails.port)
    stage.start("web", "correlator", "worker", "commands", "beat", "follow")
    barrier = OverHttp(stage.port, (FEED, TOKEN), ("", ""))
    connect(barrier, "")
    barrier.start()
    try:
        say("all is started")
        wait_for(ready, "the barrier to be heard of, and the workers", 180)
        with browsers(f"http://127.0.0.1:{stage.port}") as enter:
            night = Night(stage, mails, enter)
            say("the people are in")
            takes_duty(night)
            follows(night, barrier)
            say("the procedure is followed")
            has_it_repaired(night)
            third = is_acknowledged_by_the_second(night)
            say("the second has acknowledged")
            closes(night)
            hands_over(night, Path(folder))
            say("the night is over")
    finally:
        barrier.stop()
        mails.stop()
    return {"third": third, "orders": len(barrier.obeyed), **_kept()}


def _kept() -> dict[str, object]:
    """What the database holds of the night."""
    from alarms.models import Alarm, Incident
    from assets.models import Site
    from commands.models import Command
    from journal.models import JournalEntry
    from journal.reading import verify
    from response.models import HandOver, Run, WorkOrder

    site = Site.objects.get(slug=SITE)
    command, order, incident = Command.objects.get(), WorkOrder.objects.get(), Incident.objects.get()
    skipped = JournalEntry.objects.filter(site=site, text_fr__contains="quai déjà évacué").first()
    return {
        "acknowledged by": sorted(set(Alarm.objects.values_list("acknowledged_by__username", flat=True))),
        "run": Run.objects.get(incident=incident).state,
        "command": [command.state, command.proof_value],
        "order": [order.state, order.incident_id == incident.pk],
        "incident": incident.closed_at is not None,
        "hand-over": HandOver.objects.get().accepted_by,
        "skipped by": skipped.actor if skipped else None,
        "flaws": [str(flaw) for flaw in verify(site.pk)],
    }


if __name__ == "__main__":
    into = sys.argv[1]
    alone.main("night", lambda stage: walk(stage, into))
