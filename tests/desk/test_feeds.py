"""What the top bar says of the feeds, and the list behind it, as an operator sees them change."""

import re
import time

from playwright.sync_api import expect

from alarms.models import Alarm
from assets import log
from assets.feeds import health
from tests.desk.room import elsewhere
from tests.factories import NOON


def speak(room, **counts: object) -> None:
    tally = health.Tally()
    tally.note(room.feed.pk, time.time_ns() // 1000, **{"accepted": 1, **counts})
    elsewhere(lambda: tally.flush(log.shared().redis))


def test_the_top_bar_follows_the_health_of_the_feeds_and_leads_to_their_list(enter, room):
    page = enter("operateur")
    counted = page.locator(".top .feeds")
    expect(counted).to_have_text(re.compile(r"Flux\s+0\s+/\s+1"))
    speak(room)
    expect(counted).to_have_text(re.compile(r"Flux\s+1\s+/\s+1"))
    expect(counted).not_to_have_class(re.compile("unwell"))
    elsewhere(lambda: health.failing(log.shared().redis, room.feed, "10.0.0.7 refuses"))
    expect(counted).to_have_text(re.compile(r"Flux\s+0\s+/\s+1"))
    expect(counted).to_have_class(re.compile("unwell"))
    counted.press("Enter")  # what is told of the sound may come in meanwhile, and the bar moves under a pointer
    expect(page).to_have_url(re.compile(r"/sites/quai/feeds$"))
    row = page.locator("[data-feed=jauges]")
    expect(row).to_contain_text("en panne")
    expect(row).to_contain_text("Il ne peut pas être interrogé.")
    expect(row).not_to_contain_text("10.0.0.7")
    expect(row.locator("a")).to_have_count(0)
    elsewhere(lambda: health.working(log.shared().redis, room.feed))
    expect(row).to_contain_text("en ordre")  # without a reload
    expect(row.locator(".why")).to_be_empty()


def test_a_silent_feed_is_called_by_its_name_on_the_desk(enter, room):
    heard = int(time.time() * 1e6) - 600_000_000
    evidence = {"kind": "silence", "of": "feed", "heard": heard, "period": 180_000_000, "interval": 60_000_000, "factor": 3.0,
                "points": 12, "ahead": 420_000_000}  # fmt: skip

    def make() -> Alarm:
        type(room.feed).objects.filter(pk=room.feed.pk).update(slug="safety", name="Centrales incendie")
        return Alarm.objects.create(
            site=room.site, rule=room.rule, version=room.rule.active_version, subject=f"feed:{room.feed.pk}", feed=room.feed,
            severity=2, state="unacknowledged", sentence_fr="Flux muet", sentence_en="Feed silent", raised_at=NOON,
            learned_at=NOON, seq=0, evidence=evidence,
        )  # fmt: skip

    alarm = elsewhere(make)
    page = enter("operateur", grouped=False)
    row = page.locator(f"#alarm-{alarm.pk}")
    expect(row).to_contain_text("Centrales incendie")
    row.click()
    detail = page.locator("#detail")
    expect(detail).to_contain_text("Son horloge avance de 7\u00a0min")
    for place in (row, detail):
        expect(place).not_to_contain_text("safety")
        expect(place).not_to_contain_text("feed:")
    chart = page.request.get(f"{room.served.url}/api/v1/alarms/{alarm.pk}/chart").text()
    assert "Centrales incendie" in chart
    assert "feed:" not in chart
