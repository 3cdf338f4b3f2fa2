"""A shift without a mouse: whoever cannot use one, or has a hand on the radio, does the whole of it by keys."""

from playwright.sync_api import expect

from tests.desk.room import elsewhere

PASSWORD = "nuit-calme-sur-le-quai"
ROW = "#grid .row.current"
MOST_STOPS = 90
"""Stops of the Tab key within which all of a page is reached."""


def go_to(page, selector: str) -> None:
    """Press Tab until what is wanted has the focus, which must be seen."""
    page.locator(selector).first.wait_for()
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement?.matches(selector) ?? false", selector):
            assert page.evaluate("() => document.activeElement.matches(':focus-visible')")
            return
    raise AssertionError(f"{selector} is not reached by {MOST_STOPS} stops")


def follow(page, selector: str, title: str) -> None:
    go_to(page, selector)
    page.keyboard.press("Enter")
    expect(page.locator("h1").first).to_contain_text(title)
    expect(page.locator("#link")).to_have_attribute("data-state", "live")


def say(page, words: str) -> None:
    """Write into the field of the open dialog, which has the focus already, and send it."""
    page.keyboard.type(words)
    page.keyboard.press("Control+Enter")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_a_whole_shift_is_done_by_keys(chromium, room):
    chief = room.people["chef"]
    chief.set_password(PASSWORD)
    elsewhere(lambda: chief.save(update_fields=["password"]))
    room.raise_alarms([0], "high")
    expect.set_options(timeout=20_000)
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    context.route("**/maplibre-gl.mjs", lambda route: route.abort())
    page = context.new_page()

    page.goto(f"{room.served.url}/login/")
    expect(page.get_by_label("Identifiant")).to_be_focused()
    page.keyboard.type("chef")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")

    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator(ROW)).to_contain_text("chef")
    page.keyboard.press("a")
    expect(page.locator(ROW)).to_have_attribute("data-state", "acknowledged")
    page.keyboard.press("c")
    say(page, "Équipe sur place")
    expect(page.locator("#detail .journal")).to_contain_text("Équipe sur place")
    page.keyboard.press("s")
    expect(page.get_by_role("radio", name="1 heure")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("radio", name="1 heure")).not_to_be_checked()
    page.keyboard.press("Tab")
    say(page, "Réarmement en cours")
    expect(page.locator('.rail [data-part="in-force"]')).to_have_text("1")

    follow(page, '.rail a[href$="/silences"]', "Mis en silence")
    expect(page.locator("[data-silences]")).to_contain_text("Réarmement en cours")
    go_to(page, "button[data-end]")
    page.keyboard.press("Enter")
    expect(page.locator("button[data-end]")).to_have_count(0)

    follow(page, '.rail a[href$="/maintenance"]', "Maintenance")
    go_to(page, 'input[name="reason"]')
    page.keyboard.type("Curage du collecteur")
    go_to(page, 'input[name="asset"]')
    page.keyboard.type("CR-001")
    go_to(page, "form.maintenance button.first")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="La maintenance est prévue")).to_be_visible()
    expect(page.locator("[data-live=windows]")).to_contain_text("Curage du collecteur")

    follow(page, '.rail a[href$="/quai/"]', "Conduite")
    page.keyboard.press("j")
    expect(page.locator(ROW)).to_contain_text("chef")
    page.keyboard.press("p")
    expect(page.locator(ROW)).not_to_contain_text("chef")

    go_to(page, ".person summary")
    page.keyboard.press("Enter")
    go_to(page, '.person form[action="/logout/"] button')
    page.keyboard.press("Enter")
    expect(page.get_by_label("Mot de passe")).to_be_visible()
    context.close()
    assert room.journal(0)[1:] == [
        "alarm.taken", "alarm.acknowledged", "alarm.commented", "alarm.shelved", "alarm.unshelved", "alarm.released",
    ]  # fmt: skip
