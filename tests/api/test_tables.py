"""Alarms as a table: what the list shows, to who may see it, and nothing that a spreadsheet would run."""

import csv
import io

import numpy as np
import pytest

from alarms.models import Alarm
from assets import history
from assets.history import Series
from hypervisor.api import alarm_tables

TABLE = "/api/v1/sites/quai/alarms.csv"


def read(client, query: str = "", delimiter: str = ";") -> list[dict[str, str]]:
    answer = client.get(TABLE + query)
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="quai-alarms.csv"'
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")), delimiter=delimiter))


def test_the_table_has_the_alarms_of_the_list_by_the_same_filters(city):
    client = city.client("auditor")
    for query in ("", "?severity=critical,low", "?sector=nord", "?q=J-3", "?state=in_view", "?state=set_aside", "?kind=gauge"):
        listed = client.get(f"/api/v1/sites/quai/alarms{query}").json()["results"]
        assert [int(row["id"]) for row in read(client, query)] == [row["id"] for row in listed]


def test_a_table_is_searched_by_sector_and_by_whoever_has_an_alarm_in_hand_as_the_list_is(city):
    camille = city.users["operator"]
    camille.first_name, camille.last_name = "Camille", "Émery"
    camille.save()
    Alarm.objects.filter(pk=city.alarms["nord"].pk).update(taken_by=camille)
    client = city.client("auditor")
    for query, expected in (("sud", "sud"), ("camille+emery", "nord"), (camille.username, "nord")):
        assert [int(row["id"]) for row in read(client, f"?q={query}")] == [city.alarms[expected].pk]


def test_a_table_shows_nobody_more_than_the_list(city):
    assert {row["asset"] for row in read(city.client("nord"))} == {"J-1", "J-2"}
    assert city.client("stranger").get(TABLE).status_code == 404


def test_the_table_is_in_the_language_of_who_asks(city):
    client = city.client("operator")
    (row,) = read(client, "?q=J-3")
    assert (row["sector"], row["severity"], row["state"]) == ("Sud", "medium", "unacknowledged")
    alarm = Alarm.objects.get(pk=row["id"])
    assert row["sentence"] == alarm.sentence_fr
    client.cookies["django_language"] = "en"
    assert read(client, "?q=J-3", ",")[0]["sentence"] == alarm.sentence_en


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_stranger_sent_is_no_formula_of_the_spreadsheet(city, begins):
    alarm = city.alarms["sud"]
    Alarm.objects.filter(pk=alarm.pk).update(
        sentence_fr=f'{begins}HYPERLINK("http://ailleurs";"J-3")', shelved_reason=f"{begins}1"
    )
    (row,) = read(city.client("operator"), "?q=J-3")
    assert row["sentence"].startswith(f"'{begins}")
    assert row["shelved_reason"].startswith(f"'{begins}")


def test_more_lines_than_anybody_reads_are_refused(city, monkeypatch):
    monkeypatch.setattr(alarm_tables, "MOST", 3)
    assert city.client("operator").get(TABLE).status_code == 422
    assert len(read(city.client("operator"), "?severity=critical,high")) == 2


MINUS = Series("raw", np.array([1_000_000, 61_500_000]), *[np.array([-1.25, 2.0])] * 3, np.array([1, 1]))


def test_the_readings_of_a_chart_are_a_table_with_the_numbers_of_the_reader(city, monkeypatch):
    monkeypatch.setattr(history, "series", lambda *asked: MINUS)
    client, path = city.client("auditor"), f"/api/v1/points/{city.points['nord'].pk}/readings.csv"
    answer = client.get(f"{path}?from=1970-01-01T00:00:00Z&to=1970-01-01T01:00:00Z")
    assert answer["Content-Disposition"] == 'attachment; filename="J-1-water_level.csv"'
    french = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert french[0] == {
        "at": "1970-01-01T00:00:01.000Z", "local_time": "1970-01-01 01:00:01",
        "minimum": "-1,25", "maximum": "-1,25", "mean": "-1,25", "count": "1",
    }  # fmt: skip
    client.cookies["django_language"] = client.cookies["language"] = "en"
    english = client.get(path).content.decode("utf-8-sig").splitlines()
    assert english[2] == "1970-01-01T00:01:01.500Z,1970-01-01 01:01:01,2,2,2,1"


def test_the_readings_of_a_point_are_for_whoever_may_see_it_over_a_period_that_is_one(city):
    path = f"/api/v1/points/{city.points['sud'].pk}/readings.csv"
    assert city.client("nord").get(path).status_code == 404
    assert city.client("operator").get(f"{path}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").status_code == 422
    assert city.client("operator").get(path).status_code == 200
