"""Incidents on the desk in a real browser: a storm is few rows, nothing critical is folded away, nothing silent is lost."""

import pytest
from playwright.sync_api import expect

from tests.desk.test_accessible import findings

ROWS = "#grid .row:visible"
HEAD = f"{ROWS}.incident"


def test_a_storm_is_a_handful_of_rows_and_its_critical_alarms_stay_in_view(enter, room):
    room.add_points(2_002)
    page = enter()
    room.raise_alarms(range(14, 2_014), "medium")
    room.raise_alarms([12, 13], "critical")
    expect(page.locator(HEAD)).to_contain_text("+ 2 000 moyennes · 2 002 à acq.", timeout=60_000)
    expect(page.locator(ROWS)).to_have_count(3)
    told = ["+ 2 000 moyennes · 2 002 à acq.", "X-00001 · Berges", "X-00000 · Berges"]
    expect(page.locator(f"{ROWS}[data-severity=critical] .where")).to_have_text(told)
    expect(page.locator('.lamp[data-severity="medium"] [data-part="open"]')).to_have_text("2 000")
    expect(page.locator("#list [data-part=total]")).to_have_text("2 002 ouvertes")


def test_an_incident_unfolds_and_folds_by_key_and_by_click(enter, room):
    room.raise_alarms(range(5), "medium")
    page = enter()
    expect(page.locator(ROWS)).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator(ROWS)).to_have_count(6)
    expect(page.locator(HEAD)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("j")
    expect(page.locator("#detail h2").first).to_contain_text("1,63 m")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(HEAD)).to_have_class("row incident waiting current")
    page.locator(f"{HEAD} .fold").click()
    expect(page.locator(ROWS)).to_have_count(6)
    page.keyboard.press("g")
    expect(page.locator(ROWS)).to_have_count(5)


def test_an_incident_is_taken_commented_acknowledged_and_closed(enter, room):
    room.raise_alarms(range(3), "medium")
    page = enter("chef")
    page.keyboard.press("j")
    story = page.locator("#incident")
    expect(story.locator("h2")).to_contain_text("Incident 1")
    expect(story.locator(".members li")).to_have_count(3)
    page.keyboard.press("p")
    expect(page.locator(f"{HEAD} .who")).to_have_text("chef")
    page.keyboard.press("c")
    page.locator("#comment textarea").fill("Équipe en route")
    page.locator("#comment").get_by_role("button", name="Inscrire").click()
    expect(story.locator(".journal")).to_contain_text("Équipe en route")
    page.keyboard.press("a")
    expect(story.locator(".flags")).not_to_contain_text("à acquitter")
    expect(story.get_by_role("button", name="Clore l’incident")).to_be_disabled()
    room.clear(range(3), "medium")
    expect(page.locator(f"{HEAD} .tag", has_text="à clore")).to_be_visible()
    story.get_by_role("button", name="Clore l’incident").click()
    page.locator("#close-incident textarea").fill("Décrue")
    page.locator("#close-incident").get_by_role("button", name="Clore l’incident").click()
    expect(story.locator(".flags")).to_contain_text("clos")
    page.keyboard.press("Escape")
    expect(page.locator(HEAD)).to_have_count(0)


def test_incidents_are_split_and_merged_by_hand(enter, room):
    room.raise_alarms(range(4), "medium")
    page = enter()
    page.keyboard.press("j")
    story = page.locator("#incident")
    expect(story.locator(".members li")).to_have_count(4)
    story.locator(".members input").first.check()
    story.get_by_role("button", name="Séparer la sélection").click()
    page.locator("#split-incident input").fill("Berge nord")
    page.locator("#split-incident").get_by_role("button", name="Séparer").click()
    page.keyboard.press("Escape")
    expect(page.locator(HEAD)).to_have_count(2)
    page.locator(HEAD, has_text="Berge nord").click()
    expect(story.locator("h2")).to_contain_text("Berge nord")
    story.get_by_role("button", name="Fusionner").click()
    page.locator("#merge-incident input").check()
    page.locator("#merge-incident").get_by_role("button", name="Fusionner").click()
    expect(story.locator(".members li")).to_have_count(4)


