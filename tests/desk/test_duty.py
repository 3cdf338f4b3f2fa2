"""Relève in a browser: a position is taken, seen beside the name, taken over by another with a reason, and given back."""

import datetime as dt

from playwright.sync_api import expect

from journal.actors import Actor
from response.duty import positions
from response.models import Holding, RotaTurn
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings

NOW = dt.datetime.now(dt.UTC)


def make_position(room) -> None:
    by = Actor.of(room.people["chef"])
    elsewhere(lambda: positions.write(room.site.pk, "op", "Opérateur 1", "Operator 1", 0, by=by, now=NOW))


def test_a_position_is_taken_and_stands_beside_the_name_on_every_page(enter, room):
    make_position(room)
    other, page = enter("chef", "handover"), enter("operateur", "handover")
    page.get_by_role("button", name="Prendre : Opérateur 1").click()
    expect(page.locator(".person summary")).to_contain_text("Opérateur 1")
    expect(other.locator(".positions tbody tr")).to_contain_text("operateur")
    page.get_by_role("button", name="Rendre").click()
    expect(page.get_by_role("button", name="Prendre : Opérateur 1")).to_be_visible()
    expect(page.locator(".person summary")).not_to_contain_text("Opérateur 1")


def test_what_another_holds_is_taken_over_with_a_reason(enter, room):
    make_position(room)
    enter("operateur", "handover").get_by_role("button", name="Prendre : Opérateur 1").click()
    page = enter("chef", "handover")
    page.get_by_role("button", name="Reprendre…").click()
    page.locator("#duty-reason input").fill("parti sans rendre")
    page.keyboard.press("Enter")
    expect(page.locator(".person summary")).to_contain_text("Opérateur 1")
    ended = elsewhere(lambda: Holding.objects.get(until__isnull=False))
    assert (ended.ending, ended.reason) == ("taken_over", "parti sans rendre")


def test_a_chief_makes_a_rota_and_brings_in_a_calendar(enter, room):
    page = enter("chef", "rota")
    page.locator("#position [name=name_fr]").fill("Chef de quart")
    page.locator("#position button").click()
    expect(page.locator("#turn [name=position]")).to_contain_text("Chef de quart")
    page.locator("#turn [name=who]").select_option("chef")
    page.locator("#turn [name=starts]").fill("2026-11-23T06:00")
    page.locator("#turn [name=ends]").fill("2026-11-23T14:00")
    for box in page.locator("#turn [name=weekdays]").all():
        box.check()
    page.locator("#turn button.first").click()
    expect(page.locator("#rota-week")).to_contain_text("tous les jours")
    calendar = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART:20261124T220000\r\nDTEND:20261125T060000\r\n"
        "SUMMARY:operateur\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    page.locator("#calendar [name=file]").set_input_files(
        {"name": "a.ics", "mimeType": "text/calendar", "buffer": calendar.encode()}
    )
    page.locator("#calendar button.first").click()
    expect(page.locator("#calendar [role=status]")).to_contain_text("1 tours importés.")
    assert elsewhere(lambda: RotaTurn.objects.filter(imported=True).count()) == 1


def test_the_pages_of_duty_have_no_barrier_in_either_theme(enter, room):
    make_position(room)
    for theme, locale in (("dark", "fr-FR"), ("light", "en-GB")):
        room.people["chef"].theme = theme
        elsewhere(room.people["chef"].save)
        for path in ("handover", "rota"):
            assert findings(enter("chef", path, locale=locale)) == []


def test_a_hand_over_is_given_read_with_what_changed_and_accepted(enter, room):
    make_position(room)
    room.raise_alarms([0], "critical")
    giver, taker = enter("operateur", "handover"), enter("chef", "handover")
    giver.get_by_role("button", name="Prendre : Opérateur 1").click()
    giver.locator("#give textarea").fill("Surveiller la crue")
    giver.locator("#give button").click()
    waiting = taker.locator("section", has=taker.get_by_role("heading", name="Relève en attente : Opérateur 1"))
    expect(waiting).to_contain_text("Surveiller la crue")
    expect(waiting.locator(".severities")).to_contain_text("critique 1")
    room.raise_alarms([1], "high")
    taker.reload()
    expect(waiting.locator(".changes li")).to_have_count(1)
    assert findings(taker) == []
    taker.get_by_role("button", name="Accepter la relève").click()
    expect(taker.locator(".person summary")).to_contain_text("Opérateur 1")
    expect(giver.locator(".person summary")).not_to_contain_text("Opérateur 1")
    taker.get_by_role("link", name="Lire").click()
    expect(taker.locator("h1")).to_have_text("Relève : Opérateur 1")
    expect(taker.locator(".changes h3")).to_have_text("Ce qui avait changé à l’acceptation")
    assert findings(taker) == []


def test_an_instruction_is_pinned_to_the_desk_folded_and_read(enter, room):
    chief, page = enter("chef", "handover"), enter("operateur")
    chief.locator("#instruction textarea").fill("Marché sur la dalle : bornes nord abaissées")
    chief.locator("#instruction [name=must_read]").check()
    chief.locator("#instruction button").click()
    expect(page.locator("#pinned")).to_contain_text("1 consigne en vigueur")
    assert findings(page) == []
    page.locator("#pinned").get_by_role("button", name="Je l’ai lue : n° 1").click()
    expect(page.locator("#pinned").get_by_role("button")).to_have_count(0)
    page.locator("#pinned summary").click()
    page.reload()
    expect(page.locator("#pinned details")).not_to_have_attribute("open", "")
    expect(chief.locator("#duty-board .instruction")).to_contain_text("operateur")
    chief.get_by_role("button", name="Lever la n° 1").click()
    expect(page.locator("#pinned details")).to_have_count(0)
