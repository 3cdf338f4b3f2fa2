"""The map of the desk in a real browser: alarms lie where their assets are, above a city that is not drawn again for them."""

from playwright.sync_api import expect

from tests.desk.room import elsewhere

ROWS = "#grid .row:visible"
COUNTING = """
window.drawings = 0;
for (const name of ["drawElements", "drawArrays"]) {
  const draw = WebGL2RenderingContext.prototype[name];
  WebGL2RenderingContext.prototype[name] = function (...given) {
    window.drawings += 1;
    return draw.apply(this, given);
  };
}
"""
QUIET = """
() => new Promise((resolve) => {
  const map = document.getElementById("map");
  let [before, since] = [window.drawings, performance.now()];
  const look = () => {
    const busy = map.getAttribute("aria-busy") !== "false";
    if (busy || window.drawings !== before) [before, since] = [window.drawings, performance.now()];
    if (before > 0 && performance.now() - since > 700) resolve(before);
    else requestAnimationFrame(look);
  };
  look();
})
"""
INK = """([x, y]) => {
  const canvas = document.querySelector(".map-marks");
  const [red, green, blue, alpha] = canvas.getContext("2d").getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data;
  return alpha < 200 ? "none" : red > green * 1.8 ? "critical" : red > blue * 1.8 && green < 0.8 * red ? "high" : "other";
}"""
GO = """([lon, lat, zoom]) =>
  document.getElementById("map").dispatchEvent(new CustomEvent("map:show", {detail: {lon, lat, zoom}}))"""


def spread(room, east: float = 0.0004) -> None:
    """The assets of the room in a row to the east, so many degrees apart."""
    for number, asset in enumerate(room.assets):
        asset.longitude, asset.latitude = 2.24 + number * east, 48.89
    elsewhere(lambda: type(room.assets[0]).objects.bulk_update(room.assets, ["longitude", "latitude"]))


def charted(enter):
    """A desk whose map is there and has come to rest, with what counts its drawings."""
    page = enter(charted=True, grouped=False, script=COUNTING)
    expect(page.locator("#map")).to_have_attribute("data-state", "ready")
    page.evaluate(QUIET)
    return page


def go(page, lon: float, lat: float, zoom: float) -> tuple[float, float]:
    """Let the map fly there; the middle of its pane, in pixels of the pane."""
    page.evaluate(GO, [lon, lat, zoom])
    page.evaluate(QUIET)
    box = page.locator(".map-marks").bounding_box()
    return box["width"] / 2, box["height"] / 2


def hover(page, x: float, y: float) -> None:
    box = page.locator(".map-marks").bounding_box()
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.move(box["x"] + x + 1, box["y"] + y)


def click(page, x: float, y: float) -> None:
    box = page.locator(".map-marks").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)


def expect_ink(page, x: float, y: float, severity: str) -> None:
    """The canvas has this severity's colour beside the letter of a mark that stands there, by the next drawing at the latest."""
    page.wait_for_function(f"([x, y, wanted]) => ({INK})([x, y]) === wanted", arg=[x, y, severity])


def test_a_live_alarm_is_on_the_map_and_the_city_is_not_drawn_again(enter, room):
    page = charted(enter)
    before = page.evaluate("drawings")
    blank = page.locator(".map-marks").screenshot()
    room.raise_alarms(range(12), "critical")
    expect(page.locator(ROWS)).to_have_count(12)
    page.keyboard.press("a")
    page.wait_for_function(
        "() => { const c = document.querySelector('.map-marks');"
        " return c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((value) => value > 0); }"
    )
    assert page.locator(".map-marks").screenshot() != blank
    room.clear(range(6), "critical")
    expect(page.locator('#grid .row[data-state="returned"]:visible')).to_have_count(6)
    assert page.evaluate(QUIET) == before


