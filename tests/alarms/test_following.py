"""Open alarms follow what administrators change: the version of their rule, their point's limits, the place of their asset."""

import pytest
from django.db.models import F

from alarms import lifecycle
from alarms.correlation.correlator import now_us
from alarms.maintenance import upkeep as maintenance
from alarms.models import Alarm, MaintenanceWindow, Severity
from alarms.rules import activate, retire, write_rule
from alarms.verdicts import recovery
from assets.instants import instant
from assets.log import Log
from assets.models import Asset, Site
from assets.readings import Readings
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.byhand import SECOND, by_hand
from tests.alarms.verdict import make_cabinet, make_lamps
from tests.factories import NOON, make_asset, make_feed, make_point, make_rule, make_sector, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)

START = now_us() - 3600 * SECOND


def threshold(*limits: tuple[str, object], **more: object) -> dict:
    rungs = [{"severity": severity, "limit": limit} for severity, limit in limits]
    return {"kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above", "limits": rungs, **more}


@pytest.fixture
def gauge(valkey, monkeypatch):
    """A correlator by hand over one gauge: `say` a level, `version` another rule."""
    site = make_site()
    sectors = [make_sector(site, "est"), make_sector(site, "ouest")]
    feed = make_feed(site)
    point = make_point(make_asset(site, sector=sectors[0]), feed)
    with by_hand(monkeypatch, site, START) as hand:
        yield Gauge(hand, feed, point, sectors)


class Gauge:
    def __init__(self, hand, feed, point, sectors) -> None:
        self.hand, self.feed, self.point, self.sectors = hand, feed, point, sectors

    def say(self, value: float) -> None:
        self.hand.now += SECOND
        self.hand.read(self.feed, [self.point], value)
        self.hand.turn()

    def version(self, spec: dict) -> None:
        activate(write_rule(self.hand.site, "crue", "Crue", "Flood", spec, now=NOON), now=NOON)
        self.follow()

    def changed(self) -> None:
        Site.objects.filter(pk=self.hand.site.pk).update(inventory_version=F("inventory_version") + 1)
        self.follow()

    def follow(self) -> None:
        self.hand.now += SECOND
        self.hand.rebuild_if_changed()
        self.hand.turn()

    @property
    def shown(self) -> tuple[str, str, str]:
        alarm = Alarm.objects.latest("id")
        return Severity(alarm.severity).label, alarm.state, alarm.sentence_fr.replace("\u00a0", " ")

    def acknowledge(self) -> None:
        lifecycle.acknowledge([Alarm.objects.latest("id").pk], by=Actor.of(make_user()), now=instant(self.hand.now))


FIRST, WORSE = threshold(("high", 2.3)), threshold(("critical", 2.9))


def test_an_open_alarm_takes_the_severity_and_the_limit_of_a_new_version_and_back(gauge):
    gauge.version(FIRST)
    gauge.say(3.0)
    assert gauge.shown == ("high", "unacknowledged", "Water level 3,0 m > 2,3 m — Jauge J-1")
    gauge.version(WORSE)
    assert gauge.shown == ("critical", "unacknowledged", "Water level 3,0 m > 2,9 m — Jauge J-1")
    line = JournalEntry.objects.filter(kind="alarm.revised").latest("seq")
    assert line.text_fr.startswith("Suit la version 2 de sa règle, désormais critique : ")
    gauge.version(FIRST | {"suggested_action": {"fr": "Voir", "en": "Look"}})
    assert gauge.shown == ("high", "unacknowledged", "Water level 3,0 m > 2,3 m — Jauge J-1")
    assert Alarm.objects.count() == 1
    assert list(verify(gauge.hand.site.pk)) == []
    gauge.say(1.0)
    assert Alarm.objects.get().state == "returned"


def test_a_version_that_is_activated_again_is_followed_back(gauge):
    gauge.version(FIRST)
    first = gauge.hand.site.rules.get().active_version
    gauge.say(3.0)
    gauge.version(WORSE)
    activate(first, now=NOON)
    gauge.follow()
    assert gauge.shown == ("high", "unacknowledged", "Water level 3,0 m > 2,3 m — Jauge J-1")


def test_an_acknowledged_alarm_that_a_new_version_makes_worse_asks_again(gauge):
    gauge.version(FIRST)
    gauge.say(3.0)
    gauge.acknowledge()
    gauge.version(threshold(("medium", 2.3)))
    assert gauge.shown[:2] == ("medium", "acknowledged")
    gauge.version(WORSE)
    assert gauge.shown[:2] == ("critical", "unacknowledged")


