"""Connectors, types and scenarios of commands are set on pages as they are through the interface; trying one sends nothing."""

import json

import pytest

from assets.models import Latest
from commands import catalogue
from commands.models import CommandType, Connector, Scenario, SiteChoice
from journal.models import JournalEntry
from tests.factories import NOON, make_asset, make_kind, make_point
from tests.pages.counted import queries_of

HERE = "/sites/quai/settings/connectors/eau"
COMMANDS = "/sites/quai/settings/commands"
MAPPING = {
    "protocol": "http", "path": "/gates/{address}/orders", "headers": {"authorization": "Bearer s3cret"},
    "body": {"order": "{type}", "by": "{key}"}, "answer": {"field": "state", "accepted": ["ok"], "refused": ["no"], "id": "id"},
}  # fmt: skip
CONNECTOR = {"address": "https://acces.example/api", "mapping": json.dumps(MAPPING), "enabled": "on"}
TRIAL = {"act": "try", "asset": "B-1", "type": "open", "parameters": "", "status": "202", "answer": '{"state": "ok", "id": 7}'}


@pytest.fixture
def barrier(city):
    kinds = (("barrier", "Barrière", "Barrier"), ("lamp", "Luminaire", "Lamp"))
    for slug, fr, en in kinds:
        make_kind(slug, name_fr=fr, name_en=en, domain="access")
    barrier = make_asset(city.site, "B-1", "barrier", sector=city.sectors["sud"], supervisor=city.feed.supervisor)
    lamp = make_asset(city.site, "L-1", "lamp", sector=city.sectors["sud"], supervisor=city.feed.supervisor)
    point = make_point(barrier, city.feed, "barrier_state", unit="", interval=30, address="gate/1")
    make_point(lamp, city.feed, "dim_level", unit="%", interval=30)
    Latest.objects.create(point=point, at=NOON, received_at=NOON, value=0)
    catalogue.load(catalogue.read())
    return barrier


def test_a_mapping_is_tried_and_nothing_is_stored_or_sent(city, barrier):
    admin = city.client("administrator")
    page = admin.post(HERE, CONNECTOR | TRIAL)
    assert page.status_code == 200, [page.context["form"].errors, page.context["trial"].errors]
    asked, said = page.context["asked"], page.context["said"]
    assert (asked.verb, asked.where, json.loads(asked.body)["order"]) == ("POST", "/gates/gate%2F1/orders", "open")
    assert asked.headers["authorization"] == "***"
    assert (said.outcome, said.id) == ("accepted", "7")
    assert "Cette réponse vaut : acceptée." in admin.post(HERE, CONNECTOR | TRIAL, headers={"Accept-Language": "fr"}).text
    for answer, status, outcome in (('{"state": "no"}', "200", "refused"), ("", "200", "failed"), ("", "404", "refused")):
        tried = admin.post(HERE, CONNECTOR | TRIAL | {"answer": answer, "status": status})
        assert tried.context["said"].outcome == outcome
    assert not Connector.objects.exists()
    assert not JournalEntry.objects.filter(kind__startswith="connector.").exists()


def test_a_message_of_mqtt_is_tried_with_its_topics(city, barrier):
    mapping = {"protocol": "mqtt", "topic": "orders/{asset}", "body": {"level": "{parameter.level}"}, "answer_topic": "a/{asset}"}
    sent = CONNECTOR | {"address": "mqtt://broker:1883", "mapping": json.dumps(mapping)}
    page = city.client("administrator").post(
        HERE, sent | TRIAL | {"asset": "L-1", "type": "set-level", "parameters": "level = 40"}
    )
    asked = page.context["asked"]
    assert (asked.where, asked.body, asked.answered_on) == ("orders/L-1", '{"level":40}', "a/L-1")


