"""CQL2: what a filter says is held against the rows by name, and nothing of it reaches the database but as a value."""

import json

import pytest

from alarms.models import Alarm
from hypervisor.ogc import cql
from tests.factories import NOON, make_alarm, make_asset

HERE = "/ogc/quai/collections"
SOUTH = "POLYGON((2.2425 48, 3 48, 3 49, 2.2425 49, 2.2425 48))"
RING = "POLYGON((2 48, 3 48, 3 49, 2 49, 2 48), (2.2415 48.1, 2.2435 48.1, 2.2435 48.95, 2.2415 48.95, 2.2415 48.1))"


def ask(city, layer, text, **query):
    return city.client("auditor").get(f"{HERE}/{layer}/items", {"filter": text, **query})


def found(city, text, layer="assets", **query):
    answer = ask(city, layer, text, **query)
    assert answer.status_code == 200, answer.content
    return sorted(each["properties"]["code" if layer == "assets" else "asset"] for each in answer.json()["features"])


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("code = 'J-1'", ["J-1"]),
        ("'J-1' < code AND code <= 'J-3'", ["J-2", "J-3"]),
        ("code = 'J-1' OR code = 'J-2' AND sector = 'sud'", ["J-1"]),
        ("(code = 'J-1' OR code = 'J-2') AND sector = 'nord/gare'", ["J-2"]),
        ("code LIKE 'J-_' AND NOT code LIKE '%1'", ["J-2", "J-3", "J-4"]),
        ("CASEI(name) LIKE CASEI('JAUGE%3')", ["J-3"]),
        ("CASEI(code) = CASEI('j-4')", ["J-4"]),
        ("sector IS NULL", ["J-4"]),
        ("sector <> 'sud'", ["J-1", "J-2"]),
        ("NOT sector = 'sud'", ["J-1", "J-2"]),
        ("code IN ('J-1', 'J-9') ", ["J-1"]),
        ("code NOT BETWEEN 'J-2' AND 'J-3'", ["J-1", "J-4"]),
        ("level >= -1 AND level < 1.5", ["J-1", "J-2", "J-3", "J-4"]),
        (f"S_INTERSECTS(geometry, {SOUTH})", ["J-3", "J-4"]),
        (f"S_DISJOINT(geometry, {SOUTH})", ["J-1", "J-2"]),
        (f"S_WITHIN(geometry, {RING})", ["J-1", "J-4"]),
        ("S_INTERSECTS(geometry, BBOX(2.2405, 48, 2.2415, 49))", ["J-1"]),
        (f"S_INTERSECTS(geometry, POINT({2.24 + 3 / 1000!r} 48.89))", ["J-3"]),
        ("true", ["J-1", "J-2", "J-3", "J-4"]),
        ("name = 'l''eau' OR name = '\\'", []),
        ("name LIKE 'x\\'", []),
    ],
)  # fmt: skip
def test_a_filter_of_assets_finds(city, text, codes):
    assert found(city, text) == codes


def test_alarms_are_filtered_by_the_words_of_the_interface_and_by_time(city):
    Alarm.objects.filter(pk=city.alarms["sud"].pk).update(raised_at=NOON.replace(hour=15))
    late = "TIMESTAMP('2026-03-01T13:00:00Z')"
    assert found(city, "severity = 'critical'", "alarms") == ["J-1"]
    assert found(city, "severity IN ('critical', 'high')", "alarms") == ["J-1", "J-2"]
    assert found(city, f"raised_at > {late}", "alarms") == ["J-3"]
    assert found(city, f"T_BEFORE(raised_at, {late}) AND kind = 'flood-gauge'", "alarms") == ["J-1", "J-2", "J-4"]
    assert found(city, "T_DURING(raised_at, INTERVAL('2026-03-01T14:00:00Z', '..'))", "alarms") == ["J-3"]
    assert found(city, f"S_INTERSECTS(geometry, {SOUTH})", "alarms") == ["J-3", "J-4"]


