"""Builds the engine of a site from what is stored: the one way its state ever comes to be.

Seed with the alarms that stand and the last reading of each point, replay the readings and events the rules can still see
(alarms.site.reach), and let the time pass up to the last commit. `reconciliation` then brings the open alarms in line with it.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alarms import pseudonyms
from alarms.correlation import rule_aside
from alarms.correlation.recollection import Stored
from alarms.correlation.replay import Kept, replay
from alarms.engine import Engine
from alarms.engine.accounts import key_of
from alarms.engine.latent import unpack
from alarms.engine.layout import CompileError
from alarms.engine.silence import Hearing
from alarms.engine.spec import Anomaly
from alarms.engine.transitions import Transition
from alarms.models import Position
from alarms.pseudonyms import Pseudonyms
from alarms.rules import note_troubles, trying
from alarms.site import profiles
from alarms.site.survey import Survey
from assets.instants import microseconds
from assets.newest import Newest
from assets.rollup import Aggregates, Rollup

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class SiteState:
    """What the correlator keeps in memory about a site, and can lose at any instant."""

    engine: Engine
    rollup: Rollup
    newest: Newest
    found: dict[tuple[int, str, int | str], Transition]
    """The last raise or change of what stands, by alarm: what a reconciliation tells of an alarm the database lacks."""
    replayed: int
    pseudonyms: Pseudonyms


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
    site: Survey, position: Position, rolled_up_to: int, now: int, keep_aggregates: Callable[[Aggregates], None], *, exact: bool
) -> SiteState:
    """Replay a site's history up to what was committed. `keep_aggregates` gets the minutes that are not yet rolled up; `exact`
    tells that when feeds were heard was stored with the last commit."""
    committed = microseconds(position.committed_at) if position.committed_at else now
    engine = _assemble(site, now)
    kept = Kept(_hearing(site, position, committed, now)._replace(exact=exact), unpack(position.latent))
    newest = Newest(len(site.register))
    state = SiteState(engine, Rollup(len(site.register)), newest, {}, 0, pseudonyms.of_site(site.site.pk))
    past = Stored(site, state.pseudonyms)
    for told, replayed in replay(engine, past, kept, committed, rolled_up_to, newest):
        _note(state, told)
        if replayed is None or not len(replayed.readings):
            continue
        readings, rows = replayed.readings, replayed.rows
        open_minutes = np.flatnonzero(readings.at >= rolled_up_to)
        if len(open_minutes):
            keep_aggregates(state.rollup.absorb(rows[open_minutes], readings.at[open_minutes], readings.value[open_minutes]))
        state.replayed += len(readings)
    return state


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
            trouble = str(error.trouble)
            logger.error("site %s: rule version %s cannot run: %s", site.site.slug, error.version, trouble)
            troubles[site.rules[error.version].rule] = trouble
            scoped = [rule for rule in scoped if rule.version != error.version]
    note_troubles(site.site.pk, troubles | rule_aside.troubles(site.site.pk))
    return engine


def _note(state: SiteState, transitions: list[Transition]) -> None:
    for each in transitions:
        alarm = key_of(each)
        if each.kind == "clear":
            state.found.pop(alarm, None)
        else:
            state.found[alarm] = each
