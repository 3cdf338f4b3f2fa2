"""Backtests over the interface: who may, what is refused, and how one is followed to its end."""

import datetime as dt

import pytest

from alarms.backtests import runs
from alarms.models import Backtest
from tests.factories import NOON, THRESHOLD, make_history

pytestmark = pytest.mark.django_db

PERIOD = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}


@pytest.fixture
def address(city) -> str:
    return f"/api/v1/rules/{city.rule.pk}/backtests"


def post(client, address: str, **body: object):
    return client.post(address, body, content_type="application/json")


def test_one_is_ordered_followed_and_cancelled(city, address):
    client = city.client("administrator")
    made = post(client, address, **PERIOD, spec=THRESHOLD)
    assert (made.status_code, made.json()["state"], made.json()["from"]) == (202, "queued", "2026-01-01T00:00:00.000Z")
    where = made.headers["Location"]
    assert client.get(where).json() == made.json()
    assert [row["id"] for row in client.get(address).json()["results"]] == [made.json()["id"]]
    assert client.delete(where).json()["state"] == "cancelled"


def test_one_that_ran_tells_its_figures_and_its_alarms(city, address):
    client = city.client("administrator")
    make_history(city.points["nord"], {dt.datetime(2026, 1, 1, hour, tzinfo=dt.UTC): 1.0 for hour in (0, 23)})
    made = post(client, address, **PERIOD).json()
    runs.run(made["id"], lambda: NOON)
    done = client.get(f"{address}/{made['id']}").json()
    assert (done["state"], done["progress"], done["figures"]["draft"]["count"]) == ("done", 1, 0)
    assert done["figures"]["draft"]["load"]["verdict"] == "acceptable"
    assert client.get(f"{address}/{made['id']}/alarms?of=draft&alone=true").json() == {"results": [], "next": None}


def test_one_of_a_time_of_which_nothing_is_stored_says_so(city, address):
    client = city.client("administrator")
    made = post(client, address, **PERIOD).json()
    runs.run(made["id"], lambda: NOON)
    ended = client.get(f"{address}/{made['id']}").json()
    assert (ended["state"], ended["figures"]["stored"]) == ("failed", None)
    assert ended["message"].startswith("Rien n’est conservé de cette période")


@pytest.mark.parametrize("role", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_only_an_administrator_of_the_whole_site_may(city, address, role):
    refused = 404 if role == "nord_admin" else 403  # the rules are of the whole site
    assert post(city.client(role), address, **PERIOD).status_code == refused
    assert city.client(role).get(address).status_code == refused
    assert not Backtest.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "from"), (PERIOD | {"to": "yesterday"}, "to"), (PERIOD | {"to": "2025-01-01T00:00:00Z"}, "to"),
        (PERIOD | {"to": "2999-01-01T00:00:00Z"}, "to"), (PERIOD | {"from": "2020-01-01T00:00:00Z"}, "from"),
        (PERIOD | {"spec": {"kind": "threshold"}}, "spec.scope"), (PERIOD | {"spec": {"kind": "magic"}}, "spec.kind"),
        (PERIOD | {"spec": []}, "spec"),
    ],
)  # fmt: skip
def test_what_cannot_be_tried_is_refused_by_its_field(city, address, body, field):
    answer = post(city.client("administrator"), address, **body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]


def test_too_many_at_once_are_refused(city, address):
    client = city.client("administrator")
    codes = [post(client, address, **PERIOD).status_code for _ in range(runs.MOST_WAITING + 1)]
    assert codes == [202] * runs.MOST_WAITING + [409]


@pytest.mark.parametrize("query", ["of=shadow", "alone=1", "limit=0", "after=x"])
def test_a_wrong_question_is_refused(city, address, query):
    client = city.client("administrator")
    made = post(client, address, **PERIOD).json()
    assert client.get(f"{address}/{made['id']}/alarms?{query}").status_code == 422


def test_another_rules_backtest_is_not_found(city, address):
    client = city.client("administrator")
    assert client.get(f"{address}/999999").status_code == 404
    assert client.get("/api/v1/rules/999999/backtests").status_code == 404
