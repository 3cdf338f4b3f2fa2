"""Which alarms join which incident: by cause, by rule, by place, whatever the order they are given in."""

from hypothesis import given
from hypothesis import strategies as st

from alarms.incidents.grouping import Arrival, alike, group


def test_a_lonely_alarm_is_no_incident():
    grouped = group([Arrival(1, 1, 1), Arrival(2, 2, 1)], {}, {}, {})
    assert (grouped.joins, grouped.opens) == ({}, {})


def test_what_a_cause_explains_opens_one_incident_named_after_the_topmost():
    arrivals = [Arrival(1, 1, None), Arrival(2, 1, None, cause=1), Arrival(3, 2, 7, cause=2)]
    assert group(arrivals, {}, {2: 1, 3: 2}, {}).opens == {"cause:1": [2, 3]}


def test_what_comes_below_a_cause_joins_its_incident():
    assert group([Arrival(9, 2, 7, cause=4)], {4: 12}, {9: 4}, {}).joins == {12: [9]}


def test_a_new_cause_of_what_is_in_an_incident_belongs_there():
    assert group([Arrival(9, 1, 7)], {4: 12}, {4: 9}, {}).opens == {"cause:9": []}


def test_three_of_a_rule_open_one_and_the_fourth_joins_it_while_it_is_fresh():
    assert group([Arrival(n, 5, n) for n in (3, 1, 2)], {}, {}, {}).opens == {"rule:5": [1, 2, 3]}
    assert group([Arrival(4, 5, 4)], {}, {}, {"rule:5": 8}).joins == {8: [4]}


def test_different_rules_in_one_sector_share_the_place_and_a_rule_comes_before_it():
    arrivals = [Arrival(1, 1, 7), Arrival(2, 2, 7), Arrival(3, 3, 7), *(Arrival(n, 9, 7) for n in (4, 5, 6))]
    assert group(arrivals, {}, {}, {}).opens == {"rule:9": [4, 5, 6], "sector:7": [1, 2, 3]}


def test_incidents_about_the_same_assets_go_into_the_oldest_of_them():
    gauges = set(range(48))
    assert alike({4: gauges, 6: gauges, 8: set(range(20, 48)) | {99}, 9: set(range(3))}) == {6: 4, 8: 4}
    assert alike({1: {1, 2}, 2: {1, 2}}) == {}, "two assets are a coincidence"
    assert alike({1: {1, 2, 3}, 2: set(range(1, 7))}) == {2: 1}
    assert alike({1: {1, 2, 3}, 2: set(range(1, 8))}) == {}, "most of it is elsewhere"
    assert alike({1: set(range(400)), 2: {1, 2, 3}}) == {}, "smoke in three of four hundred detectors with low batteries"


@given(
    arrivals=st.lists(
        st.builds(Arrival, alarm=st.integers(1, 40), rule=st.integers(1, 4), sector=st.none() | st.integers(1, 3),
                  cause=st.none() | st.integers(50, 53)),
        unique_by=lambda arrival: arrival.alarm, max_size=30,
    ),
    shuffle=st.randoms(use_true_random=False),
)  # fmt: skip
def test_each_alarm_is_grouped_once_at_most_and_the_order_does_not_matter(arrivals, shuffle):
    fresh, held, above = {"rule:1": 100}, {50: 101}, {52: 53, 51: 50}
    grouped = group(arrivals, held, above, fresh)
    placed = [alarm for alarms in (*grouped.joins.values(), *grouped.opens.values()) for alarm in alarms]
    assert len(placed) == len(set(placed))
    assert {each.alarm for each in arrivals if each.cause} <= set(placed)
    again = list(arrivals)
    shuffle.shuffle(again)
    assert group(again, held, above, fresh) == grouped
