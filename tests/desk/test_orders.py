"""Work orders in a browser: ordered from an alarm and from an asset by keyboard, taken further, noted, photographed, live."""

import re

import pytest
from playwright.sync_api import expect

from response.models import WorkOrder
from response.orders import moves
from response.orders.states import Move
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings
from tests.factories import NOON
from tests.response.ordering import BY, make_contract, make_contractor, make_order, png


@pytest.fixture
def contract(room):
    return elsewhere(lambda: make_contract(make_contractor(room.site)))


def test_an_alarm_is_answered_by_an_order_with_four_keys(enter, room, contract):
    room.raise_alarms([0], "critical")
    page, other = enter("operateur"), enter("chef", "work-orders")
    page.keyboard.press("j")
    expect(page.locator("#detail [data-part=sentence]")).not_to_be_empty()
    page.keyboard.press("i")
    dialog = page.locator("#order-work")
    because = re.compile("contrat ECL-26.: tout équipement.*alarme critique, priorité urgente")
    expect(dialog.locator("[data-part=reason]")).to_have_text(because)
    expect(dialog.locator("[data-part=due]")).to_contain_text("à accepter avant")
    expect(dialog.locator("[name=fault]")).not_to_have_value("")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Intervention n° 1 commandée")
    expect(page.locator("#detail [data-part=work-orders]")).to_have_text("Intervention n° 1, Citelux : commandée")
    expect(other.locator("#orders tbody tr")).to_contain_text(["CR-000"])
    order = elsewhere(lambda: WorkOrder.objects.select_related("asset").get())
    assert (order.alarm_id, order.asset.code, order.priority, order.ordered_by) == (
        room.alarm(0).pk, "CR-000", "urgent", "operateur",
    )  # fmt: skip


def test_an_incident_is_answered_by_an_order_about_the_worst_of_its_alarms(enter, room, contract):
    room.raise_alarms([1, 2], "medium")
    room.raise_alarms([0], "critical")
    page = enter("operateur")
    page.keyboard.press("j")
    expect(page.locator("#incident h2")).to_contain_text("Incident 1")
    page.keyboard.press("i")
    expect(page.locator("#order-work [data-part=reason]")).to_contain_text("alarme critique, priorité urgente")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Intervention n° 1 commandée")
    order = elsewhere(lambda: WorkOrder.objects.select_related("asset", "incident").get())
    assert (order.asset.code, order.alarm_id, order.incident.number) == ("CR-000", room.alarm(0).pk, 1)


def test_the_sheet_says_why_an_order_cannot_be_mailed(enter, room, contract):
    order = elsewhere(lambda: make_order(room.assets[0], contract))
    page = enter("operateur", f"work-orders/{order.pk}")
    page.get_by_role("button", name="Envoyer par courriel à l’entreprise").click()
    expect(page.locator("#toasts")).to_contain_text("n’a pas de serveur de courriel")


def test_an_asset_has_its_orders_and_one_more_is_ordered_there(enter, room, contract):
    elsewhere(lambda: make_order(room.assets[3], contract, fault="Mât penché"))
    page = enter("operateur", f"assets/{room.assets[3].pk}")
    box = page.locator("#asset-orders")
    expect(box).to_contain_text("Mât penché")
    page.get_by_role("button", name="Commander une intervention").click()
    page.locator("#order-work [name=fault]").fill("Ampoule grillée")
    page.locator("#order-work [name=priority]").select_option("normal")
    page.locator("#order-work").get_by_role("button", name="Commander").click()
    expect(box.locator("li")).to_have_count(2)
    expect(box).to_contain_text("Ampoule grillée")


def test_an_order_is_taken_further_noted_and_photographed_and_others_see_it(enter, room, contract):
    order = elsewhere(lambda: make_order(room.assets[0], contract))
    page, other = (enter(name, f"work-orders/{order.pk}") for name in ("operateur", "auditeur"))
    page.get_by_role("button", name="Acceptée par l’entreprise").press("Enter")
    expect(other.locator(".order-entries li")).to_contain_text(["acceptée", "commandée"])
    page.locator("#order-note [name=text]").fill("Nacelle demandée")
    page.locator("#order-note [name=files]").set_input_files({"name": "mat.png", "mimeType": "image/png", "buffer": png()})
    page.keyboard.press("Control+Enter")
    expect(other.locator(".order-entries .said")).to_have_text("Nacelle demandée")
    expect(other.locator(".order-entries img")).to_have_count(1)
    assert other.locator(".order-entries img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
    page.get_by_role("button", name="Annuler la commande").click()
    page.locator("#order-move [name=text]").fill("erreur de mât")
    page.keyboard.press("Enter")
    expect(other.locator("header .tag").first).to_have_text("annulée")
    expect(page.locator("[data-move]")).to_have_count(0)
    expect(other.locator("#order-note")).to_have_count(0)


def test_what_another_did_first_is_refused_with_its_reason_and_shown(enter, room, contract):
    order = elsewhere(lambda: make_order(room.assets[0], contract))
    page = enter("operateur", f"work-orders/{order.pk}")
    expect(page.get_by_role("button", name="Refusée par l’entreprise")).to_be_visible()
    page.get_by_role("button", name="Refusée par l’entreprise").click()
    elsewhere(lambda: moves.move(order.pk, Move.ACCEPT, by=BY, now=NOON))
    page.locator("#order-move [name=text]").fill("hors marché")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Ce n’est pas possible : l’intervention est acceptée.")
    expect(page.locator("header .tag").first).to_have_text("acceptée")


def test_the_list_is_filtered_comes_live_and_as_a_table(enter, room, contract):
    first = elsewhere(lambda: make_order(room.assets[0], contract))
    page = enter("operateur", "work-orders")
    elsewhere(lambda: moves.sweep(room.site.pk, first.due_at))
    expect(page.locator("#orders tr.late")).to_have_count(1)
    elsewhere(lambda: make_order(room.assets[1], contract, first.due_at, fault="Autre panne"))
    expect(page.locator("#orders tbody tr")).to_have_count(2)
    page.get_by_label("en retard").check()
    expect(page.locator("#orders tbody tr")).to_have_count(1)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    table = download.value.path().read_text("utf-8-sig").splitlines()
    assert len(table) == 2
    assert table[1].startswith("1;ordered;urgent;True;Éclairage éteint;Citelux;ECL-26;CR-000;")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_are_accessible_in_both_themes(enter, room, contract, theme):
    order = elsewhere(lambda: make_order(room.assets[0], contract))
    elsewhere(lambda: moves.photo(order.pk, "mat.png", png(), by=BY, now=NOON))
    elsewhere(lambda: moves.sweep(room.site.pk, order.due_at))
    room.people["chef"].theme = theme
    elsewhere(room.people["chef"].save)
    for path in ("work-orders", f"work-orders/{order.pk}", f"assets/{room.assets[0].pk}"):
        page = enter("chef", path)
        expect(page.locator("#orders, .order-entries, #asset-orders").first).to_be_visible()
        assert findings(page) == []
    page.get_by_role("button", name="Commander une intervention").click()
    expect(page.locator("#order-work [data-part=reason]")).not_to_be_empty()
    assert findings(page) == []
