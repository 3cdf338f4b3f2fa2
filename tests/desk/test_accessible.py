"""No serious or critical finding of axe-core, in both themes and languages, on what an operator sees."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.desk.room import elsewhere

AXE = (Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def findings(page) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node['failureSummary']}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("theme", "language"), [("dark", "fr"), ("light", "en")])
def test_the_desk_has_no_barrier(enter, room, theme, language):
    user = room.people["chef"]
    user.theme = theme
    user.save(update_fields=["theme"])
    for index, severity in enumerate(("critical", "high", "medium", "low")):
        room.raise_alarms([index], severity)
    page = enter("chef", locale=f"{language}-GB" if language == "en" else "fr-FR", grouped=False)
    assert findings(page) == []
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#detail .why li").first).to_be_visible()
    expect(page.locator(".row.current")).to_have_attribute("data-state", "acknowledged")
    assert findings(page) == []
    page.keyboard.press("s")
    expect(page.locator("#shelve")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.locator(".person summary").click()
    assert findings(page) == []


@pytest.mark.timeout(300)  # a hundred pages, each searched by axe
@pytest.mark.parametrize(("theme", "language"), [("dark", "fr"), ("light", "en")])
def test_the_other_pages_have_no_barrier_and_break_no_policy(enter, room, theme, language):
    room.people["admin"].theme = theme
    room.people["admin"].save(update_fields=["theme"])
    room.make_demo()
    elsewhere(room.furnish)
    room.raise_alarms([0], "critical")
    room.shelve([0])
    page = enter("admin", path="list", locale=f"{language}-GB" if language == "en" else "fr-FR")
    wrong = []
    for path in room.pages():
        page.goto(f"{room.served.url}/sites/{room.site.slug}/{path}")
        expect(page.locator("#link")).to_have_attribute("data-state", "live")
        expect(page.locator("h1").first).to_be_attached()
        wrong += [f"{path}: {finding}" for finding in findings(page)]
    assert wrong == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_door_has_no_barrier(chromium, room, theme):
    context = chromium.new_context(locale="fr-FR")
    context.add_cookies([{"name": "theme", "value": theme, "url": room.served.url}])
    page = context.new_page()
    page.goto(f"{room.served.url}/login/")
    assert findings(page) == []
    page.get_by_label("Identifiant").fill("personne")
    page.get_by_label("Mot de passe").fill("rien")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page) == []
    context.close()
