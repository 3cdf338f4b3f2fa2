"""In the browser, no word of an alarm's chart lies on another or outside its box, and the chart follows the box."""

import re
from itertools import combinations

import pytest
from playwright.sync_api import expect

from alarms.models import RuleVersion
from tests.desk.room import LADDER, elsewhere

BOXES = """
() => [...document.querySelectorAll("#detail .chart .annotation text, #detail .chart .shape-label text")]
  .filter((text) => text.textContent)
  .map((text) => [text.textContent, text.getBoundingClientRect()])
  .map(([text, box]) => [text, box.left, box.top, box.right, box.bottom])
"""


@pytest.mark.parametrize("limits", [(207, 195), (2.05, 2.0), (4, 3, 2, 1)])
@pytest.mark.parametrize("width", [1280, 1920])
def test_words_of_a_chart_are_apart_and_inside_it(enter, room, limits, width):
    room.raise_alarms([0], "high")
    names = ("critical", "high", "medium", "low")
    rungs = [{"severity": name, "limit": limit} for name, limit in zip(names, limits, strict=False)]
    elsewhere(lambda: RuleVersion.objects.update(spec=LADDER | {"limits": rungs}))
    page = enter(grouped=False, viewport={"width": width, "height": 900})
    page.keyboard.press("j")
    expect(page.locator("#detail .chart .annotation").first).to_be_visible()
    boxes = page.evaluate(BOXES)
    assert {"alarme", "temporisation"} <= {name for name, *_ in boxes}
    outer = page.locator("#detail .chart").bounding_box()
    for name, left, _, right, _ in boxes:
        assert left >= outer["x"] - 1, name
        assert right <= outer["x"] + outer["width"] + 1, name
    overlapping = [
        (one[0], other[0])
        for one, other in combinations(boxes, 2)
        if min(one[3], other[3]) - max(one[1], other[1]) > 1 and min(one[4], other[4]) - max(one[2], other[2]) > 3
    ]
    assert overlapping == []


def test_a_chart_whose_box_becomes_narrower_follows_it(enter, room):
    room.raise_alarms([0], "high")
    page = enter(grouped=False)
    page.keyboard.press("j")
    chart = page.locator("#detail .chart")
    expect(chart.locator(".annotation").first).to_be_visible()
    page.evaluate("document.querySelector('#detail .case').style.maxWidth = '300px'")
    expect(chart.locator(".main-svg").first).to_have_attribute("width", re.compile(r"^(2\d\d|300)(\.|$)"))
