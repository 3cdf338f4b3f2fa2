"""The page of all alarms: by any filter, for who may see them, in the rows that the interface lists and exports."""

import datetime as dt
import io
import re

import pyarrow.parquet as pq
import pytest

from alarms.models import Alarm
from hypervisor.models import SavedView
from hypervisor.pages import list_filters
from tests.factories import NOON, make_alarm, make_rule
from tests.response.ordering import make_contract, make_contractor, make_order

PAGE = "/sites/quai/alarms"


def shown(client, query: str = "") -> list[int]:
    answer = client.get(f"{PAGE}?{query}")
    assert answer.status_code == 200
    return [int(number) for number in re.findall(r'data-alarm="(\d+)"', answer.content.decode())]


@pytest.fixture
def past(city):
    """Closed alarms: one of two hours that ana acknowledged, one of a minute by another rule, one of another day."""
    hour = dt.timedelta(hours=1)
    Alarm.objects.filter(site=city.site).delete()
    long = make_alarm(
        city.rule, city.assets["nord"], severity=1, state="normal", raised_at=NOON, returned_at=NOON + 2 * hour,
        closed_at=NOON + 3 * hour, acknowledged_by=city.users["operator"], acknowledged_at=NOON + hour,
    )  # fmt: skip
    state = {"kind": "state", "scope": {"quantity": "water_level"}, "values": [{"severity": "low", "in": [1]}]}
    short = make_alarm(
        make_rule(city.site, "porte", state), city.assets["sud"], severity=4, state="normal", raised_at=NOON + hour,
        closed_at=NOON + hour + dt.timedelta(minutes=1),
    )  # fmt: skip
    earlier = make_alarm(
        city.rule, city.assets["gare"], severity=2, state="normal", raised_at=NOON - 48 * hour, closed_at=NOON - 47 * hour
    )
    return {"long": long.pk, "short": short.pk, "earlier": earlier.pk}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["short", "long", "earlier"]),
        ("order=oldest", ["earlier", "long", "short"]),
        ("order=closed_last", ["long", "short", "earlier"]),
        ("severity=critical&severity=low", ["short", "long"]),
        ("rule=porte", ["short"]),
        ("rule_kind=threshold", ["long", "earlier"]),
        ("person=operator", ["long"]),
        ("longer=60", ["long", "earlier"]),
        ("shorter=60", ["short"]),
        ("sector=nord", ["long", "earlier"]),
        ("from=2026-03-01", ["short", "long"]),
        ("to=2026-02-28", ["earlier"]),
        ("ended_from=2026-03-01T14:00:00Z", ["long"]),
        ("state=open", []),
        ("q=J-3", ["short"]),
    ],
)
def test_each_filter_finds_its_alarms_on_the_page_in_the_list_and_in_the_file(city, past, query, found):
    client = city.client("auditor")
    expected = [past[name] for name in found]
    assert shown(client, query) == expected
    asked = query.replace("critical&severity=low", "critical,low")
    asked = asked if "state=" in asked else f"state=all&{asked}"
    assert [row["id"] for row in client.get(f"/api/v1/sites/quai/alarms?{asked}").json()["results"]] == expected
    table = client.get(f"/api/v1/sites/quai/alarms.csv?{asked}").getvalue().decode()
    assert [int(line.split(";")[0]) for line in table.splitlines()[1:]] == expected


def test_who_is_confined_sees_the_past_of_their_sectors(city, past):
    assert shown(city.client("nord")) == [past["long"], past["earlier"]]
    assert city.client("stranger").get(PAGE).status_code == 404


def test_pages_follow_each_other_without_a_gap_also_within_one_instant(city, monkeypatch):
    monkeypatch.setattr(list_filters, "PAGE", 100)
    Alarm.objects.filter(site=city.site).update(raised_at=NOON)
    client, address, seen = city.client("auditor"), PAGE, []
    monkeypatch.setattr("hypervisor.pages.alarms.PAGE", 7)
    while address:
        text = client.get(address).content.decode()
        seen += [int(number) for number in re.findall(r'data-alarm="(\d+)"', text)]
        following = re.search(r'href="(\?[^"]*after=[^"]+)"', text)
        address = following and PAGE + following[1].replace("&amp;", "&")
    assert seen == list(Alarm.objects.filter(site=city.site).order_by("-id").values_list("id", flat=True))


