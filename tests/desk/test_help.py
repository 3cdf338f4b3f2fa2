"""The help, by its keys and by the palette, and the tour of the desk: once, by keyboard, and never over an alarm."""

import re

from playwright.sync_api import expect

from hypervisor.models import User
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings


def toured(name: str = "operateur") -> bool:
    return elsewhere(lambda: User.objects.get(username=name).toured)


def forget(name: str = "operateur") -> None:
    elsewhere(lambda: User.objects.filter(username=name).update(toured=False))


def test_the_help_comes_by_its_keys_and_is_found_by_what_one_wants_to_do(enter, room):
    page = enter(path="alarms")
    with page.context.expect_page() as opened:
        page.keyboard.press("F1")
    helped = opened.value
    expect(helped.locator("h1")).to_have_text("Aide")
    expect(helped.locator("#severities")).to_contain_text("◆ C, critique")
    page.keyboard.press("Control+k")
    page.keyboard.type("mettre veille")
    expect(page.locator("#palette [role=option]").first).to_contain_text("Mettre en veille une alarme gênante")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/help#shelve$"))
    page.goto(f"{room.served.url}/sites/quai/")
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    page.keyboard.press("F1")
    expect(page.locator("#keys")).to_be_visible()


def test_the_tour_is_taken_by_keyboard_and_comes_once(enter, room, wait_until):
    forget()
    page = enter()
    tour = page.locator("#tour")
    expect(tour).to_contain_text("Ce qui attend")
    expect(tour.get_by_role("button", name="Suivant")).to_be_focused()
    assert findings(page) == []
    page.keyboard.press("ArrowRight")
    expect(tour).to_contain_text("Ce que vaut l’écran")
    expect(page.locator("#link")).to_have_class(re.compile("toured"))
    page.keyboard.press("ArrowLeft")
    expect(tour).to_contain_text("1 / ")
    page.keyboard.press("Escape")
    expect(tour).to_be_hidden()
    wait_until(toured)
    page.reload()
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    expect(page.locator("#tour")).to_have_count(0)


def test_an_alarm_that_waits_comes_before_the_tour(enter, room):
    forget()
    page = enter()
    expect(page.locator("#tour")).to_be_visible()
    room.raise_alarms([0])
    expect(page.locator("#tour")).to_be_hidden()
    assert not toured()
    page.reload()
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    expect(page.locator(".row[data-id]").first).to_be_visible()
    expect(page.locator("#tour")).to_be_hidden()
