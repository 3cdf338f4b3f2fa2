"""Judges what entries of the log bring to a site, and stores it in one transaction: the engine in memory and where it stands.

    engine.step → ONE transaction (readings, events, roll-ups, alarms, journal, offset)

State in memory is only ever a function of what is stored: after any failure `rebuild` makes it anew. The clock is given.
"""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from django.db import connection, transaction

from alarms import rebuild, set_aside, shadow
from alarms.engine import APPLIED
from alarms.engine.facts import Happening
from alarms.engine.transitions import Transition
from alarms.interleaving import happening
from alarms.journal import Line, Page, open_page
from alarms.lifecycle.verdicts import Verdicts
from alarms.models import Position
from alarms.pseudonyms import Pseudonyms
from alarms.reconciliation import reconcile
from alarms.survey import Survey, stamp, survey
from assets import history
from assets.events import write_events
from assets.instants import instant, microseconds
from assets.log import Entry, Packed
from assets.partitions import CHUNK, MINUTE, Partitions
from assets.readings import Readings
from assets.rollup import Aggregates

MOST_BEGUN = 64
"""Periods of history whose partitions are created in one transaction."""
PATIENCE = 1_000_000
"""µs by which the time of rules is behind: a reading of the instant at which a delay ends is then here, and is judged first."""
ROLLUP_DELAY = 15_000_000
"""µs after the end of a minute at which it is rolled up, so that most of its readings are there."""

PROMPT = 30_000_000
"""µs: an applied reading older than this is kept as its point's newest at once and not within the minute, as it may lie before
all that a restart reads again."""
HEARING_PERIOD = 1_000_000
"""µs between two commits that store who was heard when."""

_ADVANCE = 'UPDATE alarms_position SET "offset" = %s, committed_at = %s, rolled_up_to = %s WHERE site_id = %s'
_HEARING = (
    "UPDATE alarms_position SET feeds = %s, since = %s, heard = %s, resumed = %s, unheard = %s, inventory_version = %s "
    "WHERE site_id = %s"
)


def happenings(entries: Sequence[Entry], pseudonyms: Pseudonyms) -> list[Happening]:
    """The events among log entries, each with the number of readings that came before it."""
    place, found = 0, []
    for entry in entries:
        if entry.readings is not None:
            place += len(entry.readings)
        found += [happening(place, entry.feed, event, pseudonyms) for event in entry.events]
    return found


def time_of(entries: Sequence[Entry], now: int) -> int:
    """Up to when (µs) time has passed for the rules after some log entries: never beyond what may still wait in the log.

    After an outage the log holds minutes. Were they judged by the clock of the wall, delays would end, and feeds fall silent,
    before the readings that say otherwise were read.
    """
    received = [int(entry.readings.received.max()) for entry in entries if entry.readings is not None and len(entry.readings)]
    received += [event.received for entry in entries for event in entry.events]
    return min(now, max(received, default=now)) - PATIENCE


