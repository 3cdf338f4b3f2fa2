"""A list is cut after it was filtered: what is a person's to see is never lost behind what is not."""

import pytest

from alarms.incidents import noun
from alarms.models import Alarm, Incident
from hypervisor import live, rights
from hypervisor.pages.desk import FIRST_SCREEN, first_screen
from tests.factories import NOON, make_alarm, make_asset

pytestmark = pytest.mark.django_db


def open_incident(city, number, asset, **fields) -> Incident:
    """An incident of one alarm of this asset."""
    told = {"title_fr": f"Incident {number}", "title_en": f"Incident {number}", "opened_at": NOON, "joined_at": NOON, "seq": 1}
    incident = Incident.objects.create(site=city.site, number=number, key=f"k{number}", rule=city.rule, **told)
    make_alarm(city.rule, asset, incident=incident, subject=f"s{number}", **{"severity": 3, **fields})
    return incident


@pytest.fixture
def buried(city):
    """An incident of `nord` before more of `sud` than any list shows."""
    theirs = open_incident(city, 1, city.assets["nord"])
    for number in range(2, 2 + noun.MOST + 4):
        open_incident(city, number, city.assets["sud"])
    return theirs


def right(city, name):
    return rights.what(city.users[name]).on("quai")


def test_the_live_channel_shows_the_incident_of_an_own_sector_behind_two_hundred_of_others(city, buried):
    [frame] = [frame for frame in live._snapshot(city.site.pk, right(city, "nord")).frames if '"incident":[{"id"' in frame]
    assert f'"number":{buried.number}' in frame


def test_the_first_screen_shows_the_alarm_of_an_own_sector_behind_two_hundred_of_others(city, buried):
    assert [row.incident.id for row in first_screen(city.site, right(city, "nord")) if row.incident] == [buried.pk]


def test_the_first_screen_shows_what_has_something_to_say_behind_many_that_have_nothing(city):
    audible = open_incident(city, 1, city.assets["nord"])
    for number in range(2, 2 + FIRST_SCREEN):
        open_incident(city, number, city.assets["sud"], suppressed_by=city.alarms["sud"])
    rows = first_screen(city.site, right(city, "operator"))
    assert [row.incident.number for row in rows if row.incident] == [audible.number]


def test_the_first_screen_shows_the_worst_alarm_behind_many_newer_ones(city):
    worst = open_incident(city, 1, city.assets["nord"], severity=1)
    for number in range(2, 2 + FIRST_SCREEN):
        open_incident(city, number, city.assets["sud"], severity=4)
    rows = first_screen(city.site, right(city, "operator"))
    assert rows[0].incident.number == worst.number


def test_the_critical_alarms_of_one_incident_do_not_fill_the_first_screen(city):
    incident = open_incident(city, 1, city.assets["nord"], severity=1)
    for number in range(2 * FIRST_SCREEN):
        asset = make_asset(city.site, f"C-{number}", sector=city.sectors["nord"])
        make_alarm(city.rule, asset, incident=incident, severity=1)
    Alarm.objects.filter(incident=None).exclude(pk=city.alarms["sud"].pk).delete()
    rows = first_screen(city.site, right(city, "operator"))
    assert len([row for row in rows if row.incident]) == 3
    assert city.alarms["sud"].pk in [row.id for row in rows]
