"""Root causes: what depends on an asset in alarm is silent, whichever came first, and comes back when it outlasts it."""

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alarms import lifecycle
from alarms.models import Alarm
from alarms.verdicts import recovery
from alarms.verdicts.batch import close_orphans, orphans
from assets.models import Asset, Point, Site
from journal.actors import Actor
from journal.page import open_page
from journal.reading import lines_about, verify
from tests.alarms.verdict import Desk, at, make_cabinet, make_desk, make_lamps
from tests.factories import make_feed, make_user

pytestmark = pytest.mark.django_db(transaction=True)

DARK = {"values": [{"severity": "low", "in": [2]}]}


Street = tuple[Desk, Asset, Asset, list[Asset]]


@pytest.fixture
def street(valkey) -> Street:
    """A substation, a cabinet on it, five lamps on the cabinet."""
    return make_street("quai")


def make_street(slug: str) -> Street:
    desk = make_desk(slug, dead={}, dark=DARK)
    substation = make_cabinet(desk.site, "P-1")
    cabinet = make_cabinet(desk.site, "ARM-1", depends_on=substation)
    return desk, substation, cabinet, make_lamps(desk.site, 5, cabinet)


def of(asset: Asset) -> Alarm:
    return Alarm.objects.filter(asset=asset).latest("id")


def heard(site) -> set[str]:
    """Codes of the assets whose alarm is open and not silent."""
    open_ = Alarm.objects.filter(site=site, suppressed_by=None).exclude(state="normal")
    return set(open_.values_list("asset__code", flat=True))


def kinds(alarm: Alarm) -> list[str]:
    return list(lines_about(alarm.site_id, "alarm", [alarm.pk]).order_by("seq").values_list("kind", flat=True))


def root(alarm: Alarm) -> Alarm:
    while alarm.suppressed_by is not None:
        alarm = alarm.suppressed_by
    return alarm


def test_a_blackout_of_180_lamps_is_one_alarm_and_the_three_that_stay_dark_come_back(valkey):
    desk = make_desk(dead={}, dark=DARK)
    cabinet = make_cabinet(desk.site)
    lamps = make_lamps(desk.site, 180, cabinet)
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps, at(3), "low")
    assert heard(desk.site) == {"ARM-1"}
    assert Alarm.objects.filter(suppressed_by=of(cabinet), state="unacknowledged").count() == 180
    desk.cleared("dead", [cabinet], at(600))
    desk.cleared("dark", lamps[3:], at(610), "low")
    recovery.sweep(desk.site.pk, at(629))
    assert heard(desk.site) == {"ARM-1"}, "within the settling time nobody is bothered"
    recovery.sweep(desk.site.pk, at(630))
    assert heard(desk.site) == {"ARM-1", "L-00000", "L-00001", "L-00002"}
    assert {of(lamp).state for lamp in lamps[:3]} == {"unacknowledged"}
    assert {of(lamp).state for lamp in lamps[3:]} == {"normal"}
    assert kinds(of(lamps[0])) == ["alarm.raised", "alarm.suppressed", "alarm.unsuppressed"]
    assert kinds(of(lamps[9])) == ["alarm.raised", "alarm.suppressed", "alarm.returned"]
    assert list(verify(desk.site.pk)) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_order_and_the_batches_only_the_root_is_heard(valkey, data):
    desk, substation, cabinet, lamps = make_street(f"quai-{Site.objects.count()}")
    moves = [("dead", substation, "high"), ("dead", cabinet, "high"), *(("dark", lamp, "low") for lamp in lamps)]
    order = data.draw(st.permutations(moves))
    cuts = data.draw(st.sets(st.integers(1, len(moves) - 1)))
    begin = 0
    for number, end in enumerate([*sorted(cuts), len(moves)]):
        now = at(number * 3)
        desk.batch([desk.move("raise", rule, asset, now, severity) for rule, asset, severity in order[begin:end]], now)
        begin = end
    assert heard(desk.site) == {"P-1"}
    assert {root(alarm) for alarm in Alarm.objects.filter(site=desk.site)} == {of(substation)}
    assert list(verify(desk.site.pk)) == []


def test_what_came_long_before_the_cause_or_was_acknowledged_stays_in_view(street):
    desk, _, cabinet, lamps = street
    desk.raised("dark", lamps[:1], at(0), "low")
    desk.raised("dark", lamps[1:3], at(80), "low")
    lifecycle.acknowledge([of(lamps[1]).pk], by=Actor.of(make_user(site=desk.site)), now=at(85))
    desk.raised("dead", [cabinet], at(100))
    assert heard(desk.site) == {"ARM-1", "L-00000", "L-00001"}


