"""What a rule would be about and would say: the database's answer is the engine's, and every kind has a sentence."""

import msgspec
import numpy as np
import pytest

from alarms.engine import spec as specs
from alarms.engine.layout import CompileError
from alarms.rules.preview import in_scope, preview
from alarms.rules.rulebook import pack
from alarms.site.running import ActiveRule
from alarms.site.survey import survey
from tests.factories import make_asset, make_feed, make_kind, make_point, make_rule, make_sector, make_site

pytestmark = pytest.mark.django_db

LAMPS = {
    "kind": "count", "scope": {"kinds": ["lamp"]}, "of": {"quantity": "lamp_state", "in": [2, 3]}, "by": "parent", "within": 120,
    "limits": [{"severity": "high", "at_least": 6}],
}  # fmt: skip


@pytest.fixture
def site(db):
    """Two sectors, one nested; gauges, and eight lamps under one cabinet."""
    site = make_site()
    nord = make_sector(site)
    gare = make_sector(site, "gare", nord)
    feed = make_feed(site)
    codes = {"0": "éteint", "2": "en défaut"}
    make_kind("lamp", points=[{"quantity": "lamp_state", "name_fr": "Lampe", "name_en": "Lamp", "codes": codes}])
    make_asset(site, "AR-1", "lighting_cabinet", name="Armoire 1", sector=nord)
    cabinet = site.assets.get()
    for number in range(8):
        more = {"tags": ["quai", "nuit"] if number % 2 else ["quai"], "height": number, "led": number > 3, "note": str(number)}
        lamp = make_asset(site, f"L-{number}", "lamp", sector=gare if number < 5 else None, depends_on=cabinet, attributes=more)
        make_point(lamp, feed, "lamp_state", unit="", codes=codes)
        make_point(lamp, feed, "power", unit="W")
    make_point(make_asset(site, "J-1", sector=nord), feed, limits={"watch": 2.0})
    return site


def rule(scope: dict, **more: object) -> specs.Spec:
    return specs.decode(
        {"kind": "state", "scope": {"quantity": "lamp_state", **scope}, "values": [{"severity": "low", "in": [2]}]} | more
    )


@pytest.mark.parametrize(
    "scope",
    [
        {}, {"kinds": ["lamp"]}, {"kinds": ["door"]}, {"sectors": ["nord"]}, {"sectors": ["gare"]}, {"sectors": ["gare", "sud"]},
        {"tags": ["quai"]}, {"tags": ["nuit", "quai"]}, {"tags": ["jour"]}, {"attributes": {"height": 3}},
        {"attributes": {"height": 3.0}}, {"attributes": {"height": True}}, {"attributes": {"led": True}},
        {"attributes": {"led": 1}},
        {"attributes": {"note": "3"}}, {"attributes": {"note": 3}}, {"attributes": {"tags": "quai"}}, {"assets": ["L-1", "L-9"]},
        {"quantity": "power"}, {"quantity": "power", "assets": ["L-1"], "sectors": ["nord"]},
    ],
)  # fmt: skip
def test_the_database_finds_what_the_engine_would(site, scope):
    spec = rule(scope)
    seen = survey(site.pk, [ActiveRule(1, 1, spec)])
    wanted = set(np.asarray(seen.register.point_id)[seen.scoped[0].rows].tolist())
    assert set(in_scope(site, spec)[0].values_list("id", flat=True)) == wanted


def test_a_count_by_parent_counts_lamps_and_names_their_cabinet(site):
    seen = preview(site, specs.decode(LAMPS), now=0)
    assert (seen.points, seen.assets, len(seen.places), seen.severity) == (8, 8, 8, "high")
    assert seen.sentence == (
        "6 × lampe\u00a0: en défaut / 3 en 2\u00a0min — Armoire 1",
        "6 × lamp: en défaut / 3 within 2\u00a0min — Armoire 1",
    )
    assert [asset.code for asset in seen.sample] == [f"L-{n}" for n in range(8)]
    assert seen.remarks == []


def test_a_state_is_called_by_its_name(site):
    assert preview(site, rule({}), now=0).sentence[0] == "Lampe\u00a0: en défaut — Jauge L-0"


def test_a_scope_that_holds_nothing_and_a_limit_nobody_has_are_remarked(site):
    nothing = preview(site, rule({"kinds": ["door"]}))
    assert (nothing.points, nothing.assets, nothing.places) == (0, 0, [])
    assert [(each.path, each.en) for each in nothing.remarks] == [("scope", "No asset is concerned today.")]
    spec = specs.decode({
        "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
        "limits": [{"severity": "low", "limit": {"point": "watch"}}, {"severity": "high", "limit": {"point": "flood"}}],
    })  # fmt: skip
    assert [each.path for each in preview(site, spec).remarks] == ["limits[1].limit"]


