"""Every field of every form of a page, with what no page of ours would send: refused or taken, and never our mistake."""

import datetime as dt
import os
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver
from django.utils import timezone

from alarms.models import MaintenanceWindow
from assets.models import ImportRun, UnknownAddress
from commands import reactions
from commands.models import CommandType, Scenario
from hypervisor import tokens
from hypervisor.models import Grant
from journal.actors import Actor
from response.orders import links
from tests.api.test_every_address import filled as at
from tests.api.test_every_address import routes
from tests.factories import NOON, make_asset, make_kind, make_point, make_rule
from tests.passages.settled import settle
from tests.reports.months import keep_month
from tests.response.ordering import BY, make_contract, make_contractor, make_order

HOSTILE = (
    "\0", "a\0b", "\ud7ff\uffff", "\u202etxt.exe", "a\nb", "é" * 100_000, "9" * 5000, "-1", "1e400", "NaN", "٣", "0x10",
    "0001-01-01", "9999-12-31", "10000-01-01", "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T25:61", "00:00", "24:00",
    "[" * 3000, "{0.__class__}", "%s%n", "../../etc/passwd", "<script>", "' OR 1=1 --", " ",
)  # fmt: skip
ALL = os.environ.get("HOSTILE") == "all"
"""Whether each field gets each of these, which takes half an hour, or the next third of them, so that a form has all."""

