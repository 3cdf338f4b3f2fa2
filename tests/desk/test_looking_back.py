"""Looking back in a browser: the slider shows the alarms of an instant, marked as past, and one key leads back to now."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.utils import timezone
from playwright.sync_api import expect

from reports.models import Annunciation
from tests.desk.room import elsewhere
from tests.desk.test_accessible import findings
from tests.desk.test_list_order import follow

ROWS = "#rows .stood-row"
DAY = dt.timedelta(days=1)


def yesterday(room, hour: int) -> dt.datetime:
    """An hour of yesterday on the site's clocks."""
    zone = ZoneInfo(room.site.timezone)
    return (timezone.now().astimezone(zone) - DAY).replace(hour=hour, minute=0, second=0, microsecond=0)


def test_an_instant_of_yesterday_is_shown_as_the_past_and_escape_leads_back_to_now(enter, room):
    room.raise_alarms([1, 2, 3], "high")
    elsewhere(lambda: follow(room))
    ten, stood = yesterday(room, 10), [room.alarm(index).pk for index in (1, 2, 3)]

    def move() -> None:
        """As if they had come at ten: one acknowledged at eleven, one over by then, one shelved."""
        Annunciation.objects.filter(alarm__in=stood).update(at=ten, began_at=ten)
        Annunciation.objects.filter(alarm=stood[0]).update(acknowledged_at=ten + dt.timedelta(hours=1))
        Annunciation.objects.filter(alarm=stood[1]).update(
            returned_at=ten + dt.timedelta(minutes=30), acknowledged_at=ten + dt.timedelta(minutes=20)
        )
        Annunciation.objects.filter(alarm=stood[2]).update(unheard=Annunciation.Unheard.SHELVED)

    elsewhere(move)
    page = enter(path=f"looking-back?day={ten:%Y-%m-%d}")
    expect(page.locator(".past-tag")).to_contain_text("Passé")
    expect(page.locator(ROWS)).to_have_count(2)  # at noon
    expect(page.locator(ROWS).first).to_contain_text("acquittée")
    expect(page.locator(ROWS).last).to_contain_text("en veille")
    expect(page.locator(".day rect")).to_have_count(1)
    slider = page.get_by_label("Instant de la journée")
    slider.evaluate("(slider) => { slider.value = String(10 * 3600 + 600); slider.dispatchEvent(new Event('input')); }")
    expect(page.locator(ROWS)).to_have_count(3)
    expect(page.locator(ROWS).first).to_contain_text("à acquitter")
    expect(page.locator("[data-total=high]")).to_have_text("2")
    expect(page.locator("[data-total=silenced]")).to_have_text("1")
    slider.focus()
    for _ in range(11):
        page.keyboard.press("ArrowLeft")
    expect(page.locator("#calm")).to_be_visible()  # 09:59
    assert "at=" in page.url
    assert findings(page) == []
    page.keyboard.press("Escape")
    page.wait_for_url("**/sites/quai/")


def test_the_heat_of_a_period_is_on_the_map_and_in_lists_that_lead_there(enter, room):
    room.raise_alarms([1, 2], "high")
    elsewhere(lambda: follow(room))
    page = enter(path="heat", charted=True)
    called = page.locator('[aria-labelledby="assets-title"] li')
    for code in ("CR-001", "CR-002"):
        expect(called.filter(has_text=code).locator("b")).to_have_text("1")
    expect(page.locator('[aria-labelledby="sectors-title"] li').first).to_be_visible()
    expect(page.locator("#map")).to_have_attribute("data-state", "ready")
    page.get_by_role("button", name="Sur la carte CR-001").click()
    expect(page.locator("#map")).to_have_attribute("aria-busy", "false")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert findings(page) == []
