"""The correlator of one site: reads the log from its own offset, has it judged and stored, and tells.

    read what waits → judge: ONE transaction (readings, events, roll-ups, alarms, journal, offset) → announce → trim

Exactly one is active per site, by an advisory lock held by the very connection that commits. When anything fails, the engine
in memory is thrown away and built again by replay. An entry that cannot be applied for a defect of ours is found by halves
and set aside (`set_aside`), and so is a rule with which the site cannot be built (`rule_aside`); the rest goes on. What fails
without either stops the site, and is told in health.
"""

import contextlib
import gc
import logging
import threading
import time

from django.db import connection
from redis.exceptions import OutOfMemoryError, RedisError

from alarms.correlation import set_aside
from alarms.correlation.blame import Suspects, engine_is_away, is_of_the_house
from alarms.correlation.judge import Judge, time_of
from assets.feeds.health import Tally
from assets.log import CorruptEntry, Log, LogEntry, Packed
from journal import live
from journal.page import Page

logger = logging.getLogger(__name__)

LOCK_CLASS = 0x56_49_47_49  # first key of the advisory lock ("VIGI"); the second is the site
BATCH = 40
"""Log entries read at once: what is there is taken, nothing is waited for."""
TRIM_PERIOD = 0.25
"""Seconds between two trims under load."""
IDLE_MS = 200
"""How long an idle correlator sleeps in the read before it looks at the time."""
STAMP_PERIOD = 1.0
HEARTBEAT_PERIOD = 1.0
HEARTBEAT_EXPIRES = 10
SHORTEST_WAIT, LONGEST_WAIT, LONGEST_WAIT_STUCK = 0.5, 2.0, 30.0
"""Seconds before the site is built again: doubled each time, less long for an engine that is away."""
STUCK_EXPIRES = 90


def heartbeat_key(site: int) -> str:
    return f"correlator:{site}"


def stuck_key(site: int) -> str:
    """Of the text that says why a site's correlator cannot go on, while it cannot."""
    return f"correlator:{site}:stuck"


def now_us() -> int:
    return time.time_ns() // 1000