def test_what_a_cause_silences_is_counted_and_one_click_away(enter, room):
    room.depend(range(1, 8), on=0)
    room.raise_alarms([0], "high")
    room.raise_alarms(range(1, 8), "medium")
    page = enter()
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(f"{HEAD} [data-part=silenced]")).to_have_text("7 inhibées")
    expect(page.locator('.counts [data-part="suppressed"]')).to_have_text("7")
    page.locator(f"{HEAD} [data-part=silenced]").click()
    expect(page.locator(ROWS)).to_have_count(7)
    expect(page.locator(f"{ROWS} .tag").first).to_have_text("inhibée")
    page.locator(".scope").click()
    page.locator(f"{HEAD} .sentence").click()
    expect(page.locator("#incident [data-part=cause]")).to_contain_text("2,13 m")
    page.locator("#incident [data-part=cause]").click()
    expect(page.locator("#detail")).to_contain_text("Explique 7 alarmes inhibées")
    page.get_by_role("button", name="Explique 7 alarmes inhibées").click()
    expect(page.locator(ROWS)).to_have_count(7)


def test_what_is_shelved_of_an_incident_is_told_apart_as_the_lamps_have_it(enter, room):
    room.depend(range(1, 5), on=0)
    room.raise_alarms([0], "high")
    room.raise_alarms(range(1, 5), "medium")
    room.shelve([1, 2])
    page = enter()
    head = page.locator(HEAD)
    expect(head.locator("[data-part=silenced]")).to_have_text("2 inhibées")
    expect(head.locator("[data-part=aside]")).to_have_text("2 en veille")
    expect(head.locator(".where")).to_have_text("+ 1 haute · 1 à acq.")
    for what, number in {"suppressed": "2", "shelved": "2"}.items():
        expect(page.locator(f'.counts [data-part="{what}"]')).to_have_text(number)
    head.locator("[data-part=aside]").click()
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator("#list [data-part=total]")).to_have_text("2 sur 5")
    page.locator(".scope").click()
    head.locator(".sentence").click()
    expect(page.locator("#incident .flags")).to_contain_text("1 ouverte")
    page.get_by_role("button", name="Montrer les 2 alarmes inhibées").click()
    expect(page.locator(ROWS)).to_have_count(2)


def test_a_chattering_alarm_is_marked_and_shelved_by_one_click(enter, room):
    for _ in range(3):
        room.raise_alarms([0], "medium", ago=0.1)
        room.clear([0], "medium")
    room.raise_alarms([0], "medium", ago=0)
    page = enter()
    expect(page.locator(f"{ROWS} .often")).to_have_text("intermittente ×4")
    page.keyboard.press("j")
    expect(page.locator("#detail .offer")).to_contain_text("4 fois en dix minutes")
    page.get_by_role("button", name="Mettre en veille 1 heure").click()
    expect(page.locator('.counts [data-part="shelved"]')).to_have_text("1")
    assert "alarm.shelved" in room.journal(0)


@pytest.mark.parametrize(("theme", "language"), [("dark", "fr"), ("light", "en")])
def test_an_incident_has_no_barrier(enter, room, theme, language):
    room.people["chef"].theme = theme
    room.people["chef"].save(update_fields=["theme"])
    room.depend(range(1, 4), on=0)
    room.raise_alarms([0], "high")
    room.raise_alarms(range(1, 4), "medium")
    room.raise_alarms([5, 6, 7], "critical")
    page = enter("chef", locale=f"{language}-GB" if language == "en" else "fr-FR")
    page.keyboard.press("j")
    expect(page.locator("#incident .members li").first).to_be_visible()
    page.keyboard.press("e")
    assert findings(page) == []


def test_a_refused_link_says_why_and_never_loads_the_page_again(enter, room):
    room.raise_alarms([0])
    page = enter()
    page.evaluate("window.stays = true")
    room.sign_out("operateur")
    room.hang_up(page)
    expect(page.get_by_role("alert")).to_contain_text("votre session est terminée")
    expect(page.locator("#link")).to_have_attribute("data-state", "refused")
    expect(page.locator("#refused").get_by_role("link", name="Se connecter")).to_have_attribute(
        "href", "/login/?next=/sites/quai/"
    )
    assert page.evaluate("window.stays")
