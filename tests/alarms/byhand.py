"""The real correlator on a clock that the test moves, cut off wherever the test wants: its engines are real, its time is not."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from alarms.correlation import correlator
from alarms.models import Alarm
from assets.log import Event, Log
from assets.models import Asset, Feed, Point, Site
from assets.readings import Readings

SECOND = 1_000_000


@dataclass
class ByHand:
    """One site. `now` in µs; every `turn` is one of the correlator's, a `cut` is a death and a rebuild."""

    site: Site
    now: int
    _at_work: correlator.Correlator | None = field(default=None)

    def build(self) -> None:
        """Take the site and build its engine, if that is not done."""
        if self._at_work is None:
            self._at_work = correlator.Correlator(self.site.pk, threading.Event())
            assert self._at_work._take_lock()
            self._at_work._rebuild()

    def turn(self) -> None:
        self.build()
        self._at_work._turn()

    def rebuild_if_changed(self) -> None:
        """As the correlator does each second of its own."""
        if self._at_work is not None:
            self._at_work._rebuild_if_changed()

    def cut(self) -> None:
        if self._at_work is not None:
            self._at_work._log.redis.close()
            self._at_work._announcer.close()
            self._at_work = None

    def read(self, feed: Feed, points: Sequence[Point], value: float) -> None:
        ids = [point.pk for point in points]
        Log().append_readings(
            self.site.pk, feed.pk, Readings.of(ids, [self.now] * len(ids), [value] * len(ids), received=self.now)
        )

    def happen(self, feed: Feed, asset: Asset, kind: str, **attributes: object) -> None:
        event = Event(asset.code, self.now, self.now, kind, asset.pk, attributes)
        Log().append_events(self.site.pk, feed.pk, [event])

    def told(self) -> list[tuple]:
        """What stands and what stood: enough to tell a lost alarm, or one told twice."""
        alarms = Alarm.objects.filter(site=self.site).order_by("rule__slug", "raised_at")
        return list(alarms.values_list("rule__slug", "severity", "state", "raised_at", "returned_at", "occurrences"))


@contextmanager
def by_hand(monkeypatch: pytest.MonkeyPatch, site: Site, start: int) -> Iterator[ByHand]:
    """The site's correlator by hand, from `start`."""
    hand = ByHand(site, start)
    monkeypatch.setattr(correlator, "now_us", lambda: hand.now)
    monkeypatch.setattr(correlator, "IDLE_MS", 1)
    try:
        yield hand
    finally:
        hand.cut()
