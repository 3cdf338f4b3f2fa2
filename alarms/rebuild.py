"""Builds the engine of a site from what is stored: the one way its state ever comes to be.

Seed with the alarms that stand and the last reading of each point, replay the readings and events the rules can still see
(alarms.reach), and let the time pass up to the last commit. `alarms.reconciliation` then brings the open alarms in line with it.
"""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms import profiles, pseudonyms, recollection, trying
from alarms.engine import APPLIED, Engine
from alarms.engine.accounts import key_of
from alarms.engine.layout import CompileError
from alarms.engine.silence import Hearing
from alarms.engine.spec import Anomaly
from alarms.engine.transitions import Transition
from alarms.interleaving import interleaved
from alarms.models import Position
from alarms.pseudonyms import Pseudonyms
from alarms.reach import Reach, reach
from alarms.rules import note_troubles
from alarms.survey import Survey
from assets import history
from assets.events import events_between
from assets.instants import instant, microseconds
from assets.newest import Newest
from assets.readings import Readings
from assets.rollup import Aggregates, Rollup

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class State:
    """What the correlator keeps in memory about a site, and can lose at any instant."""

    engine: Engine
    rollup: Rollup
    newest: Newest
    found: dict[tuple[int, str, int | str], Transition]
    """The last raise or change of what stands, by alarm: what a reconciliation tells of an alarm the database lacks."""
    replayed: int
    pseudonyms: Pseudonyms


@dataclass(frozen=True, slots=True, eq=False)
class Beginnings:
    """From when on the past is replayed, µs: `start` for every point, `rows` by register row, `events`, `of_rule` by version."""

    start: int
    rows: NDArray[np.int64]
    events: int
    of_rule: dict[int, int]

    @classmethod
    def of(cls, far: Reach, committed: int, rolled_up_to: int) -> "Beginnings":
        start = min(committed - far.base, rolled_up_to)
        of_rule = {version: min(committed - past, start) for version, past in far.of_rule.items()}
        return cls(start, np.minimum(committed - far.rows, start), min(committed - far.events, start), of_rule)

    def segments(self) -> Iterator[tuple[int, int | None, NDArray[np.intp] | None]]:
        """(from, to, rows) to be replayed one after another; the last is open, and for all rows."""
        begins = [begin for begin in np.unique(self.rows).tolist() if begin < self.start]
        for begin, end in zip(begins, [*begins, self.start][1:], strict=True):
            yield begin, end, np.flatnonzero(self.rows <= begin)
        yield self.start, None, None


DEAF = 90_000_000
"""µs after the last commit, of which there is one a minute, beyond which nobody listened: who is silent may have spoken then."""


def _hearing(site: Survey, position: Position, committed: int, now: int) -> Hearing:
    """What was known of silence at the last commit; after a time in which nobody listened, everyone has a full period again."""
    columns = (position.feeds, position.since, position.heard, position.resumed)
    feed, since, heard, resumed = (np.array(column, np.int64) for column in columns)
    unheard = position.unheard if position.inventory_version == site.site.inventory_version else now
    if committed < now - DEAF:
        since, unheard = np.full(len(feed), now), now
    return Hearing(feed, since, heard, resumed, unheard)


def rebuild(
    site: Survey, position: Position, rolled_up_to: int, now: int, keep_aggregates: Callable[[Aggregates], None]
) -> State:
    """Replay a site's history up to what was committed. `keep_aggregates` gets the minutes that are not yet rolled up."""
    committed = microseconds(position.committed_at) if position.committed_at else now
    engine = _assemble(site, now)
    engine.listen(_hearing(site, position, committed, now))
    far = reach(site.register, engine.rules)
    begins = Beginnings.of(far, committed, rolled_up_to)
    newest = Newest(len(site.register))
    state = State(engine, Rollup(len(site.register)), newest, {}, 0, pseudonyms.of_site(site.site.pk))
    known = recollection.stored_latest(site)
    newest.seed(site.register.rows(known.point), known)
    for past in recollection.windows(site, engine.rules, begins.rows, far.base):
        engine.recall(past)
    before = recollection.before(site, known, begins.rows, far.entered)
    _note(state, engine.seed(before, recollection.standing(site, begins.of_rule, far.heard)))
    kinds = sorted(engine.event_kinds)
    events = events_between(site.site.id, instant(begins.events), None, kinds) if kinds else ()
    for batch, happenings in interleaved(_known(site, state, begins, committed), events, state.pseudonyms):
        step = engine.apply(batch, happenings)
        _note(state, step.transitions)
        if not len(batch):
            continue
        rows = site.register.rows(batch.point)
        applied = np.flatnonzero(step.sorting.verdict == APPLIED)
        newest.note(rows[applied], batch.take(applied))
        open_minutes = np.flatnonzero(batch.at >= rolled_up_to)
        if len(open_minutes):
            keep_aggregates(state.rollup.absorb(rows[open_minutes], batch.at[open_minutes], batch.value[open_minutes]))
        state.replayed += len(batch)
    # What time alone had ended by then was told; without this it would stand here, and be told again.
    _note(state, engine.advance(committed))
    return state


def _known(site: Survey, state: State, begins: Beginnings, committed: int) -> Iterator[Readings]:
    """The past readings of points that are still there, received as late as the newest one before them.

    Never later than what was committed: after an hour that came at once, as buffering stations send it, the next readings would
    be received in an hour, and their feed could fall silent unseen until then.
    """
    for batch in _past_readings(site, begins):
        rows = site.register.rows(batch.point)
        known = np.flatnonzero(rows >= 0)
        batch = batch.take(known)
        received = np.minimum(batch.at + state.newest.lag(rows[known]), committed)
        yield Readings(batch.point, batch.at, batch.value, batch.quality, received)


def _past_readings(site: Survey, begins: Beginnings) -> Iterator[Readings]:
    for begin, end, rows in begins.segments():
        points = None if rows is None else site.register.point_id[rows]
        yield from history.replay(site.site.id, instant(begin), None if end is None else instant(end), points=points)


def _assemble(site: Survey, now: int) -> Engine:
    """An engine of all rules that can run: one that cannot (the points it names have left, say) must not stop the others."""
    scoped = list(site.scoped)
    usual = profiles.stored(site.site.pk) if any(isinstance(rule.spec, Anomaly) for rule in scoped) else None
    troubles = trying.worries(site, usual)
    while True:
        try:
            engine = Engine(site.register, scoped, now, site.site.timezone, usual)
            break
        except CompileError as error:
            trouble = f"{error.path}: {error.reason}"
            logger.error("site %s: rule version %s cannot run: %s", site.site.slug, error.version, trouble)
            troubles[site.rules[error.version].rule] = trouble
            scoped = [rule for rule in scoped if rule.version != error.version]
    note_troubles(site.site.pk, troubles)
    return engine


def _note(state: State, transitions: list[Transition]) -> None:
    for each in transitions:
        alarm = key_of(each)
        if each.kind == "clear":
            state.found.pop(alarm, None)
        else:
            state.found[alarm] = each
