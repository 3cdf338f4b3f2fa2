"""A control room for the desk's tests: alarms are raised and cleared as the correlator does it, and announced like it."""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from playwright.sync_api import Locator, Page, expect

from alarms.engine.evidence import MissingEvidence, Seen, SilenceEvidence
from alarms.engine.transitions import ThresholdEvidence, Transition
from alarms.engine.wording import Bilingual
from alarms.lifecycle import moves
from alarms.models import Alarm, MaintenanceWindow, PersonalAttribute, Position
from alarms.site.survey import survey
from alarms.verdicts.batch import Verdicts
from alarms.verdicts.open_alarms import OpenAlarms
from assets.instants import instant
from assets.models import Asset, ImportRun, Latest, Point, Site, UnknownAddress
from hypervisor.models import Session
from hypervisor.sessions import SessionStore
from journal import live
from journal.actors import SYSTEM, Actor
from journal.models import Webhook
from journal.page import open_page
from journal.reading import lines_about
from response.models import Procedure
from response.procedures import book, runs
from tests.desk.served import Served
from tests.factories import (
    make_asset,
    make_change_set,
    make_feed,
    make_kind,
    make_point,
    make_rule,
    make_sector,
    make_site,
    make_user,
)
from tests.reports.months import keep_month
from tests.response.ordering import BY, make_contract, make_contractor, make_order

T = TypeVar("T")
SECOND = 1_000_000
DONE = Bilingual("ouverte", "opened")
LADDER = {
    "kind": "threshold",
    "scope": {"quantity": "water_level"},
    "direction": "above",
    "limits": [
        {"severity": "low", "limit": 1.0},
        {"severity": "medium", "limit": 1.5},
        {"severity": "high", "limit": 2.0},
        {"severity": "critical", "limit": 2.5},
    ],
    "on_delay": 120,
    "deadband": 0.1,
}
LIMITS = {rung["severity"]: rung["limit"] for rung in LADDER["limits"]}
PEOPLE = {"operateur": "operator", "chef": "shift_supervisor", "admin": "administrator", "auditeur": "auditor"}