def test_a_filter_may_come_as_json_in_another_reference_system_or_as_a_plain_parameter(city):
    said = json.dumps({"op": "or", "args": [{"op": "=", "args": [{"property": "code"}, each]} for each in ("J-1", "J-2")]})
    assert found(city, said, **{"filter-lang": "cql2-json"}) == ["J-1", "J-2"]
    turned = "POLYGON((48 2.2425, 48 3, 49 3, 49 2.2425, 48 2.2425))"
    system = "http://www.opengis.net/def/crs/EPSG/0/4326"
    assert found(city, f"S_INTERSECTS(geometry, {turned})", **{"filter-crs": system}) == ["J-3", "J-4"]
    assert found(city, "true", code="J-3") == ["J-3"]


def test_sectors_are_held_against_a_polygon_whole(city):
    answer = ask(city, "sectors", "S_INTERSECTS(geometry, POLYGON((2.9 48.9, 4 48.9, 4 50, 2.9 48.9))) AND slug = 'gare'")
    assert [each["properties"]["slug"] for each in answer.json()["features"]] == ["gare"]


@pytest.mark.parametrize(
    "text",
    [
        "code =", "password = 'x'", "site__name = 'x'", "code = 1", "level = 'x'", "level = '1'", "attributes = 'x'",
        "code = name",
        "code = 'a' + 'b'", "lower(code) = 'a'", "level = 1 + 1", "geometry = 'x'", "S_INTERSECTS(code, POINT(1 1))",
        "S_INTERSECTS(geometry, LINESTRING(0 0, 1 1))", "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 1 0, 0 1, 0 0)))",
        "T_AFTER(code, DATE('2026-01-01'))", "A_CONTAINS(code, ('x'))", "1 = 1", "code", "DROP TABLE assets_asset", "'", "\"",
        "(" * 3000 + "code = 'a'" + ")" * 3000, "NOT " * 1500 + "true", "level = " + "-" * 5000 + "1", "level = 1" + "+1" * 3000,
        "level = " + "(1^" * 15 + "1" + ")" * 15, "code = '" + "a" * 9000 + "'",
    ],
)  # fmt: skip
def test_what_is_no_filter_of_this_layer_is_refused_and_brings_nothing_down(city, text):
    answer = ask(city, "assets", text)
    assert answer.status_code == 400, answer.content
    assert answer.json()["detail"].startswith("filter: ")


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"op":"and","args":[]}', "[" * 4000, '{"op":"not","args":' * 400, "1e999"])
def test_what_is_no_json_filter_is_refused(city, text):
    assert ask(city, "assets", text, **{"filter-lang": "cql2-json"}).status_code == 400


def test_a_long_filter_within_the_bound_is_read(city):
    assert found(city, "code = 'J-1'" + " OR code = 'x' AND level = 3" * 270) == ["J-1"]
    corners = ", ".join(f"{2 + each / 400:.4f} 48" for each in range(400))
    assert len(found(city, f"S_INTERSECTS(geometry, POLYGON(({corners}, 3 49, 2 49, 2 48)))")) == 4


def test_every_field_of_every_layer_may_be_asked_for(city):
    make_alarm(city.rule, make_asset(city.site, "L-1", "lamp"), severity=2, seq=1)
    client = city.client("auditor")
    for layer in ("assets", "alarms", "incidents", "sectors", "passages", "assets-lamp"):
        shown = client.get(f"{HERE}/{layer}/queryables").json()["properties"]
        for name in set(shown) - {"geometry"}:
            answer = client.get(f"{HERE}/{layer}/items", {"filter": f"{name} IS NULL"})
            assert answer.status_code == 200, answer.content


def test_the_bounds_hold_before_the_parser_is_asked(monkeypatch):
    monkeypatch.setattr(cql.cql2, "parse_text", lambda text: pytest.fail("it was asked"))
    for text in ("(" * 17 + "a" + ")" * 17, "not(not " * 20 + "a", "a = -" + "-" * 10, "a^b"):
        with pytest.raises(cql.BadFilter):
            cql.from_text(text)