def test_a_filter_is_a_chip_that_can_be_taken_away(city, past):
    text = city.client("operator").get(f"{PAGE}?severity=critical&sector=nord").content.decode()
    assert 'data-query="sector=nord"' in text
    assert 'data-query="severity=critical"' in text
    assert "Nord" in text


@pytest.mark.parametrize(
    "query", ["severity=loud", "from=yesterday", "longer=-1", "order=random", "after=x", "rule_kind=%00", "asset=%00"]
)
def test_a_filter_that_is_none_is_no_mistake_of_ours(city, query):
    for part in ("", "&part=rows", "&part=count"):
        assert city.client("operator").get(f"{PAGE}?{query}{part}").status_code == 200


def test_a_view_is_kept_for_its_owner_and_shared_by_who_may_comment(city):
    address, body = "/api/v1/sites/quai/views", {"page": "alarms", "name": "Crues", "query": "severity=critical&after=x&evil=1"}
    ours, theirs = city.client("operator"), city.client("nord")
    made = ours.post(address, body, content_type="application/json")
    assert (made.status_code, made.json()["query"]) == (201, "severity=critical")
    assert theirs.get(address).json() == []
    assert "Crues" not in theirs.get(PAGE).content.decode()
    assert ours.post(address, {**body, "shared": True}, content_type="application/json").status_code == 201
    assert SavedView.objects.count() == 1
    assert "Crues" in theirs.get(PAGE).content.decode()
    assert theirs.delete(f"/api/v1/views/{made.json()['id']}").status_code == 403
    reading = city.client("auditor")
    assert reading.post(address, {**body, "shared": True}, content_type="application/json").status_code == 403
    assert reading.post(address, body, content_type="application/json").status_code == 201
    assert ours.delete(f"/api/v1/views/{made.json()['id']}").status_code == 204


def test_the_life_of_an_alarm_tells_who_did_what_about_it(city):
    alarm, operator = city.alarms["nord"], city.client("operator")
    told = {"comment": "vu à la caméra"}
    operator.post(f"/api/v1/alarms/{alarm.pk}/acknowledgement", told, content_type="application/json")
    order = make_order(city.assets["nord"], make_contract(make_contractor(city.site)), alarm=alarm)
    note = {"text": "Équipe sur place", "category": "intervention", "asset": city.assets["nord"].code}
    answer = operator.post("/api/v1/sites/quai/notes", note, content_type="application/json")
    assert answer.status_code == 201, answer.content
    text = city.client("auditor").get(f"{PAGE}/{alarm.pk}").content.decode()
    assert "vu à la caméra" in text
    assert f"/work-orders/{order.pk}" in text
    assert "Équipe sur place" in text
    lines = city.client("auditor").get(f"/api/v1/alarms/{alarm.pk}/life").json()["results"]
    assert {"alarm", "work_order", "note"} <= {noun for line in lines for noun in line["about"]}


def test_the_link_to_an_alarm_opens_for_nobody_who_may_not_see_it(city):
    assert city.client("nord").get(f"{PAGE}/{city.alarms['gare'].pk}").status_code == 200
    assert city.client("nord").get(f"{PAGE}/{city.alarms['sud'].pk}").status_code == 404
    assert city.client("operator").get(f"{PAGE}/{city.alarms['other'].pk}").status_code == 404


def test_a_file_of_columns_has_the_rows_of_the_table(city, past):
    answer = city.client("operator").get("/api/v1/sites/quai/alarms.parquet?state=all&order=oldest")
    table = pq.read_table(io.BytesIO(answer.getvalue()))
    assert table["id"].to_pylist() == [past["earlier"], past["long"], past["short"]]
    assert table["raised_at"].to_pylist()[1] == NOON
    assert table["acknowledged_by"].to_pylist() == [None, "operator", None]
