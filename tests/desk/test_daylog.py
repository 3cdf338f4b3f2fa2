"""The day log in a browser: written by keyboard, seen by others as it is written, corrected, searched, signed and verified."""

import re

from playwright.sync_api import expect

from response.models import Note
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
NOTES = "#daylog-lines .note"


def write(page, text: str) -> None:
    page.locator("#note textarea").fill(text)
    page.keyboard.press("Control+Enter")


def test_what_one_writes_stands_there_and_on_the_other_screens_at_once(enter, room):
    other, page = enter("chef", "daylog"), enter("operateur", "daylog")
    write(page, "Ronde du parking : deux candélabres éteints")
    for each in (page, other):
        expect(each.locator(NOTES)).to_have_count(1)
        expect(each.locator(NOTES)).to_contain_text("N° 1")
        expect(each.locator(NOTES)).to_contain_text("Ronde du parking : deux candélabres éteints")
    expect(page.locator("#note textarea")).to_have_value("")


def test_a_correction_names_what_it_corrects_and_both_stay(enter, room):
    page = enter("operateur", "daylog")
    write(page, "Deux véhicules")
    page.get_by_role("button", name="Rectifier").click()
    expect(page.locator("#note .corrects")).to_have_text("Deux véhicules")
    expect(page.locator("#note textarea")).to_have_value("Deux véhicules")
    expect(page.locator("#note [name=happened_at]")).not_to_have_value("")
    write(page, "Trois véhicules")
    expect(page.locator(NOTES)).to_have_count(2)
    expect(page.locator(f"{NOTES}.corrected")).to_contain_text("Rectifiée par la n° 2")
    expect(page.locator("#note-2")).to_contain_text("Rectifie la n° 1")
    expect(page.locator("#note h2")).to_have_text("Écrire une mention")


def test_a_note_has_its_asset_its_time_and_its_file(enter, room):
    page = enter("operateur", "daylog")
    page.get_by_text("Heure, équipement, pièces jointes, importance").click()
    page.locator("#note [name=asset]").fill("jauge cr-003")
    page.locator("#note [name=happened_at]").fill("2026-11-20T08:15")
    page.locator("#note [name=importance]").select_option("major")
    page.locator("#note [name=files]").set_input_files({"name": "vue.png", "mimeType": "image/png", "buffer": PNG})
    write(page, "Échelle arrachée")
    note = page.locator(NOTES)
    expect(note).to_contain_text("CR-003")
    expect(note).to_contain_text("majeure")
    expect(note).to_contain_text("20 nov. 08:15:00")
    expect(note).to_contain_text("écrite à")
    with page.expect_download() as download:
        note.get_by_role("link", name=re.compile("vue.png")).click()
    assert download.value.path().read_bytes() == PNG


def test_what_is_refused_leaves_what_was_typed(enter, room):
    page = enter("operateur", "daylog")
    page.get_by_text("Heure, équipement, pièces jointes, importance").click()
    page.locator("#note [name=asset]").fill("RIEN-1")
    write(page, "Sur rien")
    expect(page.locator("#toasts .toast.bad, #toasts .toast")).to_be_visible()
    expect(page.locator("#note textarea")).to_have_value("Sur rien")
    assert elsewhere(Note.objects.count) == 0


def test_words_find_a_note_whatever_their_accents_and_a_day_shows_the_machine_folded(enter, room):
    room.raise_alarms(range(3))
    page = enter("operateur", "daylog")
    write(page, "Éclairage rétabli quai bas")
    expect(page.locator(NOTES)).to_have_count(1)
    expect(page.locator(".log .machine summary")).to_contain_text("lignes du système")
    page.locator("#daylog-filters [name=q]").fill("eclairage")
    expect(page.locator("#daylog-title")).to_have_text("1 mention trouvée")
    page.locator("#daylog-filters [name=q]").fill("camion")
    expect(page.locator("#daylog-lines")).to_contain_text("Aucune mention ne correspond.")


def test_a_chief_signs_the_day_and_it_is_verified(enter, room):
    page = enter("chef", "daylog")
    write(page, "Fin de vacation")
    page.get_by_role("button", name="Signer la journée").click()
    expect(page.locator(".signature")).to_contain_text("Signée par")
    page.get_by_role("button", name="Vérifier").click()
    expect(page.locator(".signature output")).to_have_text("Vérifiée : rien n’a été modifié depuis.")
    page.reload()
    expect(page.get_by_role("button", name="Signer la journée")).to_have_count(0)


def test_who_only_reads_finds_no_form_and_the_page_is_accessible_in_both_themes(enter, room):
    write(enter("operateur", "daylog"), "Relève faite")
    page = enter("auditeur", "daylog")
    expect(page.locator(NOTES)).to_have_count(1)
    expect(page.locator("#note")).to_have_count(0)
    assert findings(page) == []
    room.people["chef"].theme = "light"
    elsewhere(room.people["chef"].save)
    assert findings(enter("chef", "daylog")) == []


def test_a_button_shows_that_its_answer_is_on_its_way(enter, room, wait_until):
    page, held = enter("operateur", "daylog"), []
    page.route("**/sites/quai/notes", lambda route: held.append(route))
    page.locator("#note textarea").fill("Ronde faite")
    button = page.locator("#note button.first")
    button.click()
    expect(button).to_have_attribute("aria-busy", "true")
    wait_until(lambda: button.evaluate("each => getComputedStyle(each, '::after').opacity") == "1")
    held[0].continue_()
    expect(page.locator(NOTES)).to_contain_text("Ronde faite")
    expect(button).not_to_have_attribute("aria-busy", "true")