class Judge:
    """One site's. `survey`, `offset` and `state` are those of the last commit or rebuild.

    alive   called now and then while something takes long
    """

    survey: Survey
    state: rebuild.State
    offset: str

    def __init__(self, site: int, alive: Callable[[], None]) -> None:
        self.site = site
        self._alive = alive
        self._partitions = Partitions()
        self._time = 0
        self._pending_rollups: list[Aggregates] = []
        self._rolled_up_to = 0
        self._minute_is_over = False
        self._hearing_due = 0
        self._surveyed: Survey | None = None

    # -- building ---------------------------------------------------------------------------------------------------

    def place(self, now: int) -> Position:
        """How far the site has come; `rebuild` must follow."""
        self._partitions.refresh()
        with transaction.atomic():
            self._partitions.create_ahead(now)
        position, _ = Position.objects.get_or_create(site_id=self.site)
        self.offset, self._rolled_up_to = position.offset, position.rolled_up_to or MINUTE * (now // MINUTE)
        self._time = microseconds(position.committed_at) if position.committed_at else now - PATIENCE
        return position

    def rebuild(self, position: Position, now: int) -> tuple[int, int]:
        """Survey the site, replay what the rules can still see, reconcile with the open alarms: the journal's (first, last)
        lines of that, or (0, 0)."""
        self.survey = survey(self.site)
        self._pending_rollups, self._minute_is_over = [], False
        self.state = rebuild.rebuild(self.survey, position, self._rolled_up_to, now, self._pending_rollups.append)
        told = reconcile(self.survey, self._surveyed, self.state, now)
        self._surveyed = self.survey
        return told

    def hand_over(self) -> None:
        """Store what of the engine is stored now and then, before it is built anew in the same process."""
        with transaction.atomic():
            history.write_latest(self.state.newest.take_changed(self.survey.register.point_id))
            self._store_hearing()

    def is_outdated(self) -> bool:
        """Whether inventory or rules are others than when it was built."""
        return stamp(self.site) != self.survey.stamp

    def lacks_points(self, entries: Sequence[Entry]) -> bool:
        """Whether readings are of points that the survey does not have."""
        readings = [entry.readings for entry in entries if entry.readings is not None]
        return any((self.survey.register.rows(each.point) < 0).any() for each in readings)

    # -- judging ----------------------------------------------------------------------------------------------------

    def apply(
        self,
        entries: Sequence[Entry],
        now: int,
        offset: str,
        *,
        replay: tuple[int, Packed] | None = None,
        until: int | None = None,
    ) -> Page | None:
        """Judge what these entries bring, up to `offset`, and commit it: the lines that were journaled, if any.

        replay   of what was set aside: number and bytes of the one entry that is applied now
        until    up to when time passes (µs), unless as `time_of` says
        """
        readings = Readings.concatenate([entry.readings for entry in entries if entry.readings is not None])
        transitions = self._hear_events(entries)
        self._time = max(self._time, time_of(entries, now) if until is None else until)
        step = self.state.engine.step(readings, self._time, happenings(entries, self.state.pseudonyms))
        transitions += step.transitions
        applied = readings
        if not step.sorting.clean:
            applied = readings.take(np.flatnonzero(step.sorting.verdict == APPLIED))
            readings = readings.take(np.flatnonzero(step.sorting.storable))
        self.state.newest.note(self.survey.register.rows(applied.point), applied)
        rollups = self._roll_up(readings, now)
        if not entries and not transitions and rollups is None:
            return None
        self._begin_partitions(readings, now)
        moment = instant(now)
        with transaction.atomic():
            self._store(entries, readings, rollups, now)
            self._store_newest(applied, now)
            self.state.pseudonyms.keep(transitions)
            heard, shadowed = shadow.apart(self.survey, transitions)
            shadow.write(self.survey, shadowed)
            lines = []
            if replay is not None:
                set_aside.replayed(replay[0], moment)
                lines = [set_aside.line_replayed(replay[1], moment)]
            page = self._tell(heard, moment, lines)
            self._advance(offset)
        self._minute_is_over = False
        return page

    def _hear_events(self, entries: Sequence[Entry]) -> list[Transition]:
        """An event is a sign of life of its feed."""
        heard = {entry.feed: max(event.received for event in entry.events) for entry in entries if entry.events}
        return [move for feed, received in heard.items() for move in self.state.engine.hear(feed, received)]

    def _roll_up(self, readings: Readings, now: int) -> Aggregates | None:
        """What must be written to the roll-ups now: the minutes that are over, and partial minutes that came late."""
        if len(readings):
            rows = self.survey.register.rows(readings.point)
            self._pending_rollups.append(self.state.rollup.absorb(rows, readings.at, readings.value))
        over = (now - ROLLUP_DELAY) // MINUTE * MINUTE
        due = over > self._rolled_up_to
        if due:
            self._pending_rollups.append(self.state.rollup.close_before(over))
            self._rolled_up_to = over
            self._minute_is_over = True
        late, kept = Aggregates.concatenate(self._pending_rollups).split(self._rolled_up_to)
        self._pending_rollups = [kept]
        return late if due or len(late) else None

    # -- storing ----------------------------------------------------------------------------------------------------

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
            self._alive()

    def _store(self, entries: Sequence[Entry], readings: Readings, rollups: Aggregates | None, now: int) -> None:
        if len(readings):
            history.write_readings(readings, self._partitions, now)
        events = [(entry.feed, event) for entry in entries for event in entry.events]
        if events:
            write_events(self.site, events, self._partitions, now)
        if rollups is not None:
            history.write_rollups(self._by_point(rollups), self._partitions, now)
        if self._minute_is_over:
            self._partitions.create_ahead(now)

    def _store_newest(self, applied: Readings, now: int) -> None:
        """What a replay begins with: the newest reading of each point, and when each feed was heard."""
        newest, point_id = self.state.newest, self.survey.register.point_id
        if self._minute_is_over:
            history.write_latest(newest.take_changed(point_id))
        elif len(old := (applied.at < self._time - PROMPT).nonzero()[0]):
            history.write_latest(newest.take_changed(point_id, self.survey.register.rows(applied.point[old])))
        if now >= self._hearing_due:
            self._store_hearing()
            self._hearing_due = now + HEARING_PERIOD

    def _store_hearing(self) -> None:
        *columns, unheard = self.state.engine.hearing()
        columns = [column.tolist() for column in columns]
        with connection.cursor() as cursor:
            cursor.execute(_HEARING, [*columns, unheard, self.survey.site.inventory_version, self.site])

    def _by_point(self, rollups: Aggregates) -> Aggregates:
        """The register's rows as point ids: what history is keyed by."""
        return dataclasses.replace(rollups, key=self.survey.register.point_id[rollups.key])

    def _tell(self, moves: Sequence[Transition], moment: datetime, lines: Sequence[Line]) -> Page | None:
        """Move alarms and write the journal, last of all that is done before the offset moves."""
        if not moves and not lines:
            return None
        verdicts = Verdicts(self.survey, moves, moment)
        verdicts.lock()
        page = open_page(self.site)
        for line in lines:
            page.write(line)
        verdicts.write(page)
        page.close()
        return page

    def _advance(self, offset: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(_ADVANCE, [offset, instant(self._time), self._rolled_up_to, self.site])

    # -- what cannot be applied -------------------------------------------------------------------------------------

    def set_aside(self, packed: Packed, replay: int | None, defect: Exception, now: int) -> Page | None:
        """Set an entry aside in the transaction that moves the offset past it; `replay`: its number, of one that is already."""
        moment = instant(now)
        with transaction.atomic():
            survey = set_aside.with_rule(self.survey, moment)
            if replay is None:
                set_aside.keep(self.site, packed, defect, moment)
            else:
                set_aside.keep_again(replay, defect, moment)
            self.survey = survey
            page = self._tell(set_aside.moves(survey, moment), moment, [set_aside.line(packed, defect, moment)])
            self._advance(packed.offset if replay is None else self.offset)
        return page

    def tell_set_aside(self, now: int) -> Page | None:
        """Let the alarms say what is set aside."""
        moves = set_aside.moves(self.survey, instant(now))
        if not moves:
            return None
        with transaction.atomic():
            return self._tell(moves, instant(now), [])
