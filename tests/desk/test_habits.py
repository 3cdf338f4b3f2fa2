"""How a person has the desk follows them to another browser, and a filter that came along is seen."""

from playwright.sync_api import expect

from hypervisor.models import User
from tests.desk.room import elsewhere


def habits() -> dict[str, str]:
    return elsewhere(lambda: User.objects.get(username="operateur").habits)


def test_splitters_order_and_filters_are_there_in_another_browser(enter, room, wait_until):
    room.raise_alarms(range(2), "critical")
    page = enter()
    expect(page.locator("#grid .row:visible").first).to_be_visible()
    page.locator("#split-x").focus()
    page.keyboard.press("ArrowRight")
    page.locator('#grid [data-order="place"] button').click()
    page.keyboard.press("2")
    wait_until(lambda: habits().get("filters") == "severity=high" and habits().get("order") == "place")
    other = enter()
    expect(other.locator("#split-x")).to_have_attribute("aria-valuenow", "59")
    expect(other.locator('#grid [data-order="place"]')).to_have_attribute("aria-sort", "ascending")
    expect(other.locator(".top .outside")).to_have_text("2 hors filtre, dont 2 C")
    other.keyboard.press("Escape")
    expect(other.locator("#grid .row:visible").first).to_be_visible()
    wait_until(lambda: habits()["filters"] == "")


def test_keys_of_one_character_do_nothing_for_who_switched_them_off(enter, room, wait_until):
    room.raise_alarms([0], "critical")
    page = enter(grouped=False)
    page.locator(".person summary").click()
    page.get_by_label("Les touches d’un caractère agissent").uncheck()
    wait_until(lambda: habits().get("keys") == "off")
    other = enter(grouped=False)
    expect(other.locator("#grid .row:visible")).to_have_count(1)
    for key in ("j", "a"):
        other.keyboard.press(key)
    other.keyboard.press("F1")
    expect(other.locator("#keys")).to_be_visible()
    expect(other.locator(".row.current")).to_have_count(0)
    other.keyboard.press("Escape")
    other.locator(".person summary").click()
    other.get_by_label("Les touches d’un caractère agissent").check()
    wait_until(lambda: habits().get("keys") == "on")
    other.locator(".person summary").click()
    other.keyboard.press("j")
    expect(other.locator(".row.current")).to_have_count(1)