WINDOW = {
    "reason": "travaux", "asset": "", "sector": "sud", "kind": "", "repeats": "weekly", "starts_at": "2026-11-20T08:00",
    "ends_at": "2026-11-20T12:00", "last_day": "2026-12-24", "weekdays": "1", "start_time": "08:00", "end_time": "10:00",
    "critical": "",
}  # fmt: skip
PERMIT = {
    "reference": "A-9", "company": "Martin", "contact": "", "purpose": "", "plates": "ZZ-999-ZZ", "gates": "sud",
    "valid_from": "", "valid_until": "2040-01-01T18:00", "hours": "lun-ven 7h-18h", "longest_stay": "8h", "escort": "",
}  # fmt: skip
GATE = {
    "name": "Accès nord", "slug": "nord", "asset": "B-2", "direction": "in", "area": "", "intercom": "tel:12", "purpose": "",
    "policy": "assisted", "threshold": "0.95", "zones": "a, b", "quiet_after": "30", "waits": "300", "enabled": "on",
}  # fmt: skip
READER = {
    "name": "LAPI", "slug": "lapi-2", "source": "plain", "direction": "unknown", "asset": "", "address": "mqtt://b/x",
    "camera": "", "enabled": "on",
}  # fmt: skip
SOURCE = {
    "name": "Accès", "slug": "acces", "address": "https://u:p@acces.example/permits", "secret": "Bearer x", "interval": "900",
    "allow_private_address": "on", "enabled": "on",
}  # fmt: skip
QUANTITY = {
    "name_fr": "État", "name_en": "State", "unit": "m", "interval": "60", "states": "0 = a | b", "counter": "", "least": "1",
    "most": "2", "accept_meaning": "on",
}  # fmt: skip
REACTION = {"rule": "crue-2", "type": "open", "parameters": "", "minutes": "", "scenario": "", "enabled": "on"}
SCENARIO = {
    "name_fr": "Nuit", "name_en": "Night", "slug": "nuit-2", "roles": "operator", "automatic": "on", "enabled": "on",
    "act": "save",
    "steps-TOTAL_FORMS": "1", "steps-INITIAL_FORMS": "0", "steps-0-type": "open", "steps-0-assets": "B-1", "steps-0-kind": "",
    "steps-0-sector": "", "steps-0-parameters": "", "steps-0-wait": "on", "steps-0-within": "30", "steps-0-stop": "on",
    "steps-0-ORDER": "1", "steps-0-DELETE": "",
}  # fmt: skip
CONNECTOR = {
    "address": "https://acces.example/",
    "enabled": "on",
    "allow_private_address": "",
    "act": "save",
    "mapping": '{{"protocol": "http", "path": "/x", "answer": {{"field": "a", "accepted": ["b"]}}}}',
}
FORMS = {
    "login/": {"username": "chef", "password": "faux", "next": "/"},
    "preferences": {"language": "fr", "theme": "dark", "desk": "Poste 1", "next": "/"},
    "sites/quai/maintenance": WINDOW,
    "sites/quai/maintenance?once": {**WINDOW, "repeats": "once"},
    "sites/quai/maintenance/{window}": WINDOW,
    "sites/quai/maintenance/{window}/cancellation": {"x": ""},
    "sites/quai/settings/new-feed/hubeau": {
        "name": "Hub’Eau", "supervisor": "", "supervisor_name": "Hub’Eau", "address": "https://hubeau.example/x",
        "interval": "300", "private": "on",
    },
    "sites/quai/settings/new-feed/ttn": {
        "name": "TTN", "supervisor": "", "supervisor_name": "", "address": "v3/+/devices/+/#", "broker": "mqtt://b",
        "interval": "60",
    },
    "sites/quai/settings/feeds/jauges/rhythm": {"name": "Jauges", "expected_interval": "60", "enabled": "on"},
    "sites/quai/settings/feeds/jauges/token": {"x": ""},
    "sites/quai/settings/feeds/jauges/mapping": {
        "act": "keep", "mapping": '{{"address": "id", "value": "v"}}', "message": '{{"id": "a", "v": 1}}', "topic": "a/b",
        "address": "", "name": "un", "anyway": "on", "recorded": "1",
    },
    "sites/quai/settings/feeds/jauges/adoptions/{address}": {"code": "J-1", "quantity": "flow"},
    "sites/quai/settings/supervisors": {"act": "supervisor", "name": "Éclairage", "slug": "eclairage"},
    "sites/quai/settings/supervisors?feed": {
        "act": "feed", "supervisor": "1", "name": "Débits", "slug": "debits", "protocol": "pull", "address": "https://x.example/",
        "expected_interval": "60", "private": "on",
    },
    "sites/quai/settings/supervisors/{supervisor}/name": {"name": "Eaux"},
    "sites/quai/settings/kinds": {"slug": "clapet", "name_fr": "C", "name_en": "C", "domain": "water", "glyph": "unknown"},
    "sites/quai/settings/kinds/{kind}": {"act": "names", "name_fr": "C", "name_en": "C", "domain": "water", "glyph": "unknown"},
    "sites/quai/settings/kinds/{kind}?quantity": {"act": "quantity", "quantity": "state", **QUANTITY},
    "sites/quai/settings/kinds/{kind}/{quantity}": QUANTITY,
    "sites/quai/assets/{asset}/points": {"quantity": "power"},
    "sites/quai/assets/{asset}/points/{point}": {
        "unit": "m", "interval": "60", "feed": "", "address": "", "states": "1 = a", "limit-watch": "2,5",
    },
    "sites/quai/settings/sectors": {"sector": "{sector}", "name": "Nord"},
    "sites/quai/settings/people": {"username": "n", "full_name": "N", "role": "operator", "sectors": ""},
    "sites/quai/settings/people/{grant}": {"role": "operator", "sectors": ""},
    "sites/quai/rules/import": {"text": "", "pack": "", "apply": "1"},
    "sites/quai/assets/imports": {"way": "written", "known": "{run}", "complete": "", "column": "", "values": "",
                                  "written": "format = 'csv'"},
    "sites/quai/assets/imports/{run}/comparison": {"x": ""},
    "sites/quai/assets/imports/{run}/confirmation": {"accept_detected": "", "without_refused": ""},
    "sites/quai/scenarios/blackout": {"x": ""},
    "sites/quai/settings/privacy": {"event_kind": "badge", "attribute": "plate"},
    "sites/quai/settings/privacy?withdraw": {"event_kind": "badge", "attribute": "plate", "withdraw": "1"},
    "sites/quai/settings/reports": {
        **dict.fromkeys(("flood_above", "flood_below", "busy_hour", "chattering_times", "chattering_within"), "10"),
        **dict.fromkeys(("fleeting_below", "fleeting_apart", "stale_after", "together_within", "together_share"), "60"),
        "down_rules": "crue",
    },
    "sites/quai/contracts/{contract}": {
        "act": "commitment", "measure": "restore", "priority": "urgent", "target": "95", "amount": "50", "per": "hour",
        "most": "", "at_all_hours": "",
    },
    "sites/quai/contracts/{contract}?limits": {"act": "limits", "failed_after": "60", "most": "1000"},
    "sites/quai/contracts/{contract}?remove": {"act": "remove", "id": "0"},
    "sites/quai/contracts/{contract}?withdraw": {"act": "withdraw", "id": "1"},
    "sites/quai/contracts/{contract}/2026-03": {
        "act": "exclusion", "kind": "works", "begins_at": "2026-03-02T08:00", "ends_at": "2026-03-02T09:00", "asset": "",
        "order": "", "why": "Chantier du gaz",
    },
    "sites/quai/contracts/{contract}/2026-03?freeze": {"act": "freeze", "reason": "Panne reprise"},
    "sites/quai/settings/mailings": {
        "act": "keep", "name": "Mensuel", "what": "alarms", "sector": "nord", "every": "month", "day": "1", "hour": "7",
        "language": "fr", "contacts": "Ana <ana@ville.fr>",
    },
    "sites/quai/settings/mailings?end": {"act": "end", "id": "1"},
    "sites/quai/settings/mailings?again": {"act": "again", "id": "1"},
    "sites/quai/settings/silences": {"operator-critical": "60", "supervisor-high": "480"},
    "sites/quai/settings/webhooks": {
        "act": "add", "name": "Mairie", "url": "https://x.example/", "nouns": "alarm", "severities": "high",
    },
    "sites/quai/on-call": {"act": "add", "means": "mail", "address": "ana@ville.fr"},
    "sites/quai/on-call?act": {"act": "verify", "contact": "1", "code": "123456"},
    "sites/quai/on-call?override": {
        "act": "override", "rota": "nuit", "person": "operator", "starts_at": "2030-01-01T08:00", "ends_at": "2030-01-02T08:00",
    },
    "sites/quai/settings/notification": {"act": "rota", "name": "Nuit", "people": "operator", "starts": "2026-01-05T08:00",
                                         "every_days": "7"},
    "sites/quai/settings/notification?policy": {"act": "policy", "name": "Nuit", "repeat": "1", "targets_1": "person:operator",
        "delay_1": "5", "delay_2": "5", "delay_3": "5", "delay_4": "5"},
    "sites/quai/settings/notification?mail": {"act": "mail", "host": "mail.ville.fr", "port": "587", "security": "tls",
        "sender": "vigie@ville.fr", "user": "v", "password": "p"},
    "sites/quai/settings/notification?push": {"act": "push", "subject": "mailto:vigie@ville.fr"},
    "sites/quai/settings/notification?duty": {"act": "duty", "patience_minutes": "7", "announce_minutes": "60", "region": ""},
    "sites/quai/settings/notification?announcement": {"act": "announcement", "name": "Tous", "targets": "person:operator"},
    "sites/quai/settings/notification?sms": {"act": "sms", "settings": "[]"},
    "sites/quai/settings/notification?delete": {"act": "delete-rule", "slug": "1"},
    "sites/quai/settings/contractors": {"act": "contractor", "name": "Citelux", "email": "a@x.fr", "phone": "", "contact": "",
        "language": "fr"},
    "sites/quai/settings/contractors?contract": {"act": "contract", "contractor": "citelux", "reference": "E", "starts_on":
        "2026-01-01", "ends_on": "", "days": "monday", "opens": "08:00", "closes": "18:00", "urgent_accept": "5"},
    "sites/quai/settings/contractors?plan": {"act": "plan", "name": "C", "contract": "1", "work": "Curer", "kind": "gauge",
        "assets": "", "every": "6", "unit": "months", "starts_on": "2030-01-01", "season": "4", "remind_days": "3",
        "window_start": "", "window_minutes": "0"},
    "sites/quai/settings/contractors?end": {"act": "end-plan", "id": "1"},
    "sites/quai/settings/webhooks?act": {"act": "secret", "webhook": "1"},
    "sites/quai/account": {"old_password": "faux", "new_password1": "un-mot-de-passe", "new_password2": "un-mot-de-passe"},
    "sites/quai/passages/history": {"plate": "AB-123-CD"},
    "sites/quai/permits": {"plate": "AB-123-CD"},
    "sites/quai/permits/new": PERMIT,
    "sites/quai/permits/{permit}": PERMIT,
    "sites/quai/permits/{permit}/state": {"state": "suspended"},
    "sites/quai/permits/imports": {"whole": "on"},
    "sites/quai/permits/imports/{permit_import}/confirmation": {"without_refused": "1"},
    "sites/quai/settings/plates": {
        "use": "deliveries", "basis": "public_task", "statement": "Ouvrir aux livraisons.", "assessment": "AIPD 2",
        "contact": "dpo@ville", "clear_hours": "24", "history_days": "30", "not_policing": "on",
    },
    "sites/quai/settings/plates/gates/{gate}": {"purpose": "{purpose}", "policy": "assisted", "threshold": "0.95"},
    "sites/quai/settings/gates": GATE,
    "sites/quai/settings/gates/{gate}": {**GATE, "asset": "B-1", "purpose": "{purpose}"},
    "sites/quai/settings/gates/{gate}/readers": READER,
    "sites/quai/settings/gates/{gate}/readers/{reader}": {**READER, "slug": "{reader}"},
    "sites/quai/settings/permit-sources": {**SOURCE, "slug": "acces-2"},
    "sites/quai/settings/permit-sources/{source}": {**SOURCE, "forget": "on"},
    "sites/quai/settings/permit-sources/{source}/removal": {"permits": "keep"},
    "sites/quai/settings/commands/reactions": REACTION,
    "sites/quai/settings/commands/reactions/{reacting}": {**REACTION, "rule": ""},
    "sites/quai/settings/api-tokens": {
        "name": "planning", "may": "commands", "role": "operator",
        "last_day": f"{timezone.now() + dt.timedelta(days=30):%Y-%m-%d}",
    },
    "sites/quai/settings/walls": {"name": "Mur nord"},
    "sites/quai/settings/commands/types/{type}": {"enabled": "on", "automatic": "on"},
    "sites/quai/settings/commands/new-scenario": SCENARIO,
    "sites/quai/settings/commands/new-scenario?preview": {**SCENARIO, "act": "preview"},
    "sites/quai/settings/commands/new-scenario?add": {**SCENARIO, "act": "add"},
    "sites/quai/settings/commands/scenarios/{slug}": SCENARIO,
    "sites/quai/settings/commands/scenarios/{slug}/state": {"enabled": "on"},
    "sites/quai/settings/connectors/{supervisor}": CONNECTOR,
    "sites/quai/settings/connectors/{supervisor}?try": {
        **CONNECTOR, "act": "try", "asset": "B-1", "type": "open", "parameters": "a = 1; b = 2", "status": "200",
        "answer": "{{}}",
    },
    "work/{link}": {"act": "note", "text": "Nacelle demandée"},
    "work/{link}?refuse": {"act": "refuse", "text": "hors marché"},
    "logout/": {"x": ""},
}  # fmt: skip
"""Address, and what its page sends. A question mark only tells two ways apart."""
KNOWN = {"site": "quai", "feed": "jauges", "name": "blackout"}
SETTLED = (
    "gate", "purpose", "permit", "permit_import", "stay", "reader", "type", "slug", "supervisor", "source", "reacting",
    "api_token",
)  # fmt: skip
WITHOUT_FIELDS = {
    "a/*", "account/*/*/", "sites/*/account/sessions", "sites/*/passages/inside/*/exit", "sites/*/settings/plates/*/withdrawal",
    "sites/*/settings/people/*/withdrawal",
    "sites/*/settings/permit-sources/*/token", "sites/*/settings/commands/reactions/*/removal",
    "sites/*/settings/api-tokens/*/revocation", "sites/*/settings/walls/*/revocation",
    "sites/*/settings/feeds/*/revocation", "sites/*/settings/feeds/*/deletion", "sites/*/settings/supervisors/*/deletion",
    "sites/*/settings/connectors/*/token", "sites/*/settings/connectors/*/removal",
    "sites/*/settings/commands/scenarios/*/deletion", "sites/*/settings/gates/*/readers/*/token",
    "sites/*/settings/gates/*/readers/*/removal",
    "sites/*/settings/people/*/link", "sites/*/settings/people/requests/*/confirmation",
    "sites/*/settings/people/requests/*/refusal",
}  # fmt: skip
"""What is sent there is the address alone."""


