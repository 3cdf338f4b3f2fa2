"""Two rules that may hear the same are told from what they say alone."""

import pytest

from alarms.engine import spec as specs
from alarms.rules.overlap import overlap, worst

PATHS = ["nord", "nord/gare", "sud"]
LEVEL = {"kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
         "limits": [{"severity": "medium", "limit": 1}, {"severity": "critical", "limit": 2}]}  # fmt: skip
SILENT = {"kind": "silence", "scope": {}, "of": "asset", "severity": "low"}


def rule(base: dict = LEVEL, **scope: object) -> specs.Spec:
    return specs.decode({**base, "scope": {**base["scope"], **scope}})


def facts(**of: object) -> specs.Spec:
    limits = [{"severity": "low", "at_least": 1}]
    return specs.decode({"kind": "count", "scope": {}, "of": of, "by": "site", "within": 60, "limits": limits})


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (rule(), rule(), True), (rule(), rule(quantity="flow"), False),
        (rule(kinds=["gauge"]), rule(), True), (rule(kinds=["gauge"]), rule(kinds=["lamp"]), False),
        (rule(sectors=["nord"]), rule(sectors=["gare"]), True), (rule(sectors=["sud"]), rule(sectors=["gare"]), False),
        (rule(assets=["J-1"]), rule(assets=["J-2"]), False), (rule(assets=["J-1", "J-2"]), rule(assets=["J-2"]), True),
        (rule(attributes={"owner": "a"}), rule(attributes={"owner": "b"}), False),
        (facts(event="badge"), facts(event="badge"), True), (facts(event="badge"), facts(rule="badge"), False),
        (facts(quantity="water_level", above=1), rule(), True), (rule(SILENT), rule(SILENT), True), (rule(SILENT), rule(), False),
    ],
)  # fmt: skip
def test_rules_overlap_when_they_may_hear_the_same(one, other, expected):
    assert overlap(one, other, PATHS) is overlap(other, one, PATHS) is expected


def test_the_worst_severity_is_that_of_the_worst_limit():
    assert [worst(each) for each in (rule(), rule(SILENT))] == ["critical", "low"]
