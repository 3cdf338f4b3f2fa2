"""The walk of test_blackout, in a process of its own: a cabinet trips, its 180 lamps go dark, and the correlator dies twice."""

import signal
import time
from datetime import timedelta

from bench.stage import SITE, Stage, wait_for
from tests.walks import alone

LAMPS, STAY_DARK = 180, 3
SUPPLY = {
    "kind": "state", "scope": {"quantity": "supply_state"}, "values": [{"severity": "high", "in": [2]}], "settling": 1,
}  # fmt: skip
LAMP = {"kind": "state", "scope": {"quantity": "lamp_state"}, "values": [{"severity": "low", "in": [2]}]}


class Supervisor:
    """Puts states of points into the log, all of one instant, as a feed does once it has checked them."""

    def __init__(self, site: int, feed: int) -> None:
        from assets.log import Log

        self._site, self._feed, self._log = site, feed, Log()

    def say(self, points: list[int], value: float) -> None:
        from assets.readings import Readings

        now = time.time_ns() // 1000
        batch = Readings.of(points, [now] * len(points), [value] * len(points), received=now)
        self._log.append_readings(self._site, self._feed, batch)

    @property
    def waiting(self) -> int:
        return self._log.length(self._site)


def populate(stage: Stage) -> tuple[int, int, int, list[int]]:
    """(site, feed, the cabinet's point, the lamps' points)."""
    addresses = stage.populate(LAMPS + 1, [SUPPLY, LAMP])
    from assets.models import Asset, Point, Site

    site = Site.objects.get(slug=SITE)
    supply, *lamps = Point.objects.filter(address__in=addresses).order_by("id")
    Point.objects.filter(pk=supply.pk).update(quantity="supply_state")
    Point.objects.filter(pk__in=[lamp.pk for lamp in lamps]).update(quantity="lamp_state")
    Asset.objects.filter(pk__in=[lamp.asset_id for lamp in lamps]).update(depends_on=supply.asset_id)
    return site.pk, supply.feed_id, supply.pk, [lamp.pk for lamp in lamps]


def kill_in_the_middle(stage: Stage, supervisor: Supervisor, points: list[int], value: float) -> None:
    """Half is said and judged, the correlator is killed while the other half comes, and starts again."""
    half = len(points) // 2
    supervisor.say(points[:half], value)
    wait_for(lambda: supervisor.waiting == 0, "the first half")
    for point in points[half:]:
        supervisor.say([point], value)
    stage.stop("correlator", signal.SIGKILL)
    stage.start("correlator")
    wait_for(lambda: supervisor.waiting == 0, "the correlator to catch up")


def walk(stage: Stage) -> dict[str, object]:
    began = time.monotonic()
    site, feed, supply, lamps = populate(stage)
    from django.utils import timezone

    from alarms.models import Alarm, Incident
    from alarms.verdicts import recovery
    from journal.models import JournalEntry
    from journal.reading import verify

    stage.start("correlator")
    wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
    supervisor = Supervisor(site, feed)
    open_alarms = Alarm.objects.filter(site=site).exclude(state="normal")
    supervisor.say([supply, *lamps], 1)
    supervisor.say([supply], 2)
    kill_in_the_middle(stage, supervisor, lamps, 2)
    dark = {
        "cause": list(open_alarms.filter(cause=True, suppressed_by=None).values_list("point", flat=True)) == [supply],
        "heard": open_alarms.filter(suppressed_by=None).count(),
        "suppressed": open_alarms.filter(suppressed_by__point=supply).count(),
        "incidents": Incident.objects.exclude(state="closed").count(),
    }
    kill_in_the_middle(stage, supervisor, [supply, *lamps[STAY_DARK:]], 1)
    settled = Alarm.objects.filter(point__in=lamps[:STAY_DARK], suppressed_by=None, state="unacknowledged")
    # A lamp that stays dark is told once the minute is over in which it would have said that it is well.
    later = timezone.now() + timedelta(minutes=2)
    wait_for(lambda: recovery.sweep(site, later) or settled.count() == STAY_DARK, "those that stay dark", 20)
    wait_for(lambda: settled.count() == STAY_DARK, "those that stay dark", 20)
    raised = JournalEntry.objects.filter(site=site, kind="alarm.raised")
    return dark | {
        "came_back": settled.count(),
        "heard_after": open_alarms.filter(suppressed_by=None).count(),
        "alarms": Alarm.objects.count(), "raised": raised.count(), "raised_once": raised.values("about").distinct().count(),
        "flaws": [str(flaw) for flaw in verify(site)], "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


if __name__ == "__main__":
    alone.main("blackout", walk)