def test_the_worst_moment_is_judged_by_the_limits_that_hold_now(gauge):
    gauge.version(threshold(("high", 2.3), ("critical", 3.0)))
    gauge.say(3.4)
    gauge.say(2.5)
    gauge.version(threshold(("medium", 2.4), ("critical", 3.3)))
    alarm = Alarm.objects.get()
    assert gauge.shown == ("critical", "unacknowledged", "Water level 3,4 m > 3,3 m — Jauge J-1")
    assert Severity(alarm.eased_to).label == "medium"
    gauge.version(threshold(("medium", 2.4), ("critical", 3.5)))
    alarm = Alarm.objects.get()
    assert gauge.shown == ("medium", "unacknowledged", "Water level 3,4 m > 2,4 m — Jauge J-1")
    assert alarm.eased_to is None


def test_an_open_alarm_follows_its_points_own_limits(gauge):
    gauge.point.limits = {"alerte": 2.3}
    gauge.point.save()
    gauge.version(threshold(("high", {"point": "alerte"}), ("critical", 4.0)))
    gauge.say(3.0)
    gauge.point.limits = {"alerte": 2.9}
    gauge.point.save()
    gauge.changed()
    assert gauge.shown == ("high", "unacknowledged", "Water level 3,0 m > 2,9 m — Jauge J-1")
    assert JournalEntry.objects.get(kind="alarm.revised").text_fr.startswith("Suit la nouvelle limite de son point : ")
    gauge.changed()
    assert JournalEntry.objects.filter(kind="alarm.revised").count() == 1, "nothing is told twice"
    gauge.point.limits = {"alerte": 3.1}
    gauge.point.save()
    gauge.changed()
    assert gauge.shown[1] == "returned"


def test_an_alarm_whose_rule_says_it_no_longer_is_not_told_to_be_back_to_normal(gauge):
    gauge.version(FIRST)
    gauge.say(3.0)
    retire(gauge.hand.site.rules.get(), now=NOON)
    gauge.follow()
    line = JournalEntry.objects.get(kind="alarm.returned")
    assert line.text_fr.startswith("Levée, sa règle a changé ou est retirée : ")


def test_a_late_reading_of_a_moment_ago_is_judged_by_the_version_that_comes_next(gauge):
    """Its own instant is before what a replay reads again, and no minute has ended since it came."""
    gauge.version(threshold(("high", 5.0)))
    gauge.hand.now += SECOND
    late = Readings.of([gauge.point.pk], [gauge.hand.now - 3000 * SECOND], [3.0], received=gauge.hand.now)
    Log().append_readings(gauge.hand.site.pk, gauge.feed.pk, late)
    gauge.hand.turn()
    gauge.version(FIRST)
    assert gauge.shown[:2] == ("high", "unacknowledged")


def test_an_asset_that_moves_takes_its_open_alarms_to_its_new_sector(gauge):
    gauge.version(FIRST)
    gauge.say(3.0)
    Asset.objects.update(longitude=3.85, latitude=43.61, sector=gauge.sectors[1])
    gauge.changed()
    assert Alarm.objects.get().sector == gauge.sectors[1]
    line = JournalEntry.objects.get(kind="alarm.moved")
    assert line.text_fr.startswith("Désormais dans le secteur Ouest : ")
    assert Alarm.objects.get().seq == line.seq, "desks are sent the row, and with it the new place on the map"
    Asset.objects.update(longitude=3.86)
    gauge.changed()
    assert JournalEntry.objects.filter(kind="alarm.moved").latest("seq").text_fr.startswith("Son équipement a changé de place : ")
    gauge.changed()
    assert JournalEntry.objects.filter(kind="alarm.moved").count() == 2


def test_an_alarm_that_has_returned_moves_too_and_so_does_one_that_the_correlator_was_not_there_for(gauge):
    gauge.version(FIRST)
    gauge.say(3.0)
    gauge.say(1.0)
    gauge.hand.cut()
    Asset.objects.update(sector=None)
    gauge.hand.turn()
    alarm = Alarm.objects.get()
    assert (alarm.state, alarm.sector) == ("returned", None)


