"""What a camera sees is in the map's card, on its sheet and large in one window that stays where it was put."""

import base64

from playwright.sync_api import expect

from tests.desk.room import elsewhere
from tests.desk.test_map import charted, go, spread
from tests.factories import make_kind

PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


def become_cameras(room) -> None:
    kind = elsewhere(lambda: make_kind("camera", domain="video", glyph="camera"))
    for asset in room.assets:
        asset.kind, asset.attributes = kind, {"picture": "/cameras/CAM-1.mjpeg"}
    elsewhere(lambda: type(room.assets[0]).objects.bulk_update(room.assets, ["kind", "attributes"]))


def seen(page) -> None:
    page.context.route("**/picture*", lambda route: route.fulfill(body=PIXEL, content_type="image/png"))


def test_a_camera_opens_large_in_one_window_which_the_next_one_takes_over(enter, room):
    become_cameras(room)
    page = enter(path=f"assets/{room.assets[0].pk}")
    seen(page)
    with page.expect_popup() as opened:
        page.locator(".picture").click()
    window = opened.value
    expect(window.locator("h1")).to_contain_text("CR-000")
    expect(window.locator("#lost")).to_be_hidden()
    page.goto(f"{room.served.url}/sites/{room.site.slug}/assets/{room.assets[1].pk}")
    page.locator(".picture").click()
    expect(window.locator("h1")).to_contain_text("CR-001")
    assert len(page.context.pages) == 2


def test_the_large_picture_of_a_camera_that_does_not_answer_says_so(enter, room):
    become_cameras(room)
    page = enter(path=f"cameras/{room.assets[0].pk}", live=False)
    expect(page.locator("#lost")).to_have_text("La caméra ne répond pas.")


def test_the_card_of_a_camera_on_the_map_shows_what_it_sees(enter, room):
    become_cameras(room)
    spread(room)
    page = charted(enter)
    seen(page)
    x, y = go(page, 2.24, 48.89, 18)
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + x, box["y"] + y)
    card = page.locator(".map-card")
    expect(card.locator(".map-picture")).not_to_have_class("map-picture dark")
    with page.expect_popup() as opened:
        card.locator(".map-picture").click()
    expect(opened.value.locator("h1")).to_contain_text("CR-000")
