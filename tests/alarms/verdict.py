"""Hands transitions to the life cycle as the correlator does: one batch, one transaction, one page of the journal."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction

from alarms.engine.transitions import StateEvidence, Transition
from alarms.models import Rule
from alarms.site.survey import Survey, survey
from alarms.verdicts.batch import Verdicts
from alarms.verdicts.open_alarms import OpenAlarms
from assets.instants import microseconds
from assets.models import Asset, Feed, Point, Site
from journal.page import open_page
from tests.factories import NOON, make_asset, make_kind, make_rule, make_site

STATE = {"kind": "state", "scope": {"quantity": "supply_state"}, "values": [{"severity": "high", "in": [2]}]}


def at(seconds: float) -> dt.datetime:
    return NOON + dt.timedelta(seconds=seconds)


@dataclass
class Desk:
    """A site, its rules by slug, and the batches it is given. Build the inventory first: it is surveyed once."""

    site: Site
    rules: dict[str, Rule]
    _survey: Survey | None = None
    _known: OpenAlarms = field(init=False)

    def __post_init__(self) -> None:
        self._known = OpenAlarms(self.site.pk)

    def survey(self) -> Survey:
        self._survey = self._survey or survey(self.site.pk)
        return self._survey

    def move(self, kind: str, rule: str, asset: Asset | Feed, when: dt.datetime, severity: str = "high", **told) -> Transition:
        moment = microseconds(when)
        evidence = StateEvidence(2.0, moment, (2.0,), 2.0, moment, 0)
        version = self.rules[rule].active_version_id
        values = {"previous": None, "at": moment, "since": moment, "learned": moment, "evidence": evidence} | told
        return Transition(kind, version, "asset", asset.pk, severity, **values)

    def batch(self, transitions: Iterable[Transition], now: dt.datetime) -> int:
        """Apply them in one commit; returns how many lines were journaled."""
        with transaction.atomic():
            verdicts = Verdicts(self.survey(), self._known, list(transitions), now)
            verdicts.lock()
            page = open_page(self.site.pk)
            verdicts.write(page)
            page.close()
        return len(page)

    def raised(self, rule: str, assets: Iterable[Asset], now: dt.datetime, severity: str = "high") -> int:
        return self.batch([self.move("raise", rule, asset, now, severity) for asset in assets], now)

    def cleared(self, rule: str, assets: Iterable[Asset], now: dt.datetime, severity: str = "high") -> int:
        return self.batch([self.move("clear", rule, asset, now, severity) for asset in assets], now)


def make_desk(slug: str = "quai", **rules: dict) -> Desk:
    """A site with one state rule per keyword; the value is merged into its spec."""
    site = make_site(slug)
    return Desk(site, {name: make_rule(site, name, STATE | spec) for name, spec in rules.items()})


def make_lamps(site: Site, number: int, on: Asset, prefix: str = "L", **fields: object) -> list[Asset]:
    kind = make_kind("lamp")
    return Asset.objects.bulk_create(
        Asset(site=site, code=f"{prefix}-{n:05d}", name=f"Lampe {prefix}-{n}", kind=kind, depends_on=on, longitude=2.24,
              latitude=48.89, **fields)
        for n in range(number)
    )  # fmt: skip


def make_cabinet(site: Site, code: str = "ARM-1", **fields: object) -> Asset:
    cabinet = make_asset(site, code, "cabinet", name=f"Armoire {code}", **fields)
    Point.objects.create(asset=cabinet, quantity="supply_state")
    return cabinet