def test_what_cannot_be_asked_is_said_where_it_is_wrong(city, barrier):
    admin = city.client("administrator")
    wrong = [
        ({"mapping": "{"}, ["mapping"], []), ({"mapping": "[]"}, ["mapping"], []), ({"mapping": "{}"}, ["mapping"], []),
        ({"mapping": r'{"protocol": "http", "path": "/\u0000"}'}, ["mapping"], []), ({"asset": "J-1"}, [], ["asset"]),
        ({"type": "set-level"}, [], ["type"]),
        ({"asset": "L-1", "type": "set-level", "parameters": "level = 400"}, [], ["parameters"]), ({"asset": "?"}, [], ["asset"]),
        ({"asset": "L-1", "type": "set-level", "parameters": "lumière"}, [], ["__all__"]),
        ({"mapping": json.dumps(MAPPING | {"path": "/{attribute.line}"})}, [], ["parameters"]),
    ]  # fmt: skip
    for sent, of_form, of_trial in wrong:
        page = admin.post(HERE, CONNECTOR | TRIAL | sent)
        assert page.status_code == 422, sent
        assert (list(page.context["form"].errors), list(page.context["trial"].errors)) == (of_form, of_trial), sent


def test_a_connector_is_saved_its_secrets_are_kept_and_never_shown_again(city, barrier):
    admin = city.client("administrator")
    sent = CONNECTOR | {"address": "https://vigie:pa55@acces.example/api"}
    assert admin.post(HERE, sent).status_code == 302
    page = admin.get(HERE)
    assert "s3cret" not in page.text
    assert "pa55" not in page.text
    form = page.context["form"]
    shown = {name: form[name].value() for name in ("address", "mapping")}
    assert json.loads(shown["mapping"])["headers"] == {"authorization": "***"}
    assert admin.post(HERE, shown | {"allow_private_address": "on"}).status_code == 302
    known = Connector.objects.get()
    assert (known.address, known.mapping, known.enabled) == (sent["address"], MAPPING, False)
    bad = admin.post(HERE, shown | {"address": "mqtt://broker"})
    assert list(bad.context["form"].errors) == ["address"]
    token = admin.post(f"{HERE}/token").context["token"]
    assert token not in admin.get(HERE).text
    known.refresh_from_db()
    assert known.token_hint == token[-4:]
    assert admin.post(f"{HERE}/removal").status_code == 302
    assert not Connector.objects.exists()
    told = list(JournalEntry.objects.filter(kind__startswith="connector.").order_by("seq").values_list("kind", flat=True))
    assert told == ["connector.changed", "connector.changed", "connector.token", "connector.deleted"]


def test_the_catalogue_says_in_words_what_proves_a_command_who_may_and_what_the_site_allows(city, barrier):
    admin, path = city.client("administrator"), f"{COMMANDS}/types"
    page = admin.get(path, headers={"Accept-Language": "fr"}).text
    for said in ("Maintenir ouverte", "Niveau (level) : 0–100 %", "en 15 s", "opérateur, chef de quart, administrateur"):
        assert said in page
    row = CommandType.objects.get(kind__slug="barrier", slug="open")
    assert admin.post(f"{path}/{row.pk}", {"enabled": "on", "automatic": "on"}).status_code == 302
    assert SiteChoice.objects.get().automatic
    assert admin.post(f"{path}/{row.pk}", {}).status_code == 302
    assert not SiteChoice.objects.get().enabled


def scenario(*steps: dict[str, str], **said: object) -> dict[str, object]:
    sent: dict[str, object] = {
        "name_fr": "Évacuation", "name_en": "Evacuation", "slug": "evacuation", "roles": ["administrator"], "enabled": "on",
        "steps-TOTAL_FORMS": str(len(steps)), "steps-INITIAL_FORMS": "0", **said,
    }  # fmt: skip
    for number, step in enumerate(steps):
        sent |= {f"steps-{number}-{name}": told for name, told in step.items()}
    return sent


OPEN = {"type": "open", "assets": "B-1", "stop": "on", "ORDER": "2"}
LIGHT = {"type": "set-level", "kind": "lamp", "sector": "sud", "parameters": "level = 80", "wait": "on", "ORDER": "1"}


