"""The page of events: what supervisors reported, for whoever may see it, and from an event to the rule that heard it and back."""

import datetime as dt
import re

import pytest

from alarms.models import Alarm
from assets.events import write_events
from assets.instants import microseconds
from assets.log import Event
from assets.partitions import Partitions
from tests.factories import NOON, make_alarm, make_rule

PAGE, LIST = "/sites/quai/events", "/api/v1/sites/quai/events"
REFUSED = {
    "kind": "count", "scope": {}, "of": {"event": "badge_refused"}, "by": "site", "within": 600,
    "limits": [{"severity": "low", "at_least": 2}],
}  # fmt: skip


@pytest.fixture
def told(city):
    """Four events: two of one instant in the north, one in the south, one about nothing that is known."""
    known = Partitions()
    known.refresh()

    def event(minutes: int, kind: str, asset: str | None, **attributes: object) -> tuple[int, Event]:
        at = microseconds(NOON + dt.timedelta(minutes=minutes))
        return city.feed.pk, Event("porte/1", at, at, kind, asset and city.assets[asset].pk, attributes)

    events = [
        event(0, "badge_refused", "nord", door="3", badge="K-774411"),
        event(0, "badge_refused", "nord", door="4", granted=False),
        event(1, "door_forced", "sud", door="3"), event(2, "door_forced", None),
    ]  # fmt: skip
    write_events(city.site.pk, events, known, microseconds(NOON))
    return city


def listed(client, query: str = "") -> list[dict]:
    answer = client.get(f"{LIST}?{query}")
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("", 4),
        ("kind=door_forced", 2),
        ("attribute=door:3", 2),
        ("feed=jauges", 4),
        ("from=2026-03-01T12:01:00Z", 2),
        ("to=2026-02-28", 0),
        ("attribute=door:3&kind=badge_refused", 1),
    ],
)
def test_each_filter_finds_its_events_on_the_page_and_in_the_list(told, query, number):
    client = told.client("auditor")
    assert len(listed(client, query)) == number
    assert len(re.findall(r"<code>", client.get(f"{PAGE}?{query}").content.decode())) == number


def test_who_is_confined_sees_events_about_assets_of_their_sectors(told):
    assert {row["asset"]["code"] for row in listed(told.client("nord"))} == {"J-1"}
    assert told.client("stranger").get(LIST).status_code == 404
    assert "J-3" not in told.client("nord").get(PAGE).content.decode()


def test_whom_an_event_names_is_neither_shown_nor_searched(told):
    client = told.client("administrator")
    assert "K-774411" not in client.get(PAGE).content.decode()
    assert "K-774411" not in client.get(LIST).content.decode()
    assert client.get(f"{LIST}?attribute=badge:K-774411").status_code == 422


def test_what_is_true_or_not_is_said_in_words(told):
    page = " ".join(told.client("auditor").get("/sites/quai/events?kind=badge_refused").content.decode().split())
    assert '<span class="quiet">granted</span> non' in page


def test_pages_of_events_follow_each_other_within_one_instant(told):
    client, address, seen = told.client("auditor"), f"{LIST}?limit=1", []
    while address:
        answer = client.get(address).json()
        seen += [(row["at"], row["attributes"].get("door")) for row in answer["results"]]
        address = answer["next"]
    assert len(seen) == len(set(seen)) == 4
    assert [at for at, _ in seen] == sorted((at for at, _ in seen), reverse=True)


@pytest.mark.parametrize(
    "query", ["after=x", "attribute=door", "feed=none", "from=x", "asset=x", "kind=%00", "after=WyIyMDI2IiwiKDEsMSkiXQ"]
)
def test_an_event_filter_that_is_none_is_no_mistake_of_ours(told, query):
    assert told.client("operator").get(f"{LIST}?{query}").status_code in (200, 422)
    assert told.client("operator").get(f"{PAGE}?{query}").status_code == 200


def test_an_event_leads_to_the_rule_that_hears_it_and_an_alarm_to_its_events(told):
    rule = make_rule(told.site, "badges", REFUSED)
    rows = listed(told.client("operator"), "kind=badge_refused")
    assert [rule["slug"] for rule in rows[0]["heard_by"]] == ["badges"]
    assert f"/rules/{rule.pk}" in told.client("administrator").get(f"{PAGE}?kind=badge_refused").content.decode()
    member = {"subject": "asset", "asset": told.assets["nord"].pk, "at": microseconds(NOON)}
    Alarm.objects.filter(asset=told.assets["nord"]).delete()
    evidence = {"kind": "count", "members": [member]}
    alarm = make_alarm(rule, told.assets["nord"], evidence=evidence)
    text = told.client("operator").get(f"/sites/quai/alarms/{alarm.pk}").content.decode()
    assert text.count("<code>badge_refused</code>") == 2
