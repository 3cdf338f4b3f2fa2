"""What a demo stand needs beside its city: connectors, a purpose, gates with their readers, the access system, rules, scenarios,
procedures.

Read from stand.json of the city's folder; written in the name of the demo's administrator. Addresses follow the city from start
to start; what else is there is left as somebody may have changed it.
"""

import datetime as dt
from pathlib import Path
from typing import Any

import msgspec

from alarms.engine.faults import SpecError
from alarms.rules import activate, rulebook, write_rule
from assets.models import Asset, Site, Supervisor
from assets.refusal import Refused
from commands import connectors
from commands.models import Connector
from commands.scenarios import moves as scenarios
from hypervisor import duty_stand
from hypervisor.models import Grant, Role
from journal.actors import Actor
from passages import gates, purposes
from passages.models import Gate, PermitSource, Purpose
from reports.contracts import keeping
from reports.contracts.reading import local_month, month_of
from response.models import Contract
from response.notification import stand as notification_stand
from response.orders import stand as orders_stand
from response.procedures import book

PACK = "city"


_BROKEN = (book.BookError, SpecError, Asset.DoesNotExist, Contract.DoesNotExist, Supervisor.DoesNotExist, KeyError)
"""What a stand that names what is not there comes to."""


class BrokenStand(ValueError):
    """The file cannot be used; says why."""


class _Connector(msgspec.Struct):
    supervisor: str
    address: str
    mapping: dict[str, Any]
    over_mqtt: dict[str, Any] | None = None


class _Reader(msgspec.Struct):
    slug: str
    name: str
    camera: str
    token: str


class _Gate(msgspec.Struct):
    slug: str
    name: str
    asset: str
    area: str
    direction: str
    policy: str
    threshold: float
    reader: _Reader


class _Rule(msgspec.Struct):
    slug: str
    scope: dict[str, Any] = {}


class _Scenario(msgspec.Struct):
    slug: str
    name: dict[str, str]
    steps: list[dict[str, Any]]


class _Procedures(msgspec.Struct):
    """A ready-made pack, and the city's own procedures, which take the place of those of the same name."""

    pack: str
    own: list[book.ProcedureEntry]


class _Committed(msgspec.Struct):
    """What is measured of a contract, and one exclusion, which began so many minutes `ago`."""

    reference: str
    values: dict[str, Any]
    kind: str
    why: str
    ago: int
    minutes: int


class _Stand(msgspec.Struct):
    connectors: list[_Connector]
    purpose: dict[str, Any]
    gates: list[_Gate]
    permit_source: dict[str, Any]
    rules: list[_Rule]
    scenarios: list[_Scenario]
    duty: duty_stand.Duty | None = None
    notification: notification_stand.Notification | None = None
    works: orders_stand.Works | None = None
    commitments: list[_Committed] = []
    procedures: _Procedures | None = None


def load(site: Site, folder: Path, city: str, mqtt: str, *, fresh: bool, now: dt.datetime) -> None:
    """Set the stand up; a folder without stand.json has none. Raises BrokenStand."""
    path = folder / "stand.json"
    if not path.exists():
        return
    admin = Grant.objects.filter(site=site, role=Role.ADMINISTRATOR).select_related("user").order_by("pk").first()
    if admin is None:
        raise BrokenStand("nobody administers the demo site")
    by = Actor.of(admin.user)
    try:
        stand = msgspec.json.decode(path.read_bytes(), type=_Stand)
        for each in stand.connectors:
            _connect(site, each, city, mqtt, by, now)
        _permits(site, stand.permit_source, city, by, now)
        _gates(site, stand, by, now)
        if stand.notification is not None:
            notification_stand.connect(site, stand.notification, city, by=by, now=now)
        if fresh:
            _rules(site, stand.rules, now)
            for told in stand.scenarios:
                scenarios.write(site.pk, told.slug, told.name["fr"], told.name["en"], told.steps, by=by, now=now)
            if stand.duty is not None:
                duty_stand.load_entities(site, stand.duty, by=by, now=now)  # procedures ask them
            if stand.procedures is not None:
                _procedures(site, stand.procedures, by, now)
            if stand.duty is not None:
                duty_stand.load(site, stand.duty, by=by, now=now)
            if stand.notification is not None:
                people = dict(Grant.objects.filter(site=site).values_list("user__username", "user"))
                notification_stand.load(site, stand.notification, people, by=by, now=now)
            if stand.works is not None:
                orders_stand.load(site, stand.works, by=by, now=now)
            for told in stand.commitments:
                _committed(site, told, by, now)
    except (msgspec.DecodeError, Refused, *_BROKEN) as error:
        raise BrokenStand(f"{path.name}: {error}") from error


