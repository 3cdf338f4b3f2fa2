"""The description of the interface is the one committed, and the interface answers as it is described."""

import datetime as dt
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator

from alarms.backtests import runs
from alarms.incidents import moves
from alarms.maintenance import moves as maintenance
from alarms.models import MaintenanceWindow
from assets.models import UnknownAddress
from journal.actors import Actor
from journal.webhooks import moves as webhooks
from response.daylog import signing, writing
from response.daylog.writing import Draft
from response.notification import contacts
from response.orders import moves as orders
from response.procedures import authoring
from response.procedures import runs as procedures
from tests.api.reads import READS
from tests.factories import NOON, THRESHOLD, make_change_set, make_command, make_override, make_run
from tests.passages.settled import settle
from tests.reports.months import keep_month
from tests.response.asking import make_entity, make_question
from tests.response.ordering import OFFICE, TERMS, make_contract, make_contractor, make_order, make_plan, png
from tests.response.sirens import make_siren
from tests.response.staffed import staff

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
REFRESH = ".venv/bin/python manage.py spectacular --validate --fail-on-warn --file docs/openapi.yaml"


def test_the_committed_description_is_the_one_of_the_code(tmp_path):
    """Generating fails on any warning, and on what is no OpenAPI."""
    made = tmp_path / "openapi.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(made))
    if made.read_text("utf-8") != COMMITTED.read_text("utf-8"):
        pytest.fail(f"docs/openapi.yaml is not what the code says. Look at the difference, then commit it:\n    {REFRESH}")


def test_the_description_is_served_as_it_is_committed(client):
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert answer.content.decode() == COMMITTED.read_text("utf-8")


def parts_of(thing, place="$"):
    """Each object of a document with its place."""
    if isinstance(thing, dict):
        yield place, thing
    for name, part in thing.items() if isinstance(thing, dict) else enumerate(thing) if isinstance(thing, list) else ():
        yield from parts_of(part, f"{place}.{name}")


def test_no_enumeration_mixes_types_as_generators_of_clients_drop_what_has_one():
    document = SchemaGenerator(patterns=None).get_schema(request=None, public=True)
    mixed = [
        place
        for place, part in parts_of(document)
        if isinstance(part.get("enum"), list) and len({type(value) for value in part["enum"]} - {type(None)}) > 1
    ]
    assert mixed == []


@pytest.mark.parametrize("quality", ["good", "uncertain", "bad", 0, 1, 2, None])
def test_a_pushed_reading_is_described_as_it_is_taken(quality):
    document = SchemaGenerator(patterns=None).get_schema(request=None, public=True)
    reading = Draft202012Validator(document["components"]["schemas"]["PushedReading"])
    for value in (1, 1.5, "open", True):
        for at in ("2026-11-22T08:00:00Z", 1_795_340_000, None):
            assert reading.is_valid({"address": "a", "value": value, "at": at, "quality": quality})
    for wrong in ("fine", 3, True, 0.5, []):
        assert not reading.is_valid({"address": "a", "value": 1, "quality": wrong})


@pytest.fixture(scope="module")
def described():
    """described(method, path, status, body): nothing, or a failure that says where an answer differs."""
    document = SchemaGenerator(patterns=None).get_schema(request=None, public=True)

    def check(method, path, status, content, body):
        responses = document["paths"][path][method]["responses"]
        answer = responses.get(str(status), responses["default"])
        schema = answer["content"][content]["schema"] | {"components": document["components"]}
        return [f"{error.json_path}: {error.message[:200]}" for error in Draft202012Validator(schema).iter_errors(body)]

    return check


