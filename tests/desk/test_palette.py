"""The palette: from any page, by Ctrl+K, to a page, a thing, or what can be done here."""

import re

from playwright.sync_api import expect

from alarms.models import Alarm
from tests.desk.room import elsewhere

PALETTE = "#palette"


def test_from_the_desk_to_an_asset_by_the_keyboard_alone(enter, room):
    page = enter()
    page.keyboard.press("Control+k")
    field = page.locator(PALETTE).get_by_role("combobox")
    expect(field).to_be_focused()
    code = elsewhere(lambda: room.assets[0].code)
    page.keyboard.type(code)
    option = page.locator(PALETTE).get_by_role("option", selected=True)
    expect(option).to_contain_text(code)
    expect(field).to_have_attribute("aria-activedescendant", option.get_attribute("id"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/sites/quai/assets/{elsewhere(lambda: room.assets[0].pk)}$"))


def test_an_act_of_the_desk_is_done_by_its_name(enter, room, wait_until):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("Control+k")
    page.keyboard.type("acquit")
    act = page.locator(PALETTE).get_by_role("option", selected=True)
    expect(act.locator("span")).to_have_text("Acquitter")
    page.keyboard.press("Enter")
    expect(page.locator(PALETTE)).to_be_hidden()
    wait_until(lambda: elsewhere(lambda: Alarm.objects.filter(state="acknowledged").exists()))


def test_it_is_left_as_it_was_opened_and_says_when_nothing_is_found(enter, room):
    page = enter()
    page.locator("#find").click()
    page.keyboard.type("xyzzy")
    expect(page.locator(PALETTE).get_by_role("status")).to_have_text("Rien ne s’appelle ainsi.")
    page.keyboard.press("Control+k")
    expect(page.locator(PALETTE)).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator(PALETTE).get_by_role("combobox")).to_have_value("")
    page.keyboard.press("Escape")
    expect(page.locator(PALETTE)).to_be_hidden()