def _committed(site: Site, told: _Committed, by: Actor, now: dt.datetime) -> None:
    """The month before is frozen before its exclusion is argued: its page has a difference to show."""
    row = Contract.objects.select_related("contractor__site").prefetch_related("kinds", "sectors").get(
        contractor__site=site, reference=told.reference
    )  # fmt: skip
    keeping.commit(row, told.values, by=by, now=now)
    keeping.freeze(row, month_of(local_month(now, site.timezone), site.timezone).before, reason="", by=by, now=now)
    since = now - dt.timedelta(minutes=told.ago)
    wanted = keeping.Wanted(told.kind, told.why, since, since + dt.timedelta(minutes=told.minutes))
    keeping.exclude(row, wanted, by=by, now=now)


def _connect(site: Site, told: _Connector, city: str, mqtt: str, by: Actor, now: dt.datetime) -> None:
    address, mapping = told.address.replace("{city}", city.rstrip("/")), told.mapping
    if told.over_mqtt is not None and mqtt:
        address, mapping = mqtt, told.over_mqtt
    elif not city:
        return
    supervisor = Supervisor.objects.get(site=site, slug=told.supervisor)
    known = Connector.objects.filter(supervisor=supervisor).first()
    if known is None or (known.address, known.mapping) != (address, mapping):
        connectors.set_up(supervisor, address, mapping, by=by, now=now, allow_private_address=True)


def _permits(site: Site, told: dict[str, Any], city: str, by: Actor, now: dt.datetime) -> None:
    known = PermitSource.objects.filter(site=site, slug=told["slug"]).first()
    wanted = told | {"address": told["address"].replace("{city}", city.rstrip("/")), "allow_private_address": True}
    if city and (known is None or known.address != wanted["address"]):
        gates.save_source(site, wanted, by=by, now=now, known=known)


def _gates(site: Site, stand: _Stand, by: Actor, now: dt.datetime) -> None:
    known = set(Gate.objects.filter(site=site).values_list("slug", flat=True))
    wanted = [each for each in stand.gates if each.slug not in known]
    if not wanted:
        return
    purpose = Purpose.objects.filter(site=site, withdrawn_at=None).first()
    if purpose is None:
        purpose = purposes.state(site, **stand.purpose, not_policing=True, by=by, now=now)
    for each in wanted:
        told = {name: getattr(each, name) for name in ("slug", "name", "area", "direction", "policy", "threshold")}
        barrier = Asset.objects.select_related("kind").get(site=site, code=each.asset)
        gate = gates.save_gate(site, told | {"asset": barrier, "purpose": purpose}, by=by, now=now)
        camera = Asset.objects.filter(site=site, code=each.reader.camera).first()
        said = {"slug": each.reader.slug, "name": each.reader.name, "source": "plain", "asset": camera}
        reader = gates.save_reader(gate, said, by=by, now=now)
        gates.new_token(reader, gate, by=by, now=now, token=each.reader.token)


def _procedures(site: Site, told: _Procedures, by: Actor, now: dt.datetime) -> None:
    own = {entry.slug for entry in told.own}
    ready = [entry for entry in book.pack(told.pack) if entry.slug not in own]
    book.bring_in(site, [*ready, *told.own], activate=True, by=by, now=now)


def _rules(site: Site, wanted: list[_Rule], now: dt.datetime) -> None:
    """Rules of the pack, active, each narrowed to where this city means it."""
    entries = {entry.slug: entry for entry in rulebook.pack(PACK)}
    for each in wanted:
        entry = entries[each.slug]
        spec = entry.spec | {"scope": entry.spec["scope"] | each.scope}
        activate(write_rule(site, entry.slug, entry.name.fr, entry.name.en, spec, note=entry.note_in("fr"), now=now), now=now)
