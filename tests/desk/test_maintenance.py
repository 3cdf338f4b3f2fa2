"""The maintenance page in a real browser: works are planned, silence what they explain, are changed, and end."""

from playwright.sync_api import expect

from alarms.models import MaintenanceWindow
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings


def board(page, room):
    page.goto(f"{room.served.url}/sites/{room.site.slug}/maintenance")
    expect(page.locator("h1")).to_have_text("Maintenance")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    return page


def test_a_shift_supervisor_plans_and_cancels_works_on_an_asset(enter, room):
    page = board(enter("chef"), room)
    page.get_by_label("Motif").fill("Remplacement de la jauge")
    page.get_by_label("Équipement, par son nom ou son code").fill("jauge")
    page.get_by_role("button", name="Prévoir").click()
    expect(page.locator(".errorlist")).to_contain_text("Plusieurs équipements s’appellent ainsi : CR-000 Jauge CR-000")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")  # the page's modules are there
    page.get_by_label("Équipement, par son nom ou son code").fill("jauge cr-000")
    expect(page.locator("#assets-found option")).to_have_attribute("value", "CR-000 — Jauge CR-000")
    page.get_by_role("button", name="Prévoir").click()
    expect(page.locator(".notice")).to_have_text("La maintenance est prévue.")
    running = page.get_by_role("region", name="En cours")
    expect(running.get_by_role("row", name="Jauge CR-000")).to_contain_text("Remplacement de la jauge")
    assert findings(page) == []
    cancel, question = running.get_by_role("button", name="Annuler"), page.get_by_role("alertdialog", name="Annuler")
    for key in ("Escape", "Enter"):  # what is pressed without a thought changes nothing
        cancel.press("Enter")
        expect(question).to_contain_text("Ses alarmes reviennent aussitôt.")
        assert findings(page) == []
        page.keyboard.press(key)
        expect(question).to_be_hidden()
        expect(cancel).to_be_focused()
    cancel.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("ce qu’elle mettait en silence est revenu")
    expect(running).to_contain_text("Aucune maintenance en cours.")


def test_weekly_works_have_days_and_hours_and_can_be_changed(enter, room):
    page = board(enter("chef"), room)
    expect(page.get_by_label("Heure de début")).to_be_hidden()
    page.get_by_label("Motif").fill("Essais")
    page.get_by_label("Secteur").select_option("berges")
    page.get_by_label("chaque semaine").check()
    expect(page.get_by_label("Jusqu’à")).to_be_hidden()
    page.get_by_role("button", name="Prévoir").click()
    expect(page.locator(".errorlist").first).to_contain_text("ses jours et de ses heures")
    page.get_by_label("mardi").check()
    page.get_by_label("Heure de début").fill("22:00")
    page.get_by_label("Heure de fin").fill("04:00")
    page.get_by_role("button", name="Prévoir").click()
    row = page.get_by_role("row", name="Essais")
    expect(row).to_contain_text("mardi 22:00–04:00")
    row.get_by_role("link", name="Modifier").click()
    page.get_by_label("jeudi").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("row", name="Essais")).to_contain_text("mardi, jeudi 22:00–04:00")


def test_what_cannot_be_planned_is_said_at_its_field(enter, room):
    page = board(enter("chef"), room)
    page.get_by_label("Motif").fill("Rien")
    page.get_by_role("button", name="Prévoir").click()
    expect(page.locator(".errorlist")).to_have_text("Donnez un équipement, un secteur, un type, un superviseur ou un flux.")
    page.get_by_label("Équipement, par son nom ou son code").fill("CR-999")
    page.get_by_role("button", name="Prévoir").click()
    expect(page.locator(".errorlist")).to_contain_text("CR-999")


def test_an_operator_has_no_such_page(enter, room):
    page = enter("operateur")
    expect(page.get_by_role("link", name="Maintenance")).to_have_count(0)
    assert page.goto(f"{room.served.url}/sites/{room.site.slug}/maintenance").status == 403


def test_works_are_not_cancelled_unasked_by_who_presses_before_the_page_can_ask(enter, room):
    elsewhere(room.furnish)
    page, held = enter("chef"), []
    page.route("**/configuration*.js", lambda route: held.append(route))
    page.goto(f"{room.served.url}/sites/{room.site.slug}/maintenance", wait_until="commit")
    cancel = page.get_by_role("region", name="En cours").get_by_role("button", name="Annuler")
    cancel.click()
    expect(page.locator("#confirm")).to_be_hidden()
    assert elsewhere(lambda: MaintenanceWindow.objects.filter(cancelled_at=None).count()) == 2
    for route in held:
        route.continue_()
    question = page.get_by_role("alertdialog", name="Annuler")
    expect(question).to_contain_text("Ses alarmes reviennent aussitôt.")
    question.get_by_role("button", name="Annuler").click()
    expect(page.locator(".notice")).to_contain_text("ce qu’elle mettait en silence est revenu")
