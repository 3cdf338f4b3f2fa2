"""The pages of the past in a browser: filters, views, acts on all that is found, events and who heard them, reports."""

import csv
import datetime as dt
import io
import re
import time
from pathlib import Path

from playwright.sync_api import expect

from alarms.models import Alarm, Incident
from assets.events import write_events
from assets.log import Event
from assets.partitions import Partitions
from hypervisor.models import SavedView
from reports.models import Annunciation
from tests.desk.room import SECOND, elsewhere
from tests.desk.test_accessible import findings
from tests.desk.test_list_order import follow
from tests.factories import make_rule

ROWS = "#past-rows tbody tr[data-alarm]"
HEARD = {
    "kind": "count", "scope": {}, "of": {"event": "badge_refused"}, "by": "site", "within": 600,
    "limits": [{"severity": "low", "at_least": 2}],
}  # fmt: skip


def exported(page, link: str) -> list[list[str]]:
    with page.expect_download() as download:
        page.get_by_role("link", name=link, exact=True).click()
    text = Path(download.value.path()).read_text("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_alarms_are_filtered_by_chips_and_what_is_shown_is_what_is_exported(enter, room):
    room.raise_alarms([1, 2], "high")
    room.raise_alarms([3, 4, 5], "low")
    page = enter(path="alarms")
    expect(page.locator(ROWS)).to_have_count(5)
    expect(page.locator("#past-count")).to_have_text("5 alarmes")
    page.locator("#past-filters").get_by_label("basse").check()
    expect(page.locator(ROWS)).to_have_count(3)
    expect(page.locator("#past-count")).to_have_text("3 alarmes")
    assert page.url.endswith("/alarms?severity=low")
    head, *lines = exported(page, "CSV")
    shown = page.locator(ROWS).evaluate_all("rows => rows.map((row) => row.dataset.alarm)")
    assert [line[head.index("id")] for line in lines] == shown
    page.locator("#past-rows [data-query]").first.click()
    expect(page.locator(ROWS)).to_have_count(5)
    expect(page.locator("#past-filters").get_by_label("basse")).not_to_be_checked()


def test_a_view_is_saved_shared_and_opened_by_another(enter, room):
    room.raise_alarms([1], "high")
    room.raise_alarms([2], "low")
    page = enter("chef", path="alarms?severity=low")
    expect(page.locator(ROWS)).to_have_count(1)
    page.locator("#save-view").click()
    dialog = page.locator("#saving-view")
    dialog.get_by_label("Nom").fill("Basses")
    dialog.get_by_label("Partager").check()
    dialog.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".saved-views .here")).to_contain_text("Basses")
    assert elsewhere(lambda: SavedView.objects.get().shared)
    other = enter("operateur", path="alarms")
    expect(other.locator(ROWS)).to_have_count(2)
    other.locator(".saved-views").get_by_role("link", name="Basses").click()
    expect(other.locator(ROWS)).to_have_count(1)


def test_all_that_is_found_is_acknowledged_after_a_preview_and_taken_back(enter, room):
    room.raise_alarms([1, 2, 3], "low")
    room.raise_alarms([4], "high")
    page = enter(path="alarms?severity=low")
    expect(page.locator(ROWS)).to_have_count(3)
    page.locator("#act-on-all").click()
    dialog = page.locator("#acting")
    expect(dialog.locator(".outlook")).to_contain_text("3")
    dialog.locator("[data-part=go]").click()
    expect(dialog).to_be_hidden()
    acknowledged = Alarm.objects.filter(state="acknowledged")
    assert elsewhere(acknowledged.count) == 3
    page.get_by_role("button", name="Annuler").last.click()
    expect(page.locator(f"{ROWS}").filter(has_text="à acquitter")).to_have_count(3)
    assert elsewhere(acknowledged.count) == 0


def test_from_an_event_to_the_rule_that_heard_it(enter, room):
    rule = elsewhere(lambda: make_rule(room.site, "badges", HEARD))
    elsewhere(lambda: report_events(room))
    page = enter("admin", path="events?kind=badge_refused")
    expect(page.locator("tbody tr")).to_have_count(2)
    page.locator("tbody").get_by_role("link", name="Crue").first.click()
    expect(page).to_have_url(re.compile(rf"/rules/{rule.pk}$"))


def report_events(room) -> None:
    known = Partitions()
    known.refresh()
    now = time.time_ns() // 1000
    events = [
        (room.feed.pk, Event("porte/1", now - each * SECOND, now, kind, room.assets[1].pk, {"door": "3"}))
        for each, kind in enumerate(("badge_refused", "badge_refused", "door_forced"))
    ]
    write_events(room.site.pk, events, known, now)


def test_a_report_follows_its_period_compares_and_is_exported(enter, room):
    room.raise_alarms(range(4), "high")
    elsewhere(lambda: follow(room))
    page = enter("auditeur", path="reports?period=today")
    figures = page.locator("section[aria-labelledby=table-figures]")
    first = figures.locator("tbody tr").first
    expect(first).to_contain_text("Annonces")
    expect(first.locator("td").first).to_have_text("4")
    expect(page.locator("[data-chart=severities] .main-svg").first).to_be_visible()
    head, *lines = exported(page, "CSV : Indicateurs")
    assert lines[0][head.index("value")] == "4"
    first.get_by_role("link").click()
    expect(page.locator("tbody tr")).to_have_count(4)
    page.go_back()
    page.get_by_label("Période").select_option("yesterday")
    expect(first.locator("td").first).to_have_text("0")
    expect(page.locator(".report-scope")).to_contain_text("Rien n’a été compté")
    elsewhere(lambda: move_back(dt.timedelta(days=1)))
    page.get_by_label("Période").select_option("today")
    expect(first.locator("td").first).to_have_text("3")
    expect(first.locator("td").nth(3)).to_have_text("1")


def move_back(by: dt.timedelta) -> None:
    """One annunciation was of another day."""
    row = Annunciation.objects.latest("pk")
    row.at, row.began_at = row.at - by, row.began_at - by
    row.save(update_fields=["at", "began_at"])


def test_an_incident_is_worked_on_from_its_page(enter, room):
    room.raise_alarms(range(4), "medium")
    page = enter("chef", path="incidents")
    page.locator("[aria-labelledby=column-open]").get_by_role("link").first.click()
    acts = page.locator("#incident-acts")
    expect(acts).to_be_visible()
    acts.get_by_role("button", name="Prendre en charge").click()
    expect(acts.get_by_role("button", name="Rendre la main")).to_be_visible()
    assert elsewhere(lambda: Incident.objects.get().state) == Incident.State.IN_HAND
    page.locator("[data-member]").first.check()
    acts.get_by_role("button", name="Séparer").click()
    page.locator("#split-incident").get_by_label("Titre").fill("À part")
    page.locator("#split-incident").get_by_role("button", name="Séparer").click()
    expect(page.locator("[data-member]")).to_have_count(3)
    acts.get_by_role("button", name="Fusionner").click()
    page.locator("#merge-incident input").last.check()
    page.locator("#merge-incident").get_by_role("button", name="Fusionner").click()
    expect(page.locator("[data-member]")).to_have_count(4)
    acts.get_by_role("button", name="Tout acquitter").click()
    expect(page.locator("#incidents tbody tr").filter(has_text="à acquitter")).to_have_count(0)
    assert findings(page) == []
