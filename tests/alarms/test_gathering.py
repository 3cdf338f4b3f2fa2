"""Incidents as the correlator makes them: a storm is a handful, a blackout is one, and nothing critical is hidden."""

import itertools

import pytest
from django.db import transaction

from alarms.models import Alarm, Incident
from alarms.verdicts.batch import Verdicts
from alarms.verdicts.open_alarms import OpenAlarms
from journal.models import JournalEntry
from journal.page import open_page
from journal.reading import lines_about, verify
from tests.alarms.test_causes import DARK, heard, make_street, of
from tests.alarms.verdict import at, make_cabinet, make_desk, make_lamps
from tests.factories import make_sector

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(site) -> list[int]:
    return list(Incident.objects.filter(site=site).order_by("number").values_list("number", flat=True))


def test_a_blackout_is_one_incident_that_holds_the_cause_and_what_it_explains(valkey):
    desk, _, cabinet, lamps = make_street("quai")
    desk.raised("dead", [cabinet], at(0))
    assert not Incident.objects.exists(), "an alarm alone is no incident"
    desk.raised("dark", lamps, at(2), "low")
    incident = Incident.objects.get()
    assert (incident.number, incident.cause, incident.title_fr) == (1, of(cabinet), of(cabinet).sentence_fr)
    assert incident.alarms.count() == 6
    assert list(lines_about(incident.site_id, "incident", [incident.pk]).order_by("seq").values_list("kind", flat=True)) == [
        "incident.opened", "alarm.attached",
    ]  # fmt: skip
    assert list(verify(desk.site.pk)) == []


@pytest.mark.parametrize("order", list(itertools.permutations(["substation", "cabinet", "lamps"])))
def test_whatever_came_first_a_blackout_is_one_incident(valkey, order):
    desk, substation, cabinet, lamps = make_street("quai")
    raised = {
        "substation": ("dead", [substation], "high"), "cabinet": ("dead", [cabinet], "high"), "lamps": ("dark", lamps, "low"),
    }  # fmt: skip
    for number, name in enumerate(order):
        rule, assets, severity = raised[name]
        desk.raised(rule, assets, at(number), severity)
    incident = Incident.objects.get()
    assert incident.alarms.count() == 7
    assert list(verify(desk.site.pk)) == []


def test_a_storm_of_5000_alarms_is_a_handful_of_incidents_with_every_critical_alarm_in_view(valkey):
    desk = make_desk(**{f"r{n}": {"cause": False} for n in range(8)})
    sectors = [make_sector(desk.site, f"s{n}") for n in range(12)]
    cabinet = make_cabinet(desk.site)
    assets = [asset for n, sector in enumerate(sectors) for asset in make_lamps(desk.site, 420, cabinet, f"S{n}", sector=sector)]
    moves = [
        desk.move("raise", f"r{n % 8}", asset, at(n / 500), "critical" if n % 50 == 0 else "medium")
        for n, asset in enumerate(assets[:5000])
    ]
    for begin in range(0, 5000, 500):
        desk.batch(moves[begin : begin + 500], at(begin / 500))
    assert Incident.objects.count() <= 8
    assert not Alarm.objects.filter(incident=None).exists()
    assert Alarm.objects.filter(severity=1, suppressed_by=None, state="unacknowledged").count() == 100
    assert list(verify(desk.site.pk)) == []


def test_two_alarms_wait_and_the_third_makes_an_incident_of_them(valkey):
    desk, _, _, lamps = make_street("quai")
    for n in range(2):
        desk.raised("dark", lamps[n : n + 1], at(n * 60), "low")
    assert not Incident.objects.exists()
    desk.raised("dark", lamps[2:3], at(180), "low")
    incident = Incident.objects.get()
    assert incident.alarms.count() == 3
    assert lines_about(incident.site_id, "incident", [incident.pk]).filter(kind="alarm.attached").count() == 2
    first = of(lamps[0])
    assert JournalEntry.objects.get(seq=first.seq, site=desk.site).kind == "alarm.attached", "the live channel tells its row anew"


def test_three_rules_that_speak_in_one_sector_within_ten_minutes_stay_apart(valkey):
    desk = make_desk(one={"cause": False}, two={"cause": False}, three={"cause": False})
    lamps = make_lamps(desk.site, 3, make_cabinet(desk.site), sector=make_sector(desk.site))
    for rule, lamp, severity in zip(("one", "two", "three"), lamps, ("low", "high", "medium"), strict=True):
        desk.raised(rule, [lamp], at(0), severity)
    assert not Incident.objects.exists()


def test_after_a_lull_the_same_rule_makes_another_incident(valkey):
    desk, _, _, lamps = make_street("quai")
    desk.raised("dark", lamps[:3], at(0), "low")
    desk.raised("dark", lamps[3:4], at(300), "low")
    desk.raised("dark", lamps[4:], at(1200), "low")
    assert Incident.objects.get().alarms.count() == 4
    assert of(lamps[4]).incident is None


def test_a_critical_alarm_below_a_cause_is_in_its_incident_and_in_view(valkey):
    desk, _, cabinet, lamps = make_street("quai")
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps[:1], at(1), "critical")
    assert of(lamps[0]).incident == of(cabinet).incident
    assert "L-00000" in heard(desk.site)


def test_what_fails_before_the_commit_leaves_no_alarm_no_incident_and_no_line(valkey):
    desk, _, cabinet, lamps = make_street("quai")
    lines = JournalEntry.objects.count()

    class Killed(Exception):
        pass

    def die_before_the_commit():
        with transaction.atomic():
            moves = [
                desk.move("raise", "dead", cabinet, at(0)),
                *(desk.move("raise", "dark", lamp, at(0), "low") for lamp in lamps),
            ]
            verdicts = Verdicts(desk.survey(), OpenAlarms(desk.site.pk), moves, at(0))
            verdicts.lock()
            page = open_page(desk.site.pk)
            verdicts.write(page)
            page.close()
            raise Killed

    with pytest.raises(Killed):
        die_before_the_commit()
    assert (Alarm.objects.count(), Incident.objects.count(), JournalEntry.objects.count()) == (0, 0, lines)
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps, at(1), "low")
    assert numbers(desk.site) == [1]


def test_incidents_of_two_sites_are_numbered_apart(valkey):
    for slug in ("quai", "gare"):
        desk = make_desk(slug, dark=DARK)
        desk.raised("dark", make_lamps(desk.site, 3, make_cabinet(desk.site)), at(0), "low")
        assert numbers(desk.site) == [1]
