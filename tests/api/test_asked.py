"""A query string that asks for nonsense is refused by the name of the parameter, and the description says what may be asked."""

import pytest
import yaml

from hypervisor.api import schema

NONSENSE = [
    ("/api/v1/assets?retired=abc", "retired"),
    ("/api/v1/assets?retired=", "retired"),
    ("/api/v1/assets?limit=0", "limit"),
    ("/api/v1/assets?limit=501", "limit"),
    ("/api/v1/assets?after=%21", "after"),
    ("/api/v1/assets?bbox=1,2,3", "bbox"),
    ("/api/v1/assets?sector=nord", "sector"),
    ("/api/v1/sites/quai/alarms?state=xyz", "state"),
    ("/api/v1/sites/quai/alarms?state=", "state"),
    ("/api/v1/sites/quai/alarms?severity=xyz", "severity"),
    ("/api/v1/sites/quai/alarms?incident=", "incident"),
    ("/api/v1/sites/quai/alarms?suppressed_by=-1", "suppressed_by"),
    ("/api/v1/sites/quai/incidents?state=xyz", "state"),
    ("/api/v1/sites/quai/maintenance-windows?state=xyz", "state"),
    ("/api/v1/points/{point}/readings?times=xyz", "times"),
    ("/api/v1/points/{point}/readings?times=", "times"),
    ("/api/v1/points/{point}/readings?resolution=xyz", "resolution"),
    ("/api/v1/points/{point}/readings?from=yesterday", "from"),
    ("/api/v1/points/{point}/chart?theme=pink", "theme"),
    ("/api/v1/points/{point}/chart?language=de", "language"),
]


@pytest.mark.parametrize(("address", "name"), NONSENSE)
def test_nonsense_is_refused_by_the_name_of_its_parameter(city, address, name):
    point = city.assets["nord"].points.first()
    answer = city.client("administrator").get(address.format(point=point and point.pk))
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [name])


@pytest.mark.parametrize("asked", ["retired=true", "retired=false", "limit=1", "limit=500"])
def test_sense_is_not(city, asked):
    assert city.client("administrator").get(f"/api/v1/assets?{asked}").status_code == 200


def test_the_description_bounds_every_number_and_lists_every_word():
    described = yaml.safe_load(schema.text())
    parameters = [
        (path, each)
        for path, operations in described["paths"].items()
        for operation in operations.values()
        for each in operation.get("parameters", ())
        if each["in"] == "query"
    ]
    numbers = [(path, each["name"], each["schema"]) for path, each in parameters if each["schema"]["type"] == "integer"]
    assert numbers
    assert all({"minimum", "maximum"} <= shape.keys() for _, _, shape in numbers)
    assert all("enum" in each["schema"] for _, each in parameters if each["name"] in ("state", "times", "of", "theme"))


@pytest.mark.parametrize("start", ["8:00", "22:30Z", "22:30+01:00", "24:00", 8, "22", ""])
def test_a_time_of_the_day_is_written_as_it_is_described(city, start):
    body = {"asset": city.assets["nord"].pk, "reason": "r", "weekly": {"weekdays": [1], "start": start, "end": "23:00"}}
    client = city.client("administrator")
    answer = client.post("/api/v1/sites/quai/maintenance-windows", body, content_type="application/json")
    assert answer.status_code == 422
    assert "start" in str(answer.json()["errors"])