@pytest.fixture
def filled(city, valkey):
    window = MaintenanceWindow.objects.create(
        site=city.site, sector=city.sectors["sud"], reason="travaux", starts_at=NOON, created_at=NOON, weekdays=[1],
        start_time="08:00", end_time="10:00",
    )  # fmt: skip
    address = UnknownAddress.objects.create(feed=city.feed, address="x", first_seen_at=NOON, last_seen_at=NOON)
    run = ImportRun.objects.create(site=city.site, file_name="x.csv", started_at=NOON, mapping={"format": "csv"})
    known = {"window": window.pk, "address": address.pk, "run": run.pk, "sector": city.sectors["nord"].pk,
             "grant": Grant.objects.get(user=city.users["operator"]).pk}  # fmt: skip
    known |= settle(city)
    step = {"target": {"assets": ["B-1"]}, "type": "open"}
    Scenario.objects.create(site=city.site, slug="nuit", name_fr="Nuit", name_en="Night", steps=[step])
    known |= {"type": CommandType.objects.get(kind__slug="barrier", slug="open").pk, "slug": "nuit", "supervisor": "eau"}
    make_rule(city.site, "crue-2")
    pump = make_kind("pump", points=[{"quantity": "power", "codes": {"1": "a"}}])
    asset = make_asset(city.site, "P-1", "pump")
    known |= {"kind": pump.slug, "quantity": "power", "asset": asset.pk, "point": make_point(asset, None, "flow", address="").pk}
    by, now = Actor.of(city.users["administrator"]), timezone.now()
    known["reacting"] = reactions.write(city.site, city.rule.slug, type="open", by=by, now=now).rule
    known["api_token"] = tokens.create(city.site, "robot", ["commands"], "operator", now + dt.timedelta(days=9), by=by, now=now)[
        0
    ].pk
    contract = make_contract(make_contractor(city.site))
    order = make_order(city.assets["nord"], contract, timezone.now())
    keep_month(contract, order, BY)
    known["contract"] = contract.pk
    known |= {"link": links.token(links.make(order.pk, by=BY, now=timezone.now()))}
    return lambda text: text.format(**known)


