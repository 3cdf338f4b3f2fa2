"""Deterministic, legible rows for tests: a small site with a river gauge, a lamp and the people of a control room."""

import dataclasses
import datetime as dt
import functools
import hashlib

import numpy as np
from django.contrib.auth.hashers import make_password
from django.db import transaction

from alarms.models import Alarm, Rule
from alarms.rules import activate, write_rule
from assets import history
from assets.instants import microseconds
from assets.models import Asset, AssetKind, Feed, ImportRun, Point, Sector, Site, Supervisor
from assets.partitions import MINUTE, Partitions
from assets.readings import Readings
from assets.rollup import Aggregates, Rollup
from commands.catalogue import write as write_type
from commands.models import Command, CommandType, Override, ScenarioRun
from commands.moves import request
from commands.scenarios import moves as scenarios
from hypervisor.models import Grant, User
from journal.actors import Actor

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
TOKEN = "a-token-for-tests"
SQUARE = {"type": "Polygon", "coordinates": [[[2.0, 48.0], [3.0, 48.0], [3.0, 49.0], [2.0, 49.0], [2.0, 48.0]]]}


def make_site(slug: str = "quai", **fields: object) -> Site:
    return Site.objects.create(slug=slug, name=slug.title(), **{"longitude": 2.24, "latitude": 48.89, **fields})


def make_sector(site: Site, slug: str = "nord", parent: Sector | None = None) -> Sector:
    path = f"{parent.path}/{slug}" if parent else slug
    return Sector.objects.create(site=site, slug=slug, name=slug.title(), parent=parent, path=path, polygon=SQUARE)


def make_feed(site: Site, slug: str = "jauges", **fields: object) -> Feed:
    supervisor, _ = Supervisor.objects.get_or_create(site=site, slug="eau", defaults={"name": "Eau"})
    values = {"name": slug.title(), "protocol": "push", "token_hash": hashlib.sha256(TOKEN.encode()).hexdigest(), **fields}
    return Feed.objects.create(supervisor=supervisor, slug=slug, **values)


def make_kind(slug: str = "flood-gauge", **fields: object) -> AssetKind:
    values = {"name_fr": slug, "name_en": slug, "domain": "water", "glyph": slug, **fields}
    return AssetKind.objects.get_or_create(slug=slug, defaults=values)[0]


def make_asset(site: Site, code: str = "J-1", kind: str = "flood-gauge", **fields: object) -> Asset:
    values = {"name": f"Jauge {code}", "kind": make_kind(kind), "longitude": 2.24, "latitude": 48.89, **fields}
    return Asset.objects.create(site=site, code=code, **values)


def make_point(asset: Asset, feed: Feed | None = None, quantity: str = "water_level", **fields: object) -> Point:
    values = {"unit": "m", "interval": 60, "address": f"{asset.code}/{quantity}", **fields}
    return Point.objects.create(asset=asset, feed=feed, quantity=quantity, **values)


def make_history(point: Point, values: dict[dt.datetime, float]) -> None:
    """Readings of a point in history, received when they were taken, and their roll-ups."""
    known, rollup = Partitions(), Rollup(1)
    known.refresh()
    readings = Readings.of([point.pk] * len(values), list(map(microseconds, values)), list(values.values()))
    parts = [rollup.absorb(np.zeros(len(readings), np.int32), readings.at, readings.value)]
    newest = int(readings.at.max())
    minutes = Aggregates.concatenate([*parts, rollup.close_before(newest + MINUTE)])
    with transaction.atomic():
        history.write_readings(readings, known, newest)
        history.write_rollups(dataclasses.replace(minutes, key=np.full(len(minutes), point.pk)), known, newest)


THRESHOLD = {
    "kind": "threshold",
    "scope": {"quantity": "water_level"},
    "direction": "above",
    "limits": [{"severity": "high", "limit": 2.5}, {"severity": "critical", "limit": 3.0}],
    "deadband": 0.1,
}


def make_rule(site: Site, slug: str = "crue", spec: dict | None = None, active: bool = True) -> Rule:
    version = write_rule(site, slug, "Crue", "Flood", spec or THRESHOLD, now=NOON)
    return activate(version, now=NOON) if active else version.rule


PASSWORD = "un-mot-de-passe-long"


@functools.cache
def _hashed() -> str:
    """Hashed once: Argon2 is slow on purpose, and no test is about two hashes of one password."""
    return make_password(PASSWORD)


def make_user(
    name: str = "operateur", site: Site | None = None, role: str = "operator", sectors: tuple = (), password: str = ""
) -> User:
    user = User.objects.create(username=name, password=make_password(password) if password else _hashed(), toured=True)
    if site is not None:
        Grant.objects.create(user=user, site=site, role=role, confined=bool(sectors)).sectors.set(sectors)
    return user


GAUGE_RESET = {
    "kind": "flood-gauge", "slug": "reset", "name": {"fr": "Réarmer", "en": "Reset"}, "interlocks": [],
    "proof": {"quantity": "water_level", "above": 0.0}, "always": True,
}  # fmt: skip


def make_command_type(**members: object) -> CommandType:
    """A command that gauges can be given; nothing forbids it."""
    return write_type({**GAUGE_RESET, **members})


def make_command(asset: Asset, by: Actor, **told: object) -> Command:
    """A command that was asked for and waits for its worker."""
    make_command_type()
    return request(asset, "reset", by=by, role="administrator", **{"now": NOON, **told})


def make_override(command: Command) -> Override:
    """What a command made stand, as of noon and for an hour."""
    return Override.objects.create(
        site=command.site, asset=command.asset, type=command.type, command=command, actor_kind="person", actor="operateur",
        because="essai", since=NOON, until=NOON + dt.timedelta(hours=1),
    )  # fmt: skip


def make_run(asset: Asset, by: Actor) -> ScenarioRun:
    """A scenario of one command, and a run of it."""
    steps = [{"target": {"assets": [asset.code]}, "type": "reset"}]
    scenario = scenarios.write(asset.site_id, "nuit", "Nuit", "Night", steps, by=by, now=NOON)
    return scenarios.run(scenario, by=by, role="administrator", now=NOON)


def make_alarm(rule: Rule, asset: Asset, **fields: object) -> Alarm:
    """An open alarm as the correlator would have stored it, for tests that start from there."""
    values = {
        "site": rule.site, "version": rule.active_version, "subject": f"asset:{asset.id}", "asset": asset,
        "sector": asset.sector, "severity": 2, "state": "unacknowledged", "sentence_fr": f"Niveau haut — {asset.name}",
        "sentence_en": f"High level — {asset.name}", "raised_at": NOON, "learned_at": NOON, "seq": 0, **fields,
    }  # fmt: skip
    return Alarm.objects.create(rule=rule, **values)


def make_change_set(site: Site, **fields: object) -> ImportRun:
    """A file of one new asset, compared and waiting for approval."""
    run = ImportRun.objects.create(
        site=site, file_name="jauges.csv", state="compared", started_at=NOON, finished_at=NOON, new=1,
        inventory_version=site.inventory_version, details={"digest": "x"}, **fields,
    )  # fmt: skip
    run.changes.create(category="added", code="N-1", name="Neuve", kind="flood-gauge", row=2)
    return run
