"""A silence says whose it is; an asset can be out of service; the end of a silence tells again what stands."""

import datetime as dt

import pytest

from alarms import lifecycle
from alarms.lifecycle import deadlines
from alarms.maintenance import moves, out_of_service, upkeep
from alarms.models import Alarm, MaintenanceWindow
from assets.refusal import Refused
from journal.actors import Actor
from journal.reading import verify
from tests.alarms.test_causes import kinds, make_street, of
from tests.alarms.test_maintenance import plan, silent
from tests.alarms.verdict import at
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def street(valkey):
    return make_street("quai")


@pytest.fixture
def chief(street):
    return make_user("permis", street[0].site, "shift_supervisor")


def test_all_rules_of_an_asset_that_is_out_of_service_are_silent_and_what_depends_on_it_is_not(street, chief):
    desk, _, cabinet, lamps = street
    desk.raised("dead", [cabinet], at(0))
    out_of_service.take_out(cabinet, until=at(3600), reason="Permis 12", by=Actor.of(chief), now=at(10))
    desk.raised("dark", lamps[:1], at(20))
    desk.raised("dark", [cabinet], at(30), "low")
    for alarm in Alarm.objects.filter(asset=cabinet):
        assert (alarm.out_of_service_until, alarm.out_of_service_reason) == (at(3600), "Permis 12")
        assert alarm.out_of_service_by == chief
        assert "alarm.out_of_service" in kinds(alarm)
    assert Alarm.objects.filter(asset=cabinet).count() == 2
    assert not silent(lamps[0])


def test_at_the_end_of_an_assets_time_out_of_service_what_stands_asks_again_and_a_line_says_so(street, chief):
    desk, _, cabinet, _ = street
    desk.raised("dead", [cabinet], at(0))
    lifecycle.acknowledge([of(cabinet).pk], by=Actor.of(chief), now=at(5))
    out_of_service.take_out(cabinet, until=at(3600), reason="Permis 12", by=Actor.of(chief), now=at(10))
    assert (of(cabinet).state, silent(cabinet)) == ("acknowledged", True)
    upkeep.sweep(desk.site.pk, at(3600))
    deadlines.sweep(desk.site.pk, at(3600))
    assert (of(cabinet).state, silent(cabinet), of(cabinet).out_of_service_by) == ("unacknowledged", False, None)
    lines = desk.site.journal.order_by("seq").values_list("kind", flat=True)
    assert {"maintenance.ended", "alarm.in_service"} <= set(lines)
    assert list(verify(desk.site.pk)) == []


def test_an_asset_out_of_service_said_again_has_another_end_and_nothing_sounds_in_between(street, chief):
    desk, _, cabinet, _ = street
    desk.raised("dead", [cabinet], at(0))
    out_of_service.take_out(cabinet, until=at(3600), reason="Permis 12", by=Actor.of(chief), now=at(10))
    out_of_service.take_out(cabinet, until=at(7200), reason="Permis 13", by=Actor.of(chief), now=at(20))
    assert MaintenanceWindow.objects.count() == 1
    assert (of(cabinet).out_of_service_until, of(cabinet).out_of_service_reason) == (at(7200), "Permis 13")
    assert "alarm.in_service" not in kinds(of(cabinet))
    out_of_service.put_back(cabinet, by=Actor.of(chief), now=at(30))
    out_of_service.put_back(cabinet, by=Actor.of(chief), now=at(31))
    assert not silent(cabinet)
    assert kinds(of(cabinet)).count("alarm.in_service") == 1


def test_an_asset_out_of_service_needs_an_end_and_a_reason(street, chief):
    _, _, cabinet, _ = street
    for until, reason in ((at(0), "Permis"), (at(10) + dt.timedelta(days=367), "Permis"), (at(60), " ")):
        with pytest.raises(Refused):
            out_of_service.take_out(cabinet, until=until, reason=reason, by=Actor.of(chief), now=at(10))
    assert MaintenanceWindow.objects.count() == 0


@pytest.mark.parametrize("silence", ["shelving", "service"])
def test_what_was_acknowledged_and_outlasts_its_silence_asks_again(street, chief, silence):
    desk, _, cabinet, _ = street
    desk.raised("dead", [cabinet], at(0))
    alarm = of(cabinet).pk
    lifecycle.acknowledge([alarm], by=Actor.of(chief), now=at(5))
    act = lifecycle.shelve if silence == "shelving" else lifecycle.take_out_of_service
    act([alarm], until=at(600), reason="travaux", by=Actor.of(chief), now=at(10))
    held = of(cabinet)
    told = (held.shelved_by, held.shelved_at) if silence == "shelving" else (held.out_of_service_by, held.out_of_service_at)
    assert told == (chief, at(10))
    deadlines.sweep(desk.site.pk, at(600))
    held = of(cabinet)
    assert (held.state, held.shelved_by, held.out_of_service_by) == ("unacknowledged", None, None)


def test_a_new_alarm_that_takes_a_silence_over_says_so_and_whose_it_is(street, chief):
    desk, _, cabinet, _ = street
    desk.raised("dead", [cabinet], at(0))
    first = of(cabinet)
    lifecycle.shelve([first.pk], until=at(3600), reason="Réarmements", by=Actor.of(chief), now=at(10))
    lifecycle.acknowledge([first.pk], by=Actor.of(chief), now=at(20))
    desk.cleared("dead", [cabinet], at(30))
    first.refresh_from_db()
    assert (first.state, first.shelved_until) == ("normal", at(3600))
    desk.raised("dead", [cabinet], at(60))
    new = Alarm.objects.exclude(pk=first.pk).get(asset=cabinet)
    first.refresh_from_db()
    assert (new.shelved_until, new.shelved_by, new.shelved_at) == (at(3600), chief, at(10))
    assert first.shelved_until is None
    assert kinds(new) == ["alarm.raised", "alarm.shelved"]


def test_a_maintenance_that_is_changed_keeps_silent_what_it_still_covers(street, chief):
    desk, _, cabinet, lamps = street
    window = plan(desk.site, asset=cabinet)
    desk.raised("dead", [cabinet], at(10))
    wanted = MaintenanceWindow(site=desk.site, asset=cabinet, reason="Plus long", starts_at=at(0), ends_at=at(7200))
    moves.change(window.pk, wanted, by=Actor.of(chief), now=at(20))
    assert (of(cabinet).out_of_service_until, "alarm.in_service" in kinds(of(cabinet))) == (at(7200), False)
    elsewhere = MaintenanceWindow(site=desk.site, asset=lamps[0], reason="Ailleurs", starts_at=at(0), ends_at=at(7200))
    moves.change(window.pk, elsewhere, by=Actor.of(chief), now=at(30))
    assert not silent(cabinet)
