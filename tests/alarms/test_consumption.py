"""What meters consume in an hour is compared with what is usual: learned from history, judged live, built anew in mid-hour."""

import base64
import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from django.db import connection, transaction

from alarms.models import Alarm
from alarms.site import profiles
from assets import history
from assets.history import Series
from assets.instants import instant, microseconds
from assets.partitions import Partitions
from assets.rollup import Aggregates
from hypervisor import charts
from tests.alarms.byhand import SECOND, by_hand
from tests.factories import make_asset, make_feed, make_kind, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
PARIS = "Europe/Paris"
MONDAY = dt.datetime(2026, 11, 2, tzinfo=ZoneInfo(PARIS))
"""A week after the hour between two and three in the night came twice."""
STRANGE = {
    "kind": "anomaly", "scope": {"quantity": "energy"}, "direction": "both", "floor": 0.5,
    "limits": [{"severity": "medium", "limit": 6}], "on_delay": 900, "off_delay": 900,
}  # fmt: skip


@pytest.fixture
def meter(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site(timezone=PARIS)
    feed = make_feed(site)
    made = {"quantity": "energy", "unit": "kWh", "counter": True, "name_fr": "Énergie", "name_en": "Energy"}
    make_kind("meter", points=[made])
    point = make_point(make_asset(site, "C-1", "meter"), feed, "energy", unit="kWh", interval=1800)
    return site, feed, point


def drawn(at: int) -> float:
    """kWh in the hour that begins at an instant: twenty by day, two by night, on the clock of the wall."""
    return 20.0 if 7 <= instant(at).astimezone(ZoneInfo(PARIS)).hour < 20 else 2.0


def shown(first: int, last: int, begin: float = 50_000.0) -> dict[int, float]:
    """What the meter shows each half hour; three weeks in, it is changed for a new one."""
    number, found = begin, {}
    for at in range(first, last, HOUR // 2):
        found[at] = number = number + drawn(at - HOUR // 2) / 2
        if at - first == 21 * 24 * HOUR:
            number = 0.0
    return found


def remember(point, readings: dict[int, float]) -> None:
    known = Partitions()
    known.refresh()
    at, value = np.array(list(readings), np.int64), np.array(list(readings.values()))
    with transaction.atomic():
        part = Aggregates(np.full(len(at), point.pk), at, value, value, value, np.ones(len(at), np.int64))
        history.write_rollups(part, known, int(at[-1]))


def test_what_a_meter_usually_consumes_is_that_of_its_hours_also_when_it_was_changed_and_clocks_were(meter):
    _, _, point = meter
    end = microseconds(MONDAY)
    remember(point, shown(end - 8 * 7 * 24 * HOUR, end))
    found = profiles.usual(np.array([point.pk]), PARIS, MONDAY, counters=np.array([point.pk]))
    assert found.hour.tolist() == list(range(168))
    assert found.median.tolist() == pytest.approx([20.0 if 7 <= hour % 24 < 20 else 2.0 for hour in range(168)])
    assert max(found.above.max(), found.below.max()) < 0.5, "the change of the meter is nobody's habit"


@pytest.mark.parametrize("anew", [False, True])
def test_an_hour_is_judged_the_same_whether_the_engine_is_built_anew_within_it_or_not(meter, monkeypatch, anew):
    site, feed, point = meter
    make_rule(site, spec=STRANGE)
    end = microseconds(MONDAY)
    remember(point, shown(end - 8 * 7 * 24 * HOUR, end))
    told, number = [], 90_000.0
    with by_hand(monkeypatch, site, end) as hand:
        profiles.refresh(site.pk, instant(end))
        for half in range(12, 25):
            hand.now = end + half * HOUR // 2
            number += drawn(hand.now - HOUR // 2) / 2 * (6 if 17 <= half <= 20 else 1)
            hand.read(feed, [point], number)
            hand.turn()
            hand.now += 20 * MINUTE
            hand.turn()
            if anew:
                hand.cut()
                hand.turn()
            told.append(Alarm.objects.values_list("state", flat=True).first())
    first = 12 + told.index("unacknowledged")
    assert first == 18, "what was drawn from eight to nine is told with the first reading after nine"
    assert 12 + told.index("returned") == 22
    [alarm] = Alarm.objects.all()
    assert alarm.occurrences == 1
    assert (alarm.evidence["hourly"], alarm.evidence["reading"], alarm.evidence["median"]) == (True, 120.0, 20.0)
    assert "120,0 kWh en une heure là où" in alarm.sentence_fr.replace("\xa0", " ")


def test_the_chart_of_a_meter_shows_what_it_consumed_each_hour_and_not_what_it_stands_at(meter):
    site, _, point = meter
    begin = microseconds(MONDAY)
    readings = shown(begin, begin + 12 * HOUR)
    at, value = np.array(list(readings), np.int64), np.array(list(readings.values()))
    raised = MONDAY + dt.timedelta(hours=11)
    evidence = {
        "kind": "anomaly", "direction": "both", "value": 7.1, "value_at": microseconds(raised), "limit": 6.0, "reading": 20.0,
        "median": 4.0, "deviation": 3.0, "low": 1.0, "high": 7.0, "weeks": 8, "samples": 168, "hourly": True,
    }  # fmt: skip
    rule = make_rule(site, spec=STRANGE)
    alarm = Alarm(site=site, rule=rule, version=rule.versions.first(), severity=3, raised_at=raised, evidence=evidence)
    series = Series("raw", at, value, value, value, np.ones(len(at), np.int64))
    period = (MONDAY, MONDAY + dt.timedelta(hours=12))
    figure = charts.alarm_figure(alarm, point, series, period, charts.Look("dark", "fr", PARIS), period[1])
    assert figure["layout"]["yaxis"]["title"]["text"] == "Énergie (kWh/h)"
    [line] = [trace for trace in figure["data"] if trace.get("mode") == "lines"]
    values = np.frombuffer(base64.b64decode(line["y"]["bdata"]), line["y"]["dtype"])
    assert set(values[np.isfinite(values)].tolist()) == {2.0, 20.0}
    band = next(shape for shape in figure["layout"]["shapes"] if shape["type"] == "rect" and shape.get("y0") == 1.0)
    assert (band["x0"][11:16], band["x1"][11:16], band["y1"]) == ("10:00", "11:00", 7.0)
