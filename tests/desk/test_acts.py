"""What is done to many at once, what is taken back, and what the screen says of what it does not show."""

import re

import pytest
from playwright.sync_api import expect

from alarms.models import Alarm
from tests.desk.room import elsewhere
from tests.factories import make_sector, make_user

ROWS = "#grid .row:visible"
TOAST = "#toasts .toast"


def states() -> list[str]:
    return elsewhere(lambda: sorted(Alarm.objects.values_list("state", flat=True)))


def test_an_acknowledgement_is_taken_back_by_one_key(enter, room, wait_until):
    room.raise_alarms([0])
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator(TOAST)).to_contain_text("1 alarme acquittée")
    expect(page.locator(f"{ROWS}[data-state=acknowledged]")).to_have_count(1)
    page.keyboard.press("z")
    expect(page.locator(f"{ROWS}[data-state=unacknowledged]")).to_have_count(1)
    expect(page.locator(TOAST)).to_have_count(0)
    assert elsewhere(lambda: room.journal(0)) == ["alarm.raised", "alarm.acknowledged", "alarm.withdrawn"]


def test_many_closed_by_one_act_come_back_by_the_button_of_its_message(enter, room, wait_until):
    room.raise_alarms(range(4))
    room.clear(range(4))
    page = enter(grouped=False)
    expect(page.locator(ROWS)).to_have_count(4)
    page.get_by_role("button", name="Acquitter les 4 alarmes cessées").click()
    expect(page.locator("#acknowledge")).to_contain_text("4 alarmes : 4 hautes")
    page.keyboard.press("Enter")
    page.mouse.move(5, 5)  # out of the list, which holds still under the hand
    expect(page.locator(TOAST)).to_contain_text("4 alarmes acquittées")
    expect(page.locator(ROWS)).to_have_count(0)
    page.locator(TOAST).get_by_role("button", name="Annuler").click()
    expect(page.locator(f"{ROWS}[data-state=returned]")).to_have_count(4)
    assert states() == ["returned"] * 4


def test_all_that_have_ended_are_acknowledged_as_the_list_is_filtered_and_what_stands_is_not(enter, room, wait_until):
    room.raise_alarms([0, 1], "high")
    room.raise_alarms([2, 3], "low")
    room.clear([0], "high")
    room.clear([2], "low")
    page = enter(grouped=False)
    page.keyboard.press("4")
    page.get_by_role("button", name="Acquitter l’alarme cessée").click()
    expect(page.locator("#acknowledge")).to_contain_text("1 alarme : 1 basse")
    page.keyboard.press("Enter")
    wait_until(lambda: states() == ["normal", "returned", "unacknowledged", "unacknowledged"])


def test_many_are_taken_shelved_and_commented_by_one_request_each(enter, room):
    room.raise_alarms(range(5))
    page = enter(grouped=False)
    asked = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.keyboard.press("j")
    for _ in range(4):
        page.keyboard.press("Shift+J")
    expect(page.locator(".bulk")).to_contain_text("5 sélectionnées")
    page.keyboard.press("p")
    expect(page.locator(f"{ROWS} [data-part=who]:visible")).to_have_count(5)
    page.keyboard.press("c")
    page.locator("#comment textarea").fill("ronde")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#comment")).to_be_hidden()
    page.keyboard.press("s")
    page.locator("#shelve textarea").fill("essais")
    page.keyboard.press("Control+Enter")
    expect(page.locator(TOAST)).to_contain_text("5 alarmes mises en veille")
    expect(page.locator(f"{ROWS}.silent")).to_have_count(5)
    assert [url.rsplit("/", 1)[-1] for url in asked] == ["charge", "comments", "shelving"]
    page.keyboard.press("z")
    expect(page.locator(f"{ROWS}.silent")).to_have_count(0)


def test_what_refuses_among_many_is_said_with_its_reason(enter, room):
    room.raise_alarms(range(3))
    page = enter(grouped=False)
    refusal = {"id": 1, "detail": "Une alarme close ne peut pas être modifiée."}
    page.route("**/charge", lambda route: route.fulfill(json={"done": [2, 3], "refused": [refusal]}))
    page.keyboard.press("j")
    page.keyboard.press("Shift+J")
    page.keyboard.press("Shift+J")
    page.keyboard.press("p")
    expect(page.locator(f"{TOAST}.bad")).to_contain_text("Refusé pour 1 alarme")
    expect(page.locator(f"{TOAST}.bad")).to_contain_text("Une alarme close")


