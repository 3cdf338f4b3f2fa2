"""A time of another day carries its date, also on a page that was left open over midnight."""

import datetime as dt
import re

from playwright.sync_api import expect

CLOCK = re.compile(r"^\d\d:\d\d:\d\d$")
DATED = re.compile(r"^\d{1,2} \S+ \d\d:\d\d:\d\d$")


def test_what_was_today_carries_its_date_when_the_day_turns(enter, room):
    room.raise_alarms([0], "high")
    page = enter()
    page.clock.install(time=dt.datetime.now(dt.UTC))
    page.goto(f"{room.served.url}/sites/{room.site.slug}/assets/{room.assets[0].pk}")
    times = page.locator(".alarms time[datetime]")
    expect(times.first).to_have_text(CLOCK)
    expect(times.first).to_have_attribute("title", re.compile(r"20\d\d à \d\d:\d\d:\d\d \(heure de Paris\)$"))
    page.clock.fast_forward("24:00:00")
    expect(times.first).to_have_text(DATED)


def test_the_detail_says_the_day_of_an_alarm_of_another_day(enter, room):
    room.raise_alarms([0], "high", ago=3 * 86_400)
    page = enter(grouped=False)
    page.keyboard.press("j")
    expect(page.locator("#detail [data-part=sub]")).to_have_text(re.compile(r"apparue le \d{1,2} \S+ \d\d:\d\d:\d\d$"))


def test_an_alarm_that_came_again_was_raised_twice_and_not_back(enter, room):
    room.raise_alarms([0], "high")
    room.clear([0], "high")
    room.raise_alarms([0], "high")
    page = enter(grouped=False)
    page.keyboard.press("j")
    expect(page.locator("#detail .flags")).to_contain_text("survenue 2 fois")
