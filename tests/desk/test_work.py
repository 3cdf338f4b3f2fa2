"""What an operator does all day at the desk: choose, filter, act, with keys; and on several screens."""

import re

from playwright.sync_api import expect

ROWS = "#grid .row:visible"


def test_keys_move_and_the_detail_tells_why(enter, room):
    room.raise_alarms([0], "critical")
    room.raise_alarms([1], "low")
    page = enter()
    expect(page.locator("#detail")).to_be_hidden()
    page.keyboard.press("j")
    detail = page.locator("#detail")
    expect(detail.locator("h2")).to_contain_text("2,63 m > 2,50 m")
    expect(detail.locator(".why")).to_contain_text("2,63 m à")
    expect(detail.locator(".why")).to_contain_text("dépasse la limite critique 2,5 m")
    expect(detail.locator(".why")).to_contain_text(re.compile(r"confirmé pendant 2\smin"))
    expect(detail.locator(".why")).to_contain_text("Règle Crue, version 1")
    expect(detail.locator(".journal li")).to_have_count(1)
    expect(detail.locator(".chart svg").first).to_be_visible(timeout=30_000)
    page.keyboard.press("j")
    expect(detail.locator("h2")).to_contain_text("1,13 m")
    page.keyboard.press("k")
    expect(detail.locator("h2")).to_contain_text("2,63 m")


def test_many_alarms_are_acknowledged_at_once(enter, room):
    room.raise_alarms(range(5))
    page = enter(grouped=False)
    page.keyboard.press("j")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    expect(page.locator(".bulk")).to_contain_text("3 sélectionnées")
    page.keyboard.press("a")
    expect(page.locator(f"{ROWS}[data-state=acknowledged]")).to_have_count(3)
    expect(page.locator(".bulk")).to_be_hidden()


def test_an_act_is_sent_again_by_itself_while_the_control_room_is_being_started_again(enter, room):
    room.raise_alarms([0])
    page = enter()
    away = [503, 502, 503]

    def answer(route):
        if not away:
            route.continue_()
            return
        route.fulfill(status=away.pop(0), headers={"Retry-After": "1"}, body="")

    page.route("**/acknowledgement", answer)
    page.keyboard.press("j")
    page.keyboard.press("a")
    toast = page.locator("#toasts")
    expect(toast).to_contain_text("Le système redémarre")
    expect(toast).to_contain_text("renvoyé tout seul")
    expect(page.locator(f"{ROWS}[data-state=acknowledged]")).to_have_count(1)
    expect(toast).not_to_contain_text("Le système redémarre")
    assert away == []


def test_what_is_opened_while_the_control_room_is_being_started_again_is_shown_when_it_is_back(enter, room):
    room.raise_alarms([0])
    page = enter()
    away = [503, 503]

    def answer(route):
        if away:
            route.fulfill(status=away.pop(), headers={"Retry-After": "1"}, body="")
        else:
            route.continue_()

    page.route("**/api/v1/alarms/**", answer)
    page.keyboard.press("j")
    expect(page.locator("#toasts")).to_contain_text("Le système redémarre")
    expect(page.locator("#detail .journal li")).to_have_count(1)


def test_shelving_asks_for_a_reason_and_takes_the_alarm_out_of_the_way(enter, room):
    room.raise_alarms([0, 1])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("s")
    dialog = page.locator("#shelve")
    dialog.get_by_role("button", name="Mettre en veille").click()
    expect(dialog).to_be_visible()  # no reason, no shelving
    dialog.get_by_label("Motif").fill("Travaux sur la berge")
    dialog.get_by_label("4 heures").check()
    dialog.get_by_role("button", name="Mettre en veille").click()
    expect(page.locator('[data-part="shelved"]')).to_have_text("1")
    page.keyboard.press("Escape")
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator('.counts [data-scope="shelved"]').click()
    expect(page.locator(f"{ROWS} .tag").first).to_have_text("en veille")
    page.keyboard.press("j")
    expect(page.locator("#detail .silenced")).to_contain_text("Travaux sur la berge")


def test_a_comment_is_in_the_journal_of_the_alarm(enter, room):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("c")
    page.locator("#comment textarea").fill("Équipe en route")
    page.locator("#comment").get_by_role("button", name="Inscrire").click()
    expect(page.locator("#detail .journal")).to_contain_text("Équipe en route")
    assert "alarm.commented" in room.journal(0)


def test_taking_in_charge_shows_who_and_is_given_back_by_the_same_key(enter, room):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator(f"{ROWS} .who")).to_have_text("operateur")
    page.keyboard.press("p")
    expect(page.locator(f"{ROWS} .who")).to_be_hidden()


