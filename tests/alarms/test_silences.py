"""Everything silenced stands in one register, whoever silenced it, also when its alarm has closed."""

import pytest
from django.db.models import Q

from alarms import lifecycle, silences
from alarms.maintenance import out_of_service
from alarms.models import Alarm, MaintenanceWindow
from alarms.rules import retire
from alarms.silences import Reader
from journal.actors import Actor
from tests.alarms.test_causes import make_street, of
from tests.alarms.test_maintenance import plan
from tests.alarms.verdict import at
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def street(valkey):
    return make_street("quai")


@pytest.fixture
def chief(street):
    return make_user("permis", street[0].site, "shift_supervisor")


def listed(site, when: float = 100) -> list[tuple]:
    found = silences.register(Reader(site.pk, Q(), Q(), Q()), at(when))
    return [(each.sort.value, each.in_force, each.closed, each.by, each.alarms) for each in found]


def test_a_shelving_stands_in_the_register_when_its_alarm_has_closed_and_can_be_ended_there(street, chief):
    desk, _, cabinet, _ = street
    desk.raised("dead", [cabinet], at(0))
    alarm = of(cabinet).pk
    lifecycle.shelve([alarm], until=at(3600), reason="Réarmements", by=Actor.of(chief), now=at(10))
    assert listed(desk.site) == [("shelved", True, False, "permis", 1)]
    lifecycle.acknowledge([alarm], by=Actor.of(chief), now=at(20))
    desk.cleared("dead", [cabinet], at(30))
    assert listed(desk.site) == [("shelved", True, True, "permis", 0)]
    (silence,) = silences.register(Reader(desk.site.pk, Q(), Q(), Q()), at(100))
    assert (silence.since, silence.until, silence.reason, silence.alarm) == (at(10), at(3600), "Réarmements", alarm)
    assert silences.count(Reader(desk.site.pk, Q(), Q(), Q()), at(100)) == 1
    lifecycle.unshelve([alarm], by=Actor.of(chief), now=at(40))
    assert listed(desk.site) == []
    assert Alarm.objects.get(pk=alarm).state == "normal"


def test_causes_works_and_rules_stand_there_too_what_is_in_force_first(street, chief):
    desk, _, cabinet, lamps = street
    plan(desk.site, now=-60, start=7200, end=9000, asset=lamps[0])
    desk.raised("dead", [cabinet], at(0))
    desk.raised("dark", lamps[:2], at(3), "low")
    out_of_service.take_out(lamps[2], until=at(3600), reason="Permis", by=Actor.of(chief), now=at(10))
    retire(desk.rules["dark"], now=at(11))
    assert listed(desk.site) == [
        ("out_of_service", True, False, "permis", 0),
        ("suppressed", True, False, None, 2),
        ("maintenance", False, False, "chef", 0),
        ("rule", False, False, None, 0),
    ]
    assert silences.count(Reader(desk.site.pk, Q(), Q(), Q()), at(100)) == 1


def test_an_asset_tells_what_silences_it_that_of_what_it_depends_on_too(street, chief):
    desk, _, cabinet, lamps = street
    window = plan(desk.site, asset=cabinet)
    told = [(each.sort.value, each.window) for each in silences.of_asset(lamps[0], at(100))]
    assert told == [("maintenance", window.pk)]
    assert silences.of_asset(lamps[0], at(-30)) == []
    MaintenanceWindow.objects.update(cancelled_at=at(50))
    out_of_service.take_out(cabinet, until=at(3600), reason="Permis", by=Actor.of(chief), now=at(60))
    assert silences.of_asset(lamps[0], at(100)) == []
    assert [each.sort.value for each in silences.of_asset(cabinet, at(100))] == ["out_of_service"]