def test_a_scenario_is_written_in_the_order_that_was_given_changed_and_activated(city, barrier):
    admin = city.client("administrator")
    assert admin.post(f"{COMMANDS}/new-scenario", scenario(OPEN, LIGHT)).status_code == 302
    row = Scenario.objects.get()
    assert [(step["type"], step["target"]) for step in row.steps] == [
        ("set-level", {"kind": "lamp", "sector": "sud"}), ("open", {"assets": ["B-1"]})
    ]  # fmt: skip
    assert (row.steps[0]["parameters"], row.roles, row.enabled, row.version) == ({"level": 80.0}, ["administrator"], True, 1)
    here = f"{COMMANDS}/scenarios/evacuation"
    page = admin.get(here)
    steps = page.context["steps"]
    same = {f"steps-{n}-{name}": form[name].value() or "" for n, form in enumerate(steps) for name in form.fields}
    same = {name: told for name, told in same.items() if told not in (False, "")} | {"steps-INITIAL_FORMS": "2"}
    assert admin.post(here, scenario({}, {}) | same).status_code == 302
    row.refresh_from_db()
    assert row.version == 1, "what was not changed is the same version"
    assert admin.post(here, scenario({}, {}) | same | {"steps-1-DELETE": "on"}).status_code == 302
    row.refresh_from_db()
    assert (row.version, len(row.steps)) == (2, 1)
    for wanted in (False, True):
        assert admin.post(f"{here}/state", {"enabled": "on"} if wanted else {}).status_code == 302
        row.refresh_from_db()
        assert (row.enabled, row.version) == (wanted, 2)
    assert admin.post(f"{here}/deletion").status_code == 302
    assert not Scenario.objects.exists()


def test_a_scenario_is_looked_at_and_gets_one_more_step_without_being_stored(city, barrier):
    admin = city.client("administrator")
    page = admin.post(f"{COMMANDS}/new-scenario", scenario(OPEN, LIGHT, act="preview"))
    assert [(each["step"], each["asset"].code, bool(each["blocks"])) for each in page.context["foreseen"]] == [
        (1, "L-1", True), (2, "B-1", True)
    ]  # fmt: skip
    page = admin.post(f"{COMMANDS}/new-scenario", scenario(OPEN, act="add"))
    assert page.status_code == 200
    assert page.context["steps"].total_form_count() == 2
    assert page.text.count('value="B-1"') == 1
    assert not Scenario.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "nuit"}, {"roles": []}, {"roles": ["auditor"]}, {"steps-TOTAL_FORMS": "0"}, {"steps-TOTAL_FORMS": "x"},
        {"steps-0-assets": "B-9"}, {"steps-0-kind": "lamp"}, {"steps-0-assets": ""}, {"steps-0-type": "fly"},
        {"steps-0-parameters": "rien"}, {"steps-0-within": "-1"},
    ],
)  # fmt: skip
def test_a_scenario_that_cannot_be_is_said_and_not_written(city, barrier, wrong):
    Scenario.objects.create(site=city.site, slug="nuit", name_fr="Nuit", name_en="Night", steps=[])
    page = city.client("administrator").post(f"{COMMANDS}/new-scenario", scenario(OPEN) | wrong)
    assert page.status_code == 422
    assert list(Scenario.objects.values_list("slug", "name_fr")) == [("nuit", "Nuit")]


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_settings_of_commands_are_for_administrators_of_the_whole_site(city, barrier, who):
    client, row = city.client(who), CommandType.objects.first()
    for path in ("", "/types", "/scenarios", "/new-scenario"):
        assert client.get(f"{COMMANDS}{path}").status_code == 403
    assert client.get(HERE).status_code == 403
    assert client.post(f"{COMMANDS}/types/{row.pk}", {"enabled": "on"}).status_code == 403
    for path in ("/token", "/removal"):
        assert client.post(f"{HERE}{path}").status_code == 403


def test_the_pages_ask_as_much_for_many_as_for_one(city, barrier):
    client = city.client("administrator")
    step = {"target": {"assets": ["B-1"]}, "type": "open", "parameters": {}}
    Scenario.objects.create(site=city.site, slug="nuit", name_fr="Nuit", name_en="Night", steps=[step])
    paths = (COMMANDS, f"{COMMANDS}/types", f"{COMMANDS}/scenarios", f"{COMMANDS}/scenarios/nuit", HERE)
    few = {path: queries_of(client, path) for path in paths}
    Scenario.objects.filter(slug="nuit").update(steps=[step] * 20)
    for number in range(12):
        Scenario.objects.create(site=city.site, slug=f"s{number}", name_fr="x", name_en="x", steps=[step])
        make_asset(city.site, f"B-9{number}", "barrier", sector=city.sectors["nord"], supervisor=city.feed.supervisor)
    assert {path: queries_of(client, path) for path in paths} == few
    assert max(few.values()) <= 16, few
