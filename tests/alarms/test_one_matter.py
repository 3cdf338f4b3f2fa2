"""A river that rises is one matter, however many rules tell of it: what is gathered, what is left alone, and how it is named."""

import datetime as dt

import pytest

from alarms.incidents import moves, upkeep
from alarms.incidents.moves import Grounds
from alarms.incidents.rows import incident_rows
from alarms.lifecycle.reasons import FIRST
from alarms.models import Alarm, Incident, Rule
from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.verdict import Desk, at, make_cabinet, make_desk, make_lamps
from tests.factories import make_user

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
    """Let the sweep do its work; what is open then is about, in English and by number."""
    upkeep.sweep(desk.site.pk, when)
    open_ = Incident.objects.filter(site=desk.site, closed_at=None).order_by("number")
    return [each.partition(":")[0].partition(" — ")[0] for each in open_.values_list("title_en", flat=True)]


def in_it(rule: str) -> set[int]:
    """Numbers of the incidents that a rule's alarms are in."""
    return set(Alarm.objects.filter(rule__slug=rule).values_list("incident__number", flat=True))


def test_a_flood_that_several_rules_tell_of_is_one_incident_that_says_of_each_alarm_why(flood):
    assert sweep(flood, at(122)) == ["expected", "rain"]
    assert in_it("expected") == in_it("rising") == in_it("level") == {1}
    first = dict(Alarm.objects.filter(rule=flood.rules["expected"]).values_list("asset_id", "pk"))
    rising = dict(Alarm.objects.filter(rule=flood.rules["rising"]).values_list("asset_id", "together"))
    assert [rising[gauge.pk] for gauge in flood.gauges[:4]] == [f"asset:{first[gauge.pk]}" for gauge in flood.gauges[:4]]
    assert rising[flood.gauges[4].pk].startswith("rule:"), "it took up the rule of the others"
    assert list(verify(flood.site.pk)) == []


def test_its_title_stays_with_what_it_began_with_and_its_advice_is_of_the_first_rule_that_gives_some(flood):
    flood.batch([flood.move("change", "level", gauge, at(130), "critical", previous="medium") for gauge in flood.gauges], at(130))
    assert sweep(flood, at(132))[0] == "expected"
    (row,) = incident_rows(Incident.objects.filter(number=1))
    assert (row["severity"], row["rule"], row["procedure"]) == ("critical", "level", ADVICE)


def test_rules_it_took_up_join_while_it_is_fresh(flood):
    flood.raised("level", [flood.spare], at(700))
    flood.raised("level", [flood.other], at(1350))
    assert in_it("level") == {1, None}


def test_what_an_operator_split_off_stays_apart(flood):
    mine = list(Alarm.objects.filter(rule=flood.rules["level"]).values_list("pk", flat=True))
    made = moves.split(Incident.objects.get(number=1).pk, mine, by=Actor.of(make_user("camille")), now=at(123))
    assert sweep(flood, at(124))[0] == "expected"
    assert in_it("level") == {made.number}
    assert set(Alarm.objects.filter(rule=flood.rules["level"]).values_list("together", flat=True)) == {"hand:camille"}


@pytest.fixture
def two(valkey) -> Desk:
    """The river began to rise at one end and was high at the other, each an incident; then both were both."""
    desk = make_city(rising={}, level={})
    gauges = make_lamps(desk.site, 6, make_cabinet(desk.site), "LIM")
    desk.raised("rising", gauges[:3], at(0))
    desk.raised("level", gauges[3:], at(0))
    desk.raised("level", gauges[:3], at(60))
    desk.raised("rising", gauges[3:], at(60))
    return desk


def test_two_that_began_apart_with_the_same_rules_are_one_with_a_reason(two):
    assert sweep(two, at(62)) == ["rising"]
    line = JournalEntry.objects.get(kind="incident.merged")
    assert line.text_en.startswith("Incident 2 merged into incident 1 (same rules, same place): level")
    assert not Alarm.objects.filter(together="").exists()
    assert upkeep.sweep(two.site.pk, at(64)) == 0


def test_an_incident_somebody_has_in_hand_is_not_taken_from_them(two):
    moves.take_charge(Incident.objects.get(number=2).pk, by=Actor.of(make_user("camille")), now=at(61))
    assert sweep(two, at(62)) == ["rising", "level"]


def test_one_that_is_taken_in_hand_at_that_very_moment_is_not_either(two):
    first, second = Incident.objects.order_by("number")
    moves.take_charge(second.pk, by=Actor.of(make_user("camille")), now=at(61))
    with pytest.raises(Refused):
        moves.merge(first.pk, [second.pk], now=at(62), why=Grounds(upkeep.RULE, lambda _: FIRST))


def test_after_a_lull_they_stay_apart(two):
    assert len(sweep(two, at(60 + 601))) == 2


def test_one_of_very_many_alarms_is_left_where_it_is(two, monkeypatch):
    monkeypatch.setattr(upkeep, "MOST_MOVED", 4)
    assert len(sweep(two, at(62))) == 2
