"""Every address of the control room, as its URL table has them, against whoever has no business there: none is forgotten."""

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from alarms.incidents import moves
from alarms.models import Alarm, Backtest, Incident, MaintenanceWindow, Rule
from assets.models import Feed, ImportRun, UnknownAddress
from commands.models import Command, Override, Scenario, ScenarioRun
from hypervisor import tokens, walls
from hypervisor.api import pace
from hypervisor.models import ApiToken, Grant, GrantRequest, SavedView
from journal.actors import Actor
from journal.models import JournalEntry, Webhook
from journal.webhooks import moves as webhooks
from passages.models import Gate, Passage, Permit, PermitImport, PermitSource, Purpose, Reader, Stay
from reports import schedules
from reports.models import ContractCommitments, Exclusion, ReportMail, ReportSchedule, Statement
from response.daylog import signing, writing
from response.daylog.writing import Draft
from response.models import (
    Contact,
    Contract,
    Contractor,
    Entity,
    EntityAnswer,
    EntityMessage,
    EscalationPolicy,
    Gateway,
    HandOver,
    Holding,
    Instruction,
    OnCallOverride,
    OnCallRota,
    OrderEntry,
    OrderLink,
    Position,
    Procedure,
    Recipient,
    RotaTurn,
    Run,
    Siren,
    StepRun,
    WorkOrder,
)
from response.notification import contacts, plans
from response.orders import moves as orders
from response.procedures import authoring, runs
from tests.factories import NOON, make_command, make_override, make_run, make_user
from tests.passages.settled import settle
from tests.reports.months import keep_month
from tests.response.asking import make_entity, make_question
from tests.response.ordering import make_contract, make_contractor, make_order, make_plan, png
from tests.response.sirens import make_siren
from tests.response.staffed import staff

OPEN = {"", "login/", "logout/", "health/live", "health/ready", "metrics", "preferences", "admin/login/", "api/schema/"}
OPEN |= {"vigie.webmanifest", "worker.js", "away"}  # nobody's data; needed before a login and without a server
OPEN |= {"api/schema/asyncapi/"}
OPEN |= {
    "a/<str:token>",
    "api/v1/sites/<slug:site>/sms-receipts",
    "api/v1/sites/<slug:site>/sms-answers",
}  # the token is the right
OPEN |= {"account/<uidb64>/<token>/", "work/<str:token>"}  # who has the link is whom it was handed to
OPEN |= {"api/v1/readers/<slug:reader>/reads", "api/v1/permit-sources/<slug:source>/permits"}  # each asks for its own token
OPEN |= {"api/v1/sites/<slug:site>/connectors/<slug:supervisor>/answers"}  # likewise
OPEN |= {  # each asks for the token of its wall: tests/pages/test_walls.py
    "walls/<slug:site>/open/<str:token>", "walls/<slug:site>/state", "walls/<slug:site>/key.json",
    "walls/<slug:site>/cameras/<int:asset>", "walls/<slug:site>/<slug:view>",
    "walls/<slug:site>/tiles/<int:version>/<int:z>/<int:x>/<int:y>.mvt",
}  # fmt: skip
OWN = {"api/v1/me", "api/v1/sites", "api/v1/kinds", "api/v1/assets", "api/v1/rules", "api/v1/rules/schema", "api/v1/feeds"}
OWN |= {"api/v1/plate-purposes/templates", "api/v1/procedures/schema"}
"""Addresses that name no site: each gives only what is the person's own."""
ADMINISTRATORS = re.compile(
    r"api/v1/rules/\d|rules/preview|rules/readings|api/v1/feeds/|/settings|/quai/scenarios|/assets/imports|/change-sets|/quai/rules|/plates/|permit-sources|/readers/|/rules/import|/rules/export"
    r"|/connectors|/quai/command-types/|/api-tokens|/contractors/|api/v1/contracts/\d+$|api/v1/order-plans/"
    r"|/on-call-rotas(/nuit)?$|/entities/|/sirens/escalation-policies|/notification-rules|/gateways|/mailings"
)
STEP = {"type": "manual", "id": "a", "title": {"fr": "a", "en": "a"}}
METHODS = ("get", "post", "put", "patch", "delete")


def routes(resolver: URLResolver, before: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        elif not route.startswith("admin/"):
            yield from routes(pattern, route)


def filled(route: str, known: dict[str, object]) -> str:
    """The address of a route for what is there; the name of a parameter says what it is of."""
    route = route.replace(r"^sites/(?P<site>[-\w]+)/(?P<pane>map|list|detail)$", "sites/<site>/<pane>")
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(known[found[1]]), route)


