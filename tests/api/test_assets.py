"""Assets, points and charts of the interface."""

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from assets import history
from assets.models import Asset, Latest
from assets.partitions import Partitions
from assets.readings import Readings
from hypervisor.api.searching import search
from tests.factories import NOON, make_asset

LIST = "/api/v1/assets"


def codes(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.json()["results"]]


@pytest.fixture
def lamps(city):
    for number, name in ((1, "Quai Nord"), (2, "Quai Sud"), (12, "Place de l'Église")):
        make_asset(city.site, f"LMP-{number:05d}", "lamp", name=name, sector=city.sectors["sud"], latitude=48.9)
    return city


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=lmp", ["LMP-00001", "LMP-00002", "LMP-00012"]),
        ("q=LMP-0001", ["LMP-00012"]),
        ("q=00012", ["LMP-00012"]),
        ("q=quai", ["LMP-00001", "LMP-00002"]),
        ("q=qu+no", ["LMP-00001"]),
        ("q=l%27église", ["LMP-00012"]),
        ("q=%27%3A*+%26", []),
        ("kind=lamp&sector=sud", ["LMP-00001", "LMP-00002", "LMP-00012"]),
        ("kind=lamp,flood-gauge&q=j-", ["J-1", "J-2", "J-3", "J-4"]),
        ("sector=nord", ["J-1", "J-2"]),
        ("bbox=2.2,48.895,2.3,48.95", ["LMP-00001", "LMP-00002", "LMP-00012"]),
        ("bbox=2.2405,48.8,2.2415,48.895", ["J-1"]),
        ("retired=true", []),
    ],
)
def test_assets_are_found_as_one_types(lamps, query, expected):
    assert codes(lamps.client("auditor").get(f"{LIST}?site=quai&{query}")) == expected


@pytest.mark.parametrize("query", ["bbox=1,2,3", "bbox=3,1,2,2", "bbox=a,b,c,d", "bbox=nan,0,1,1", "sector=nord"])
def test_what_cannot_be_asked_of_assets_is_refused(city, query):
    assert city.client("auditor").get(f"{LIST}?{query}").status_code == 422


def test_assets_of_all_ones_sites_are_listed_by_site_and_code(lamps):
    from hypervisor.models import Grant

    Grant.objects.create(user=lamps.users["operator"], site=lamps.other, role="operator")
    client, seen, path = lamps.client("operator"), [], f"{LIST}?limit=3"
    while path:
        page = client.get(path).json()
        seen += [(row["site"], row["code"]) for row in page["results"]]
        path = page["next"]
    assert seen == sorted(seen)
    assert len(seen) == 8
    assert lamps.client("stranger").get(LIST).json() == {"results": [], "next": None}


def test_a_search_of_only_signs_finds_nothing():
    assert search("- ' & |") is None


def test_a_sheet_has_points_with_their_latest_reading_and_dependencies(city):
    top, below = city.assets["nord"], city.assets["gare"]
    Asset.objects.filter(pk=below.pk).update(depends_on=top)
    Latest.objects.create(point=city.points["nord"], at=NOON, received_at=NOON, value=1.5, quality=1)
    sheet = city.client("auditor").get(f"{LIST}/{top.pk}").json()
    assert (sheet["dependents"], sheet["open_alarms"], sheet["depends_on"]) == (1, 1, None)
    (point,) = sheet["points"]
    assert point["latest"] == {
        "at": "2026-03-01T12:00:00Z", "received_at": "2026-03-01T12:00:00Z", "value": 1.5, "quality": "uncertain"
    }  # fmt: skip
    assert city.client("auditor").get(f"{LIST}/{below.pk}").json()["depends_on"]["code"] == "J-1"


def test_what_an_asset_depends_on_is_not_told_to_who_may_not_see_it(city):
    Asset.objects.filter(pk=city.assets["gare"].pk).update(depends_on=city.assets["sud"])
    assert city.client("nord").get(f"{LIST}/{city.assets['gare'].pk}").json()["depends_on"] is None


def test_the_nearest_cameras_are_ranked_in_metres_not_in_degrees(city):
    here = city.assets["nord"]
    # At 49° north, 0.0012° of longitude are 88 m and 0.001° of latitude 111 m.
    places = {"C-EAST": (0.0012, 0), "C-NORTH": (0, 0.001), "C-FAR": (0.01, 0), "C-FARTHEST": (0.05, 0)}
    for code, (east, north) in places.items():
        make_asset(city.site, code, "camera", longitude=here.longitude + east, latitude=here.latitude + north)
    make_asset(city.site, "C-GONE", "camera", longitude=here.longitude, latitude=here.latitude, retired_at=NOON)
    near = city.client("auditor").get(f"{LIST}/{here.pk}/cameras").json()
    assert [camera["code"] for camera in near] == ["C-EAST", "C-NORTH", "C-FAR"]
    assert [round(camera["distance"]) for camera in near] == [88, 111, 731]
    assert city.client("nord").get(f"{LIST}/{here.pk}/cameras").json() == []


