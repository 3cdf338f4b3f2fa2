"""What is printed: light whatever the theme, all rows, no buttons, and times on one line."""

from playwright.sync_api import expect

from tests.desk.room import elsewhere


def test_the_list_is_printed_whole_and_light(enter, room):
    elsewhere(lambda: room.add_points(60))
    room.raise_alarms(range(12, 72))
    page = enter("operateur", "list", grouped=False, viewport={"width": 1280, "height": 500})
    expect(page.locator("#list [data-part=total]")).to_have_text("60 ouvertes")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator("#grid .row:visible")).to_have_count(60)
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--ground').trim()") == "#fff"
    for gone in (".rail", ".search", "#sound", ".pane-bar .tool"):
        assert page.locator(gone).evaluate_all("all => all.every(each => getComputedStyle(each).display === 'none')"), gone
    tops = page.locator("#grid .row:visible").evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert tops == sorted(set(tops))
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#grid .row:visible").count() < 60


def test_times_of_the_detail_and_of_a_sheet_are_not_wrapped_on_paper(enter, room):
    room.raise_alarms([0])
    page = enter("operateur")
    page.keyboard.press("j")
    expect(page.locator("#detail .journal li")).to_have_count(1)
    page.emulate_media(media="print")
    row, told = (page.locator(each).bounding_box() for each in ("#grid .row:visible", "#detail h2"))
    assert row["y"] + row["height"] <= told["y"]
    for where in ("#detail .journal time", ".clock time"):
        assert page.locator(where).first.evaluate("each => getComputedStyle(each).whiteSpace") == "nowrap"
    assert page.locator("#detail .acts").evaluate("each => getComputedStyle(each).display") == "none"
    sheet = enter("operateur", f"assets/{room.assets[0].pk}")
    sheet.emulate_media(media="print")
    assert sheet.locator(".rail").evaluate("each => getComputedStyle(each).display") == "none"
