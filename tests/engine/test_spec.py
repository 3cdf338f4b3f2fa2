"""What an administrator may write, and what he is told when he may not."""

import json
import math

import pytest

from alarms.engine import SpecError, State, Threshold, decode, encode, schema
from alarms.engine.scope import PointColumns, rows_in_scope
from alarms.engine.spec import Scope

LEVEL = {"quantity": "water_level"}
THRESHOLD = {
    "kind": "threshold",
    "scope": LEVEL | {"kinds": ["flood_gauge"], "sectors": ["centre"]},
    "direction": "above",
    "limits": [{"severity": "high", "limit": 2.5}, {"severity": "critical", "limit": {"point": "danger"}, "clear": 2.8}],
    "deadband": 0.05,
    "on_delay": 120,
    "message": {"fr": "{asset} : {value} > {limit}", "en": "{asset}: {value} > {limit}"},
    "suggested_action": {"fr": "Fermer le quai", "en": "Close the quay"},
}
STATE = {"kind": "state", "scope": LEVEL, "values": [{"severity": "low", "in": [1, 2]}, {"severity": "high", "in": [9]}]}
SILENCE = {"kind": "silence", "scope": {}, "of": "feed", "severity": "high", "factor": 3, "minimum": 60}


CONDITION = {
    "kind": "condition", "scope": {}, "severity": "low",
    "when": {"any": [{"quantity": "x", "above": 1}, {"not": {"quantity": "y", "in": [1], "of": "parent"}}]},
    "procedure": {"fr": "Appeler la régie", "en": "Call"},
}  # fmt: skip
SLOPE = {"scope": LEVEL, "window": 600, "direction": "above", "limits": [{"severity": "low", "limit": 2}]}
RATE, FORECAST = SLOPE | {"kind": "rate"}, SLOPE | {"kind": "forecast", "within": 3600}
ANOMALY = {"kind": "anomaly", "scope": LEVEL, "limits": [{"severity": "low", "limit": 4}]}
COUNT = {
    "kind": "count", "scope": {}, "of": {"event": "x"}, "by": "sector", "within": 60, "distinct": {"attribute": "badge"},
    "limits": [{"severity": "low", "at_least": 3}],
}  # fmt: skip
PAIR = {
    "scope": {},
    "first": {"event": "a"},
    "then": {"rule": "b"},
    "by": {"attribute": "plate"},
    "within": 60,
    "severity": "low",
}
SEQUENCE, MISSING = PAIR | {"kind": "sequence"}, PAIR | {"kind": "missing", "hold": 60}
LATER = [CONDITION, RATE, FORECAST, ANOMALY, COUNT, SEQUENCE, MISSING]


@pytest.mark.parametrize("document", [THRESHOLD, STATE, SILENCE, *LATER])
def test_a_spec_survives_being_written_and_read_again(document: dict) -> None:
    spec = decode(document)
    assert decode(encode(spec)) == spec == decode(json.dumps(document))


def without(document: dict, name: str) -> dict:
    return {key: value for key, value in document.items() if key != name}


