"""Judges what entries of the log bring to a site, and stores it in one transaction: the engine in memory and where it stands.

    engine.step → ONE transaction (readings, events, roll-ups, alarms, journal, offset)

State in memory is only ever a function of what is stored: after any failure `rebuild` makes it anew. The clock is given.
"""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from alarms.correlation import rebuild, rule_aside, set_aside, shadow
from alarms.correlation.blame import engine_is_away, guilty_rules
from alarms.correlation.reconciliation import reconcile
from alarms.engine import APPLIED, DUPLICATE, LATE, latent
from alarms.engine.clock import Sorting
from alarms.engine.facts import Happening
from alarms.engine.transitions import Transition
from alarms.models import Position
from alarms.pseudonyms import Pseudonyms
from alarms.site.interleaving import happening
from alarms.site.running import running
from alarms.site.survey import Survey, stamp, survey
from alarms.verdicts import witnesses
from alarms.verdicts.batch import Verdicts
from alarms.verdicts.open_alarms import OpenAlarms
from assets import history, watches
from assets.events import write_events
from assets.feeds.health import Tally
from assets.instants import instant, microseconds
from assets.log import OWN, LogEntry, Packed
from assets.partitions import CHUNK, MINUTE, Partitions
from assets.readings import Readings
from assets.rollup import Aggregates
from journal.page import Line, Page, open_page

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
PRESENT_PERIOD = 2_000_000
"""µs between two commits that store the newest readings of the points of open alarms: desks show them as present values."""

_ADVANCE = 'UPDATE alarms_position SET "offset" = %s, committed_at = %s, rolled_up_to = %s WHERE site_id = %s'
_HEARING = (
    "UPDATE alarms_position SET feeds = %s, since = %s, heard = %s, resumed = %s, unheard = %s, inventory_version = %s "
    "WHERE site_id = %s"
)


def happenings(entries: Sequence[LogEntry], pseudonyms: Pseudonyms) -> list[Happening]:
    """The events among log entries, each with the number of readings that came before it."""
    place, found = 0, []
    for entry in entries:
        if entry.readings is not None:
            place += len(entry.readings)
        found += [happening(place, entry.feed, event, pseudonyms) for event in entry.events]
    return found


def time_of(entries: Sequence[LogEntry], now: int) -> int:
    """Up to when (µs) time has passed for the rules after some log entries: never beyond what may still wait in the log.

    After an outage the log holds minutes. Were they judged by the clock of the wall, delays would end, and feeds fall silent,
    before the readings that say otherwise were read.
    """
    received = [int(entry.readings.received.max()) for entry in entries if entry.readings is not None and len(entry.readings)]
    received += [event.received for entry in entries for event in entry.events]
    received += [entry.unusable.received for entry in entries if entry.unusable is not None]
    return min(now, max(received, default=now)) - PATIENCE


def brought(entries: Sequence[LogEntry]) -> tuple[Readings, NDArray[np.bool_] | None]:
    """All readings of some log entries, in order, and which of them are retained; None when none is."""
    batches = [(entry.readings, entry.retained) for entry in entries if entry.readings is not None]
    retained = None
    if any(kept for _, kept in batches):
        retained = np.repeat([kept for _, kept in batches], [len(readings) for readings, _ in batches])
    return Readings.concatenate(readings for readings, _ in batches), retained