@pytest.mark.timeout(600)  # a long form is sent in several hundred ways
@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_never_our_mistake_whatever_is_sent_in_it(city, filled, form):
    client = city.client("administrator")
    client.raise_request_exception = False
    address = f"/{filled(form)}"
    sent = {name: filled(value) for name, value in FORMS[form].items()}
    failed = []
    for number, name in enumerate(sent):
        for value in HOSTILE if ALL else HOSTILE[number % 3 :: 3]:
            body = {**sent, name: value}
            if "imports" in form:
                body["file"] = SimpleUploadedFile("a.csv", b"code,name\nJ-1,x\n")
            if client.post(address, body).status_code >= 500:
                failed.append((name, value[:40]))
    assert failed == []
    client.force_login(city.users["administrator"])
    assert client.get("/sites/quai/maintenance").status_code == 200, "what was taken can be shown"


@pytest.mark.parametrize("name", ["\0.csv", "a\nb.csv", "../../x.csv", "\u202evsc.x", "é" * 500 + ".csv", ".geojson"])
def test_a_file_is_never_our_mistake_whatever_its_name(city, filled, name):
    client = city.client("administrator")
    sent = {"way": "native", "file": SimpleUploadedFile(name, b"code,name\nJ-1,x\n")}
    assert client.post("/sites/quai/assets/imports", sent).status_code in (302, 422)
    rules = {"file": SimpleUploadedFile(name, b"\xff\xfe\0")}
    assert client.post("/sites/quai/rules/import", rules).status_code in (200, 302)


