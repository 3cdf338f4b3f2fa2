"""Maintenance windows: silent while they last, back at the end, never lost; and who may plan them."""

import datetime as dt

import pytest

from alarms.lifecycle import deadlines
from alarms.maintenance import moves, upkeep
from alarms.models import Alarm, Incident, MaintenanceWindow
from assets.refusal import Refused
from journal.actors import Actor
from journal.reading import verify
from tests.alarms.test_causes import kinds, make_street, of
from tests.alarms.verdict import at
from tests.factories import make_kind, make_sector, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def street(valkey):
    return make_street("quai")


def plan(site, now: float = -60, *, start: float = 0, end: float = 3600, **about) -> MaintenanceWindow:
    user = make_user("chef", site, "shift_supervisor")
    window = MaintenanceWindow(site=site, reason="Travaux", starts_at=at(start), ends_at=at(end), **about)
    return moves.plan(window, by=Actor.of(user), now=at(now))


def silent(asset) -> bool:
    return of(asset).out_of_service_until is not None


def test_what_is_raised_during_maintenance_is_stored_silent_and_back_at_the_end(street):
    desk, _, cabinet, _ = street
    window = plan(desk.site, asset=cabinet)
    desk.raised("dead", [cabinet], at(10))
    alarm = of(cabinet)
    assert (alarm.state, alarm.maintenance, alarm.out_of_service_until) == ("unacknowledged", window, at(3600))
    deadlines.sweep(desk.site.pk, at(3599))
    assert silent(cabinet)
    deadlines.sweep(desk.site.pk, at(3600))
    assert (of(cabinet).state, of(cabinet).maintenance, silent(cabinet)) == ("unacknowledged", None, False)
    assert kinds(alarm) == ["alarm.raised", "alarm.out_of_service", "alarm.in_service"]
    assert list(verify(desk.site.pk)) == []


def test_what_stands_when_it_begins_is_silenced_and_its_turns_are_journaled_once(street):
    desk, _, cabinet, _ = street
    desk.raised("dead", [cabinet], at(-30))
    window = plan(desk.site, asset=cabinet)
    assert upkeep.sweep(desk.site.pk, at(-1)) == 0
    assert [upkeep.sweep(desk.site.pk, at(second)) for second in (0, 2, 4)] == [1, 0, 0]
    assert silent(cabinet)
    assert [upkeep.sweep(desk.site.pk, at(second)) for second in (3600, 3602)] == [1, 0]
    lines = desk.site.journal.filter(details__contains=f'"maintenance":{window.pk}', kind__startswith="maintenance.")
    assert list(lines.order_by("seq").values_list("kind", flat=True)) == [
        "maintenance.planned", "maintenance.started", "maintenance.ended",
    ]  # fmt: skip


def test_a_window_on_an_asset_covers_what_depends_on_it(street):
    desk, substation, _, lamps = street
    plan(desk.site, asset=substation)
    desk.raised("dark", lamps, at(5), "low")
    assert all(silent(lamp) for lamp in lamps)
    assert not Incident.objects.exists(), "what is set aside calls nobody"


def test_a_window_on_a_sector_and_a_kind_covers_only_both(street):
    desk, _, cabinet, lamps = street
    sector = make_sector(desk.site)
    type(cabinet).objects.filter(pk__in=[cabinet.pk, lamps[0].pk]).update(sector=sector)
    plan(desk.site, sector=sector, kind=make_kind("lamp"))
    desk.raised("dark", [*lamps[:2], cabinet], at(5), "low")
    assert [silent(asset) for asset in (lamps[0], lamps[1], cabinet)] == [True, False, False]


def test_critical_alarms_stay_in_view_unless_the_window_says_so(street):
    desk, _, cabinet, lamps = street
    plan(desk.site, asset=cabinet)
    desk.raised("dark", lamps[:1], at(5), "critical")
    desk.raised("dark", lamps[1:2], at(5), "low")
    desk.batch([desk.move("change", "dark", lamps[1], at(9), "critical", previous="low")], at(9))
    assert [silent(lamp) for lamp in lamps[:2]] == [False, False]
    MaintenanceWindow.objects.update(critical=True)
    desk.raised("dark", lamps[2:3], at(10), "critical")
    assert silent(lamps[2])


