"""A rule is held against how often its points really speak: what it cannot do is told while it is written."""

import datetime as dt

import pytest

from alarms.engine import spec as specs
from alarms.rules.preview import preview
from alarms.rules.rhythm import Rhythm, remarks
from assets.instants import microseconds
from tests.factories import NOON, make_asset, make_feed, make_history, make_point, make_site

pytestmark = pytest.mark.django_db(transaction=True)

LEVEL = {"scope": {"quantity": "water_level"}}
MEDIUM = [{"severity": "medium", "limit": 0.3}]
RATE = {"kind": "rate", **LEVEL, "window": 1200, "direction": "above", "limits": MEDIUM}
THRESHOLD = {"kind": "threshold", **LEVEL, "direction": "above", "limits": MEDIUM, "on_delay": 120}
FORECAST = {"kind": "forecast", **LEVEL, "window": 3600, "within": 7200, "direction": "above", "limits": MEDIUM}
ANOMALY = {"kind": "anomaly", **LEVEL, "limits": [{"severity": "low", "limit": 4}]}
CONDITION = {"kind": "condition", "scope": {}, "when": {"quantity": "water_level", "above": 2}, "severity": "low"}
STATE = {"kind": "state", **LEVEL, "values": [{"severity": "low", "in": [2]}]}
COUNT = {"kind": "count", "scope": {}, "of": {"quantity": "water_level", "above": 2}, "by": "site", "within": 120,
         "limits": [{"severity": "low", "at_least": 2}]}  # fmt: skip
SILENCE = {"kind": "silence", "scope": {}, "of": "asset", "severity": "low", "factor": 3}


def paths(spec: dict, declared: float, measured: float = 0.0) -> list[str]:
    return [each.path for each in remarks(specs.decode(spec), Rhythm((declared,), (measured,)))]


@pytest.mark.parametrize(
    ("spec", "rhythm", "expected"),
    [
        (RATE, 600, ["window"]), (RATE | {"window": 1210}, 600, []), (RATE | {"window": 1800}, 600, []),
        (THRESHOLD, 600, ["on_delay"]), (THRESHOLD, 120, []), (THRESHOLD, 121, ["on_delay"]),
        (THRESHOLD | {"on_delay": 0}, 600, []),
        (FORECAST, 1800, ["window"]), (FORECAST, 1200, []), (FORECAST | {"within": 7300}, 60, ["within"]),
        (ANOMALY | {"on_delay": 60}, 600, ["on_delay"]), (STATE | {"on_delay": 60}, 600, ["on_delay"]),
        (CONDITION | {"on_delay": 60}, 600, ["on_delay"]), (CONDITION, 600, []),
        (COUNT, 300, ["within"]), (COUNT, 60, []), (COUNT | {"of": {"event": "call"}}, 300, []),
    ],
)  # fmt: skip
def test_what_points_are_too_slow_for_is_remarked_at_its_field(spec, rhythm, expected):
    assert paths(spec, rhythm) == expected
    assert paths(spec, 60, rhythm) == expected, "what is measured counts"


def test_assets_that_are_slower_than_they_are_said_to_be_would_be_silent_between_two_readings():
    assert paths(SILENCE, 60, 600) == ["factor"]
    assert paths(SILENCE | {"minimum": 700}, 60, 600) == []


def test_a_rule_of_ten_minute_points_is_told_what_it_cannot_do(db):
    site = make_site()
    for code in ("J-1", "J-2"):
        make_point(make_asset(site, code), make_feed(site, code.lower()), interval=600)
    [rate] = preview(site, specs.decode(RATE)).remarks
    told = "these points give readings at intervals of 10\u00a0min (declared; nothing was measured yet)"
    assert (rate.path, rate.en) == ("window", f"Never judged: {told} and a window of 20\u00a0min never holds three.")
    [threshold] = preview(site, specs.decode(THRESHOLD)).remarks
    assert threshold.fr == (
        "Une seule mesure suffit à déclencher : ces points donnent des mesures à intervalles de 10\u00a0min "
        "(déclaré ; rien n’a encore été mesuré) et la confirmation ne dure que 2\u00a0min."
    )


def test_the_rhythm_is_measured_beside_what_is_declared(db):
    site = make_site()
    every = {"J-1": 600, "J-2": 20, "J-3": 1800, "J-4": 0}
    for code, seconds in every.items():
        point = make_point(make_asset(site, code), make_feed(site, code.lower()), interval=60)
        instants = [NOON - dt.timedelta(seconds=each) for each in range(0, 12 * 3600, seconds)] if seconds else []
        # An outage of four hours says nothing of the rhythm.
        told = {at: 1.0 for at in reversed(instants) if not dt.timedelta(hours=6) < NOON - at < dt.timedelta(hours=10)}
        if told:
            make_history(point, told)

    def of(*codes: str):
        spec = specs.decode(THRESHOLD | {"scope": {"quantity": "water_level", "assets": list(codes)}})
        return preview(site, spec, now=microseconds(NOON))

    measured = {code: of(code).rhythm.usual for code in every}
    assert {code: declared for code, (declared, _) in measured.items()} == dict.fromkeys(every, 60)
    assert measured["J-1"][1] == pytest.approx(600, rel=0.02)
    assert measured["J-2"][1] == pytest.approx(20, rel=0.05)
    assert measured["J-3"][1] == pytest.approx(1800, rel=0.02)
    assert measured["J-4"][1] is None
    assert [each.path for each in of("J-1").remarks] == ["on_delay"]
    assert of("J-2", "J-4").remarks == []
    assert "2 of the 4 points looked at" in of(*every).remarks[0].en