@pytest.mark.parametrize("number", ["MQ", "AA", "LTE", "4pi6", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "%00", "é", "x" * 3000])
@pytest.mark.parametrize("token", ["choose", "x", "a-b", "%00-%00", "zzzzzz-" + "a" * 3000])
def test_a_link_that_somebody_invented_opens_nothing(client, db, number, token):
    for ask in (client.get, client.post):
        assert ask(f"/account/{number}/{token}/", follow=True).status_code in (200, 404)


def test_no_form_is_forgotten(city, filled):
    """Whatever address of a page takes a POST has its form above."""
    client, here = (
        city.client("administrator"),
        {**KNOWN, "pane": "map", "version": 1, "z": 1, "x": 1, "y": 1, "old": 1, "new": 1},
    )
    pages = [route for route in routes(get_resolver()) if not route.startswith(("api/", "admin/", "ogc/"))]
    there = here | {name: filled(f"{{{name}}}") for name in ("window", "address", "run", "grant", *SETTLED)}
    there |= {
        "asset": city.assets["nord"].pk,
        "alarm": city.alarms["nord"].pk,
        "incident": 1,
        "rule": city.rule.pk,
        "asked": 1,
        "uidb64": "MQ",
        "token": "x-y",
        "offer": "modbus",
        "wall": 1,
        "view": "all",
        "handover": 1,
        "work_order": 1,
        "procedure": 1,
        "procedure_run": 1,
        "contract": 1,
        "month": "2026-03",
        "schedule": 1,
        "kind": "pump",
        "quantity": "power",
        "point": city.points["nord"].pk,
    }
    taking = {route for route in pages if client.post(f"/{at(route, there)}").status_code != 405}
    told = {re.sub(r"\{\w+\}|quai|jauges|blackout|2026-03|(?<=new-feed/)\w+", "*", form.partition("?")[0]) for form in FORMS}
    assert {re.sub(r"<[^>]+>", "*", route) for route in taking} - told == WITHOUT_FIELDS