def test_what_cleared_meanwhile_asks_for_nothing_new_and_what_comes_again_is_covered_anew(street):
    desk, _, cabinet, _ = street
    plan(desk.site, asset=cabinet)
    desk.raised("dead", [cabinet], at(5))
    desk.cleared("dead", [cabinet], at(50))
    desk.raised("dead", [cabinet], at(60))
    assert silent(cabinet)
    assert Alarm.objects.count() == 1


def test_cancelling_brings_everything_back_at_once(street):
    desk, _, cabinet, _ = street
    window = plan(desk.site, asset=cabinet)
    desk.raised("dead", [cabinet], at(5))
    user = window.created_by
    moves.cancel(window.pk, by=Actor.of(user), now=at(20))
    moves.cancel(window.pk, by=Actor.of(user), now=at(21))
    assert not silent(cabinet)
    assert desk.site.journal.filter(kind="maintenance.cancelled").count() == 1
    desk.cleared("dead", [cabinet], at(30))
    desk.raised("dead", [cabinet], at(40))
    assert not silent(cabinet)


def test_what_was_cancelled_is_not_changed_any_more(street):
    desk, _, cabinet, _ = street
    window = plan(desk.site, asset=cabinet)
    moves.cancel(window.pk, by=Actor.of(window.created_by), now=at(5))
    with pytest.raises(Refused):
        moves.change(window.pk, window, by=Actor.of(window.created_by), now=at(6))
    assert not desk.site.journal.filter(kind="maintenance.changed").exists()


def test_what_a_window_silenced_while_it_was_being_cancelled_comes_back(street):
    desk, _, cabinet, _ = street
    window = plan(desk.site, asset=cabinet)
    desk.raised("dead", [cabinet], at(5))
    MaintenanceWindow.objects.filter(pk=window.pk).update(cancelled_at=at(5))
    upkeep.sweep(desk.site.pk, at(7))
    assert not silent(cabinet)


def test_a_window_moved_elsewhere_lets_go_of_what_it_held(street):
    desk, substation, cabinet, _ = street
    window = plan(desk.site, asset=cabinet)
    desk.raised("dead", [cabinet, substation], at(5))
    wanted = MaintenanceWindow(site=desk.site, asset=substation, reason="Poste", starts_at=at(0), ends_at=at(100))
    moves.change(window.pk, wanted, by=Actor.of(window.created_by), now=at(10))
    upkeep.sweep(desk.site.pk, at(11))
    assert of(substation).out_of_service_until == at(100)
    assert of(cabinet).maintenance == window, "it depends on the substation"
    assert of(cabinet).out_of_service_until == at(100)


def test_every_night_it_begins_again_on_the_clock_of_the_site(street):
    desk, _, cabinet, _ = street
    night = {"weekdays": [1, 2, 3, 4, 5, 6, 7], "start_time": dt.time(22), "end_time": dt.time(5)}
    window = MaintenanceWindow(site=desk.site, asset=cabinet, reason="Nuit", starts_at=at(0), **night)
    moves.plan(window, by=Actor.of(make_user("chef", desk.site, "shift_supervisor")), now=at(0))
    desk.raised("dead", [cabinet], at(60))  # noon in UTC
    turns = [(hour, upkeep.sweep(desk.site.pk, at(hour * 3600)), silent(cabinet)) for hour in (8, 9, 10)]
    assert turns == [(8, 0, False), (9, 1, True), (10, 0, True)]
    for hour in (16, 33):
        deadlines.sweep(desk.site.pk, at(hour * 3600))
        upkeep.sweep(desk.site.pk, at(hour * 3600))
        assert silent(cabinet) == (hour == 33)
