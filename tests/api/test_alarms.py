"""The alarms of the interface: the list and its filters, one alarm, and what is done to it."""

import datetime as dt

import pytest
from django.test import Client

from alarms.models import Alarm
from hypervisor.api.problems import CONTENT_TYPE
from journal.models import JournalEntry
from tests.factories import NOON, make_alarm, make_asset

LIST = "/api/v1/sites/quai/alarms"

VERBS = ["acknowledge", "command", "comment", "messages", "order", "passages", "plates", "see", "shelve", "take"]
"""Of an operator."""


def names(city, answer) -> list[str]:
    known = {alarm.pk: name for name, alarm in city.alarms.items()}
    return [known[row["id"]] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["none", "sud", "gare", "nord"]),
        ("?severity=critical", ["nord"]),
        ("?severity=critical,low", ["none", "nord"]),
        ("?sector=nord", ["gare", "nord"]),
        ("?sector=gare", ["gare"]),
        ("?q=J-3", ["sud"]),
        ("?q=level+jauge+J-2", ["gare"]),
        ("?q=niveau+haut", ["none", "sud", "gare", "nord"]),
        ("?q=nothing+like+it", []),
        ("?q=%00", ["none", "sud", "gare", "nord"]),
        ("?state=acknowledged", []),
        ("?state=unacknowledged&severity=high", ["gare"]),
    ],
)
def test_the_list_is_filtered_and_newest_first(city, query, expected):
    answer = city.client("auditor").get(LIST + query)
    assert answer.status_code == 200, answer.content
    assert names(city, answer) == expected


def test_closed_alarms_are_listed_when_asked_for(city):
    Alarm.objects.filter(pk=city.alarms["sud"].pk).update(state="normal")
    client = city.client("auditor")
    assert "sud" not in names(city, client.get(LIST))
    assert names(city, client.get(f"{LIST}?state=normal")) == ["sud"]
    assert "sud" in names(city, client.get(f"{LIST}?state=all"))


@pytest.mark.parametrize(
    "query",
    [
        "state=broken",
        "severity=red",
        "sector=nowhere",
        "limit=0",
        "limit=501",
        "limit=x",
        "after=%00",
        "after=W10",
        "after=WyJub29uIiwxXQ",
        "after=WyIyMDI2LTAxLTAxVDAwOjAwIiwxXQ",
        "incident=x",
        "suppressed_by=-1",
    ],
)
def test_what_cannot_be_asked_is_a_problem_that_names_the_field(city, query):
    answer = city.client("auditor").get(f"{LIST}?{query}")
    assert answer.status_code == 422
    assert answer["Content-Type"] == CONTENT_TYPE
    assert list(answer.json()["errors"]) == [query.split("=")[0]]


def test_pages_neither_repeat_nor_skip_while_alarms_come_and_go(city):
    client = city.client("operator")
    asset = city.assets["nord"]
    ids = [make_alarm(city.rule, asset, subject=f"point:{n}").pk for n in range(25)]
    expected = sorted([*ids, *(alarm.pk for name, alarm in city.alarms.items() if name != "other")], reverse=True)
    seen, path = [], f"{LIST}?limit=4&severity=critical,high,medium,low"
    while path:
        page = client.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"]
        make_alarm(city.rule, asset, subject=f"point:new-{len(seen)}")
        Alarm.objects.filter(pk=seen[0]).update(state="normal")
    assert seen == expected


def test_an_alarm_that_comes_again_is_the_first_of_the_list_and_of_its_pages(city):
    client = city.client("operator")
    asset = city.assets["nord"]
    Alarm.objects.update(raised_at=NOON - dt.timedelta(days=1))
    # So close together that the rows, which tell milliseconds, tell the same time.
    alarms = [make_alarm(city.rule, asset, subject=f"point:{n}", raised_at=NOON + dt.timedelta(microseconds=n)) for n in range(6)]
    Alarm.objects.filter(pk=alarms[0].pk).update(raised_at=NOON + dt.timedelta(hours=1), first_raised_at=NOON)
    seen, path = [], f"{LIST}?limit=2"
    while path:
        page = client.get(path).json()
        seen += [row["id"] for row in page["results"]]
        path = page["next"]
    assert seen[:6] == [alarms[n].pk for n in (0, 5, 4, 3, 2, 1)]


def test_one_alarm_says_why_and_what_may_be_done(city):
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(evidence={"kind": "threshold", "limit": 2.5})
    row = city.client("operator").get(f"/api/v1/alarms/{city.alarms['nord'].pk}").json()
    assert row["evidence"] == {"kind": "threshold", "limit": 2.5}
    assert row["version"] == 1
    assert row["verbs"] == VERBS
    assert row["sector"] == {"slug": "nord", "name": "Nord", "path": "nord"}
    assert row["raised_at"] == "2026-03-01T12:00:00.000Z"


