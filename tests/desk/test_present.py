"""Beside the sentence of its worst moment an alarm says what its point reads now, live, and that it is unknown when it is."""

import re

from playwright.sync_api import expect

ROW = "#grid .row:visible"
RISING, FALLING = 1, -1


def test_a_row_and_the_detail_say_the_value_now_its_trend_and_its_age_without_a_reload(enter, room):
    room.raise_alarms([0], "high")
    room.read(0, 1.24, FALLING, ago=40)
    page = enter(grouped=False)
    row, detail = page.locator(f"{ROW} .present"), page.locator("#detail [data-part=present]")
    expect(row).to_have_text(re.compile(r"^1,24\sm\s↓ · 4\d s$"))
    page.keyboard.press("j")
    expect(detail).to_have_text(re.compile(r"^Maintenant 1,24\sm\s↓ en baisse, il y a 4\d\ss$"))
    age = row.text_content()
    expect(row).not_to_have_text(age)  # it ticks
    room.read(0, 2.5, RISING)
    expect(row).to_have_text(re.compile(r"^2,5\sm\s↑ · \d s$"))
    expect(detail).to_have_text(re.compile(r"^Maintenant 2,5\sm\s↑ en hausse, il y a \d\ss$"))
    assert "2,13" in page.locator(f"{ROW} .sentence").text_content(), "the sentence stays that of the worst moment"


def test_a_point_whose_feed_falls_silent_is_unknown_and_no_value(enter, room):
    room.raise_alarms([0], "high")
    room.read(0, 1.24, FALLING)
    page = enter(grouped=False)
    row, detail = page.locator(f"{ROW} .present"), page.locator("#detail [data-part=present]")
    expect(row).to_contain_text("1,24")
    page.keyboard.press("j")
    room.hush(725)
    expect(row).to_have_text("inconnu")
    expect(detail).to_have_text(re.compile(r"^Inconnu : flux muet depuis 12\smin\. Dernière mesure 1,24\sm à "))
    room.hush(0)
    expect(row).to_contain_text("1,24")


def test_an_incident_says_what_the_point_of_its_worst_alarm_reads_now(enter, room):
    room.raise_alarms([0, 1, 2], "medium")
    room.raise_alarms([3], "critical")
    room.read(3, 3.1, RISING)
    page = enter()
    expect(page.locator(f"{ROW}.incident .present")).to_contain_text(re.compile(r"^3,1\sm\s↑"))


def test_an_incident_whose_worst_alarm_has_no_point_says_what_the_worst_of_the_others_reads(enter, room):
    """Of an asset, a condition say, that needs another reading than its own; and unknown when the feed of that is silent."""
    room.raise_alarms([0], "high")
    room.of_asset(0, "critical")
    room.read(0, 2.6, RISING)
    page = enter()
    head = page.locator(f"{ROW}.incident")
    expect(head).to_have_attribute("data-severity", "critical")
    expect(head.locator(".present")).to_contain_text(re.compile(r"^2,6\sm\s↑"))
    head.click()
    expect(page.locator("#incident header .present")).to_have_text(re.compile(r"^Maintenant 2,6\sm\s↑ en hausse, il y a \d+\ss$"))
    room.hush(725)
    expect(head.locator(".present")).to_have_text("inconnu")
    expect(head).to_have_attribute("data-present", "silent")
    expect(page.locator("#incident header .present")).to_contain_text("flux muet depuis 12")


def test_an_incident_opened_says_it_of_each_alarm_and_marks_what_ended_and_what_is_unknown(enter, room):
    room.raise_alarms([0, 1, 2], "high")
    room.read(0, 2.6, RISING)
    page = enter()
    page.locator(f"{ROW}.incident").click()
    members = page.locator("#incident .members li")
    member = members.filter(has=page.get_by_role("button", name="CR-000"))
    expect(member.locator(".present")).to_contain_text(re.compile(r"^2,6\sm\s↑"))
    room.hush(725)
    expect(member.locator(".present")).to_have_text("inconnu")
    expect(member).to_have_attribute("data-present", "silent")
    room.clear([1], "high")
    expect(members.filter(has=page.get_by_role("button", name="CR-001"))).to_have_attribute("data-state", "returned")


def test_an_alarm_of_no_point_or_of_one_never_read_says_nothing_of_now(enter, room):
    room.raise_alarms([0], "high")
    page = enter(grouped=False)
    page.keyboard.press("j")
    expect(page.locator("#detail [data-part=sentence]")).to_contain_text("2,13")
    expect(page.locator(f"{ROW} .present")).to_have_text("")
    expect(page.locator("#detail [data-part=present]")).to_be_hidden()


def test_the_alarm_of_a_silent_feed_says_live_since_when_nothing_came_and_no_more_once_it_speaks(enter, room):
    room.silence("raise", 725)
    page = enter(grouped=False)
    row, detail = page.locator(f"{ROW} .present"), page.locator("#detail [data-part=present]")
    expect(row).to_have_text(re.compile(r"^rien depuis 12\smin$"))
    page.keyboard.press("j")
    expect(detail).to_have_text(re.compile(r"^Rien reçu depuis 12\smin$"))
    room.silence("clear", 725)
    expect(row).to_have_text("")
    expect(detail).to_be_hidden()
    room.silence("raise", 5)
    expect(row).to_have_text(re.compile(r"^rien depuis \d+\ss$"))
