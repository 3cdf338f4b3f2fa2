"""The end of a storm is no second flood: whatever was never shown while it lasted asks nobody for anything when it is over."""

import random

import pytest

from alarms.models import Alarm
from alarms.verdicts import recovery
from assets.models import Point
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.verdict import at, make_cabinet, make_desk, make_lamps

pytestmark = pytest.mark.django_db(transaction=True)

CALM = 900
"""Seconds after the storm began at which all is well."""
RHYTHMS = (30, 60, 300)
"""Seconds between two readings of a substation, a cabinet and a lamp."""


@pytest.mark.parametrize("seed", range(4))
def test_a_storm_that_ends_leaves_no_more_to_acknowledge_than_it_ever_showed(valkey, seed):
    chance = random.Random(seed)
    values = [{"severity": "low", "in": [2]}]
    dark = {"values": values, "off_delay": 30}
    desk = make_desk(trip={}, dead={"cause": True, "off_delay": 60}, dark=dark, mute={"values": values})
    substation = make_cabinet(desk.site, "P-1")
    cabinets = [make_cabinet(desk.site, f"ARM-{n}", depends_on=substation) for n in range(3)]
    lamps = [lamp for n, cabinet in enumerate(cabinets) for lamp in make_lamps(desk.site, 6, cabinet, f"L{n}")]
    Point.objects.filter(asset=substation).update(interval=RHYTHMS[0])
    Point.objects.filter(asset__in=cabinets).update(interval=RHYTHMS[1])
    Point.objects.bulk_create(Point(asset=lamp, quantity="lamp_state", interval=RHYTHMS[2]) for lamp in lamps)
    storm = [("trip", substation, "critical"), *(("dead", cabinet, "high") for cabinet in cabinets)]
    storm += [(rule, lamp, "low") for lamp in lamps for rule in ("dark", "mute")]
    delays = {"trip": RHYTHMS[0], "dead": RHYTHMS[1] + 60, "dark": RHYTHMS[2] + 30, "mute": RHYTHMS[2]}
    moves = [(chance.uniform(0, 25), "raise", *each) for each in storm]
    moves += [(CALM + chance.uniform(0, delays[each[0]]), "clear", *each) for each in storm]
    shown: set[int] = set()
    moves.sort(key=lambda move: move[0])
    for now in range(0, CALM + 900, 10):
        due = [move for move in moves if now - 10 < move[0] <= now]
        if due:
            desk.batch([desk.move(kind, rule, asset, at(when), severity) for when, kind, rule, asset, severity in due], at(now))
        recovery.sweep(desk.site.pk, at(now))
        in_view = Alarm.objects.filter(suppressed_by=None).exclude(state="normal")
        shown |= set(in_view.values_list("pk", flat=True)) if now < CALM else set()
    left = set(Alarm.objects.exclude(state="normal").values_list("pk", flat=True))
    assert set(Alarm.objects.exclude(state="normal").values_list("state", flat=True)) <= {"returned"}
    assert left <= shown
    assert not JournalEntry.objects.filter(kind="alarm.unsuppressed").exists()
    assert list(verify(desk.site.pk)) == []