def test_what_a_cause_explains_is_counted_on_it_and_found_by_it(city):
    cause, below = city.alarms["nord"], city.alarms["gare"]
    Alarm.objects.filter(pk=below.pk).update(suppressed_by=cause, chattering=True)
    client = city.client("operator")
    assert client.get(f"/api/v1/alarms/{cause.pk}").json()["suppresses"] == 1
    row = client.get(f"/api/v1/alarms/{below.pk}").json()
    assert (row["cause"]["id"], row["cause"]["sentence"]["fr"]) == (cause.pk, cause.sentence_fr)
    assert row["offers"] == ["shelving"]
    assert city.client("auditor").get(f"/api/v1/alarms/{below.pk}").json()["offers"] == []
    assert names(city, client.get(f"{LIST}?suppressed_by={cause.pk}")) == ["gare"]
    assert names(city, client.get(f"{LIST}?incident=12")) == []
    Alarm.objects.filter(pk=city.alarms["sud"].pk).update(suppressed_by=below)
    assert client.get(f"/api/v1/alarms/{cause.pk}").json()["suppresses"] == 2, "what it explains explains more"
    assert set(names(city, client.get(f"{LIST}?suppressed_by={cause.pk}"))) == {"gare", "sud"}


def test_acknowledging_is_journaled_with_the_desk_of_the_session(city):
    client = city.client("operator")
    assert client.patch("/api/v1/me", {"desk": "poste 2"}, content_type="application/json").json()["desk"] == "poste 2"
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}"
    answer = client.post(f"{path}/acknowledgement", {"comment": "vu"}, content_type="application/json")
    assert (answer.status_code, answer.json()["state"], answer.json()["acknowledged_by"]) == (200, "acknowledged", "operator")
    entry = JournalEntry.objects.get(kind="alarm.acknowledged")
    assert (entry.actor, entry.desk) == ("operator", "poste 2")
    comments = client.get(f"{path}/comments").json()["results"]
    assert [row["text"]["fr"].endswith("vu") for row in comments] == [True]


def test_a_body_that_is_missing_is_taken_as_empty(city):
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement"
    assert city.client("operator").generic("POST", path).status_code == 200


def test_an_alarm_is_shelved_until_an_instant_or_for_minutes_and_put_back(city):
    client, path = city.client("operator"), f"/api/v1/alarms/{city.alarms['nord'].pk}/shelving"
    until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=45)
    body = {"until": until.isoformat(), "reason": "travaux"}
    row = client.post(path, body, content_type="application/json").json()
    assert dt.datetime.fromisoformat(row["shelved_until"]) == until.replace(microsecond=until.microsecond // 1000 * 1000)
    assert names(city, client.get(f"{LIST}?state=shelved")) == ["nord"]
    assert client.delete(path).json()["shelved_until"] is None
    row = client.post(path, {"minutes": 30, "reason": "travaux"}, content_type="application/json").json()
    assert row["shelved_reason"] == "travaux"


@pytest.mark.parametrize("body", [{"reason": "x"}, {"minutes": 5}, {"minutes": 5, "until": "2030-01-01T00:00:00Z", "reason": "x"},
                                  {"minutes": 0, "reason": "x"}, {"until": "demain", "reason": "x"}])  # fmt: skip
def test_a_shelving_without_reason_or_end_is_refused(city, body):
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}/shelving"
    answer = city.client("operator").post(path, body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["errors"]


@pytest.mark.parametrize(("language", "word"), [("fr", "close"), ("en", "normal")])
def test_what_the_state_forbids_is_a_conflict_in_the_readers_language(city, language, word):
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(state="normal")
    client = city.client("operator")
    client.patch("/api/v1/me", {"language": language}, content_type="application/json")
    answer = client.post(f"/api/v1/alarms/{city.alarms['nord'].pk}/charge")
    assert (answer.status_code, answer["Content-Type"]) == (409, CONTENT_TYPE)
    assert word in answer.json()["detail"]


def test_charge_is_taken_and_given_back(city):
    client, path = city.client("operator"), f"/api/v1/alarms/{city.alarms['nord'].pk}/charge"
    assert client.post(path).json()["taken_by"] == "operator"
    assert client.delete(path).json()["taken_by"] is None


def test_the_journal_of_a_site_shows_the_confined_only_their_alarms(city):
    for name in ("gare", "sud"):
        path = f"/api/v1/alarms/{city.alarms[name].pk}/acknowledgement"
        city.client("operator").post(path, {}, content_type="application/json")
    whole = city.client("auditor").get("/api/v1/sites/quai/journal").json()["results"]
    assert [row["kind"] for row in whole] == ["alarm.acknowledged", "alarm.acknowledged", "rule.activated"]
    confined = city.client("nord").get("/api/v1/sites/quai/journal").json()["results"]
    assert [row["about"] for row in confined] == [{"alarm": [city.alarms["gare"].pk]}]
    kept = city.client("auditor").get("/api/v1/sites/quai/journal?kind=rule").json()["results"]
    assert [row["kind"] for row in kept] == ["rule.activated"]


def test_the_journal_of_an_alarm_is_its_own(city):
    client = city.client("operator")
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}"
    client.post(f"{path}/comments", {"text": "en route"}, content_type="application/json")
    client.post(f"/api/v1/alarms/{city.alarms['sud'].pk}/charge")
    assert [row["kind"] for row in client.get(f"{path}/journal").json()["results"]] == ["alarm.commented"]