def test_what_the_filters_hide_is_counted_in_the_list_and_beside_the_lamps(enter, room):
    room.raise_alarms([0, 1, 2], "critical")
    room.raise_alarms([3, 4], "low")
    page = enter(grouped=False)
    outside = page.locator(".top .outside")
    expect(outside).to_be_hidden()
    page.keyboard.press("4")
    expect(page.locator("#list [data-part=total]")).to_have_text("2 sur 5")
    expect(outside).to_have_text("3 hors filtre, dont 3 C")
    outside.click()
    expect(page.locator(ROWS)).to_have_count(5)
    expect(outside).to_be_hidden()


def test_a_list_that_is_held_counts_what_is_open_and_says_how_many_are_not_in_it(enter, room):
    room.raise_alarms([0])
    page = enter(grouped=False)
    page.keyboard.press("f")
    expect(page.locator("#list [data-part=frozen]")).to_contain_text("figée depuis")
    room.raise_alarms([1, 2, 3])
    expect(page.locator("#list [data-part=new]")).to_contain_text("en attente : 3 nouvelles")
    expect(page.locator("#list [data-part=total]")).to_have_text("4 ouvertes")
    expect(page.locator('.lamp[data-severity="high"] [data-part=open]')).to_have_text("4")
    expect(page.locator(ROWS)).to_have_count(1)


def test_kinds_chosen_on_the_map_filter_the_list_which_says_so(enter, room):
    room.raise_alarms([0, 1])
    page = enter(charted=True, grouped=False)
    expect(page.locator("#map")).to_have_attribute("data-state", "ready", timeout=60_000)
    page.evaluate("document.querySelectorAll('.map-chips button')[1].click()")
    chip = page.locator("#list .scope")
    expect(chip).to_be_visible()
    chip.click()
    expect(page.locator(".map-chips button").first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(ROWS)).to_have_count(2)


def test_the_frame_of_a_confined_operator_says_of_which_sector(enter, room):
    def confine():
        make_sector(room.site, "gare")
        room.people["rive"] = make_user("rive", room.site, "operator", (room.sector,))

    elsewhere(confine)
    for path in ("", "assets"):
        page = enter("rive", path)
        expect(page.locator(".top .confined")).to_have_text(re.compile(f"secteur {room.sector.name} seul", re.I))
    expect(enter("operateur").locator(".top .confined")).to_have_count(0)


@pytest.mark.slow
def test_the_next_selection_is_painted_within_a_tenth_of_a_second_with_five_thousand_alarms(enter, room):
    elsewhere(lambda: room.add_points(5000))
    room.raise_alarms(range(12, 5012))
    page = enter(charted=True, grouped=False)
    expect(page.locator("#map")).to_have_attribute("data-state", "ready", timeout=60_000)
    waits = page.evaluate(
        """async () => {
          const waits = [];
          for (let n = 0; n < 20; n += 1) {
            const begun = performance.now();
            document.getElementById("grid").dispatchEvent(new KeyboardEvent("keydown", {key: "j", bubbles: true}));
            await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
            waits.push(performance.now() - begun);
            await new Promise((rested) => setTimeout(rested, 33));
          }
          return waits.sort((a, b) => a - b);
        }"""
    )
    print("J to frame, ms:", [round(wait) for wait in waits])
    assert waits[18] < 100, waits


def test_the_map_of_a_phone_is_seen_and_leads_back(enter, room):
    page = enter(viewport={"width": 390, "height": 844})
    page.get_by_role("link", name="Carte", exact=True).click()
    expect(page.locator("#link")).to_have_attribute("data-state", "live")
    box = page.locator("#map").bounding_box()
    assert box["width"] > 300
    assert box["height"] > 500
    page.get_by_role("link", name="Conduite").click()
    expect(page.locator("#list")).to_be_visible()


def test_one_key_leads_to_the_list_and_others_to_the_camera_the_map_and_works(enter, room):
    room.raise_alarms([0])
    page = enter("chef", charted=True)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller à la liste des alarmes")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("h")
    expect(page.locator("#out-of-service")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("inhibée")
    page.keyboard.press("Escape")
    expect(page.locator("#map")).to_have_attribute("data-state", "ready", timeout=60_000)
    page.keyboard.press("l")
    expect(page.locator("#map .map-bar input").first).to_be_focused()


def test_a_hidden_tab_tells_of_high_alarms_too(enter, room):
    room.raise_alarms([0], "high")
    page = enter()
    expect(page).to_have_title(re.compile("^▲ 1 "))
    room.raise_alarms([1], "critical")
    expect(page).to_have_title(re.compile(r"^\(1\) "))
