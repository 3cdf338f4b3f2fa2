"""Which alarms join which incident: by cause, by asset, by rule and place, by system, whatever the order they are given in."""

from hypothesis import given
from hypothesis import strategies as st

from alarms.incidents.grouping import (
    REACH,
    Arrival,
    Beginning,
    Companion,
    Core,
    Grouped,
    Surroundings,
    Where,
    apart,
    group,
    kin,
)
from alarms.lifecycle.reasons import FIRST, ROOT, Reason

HERE = Where(2.24, 48.89)


def east(metres: float, **fields: object) -> Where:
    return Where(2.24 + metres / 73_200, 48.89, **fields)


def grouped(arrivals, where, **around) -> Grouped:
    return group(arrivals, {}, {}, Surroundings(where=where, **around))


def apart_all(arrivals, where, **around) -> bool:
    found = grouped(arrivals, where, **around)
    return not found.joins and not found.opens


def test_a_lonely_alarm_is_no_incident():
    assert apart_all([Arrival(1, 1, 1), Arrival(2, 2, 2)], {1: HERE, 2: HERE})


def test_a_door_a_cabinet_lifts_and_a_tunnel_of_one_sector_stay_apart():
    """As they are in a town: each has its own system, and all are within a hundred metres."""
    arrivals = [Arrival(n, n, n) for n in range(1, 9)] + [Arrival(9, 8, 9)]
    assert apart_all(arrivals, {n: east(10 * n, parent=100 + n, system=n) for n in range(1, 10)})


def test_what_a_cause_explains_opens_one_incident_named_after_the_topmost():
    arrivals = [Arrival(1, 1), Arrival(2, 1, None, cause=1), Arrival(3, 2, 7, cause=2)]
    found = group(arrivals, {}, {2: 1, 3: 2}, Surroundings())
    assert found.opens == {"cause:1": {1: ROOT, 2: Reason("cause", 1), 3: Reason("cause", 2)}}


def test_what_comes_below_a_cause_joins_its_incident():
    assert group([Arrival(9, 2, 7, cause=4)], {4: 12}, {9: 4}, Surroundings()).joins == {12: {9: Reason("cause", 4)}}


def test_a_new_cause_of_what_is_in_an_incident_belongs_there():
    assert group([Arrival(9, 1, 7)], {4: 12}, {4: 9}, Surroundings()).opens == {"cause:9": {9: ROOT}}


def test_two_alarms_of_one_asset_are_together():
    found = grouped([Arrival(1, 1, 5), Arrival(2, 2, 5)], {5: HERE})
    assert found.opens == {"asset:5": {1: FIRST, 2: Reason("asset", 1)}}


def test_an_alarm_joins_the_incident_of_another_about_its_asset():
    found = grouped([Arrival(2, 2, 5)], {5: HERE}, companions={5: Companion(1, 12)})
    assert found.joins == {12: {2: Reason("asset", 1)}}


def test_what_depends_directly_on_an_asset_in_alarm_is_with_it_unless_that_rule_explains_nothing():
    where = {5: HERE, 6: east(50, parent=5), 7: east(50, parent=6)}
    arrivals = [Arrival(1, 1, 5), Arrival(2, 2, 6)]
    assert grouped(arrivals, where).opens == {"asset:5": {1: FIRST, 2: Reason("dependency", 1)}}
    assert apart_all([Arrival(1, 1, 5, bears=False), Arrival(2, 2, 6)], where)
    assert apart_all([Arrival(1, 1, 5), Arrival(2, 2, 7)], where), "not at two steps"


def test_two_lifts_of_one_building_with_the_same_supervisor_are_together_and_a_third_joins():
    lift = {"system": 3, "indoors": True}
    where = {n: east(n, **lift) for n in (1, 2, 3)} | {4: east(4, system=4, indoors=True)}
    arrivals = [Arrival(1, 1, 1), Arrival(2, 2, 2), Arrival(4, 1, 4)]
    assert grouped(arrivals, where).opens == {"building:1": {1: FIRST, 2: Reason("building", 1)}}
    fresh = [Beginning(12, None, 1, 1)]
    assert grouped([Arrival(3, 1, 3)], where, fresh=fresh).joins[12] == {3: Reason("building", 1)}


