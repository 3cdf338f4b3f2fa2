"""A person is shown by the name colleagues know, wherever something was done by one; the login stands behind it."""

import pytest
from playwright.sync_api import expect

from tests.desk.room import elsewhere


@pytest.fixture
def named(room):
    """The operator has a name; the shift supervisor has none."""
    user = room.people["operateur"]
    user.first_name, user.last_name = "Camille", "Roux"
    elsewhere(user.save)
    return room


def test_whoever_has_an_alarm_in_hand_is_told_by_name(enter, named):
    named.raise_alarms([0])
    page = enter(grouped=False)
    page.keyboard.press("j")
    page.keyboard.press("p")
    who = page.locator(".row .who")
    expect(who).to_have_text("Camille Roux")
    expect(who).to_have_attribute("title", "operateur")
    page.keyboard.press("a")
    detail = page.locator("#detail")
    expect(detail.locator("[data-part=flags]")).to_contain_text("acquittée par Camille Roux")
    expect(detail.locator("[data-part=flags]")).to_contain_text("prise en charge par Camille Roux")
    line = detail.locator("[data-part=journal] li").filter(has_text="Prise en charge")
    expect(line.locator("[data-part=actor]")).to_have_text("Camille Roux")
    expect(line.locator("[data-part=actor]")).to_have_attribute("title", "operateur")
    expect(line).not_to_contain_text("operateur")
    page.locator("#search").fill("camille")
    expect(page.locator(".row:not([hidden])")).to_have_count(1)
    page.reload()
    expect(page.locator(".row .who")).to_have_text("Camille Roux")


def test_a_login_is_told_where_there_is_no_name(enter, named):
    named.raise_alarms([0])
    page = enter("chef", grouped=False)
    page.keyboard.press("j")
    page.keyboard.press("p")
    expect(page.locator(".row .who")).to_have_text("chef")


def test_the_register_tells_who_shelved_by_name(enter, named):
    named.raise_alarms([0], "low")
    page = enter(grouped=False)
    page.keyboard.press("j")
    page.keyboard.press("s")
    page.locator("#shelve textarea").fill("capteur à remplacer")
    page.locator("#shelve .first").click()
    expect(page.locator("#detail [data-part=silenced]")).to_contain_text("par Camille Roux")
    page.goto(f"{named.served.url}/sites/{named.site.slug}/silences")
    expect(page.locator(".silences td").filter(has_text="Camille Roux")).to_have_count(1)
    choices = page.locator("select[name=by] option")
    expect(choices.filter(has_text="Camille Roux")).to_have_attribute("value", "operateur")
    page.goto(f"{named.served.url}/sites/{named.site.slug}/assets/{named.assets[0].pk}")
    expect(page.locator(".silenced-banner")).to_contain_text("Camille Roux")
    page.goto(f"{named.served.url}/sites/{named.site.slug}/assets/{named.assets[0].pk}?part=silences")
    expect(page.locator(".silenced-banner")).to_contain_text("Camille Roux")