def test_a_mark_stays_on_its_asset_when_the_map_is_panned_and_zoomed(enter, room):
    spread(room)
    room.raise_alarms([3], "critical")
    page = charted(enter)
    x, y = go(page, 2.24 + 3 * 0.0004, 48.89, 17)
    expect_ink(page, x - 7, y, "critical")
    hover(page, x, y)
    expect(page.locator(".map-tip")).to_contain_text("CR-003")
    page.evaluate("() => addEventListener('mousemove', () => { window.moved = performance.now(); }, true)")
    page.mouse.down()
    page.mouse.move(x + 90, y + 200, steps=4)
    box = page.locator(".map-marks").bounding_box()
    page.mouse.move(box["x"] + x + 121, box["y"] + y + 60, steps=4)
    page.wait_for_function("() => performance.now() - moved > 300")  # a hand that rests before it lets go: else the map glides on
    page.mouse.up()
    page.evaluate(QUIET)
    expect_ink(page, x - 7, y, "none")
    expect_ink(page, x + 120 - 7, y + 60, "critical")
    hover(page, x + 120, y + 60)
    expect(page.locator(".map-tip")).to_contain_text("CR-003")
    x, y = go(page, 2.24 + 3 * 0.0004, 48.89, 14.4)
    expect_ink(page, x - 7, y, "critical")


def test_a_mark_is_hollow_once_its_alarm_has_ended_and_waits_to_be_acknowledged(enter, room):
    spread(room)
    room.raise_alarms([3], "critical")
    page = charted(enter)
    x, y = go(page, 2.24 + 3 * 0.0004, 48.89, 17)
    expect_ink(page, x - 7, y, "critical")
    room.clear([3], "critical")
    expect(page.locator('#grid .row[data-state="returned"]:visible')).to_have_count(1)
    expect_ink(page, x - 7, y, "other")


def test_a_group_shows_the_critical_alarm_in_it_and_opens_until_it_is_alone(enter, room):
    spread(room, east=0.00005)
    room.raise_alarms([0, 1, 2], "high")
    room.raise_alarms([3], "critical")
    page = charted(enter)
    x, y = go(page, 2.24, 48.89, 13)
    expect_ink(page, x - 8, y, "critical")
    hover(page, x, y)
    expect(page.locator(".map-tip")).to_contain_text("4 alarmes")
    click(page, x, y)
    page.evaluate(QUIET)
    apart = 0.00015 * 512 * 2**18.2 / 360  # pixels from the first to the critical one, about whose middle the map has opened
    expect_ink(page, x + apart / 2 - 7, y, "critical")
    click(page, x + apart / 2, y)
    expect(page.locator(".row.current .where")).to_contain_text("CR-003")


def test_alarms_on_one_spot_are_told_one_by_one(enter, room):
    room.raise_alarms([0, 1, 2], "high")
    page = charted(enter)
    x, y = go(page, 2.24, 48.89, 19)
    click(page, x, y)
    expect(page.locator(".map-card .map-alarm")).to_have_count(3)
    page.locator(".map-card .map-alarm", has_text="CR-001").click()
    expect(page.locator(".row.current .where")).to_contain_text("CR-001")
    expect(page.locator(".map-card")).to_be_hidden()


def test_the_severity_chosen_in_the_key_is_what_the_map_shows(enter, room):
    spread(room)
    room.raise_alarms([0], "critical")
    room.raise_alarms([1], "high")
    page = charted(enter)
    x, y = go(page, 2.24, 48.89, 17)
    expect_ink(page, x - 7, y, "critical")
    page.locator('.map-legend [data-severity="high"]').click()
    expect(page.locator(ROWS)).to_have_count(1)
    page.evaluate(QUIET)
    expect_ink(page, x - 7, y, "none")


def test_a_mark_is_dashed_while_its_feed_is_silent(enter, room):
    """Hollow: what was full of its colour is the ground's, and full again when the feed speaks."""
    spread(room)
    room.raise_alarms([0], "critical")
    room.read(0, 3.0)
    page = charted(enter)
    x, y = go(page, 2.24, 48.89, 16)
    inside = [x, y + 8]  # below the letter
    page.wait_for_function(f"(at) => ({INK.strip()})(at) === 'critical'", arg=inside)
    room.hush(725)
    page.wait_for_function(f"(at) => ({INK.strip()})(at) === 'other'", arg=inside)
    room.hush(0)
    page.wait_for_function(f"(at) => ({INK.strip()})(at) === 'critical'", arg=inside)
