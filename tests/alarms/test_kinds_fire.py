"""Each of the ten kinds from the log to the desk: the row that the live socket tells, its evidence, and one journal line."""

import datetime as dt

import numpy as np
import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections, transaction
from django.test import Client

from alarms.correlation.correlator import now_us
from alarms.engine.evidence import Evidence
from alarms.models import Alarm
from alarms.pseudonyms import name_people
from alarms.site import profiles
from assets import history
from assets.instants import instant
from assets.log import Event, Log
from assets.partitions import Partitions
from assets.readings import Readings
from assets.rollup import Aggregates
from journal.reading import lines_about, verify
from tests.api.watching import rows, started
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_rule, make_sector, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)

SECOND, HOUR = 1_000_000, 3_600_000_000
LEVEL = {"quantity": "water_level"}
HIGH = [{"severity": "high", "limit": 2.0}]
SPECS = {
    "threshold": {"scope": LEVEL, "direction": "above", "limits": HIGH},
    "state": {"scope": {"quantity": "running"}, "values": [{"severity": "high", "in": [3]}]},
    "silence": {"scope": {}, "of": "feed", "severity": "high", "factor": 1},
    "condition": {"scope": {}, "severity": "high",
                  "when": {"all": [LEVEL | {"above": 2.2}, {"not": {"quantity": "running", "in": [1]}}]}},
    "rate": {"scope": LEVEL, "window": 60, "direction": "above", "limits": [{"severity": "high", "limit": 20}]},
    "forecast": {"scope": LEVEL, "window": 60, "within": 600, "direction": "above", "limits": HIGH},
    "anomaly": {"scope": LEVEL, "limits": [{"severity": "high", "limit": 6}], "floor": 0.1},
    "count": {"scope": LEVEL, "of": LEVEL | {"above": 2}, "by": "sector", "within": 600,
              "limits": [{"severity": "high", "at_least": 3}]},
    "sequence": {"scope": {}, "first": {"event": "badge_refused"}, "then": {"event": "door_forced"}, "by": "asset",
                 "within": 120, "severity": "high"},
    "missing": {"scope": {}, "first": {"event": "entered"}, "then": {"event": "left"}, "by": {"attribute": "plate"},
                "within": 60, "severity": "high"},
}  # fmt: skip
SUBJECT = {"silence": "feed", "condition": "asset", "count": "sector", "sequence": "asset", "missing": "attribute"}


class Field:
    """Three gauges in one sector, each with a level and a state, and what makes each kind fire."""

    def __init__(self) -> None:
        self.site = make_site(timezone="Europe/Paris")
        self.feed = make_feed(self.site, expected_interval=1)
        sector = make_sector(self.site)
        self.assets = [make_asset(self.site, f"J-{n}", sector=sector) for n in range(3)]
        self.levels = [make_point(asset, self.feed) for asset in self.assets]
        self.states = [make_point(asset, self.feed, "running") for asset in self.assets]

    def read(self, points, value: float, ago: float = 0.0) -> None:
        now = now_us()
        at = [now - round(ago * SECOND)] * len(points)
        Log().append_readings(
            self.site.pk, self.feed.pk, Readings.of([point.pk for point in points], at, [value] * len(points), received=now)
        )

    def happen(self, kind: str, ago: float = 0.0, **attributes: object) -> None:
        now = now_us()
        event = Event("B-1", now - round(ago * SECOND), now, kind, self.assets[0].pk, attributes)
        Log().append_events(self.site.pk, self.feed.pk, [event])

    def make_history(self) -> None:
        """Four weeks at one metre, and what is usual made of them."""
        last = now_us() // HOUR * HOUR
        at = np.arange(last - 28 * 24 * HOUR, last, HOUR)
        one = np.ones(len(at))
        known = Partitions()
        known.refresh()
        with transaction.atomic():
            hours = Aggregates(np.full(len(at), self.levels[0].pk), at, one - 0.1, one + 0.1, one * 60, np.full(len(at), 60))
            history.write_rollups(hours, known, last)
        profiles.refresh(self.site.pk, instant(last) + dt.timedelta(hours=1))

    def provoke(self, kind: str) -> None:
        match kind:
            case "threshold":
                self.read(self.levels[:1], 2.63)
            case "state":
                self.read(self.states[:1], 3)
            case "silence":
                self.read(self.levels[:1], 1)
            case "condition":
                self.read(self.states[:1], 0)
                self.read(self.levels[:1], 2.4)
            case "rate" | "forecast":
                for step in range(11):
                    self.read(self.levels[:1], 1 + step * 0.05, ago=50 - step * 5)
            case "anomaly":
                self.read(self.levels[:1], 2.0)
            case "count":
                self.read(self.levels, 1, ago=5)
                self.read(self.levels, 2.5)
            case "sequence":
                self.happen("badge_refused", ago=20)
                self.happen("door_forced")
            case "missing":
                self.happen("entered", ago=70, plate="AB-123-CD")
                self.happen("entered", plate="AB-123-CD")


@pytest.fixture
def field(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    return Field()


@pytest.fixture(autouse=True)
async def _leave_no_connection(field):
    """What the tests ask of the database from a coroutine runs in one thread, whose connection nobody else closes."""
    yield
    await sync_to_async(connections.close_all)()


@pytest.fixture
def operator(field) -> Client:
    client = Client()
    client.force_login(make_user(site=field.site))
    return client


def test_there_is_one_for_each_kind_of_evidence():
    assert {each.__struct_config__.tag for each in Evidence.__args__} - {"calendar", "set_aside", "rule_set_aside"} == set(SPECS)


@pytest.mark.parametrize("kind", SPECS)
async def test_a_rule_of_this_kind_reaches_the_desk_with_why(kind, field, operator):
    rule = await sync_to_async(make_rule)(field.site, kind, {"kind": kind, **SPECS[kind]})
    if kind == "anomaly":
        await sync_to_async(field.make_history)()
    desk = await started(operator, site=field.site.slug)  # what the snapshot holds is told as no entry
    with correlating(field.site):
        await sync_to_async(field.provoke)(kind)
        frame = await desk.until(lambda frame: frame["type"] == "entries" and rows(frame, "alarm"))
        await desk.socket.disconnect()
    row = rows(frame, "alarm")[0]
    assert (row["rule"], row["severity"], row["state"]) == (rule.slug, "high", "unacknowledged")
    assert row["subject"].partition(":")[0] == SUBJECT.get(kind, "point")
    assert row["sentence"]["fr"] != row["sentence"]["en"]
    assert [entry["kind"] for entry in frame["entries"] if entry["about"] == {"alarm": [row["id"]]}] == ["alarm.raised"]
    await sync_to_async(_stored_as_told)(field, row, kind)


def _stored_as_told(field: Field, row: dict, kind: str) -> None:
    alarm = Alarm.objects.get(pk=row["id"])
    assert alarm.evidence["kind"] == kind
    stored = name_people([{"subject": alarm.subject, "sentence": alarm.sentence_fr}], "subject", "sentence")[0]
    assert stored == {"subject": row["subject"], "sentence": row["sentence"]["fr"]}
    assert lines_about(alarm.site_id, "alarm", [alarm.pk]).filter(kind="alarm.raised").count() == 1
    assert list(verify(field.site.pk)) == []