def test_a_page_of_another_site_cannot_act_in_your_name(city):
    client = Client(enforce_csrf_checks=True)
    client.force_login(city.users["operator"])
    answer = client.post(f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement", {}, content_type="application/json")
    assert (answer.status_code, answer["Content-Type"]) == (403, CONTENT_TYPE)
    assert "CSRF" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/", "/api/v2/sites", "/api/v1/alarms/x", "/api/v1/sites/quai/nothing"])
def test_an_address_that_has_nothing_is_a_problem_document(city, path):
    answer = city.client("operator").get(path)
    assert (answer.status_code, answer["Content-Type"]) == (404, CONTENT_TYPE)
    assert answer.json()["status"] == 404


@pytest.mark.parametrize(("body", "kind", "status"), [("{", "application/json", 400), ("a=1", "text/plain", 415)])
def test_a_body_that_cannot_be_read_is_a_problem_document(city, body, kind, status):
    path = f"/api/v1/alarms/{city.alarms['nord'].pk}/acknowledgement"
    answer = city.client("operator").post(path, body, content_type=kind)
    assert (answer.status_code, answer["Content-Type"]) == (status, CONTENT_TYPE)


def test_a_method_that_is_not_there_is_a_problem_document(city):
    answer = city.client("operator").put(LIST)
    assert (answer.status_code, answer["Content-Type"]) == (405, CONTENT_TYPE)


def test_a_defect_of_ours_is_a_problem_document_that_tells_nothing(city, settings):
    from django.db import connection

    client = city.client("operator")
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE alarms_alarm RENAME COLUMN comments TO remarks")
    answer = client.get(LIST)
    assert (answer.status_code, answer["Content-Type"]) == (500, CONTENT_TYPE)
    assert "remarks" not in answer.content.decode()


def test_sites_are_counted_as_the_person_sees_them(city):
    make_asset(city.site, "J-9", retired_at=NOON)
    rows = {name: city.client(name).get("/api/v1/sites").json() for name in ("auditor", "nord", "stranger")}
    (whole,), (confined,) = rows["auditor"], rows["nord"]
    assert (whole["assets"], whole["points"], whole["open_alarms"], whole["role"]) == (4, 4, 4, "auditor")
    assert (confined["assets"], confined["points"], confined["open_alarms"]) == (2, 2, 2)
    assert whole["seq"] == 1
    assert rows["stranger"] == []


def test_sectors_and_kinds_fill_the_filters(city):
    client = city.client("nord")
    assert [row["path"] for row in client.get("/api/v1/sites/quai/sectors").json()] == ["nord", "nord/gare"]
    assert [row["slug"] for row in client.get("/api/v1/kinds").json()] == ["flood-gauge"]


def test_me_is_who_i_am_and_what_i_may(city):
    me = city.client("nord").get("/api/v1/me").json()
    assert me["sites"] == [
        {"site": "quai", "role": "operator", "sectors": ["nord"],
         "verbs": VERBS}
    ]  # fmt: skip


def test_alarms_of_a_zone_are_those_whose_asset_lies_in_it(city):
    client = city.client("operator")
    west, east = 2.2415, 2.2425
    zone = f"{west},48.88;{east},48.88;{east},48.9;{west},48.9"
    rows = client.get("/api/v1/sites/quai/alarms", {"zone": zone}).json()["results"]
    assert [row["asset"]["code"] for row in rows] == ["J-2"]
    triangle = client.get("/api/v1/sites/quai/alarms", {"zone": "2.2405,48.88;2.2445,48.88;2.2445,48.895"}).json()["results"]
    assert {row["asset"]["code"] for row in triangle} == {"J-4"}, "the box around it has J-3 too"
    for wrong in ("1,2", "a,b;c,d;e,f", "1,2;3,4;nan,1", "1,2;3,4;5,1e9", ";".join(["1,2"] * 101)):
        assert client.get("/api/v1/sites/quai/alarms", {"zone": wrong}).status_code == 422
