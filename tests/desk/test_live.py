"""The desk in a real browser: what happens in the city is on the screen at once, and the screen never lies about its link."""

import json
from contextlib import ExitStack

import pytest
from playwright.sync_api import expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from hypervisor.consumers import COME_BACK, MOST_SOCKETS
from tests.desk.room import elsewhere

ROWS = "#grid .row:visible"


def test_an_alarm_appears_live_with_its_lamp_and_is_announced(enter, room):
    page = enter()
    expect(page.get_by_text("Aucune alarme ouverte.")).to_be_visible()
    room.raise_alarms([0], "critical")
    row = page.locator(ROWS)
    expect(row).to_have_count(1)
    expect(row.locator(".sentence")).to_contain_text("2,63 m > 2,50 m")
    expect(row.locator(".where")).to_have_text("CR-000 · Berges")
    expect(page.locator('.lamp[data-severity="critical"] [data-part="waiting"]')).to_have_text("1")
    expect(page.locator("#announcer")).to_contain_text("Nouvelle alarme critique")
    expect(page.get_by_text("Aucune alarme ouverte.")).to_be_hidden()
    assert page.title().startswith("(1) ")


def test_the_worst_stands_first_and_then_the_newest(enter, room):
    room.raise_alarms([0], "low", ago=10)
    room.raise_alarms([1], "critical", ago=600)
    room.raise_alarms([2], "critical", ago=30)
    page = enter(grouped=False)
    expect(page.locator(f"{ROWS} .where")).to_have_text(["CR-002 · Berges", "CR-001 · Berges", "CR-000 · Berges"])


def test_the_first_screen_is_there_before_any_script(enter, room):
    room.raise_alarms([0, 1])
    page = enter(java_script_enabled=False, live=False)
    expect(page.locator(ROWS)).to_have_count(2)
    expect(page.locator(f"{ROWS} .sentence").first).to_contain_text("2,13 m > 2,00 m")


def test_acknowledging_takes_one_key(enter, room, wait_until):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("a")
    row = page.locator(ROWS)
    expect(row).to_have_attribute("data-state", "acknowledged")
    expect(page.locator('.lamp[data-severity="high"] [data-part="waiting"]')).to_have_text("0")
    assert room.alarm(0).acknowledged_by.username == "operateur"
    assert "alarm.acknowledged" in room.journal(0)


def test_an_acknowledgement_elsewhere_shows_here(enter, room):
    room.raise_alarms([0])
    first, second = enter("operateur"), enter("chef")
    first.keyboard.press("j")
    first.keyboard.press("a")
    expect(second.locator(ROWS)).to_have_attribute("data-state", "acknowledged")


def test_a_list_under_the_pointer_holds_still_and_says_what_waits(enter, room):
    room.raise_alarms([0, 1])
    page = enter(grouped=False)
    expect(page.locator(ROWS)).to_have_count(2)
    before = page.locator(f"{ROWS} .where").all_text_contents()
    page.hover("#grid")
    room.raise_alarms([2, 3, 4], "critical")
    room.clear([0])
    expect(page.locator(".new")).to_have_text("en attente : 3 nouvelles ↑")
    assert page.locator(f"{ROWS} .where").all_text_contents() == before
    page.locator(".new").click()
    expect(page.locator(ROWS)).to_have_count(5)
    expect(page.locator(".new")).to_be_hidden()


def test_a_selected_row_that_closes_stays_in_its_place(enter, room):
    room.raise_alarms([0, 1])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(ROWS).first).to_have_attribute("data-state", "acknowledged")
    where = page.locator(f"{ROWS} .where").first.text_content()
    room.clear([room.points.index(room.alarm_shown(where).point)])
    expect(page.locator(ROWS).first).to_have_attribute("data-state", "normal")
    expect(page.locator(f"{ROWS} .where").first).to_have_text(where)
    page.keyboard.press("Escape")
    expect(page.locator(ROWS)).to_have_count(1)


def test_a_cut_link_is_said_and_nothing_is_missed_after_it(enter, room):
    room.raise_alarms([0])
    page = enter(grouped=False)
    expect(page.locator(ROWS)).to_have_count(1)
    page.wait_for_load_state("networkidle")
    room.served.kill()
    expect(page.locator("#link")).to_have_attribute("data-state", "cut")
    expect(page.locator("#link")).to_contain_text("coupé")
    room.raise_alarms([1, 2], "critical")
    room.clear([0])
    room.served.start()
    expect(page.locator("#link")).to_have_attribute("data-state", "live", timeout=30_000)
    expect(page.locator(f"{ROWS}[data-severity=critical]")).to_have_count(2)
    expect(page.locator(f"{ROWS}[data-severity=high]")).to_have_attribute("data-state", "returned")


def test_what_cannot_be_done_is_told_with_its_reason(enter, room):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    expect(page.locator("#detail h2")).to_be_visible()
    page.wait_for_load_state("networkidle")
    room.served.kill()
    page.keyboard.press("a")
    toast = page.locator(".toast.bad")
    expect(toast).to_contain_text("Rien n’a été fait")
    expect(toast).to_contain_text("Le serveur n’a pas répondu")
    toast.get_by_role("button").click()
    expect(toast).to_have_count(0)


def test_a_storm_of_5000_alarms_is_all_there_and_few_rows_are_painted(enter, room):
    room.add_points(5_000)
    page = enter(grouped=False)
    room.raise_alarms(range(12, 5_012), "medium")
    expect(page.locator('.lamp[data-severity="medium"] [data-part="open"]')).to_have_text("5 000", timeout=60_000)
    expect(page.locator("#grid")).to_have_attribute("aria-rowcount", "5001")
    assert page.locator("#grid .row").count() < 100
    page.keyboard.press("End")
    expect(page.locator(".row.current")).to_be_visible()
    expect(page.locator(".row.current")).to_have_attribute("aria-rowindex", "5001")


def test_whoever_is_sent_away_is_told_so_by_a_code_that_a_server_may_send(room):
    """Through the very server: it sends no code between 1001 and 2999, and would leave the client waiting."""
    room.served.ensure()
    key = elsewhere(lambda: room.session("auditeur"))
    headers = {"Origin": room.served.url, "Cookie": f"sessionid={key}"}
    address = f"{room.served.url.replace('http', 'ws', 1)}/ws/sites/quai/live?version=2"
    with ExitStack() as opened:
        for _ in range(MOST_SOCKETS):
            socket = opened.enter_context(connect(address, additional_headers=headers, max_size=2**20))
            assert json.loads(socket.recv(20))["type"] == "snapshot"
        one_more = opened.enter_context(connect(address, additional_headers=headers))
        assert json.loads(one_more.recv(20))["type"] == "refused"
        with pytest.raises(ConnectionClosed) as ended:
            one_more.recv(20)
    assert ended.value.rcvd.code == COME_BACK