def test_a_rule_that_is_not_there_and_one_that_sleeps_are_told_apart(site):
    make_rule(site, "asleep", active=False)
    count = {"kind": "count", "scope": {}, "by": "site", "within": 60, "limits": [{"severity": "low", "at_least": 2}]}
    remarks = [preview(site, specs.decode(count | {"of": {"rule": slug}})).remarks for slug in ("asleep", "nowhere")]
    assert [each.en for found in remarks for each in found if each.path == ""] == [
        "The rule “asleep” is not active: nothing will come of it.", "There is no rule “nowhere”.",
    ]  # fmt: skip


def test_rules_that_would_wait_for_each_other_are_refused(site):
    def after(slug: str) -> dict:
        return LAMPS | {"of": {"rule": slug}, "by": "site"}

    make_rule(site, "one", after("two"))
    assert [each.en for each in preview(site, specs.decode(after("one")), "three").remarks] == []
    with pytest.raises(CompileError):
        preview(site, specs.decode(after("one")), "two")


def test_the_level_of_a_counter_is_not_judged_and_its_consumption_is(site):
    make_kind("meter", points=[{"quantity": "energy", "unit": "kWh", "counter": True, "name_fr": "Énergie", "name_en": "Energy"}])
    make_point(make_asset(site, "M-1", "meter"), None, "energy", unit="kWh", interval=60)
    of = {"scope": {"quantity": "energy"}, "limits": [{"severity": "low", "limit": 5}]}
    beyond = of | {"direction": "above"}
    [remark] = preview(site, specs.decode(beyond | {"kind": "threshold"}), now=0).remarks
    assert (remark.path, remark.en) == (
        "scope.quantity", "A counter only grows (energy): judge its consumption, by a rule of rate, forecast or anomaly.",
    )  # fmt: skip
    seen = preview(site, specs.decode(of | {"kind": "anomaly"}), now=0)
    assert seen.remarks == []
    assert "kWh in an hour where 17 to 23.0\xa0kWh is usual at this hour" in seen.sentence[1]
    rate = specs.decode(beyond | {"kind": "rate", "window": 3600})
    assert preview(site, rate, now=0).remarks == []
    assert survey(site.pk, [ActiveRule(1, 1, rate)]).register.counter.sum() == 1


def test_meters_that_are_read_less_than_hourly_are_said_never_to_be_judged_by_their_hours(site):
    make_kind("meter", points=[{"quantity": "energy", "unit": "kWh", "counter": True, "name_fr": "Énergie", "name_en": "Energy"}])
    point = make_point(make_asset(site, "M-1", "meter"), None, "energy", unit="kWh", interval=86_400)
    strange = {"kind": "anomaly", "scope": {"quantity": "energy"}, "limits": [{"severity": "low", "limit": 5}]}
    [remark] = preview(site, specs.decode(strange), now=0).remarks
    assert remark.path == "scope.quantity"
    assert remark.en == (
        "Never judged: these points give readings at intervals of 24\xa0h (declared; nothing was measured yet), and a counter is "
        "judged by what it consumes each hour; take a rate over a longer window."
    )
    point.interval = 3600
    point.save()
    assert preview(site, specs.decode(strange), now=0).remarks == []


def test_every_rule_of_the_pack_says_something_in_both_languages(site):
    for entry in pack("city"):
        seen = preview(site, specs.decode(entry.spec), entry.slug, now=0)
        assert all(len(text) > 8 for text in seen.sentence), entry.slug
        assert msgspec.json.encode(seen.places)


def test_a_rule_that_listens_to_another_is_seen_although_others_name_limits_of_points(site):
    make_rule(site, "watched", {
        "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
        "limits": [{"severity": "low", "limit": {"point": "watch"}}],
    })  # fmt: skip
    of = {"kind": "count", "scope": {}, "of": {"rule": "watched"}, "by": "site", "within": 60}
    seen = preview(site, specs.decode(of | {"limits": [{"severity": "low", "at_least": 2}]}), now=0)
    assert seen.sentence[0] == "2 × Crue en 1\u00a0min — Quai"
    assert seen.remarks == []


def test_places_are_taken_evenly_when_there_are_too_many(site, monkeypatch):
    monkeypatch.setattr("alarms.rules.preview.MOST_PLACES", 3)
    seen = preview(site, rule({}), now=0)
    assert seen.assets == 8
    assert 2 <= len(seen.places) <= 3