@pytest.fixture
def room(city, monkeypatch):
    """The city with one of everything in `quai`, and its addresses: more of them than one person may change in a minute."""
    for pace_of in (pace.Changes, pace.Remarks):
        monkeypatch.setattr(pace_of, "most", 100_000)
    person, alarm = city.users["administrator"], city.alarms["sud"]
    incident = moves.open_by_hand(city.site.pk, [alarm.pk], by=Actor.of(person), now=NOON)
    window = MaintenanceWindow.objects.create(
        site=city.site, sector=city.sectors["sud"], reason="travaux", starts_at=NOON, created_at=NOON, weekdays=[1],
        start_time=NOON.time(), end_time=NOON.time(),
    )  # fmt: skip
    backtest = Backtest.objects.create(rule=city.rule, spec={}, starts_at=NOON, ends_at=NOON, created_at=NOON)
    asked = GrantRequest.objects.create(user=city.users["auditor"], site=city.site, asked_by=person, asked_at=NOON)
    imported = ImportRun.objects.create(site=city.site, file_name="x.csv", started_at=NOON)
    address = UnknownAddress.objects.create(feed=city.feed, address="x", first_seen_at=NOON, last_seen_at=NOON)
    by = Actor.of(person)
    hook = webhooks.create(city.site.pk, "Mairie", "https://mairie.example/", by=by, now=NOON)
    command = make_command(city.assets["sud"], by)
    simple = {"kind": "simple", "name": {"fr": "f", "en": "f"}, "steps": [STEP], "attached_to": {"rules": ["crue"]}}
    written = authoring.write(city.site.pk, "fiche", simple, by=by, now=NOON)
    procedure = authoring.activate(written, by=by, now=NOON)
    run = runs.begin(procedure, incident=incident, by=by, now=NOON)
    draft = Draft("Ronde", NOON, sector=city.sectors["sud"])
    note = writing.write(city.site.pk, draft, people=(), by=by, now=NOON)
    file = writing.attach(note, "vue.png", b"\x89PNG\r\n\x1a\n" + bytes(40), by=by, now=NOON)
    robot, _ = tokens.create(city.site, "robot", ["commands"], "operator", NOON + dt.timedelta(days=9), by=by, now=NOON)
    contract = make_contract(make_contractor(city.site))
    work_order = make_order(city.assets["sud"], contract)
    exclusion = keep_month(contract, work_order, by)
    ana = schedules.Recipient("Ana", "ana@ville.fr")
    mailing = schedules.Wanted("Mensuel", "month", 1, 7, "fr", [ana], contract=contract)
    photo = orders.photo(work_order.pk, "mat.png", png(), by=by, now=NOON)
    rota = {"name": "Nuit", "layers": [{"people": [person.username], "starts": "2026-01-05T08:00:00"}]}
    on_call = plans.write_rota(city.site.pk, "nuit", rota, people=[person.username], by=by, now=NOON)
    day = dt.timedelta(days=1)
    override = plans.replace_for_a_while(on_call, person.username, NOON, NOON + day, people=[person.username], by=by, now=NOON)
    contact = contacts.add(city.site.pk, person.pk, person.username, "mail", "ana@ville.fr", by=by, now=NOON)
    mairie = make_entity(city.site, "mairie", person)
    known = {
        "siren": make_siren(city.site, 1502, "nuit").pk,
        "entity": "mairie", "entity_message": make_question(city.site, mairie, by=by, sector=city.sectors["sud"]).pk,
        "table": "items", "kind": "flood-gauge", "quantity": "water_level",
        "contractor": "citelux", "contract": contract.pk, "month": "2026-03", "exclusion": exclusion.pk,
        "schedule": (kept := schedules.keep(city.site.pk, "Europe/Paris", mailing, by=by, now=NOON).pk), "mailing": kept,
        "order_plan": make_plan(contract, assets=[city.assets["sud"]]).pk,
        "work_order": work_order.pk, "photo": photo.pk,
        "contact": contact.pk, "means": "mail", "on_call_override": override.pk,
        "note": note.pk, "attachment": file.pk, "signature": signing.sign(city.site, NOON.date(), by=by, now=NOON).pk,
        "api_token": robot.pk,
        "view": SavedView.objects.create(site=city.site, page="alarms", name="v", owner=person, created_at=NOON).pk,
        "command": command.pk, "override": make_override(command).pk, "type": command.type_id, "supervisor": "eau",
        "slug": "nuit", "scenario_run": make_run(city.assets["sud"], by).pk,
        "procedure": procedure.pk, "procedure_run": run.pk, "step": "a",
        "site": "quai", "alarm": alarm.pk, "incident": incident.pk, "window": window.pk, "asset": city.assets["sud"].pk,
        "point": city.points["sud"].pk, "rule": city.rule.pk, "webhook": hook.pk,
        "backtest": backtest.pk, "feed": "jauges", "address": address.pk, "offer": "modbus",
        "run": imported.pk, "change_set": imported.pk,
        "asked": asked.pk, "grant": Grant.objects.get(user=city.users["operator"]).pk,
        "name": "blackout", "old": 1, "new": 1,
        **staff(city.site, by), **settle(city),
        "wall": walls.create(city.site, "Mur nord", by=by, now=NOON)[0].pk,
        "collection": "alarms", "feature": alarm.pk,
        "version": city.site.inventory_version, "z": 12, "x": 2073, "y": 1408, "pane": "map",
    }  # fmt: skip
    city.addresses = [
        f"/{filled(route, known)}" for route in routes(get_resolver()) if route not in OPEN | OWN and not route.endswith("api/")
    ]
    city.users["elsewhere"] = make_user("elsewhere", city.other, "administrator")
    return city