def test_three_of_a_rule_near_each_other_open_one_named_by_the_middle_one_and_the_fourth_joins_while_it_is_fresh():
    where = {1: east(0), 2: east(400), 3: east(900), 4: east(1500)}
    found = grouped([Arrival(n, 5, n) for n in (3, 1, 2)], where)
    assert found.opens == {"rule:5:2": {1: Reason("rule", 2), 2: FIRST, 3: Reason("rule", 2)}}
    assert grouped([Arrival(4, 5, 4)], where, fresh=[Beginning(8, 5, 2, 2)]).joins == {8: {4: Reason("rule", 2)}}


def test_forty_eight_gauges_along_a_river_are_one_incident():
    where = {n: east(50 * n) for n in range(48)}
    found = grouped([Arrival(n, 5, n) for n in range(48)], where)
    assert [len(members) for members in found.opens.values()] == [48]


def test_a_chain_of_neighbours_does_not_snowball():
    """Each is 1.5 km from the next: the last is not with the first."""
    where = {n: east(1500 * n) for n in range(9)}
    found = grouped([Arrival(n, 5, n) for n in range(9)], where)
    for key, members in found.opens.items():
        middle = int(key.split(":")[-1])
        assert all(apart(where[middle], where[alarm]) <= REACH for alarm in members)
    assert apart_all([Arrival(8, 5, 8)], where, fresh=[Beginning(8, 5, 1, 1)])


def test_a_small_incident_goes_as_a_whole_into_that_of_a_rule_and_place():
    where = {1: HERE, 2: east(100), 3: east(200)}
    arrivals = [Arrival(1, 5, 1, incident=7), Arrival(2, 6, 1, incident=7), Arrival(3, 5, 2), Arrival(4, 5, 3)]
    (members,) = grouped(arrivals, where).opens.values()
    assert members == {1: Reason("rule", 3), 2: Reason("asset", 1), 3: FIRST, 4: Reason("rule", 3)}


def test_a_rule_that_speaks_of_three_assets_of_an_incident_belongs_to_it():
    where = {n: east(100 * n) for n in range(1, 6)}
    beside = {n: Companion(10 + n, 12) for n in (1, 2, 3)}
    arrivals = [Arrival(20 + n, 6, n) for n in (1, 2, 3, 4)]
    found = grouped(arrivals, where, companions=beside, fresh=[Beginning(12, 5, 11, 1)])
    assert found.joins[12][24] == Reason("rule", 21)
    found = grouped([*arrivals[:2], arrivals[3]], where, companions=beside, fresh=[Beginning(12, 5, 11, 1)])
    assert 24 not in found.joins[12], "two assets are a coincidence"


def test_incidents_that_began_near_with_each_others_rules_are_one():
    assert kin({1: Core(5, HERE, {6}), 2: Core(6, east(900), {5}), 3: Core(6, east(2500), {5})}) == {2: 1}
    assert kin({1: Core(5, HERE, set()), 2: Core(6, HERE, {5})}) == {}


PLACES = {n: east(700 * (n % 7), parent=50 + n % 3, system=n % 5 if n % 2 else None, indoors=n % 4 == 1) for n in range(20)}


@given(
    arrivals=st.lists(
        st.builds(Arrival, alarm=st.integers(1, 40), rule=st.integers(1, 4), asset=st.none() | st.integers(0, 19),
                  cause=st.none() | st.integers(50, 53), bears=st.booleans(), incident=st.none() | st.integers(60, 62)),
        unique_by=lambda arrival: arrival.alarm, max_size=30,
    ),
    shuffle=st.randoms(use_true_random=False),
)  # fmt: skip
def test_each_alarm_is_grouped_once_at_most_and_the_order_does_not_matter(arrivals, shuffle):
    held, above = {50: 101}, {52: 53, 51: 50}
    around = Surroundings([Beginning(100, 1, 90, 3)], {4: Companion(91, 103)}, PLACES)
    found = group(arrivals, held, above, around)
    placed = [alarm for members in (*found.joins.values(), *found.opens.values()) for alarm in members]
    assert len(placed) == len(set(placed))
    assert {each.alarm for each in arrivals if each.cause} <= set(placed)
    again = list(arrivals)
    shuffle.shuffle(again)
    assert group(again, held, above, around) == found
    reasons = {alarm: why for members in (*found.joins.values(), *found.opens.values()) for alarm, why in members.items()}
    for alarm in reasons:
        steps = 0
        while (alarm := reasons[alarm].alarm if alarm in reasons else None) is not None:
            steps += 1
            assert steps <= 6, "why one is with another is read in a few steps"