class Room:
    def __init__(self, served: Served) -> None:
        self.served = served
        self.keys: dict[str, list[str]] = {}
        self.site = make_site("quai")
        self.sector = make_sector(self.site, "berges")
        self.feed = make_feed(self.site)
        self.rule = make_rule(self.site, spec=LADDER)
        self.assets = [make_asset(self.site, f"CR-{n:03}", sector=self.sector) for n in range(12)]
        self.points = [make_point(asset, self.feed) for asset in self.assets]
        self.people = {name: make_user(name, self.site, role) for name, role in PEOPLE.items()}

    def session(self, name: str) -> str:
        """The key of a session in which this person has logged in."""
        user, session = self.people[name], SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        self.keys.setdefault(name, []).append(session.session_key)
        return session.session_key

    def add_points(self, count: int) -> None:
        kind = make_kind()
        made = Asset.objects.bulk_create(
            Asset(site=self.site, code=code, name=f"Jauge {code}", kind=kind, sector=self.sector, longitude=2, latitude=48)
            for code in (f"X-{n:05}" for n in range(count))
        )
        self.points += Point.objects.bulk_create(
            Point(asset=asset, feed=self.feed, quantity="water_level", unit="m", address=asset.code) for asset in made
        )

    def make_demo(self) -> None:
        """Let the administrator see scenarios, an earlier import, and an address nobody knows."""
        now = instant(time.time_ns() // 1000)
        Site.objects.filter(pk=self.site.pk).update(demo=True)
        self.run = ImportRun.objects.create(site=self.site, file_name="jauges.csv", started_at=now)
        UnknownAddress.objects.create(feed=self.feed, address="CR-999/level", first_seen_at=now, last_seen_at=now)

    def furnish(self) -> None:
        """Let lists have rows: a webhook that fails, a feed switched off, maintenances, a personal attribute."""
        now, hour = instant(time.time_ns() // 1000), dt.timedelta(hours=1)
        Webhook.objects.create(
            site=self.site, name="Mairie", url="https://example.org/vigie", secret="whsec_x", failures=3,
            last_error="answered 500", created_at=now, created_by="admin",
        )  # fmt: skip
        make_feed(self.site, "arrosage", enabled=False)
        for begin in (now - hour, now + hour):
            MaintenanceWindow.objects.create(
                site=self.site, asset=self.assets[1], reason="Curage", starts_at=begin, ends_at=begin + 2 * hour, created_at=now
            )
        self.contract = make_contract(make_contractor(self.site))
        keep_month(self.contract, make_order(self.assets[0], self.contract), BY)
        book.bring_in(self.site, book.pack("district"), activate=True, by=SYSTEM, now=now)
        self.procedure = Procedure.objects.get(site=self.site, slug="crue")
        self.procedure_run = runs.begin(self.procedure, exercise=True, by=SYSTEM, now=now)
        self.change_set = make_change_set(self.site)
        PersonalAttribute.objects.create(site=self.site, event_kind="badge", attribute="holder")

    def pages(self) -> list[str]:
        """Every page of the site but the desk, for who may see all of them."""
        grant = self.people["operateur"].grants.get()
        return [
            "assets", f"assets/{self.assets[0].pk}", "assets/imports", f"assets/imports/{self.run.pk}",
            f"assets/imports/{self.change_set.pk}", "settings",
            f"settings/feeds/{self.feed.slug}", "settings/people", f"settings/people/{grant.pk}", "settings/sectors", "scenarios",
            "settings/supervisors", "settings/walls", "settings/kinds", f"settings/kinds/{self.assets[0].kind.slug}",
            f"assets/{self.assets[0].pk}/points", f"assets/{self.assets[0].pk}/points/{self.assets[0].points.first().pk}",
            "incidents", "events", "alarms", "alarms?severity=critical", "looking-back", "heat", "help",
            *(f"alarms/{each.pk}" for each in Alarm.objects.all()[:1]),
            "silences", "messages", "handover", "rota", "rules", "rules/new", f"rules/{self.rule.pk}", "maintenance", "feeds",
            "settings/webhooks", "settings/contractors", "settings/silences", "settings/privacy", "account",
            "reports", "reports/annunciations", "settings/reports", "settings/mailings", *self.contract_pages(),
            "passages", "passages/history", "passages/inside", "permits", "permits/week", "permits/new", "permits/imports",
            "commands", "commands/failed", "commands/overrides", "commands/scenarios", "settings/plates",
            "settings/gates", "settings/commands",
            "settings/commands/types", "settings/commands/scenarios", "settings/commands/new-scenario",
            "on-call", "settings/notification", "settings/siren",
            "settings/new-feed", "settings/new-feed/ttn",
            "procedures", "procedures/new", f"procedures/{self.procedure.pk}", f"procedures/{self.procedure.pk}/edit",
            f"procedures/runs/{self.procedure_run.pk}",
        ]  # fmt: skip

    def contract_pages(self) -> list[str]:
        """A contract with a month that is frozen and one of which nothing is known."""
        sheet = f"contracts/{self.contract.pk}"
        return ["contracts", sheet, f"{sheet}/2026-03", f"{sheet}/2026-03?version=1", f"{sheet}/2026-02"]

    def depend(self, indexes: Sequence[int], on: int) -> None:
        """These assets depend on that one."""
        Asset.objects.filter(pk__in=[self.assets[index].pk for index in indexes]).update(depends_on=self.assets[on])

    def sign_out(self, name: str) -> None:
        """End all sessions of this person, on the server alone."""
        Session.objects.filter(session_key__in=self.keys.pop(name)).delete()

    def hang_up(self, page: object) -> None:
        """The line drops and comes back at once: the page asks for its live channel again."""
        self.served.kill()
        self.served.start()

    def raise_alarms(self, indexes: Sequence[int], severity: str = "high", ago: float = 1.0) -> None:
        """One alarm per point of these indexes, begun `ago` seconds before now."""
        self._tell("raise", indexes, severity, ago)

    def of_asset(self, index: int, severity: str) -> None:
        """An alarm about an asset as a whole, without a reading of its own."""
        now = time.time_ns() // 1000
        evidence = MissingEvidence(Seen(DONE, "event:1", None, now), DONE, "asset", SECOND, None)
        version, asset = self.rule.active_version_id, self.assets[index].pk
        told = Transition("raise", version, "asset", asset, severity, None, now, now, now, evidence)
        elsewhere(lambda: self._store([told], now))

    def silence(self, kind: str, ago: float) -> None:
        """The alarm of the feed's silence, which began `ago` seconds before now: "raise" or "clear"."""
        now = time.time_ns() // 1000
        since = now - int(ago * SECOND)
        evidence = SilenceEvidence("feed", since, 180 * SECOND, 60 * SECOND, 3, len(self.points))
        version, before = self.rule.active_version_id, None if kind == "raise" else "high"
        told = Transition(kind, version, "feed", self.feed.pk, "high", before, now, since, now, evidence)
        elsewhere(lambda: self._store([told], now))

    def clear(self, indexes: Sequence[int], severity: str = "high") -> None:
        self._tell("clear", indexes, severity, 0)

    def shelve(self, indexes: Sequence[int]) -> None:
        """For an hour from now, by the shift supervisor."""
        now = instant(time.time_ns() // 1000)
        until, by = now + dt.timedelta(hours=1), Actor.of(self.people["chef"])
        ids = [self.alarm(index).pk for index in indexes]
        elsewhere(lambda: moves.shelve(ids, until=until, reason="travaux", by=by, now=now))

    def read(self, index: int, value: float, trend: int = 0, ago: float = 0.0) -> None:
        """What the correlator keeps as the newest reading of a point, taken `ago` seconds before now."""
        at = instant(time.time_ns() // 1000 - int(ago * SECOND))
        fresh = {"at": at, "received_at": at, "value": value, "trend": trend}
        elsewhere(lambda: Latest.objects.update_or_create(point=self.points[index], defaults=fresh))

    def hush(self, ago: float) -> None:
        """The feed was last heard `ago` seconds before now, and the correlator has listened since."""
        now = time.time_ns() // 1000
        heard = {"feeds": [self.feed.pk], "heard": [now - int(ago * SECOND)], "committed_at": instant(now)}
        elsewhere(lambda: Position.objects.update_or_create(site=self.site, defaults=heard))

    def alarm(self, index: int) -> Alarm:
        return Alarm.objects.filter(point=self.points[index]).latest("id")

    def alarm_shown(self, where: str) -> Alarm:
        """The alarm a row speaks of, by the asset's code it begins with."""
        return Alarm.objects.filter(asset__code=where.split()[0]).latest("id")

    def journal(self, index: int) -> list[str]:
        alarm = self.alarm(index)
        return list(lines_about(alarm.site_id, "alarm", [alarm.pk]).order_by("seq").values_list("kind", flat=True))

    def _tell(self, kind: str, indexes: Sequence[int], severity: str, ago: float) -> None:
        now = time.time_ns() // 1000
        at = now - int(ago * SECOND)
        limit = LIMITS[severity]
        previous = None if kind == "raise" else severity
        version, since = self.rule.active_version_id, at - 120 * SECOND
        evidence = ThresholdEvidence("above", limit + 0.13, at, limit, limit + 0.02, since, 120 * SECOND, 0.1)
        elsewhere(
            lambda: self._store(
                [
                    Transition(kind, version, "point", self.points[index].pk, severity, previous, at, since, now, evidence)
                    for index in indexes
                ],
                now,
            )
        )

    def _store(self, transitions: list[Transition], now: int) -> None:
        with transaction.atomic():
            verdicts = Verdicts(survey(self.site.pk), OpenAlarms(self.site.pk), transitions, instant(now))
            verdicts.lock()
            page = open_page(self.site.pk)
            verdicts.write(page)
            page.close()
        live.announce(self.site.pk, page.first, page.seq)


def agree(page: Page) -> None:
    """Answer the question before what cannot be undone with its own button."""
    page.locator("#confirm").get_by_role("button").last.click()


def press_and_agree(page: Page, button: Locator) -> None:
    """Press what asks first, once the modules of the page are there."""
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    button.click()
    agree(page)


def elsewhere(work: Callable[[], T]) -> T:
    """In a thread without an event loop: the browser's driver keeps one running in ours."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
