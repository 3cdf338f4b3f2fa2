"""What moves on the screen: the lamps, once a second, and nothing for who asked for stillness."""

import re

from playwright.sync_api import expect

OPACITY = "each => getComputedStyle(each).opacity"


def test_lamps_alone_blink(enter, room):
    room.raise_alarms([0])
    page = enter()
    expect(page.locator("#grid .row.waiting")).to_have_count(1)
    expect(page.locator(".lamps")).to_have_attribute("data-beat", re.compile("low|high"))
    lamp, row = page.evaluate(
        """() => {
          document.querySelector('.lamps').dataset.beat = 'low';
          const opacity = (where) => getComputedStyle(document.querySelector(where)).opacity;
          return [opacity('.lamp.waiting .glyph'), opacity('.row.waiting .glyph')];
        }"""
    )
    assert (lamp, row) == ("0.25", "1")


def test_nothing_blinks_for_who_asked_for_less_motion(enter, room):
    room.raise_alarms([0])
    page = enter(reduced_motion="reduce")
    expect(page.locator(".lamp.waiting")).to_have_count(1)
    clock = page.locator("#clock")
    for _ in range(2):
        expect(clock).not_to_have_text(clock.text_content())
    assert page.locator(".lamps").get_attribute("data-beat") is None
    assert page.locator(".lamp.waiting .glyph").evaluate(OPACITY) == "1"