def test_out_of_service_is_for_the_shift_supervisor_and_has_an_end(enter, room):
    room.raise_alarms([0])
    page = enter("operateur")
    page.keyboard.press("j")
    expect(page.locator("#detail").get_by_role("button", name="Commenter")).to_be_visible()
    expect(page.locator("#detail").get_by_role("button", name="Mettre hors service")).to_have_count(0)
    page = enter("chef")
    page.keyboard.press("j")
    page.locator("#detail").get_by_role("button", name="Mettre hors service").click()
    dialog = page.locator("#out-of-service")
    dialog.get_by_label("Jusqu’à").fill("2099-01-01T08:00")
    dialog.get_by_role("button", name="Mettre hors service").click()
    expect(dialog).to_be_visible()
    dialog.get_by_label("Jusqu’à").fill(page.evaluate("() => new Date(Date.now() + 864e5).toISOString().slice(0, 16)"))
    dialog.get_by_label("Motif").fill("Permis 12/2026")
    dialog.get_by_role("button", name="Mettre hors service").click()
    expect(page.locator("#detail .silenced")).to_contain_text("Permis 12/2026")


def test_an_auditor_sees_and_does_nothing(enter, room):
    room.raise_alarms([0])
    page = enter("auditeur")
    page.keyboard.press("j")
    expect(page.locator("#detail h2")).to_be_visible()
    expect(page.locator("#detail .acts button")).to_have_count(0)
    page.keyboard.press("a")
    expect(page.locator(ROWS)).to_have_attribute("data-state", "unacknowledged")


def test_filters_narrow_the_list_and_say_so(enter, room):
    room.raise_alarms([0], "critical")
    room.raise_alarms([1], "high")
    room.raise_alarms([2], "low")
    page = enter(grouped=False)
    expect(page.locator(ROWS)).to_have_count(3)
    page.keyboard.press("2")
    expect(page.locator(ROWS)).to_have_count(1)
    expect(page.locator(".scope")).to_contain_text("haute")
    page.keyboard.press("4")
    expect(page.locator(ROWS)).to_have_count(2)
    page.keyboard.press("Escape")
    expect(page.locator(ROWS)).to_have_count(3)
    page.keyboard.press("/")
    page.keyboard.type("cr-002")
    expect(page.locator(f"{ROWS} .where")).to_have_text(["CR-002 · Berges"])
    page.keyboard.type("9")
    expect(page.get_by_text("Aucune alarme ne correspond.")).to_be_visible()
    page.get_by_role("button", name="Tout montrer").click()
    expect(page.locator(ROWS)).to_have_count(3)


def test_three_windows_follow_one_selection(enter, room):
    room.raise_alarms([0, 1, 2])
    listed = enter(path="list", charted=True, grouped=False)
    detail = enter(path="detail", context=listed.context)
    mapped = enter(path="map", context=listed.context)
    expect(mapped.locator("#map")).to_have_attribute("data-state", "ready")
    listed.keyboard.press("j")
    chosen = listed.locator(".row.current .sentence").inner_text()
    expect(detail.locator("#detail h2")).to_have_text(chosen)
    detail.keyboard.press("a")
    expect(listed.locator(".row.current")).to_have_attribute("data-state", "acknowledged")
    late = enter(path="detail", context=listed.context)
    expect(late.locator("#detail h2")).to_have_text(chosen)


def test_the_splitters_are_moved_by_keys_and_remembered(enter, room):
    page = enter()
    page.locator("#split-x").focus()
    before = page.locator("#list").bounding_box()["x"]
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    after = page.locator("#list").bounding_box()["x"]
    assert after < before - 50
    page.reload()
    assert abs(page.locator("#list").bounding_box()["x"] - after) < 3


def test_the_person_chooses_english_and_the_light_theme(enter, room):
    room.raise_alarms([0], "critical")
    page = enter()
    page.locator(".person summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("#list h2")).to_have_text("Alarms")
    expect(page.locator("#link")).to_have_text("live")
    expect(page.locator(f"{ROWS} .sentence")).to_contain_text("2.63 m > 2.50 m for 2 min")
    page.keyboard.press("j")
    expect(page.locator("#detail .why")).to_contain_text("is above the critical limit 2.5 m")
    page.locator(".person summary").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    room.people["operateur"].refresh_from_db()
    assert (room.people["operateur"].language, room.people["operateur"].theme) == ("en", "light")


def test_a_phone_reads_acknowledges_and_comments(enter, room):
    room.raise_alarms([0, 1], "critical")
    page = enter(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    expect(page.locator(ROWS)).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(ROWS).first.tap()
    expect(page.locator("#detail h2")).to_be_visible()
    page.get_by_role("button", name="Acquitter").tap()
    expect(page.locator("#detail .flags")).to_contain_text("acquittée par operateur")
    page.get_by_role("button", name="Commenter").tap()
    page.locator("#comment textarea").fill("Vu du quai")
    page.locator("#comment").get_by_role("button", name="Inscrire").tap()
    expect(page.locator("#detail .journal")).to_contain_text("Vu du quai")
    page.get_by_role("button", name="Retour à la liste").tap()
    expect(page.locator(ROWS)).to_have_count(2)


def test_mute_ends_by_itself_and_says_when(enter, room):
    page = enter()
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_attribute("data-state", "muted")
    expect(page.locator("#sound")).to_contain_text("min")
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_attribute("data-state", "on")
