"""The rules that come with Vigie and those of the demo: what they ask of their points, and what they say of a real flood."""

import datetime as dt

import numpy as np
import pytest

from alarms.engine import Engine, ScopedRule, Transition
from alarms.engine import spec as specs
from alarms.rules.preview import predicates
from alarms.rules.rhythm import Rhythm, remarks
from alarms.rules.rulebook import pack
from assets.inventory.kinds import read_catalogue
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from demo.inventory.rules import document
from tests.rivers import LIMITS, levels

SECOND = 1_000_000
KINDS = {kind.slug: kind for kind in read_catalogue()}
RULES = {f"pack {entry.slug}": entry.spec for entry in pack("city")} | {
    f"demo {rule['slug']}": rule["spec"] for rule in document()
}


def rhythm_of(spec: specs.Spec) -> Rhythm:
    """As the catalogue declares it, of the points a rule reads."""
    if isinstance(spec, specs.Condition):
        asked = {term.quantity for term in spec.when.terms()}
    else:
        asked = {spec.scope.quantity, *(fact.quantity for fact in predicates(spec))} - {None}
    kinds = [KINDS[slug] for slug in spec.scope.kinds or KINDS]
    declared = tuple(float(point.interval) for kind in kinds for point in kind.points if point.quantity in asked)
    return Rhythm(declared, (0.0,) * len(declared))


@pytest.mark.parametrize("name", RULES)
def test_no_rule_that_comes_with_it_asks_for_more_than_its_points_say(name):
    spec = specs.decode(RULES[name])
    assert [each.en for each in remarks(spec, rhythm_of(spec))] == []


def said_of(station: str) -> list[Transition]:
    rule = next(specs.decode(entry.spec) for entry in pack("city") if entry.slug == "flood-rising")
    told = levels(station)
    at = [round(moment.timestamp()) * SECOND for moment, _ in told]
    one, nowhere = np.array([1]), np.zeros(1)
    register = Register(
        Points(one, one, one, ["water_level"], one * 600 * SECOND),
        Assets(one, ["flood_gauge"], [""], one * 0, nowhere, nowhere), Feeds(one, one * 0),
    )  # fmt: skip
    engine = Engine(register, [ScopedRule(1, rule, np.zeros(1, np.int32))], started=at[0])
    return engine.apply(Readings.of([1] * len(at), at, [level for _, level in told])).transitions


@pytest.mark.parametrize("station", [station for station, (_, river) in LIMITS.items() if river == "flooded"])
def test_a_river_that_rises_is_told_on_the_rise_hours_before_its_peak(station):
    peak, _ = max(levels(station), key=lambda told: told[1])
    raised = [dt.datetime.fromtimestamp(move.at / SECOND, dt.UTC) for move in said_of(station) if move.kind == "raise"]
    before = [moment for moment in raised if dt.timedelta(0) < peak - moment < dt.timedelta(hours=36)]
    assert before
    assert peak - before[0] > dt.timedelta(hours=2)
