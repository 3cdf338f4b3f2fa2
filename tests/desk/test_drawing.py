"""A zone is drawn on the map and filters, nothing critical outside it is silent, and what is measured is true."""

from playwright.sync_api import expect

from tests.desk.test_map import GO, QUIET, ROWS, charted, click, go, spread

CHIP = "#map .map-zone"


def shut_out(page) -> None:
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator(CHIP)).to_have_text("Zone dessinée. Dans la liste : 2 ; hors filtre : 4, dont 4 C ✕")
    expect(page.locator(".top .outside")).to_be_visible()
    expect(page.locator("#list .scope")).to_contain_text("zone dessinée")


def test_a_zone_filters_by_pointer_and_by_keyboard_and_one_key_takes_it_away(enter, room):
    spread(room)
    room.raise_alarms(range(6), "critical")
    page = charted(enter)
    expect(page.locator(ROWS)).to_have_count(6)
    x, y = go(page, 2.24 + 0.0002, 48.89, 18)
    box = page.locator(".map-marks").bounding_box()
    page.keyboard.press("y")
    expect(page.locator("#map .map-draw")).to_contain_text("Tirer un rectangle")
    apart = 0.0004 / 360 * 512 * 2**18
    page.mouse.move(box["x"] + x - apart, box["y"] + y - 60)
    page.mouse.down()
    page.mouse.move(box["x"] + x + apart, box["y"] + y + 60, steps=4)
    page.mouse.up()
    shut_out(page)
    address = page.locator('#list [data-part="csv"]').get_attribute("href")
    assert page.evaluate("address => fetch(address).then((answer) => answer.text())", address).count("CR-00") >= 2
    page.keyboard.press("y")
    expect(page.locator(ROWS)).to_have_count(6)
    expect(page.locator(CHIP)).to_be_hidden()

    page.keyboard.press("y")
    for lon, lat in ((2.2398, 48.8895), (2.2406, 48.8895), (2.2406, 48.8905), (2.2398, 48.8905)):
        page.evaluate(GO, [lon, lat, 17])
        page.evaluate(QUIET)
        page.keyboard.press(" ")
    page.keyboard.press("Enter")
    shut_out(page)
    page.locator(CHIP).click()
    expect(page.locator(ROWS)).to_have_count(6)


def test_what_is_measured_is_true_and_chooses_no_alarm(enter, room):
    spread(room)
    room.raise_alarms(range(2), "critical")
    page = charted(enter)
    x, y = go(page, 2.24, 48.89, 17)
    page.keyboard.press("b")
    width = 120 / (111_195 * 0.6575) / 360 * 512 * 2**17
    click(page, x, y)
    click(page, x + width, y)
    expect(page.locator("#map .map-figures")).to_have_text("Distance 120\u00a0m")
    click(page, x + width, y + width / 2)
    expect(page.locator("#map .map-figures")).to_contain_text("surface 3\u202f")
    expect(page.locator("#grid .row[aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#map .map-draw")).to_be_hidden()
