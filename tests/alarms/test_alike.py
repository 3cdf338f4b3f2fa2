"""Incidents about the same assets are one: what the sweep brings together, what it leaves alone, and how the whole is named."""

import datetime as dt

import pytest

from alarms.incidents import moves, upkeep
from alarms.incidents.naming import several
from alarms.incidents.rows import incident_rows
from alarms.journal import verify
from alarms.lifecycle import IllegalMove
from alarms.models import Alarm, Incident, JournalEntry, Rule
from tests.alarms.verdict import Desk, at, make_cabinet, make_desk, make_lamps
from tests.factories import make_sector, make_user

pytestmark = pytest.mark.django_db(transaction=True)

ADVICE = {"fr": "Fermer les parkings bas.", "en": "Close the low car parks."}


def make_city(**rules: dict) -> Desk:
    """A desk whose rules, none of which is a cause, bear the names of their keywords."""
    desk = make_desk(**{name: {"cause": False} | spec for name, spec in rules.items()})
    for name, rule in desk.rules.items():
        Rule.objects.filter(pk=rule.pk).update(name_fr=f"{name} (fr)", name_en=name)
    return desk


@pytest.fixture
def flood(valkey) -> Desk:
    """Three rules told of the same five gauges, one after the other, while the rain fell elsewhere; `desk.spare` is dry."""
    desk = make_city(expected={}, rising={}, level={"suggested_action": ADVICE}, rain={})
    cabinet = make_cabinet(desk.site)
    *gauges, desk.spare, desk.other = make_lamps(desk.site, 7, cabinet, "LIM")
    rain = make_lamps(desk.site, 3, cabinet, "PLU")
    desk.raised("expected", gauges[:4], at(0))
    desk.raised("rising", gauges, at(60))
    desk.raised("level", gauges, at(120), "medium")
    desk.raised("rain", rain, at(120), "low")
    desk.gauges = gauges
    return desk


def sweep(desk: Desk, when: dt.datetime) -> list[str]:
    """Let the sweep do its work; the English titles of what is open then, by number."""
    upkeep.sweep(desk.site.pk, when)
    return list(Incident.objects.filter(site=desk.site, closed_at=None).order_by("number").values_list("title_en", flat=True))


def in_it(rule: str) -> set[int]:
    """Numbers of the incidents that a rule's alarms are in."""
    return set(Alarm.objects.filter(rule__slug=rule).values_list("incident__number", flat=True))


def test_a_flood_that_several_rules_tell_of_is_one_incident_with_a_reason(flood):
    assert sweep(flood, at(122)) == ["expected, rising, level: several alarms", "rain: several alarms"]
    assert in_it("expected") == in_it("rising") == in_it("level") == {1}
    line = JournalEntry.objects.filter(kind="incident.merged").earliest("seq")
    assert line.text_fr == "Incident 2 réuni à l'incident 1 (mêmes équipements) : rising (fr) : plusieurs alarmes"
    assert upkeep.sweep(flood.site.pk, at(124)) == 0
    assert list(verify(flood.site.pk)) == []


def test_it_is_named_by_the_worst_first_and_has_the_advice_of_the_worst_rule_that_gives_some(flood):
    sweep(flood, at(122))
    change = [flood.move("change", "level", gauge, at(130), "critical", previous="medium") for gauge in flood.gauges]
    flood.batch(change, at(130))
    assert sweep(flood, at(132))[0] == "level, expected, rising: several alarms"
    (row,) = incident_rows(Incident.objects.filter(number=1))
    assert (row["severity"], row["rule"], row["procedure"]) == ("critical", "level", ADVICE)
    line = JournalEntry.objects.filter(kind="incident.renamed").latest("seq")
    assert line.text_en == "Incident 1, named by its alarms: level, expected, rising: several alarms"
    flood.cleared("expected", flood.gauges[:4], at(140))
    Alarm.objects.filter(rule__slug="expected").update(state="normal")
    assert sweep(flood, at(142))[0] == "level, rising: several alarms"


def test_what_its_rules_tell_goes_on_there_for_as_long_as_it_is_fresh(flood):
    sweep(flood, at(122))
    flood.raised("level", [flood.spare], at(700))
    flood.raised("level", [flood.other], at(1250))
    assert in_it("level") == {1}


def test_an_incident_somebody_has_in_hand_is_not_taken_from_them(flood):
    moves.take_charge(Incident.objects.get(number=2).pk, by=make_user("camille"), now=at(121))
    assert sweep(flood, at(122)) == ["expected, level: several alarms", "rising: several alarms", "rain: several alarms"]


def test_one_that_is_taken_in_hand_at_that_very_moment_is_not_either(flood):
    first, second = Incident.objects.filter(number__in=(1, 2)).order_by("number")
    moves.take_charge(second.pk, by=make_user("camille"), now=at(121))
    with pytest.raises(IllegalMove):
        moves.merge(first.pk, [second.pk], now=at(122), why=upkeep.ASSETS)


def test_what_an_operator_split_off_stays_apart(flood):
    sweep(flood, at(122))
    mine = list(Alarm.objects.filter(rule=flood.rules["level"]).values_list("pk", flat=True))
    made = moves.split(Incident.objects.get(number=1).pk, mine, by=make_user("camille"), now=at(123))
    assert sweep(flood, at(124))[0] == "expected, rising: several alarms"
    assert in_it("level") == {made.number}


def test_after_a_lull_they_stay_apart(flood):
    assert len(sweep(flood, at(120 + 601))) == 4


def test_one_of_very_many_alarms_is_left_where_it_is(flood, monkeypatch):
    monkeypatch.setattr(upkeep, "MOST_MOVED", 4)
    assert len(sweep(flood, at(122))) == 4


def test_a_chain_of_them_is_named_by_all(valkey):
    desk = make_city(a={}, b={}, c={})
    lamps = make_lamps(desk.site, 9, make_cabinet(desk.site))
    desk.raised("a", lamps[6:], at(0))
    desk.raised("b", lamps[:6], at(10))
    desk.raised("c", lamps[:5], at(20))
    assert sweep(desk, at(22)) == ["a: several alarms", "b, c: several alarms"]
    desk.raised("a", lamps[:6], at(30))
    assert sweep(desk, at(32)) == ["a, b, c: several alarms"]


def test_a_place_where_much_came_is_another_matter(valkey):
    desk = make_city(river={}, p={}, q={}, r={})
    lamps = make_lamps(desk.site, 3, make_cabinet(desk.site), sector=make_sector(desk.site))
    desk.raised("river", lamps, at(0))
    desk.batch([desk.move("raise", rule, lamp, at(10)) for rule, lamp in zip("pqr", lamps, strict=True)], at(10))
    assert len(sweep(desk, at(12))) == 2


def test_a_title_names_three_rules_and_says_that_there_are_others():
    rules = [(f"règle {name}", name) for name in ("a", "b", "a", "c", "d")]
    assert several(rules) == ("règle a, règle b, règle c, … : plusieurs alarmes", "a, b, c, …: several alarms")