@pytest.mark.parametrize(
    ("document", "path", "reason"),
    [
        ("{", "", "not JSON"),
        (THRESHOLD | {"kind": "treshold"}, "kind", "Invalid value 'treshold'"),
        (without(THRESHOLD, "direction"), "direction", "missing required field `direction`"),
        (THRESHOLD | {"dedband": 1}, "", "unknown field `dedband`"),
        (THRESHOLD | {"scope": LEVEL | {"kind": "x"}}, "scope", "unknown field `kind`"),
        (THRESHOLD | {"scope": {}}, "scope.quantity", "is required"),
        (THRESHOLD | {"limits": []}, "limits", "length >= 1"),
        (THRESHOLD | {"limits": [{"severity": "high", "limit": "2,5"}]}, "limits[0].limit", "got `str`"),
        (THRESHOLD | {"limits": [{"severity": "urgent", "limit": 2}]}, "limits[0].severity", "Invalid enum value 'urgent'"),
        (THRESHOLD | {"limits": [{"severity": "high", "limit": 2}] * 2}, "limits", "a severity is given twice"),
        (THRESHOLD | {"limits": [{"severity": "high", "limit": math.inf}]}, "", "limit must be a finite number"),
        (THRESHOLD | {"limits": [{"severity": "high", "limit": 2, "clear": 3}]}, "limits", "would clear beyond itself"),
        (
            THRESHOLD | {"limits": [{"severity": "high", "limit": 2}, {"severity": "low", "limit": 3}]},
            "limits",
            "a more severe limit must lie further above",
        ),
        (THRESHOLD | {"deadband": -1}, "deadband", ">= 0"),
        (THRESHOLD | {"on_delay": -5}, "on_delay", ">= 0"),
        (THRESHOLD | {"message": {"fr": "{asset.id}", "en": "x"}}, "message", "is not one of asset, count"),
        (THRESHOLD | {"message": {"fr": "{asset", "en": "x"}}, "message", "expected '}'"),
        (THRESHOLD | {"message": {"fr": "x"}}, "message.en", "missing required field `en`"),
        (STATE | {"values": [{"severity": "low", "in": []}]}, "values[0].in", "length >= 1"),
        (
            STATE | {"values": [{"severity": "low", "in": [1]}, {"severity": "high", "in": [1]}]},
            "values",
            "a code is given twice",
        ),
        (SILENCE | {"factor": 0.5}, "factor", ">= 1"),
        (CONDITION | {"when": {}}, "when", "exactly one of quantity, all, any, not"),
        (CONDITION | {"when": {"all": [{"quantity": "x"}]}}, "when.all[0]", "exactly one of above, below, in"),
        (CONDITION | {"when": {"not": {"above": 1}}}, "when.not", "exactly one of quantity"),
        (CONDITION | {"when": {"all": [{"quantity": "x", "above": math.nan}]}}, "when.all[0]", "above must be a finite number"),
        (RATE | {"scope": {}}, "scope.quantity", "is required"),
        (RATE | {"window": 5}, "window", ">= 30"),
        (FORECAST | {"within": 0}, "within", "> 0"),
        (ANOMALY | {"limits": [{"severity": "low", "limit": -1}]}, "limits[0].limit", "> 0"),
        (COUNT | {"of": {"event": "x", "rule": "y"}}, "of", "exactly one of quantity, event, rule"),
        (COUNT | {"of": {"rule": "y", "attributes": {"a": 1}}}, "of", "event is missing"),
        (COUNT | {"of": {"quantity": "x", "above": 1}}, "of", "a reading carries no attribute, which distinct.attribute needs"),
        (COUNT | {"by": {"metres": 5, "attribute": "x"}}, "by", "exactly one of metres, attribute"),
        (COUNT | {"by": {"metres": 5}}, "distinct.attribute", "no place to measure metres from"),
        (
            COUNT | {"limits": [{"severity": "low", "at_least": 3}, {"severity": "high", "at_least": 3}]},
            "limits",
            "must count more",
        ),
        (SEQUENCE | {"by": "parent"}, "by", "Invalid enum value 'parent'"),
        (SEQUENCE | {"by": {"metres": 5}}, "by.metres", "only a count"),
        (MISSING | {"then": {"quantity": "x", "below": 1}}, "then", "a reading carries no attribute"),
        (SILENCE | {"of": "point"}, "of", "Invalid enum value 'point'"),
        (THRESHOLD | {"scope": LEVEL | {"kinds": ["a\0"]}}, "", "a text has a NUL character"),
        (THRESHOLD | {"scope": LEVEL | {"attributes": {"\0": 1}}}, "", "a text has a NUL character"),
        (THRESHOLD | {"scope": LEVEL | {"tags": ["\ud800"]}}, "", "half of a surrogate pair"),
        (THRESHOLD | {"scope": LEVEL | {"assets": ["x"] * 200_000}}, "scope.assets", "length <= 1000"),
        (THRESHOLD | {"scope": LEVEL | {"attributes": {str(n): n for n in range(99)}}}, "scope.attributes", "length <= 50"),
    ],
)
def test_a_refused_spec_names_the_field_and_the_reason(document: dict | str, path: str, reason: str) -> None:
    with pytest.raises(SpecError) as refused:
        decode(document)
    assert refused.value.path == path
    assert reason in refused.value.reason


def test_a_backslash_before_u0000_is_no_nul() -> None:
    assert decode(THRESHOLD | {"scope": LEVEL | {"tags": ["C:\\u0000"]}}).scope.tags == ("C:\\u0000",)


def test_below_the_more_severe_limit_lies_lower() -> None:
    limits = [{"severity": "low", "limit": 3}, {"severity": "high", "limit": 2}]
    assert isinstance(decode(THRESHOLD | {"direction": "below", "limits": limits}), Threshold)


def test_the_schema_describes_every_kind() -> None:
    kinds = schema()["discriminator"]["mapping"] if "discriminator" in schema() else json.dumps(schema())
    for kind in ("threshold", "state", "silence", *(document["kind"] for document in LATER)):
        assert kind in kinds


def test_a_spec_cannot_be_changed() -> None:
    spec = decode(STATE)
    assert isinstance(spec, State)
    with pytest.raises(AttributeError):
        spec.on_delay = 5.0


POINTS = PointColumns(
    kind=["lamp", "lamp", "gauge", "gauge"],
    sector=["centre/ecusson", "centre", "port", ""],
    quantity=["power", "state", "level", "level"],
    asset=["L-1", "L-2", "G-1", "G-2"],
    attributes=[{"tags": ["led", "new"]}, {"tags": "led"}, {"owner": "city", "rank": 1}, {"rank": True}],
)


@pytest.mark.parametrize(
    ("scope", "rows"),
    [
        (Scope(), [0, 1, 2, 3]),
        (Scope(kinds=("lamp",)), [0, 1]),
        (Scope(kinds=("lamp", "gauge"), quantity="level"), [2, 3]),
        (Scope(sectors=("centre",)), [0, 1]),
        (Scope(sectors=("ecusson", "port")), [0, 2]),
        (Scope(assets=("G-2", "L-1")), [0, 3]),
        (Scope(tags=("led",)), [0]),
        (Scope(tags=("led", "old")), []),
        (Scope(attributes={"rank": 1}), [2]),
        (Scope(attributes={"rank": True}), [3]),
        (Scope(attributes={"owner": "city"}, kinds=("lamp",)), []),
        (Scope(quantity="nothing"), []),
    ],
)
def test_a_scope_holds_the_points_for_which_every_condition_holds(scope: Scope, rows: list[int]) -> None:
    assert rows_in_scope(scope, POINTS).tolist() == rows