def state() -> list[object]:
    """What must not have changed, whoever knocked."""
    things = (Alarm, Incident, MaintenanceWindow, Rule, Feed, Backtest, ImportRun, UnknownAddress, Webhook, Command, Override)
    things += (Gate, Reader, Purpose, Permit, PermitSource, PermitImport, Passage, Stay, ScenarioRun, Scenario)
    things += (Procedure, Run, StepRun, Contractor, Contract, WorkOrder, OrderEntry, OrderLink)
    things += (Position, RotaTurn, Holding, HandOver, Instruction, Entity, EntityMessage, Recipient, EntityAnswer, Siren)
    things += (Contact, EscalationPolicy, Gateway, OnCallOverride, OnCallRota, ContractCommitments, Exclusion, Statement)
    things += (ReportSchedule, ReportMail)
    return [list(model.objects.order_by("pk").values()) for model in (*things, ApiToken, Grant, GrantRequest, JournalEntry)]


def knock(client: Client, method: str, address: str) -> int:
    body = {} if method == "get" else {"data": "{}", "content_type": "application/json"}
    return getattr(client, method)(address, **body).status_code


def test_the_addresses_are_all_there(room):
    assert len(room.addresses) > 60
    assert sum(bool(ADMINISTRATORS.search(address)) for address in room.addresses) > 20


@pytest.mark.parametrize("name", ["stranger", "root", "elsewhere"])
def test_who_has_no_right_on_a_site_gets_nothing_and_changes_nothing_at_any_of_its_addresses(room, name):
    client, before = room.client(name), state()
    got = {(method, address): knock(client, method, address) for address in room.addresses for method in METHODS}
    assert {asked: status for asked, status in got.items() if status not in (403, 404, 405, 422)} == {}
    assert {address for (method, address), status in got.items() if method == "get" and status == 422} == set()
    assert state() == before


def test_who_is_not_signed_in_is_sent_to_the_door_from_every_address(room):
    client, before = Client(), state()
    got = {(method, address): knock(client, method, address) for address in room.addresses for method in METHODS}
    assert {asked: status for asked, status in got.items() if status not in (302, 401, 403, 404, 405)} == {}
    assert state() == before


@pytest.mark.parametrize("name", ["operator", "shift_supervisor", "auditor", "nord_admin", "nord"])
def test_what_is_for_administrators_of_the_whole_site_is_for_nobody_else(room, name):
    client, before = room.client(name), state()
    asked = [(method, address) for address in room.addresses if ADMINISTRATORS.search(address) for method in METHODS]
    got = {each: knock(client, *each) for each in asked}
    assert {each: status for each, status in got.items() if status not in (403, 404, 405, 422)} == {}
    assert state() == before


def test_who_is_confined_finds_nothing_of_another_sector(room):
    client = room.client("nord")
    things = re.compile(
        r"/(alarms|incidents|points|cameras|items|commands|overrides|scenario-runs|passages|permits|gates|stays|work-orders|entity-messages)/\d|/assets/\d"
        r"|maintenance(-windows)?/\d"
    )
    asked = [(method, address) for address in room.addresses if things.search(address) for method in METHODS]
    assert len(asked) > 80
    got = {each: knock(client, *each) for each in asked}
    assert {each: status for each, status in got.items() if status not in (403, 404, 405, 422)} == {}


def test_an_auditor_changes_nothing_anywhere(room):
    client, before = room.client("auditor"), state()
    others = [address for address in room.addresses if not address.endswith("/account/sessions")]  # their own sessions they end
    got = {(method, address): knock(client, method, address) for address in others for method in METHODS[1:]}
    assert {asked: status for asked, status in got.items() if status not in (403, 404, 405, 422)} == {}
    assert state() == before


def test_no_change_is_made_without_the_token_of_a_page_of_ours(room):
    client, before = Client(enforce_csrf_checks=True), state()
    client.force_login(room.users["administrator"])
    asked = [(method, address) for address in [*room.addresses, *(f"/{each}" for each in OWN), "/preferences", "/logout/"]
             for method in METHODS[1:]]  # fmt: skip
    got = {each: knock(client, *each) for each in asked}
    feeds = re.compile(r"/api/v1/feeds/\w+/(readings|events|ngsi-ld)$")  # they have a token of their own
    assert {each: s for each, s in got.items() if s not in (403, 405) and not feeds.search(each[1])} == {}
    assert state() == before
