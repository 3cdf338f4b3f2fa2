"""The correlator of one site: reads the log from its own offset, judges, and stores everything in one transaction.

    read what waits → engine.step → ONE transaction (readings, events, roll-ups, alarms, journal, offset) → announce → trim

Exactly one is active per site, by an advisory lock held by the very connection that commits. When anything fails, the engine
in memory is thrown away and built again by replay: state is only ever a function of what is stored.
"""

import dataclasses
import logging
import threading
import time

import numpy as np
import redis
from django.db import connection, transaction
from django.db.utils import InterfaceError, OperationalError
from redis.exceptions import OutOfMemoryError

from alarms import live, rebuild, shadow
from alarms.engine import APPLIED
from alarms.engine.facts import Happening
from alarms.engine.transitions import Transition
from alarms.interleaving import happening
from alarms.journal import open_page
from alarms.lifecycle.verdicts import Verdicts
from alarms.models import Position
from alarms.pseudonyms import Pseudonyms
from alarms.survey import Survey, stamp, survey
from assets import history
from assets.events import write_events
from assets.instants import instant, microseconds
from assets.log import Entry, Log
from assets.partitions import CHUNK, MINUTE, Partitions
from assets.readings import Readings
from assets.rollup import Aggregates

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x56_49_47_49  # first key of the advisory lock ("VIGI"); the second is the site
BATCH = 40
"""Log entries read at once: what is there is taken, nothing is waited for."""
MOST_BEGUN = 64
"""Periods of history whose partitions are created in one transaction."""
IDLE_MS = 200
"""How long an idle correlator sleeps in the read before it looks at the time."""
STAMP_PERIOD = 1.0
HEARTBEAT_PERIOD = 1.0
HEARTBEAT_EXPIRES = 10
PATIENCE = 1_000_000
"""µs by which the time of rules is behind: a reading of the instant at which a delay ends is then here, and is judged first."""
ROLLUP_DELAY = 15_000_000
"""µs after the end of a minute at which it is rolled up, so that most of its readings are there."""


_ADVANCE = 'UPDATE alarms_position SET "offset" = %s, committed_at = %s, rolled_up_to = %s WHERE site_id = %s'


def heartbeat_key(site: int) -> str:
    return f"correlator:{site}"


def happenings(entries: list[Entry], pseudonyms: Pseudonyms) -> list[Happening]:
    """The events among log entries, each with the number of readings that came before it."""
    place, found = 0, []
    for entry in entries:
        if entry.readings is not None:
            place += len(entry.readings)
        found += [happening(place, entry.feed, event, pseudonyms) for event in entry.events]
    return found


def time_of(entries: list[Entry], now: int) -> int:
    """Up to when (µs) time has passed for the rules after some log entries: never beyond what may still wait in the log.

    After an outage the log holds minutes. Were they judged by the clock of the wall, delays would end, and feeds fall silent,
    before the readings that say otherwise were read.
    """
    received = [int(entry.readings.received.max()) for entry in entries if entry.readings is not None and len(entry.readings)]
    received += [event.received for entry in entries for event in entry.events]
    return min(now, max(received, default=now)) - PATIENCE


def now_us() -> int:
    return time.time_ns() // 1000


