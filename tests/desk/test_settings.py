"""An administrator sets up a gate, its reader, the supervisor's connector and a scenario in a browser, and asks no interface."""

import datetime as dt

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from commands.models import Connector, Reaction, Scenario
from hypervisor import tokens
from hypervisor.models import ApiToken
from passages.models import Gate, PermitSource, Reader
from tests.desk.gatehouse import Gatehouse
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings
from tests.factories import make_asset, make_point
from tests.passages.settled import ADMIN


@pytest.fixture
def house(room) -> Gatehouse:
    house = Gatehouse(room)

    def furnish() -> None:
        barrier = make_asset(room.site, "B-2", "barrier", sector=room.sector, supervisor=room.feed.supervisor)
        make_point(barrier, room.feed, "barrier_state", unit="", interval=30)

    elsewhere(furnish)
    return house


def in_a_week() -> dt.datetime:
    return timezone.now() + dt.timedelta(days=7)


def found(model: type, **where: object) -> object:
    return elsewhere(lambda: model.objects.get(**where))


def test_a_gate_and_its_reader_are_set_up_without_the_interface(enter, room, house):
    page = enter("admin", path="settings/gates")
    field = page.get_by_label("Barrière ou borne, par son nom ou son code")
    page.get_by_label("Nom", exact=True).fill("Accès nord")
    page.get_by_label("Nom court").fill("nord")
    field.press_sequentially("B-2")
    expect(page.locator("#assets-found option")).to_have_count(1)
    page.get_by_label("Lit les plaques pour").select_option(index=1)
    page.get_by_role("button", name="Créer").click()
    expect(page.locator(".notice").first).to_contain_text("L’accès Accès nord est réglé")
    page.get_by_role("link", name="Ajouter un lecteur").click()
    page.get_by_label("Nom", exact=True).fill("LAPI nord")
    page.get_by_label("Nom court").fill("lapi-nord")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("button", name="Créer un nouveau jeton").click()
    token = page.locator(".notice code").inner_text()
    reader = found(Reader, slug="lapi-nord")
    assert (reader.gate_id, reader.token_hint) == (found(Gate, slug="nord").pk, token[-4:])
    page.reload()  # asks the token's own address again: nobody is shown a token twice
    expect(page.locator("h1")).to_be_visible()
    assert token not in page.content()


def test_a_connector_is_tried_and_then_saved(enter, room, house):
    page = enter("admin", path="settings/commands")
    page.locator("tbody th a").first.click()
    page.get_by_label("Équipement, par son nom ou son code").fill("B-2")
    page.locator("[name=type]").select_option("open")
    page.get_by_label("Corps d’une réponse").fill('{"state": "accepted", "id": 12}')
    page.get_by_role("button", name="Essayer").click()
    expect(page.locator(".tried")).to_contain_text("/assets/B-2/orders")
    expect(page.locator(".tried")).to_contain_text("Cette réponse vaut : acceptée.")
    assert not elsewhere(lambda: Connector.objects.exists())
    page.get_by_role("textbox", name="Adresse").fill("https://acces.example")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice").first).to_contain_text("reçoit désormais les commandes ainsi")
    assert found(Connector).address == "https://acces.example"


def test_a_scenario_is_written_step_by_step_and_activated(enter, room, house):
    page = enter("admin", path="settings/commands/new-scenario")
    page.get_by_label("Nom en français").fill("Évacuation")
    page.get_by_label("Nom en anglais").fill("Evacuation")
    page.get_by_label("Nom court").fill("evacuation")
    page.locator("[name=steps-0-type]").select_option("open")
    page.get_by_label("Équipements, par leurs codes").fill("B-1, B-2")
    page.get_by_role("button", name="Ajouter une étape").click()
    page.locator("[name=steps-1-type]").select_option("close")
    page.locator("[name=steps-1-kind]").select_option("barrier")
    page.get_by_role("button", name="Voir ce qu’il ferait").click()
    expect(page.locator("section tbody tr")).to_have_count(4)
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("button", name="Désactiver").click()
    expect(page.get_by_role("button", name="Activer")).to_be_visible()
    row = found(Scenario)
    assert ([step["type"] for step in row.steps], row.enabled) == (["open", "close"], False)


def test_permits_a_reaction_and_a_program_are_set_up_without_the_interface(enter, room, house):
    page = enter("admin", path="settings/gates")
    page.get_by_role("link", name="Systèmes d’autorisations").click()
    page.get_by_label("Nom", exact=True).fill("Gestion des accès")
    page.get_by_label("Nom court").fill("acces")
    page.get_by_role("button", name="Ajouter").click()
    expect(page.locator(".notice").first).to_contain_text("Le système Gestion des accès est réglé")
    page.get_by_role("button", name="Créer un nouveau jeton").click()
    token = page.locator(".notice code").inner_text()
    assert found(PermitSource, slug="acces").token_hint == token[-4:]
    page.goto(f"{room.served.url}/sites/{room.site.slug}/settings/commands")
    page.get_by_role("link", name="Automatismes").click()
    page.get_by_label("Quand cette règle lève une alarme").select_option(index=1)
    page.get_by_label("Commande à son équipement").select_option("open")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("tbody td").last).to_contain_text("ne laisse pas cette commande partir seule")
    assert found(Reaction).type == "open"
    page.get_by_role("link", name="Jetons d’API").click()
    page.get_by_label("Nom du programme").fill("planning nuit")
    page.get_by_label("commander, lever des forçages").check()
    page.get_by_role("button", name="Créer").click()
    token = page.locator(".notice code").inner_text()
    assert found(ApiToken, name="planning nuit").token_hint == token[-4:]
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    page.get_by_role("button", name="Révoquer planning nuit").click()
    page.locator("dialog[open] [value=go]").click()
    expect(page.locator(".notice").first).to_contain_text("planning nuit est révoqué")


@pytest.mark.parametrize(("theme", "language"), [("dark", "fr"), ("light", "en")])
def test_the_settings_of_gates_and_commands_have_no_barrier(enter, room, house, theme, language):
    room.people["admin"].theme = theme
    room.people["admin"].save(update_fields=["theme"])
    step = {"target": {"assets": ["B-1"]}, "type": "open", "parameters": {}}
    elsewhere(lambda: Scenario.objects.create(site=room.site, slug="nuit", name_fr="Nuit", name_en="Night", steps=[step]))
    elsewhere(lambda: PermitSource.objects.create(site=room.site, slug="acces", name="Accès", failure="answered 503"))
    elsewhere(lambda: Reaction.objects.create(site=room.site, rule="crue", type="open"))
    elsewhere(lambda: tokens.create(room.site, "nuit", ["commands"], "operator", in_a_week(), by=ADMIN, now=timezone.now()))
    gate = f"settings/gates/{house.gate.pk}"
    paths = [
        "settings/gates", gate, f"{gate}/readers", f"{gate}/readers/{house.reader.slug}", "settings/commands",
        "settings/commands/types", "settings/commands/scenarios", "settings/commands/scenarios/nuit",
        f"settings/connectors/{room.feed.supervisor.slug}", "settings/permit-sources", "settings/permit-sources/acces",
        "settings/commands/reactions", "settings/commands/reactions/crue", "settings/api-tokens",
    ]  # fmt: skip
    page = enter("admin", path="list", locale=f"{language}-GB" if language == "en" else "fr-FR")
    wrong = []
    for path in paths:
        page.goto(f"{room.served.url}/sites/{room.site.slug}/{path}")
        expect(page.locator("#link")).to_have_attribute("data-state", "live")
        wrong += [f"{path}: {finding}" for finding in findings(page)]
    assert wrong == []