@pytest.fixture
def at(city):
    """at(template): the address of something of the city."""
    UnknownAddress.objects.create(feed=city.feed, address="G-7", first_seen_at=NOON, last_seen_at=NOON, sample="1.25")
    incident = moves.open_by_hand(city.site.pk, [city.alarms["sud"].pk], by=Actor.of(city.users["administrator"]), now=NOON)
    wanted = MaintenanceWindow(
        site=city.site, sector=city.sectors["sud"], reason="Curage", starts_at=NOON, weekdays=[1], start_time=NOON.time(),
        end_time=NOON.time(),
    )  # fmt: skip
    window = maintenance.plan(wanted, by=Actor.of(city.users["administrator"]), now=NOON)
    backtest = runs.order(city.rule, NOON - dt.timedelta(days=1), NOON, now=NOON)
    runs.run(backtest.pk, lambda: NOON)
    by = Actor.of(city.users["administrator"])
    webhook = webhooks.create(city.site.pk, "Mairie", "https://mairie.example/", by=by, now=NOON)
    command = make_command(city.assets["nord"], by)
    simple = {"kind": "simple", "name": {"fr": "f", "en": "f"}, "attached_to": {"rules": ["crue"]},
              "steps": [{"type": "manual", "id": "a", "title": {"fr": "a", "en": "a"}, "timeout": 60}]}  # fmt: skip
    procedure = authoring.activate(authoring.write(city.site.pk, "fiche", simple, by=by, now=NOON), by=by, now=NOON)
    followed = procedures.begin(procedure, incident=incident, by=by, now=NOON)
    draft = Draft("Ronde faite @operator", NOON, importance="notable", asset=city.assets["nord"], incident=incident)
    note = writing.write(city.site.pk, draft, people={"operator"}, by=by, now=NOON)
    writing.attach(note, "vue.png", PNG, by=by, now=NOON)
    signature = signing.sign(city.site, NOON.date(), by=by, now=NOON)
    contract = make_contract(make_contractor(city.site))
    work_order = make_order(city.assets["nord"], contract, alarm=city.alarms["nord"], incident=incident)
    orders.photo(work_order.pk, "mat.png", png(), by=by, now=NOON)
    keep_month(contract, work_order, by)
    contact = contacts.add(city.site.pk, by.person, "administrator", "mail", "ana@ville.fr", by=by, now=NOON)
    plan = make_plan(contract, assets=[city.assets["nord"]])
    mairie = make_entity(city.site, "mairie", city.users["administrator"])
    siren = make_siren(city.site, 1502)
    asked = make_question(city.site, mairie, by=by, now=dt.datetime.now(dt.UTC), alarm=city.alarms["nord"], incident=incident)
    ids = {"site": "quai", "order_plan": plan.pk, "contact": contact.pk,
           "entity": "mairie", "entity_message": asked.pk, "siren": siren.pk,
           "note": note.pk, "signature": signature.pk,
           "work_order": work_order.pk, "contract": contract.pk, "contractor": "citelux", "month": "2026-03",
           "webhook": webhook.pk, "command": command.pk, "override": make_override(command).pk,
           **staff(city.site, by), **settle(city), "supervisor": "eau", "type": command.type_id, "slug": "nuit",
           "scenario_run": make_run(city.assets["nord"], by).pk,
           "procedure": procedure.pk, "procedure_run": followed.pk, "step": "a",
           "backtest": backtest.pk, "incident": incident.pk, "window": window.pk, "alarm": city.alarms["nord"].pk,
           "asset": city.assets["nord"].pk, "point": city.points["nord"].pk,
           "change_set": make_change_set(city.site).pk, "rule": city.rule.pk, "feed": "jauges"}  # fmt: skip
    return lambda template: template.format(**ids)


@pytest.mark.parametrize("path", READS)
def test_what_is_read_is_as_described(city, valkey, at, described, path):
    answer = city.client("administrator").get(at(path + READS[path]))
    assert answer.status_code == 200, answer.content
    assert described("get", path, 200, "application/json", answer.json()) == []