class Correlator:
    """One site's loop. `run` returns when `stop` is set; it raises only what is a defect of ours."""

    def __init__(self, site: int, stop: threading.Event) -> None:
        self.site = site
        self._stop = stop
        self._log = Log()
        self._announcer = live.Announcer()
        self._partitions = Partitions()
        self._state: rebuild.State | None = None
        self._survey: Survey | None = None
        self._offset, self._time = "0-0", 0
        self._pending_rollups: list[Aggregates] = []
        self._rolled_up_to = 0
        self._minute_is_over = False
        self._next_stamp = self._next_heartbeat = 0.0

    def run(self) -> None:
        """Take the lock, rebuild, follow the log; after a failure of an engine, again from the beginning."""
        wait = 0.5
        try:
            while not self._stop.is_set():
                try:
                    # COPY and our own cursors go past Django and raise the driver's errors: the boundary is here.
                    with connection.wrap_database_errors:
                        if self._take_lock():
                            self._rebuild()
                            wait = 0.5
                            while not self._stop.is_set():
                                self._turn()
                        else:
                            self._stop.wait(0.5)
                except (OperationalError, InterfaceError, redis.RedisError) as error:
                    logger.warning("site %s: %s; starting again in %.1f s", self.site, str(error).strip(), wait)
                    connection.close()
                    self._stop.wait(wait)
                    wait = min(wait * 2, 2)
        finally:
            self._log.redis.close()
            self._announcer.close()
            connection.close()

    def _take_lock(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self.site])
            return cursor.fetchone()[0]

    # -- building ---------------------------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        """Survey the site, replay what the rules can still see, reconcile with the open alarms."""
        began, now = time.perf_counter(), now_us()
        self._partitions.refresh()
        with transaction.atomic():
            self._partitions.create_ahead(now)
        position, _ = Position.objects.get_or_create(site_id=self.site)
        self._offset, self._rolled_up_to = position.offset, position.rolled_up_to or MINUTE * (now // MINUTE)
        self._log.continue_after(self.site, self._offset)
        self._log.trim(self.site, self._offset)
        self._survey = survey(self.site)
        self._pending_rollups, self._minute_is_over = [], False
        self._time = microseconds(position.committed_at) if position.committed_at else now - PATIENCE
        self._state = rebuild.rebuild(self._survey, position, self._rolled_up_to, now, self._pending_rollups.append)
        first, last = rebuild.reconcile(self._survey, self._state, now)
        if last:
            self._announcer.announce(self.site, first, last)
        self._next_stamp = time.monotonic() + STAMP_PERIOD
        logger.info(
            "site %s: ready after %.1f s, %d points, %d rules, %d readings replayed, from %s",
            self._survey.site.slug, time.perf_counter() - began, len(self._survey.register), len(self._survey.rules),
            self._state.replayed, self._offset,
        )  # fmt: skip

    def _rebuild_if_changed(self) -> bool:
        self._next_stamp = time.monotonic() + STAMP_PERIOD
        if stamp(self.site) == self._survey.stamp:
            return False
        self._rebuild()
        return True

    # -- turning ----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """One batch: whatever waits in the log, or the passing of time alone."""
        if time.monotonic() >= self._next_stamp:
            self._rebuild_if_changed()
        self._beat()
        entries = self._log.read(self.site, self._offset, BATCH, IDLE_MS)
        readings = Readings.concatenate([entry.readings for entry in entries if entry.readings is not None])
        if len(readings) and (self._survey.register.rows(readings.point) < 0).any():
            # A point may be younger than our survey: look again before calling it unknown.
            self._rebuild_if_changed()
        now = now_us()
        transitions = self._hear_events(entries)
        self._time = max(self._time, time_of(entries, now))
        step = self._state.engine.step(readings, self._time, happenings(entries, self._state.pseudonyms))
        transitions += step.transitions
        applied = readings
        if not step.sorting.clean:
            applied = readings.take(np.flatnonzero(step.sorting.verdict == APPLIED))
            readings = readings.take(np.flatnonzero(step.sorting.storable))
        self._state.newest.note(self._survey.register.rows(applied.point), applied)
        rollups = self._roll_up(readings, now)
        if entries or transitions or rollups is not None:
            self._commit(entries, readings, transitions, rollups, now)

    def _hear_events(self, entries: list[Entry]) -> list[Transition]:
        """An event is a sign of life of its feed."""
        heard = {entry.feed: max(event.received for event in entry.events) for entry in entries if entry.events}
        return [move for feed, received in heard.items() for move in self._state.engine.hear(feed, received)]

    def _roll_up(self, readings: Readings, now: int) -> Aggregates | None:
        """What must be written to the roll-ups now: the minutes that are over, and partial minutes that came late."""
        if len(readings):
            rows = self._survey.register.rows(readings.point)
            self._pending_rollups.append(self._state.rollup.absorb(rows, readings.at, readings.value))
        over = (now - ROLLUP_DELAY) // MINUTE * MINUTE
        due = over > self._rolled_up_to
        if due:
            self._pending_rollups.append(self._state.rollup.close_before(over))
            self._rolled_up_to = over
            self._minute_is_over = True
        late, kept = Aggregates.concatenate(self._pending_rollups).split(self._rolled_up_to)
        self._pending_rollups = [kept]
        return late if due or len(late) else None

    def _commit(
        self, entries: list[Entry], readings: Readings, transitions: list[Transition], rollups: Aggregates | None, now: int
    ) -> None:
        moment = instant(now)
        page = None
        self._begin_partitions(readings, now)
        with transaction.atomic():
            if len(readings):
                history.write_readings(readings, self._partitions, now)
            events = [(entry.feed, event) for entry in entries for event in entry.events]
            if events:
                write_events(self.site, events, self._partitions, now)
            if rollups is not None:
                history.write_rollups(self._by_point(rollups), self._partitions, now)
            if self._minute_is_over:
                history.write_latest(self._state.newest.take_changed(self._survey.register.point_id))
                self._partitions.create_ahead(now)
            self._state.pseudonyms.keep(transitions)
            heard, shadowed = shadow.apart(self._survey, transitions)
            shadow.write(self._survey, shadowed)
            if heard:
                verdicts = Verdicts(self._survey, heard, moment)
                verdicts.lock()
                page = open_page(self.site)
                verdicts.write(page)
                page.close()
            offset = entries[-1].offset if entries else self._offset
            with connection.cursor() as cursor:
                cursor.execute(_ADVANCE, [offset, instant(self._time), self._rolled_up_to, self.site])
        self._offset, self._minute_is_over = offset, False
        if page is not None and len(page):
            self._announcer.announce(self.site, page.first, page.seq)
        if entries:
            self._log.trim(self.site, offset)

    def _begin_partitions(self, readings: Readings, now: int) -> None:
        """Those of a batch that spans many, of a replay or a station that was cut off: first, and few in one transaction, so
        that the site gives signs of life meanwhile and none holds hundreds of locks."""
        if not len(readings) or int(readings.at.max() - readings.at.min()) // CHUNK < MOST_BEGUN:
            return
        starts = (np.unique(readings.at // CHUNK) * CHUNK).tolist()
        for first in range(0, len(starts), MOST_BEGUN):
            with transaction.atomic():
                for start in starts[first : first + MOST_BEGUN]:
                    self._partitions.for_readings(start, now)
                    self._partitions.for_day("rollup_minute", start, now)
            self._beat()

    def _by_point(self, rollups: Aggregates) -> Aggregates:
        """The register's rows as point ids: what history is keyed by."""
        return dataclasses.replace(rollups, key=self._survey.register.point_id[rollups.key])

    def _beat(self) -> None:
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + HEARTBEAT_PERIOD
            try:
                self._log.redis.set(heartbeat_key(self.site), now_us(), ex=HEARTBEAT_EXPIRES)
            except OutOfMemoryError as error:  # whoever reads and trims the log makes room
                logger.warning("site %s: no sign of life was given: %s", self.site, error)