def test_settling_counts_from_when_the_cause_began_not_from_the_end_of_its_delay(street):
    desk, _, cabinet, lamps = street
    desk.raised("dark", lamps, at(5), "low")
    began = desk.move("raise", "dead", cabinet, at(0)).since
    desk.batch([desk.move("raise", "dead", cabinet, at(120), since=began)], at(120))
    assert heard(desk.site) == {"ARM-1"}


def test_a_critical_alarm_below_a_cause_stays_in_view_and_a_suppressed_one_that_worsens_to_it_comes_back(street):
    desk, _, cabinet, lamps = street
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps[:1], at(1), "critical")
    desk.raised("dark", lamps[1:2], at(1), "low")
    assert heard(desk.site) == {"ARM-1", "L-00000"}
    desk.batch([desk.move("change", "dark", lamps[1], at(2), "critical", previous="low")], at(2))
    assert heard(desk.site) == {"ARM-1", "L-00000", "L-00001"}
    assert of(lamps[1]).state == "unacknowledged"


def test_a_medium_alarm_is_no_cause_unless_its_rule_says_so(valkey):
    medium = {"values": [{"severity": "medium", "in": [2]}]}
    desk = make_desk(door=medium, tripped={**medium, "cause": True}, hot={"cause": False}, dark=DARK)
    cabinets = [make_cabinet(desk.site, f"ARM-{n}") for n in range(3)]
    lamps = [make_lamps(desk.site, 1, cabinet, f"L{n}")[0] for n, cabinet in enumerate(cabinets)]
    desk.raised("door", cabinets[:1], at(0), "medium")
    desk.raised("tripped", cabinets[1:2], at(0), "medium")
    desk.raised("hot", cabinets[2:], at(0), "high")
    desk.raised("dark", lamps, at(1), "low")
    assert heard(desk.site) == {"ARM-0", "ARM-1", "ARM-2", "L0-00000", "L2-00000"}


def test_when_the_cabinet_returns_its_lamps_are_explained_by_the_substation(street):
    desk, substation, cabinet, lamps = street
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps, at(1), "low")
    desk.raised("dead", [substation], at(2))
    desk.cleared("dead", [cabinet], at(50))
    recovery.sweep(desk.site.pk, at(90))
    assert {of(lamp).suppressed_by for lamp in lamps} == {of(substation)}
    assert heard(desk.site) == {"P-1"}


def test_what_an_operator_acknowledged_while_it_was_silent_is_unacknowledged_when_it_comes_back(street):
    desk, _, cabinet, lamps = street
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps[:1], at(1), "low")
    lifecycle.acknowledge([of(lamps[0]).pk], by=Actor.of(make_user(site=desk.site)), now=at(5))
    desk.cleared("dead", [cabinet], at(60))
    recovery.sweep(desk.site.pk, at(100))
    assert (of(lamps[0]).state, of(lamps[0]).suppressed_by) == ("unacknowledged", None)


def test_a_cause_that_comes_back_within_the_settling_time_keeps_its_consequences_silent(street):
    desk, _, cabinet, lamps = street
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps, at(1), "low")
    desk.cleared("dead", [cabinet], at(60))
    desk.raised("dead", [cabinet], at(70))
    assert recovery.sweep(desk.site.pk, at(200)) == 0
    assert heard(desk.site) == {"ARM-1"}


@pytest.mark.parametrize(("rhythm", "feed_rhythm", "off_delay"), [(300, 0, 0), (60, 300, 0), (60, 0, 240)])
def test_the_end_of_a_cause_is_no_second_flood_whoever_returns_before_it_is_expected_to_speak(
    valkey, rhythm, feed_rhythm, off_delay
):
    desk = make_desk(dead={}, dark=DARK | {"off_delay": off_delay})
    cabinet = make_cabinet(desk.site)
    lamps = make_lamps(desk.site, 3, cabinet)
    feed = make_feed(desk.site, expected_interval=feed_rhythm)
    for lamp in lamps:
        Point.objects.create(asset=lamp, quantity="lamp_state", interval=rhythm, feed=feed)
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps, at(3), "low")
    desk.cleared("dead", [cabinet], at(600))
    recovery.sweep(desk.site.pk, at(600 + 30 + 299))
    assert heard(desk.site) == {"ARM-1"}
    desk.cleared("dark", lamps[1:], at(600 + 30 + 299), "low")
    recovery.sweep(desk.site.pk, at(600 + 30 + 301))
    assert heard(desk.site) == {"ARM-1", "L-00000"}
    assert {of(lamp).state for lamp in lamps[1:]} == {"normal"}


