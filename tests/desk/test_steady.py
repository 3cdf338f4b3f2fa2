"""The desk keeps still: nothing moves away from under the hand, the list has its room, and no title loses what is wrong."""

import pytest
from playwright.sync_api import expect

ROW = "#grid .row:visible"
SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const each of list.getEntries()) if (!each.hadRecentInput) window.shifted += each.value;
  }).observe({type: "layout-shift", buffered: true});
"""


def lefts(page) -> list[float]:
    return page.evaluate(
        "[...document.querySelectorAll('.top > *:not(.grow), .lamp')].map((e) => e.getBoundingClientRect().left)"
    )


def test_the_list_has_all_the_height_while_nothing_is_told_of(enter, room):
    room.add_points(40)
    room.raise_alarms(range(40), "high")
    page = enter(grouped=False, viewport={"width": 1920, "height": 1080})
    page.keyboard.press("d")
    seen = (
        "[...document.querySelectorAll('#grid .row')].filter((row) => row.getBoundingClientRect().bottom <= innerHeight).length"
    )
    assert page.evaluate(seen) >= 30
    expect(page.locator("#detail")).to_be_hidden()
    page.keyboard.press("j")
    expect(page.locator("#detail")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    page.reload()
    expect(page.locator("#grid .row[id]").first).to_be_visible()
    assert page.evaluate("document.getElementById('list').dataset.density") == "compact", "as this browser was told"


def test_a_row_that_is_chosen_stays_in_sight_and_no_second_click_falls_on_what_came(enter, room):
    room.add_points(40)
    room.raise_alarms(range(40), "high")
    page = enter(grouped=False)
    last = page.locator(ROW).filter(visible=True).nth(15)
    box = last.bounding_box()
    page.mouse.dblclick(box["x"] + 200, box["y"] + 10)
    current = page.locator(".row.current")
    expect(current).to_be_in_viewport(ratio=0.98)
    assert current.bounding_box()["y"] < page.locator("#detail").bounding_box()["y"]
    expect(current).to_have_attribute("data-state", "unacknowledged")
    expect(page.locator("dialog[open]")).to_have_count(0)


@pytest.mark.parametrize("width", [1920, 1440, 1280, 1024])
def test_nothing_on_the_bar_moves_for_what_the_sound_or_the_link_say(enter, room, width):
    room.raise_alarms([0], "high")
    page = enter(viewport={"width": width, "height": 900})
    sound, link = page.locator("#sound"), page.locator("#link")
    page.locator("h1").first.click(force=True)
    expect(sound).to_have_attribute("data-state", "on")
    before = lefts(page)
    page.keyboard.press("m")
    expect(sound).to_have_attribute("data-state", "muted")
    assert lefts(page) == before
    room.served.pause()
    expect(link).to_have_attribute("data-state", "late")
    expect(link).to_have_attribute("data-state", "cut")
    assert lefts(page) == before
    room.served.resume()
    expect(link).to_have_attribute("data-state", "live")


def test_what_the_pointer_is_on_stays_where_it_is_in_a_storm(enter, room):
    page = enter(viewport={"width": 1280, "height": 800})
    page.locator('.lamp[data-severity="low"]').hover()
    before = lefts(page)
    room.add_points(1100)
    room.raise_alarms(range(1100), "critical")
    expect(page.locator('.lamp[data-severity="critical"] [data-part=open]')).to_have_text("1\u202f100")
    assert lefts(page) == before


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080)])
def test_a_title_is_read_whole_and_in_one_line_keeps_what_is_wrong(enter, room, width, height):
    room.raise_alarms([0], "high")
    page = enter(grouped=False, viewport={"width": width, "height": height})
    row = page.locator(ROW).first
    sentence = row.locator(".sentence")
    whole = sentence.text_content()
    cut = "(e) => [...e.children].some((part) => part.scrollWidth > part.clientWidth + 1)"
    assert not sentence.evaluate(cut)
    assert sentence.get_attribute("title") == whole.strip()
    page.keyboard.press("d")
    expect(page.locator("#list")).to_have_attribute("data-density", "compact")
    assert row.locator(".sentence").text_content() == whole
    assert not row.locator("[data-part=rest]").evaluate("(e) => e.scrollWidth > e.clientWidth + 1")


def test_the_detail_keeps_the_room_of_what_is_on_its_way(enter, room):
    room.raise_alarms(range(6), "high")
    page = enter(grouped=False, script=SHIFTS)
    expect(page.locator(ROW)).to_have_count(6)
    for _ in range(6):
        page.keyboard.press("j")
        expect(page.locator("#detail .why li").first).to_be_visible()
        expect(page.locator("#detail .chart .main-svg").first).to_be_visible()
    assert page.evaluate("window.shifted") < 0.02
