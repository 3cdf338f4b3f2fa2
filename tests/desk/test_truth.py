"""The desk never lets one miss, mishear or acknowledge what one cannot see."""

import re

from playwright.sync_api import expect

from alarms.models import Alarm
from tests.desk.room import elsewhere

ROWS = "#grid .row:visible"
EARS = """
window.tones = 0;
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };
"""


def waiting() -> int:
    return elsewhere(lambda: Alarm.objects.filter(state="unacknowledged").count())


def test_one_key_on_more_than_ten_alarms_asks_with_their_numbers(enter, room):
    room.raise_alarms(range(8), "high")
    room.raise_alarms(range(8, 12), "medium")
    page = enter(grouped=False)
    page.keyboard.press("j")
    for _ in range(11):
        page.keyboard.press("Shift+J")
    page.keyboard.press("a")
    dialog = page.locator("#acknowledge")
    expect(dialog).to_contain_text("12 alarmes : 8 hautes, 4 moyennes")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert waiting() == 12
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator(f"{ROWS}[data-state=acknowledged]")).to_have_count(12)


def test_a_critical_alarm_that_is_folded_away_is_not_acknowledged_unasked(enter, room):
    room.raise_alarms(range(6), "critical")
    page = enter()
    expect(page.locator(f"{ROWS}.incident")).to_have_count(1)
    expect(page.locator(f"{ROWS}.incident")).to_contain_text("+ 3 critiques")
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#acknowledge")).to_contain_text("6 critiques — 3 critiques hors de vue")
    page.keyboard.press("Escape")
    assert waiting() == 6


def test_the_next_one_to_acknowledge_is_one_key_away(enter, room):
    room.raise_alarms([0, 1, 2])
    page = enter(grouped=False)
    page.keyboard.press("u")
    first = page.locator("#grid .row.current").get_attribute("data-id")
    page.keyboard.press("a")
    expect(page.locator(f"{ROWS}[data-state=acknowledged]")).to_have_count(1)
    page.keyboard.press("u")
    expect(page.locator("#grid .row.current")).not_to_have_attribute("data-id", first)
    expect(page.locator("#grid .row.current")).to_have_attribute("data-state", "unacknowledged")


def test_what_was_written_is_there_again_after_escape_and_control_enter_sends_it(enter, room):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.locator("#comment textarea").fill("Équipe en route")
    page.keyboard.press("Escape")
    expect(page.locator("#comment")).to_be_hidden()
    page.keyboard.press("c")
    expect(page.locator("#comment textarea")).to_have_value("Équipe en route")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#detail .journal")).to_contain_text("Équipe en route")
    page.keyboard.press("c")
    expect(page.locator("#comment textarea")).to_have_value("")


def test_a_refusal_leaves_the_screen_when_the_next_act_is_done(enter, room):
    room.raise_alarms([0])
    page = enter()
    page.route("**/acknowledgement", lambda route: route.fulfill(status=409, json={"detail": "Trop tard."}), times=1)
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("#toasts")).to_contain_text("Trop tard.")
    page.keyboard.press("a")
    expect(page.locator(f"{ROWS}[data-state=acknowledged]")).to_have_count(1)
    expect(page.locator("#toasts")).not_to_contain_text("Trop tard.")


def test_the_window_that_speaks_is_one_that_can(enter, room, wait_until):
    first = enter(script=EARS)
    second = enter(path="list", context=first.context)
    second.keyboard.press("Escape")  # a gesture in the second window alone
    expect(second.locator("#sound")).to_have_attribute("data-state", "on")
    expect(first.locator("#sound")).to_have_attribute("data-state", "elsewhere")
    room.raise_alarms([0], "critical")
    wait_until(lambda: second.evaluate("window.tones") > 0)
    assert first.evaluate("window.tones") == 0


def test_worsening_and_coming_back_are_heard_and_announced_at_once(enter, room, wait_until):
    room.raise_alarms([0], "high")
    page = enter(script=EARS)
    page.keyboard.press("Escape")
    expect(page.locator("#sound")).to_have_attribute("data-state", "on")
    assert page.evaluate("window.tones") == 0  # it stood when the page opened
    room.raise_alarms([0], "critical")
    wait_until(lambda: page.evaluate("window.tones") == 4)
    expect(page.locator("#announcer")).to_contain_text("Nouvelle alarme critique")
    room.clear([0], "critical")
    expect(page.locator(f"{ROWS}[data-state=returned]")).to_have_count(1)
    heard = page.evaluate("window.tones")
    room.raise_alarms([0], "critical")
    wait_until(lambda: page.evaluate("window.tones") >= heard + 4)


def test_no_window_that_can_sound_is_told_in_red(enter, room):
    page = enter(script="AudioContext.prototype.resume = () => new Promise(() => {});"
                        "Object.defineProperty(AudioContext.prototype, 'state', {value: 'suspended'});")  # fmt: skip
    expect(page.locator("#sound")).to_have_attribute("data-state", "off")
    expect(page.locator("#sound")).to_contain_text("son impossible")
    assert page.evaluate("getComputedStyle(document.getElementById('sound')).backgroundColor") == "rgb(179, 38, 30)"


def test_the_sound_can_be_tried(enter, room):
    page = enter(script=EARS)
    page.locator(".person summary").click()
    page.get_by_role("button", name="Tester le son").click()
    expect(page.locator("#toasts")).to_contain_text("Voici le son")
    assert page.evaluate("window.tones") == 4


def test_a_link_that_is_cut_is_seen_across_the_room(enter, room):
    room.raise_alarms([0])
    page = enter()
    room.served.kill()
    bar = page.locator("#cut")
    expect(bar).to_be_visible()
    expect(bar).to_contain_text(re.compile("Liaison coupée depuis"))
    assert float(page.evaluate("getComputedStyle(document.querySelector('.lamps')).opacity")) < 0.6
    room.served.start()
    expect(bar).to_be_hidden()


def test_what_is_filtered_says_so_with_both_numbers(enter, room):
    room.raise_alarms([0], "critical")
    room.raise_alarms([1, 2], "low")
    page = enter(grouped=False)
    page.keyboard.press("1")
    expect(page.locator("#list [data-part=total]")).to_have_text("1 sur 3")
    expect(page.locator("#list [data-part=scope]")).to_contain_text("critique")