@pytest.fixture
def measured(city):
    """An hour of readings of one point, one a minute, from noon: 0, 1, 2 …"""
    with connection.cursor() as cursor:
        for table in ("reading", "rollup_minute", "rollup_hour"):
            cursor.execute(f"TRUNCATE {table}")
    noon = int(NOON.timestamp() * 1e6)
    at = [noon + minute * 60_000_000 for minute in range(60)]
    readings = Readings.of([city.points["nord"].pk] * 60, at, [float(n) for n in range(60)], received=at[-1])
    partitions = Partitions()
    partitions.refresh()
    history.write_readings(readings, partitions, at[-1])
    return city


HOUR = "from=2026-03-01T12:00:00Z&to=2026-03-01T13:00:00Z"


def test_readings_come_as_columns_with_times_in_iso_or_in_milliseconds(measured):
    path = f"/api/v1/points/{measured.points['nord'].pk}/readings?{HOUR}"
    told = measured.client("auditor").get(path).json()
    assert (told["resolution"], len(told["at"]), told["at"][1]) == ("raw", 60, "2026-03-01T12:01:00.000Z")
    assert told["mean"][:3] == told["minimum"][:3] == told["maximum"][:3] == [0.0, 1.0, 2.0]
    epoch = measured.client("auditor").get(f"{path}&times=epoch").json()
    assert epoch["at"][1] - epoch["at"][0] == 60_000
    assert epoch["at"][0] == NOON.timestamp() * 1000


@pytest.mark.parametrize(
    "period",
    ["from=1772366400&to=1772370000", "from=2026-03-01T13:00:00%2B01:00&to=2026-03-01T14:00:00%2B01:00",
     "from=2026-03-01T13:00:00+01:00&to=2026-03-01T14:00:00+01:00"],
)  # fmt: skip
def test_a_period_is_given_in_any_zone_or_in_seconds(measured, period):
    told = measured.client("auditor").get(f"/api/v1/points/{measured.points['nord'].pk}/readings?{period}").json()
    assert len(told["at"]) == 60


@pytest.mark.parametrize(
    "query",
    ["from=yesterday", "from=2026-03-01T12:00:00", "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "resolution=week",
     "from=1e400", "to=99999999999999999999"],
)  # fmt: skip
def test_a_period_that_cannot_be_meant_is_refused(city, query):
    assert city.client("auditor").get(f"/api/v1/points/{city.points['nord'].pk}/readings?{query}").status_code == 422


def test_a_chart_is_drawn_in_the_sites_zone_and_the_readers_words(measured):
    path = f"/api/v1/points/{measured.points['nord'].pk}/chart?{HOUR}"
    french = measured.client("auditor").get(path).json()
    assert french["data"][-1]["x"][0] == "2026-03-01T13:00:00.000"
    assert french["layout"]["xaxis"]["title"]["text"] == "Heure de Paris"
    light = measured.client("auditor").get(f"{path}&language=en&theme=light").json()
    assert light["layout"]["xaxis"]["title"]["text"] == "Paris time"
    assert light["layout"]["font"]["color"] != french["layout"]["font"]["color"]
    assert measured.client("auditor").get(f"{path}&theme=pink").status_code == 422


def test_the_chart_of_an_alarm_shows_limits_delay_and_the_moment(measured):
    from alarms.models import Alarm

    noon = int(NOON.timestamp() * 1e6)
    evidence = {
        "kind": "threshold", "direction": "above", "value": 3.0, "value_at": noon, "limit": 2.5, "first_value": 2.6,
        "first_at": noon - 120_000_000, "delay": 120_000_000, "deadband": 0.1,
    }  # fmt: skip
    Alarm.objects.filter(pk=measured.alarms["nord"].pk).update(point=measured.points["nord"], evidence=evidence)
    drawn = measured.client("auditor").get(f"/api/v1/alarms/{measured.alarms['nord'].pk}/chart").json()["layout"]
    lines = [shape for shape in drawn["shapes"] if shape["type"] == "line"]
    assert sorted(line["y0"] for line in lines if line["y0"] == line["y1"]) == [2.5, 3.0]
    (moment,) = [line for line in lines if line["x0"] == line["x1"]]
    assert moment["x0"] == "2026-03-01T13:00:00.000"
    (window,) = [shape for shape in drawn["shapes"] if shape["type"] == "rect"]
    assert (window["x0"], window["x1"]) == ("2026-03-01T12:58:00.000", "2026-03-01T13:00:00.000")


def test_an_alarm_without_a_point_has_an_empty_chart(city):
    drawn = city.client("auditor").get(f"/api/v1/alarms/{city.alarms['nord'].pk}/chart").json()
    assert drawn == {"data": [], "layout": {}}


def test_local_times_follow_the_change_to_summer_time():
    from hypervisor.charts import local_times

    before = int(dt.datetime(2026, 3, 29, 0, 59, tzinfo=dt.UTC).timestamp() * 1e6)
    at = np.array([before, before + 60_000_000])
    assert local_times(at, "Europe/Paris").tolist() == ["2026-03-29T01:59:00.000", "2026-03-29T03:00:00.000"]
    assert local_times(at[:0], "Europe/Paris").tolist() == []
