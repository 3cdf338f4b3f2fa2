"""Packed days are what their rows are: the same report comes of both, and a pack is forgotten when a row of its day changes."""

import datetime as dt

import numpy as np
import pytest

from alarms import lifecycle
from alarms.models import Alarm
from assets.instants import microseconds
from journal.actors import Actor
from journal.models import Ledger
from reports import packing, reading, report, rows_in_columns
from reports.annunciations import NAME, of_site
from reports.columns import NAMES
from reports.contents import TABLES
from reports.definitions import Definitions
from reports.models import Annunciation, PackedDay
from reports.periods import between
from tests.alarms.verdict import at, make_desk
from tests.factories import NOON, make_asset, make_user
from tests.reports.test_peer import BEGIN, DAY, history

pytestmark = pytest.mark.django_db(transaction=True)
LATER = BEGIN + dt.timedelta(days=40)


def tables(days: int, sectors: tuple[str, ...] | None = None) -> dict:
    site = Alarm.objects.first().site_id
    period = between(str((BEGIN + DAY).date()), str((BEGIN + days * DAY).date()), "Europe/Paris")
    made = report.make(report.Asked(site, period, sectors), Definitions(), lambda name: None, LATER, 0)
    return {name: make(made) for name, make in TABLES.items()}


@pytest.mark.parametrize("seed", range(4))
def test_a_report_of_packed_days_is_the_report_of_their_rows(seed):
    history(seed, 9)
    site = Alarm.objects.first().site_id
    by_rows = tables(9), tables(4), tables(9, ("nord",))
    assert packing.pack(site, NAME, LATER) > 9
    assert PackedDay.objects.count() == packing.AT_ONCE or packing.pack(site, NAME, LATER) == 0
    assert (tables(9), tables(4), tables(9, ("nord",))) == by_rows
    PackedDay.objects.filter(day__gt=(BEGIN + 3 * DAY).date(), day__lt=(BEGIN + 6 * DAY).date()).delete()
    assert (tables(9), tables(4), tables(9, ("nord",))) == by_rows


def test_a_day_that_is_not_over_is_not_packed_and_still_read():
    history(1, 2)
    site = Alarm.objects.first().site_id
    noon = BEGIN + dt.timedelta(hours=13)
    packing.pack(site, NAME, noon)
    assert list(PackedDay.objects.values_list("day", flat=True)) == [BEGIN.date()]
    told = reading.of_period(site, BEGIN, BEGIN + 2 * DAY)
    rows = rows_in_columns.between(site, BEGIN, BEGIN + 2 * DAY)
    assert len(told) == Annunciation.objects.count()
    assert all(np.array_equal(getattr(told, name), getattr(rows, name)) for name in NAMES)


def test_what_stood_before_a_period_is_found_whether_it_was_over_when_it_was_learned_or_not():
    history(2, 2)
    site, moment = Alarm.objects.first().site_id, BEGIN + DAY
    Annunciation.objects.filter(seq__lt=30).update(at=moment - dt.timedelta(hours=1), returned_at=moment - dt.timedelta(hours=2))
    stood = Annunciation.objects.filter(at__lt=moment).exclude(returned_at__lte=moment).order_by("at", "seq")
    assert rows_in_columns.standing_at(site, moment).seq.tolist() == list(stood.values_list("seq", flat=True)) != []


def test_an_answer_that_comes_days_later_is_in_the_report(valkey):
    desk = make_desk(coupure={})
    cabinet = make_asset(desk.site, "A-1")
    desk.raised("coupure", [cabinet], NOON)
    reached = follow(desk.site.pk, 0)
    assert packing.pack(desk.site.pk, NAME, NOON + DAY) == 1
    user = make_user("operateur", desk.site, "operator")
    lifecycle.acknowledge([Alarm.objects.get().pk], by=Actor.of(user), now=NOON + DAY)
    follow(desk.site.pk, reached)
    assert not PackedDay.objects.exists()
    assert reading.of_period(desk.site.pk, NOON, at(60)).acknowledged.tolist() == [microseconds(NOON + DAY)]


def follow(site: int, reached: int) -> int:
    (follower,) = of_site(site)
    return follower.deal(reached, Ledger.objects.get(site_id=site).seq, NOON)
