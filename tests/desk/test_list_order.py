"""The list of the desk: the order its heads give, views of it that people keep, and how loaded whoever sits there is."""

import re

from playwright.sync_api import expect

from assets.instants import instant
from hypervisor.models import SavedView
from journal.models import Ledger
from reports import annunciations
from tests.desk.room import elsewhere

ROWS = "#grid .row:visible"


def codes(page) -> list[str]:
    return [text.split(" ")[0] for text in page.locator(f"{ROWS} [data-part=code]").all_inner_texts()]


def test_a_press_on_a_head_puts_the_list_in_its_order(enter, room):
    room.raise_alarms([3], "medium", ago=50)
    room.raise_alarms([1], "high", ago=300)
    room.raise_alarms([2], "low", ago=5)
    page = enter(grouped=False)
    expect(page.locator(ROWS)).to_have_count(3)
    assert codes(page) == ["CR-001", "CR-003", "CR-002"]
    heads = page.locator("#grid [role=columnheader]")
    expect(heads.filter(has_text="Gravité")).to_have_attribute("aria-sort", "ascending")
    heads.get_by_role("button", name="Âge").click()
    expect(heads.filter(has_text="Âge")).to_have_attribute("aria-sort", "descending")
    assert codes(page) == ["CR-002", "CR-003", "CR-001"]
    heads.get_by_role("button", name="Âge").click()
    expect(heads.filter(has_text="Âge")).to_have_attribute("aria-sort", "ascending")
    assert codes(page) == ["CR-001", "CR-003", "CR-002"]
    heads.get_by_role("button", name="Équipement").click()
    expect(heads.filter(has_text="Équipement")).to_have_attribute("aria-sort", "ascending")
    assert codes(page) == ["CR-001", "CR-002", "CR-003"]
    page.reload()
    expect(heads.filter(has_text="Équipement")).to_have_attribute("aria-sort", "ascending")


def test_a_view_of_the_desk_is_kept_shared_and_taken_away(enter, room):
    room.raise_alarms([1, 2], "high")
    room.raise_alarms([3], "low")
    page = enter("chef", grouped=False)
    expect(page.locator(ROWS)).to_have_count(3)
    page.keyboard.press("4")
    page.locator("#grid").get_by_role("button", name="Âge").click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator("#desk-views").select_option("save")
    dialog = page.locator("#saving-view")
    dialog.get_by_label("Nom").fill("Les basses")
    dialog.get_by_label("Partager").check()
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".toast, [role=status]").filter(has_text="Les basses").first).to_be_visible()
    assert elsewhere(lambda: SavedView.objects.get().query) == "severity=low&order=newest"
    other = enter("operateur", grouped=False)
    expect(other.locator(ROWS)).to_have_count(3)
    other.locator("#desk-views").select_option(label="Les basses (chef)")
    expect(other.locator(ROWS)).to_have_count(1)
    expect(other.locator("#grid [role=columnheader]").filter(has_text="Âge")).to_have_attribute("aria-sort", "descending")
    other.locator("#desk-views").select_option("")
    expect(other.locator(ROWS)).to_have_count(3)
    page.locator("#desk-views").select_option("remove")
    expect(page.locator("#desk-views option").filter(has_text="Les basses")).to_have_count(0)
    assert elsewhere(SavedView.objects.count) == 0


def test_the_frame_tells_how_loaded_the_operator_is(enter, room):
    page = enter()
    load = page.locator(".top .load")
    expect(load).to_have_text(re.compile(r"Charge\s+0\s+/ 10 min\s+acceptable"))
    room.raise_alarms(range(4))
    elsewhere(lambda: follow(room))
    page.reload()
    expect(load).to_have_text(re.compile(r"Charge\s+4\s+/ 10 min\s+exigeante"))
    expect(load).to_have_attribute("title", re.compile("4 annonces en 10 min, 4 dans l’heure. Cible : 1 en 10 min, 2 au plus."))
    room.raise_alarms(range(4, 12))
    elsewhere(lambda: follow(room))
    page.reload()
    expect(load).to_have_attribute("data-level", "flood")


def follow(room) -> None:
    (follower,) = annunciations.of_site(room.site.pk)
    last = Ledger.objects.get(site=room.site).seq
    follower.deal(getattr(room, "dealt", 0), last, instant(0))
    room.dealt = last


def test_a_reason_is_one_press_and_what_was_written_last_is_offered_again(enter, room):
    room.raise_alarms([1])
    page = enter(grouped=False)
    page.keyboard.press("j")
    page.keyboard.press("c")
    dialog = page.locator("#comment")
    dialog.get_by_role("button", name="Fausse alarme").click()
    expect(dialog.locator("textarea")).to_have_value("Fausse alarme")
    dialog.locator("textarea").fill("Vu avec Mme Roux")
    dialog.get_by_role("button", name="Inscrire").click()
    expect(page.locator("#detail .journal")).to_contain_text("Vu avec Mme Roux")
    page.keyboard.press("c")
    expect(dialog.locator("[data-phrase]").first).to_have_text("Vu avec Mme Roux")
    dialog.locator("[data-phrase]").first.click()
    expect(dialog.locator("textarea")).to_have_value("Vu avec Mme Roux")