@pytest.fixture
def street(gauge):
    """Two cabinets, of which A has tripped and keeps its lamp silent."""
    site = gauge.hand.site
    make_rule(site, "dark", {"kind": "state", "scope": {"quantity": "lamp_state"}, "values": [{"severity": "low", "in": [2]}]})
    make_rule(site, "dead", {"kind": "state", "scope": {"quantity": "trip"}, "values": [{"severity": "high", "in": [2]}]})
    cabinets = [make_cabinet(site, code) for code in ("A", "B")]
    (lamp,) = make_lamps(site, 1, cabinets[0])
    trips = [make_point(cabinet, gauge.feed, "trip") for cabinet in cabinets]
    state = make_point(lamp, gauge.feed, "lamp_state")
    make_lamps(site, 1, cabinets[1], "M")
    gauge.hand.now += SECOND
    gauge.hand.read(gauge.feed, [trips[0]], 2.0)
    gauge.hand.turn()
    gauge.hand.now += SECOND
    gauge.hand.read(gauge.feed, [state], 2.0)
    gauge.hand.turn()
    assert Alarm.objects.get(asset=lamp).suppressed_by.asset == cabinets[0]
    return gauge, cabinets, lamp, trips


def test_a_lamp_that_is_cabled_to_a_healthy_cabinet_is_in_view_again(street):
    gauge, cabinets, lamp, _ = street
    Asset.objects.filter(pk=lamp.pk).update(depends_on=cabinets[1])
    gauge.changed()
    alarm = Alarm.objects.get(asset=lamp)
    assert (alarm.suppressed_by, alarm.state) == (None, "unacknowledged")
    assert JournalEntry.objects.get(kind="alarm.unsuppressed").text_fr.startswith("Rétablie, ne dépend plus de sa cause : ")


def test_a_lamp_that_is_cabled_to_another_cabinet_that_has_tripped_is_explained_by_that_one(street):
    gauge, cabinets, lamp, trips = street
    gauge.hand.now += SECOND
    gauge.hand.read(gauge.feed, [trips[1]], 2.0)
    gauge.hand.turn()
    Asset.objects.filter(pk=lamp.pk).update(depends_on=cabinets[1])
    gauge.changed()
    assert Alarm.objects.get(asset=lamp).suppressed_by.asset == cabinets[1]


def test_a_cabinet_that_carries_nothing_any_more_explains_nothing(street):
    gauge, cabinets, lamp, _ = street
    Asset.objects.filter(pk=lamp.pk).update(depends_on=None)
    gauge.changed()
    assert not Alarm.objects.get(asset=cabinets[0]).cause
    assert Alarm.objects.get(asset=lamp).suppressed_by is None


def test_an_asset_that_leaves_a_sector_under_maintenance_is_in_view_again(gauge):
    site, now, end = gauge.hand.site, instant(START), instant(START + 7200 * SECOND)
    MaintenanceWindow.objects.create(
        site=site, sector=gauge.sectors[0], reason="travaux", starts_at=now, ends_at=end, created_at=now
    )
    maintenance.sweep(site.pk, instant(START + SECOND))
    gauge.version(FIRST)
    gauge.say(3.0)
    assert Alarm.objects.get().maintenance is not None
    Asset.objects.update(sector=gauge.sectors[1])
    gauge.changed()
    assert Alarm.objects.get().out_of_service_until is None
    assert JournalEntry.objects.get(kind="alarm.in_service").text_fr.startswith("N'est plus sous la maintenance : ")


def test_what_ends_with_its_rule_is_not_silenced_by_a_cause_that_the_same_rebuild_finds(street):
    gauge, cabinets, lamp, _ = street
    site = gauge.hand.site
    retire(site.rules.get(slug="dead"), now=NOON)
    gauge.follow()
    recovery.sweep(site.pk, instant(gauge.hand.now))
    assert Alarm.objects.get(asset=lamp).suppressed_by is None
    Alarm.objects.filter(asset=cabinets[0]).update(state="normal")
    activate(site.rules.get(slug="dead").active_version, now=NOON)
    retire(site.rules.get(slug="dark"), now=NOON)
    gauge.follow()
    alarm = Alarm.objects.get(asset=lamp)
    assert (alarm.state, alarm.suppressed_by) == ("returned", None)


def test_the_alarm_of_an_asset_that_is_decommissioned_ends_and_waits_for_who_has_not_seen_it(gauge):
    """The last of its site, too: what is stored of it has no place among the points any more."""
    gauge.version(FIRST)
    gauge.say(3.0)
    assert gauge.shown[:2] == ("high", "unacknowledged")
    Asset.objects.filter(pk=gauge.point.asset_id).update(retired_at=NOON)
    gauge.changed()
    assert gauge.shown[1] == "returned"
    gauge.acknowledge()
    gauge.follow()
    assert not Alarm.objects.get().is_open
