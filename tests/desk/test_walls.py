"""A wall in a browser: it shows what stands, says since when it is blind, comes back by itself, goes blank when revoked."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from hypervisor import walls
from journal.actors import Actor
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings


@pytest.fixture
def wall(chromium, room):
    """(a window in which the wall stands, the wall)"""
    by, now = Actor.of(room.people["admin"]), timezone.now()
    made, token = elsewhere(lambda: walls.create(room.site, "Mur nord", by=by, now=now))
    room.raise_alarms([0], "critical")
    context = chromium.new_context(locale="fr-FR", viewport={"width": 1920, "height": 1080})
    context.route("**/maplibre-gl.mjs", lambda route: route.abort())
    page = context.new_page()
    page.goto(f"{room.served.url}/walls/{room.site.slug}/open/{token}")
    expect(page.locator(".wall-row")).to_have_count(1, timeout=20_000)
    yield page, made
    context.close()


def test_it_follows_what_stands_without_a_login_on_any_screen(wall, room):
    page, _made = wall
    critical = page.locator('.wall-lamp[data-severity="critical"]')
    expect(critical).to_contain_text("1")
    assert findings(page) == []
    room.raise_alarms([1], "high")
    expect(page.locator(".wall-row")).to_have_count(2, timeout=20_000)
    assert "operateur" not in page.content()
    for width, height in ((1080, 1920), (3840, 2160), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, height)


def test_it_says_since_when_it_is_blind_comes_back_and_goes_blank_when_revoked(wall, room):
    page, made = wall
    page.context.set_offline(True)
    expect(page.locator("#cut")).to_be_visible(timeout=20_000)
    expect(page.locator("#link")).to_have_text("coupé")
    page.context.set_offline(False)
    expect(page.locator("#cut")).to_be_hidden(timeout=20_000)
    by, now = Actor.of(room.people["admin"]), timezone.now()
    elsewhere(lambda: walls.revoke(made, by=by, now=now))
    expect(page.locator("h1")).to_have_text("Cet écran n’est pas autorisé", timeout=20_000)
    expect(page.locator(".wall-row")).to_have_count(0)
