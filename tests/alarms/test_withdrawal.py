"""An acknowledgement that is taken back: the alarm is as it was, unless somebody or something has moved it since."""

import datetime as dt

import pytest

from alarms import lifecycle
from alarms.incidents import moves as incidents
from alarms.incidents import upkeep
from alarms.lifecycle.withdrawal import WITHIN
from alarms.models import Alarm, Incident
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_sector, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)

SOON = NOON + dt.timedelta(seconds=9)


@pytest.fixture
def person(valkey):
    return make_user(site=make_site())


@pytest.fixture
def alarm(person):
    site = person.grants.get().site
    return make_alarm(make_rule(site), make_asset(site))


def row(alarm: Alarm) -> dict[str, object]:
    """What the database has of it, but for the number of its last line."""
    return {name: value for name, value in Alarm.objects.filter(pk=alarm.pk).values()[0].items() if name != "seq"}


@pytest.mark.parametrize(
    "before",
    [
        {"state": "unacknowledged"},
        {"state": "unacknowledged", "severity": 1, "eased_to": 3},
        {"state": "returned"},
        {"state": "returned", "latched": True},
    ],
)
def test_an_alarm_whose_acknowledgement_is_taken_back_is_as_it_was(person, alarm, before):
    Alarm.objects.filter(pk=alarm.pk).update(**before)
    as_it_was = row(alarm)
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    assert row(alarm) != as_it_was
    assert lifecycle.withdraw([alarm.pk], by=Actor.of(person, "poste 2"), now=SOON).refused == {}
    assert row(alarm) == as_it_was
    last = JournalEntry.objects.latest("seq")
    assert (last.kind, last.actor, last.desk) == ("alarm.withdrawn", person.username, "poste 2")
    assert last.text_fr.startswith("Acquittement annulé : ")
    assert list(verify(alarm.site_id)) == []


def refused(alarm: Alarm, by, now: dt.datetime = SOON) -> bool:
    before = row(alarm)
    outcome = lifecycle.withdraw([alarm.pk], by=Actor.of(by), now=now)
    assert row(alarm) == before or not outcome.refused
    return [*outcome.refused] == [alarm.pk]


def test_after_ten_seconds_it_stands(person, alarm):
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    assert refused(alarm, person, NOON + WITHIN + dt.timedelta(milliseconds=1))
    assert not refused(alarm, person, NOON + WITHIN)


def test_nobody_takes_back_what_another_acknowledged(person, alarm):
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    assert refused(alarm, make_user("autre", alarm.site))


def test_what_was_never_acknowledged_or_was_taken_back_already_is_refused(person, alarm):
    assert refused(alarm, person)
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    assert not refused(alarm, person)
    assert refused(alarm, person)


def test_it_stands_once_another_person_has_acted_on_it(person, alarm):
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    lifecycle.take_charge([alarm.pk], by=Actor.of(make_user("autre", alarm.site)), now=NOON)
    assert refused(alarm, person)


def test_what_the_same_person_did_besides_does_not_keep_it(person, alarm):
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    lifecycle.take_charge([alarm.pk], by=Actor.of(person), now=NOON)
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON, comment="vu")
    assert not refused(alarm, person)


def test_what_has_come_again_as_an_alarm_of_its_own_stays_closed(person, alarm):
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    again = make_alarm(alarm.rule, alarm.asset)
    Alarm.objects.filter(pk=again.pk).update(subject=alarm.subject)
    assert refused(alarm, person)


def test_many_are_taken_back_at_once_each_that_allows_it(person, alarm):
    others = [make_alarm(alarm.rule, make_asset(alarm.site, f"K-{n}"), state="returned") for n in range(3)]
    lifecycle.acknowledge([each.pk for each in (alarm, *others)], by=Actor.of(person), now=NOON)
    lifecycle.take_charge([alarm.pk], by=Actor.of(make_user("autre", alarm.site)), now=NOON)
    outcome = lifecycle.withdraw([each.pk for each in (alarm, *others)], by=Actor.of(person), now=SOON)
    assert ([each.pk for each in outcome.done], [*outcome.refused]) == ([each.pk for each in others], [alarm.pk])


def test_an_incident_outlives_its_last_alarm_for_as_long_as_that_can_be_taken_back(person, alarm):
    incident = incidents.open_by_hand(alarm.site_id, [alarm.pk], by=Actor.of(person), now=NOON - dt.timedelta(minutes=1))
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    upkeep.sweep(alarm.site_id, SOON)
    incident.refresh_from_db()
    assert incident.state == Incident.State.OPEN
    assert not refused(alarm, person)
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=SOON)
    upkeep.sweep(alarm.site_id, SOON + WITHIN)
    incident.refresh_from_db()
    assert incident.state == Incident.State.CLOSED


def test_it_stands_in_an_incident_that_somebody_closed(person, alarm):
    incident = incidents.open_by_hand(alarm.site_id, [alarm.pk], by=Actor.of(person), now=NOON - dt.timedelta(minutes=1))
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    incidents.close(incident.pk, by=Actor.of(person), now=NOON)
    assert refused(alarm, person)


def test_what_was_closed_stays_so_once_its_asset_is_in_another_sector(person, alarm):
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=NOON)
    alarm.asset.sector = make_sector(alarm.site, "ailleurs")
    alarm.asset.save()
    assert refused(alarm, person)
