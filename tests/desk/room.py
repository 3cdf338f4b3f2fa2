"""A control room for the desk's tests: alarms are raised and cleared as the correlator does it, and announced like it."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction

from alarms import live
from alarms.engine.transitions import ThresholdEvidence, Transition
from alarms.journal import open_page
from alarms.lifecycle.verdicts import Verdicts
from alarms.models import Alarm, JournalEntry
from alarms.survey import survey
from assets.instants import instant
from assets.models import Asset, ImportRun, Point, Site, UnknownAddress
from hypervisor.models import Session
from hypervisor.sessions import SessionStore
from tests.desk.served import Served
from tests.factories import make_asset, make_feed, make_kind, make_point, make_rule, make_sector, make_site, make_user

T = TypeVar("T")
SECOND = 1_000_000
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

    def pages(self) -> list[str]:
        """Every page of the site but the desk, for who may see all of them."""
        grant = self.people["operateur"].grants.get()
        return [
            "assets", f"assets/{self.assets[0].pk}", "assets/imports", f"assets/imports/{self.run.pk}", "settings",
            f"settings/feeds/{self.feed.slug}", "settings/people", f"settings/people/{grant.pk}", "settings/sectors", "scenarios",
        ]  # fmt: skip

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

    def clear(self, indexes: Sequence[int], severity: str = "high") -> None:
        self._tell("clear", indexes, severity, 0)

    def alarm(self, index: int) -> Alarm:
        return Alarm.objects.filter(point=self.points[index]).latest("id")

    def alarm_shown(self, where: str) -> Alarm:
        """The alarm a row speaks of, by the asset's code it begins with."""
        return Alarm.objects.filter(asset__code=where.split(" ")[0]).latest("id")

    def journal(self, index: int) -> list[str]:
        return list(JournalEntry.objects.filter(alarm=self.alarm(index)).order_by("seq").values_list("kind", flat=True))

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
            verdicts = Verdicts(survey(self.site.pk), transitions, instant(now))
            verdicts.lock()
            page = open_page(self.site.pk)
            verdicts.write(page)
            page.close()
        live.announce(self.site.pk, page.first, page.seq)


def elsewhere(work: Callable[[], T]) -> T:
    """In a thread without an event loop: the browser's driver keeps one running in ours."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result()