def test_every_address_that_can_be_read_was_looked_at():
    document = SchemaGenerator(patterns=None).get_schema(request=None, public=True)
    readable = {path for path, operations in document["paths"].items() if "get" in operations}
    others = {
        "/api/v1/notes/{note}/attachments/{attachment}", "/api/v1/work-orders/{work_order}/photos/{photo}",
        "/api/v1/positions/{position}/rota.ics", "/api/v1/sites/{site}/rota.ics",
        "/api/v1/sites/{site}/alarms.csv", "/api/v1/sites/{site}/alarms.parquet",
        "/api/v1/sites/{site}/work-orders.csv", "/api/v1/sites/{site}/order-plans.ics",
        "/api/v1/points/{point}/readings.csv", "/api/v1/passages/{passage}/picture", "/api/v1/incidents/{incident}/cap",
        "/api/v1/contracts/{contract}/months/{month}/{table}.csv",
        "/api/v1/sites/{site}/reports/{table}.csv", "/api/v1/sites/{site}/reports/annunciations.csv",
    }  # fmt: skip
    assert readable == set(READS) | others, "say in READS how each address is asked"


PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
CONNECTOR = {"address": "https://superviseur.example/api", "mapping": {"protocol": "http", "path": "/orders/{asset}"}}
PLAN = {"name": "Nettoyage", "work": "Nettoyer", "every": 6, "unit": "months", "starts_on": "2026-04-01"}
CONTRACT = {"contractor": "citelux", "reference": "ECL-26", "terms": TERMS, "starts_on": "2026-01-01", "hours": OFFICE}
SCENARIO = {
    "name": {"fr": "Nuit", "en": "Night"}, "steps": [{"target": {"kind": "flood-gauge", "sector": "nord"}, "type": "reset"}],
}  # fmt: skip
ROTA = {"name": "Nuit", "layers": [{"people": ["operator"], "starts": "2026-01-05T08:00:00"}]}
POLICY = {"name": "Nuit", "steps": [{"targets": [{"person": "operator"}], "delay_minutes": 5}], "repeat": 1}
SIREN = {"name": "Salle", "settings": {"protocol": "modbus", "host": "10.0.0.9"}, "patterns": {"critical": {"sound": "fast"}}}
SMTP = {"protocol": "smtp", "host": "mail.ville.fr", "sender": "vigie@ville.fr", "password": "secret"}
MOVES = [
    ("post", "/api/v1/sites/{site}/contacts", {"means": "sms", "address": "06 12 34 56 78"}, 201),
    ("put", "/api/v1/sites/{site}/on-call-rotas/{slug}", {"document": ROTA}, 200),
    ("put", "/api/v1/sites/{site}/escalation-policies/{slug}", {"document": POLICY}, 200),
    ("put", "/api/v1/sites/{site}/notification-rules", {"document": {"rules": []}}, 200),
    (
        "put",
        "/api/v1/sites/{site}/duty-settings",
        {"patience_minutes": 7, "announce_minutes": 30, "region": "6AE"},
        200,
    ),
    ("put", "/api/v1/sites/{site}/gateways/mail", {"settings": SMTP}, 200),
    ("post", "/api/v1/alarms/{alarm}/acknowledgement", {"comment": "vu"}, 200),
    ("post", "/api/v1/alarms/{alarm}/charge", None, 200),
    ("delete", "/api/v1/alarms/{alarm}/charge", None, 200),
    ("post", "/api/v1/alarms/{alarm}/shelving", {"minutes": 15, "reason": "essais"}, 200),
    ("delete", "/api/v1/alarms/{alarm}/shelving", None, 200),
    ("post", "/api/v1/alarms/{alarm}/out-of-service", {"minutes": 60, "reason": "travaux"}, 200),
    ("delete", "/api/v1/alarms/{alarm}/out-of-service", None, 200),
    ("post", "/api/v1/alarms/{alarm}/comments", {"text": "à suivre"}, 201),
    ("post", "/api/v1/sites/{site}/alarms/acknowledgement", {"ids": ["{alarm}"]}, 200),
    ("post", "/api/v1/sites/{site}/alarms/acknowledgement/withdrawal", {"ids": ["{alarm}"]}, 200),
    ("post", "/api/v1/sites/{site}/alarms/charge", {"ids": ["{alarm}"]}, 200),
    ("post", "/api/v1/sites/{site}/alarms/charge/withdrawal", {"ids": ["{alarm}"]}, 200),
    ("post", "/api/v1/sites/{site}/alarms/shelving", {"ids": ["{alarm}"], "minutes": 15, "reason": "essais"}, 200),
    ("post", "/api/v1/sites/{site}/alarms/shelving/withdrawal", {"ids": ["{alarm}"]}, 200),
    ("post", "/api/v1/sites/{site}/alarms/comments", {"ids": ["{alarm}"], "text": "à suivre"}, 200),
    ("post", "/api/v1/incidents/{incident}/charge", None, 200),
    ("delete", "/api/v1/incidents/{incident}/charge", None, 200),
    ("post", "/api/v1/incidents/{incident}/comments", {"text": "à suivre"}, 201),
    ("post", "/api/v1/sites/{site}/notes", {"text": "Rien à signaler", "category": "round"}, 201),
    ("delete", "/api/v1/handovers/{handover}", None, 200),
    ("post", "/api/v1/instructions/{instruction}/reading", None, 200),
    ("delete", "/api/v1/instructions/{instruction}", None, 200),
    (
        "post",
        "/api/v1/sites/{site}/instructions",
        {"text": "Ronde du quai", "weekdays": [5], "from_clock": "22:00", "to_clock": "06:00", "roles": ["operator"]},
        201,
    ),
    ("put", "/api/v1/sites/{site}/sirens/{slug}", SIREN, 200),
    ("post", "/api/v1/sirens/{siren}/test", None, 200),
    ("put", "/api/v1/sites/{site}/entities/{entity}", {"name_fr": "Mairie", "members": ["operator"]}, 200),
    ("post", "/api/v1/sites/{site}/entity-messages", {"text": "Le quai ferme", "to": ["mairie"], "alarm": "{alarm}"}, 201),
    ("post", "/api/v1/entity-messages/{entity_message}/acknowledgements", {"entity": "mairie"}, 200),
    ("post", "/api/v1/entity-messages/{entity_message}/answers", {"entity": "mairie", "answer": "yes"}, 200),
    ("post", "/api/v1/entity-messages/{entity_message}/ending", {"ending": "recalled", "reason": "erreur"}, 200),
    ("delete", "/api/v1/positions/{position}/holding", None, 200),
    ("post", "/api/v1/positions/{position}/holding", {"reason": "absence"}, 200),
    ("post", "/api/v1/sites/{site}/positions", {"slug": "op", "name_fr": "Opérateur 1"}, 201),
    (
        "post",
        "/api/v1/positions/{position}/rota",
        {"starts": "2026-03-02T06:00", "ends": "2026-03-02T14:00", "weekdays": [0, 4], "until": "2026-07-31"},
        201,
    ),
    ("post", "/api/v1/notes/{note}/corrections", {"text": "Ronde faite à 11 h 50"}, 201),
    ("post", "/api/v1/sites/{site}/day-signatures", {"day": "2026-03-01"}, 200),
    ("post", "/api/v1/runs/{procedure_run}/steps/{step}", {"act": "do", "answer": "fait"}, 200),
    ("put", "/api/v1/sites/{site}/contractors/{contractor}", {"name": "Citelux"}, 200),
    ("put", "/api/v1/contracts/{contract}", CONTRACT, 200),
    ("post", "/api/v1/sites/{site}/contracts", {**CONTRACT, "reference": "B-2"}, 201),
    ("post", "/api/v1/sites/{site}/work-orders", {"fault": "Panne", "contractor": "citelux", "alarm": "{alarm}"}, 201),
    ("post", "/api/v1/work-orders/{work_order}/moves", {"move": "accept", "external_ref": "OT-1"}, 200),
    ("post", "/api/v1/sites/{site}/order-plans", {**PLAN, "contract": "{contract}", "assets": ["J-1"]}, 201),
    ("delete", "/api/v1/order-plans/{order_plan}", None, 200),
    ("post", "/api/v1/work-orders/{work_order}/links", {"days": 2}, 201),
    ("post", "/api/v1/work-orders/{work_order}/notes", {"text": "Nacelle demandée"}, 201),
    ("post", "/api/v1/sites/{site}/runs", {"procedure": "fiche", "alarm": "{alarm}"}, 201),
    ("post", "/api/v1/runs/{procedure_run}/abandonment", {"reason": "fin"}, 200),
    ("post", "/api/v1/procedures/{procedure}/activation", {"version": 1}, 200),
    ("delete", "/api/v1/procedures/{procedure}/activation", None, 200),
    ("delete", "/api/v1/maintenance-windows/{window}", None, 200),
    ("patch", "/api/v1/me", {"theme": "light"}, 200),
    ("post", "/api/v1/feeds/{feed}/token", None, 201),
    ("post", "/api/v1/sites/{site}/rules/preview", {"spec": THRESHOLD}, 200),
    ("post", "/api/v1/sites/{site}/rules/readings", {"spec": THRESHOLD}, 200),
    ("post", "/api/v1/rules/{rule}/versions", {"spec": {**THRESHOLD, "deadband": 0.2}}, 201),
    ("delete", "/api/v1/rules/{rule}/shadow", None, 200),
    ("post", "/api/v1/rules/{rule}/backtests", {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, 202),
    ("delete", "/api/v1/rules/{rule}/backtests/{backtest}", None, 200),
    ("post", "/api/v1/assets/{asset}/commands/preview", {"type": "reset"}, 200),
    ("post", "/api/v1/commands/{command}/cancellation", None, 200),
    ("post", "/api/v1/overrides/{override}/ending", None, 200),
    ("put", "/api/v1/sites/{site}/command-scenarios/{slug}", SCENARIO, 200),
    ("post", "/api/v1/scenario-runs/{scenario_run}/stopping", None, 200),
    ("put", "/api/v1/sites/{site}/command-types/{type}", {"enabled": True, "automatic": True}, 200),
    ("put", "/api/v1/sites/{site}/connectors/{supervisor}", CONNECTOR, 200),
    ("post", "/api/v1/rules/{rule}/activation", {"version": 1}, 200),
    ("delete", "/api/v1/rules/{rule}/activation", None, 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), MOVES)
def test_what_is_done_is_answered_as_described(city, at, described, method, path, body, status):
    content = None if body is None else json.dumps(body).replace("{alarm}", at("{alarm}")).replace("{contract}", at("{contract}"))
    answer = getattr(city.client("administrator"), method)(at(path), content, content_type="application/json")
    assert answer.status_code == status, answer.content
    known = path.replace("gateways/mail", "gateways/{means}")
    assert described(method, known, status, "application/json", answer.json()) == []


@pytest.mark.parametrize(
    ("who", "path", "status"),
    [
        ("stranger", "/api/v1/alarms/{alarm}", 404),
        ("operator", "/api/v1/rules/{rule}", 403),
        ("operator", "/api/v1/assets?bbox=1", 422),
    ],
)
def test_a_refusal_is_a_problem_document(city, at, described, who, path, status):
    answer = city.client(who).get(at(path))
    assert (answer.status_code, answer["content-type"]) == (status, "application/problem+json")
    assert described("get", path.partition("?")[0], status, "application/problem+json", answer.json()) == []


def test_an_address_that_is_mistyped_is_told_as_such(db):
    answer = Client(enforce_csrf_checks=True).post("/api/v1/feeds/jauges/readings/", "{}", content_type="application/json")
    assert (answer.status_code, answer["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "There is nothing at this address."