@pytest.mark.parametrize("order", [("dead", "voltage"), ("voltage", "dead")])
def test_a_rule_that_is_a_cause_explains_the_other_rules_of_its_own_asset(valkey, order):
    desk = make_desk(dead={"cause": True}, voltage={}, door={}, dark=DARK)
    cabinet = make_cabinet(desk.site)
    lamps = make_lamps(desk.site, 3, cabinet)
    for number, rule in enumerate(order):
        desk.raised(rule, [cabinet], at(5 * number))
    desk.raised("dark", lamps, at(12), "low")
    heard_of = Alarm.objects.filter(site=desk.site, suppressed_by=None)
    assert list(heard_of.values_list("rule__slug", flat=True)) == ["dead"]
    assert {root(alarm).rule.slug for alarm in Alarm.objects.filter(site=desk.site)} == {"dead"}
    desk.raised("door", [cabinet], at(20), "critical")
    assert set(heard_of.values_list("rule__slug", flat=True)) == {"dead", "door"}, "a critical one is never silenced"
    desk.cleared("dead", [cabinet], at(60))
    recovery.sweep(desk.site.pk, at(400))
    assert "voltage" in heard_of.exclude(state="normal").values_list("rule__slug", flat=True), "what outlasts it comes back"
    assert list(verify(desk.site.pk)) == []


def test_what_stood_on_an_asset_long_before_its_cause_is_no_consequence(valkey):
    desk = make_desk(dead={"cause": True}, hot={"cause": False})
    cabinet = make_cabinet(desk.site)
    make_lamps(desk.site, 1, cabinet)
    desk.raised("hot", [cabinet], at(0))
    desk.raised("dead", [cabinet], at(100))
    assert Alarm.objects.filter(suppressed_by=None).count() == 2


def test_two_rules_that_are_causes_do_not_silence_each_other(valkey):
    desk = make_desk(dead={"cause": True}, fuse={"cause": True})
    cabinet = make_cabinet(desk.site)
    make_lamps(desk.site, 1, cabinet)
    desk.batch([desk.move("raise", rule, cabinet, at(0)) for rule in ("dead", "fuse")], at(0))
    assert Alarm.objects.filter(suppressed_by=None).count() == 1


def test_a_cause_whose_rule_is_gone_hides_nothing(street):
    desk, _, cabinet, lamps = street
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps, at(1), "low")
    with transaction.atomic():
        gone = [alarm for alarm in orphans(desk.site.pk, set()) if alarm.asset_id == cabinet.pk]
        page = open_page(desk.site.pk)
        close_orphans(gone, page, at(20), desk.survey().rules)
        page.close()
    recovery.sweep(desk.site.pk, at(22))
    assert {"L-00000", "L-00004"} < heard(desk.site)


def test_assets_that_depend_on_each_other_in_a_circle_do_not_silence_each_other(street):
    desk, substation, cabinet, _ = street
    Asset.objects.filter(pk=substation.pk).update(depends_on=cabinet)
    desk.raised("dead", [substation, cabinet], at(0))
    assert heard(desk.site) == {"P-1", "ARM-1"}


def test_an_alarm_that_comes_and_goes_is_flagged_counted_and_calms_down(street):
    desk, _, _, lamps = street
    for n in range(3):
        desk.raised("dark", lamps[:1], at(n * 100), "low")
        desk.cleared("dark", lamps[:1], at(n * 100 + 50), "low")
    assert (of(lamps[0]).occurrences, of(lamps[0]).chattering) == (3, True)
    assert kinds(of(lamps[0])).count("alarm.chattering") == 1
    recovery.sweep(desk.site.pk, at(900))
    assert not of(lamps[0]).chattering
    assert kinds(of(lamps[0]))[-1] == "alarm.steady"


def test_acknowledging_a_chattering_alarm_does_not_hide_its_habit(street):
    desk, _, _, lamps = street
    user = make_user(site=desk.site)
    for n in range(3):
        desk.raised("dark", lamps[:1], at(n * 100), "low")
        lifecycle.acknowledge([of(lamps[0]).pk], by=Actor.of(user), now=at(n * 100 + 5))
        desk.cleared("dark", lamps[:1], at(n * 100 + 50), "low")
    assert Alarm.objects.count() == 3
    assert (of(lamps[0]).occurrences, of(lamps[0]).chattering) == (3, True)