def _collect_seldom() -> None:
    """Keep the garbage collector from what was built: in a storm of alarms it would go over all of that again and again."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


class Stuck(Exception):
    """A defect of ours that no entry of the log brings about: its cause is what stops the site."""


class Correlator:
    """One site's loop. `run` returns when `stop` is set.

    defects   failures so far that were a defect of ours
    """

    def __init__(self, site: int, stop: threading.Event) -> None:
        self.site = site
        self.defects = 0
        self._stop = stop
        self._log = Log()
        self._announcer = live.Announcer()
        self._tally = Tally()
        self._judge = Judge(site, self._beat, self._tally)
        self._next_stamp = self._next_heartbeat = self._next_trim = 0.0
        self._trimmed = ""
        self._at_hand: list[Packed] = []
        """The entries under way, until they are committed."""
        self._replay: int | None = None
        """The number among what is set aside of the one that is under way instead."""
        self._suspects = Suspects()
        self._wait, self._stuck = SHORTEST_WAIT, False

    def run(self) -> None:
        """Take the lock, rebuild, follow the log; after a failure of an engine, again from the beginning."""
        try:
            while not self._stop.is_set():
                try:
                    # COPY and our own cursors go past Django and raise the driver's errors: the boundary is here.
                    with connection.wrap_database_errors:
                        if self._take_lock():
                            self._rebuild()
                            self._follow()
                        else:
                            self._stop.wait(0.5)
                except Exception as error:  # noqa: BLE001 - whatever it is, the site is built again and nothing is passed over
                    away = engine_is_away(error)
                    self._tell_failure(error, away)
                    connection.close()
                    self._stop.wait(self._wait)
                    self._wait = min(self._wait * 2, LONGEST_WAIT if away else LONGEST_WAIT_STUCK)
        finally:
            self._log.redis.close()
            self._announcer.close()
            connection.close()

    def _take_lock(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, self.site])
            return cursor.fetchone()[0]

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                with connection.wrap_database_errors:
                    self._turn()
            except Exception as error:
                if engine_is_away(error):
                    raise
                self._find_fault(error)

    def _tell_failure(self, error: Exception, away: bool) -> None:
        if away:
            logger.warning("site %s: %s; starting again in %.1f s", self.site, str(error).strip(), self._wait)
            return
        self._stuck = True
        self.defects += 1
        logger.error("site %s cannot go on; starting again in %.1f s", self.site, self._wait, exc_info=error)
        cause = error.__cause__ if isinstance(error, Stuck) else error
        with contextlib.suppress(RedisError):
            self._log.redis.set(stuck_key(self.site), f"{type(cause).__name__}: {cause}"[:300], ex=STUCK_EXPIRES)

    # -- building ---------------------------------------------------------------------------------------------------

    def _rebuild(self) -> None:
        began, now = time.perf_counter(), now_us()
        position = self._judge.place(now)
        self._log.continue_after(self.site, position.offset)
        self._trim()
        try:
            first, last = self._judge.rebuild(position, now)
        except Exception as defect:
            if engine_is_away(defect) or is_of_the_house(defect):
                raise
            self.defects += 1
            logger.error("site %s cannot be built; trying its rules by halves", self.site, exc_info=defect)
            if not self._judge.set_rules_aside(position, now):
                raise
            first, last = self._judge.rebuild(position, now)
        if last:
            self._announcer.announce(self.site, first, last)
        self._next_stamp = time.monotonic() + STAMP_PERIOD
        _collect_seldom()
        seen, state = self._judge.survey, self._judge.state
        logger.info(
            "site %s: ready after %.1f s, %d points, %d rules, %d readings replayed, from %s",
            seen.site.slug, time.perf_counter() - began, len(seen.register), len(seen.rules), state.replayed, position.offset,
        )  # fmt: skip

    def _rebuild_if_changed(self) -> None:
        self._next_stamp = time.monotonic() + STAMP_PERIOD
        if self._judge.is_outdated():
            self._judge.hand_over()
            self._rebuild()

    # -- turning ----------------------------------------------------------------------------------------------------

    def _turn(self) -> None:
        """One batch: whatever waits in the log, or the passing of time alone."""
        if time.monotonic() >= self._next_stamp:
            self._rebuild_if_changed()
            self._look_aside()
        self._beat()
        self._at_hand = self._log.read(self.site, self._judge.offset, self._suspects.at_most(BATCH), IDLE_MS)
        if not self._at_hand and self._trimmed != self._judge.offset:
            self._trim()
        entries = self._opened()
        if self._judge.lacks_points(entries):
            # A point may be younger than our survey: look again before calling it unknown.
            self._rebuild_if_changed()
        offset = self._at_hand[-1].offset if entries else self._judge.offset
        self._committed(self._judge.apply(entries, now_us(), offset), offset)
        self._suspects.passed(len(entries))
        self._goes_on()

    def _opened(self) -> list[LogEntry]:
        """What is at hand up to the first entry that is no batch; that one comes first the next time, and raises CorruptEntry."""
        entries: list[LogEntry] = []
        for packed in self._at_hand:
            try:
                entries.append(packed.opened())
            except CorruptEntry:
                if not entries:
                    self._at_hand = [packed]
                    raise
                self._at_hand = self._at_hand[: len(entries)]
                break
        return entries

    def _committed(self, page: Page | None, offset: str) -> None:
        """Tell the desks what is stored, and forget what waited for it."""
        moved, self._judge.offset = offset != self._judge.offset, offset
        self._at_hand, self._replay = [], None
        if page is not None and len(page):
            self._announcer.announce(self.site, page.first, page.seq)
        if moved and time.monotonic() >= self._next_trim:
            self._trim()

    def _trim(self) -> None:
        """Forget what was committed: now and then, and when nothing waits. Each time Valkey syncs, and whoever appends waits."""
        self._log.trim(self.site, self._judge.offset)
        self._trimmed, self._next_trim = self._judge.offset, time.monotonic() + TRIM_PERIOD

    def _goes_on(self) -> None:
        """A turn was completed: whatever stopped the site is over."""
        self._wait = SHORTEST_WAIT
        if self._stuck:
            self._stuck = False
            self._log.redis.delete(stuck_key(self.site))

    def _beat(self) -> None:
        if time.monotonic() >= self._next_heartbeat:
            self._next_heartbeat = time.monotonic() + HEARTBEAT_PERIOD
            try:
                self._log.redis.set(heartbeat_key(self.site), now_us(), ex=HEARTBEAT_EXPIRES)
                if self._tally.waiting:
                    self._tally.flush(self._log.redis)
            except OutOfMemoryError as error:  # whoever reads and trims the log makes room
                logger.warning("site %s: no sign of life was given: %s", self.site, error)

    # -- when an entry cannot be applied ----------------------------------------------------------------------------

    def _find_fault(self, defect: Exception) -> None:
        """Build the site again; then try fewer of the entries under way, or set the one aside whose fault is certain.

        Raises Stuck when it is no entry's fault.
        """
        tried, replay = self._at_hand, self._replay
        self._at_hand, self._replay = [], None
        if not tried or is_of_the_house(defect):
            raise Stuck from defect
        self.defects += 1
        logger.error("site %s: %d entries from %s failed", self.site, len(tried), tried[0].offset, exc_info=defect)
        certain = replay is not None or self._suspects.failed(len(tried))
        self._rebuild()
        if not certain:
            return
        self._pass_time(tried[0])
        page = self._judge.set_aside(tried[0], replay, defect, now_us())
        self._committed(page, tried[0].offset if replay is None else self._judge.offset)
        if replay is None:
            self._suspects.passed(1)

    def _pass_time(self, packed: Packed) -> None:
        """Let the time pass that comes with an entry, without it: were it that which fails, every entry would seem at fault."""
        now, offset = now_us(), self._judge.offset
        try:
            self._committed(self._judge.apply([], now, offset, until=time_of([packed.opened()], now)), offset)
        except CorruptEntry:
            return
        except Exception as defect:
            if engine_is_away(defect):
                raise
            raise Stuck from defect

    def _look_aside(self) -> None:
        """Take up what is to be replayed, and let the alarms say what is set aside."""
        if (asked := set_aside.asked(self.site)) is not None:
            (self._replay, packed), offset = asked, self._judge.offset
            self._at_hand = [packed]
            self._committed(self._judge.apply(self._opened(), now_us(), offset, replay=asked), offset)
            self._next_stamp = 0.0  # there may be more
        self._committed(self._judge.tell_set_aside(now_us()), self._judge.offset)
