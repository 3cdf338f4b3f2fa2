"""The register of what is silenced, the banner of a sheet, and an asset that is out of service, in a real browser."""

import datetime as dt
import time

from playwright.sync_api import expect

from alarms import lifecycle
from assets.instants import instant
from journal.actors import Actor
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings

ROWS = "#grid .row:visible"


def shelve(room, index: int, by: str = "operateur", minutes: int = 30) -> None:
    now = instant(time.time_ns() // 1000)
    until = now + dt.timedelta(minutes=minutes)
    alarm = elsewhere(lambda: room.alarm(index).pk)
    elsewhere(lambda: lifecycle.shelve([alarm], until=until, reason="Réarmements", by=Actor.of(room.people[by]), now=now))


def close(room, index: int) -> None:
    now = instant(time.time_ns() // 1000)
    alarm = elsewhere(lambda: room.alarm(index).pk)
    elsewhere(lambda: lifecycle.acknowledge([alarm], by=Actor.of(room.people["operateur"]), now=now))
    room.clear([index])


def test_what_is_shelved_stands_in_the_register_also_when_its_alarm_has_closed_and_is_ended_there(enter, room):
    room.raise_alarms([0, 1])
    page = enter("operateur")
    number = page.locator('.rail [data-part="in-force"]')
    expect(number).to_be_hidden()
    shelve(room, 0)
    shelve(room, 1)
    expect(number).to_have_text("2")
    close(room, 1)
    page.get_by_role("link", name="Mis en silence").click()
    expect(page.locator("h1")).to_have_text("Mis en silence")
    force = page.get_by_role("region", name="En vigueur").first
    expect(force.get_by_role("row", name="CR-000")).to_contain_text("Réarmements")
    closed = page.get_by_role("region", name="l’alarme close entre-temps")
    expect(closed.get_by_role("row", name="CR-001")).to_contain_text("operateur")
    assert findings(page) == []
    closed.get_by_role("button", name="Y mettre fin").click()
    expect(closed).to_have_count(0)
    expect(number).to_have_text("1")


def test_a_whole_asset_goes_out_of_service_from_one_of_its_alarms_and_its_sheet_says_so(enter, room):
    room.raise_alarms([0])
    page = enter("chef")
    page.keyboard.press("j")
    page.locator('[data-act="out-of-service"]').click()
    dialog = page.locator("#out-of-service")
    dialog.get_by_label("tout l’équipement").check()
    dialog.get_by_label("Jusqu’à").fill("2099-01-01T00:00")
    dialog.get_by_label("Motif").fill("Permis 12")
    dialog.get_by_role("button", name="Mettre hors service").click()
    expect(page.locator("#toasts")).to_contain_text("pour 30 j au plus")
    page.locator("#toasts").get_by_role("button", name="Fermer").click()
    soon = (dt.datetime.now(dt.UTC) + dt.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page.locator('[data-act="out-of-service"]').click()
    dialog.get_by_label("tout l’équipement").check()
    dialog.get_by_label("Jusqu’à").fill(soon)
    dialog.get_by_label("Motif").fill("Permis 12")
    dialog.get_by_role("button", name="Mettre hors service").click()
    expect(page.locator(ROWS).first).to_contain_text("hors service")
    expect(page.locator("#detail .silenced")).to_contain_text("tout l’équipement est hors service")
    expect(page.locator("#detail .silenced")).to_contain_text("par chef : Permis 12")
    page.goto(f"{room.served.url}/sites/{room.site.slug}/assets/{room.assets[0].pk}")
    banner = page.locator(".silenced-banner")
    expect(banner).to_contain_text("Cet équipement est mis en silence")
    expect(banner).to_contain_text("hors service")
    expect(banner).to_contain_text("Permis 12")
    expect(banner).to_contain_text("chef")
    assert findings(page) == []
    banner.get_by_role("button", name="Y mettre fin").click()
    expect(banner).to_have_count(0)


def test_the_dialog_offers_no_shelving_that_is_longer_than_the_site_allows(enter, room):
    room.raise_alarms([0], "critical")
    page = enter("operateur")
    page.keyboard.press("j")
    page.keyboard.press("s")
    choices = page.locator("#shelve label.choice:visible")
    expect(choices).to_have_text(["15 min", "1 heure"])
    page.keyboard.press("Escape")
    chief = enter("chef")
    chief.keyboard.press("j")
    chief.keyboard.press("s")
    expect(chief.locator("#shelve label.choice:visible").last).to_have_text("8 heures")
