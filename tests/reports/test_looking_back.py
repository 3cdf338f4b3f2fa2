"""An instant of the past, against a count by hand of the same annunciations."""

import datetime as dt
import random

import pytest

from assets.models import Site
from reports import looking_back
from reports.looking_back import WAITED, at_instant, by_bin
from reports.models import Annunciation
from tests.reports.test_peer import BEGIN, DAY, history

pytestmark = pytest.mark.django_db


def by_hand(at: dt.datetime, sector: str | None = None) -> dict[int, str]:
    """Alarm → what was to be seen of it."""
    rows = [row for row in Annunciation.objects.select_related("sector").order_by("seq") if row.at <= at]
    last = {row.alarm_id: row for row in rows}
    seen: dict[int, str] = {}
    for row in rows:
        if sector is not None and (row.sector is None or row.sector.slug != sector):
            continue
        answered = row.acknowledged_at is not None and row.acknowledged_at <= at
        if row.returned_at is None or row.returned_at > at:
            seen[row.alarm_id] = looking_back.SILENCED.get(row.unheard) or ("acknowledged" if answered else "unacknowledged")
        elif not answered and row.unheard == 0 and row.at > at - WAITED and last[row.alarm_id] is row:
            seen[row.alarm_id] = "returned"
    return seen


@pytest.mark.parametrize("seed", range(4))
def test_an_instant_is_as_counted_by_hand_for_whoever_sees_all_and_for_one_sector(seed):
    history(seed, 2)
    site, lot = Site.objects.get(slug="quai").pk, random.Random(seed)
    for _ in range(25):
        at = BEGIN + lot.random() * 2 * DAY
        for sees, sector in ((None, None), (["nord"], "nord")):
            found = at_instant(site, at, sees)
            assert {each.row.alarm_id: each.silenced or each.state for each in found.alarms} == by_hand(at, sector)
            assert sum(found.counts.values()) == len(found.alarms)


def test_a_day_is_counted_by_quarters_of_an_hour_also_when_it_has_23():
    history(1, 2)
    site, end = Site.objects.get(slug="quai").pk, BEGIN + dt.timedelta(hours=23)  # the clocks go forward that night
    bins = by_bin(site, BEGIN, end, None)
    heard = Annunciation.objects.filter(at__gte=BEGIN, at__lt=end, unheard=0)
    assert (len(bins), sum(bins)) == (92, heard.count())
    assert bins[40] == heard.filter(at__gte=BEGIN + dt.timedelta(hours=10), at__lt=BEGIN + dt.timedelta(hours=10.25)).count()