class Judge:
    """One site's. `survey`, `offset` and `state` are those of the last commit or rebuild.

    alive   called now and then while something takes long
    tally   counts by feed the readings that came late or twice; whoever gave it writes it
    """

    survey: Survey
    state: rebuild.SiteState
    offset: str

    def __init__(self, site: int, alive: Callable[[], None], tally: Tally) -> None:
        self.site = site
        self._alive, self._tally = alive, tally
        self._partitions = Partitions()
        self._time = 0
        self._pending_rollups: list[Aggregates] = []
        self._rolled_up_to = 0
        self._minute_is_over = False
        self._hearing_due = self._present_due = 0
        self._handed_over = False
        """Whether all of the engine is stored that is stored now and then, and it has gone no further since."""
        self._present_is_owed = False
        """Whether something was applied since the present values were stored."""
        self._surveyed: Survey | None = None
        self._known = OpenAlarms(site)

    # -- building ---------------------------------------------------------------------------------------------------

    def place(self, now: int) -> Position:
        """How far the site has come; `rebuild` must follow."""
        self._partitions.refresh()
        with transaction.atomic():
            self._partitions.create_ahead(now)
        position, _ = Position.objects.get_or_create(site_id=self.site)
        self._latent = position.latent
        self.offset, self._rolled_up_to = position.offset, position.rolled_up_to or MINUTE * (now // MINUTE)
        self._time = microseconds(position.committed_at) if position.committed_at else now - PATIENCE
        return position

    def rebuild(self, position: Position, now: int) -> tuple[int, int]:
        """Survey the site, replay what the rules can still see, reconcile with the open alarms: the journal's (first, last)
        lines of that, or (0, 0)."""
        self.survey = survey(self.site)
        self._pending_rollups, self._minute_is_over = [], False
        keep, exact = self._pending_rollups.append, self._handed_over
        self.state = rebuild.rebuild(self.survey, position, self._rolled_up_to, now, keep, exact=exact)
        self._handed_over = False
        told = reconcile(self.survey, self._surveyed, self.state, now)
        self._surveyed, self._known = self.survey, OpenAlarms(self.site)
        return told

    def set_rules_aside(self, position: Position, now: int) -> int:
        """After `rebuild` failed: set those rules aside without which it does not; how many. None when no rule is at fault."""

        def failure(versions: Sequence[int]) -> Exception | None:
            self._alive()
            try:
                with transaction.atomic():
                    site = survey(self.site, only=versions)
                    exact = self._handed_over
                    state = rebuild.rebuild(site, position, self._rolled_up_to, now, lambda aggregates: None, exact=exact)
                    reconcile(site, self._surveyed, state, now)
                    transaction.set_rollback(True)
            except Exception as defect:
                if engine_is_away(defect):
                    raise
                return defect
            return None

        guilty = guilty_rules(running(self.site), failure)
        for version, defect in guilty.items():
            rule_aside.keep(version, defect, instant(now))
        return len(guilty)

    def hand_over(self) -> None:
        """Store what of the engine is stored now and then, before it is built anew in the same process."""
        with transaction.atomic():
            history.write_latest(*self.state.newest.take_changed(self.survey.register.point_id))
            self._store_hearing()
            self._store_latent()
        self._handed_over = True

    def is_outdated(self) -> bool:
        """Whether inventory or rules are others than when it was built."""
        return stamp(self.site) != self.survey.stamp

    def lacks_points(self, entries: Sequence[LogEntry]) -> bool:
        """Whether readings are of points that the survey does not have."""
        readings = [entry.readings for entry in entries if entry.readings is not None]
        return any((self.survey.register.rows(each.point) < 0).any() for each in readings)

    # -- judging ----------------------------------------------------------------------------------------------------

    def apply(
        self,
        entries: Sequence[LogEntry],
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
        readings, retained = brought(entries)
        transitions = self._hear_events(entries) + self._hear_unusable(entries)
        self._time = max(self._time, time_of(entries, now) if until is None else until)
        step = self.state.engine.step(readings, self._time, happenings(entries, self.state.pseudonyms), retained)
        if retained is not None:  # nobody knows when they were sent: not before they were measured, and that is what is stored
            received = np.where(retained, np.minimum(readings.at, readings.received), readings.received)
            readings = dataclasses.replace(readings, received=received)
        transitions += step.transitions
        applied = readings
        if not step.sorting.clean:
            applied = readings.take(np.flatnonzero(step.sorting.verdict == APPLIED))
            readings = readings.take(np.flatnonzero(step.sorting.storable))
        self.state.newest.note(self.survey.register.rows(applied.point), applied)
        rollups = self._roll_up(readings, now)
        self._present_is_owed = self._present_is_owed or bool(len(applied) or transitions)
        present_due = self._present_is_owed and now >= self._present_due
        if not entries and not transitions and rollups is None and not present_due:
            return None
        self._begin_partitions(readings, now)
        moment = instant(now)
        with transaction.atomic():
            self._store(entries, readings, rollups, now)
            self._store_newest(applied, now)
            if len(applied):
                watches.note(self.site, applied)
            if present_due:
                self._store_present(moment)
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
        if not step.sorting.clean:
            self._count(entries, step.sorting)
        if present_due:
            # What was raised just now was not open yet when the points of open alarms were looked up.
            self._present_is_owed, self._present_due = bool(transitions), now + PRESENT_PERIOD
        return page

    def _count(self, entries: Sequence[LogEntry], sorting: Sorting) -> None:
        """Of what was committed, count by feed what came late or twice."""
        first = 0
        for entry in entries:
            if entry.readings is not None:
                verdicts = sorting.verdict[first : first + len(entry.readings)]
                first += len(entry.readings)
                late, duplicate = (int(np.count_nonzero(verdicts == kind)) for kind in (LATE, DUPLICATE))
                self._tally.note_sorted(entry.feed, late=late, duplicate=duplicate)

    def _hear_events(self, entries: Sequence[LogEntry]) -> list[Transition]:
        """An event is a sign of life of its feed; one of our own is of none."""
        brought = [entry for entry in entries if entry.events and entry.feed != OWN]
        heard = {entry.feed: max(event.received for event in entry.events) for entry in brought}
        return [move for feed, received in heard.items() for move in self.state.engine.hear(feed, received)]

    def _hear_unusable(self, entries: Sequence[LogEntry]) -> list[Transition]:
        told = [(entry.feed, entry.unusable) for entry in entries if entry.unusable is not None]
        hear = self.state.engine.hear_unusable
        return [move for feed, one in told for move in hear(feed, one.received, one.ahead, one.points)]

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

    def _store(self, entries: Sequence[LogEntry], readings: Readings, rollups: Aggregates | None, now: int) -> None:
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
            history.write_latest(*newest.take_changed(point_id))
            self._store_latent()
        elif len(old := (applied.at < self._time - PROMPT).nonzero()[0]):
            history.write_latest(*newest.take_changed(point_id, self.survey.register.rows(applied.point[old])))
        if now >= self._hearing_due:
            self._store_hearing()
            self._hearing_due = now + HEARING_PERIOD

    def _store_present(self, moment: datetime) -> None:
        """The newest readings of the points whose alarms are open: these are looked at."""
        self._known.refresh(moment)
        register, newest = self.survey.register, self.state.newest
        witnesses.follow(self.survey, self._known, self.state.engine.worst_now(newest.value))
        rows = np.unique(register.rows(self._known.points()))
        rows = rows[rows >= 0].astype(np.intp)
        history.write_latest(*newest.take_changed(register.point_id, rows))
        if len(counters := rows[register.counter[rows]]):
            consumed = self.state.engine.consumption(counters)
            history.write_consumption(register.point_id[consumed.row], consumed.at, consumed.rate)

    def _store_hearing(self) -> None:
        hearing = self.state.engine.hearing()
        columns = [column.tolist() for column in (hearing.feed, hearing.since, hearing.heard, hearing.resumed)]
        with connection.cursor() as cursor:
            cursor.execute(_HEARING, [*columns, hearing.unheard, self.survey.site.inventory_version, self.site])

    def _store_latent(self) -> None:
        text = latent.pack(self.state.engine.latent(self.state.newest.value))
        if text != self._latent:
            Position.objects.filter(site_id=self.site).update(latent=text)
            self._latent = text

    def _by_point(self, rollups: Aggregates) -> Aggregates:
        """The register's rows as point ids: what history is keyed by."""
        return dataclasses.replace(rollups, key=self.survey.register.point_id[rollups.key])

    def _tell(self, moves: Sequence[Transition], moment: datetime, lines: Sequence[Line]) -> Page | None:
        """Move alarms and write the journal, last of all that is done before the offset moves."""
        if not moves and not lines:
            return None
        verdicts = Verdicts(self.survey, self._known, moves, moment)
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
        moment = instant(now)
        self.survey = rule_aside.with_rule(self.survey, moment)
        moves = set_aside.moves(self.survey, moment) + rule_aside.moves(self.survey, moment)
        if not moves:
            return None
        with transaction.atomic():
            return self._tell(moves, moment, [])
