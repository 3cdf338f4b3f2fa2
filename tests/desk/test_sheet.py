"""The sheet of an asset says what is known of it, and that nothing is known when nothing is."""

import re

from playwright.sync_api import expect


def test_the_sheet_of_a_silent_feed_says_unknown_and_marks_its_alarms(enter, room):
    room.raise_alarms([0], "high")
    room.read(0, 1.24)
    page = enter(path=f"assets/{room.assets[0].pk}")
    expect(page.locator("#points .value")).to_have_text(re.compile(r"1,24 m"))
    room.hush(725)
    page.reload()
    value = page.locator("#points .value")
    expect(value).to_contain_text("inconnu : flux muet")
    expect(value).to_contain_text("dernière : 1,24 m")
    expect(page.locator("#points")).to_contain_text("muet depuis")
    alarm = page.locator(".alarms li")
    expect(alarm).to_have_class("unknown")
    expect(alarm.locator(".tag")).to_have_text("inconnu : flux muet")


def test_an_alarm_that_has_ended_is_hollow_and_says_so_on_the_sheet(enter, room):
    room.raise_alarms([0], "high")
    room.clear([0], "high")
    page = enter(path=f"assets/{room.assets[0].pk}")
    alarm = page.locator(".alarms li")
    expect(alarm).to_have_class("ended")
    expect(alarm.locator(".tag")).to_have_text("cessée")
    assert alarm.locator(".glyph").evaluate("each => getComputedStyle(each).fill") == "none"
    weight = alarm.locator(".sentence").evaluate("each => getComputedStyle(each).fontWeight")
    assert int(weight) < 600


def test_a_period_that_ends_before_it_begins_is_refused_and_an_own_one_puts_out_the_fixed_ones(enter, room):
    page = enter(path=f"assets/{room.assets[0].pk}")
    refusal, lit = page.locator("#chart-reversed"), page.locator("#ranges [name=hours]:checked")
    expect(lit).to_have_count(1)
    page.fill("#from", "2026-11-20T10:00")
    page.fill("#to", "2026-11-20T09:00")
    expect(refusal).to_have_text("Cette période finit avant de commencer : choisissez une fin postérieure au début.")
    expect(page.locator("#to")).to_have_attribute("aria-invalid", "true")
    expect(lit).to_have_count(0)
    page.fill("#to", "2026-11-20T11:00")
    expect(refusal).to_be_hidden()
    expect(lit).to_have_count(0)
    page.locator("#ranges .choice", has_text="6 h").click()
    expect(lit).to_have_count(1)
    expect(page.locator("#from")).to_have_value("")


def test_all_that_hangs_on_an_asset_can_be_seen(enter, room):
    room.add_points(60)
    room.assets = [point.asset for point in room.points]
    room.depend(range(12, 72), on=0)
    page = enter(path=f"assets/{room.assets[0].pk}")
    expect(page.locator(".links li")).to_have_count(40)
    page.get_by_role("link", name="Voir les 60").click()
    expect(page.locator(".links li")).to_have_count(60)
