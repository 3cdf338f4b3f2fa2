"""The editor of procedures in a real browser: written and ordered by keyboard, refused at the field, followed at once."""

import json

from playwright.sync_api import expect

from response.models import Procedure
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings


def test_a_procedure_is_written_ordered_and_brought_into_force(enter, room):
    page = enter("admin", path="procedures/new")
    page.get_by_label("Nom court").fill("fuite-eau")
    page.locator("[name='name.fr']").fill("Fuite d’eau")
    page.locator("[name='name.en']").fill("Water leak")
    steps = page.locator(".edit-step")
    steps.first.locator("[name='title.fr']").fill("Couper la vanne")
    steps.first.locator("[name='title.en']").fill("Shut the valve")
    page.get_by_role("button", name="Ajouter une étape").click()
    expect(steps).to_have_count(2)
    page.keyboard.type("Appeler le fontainier")  # the hand is in the new step's title
    page.get_by_role("button", name="Enregistrer et mettre en vigueur").click()
    fault = steps.nth(1).locator(".fault")
    expect(fault).to_have_text("à remplir")
    expect(steps.nth(1).locator("[name='title.en']")).to_be_focused()
    assert findings(page) == []
    page.keyboard.type("Call the plumber")
    steps.nth(1).locator("[name=type]").select_option("call")
    steps.nth(1).locator("[name=number]").fill("04 67 11 22 33")
    steps.nth(1).locator("[name=timeout]").fill("5")
    steps.nth(1).locator("[name=number]").press("Alt+ArrowUp")
    expect(steps.first.locator("[name=number]")).to_be_focused()
    expect(page.locator("#preview .procedure-step").first).to_contain_text("04 67 11 22 33")
    page.get_by_role("button", name="Enregistrer et mettre en vigueur").click()
    expect(page.locator("#procedure-sheet h1")).to_have_text("Fuite d’eau")
    procedure = elsewhere(lambda: Procedure.objects.select_related("active").get(slug="fuite-eau"))
    assert [(step["type"], step.get("timeout")) for step in procedure.active.definition["steps"]] == [
        ("call", 300),
        ("manual", None),
    ]
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    page.get_by_role("button", name="Commencer en exercice").click()
    expect(page.locator(".run-page")).to_contain_text("EXERCICE")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    page.keyboard.press("t")
    expect(page.get_by_role("button", name="Fait")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".procedure-step").first).to_have_attribute("data-state", "done")


def test_a_ready_made_flow_is_opened_and_saved_as_it_was(enter, room):
    elsewhere(room.furnish)
    page = enter("admin", path=f"procedures/{room.procedure.pk}/edit")
    expect(page.locator(".edit-step")).to_have_count(6)
    page.get_by_role("button", name="Enregistrer le brouillon").click()
    page.wait_for_url("**version=*")
    expect(page.locator("#procedure-sheet")).to_have_attribute("data-version", "1")  # the same text makes no other version


def test_a_playbook_is_brought_in_from_a_file_and_one_that_cannot_be_is_refused_by_name(enter, room):
    page = enter("admin", path="procedures")
    start = {"type": "start", "on_completion": "action--1"}
    told = {
        "type": "playbook", "spec_version": "cacao-2.0", "name": "Block the sender", "workflow_start": "start--1",
        "workflow": {"start--1": start, "action--1": {"type": "action", "name": "Ring", "commands": [{"type": "ssh"}]}},
    }  # fmt: skip

    def send():
        file = {"name": "p.json", "mimeType": "application/json", "buffer": json.dumps(told).encode()}
        page.locator("#playbook").set_input_files(file)

    send()
    expect(page.locator(".toast.bad")).to_contain_text("la commande « ssh » n’est pas reprise")
    told["workflow"]["action--1"]["commands"] = [{"type": "manual", "command": "Ring the mayor"}]
    send()
    expect(page.locator("#procedure-sheet h1")).to_have_text("Block the sender")
