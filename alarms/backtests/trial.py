"""A trial: one period of stored history through the engine of production, with a draft and what runs now side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms import pseudonyms
from alarms.backtests.wouldbe import WouldBe, WouldBeAlarms
from alarms.engine import Engine
from alarms.engine.profiles import Profiles
from alarms.engine.relay import named_rules, predicates_of
from alarms.engine.spec import Anomaly, Silence, Spec
from alarms.site import profiles
from alarms.site.interleaving import interleaved
from alarms.site.reach import SECOND, reach, rows_read
from alarms.site.running import ActiveRule, active_rules
from alarms.site.survey import Survey, survey
from assets import events, history
from assets.instants import instant
from assets.log import Event

DRAFT = -1
"""Version id of the spec under trial: no stored version has it."""


MOST = 200_000
"""Would-be alarms beyond which a trial ends: nobody reads them, and they must be kept to be counted."""


class TooMany(Exception):
    """The rule would have raised more than MOST alarms."""


class NothingStored(Exception):
    """History holds nothing of the period that the rule could judge."""


@dataclass(frozen=True, slots=True)
class TrialOutcome:
    """Would-be alarms raised in the period; `active` is None when nothing was compared with. `readings`: how many were judged.

    `stored`: of which part of the period (µs) something is stored: before and after it, nobody knows what was.
    """

    survey: Survey
    stored: tuple[int, int]
    draft: list[WouldBe]
    active: list[WouldBe] | None
    readings: int


def run(
    site: int, rule: int, spec: Spec, active: ActiveRule | None, start: int, end: int, told: Callable[[float, int], None]
) -> TrialOutcome:
    """Replay [start, end), µs, and before it what the rules can see of the past.

    Rules whose alarms the spec speaks of run with it, as they are now; what they say is not reported.

    `told` gets (share of the period done, readings judged) every batch; what it raises ends the trial.
    Raises alarms.engine.layout.CompileError when the spec cannot run on this site, NothingStored, and TooMany.
    """
    versions = [ActiveRule(rule, DRAFT, spec), *([active] if active else [])]
    seen = survey(site, [*versions, *_spoken_of(site, rule, versions)])
    warm_up = start - _past(seen)
    first, last = _stored(seen, warm_up, end)
    if last < start:
        raise NothingStored
    # Nobody is silent before something is stored: whoever spoke then is not known to have been quiet.
    engine = Engine(seen.register, seen.scoped, max(warm_up, first), seen.site.timezone, _usual(seen, warm_up))
    ledger, readings, share = WouldBeAlarms(), 0, 0.0
    names = pseudonyms.of_site(site)
    past = history.replay(site, instant(warm_up), instant(end), points=_points(seen))
    for batch, happenings in interleaved(past, _events(site, engine, warm_up, end), names):
        ledger.note(engine.apply(batch, happenings).transitions)
        readings += len(batch)
        if len(batch) or happenings:
            newest = int(batch.at[-1]) if len(batch) else happenings[-1].at
            share = min(1.0, max(0.0, (newest - start) / (end - start)))
        if len(ledger.found) > MOST:
            raise TooMany
        told(share, readings)
    ledger.note(engine.advance(end))
    alarms = ledger.within(start, end)
    names.keep([alarm.raised for alarm in alarms])
    return TrialOutcome(
        survey=seen,
        stored=(max(start, first), last),
        draft=[alarm for alarm in alarms if alarm.version == DRAFT],
        active=[alarm for alarm in alarms if alarm.version == active.version] if active else None,
        readings=readings,
    )


def _stored(seen: Survey, start: int, end: int) -> tuple[int, int]:
    """Of which part of [start, end), µs, something is stored that these rules can judge. Raises NothingStored.

    Where events may be what matters, anything of the site counts: that none was reported is a fact where history was kept.
    """
    period = instant(start), instant(end)
    points, found = _points(seen), []
    if points is None or any(_is_of_events(rule.spec) for rule in seen.scoped):
        points = seen.register.point_id
        found.append(events.extent(seen.site.pk, *period))
    found.append(history.extent(points, *period))
    known = [each for each in found if each is not None]
    if not known:
        raise NothingStored
    return min(first for first, _ in known), max(last for _, last in known)


def _is_of_events(spec: Spec) -> bool:
    return any(each is not None and each.event is not None for each in predicates_of(spec))


def _events(site: int, engine: Engine, start: int, end: int) -> Iterable[tuple[int, Event]]:
    kinds = sorted(engine.event_kinds)
    return events.events_between(site, instant(start), instant(end), kinds) if kinds else ()


def _spoken_of(site: int, rule: int, versions: list[ActiveRule]) -> list[ActiveRule]:
    """The rules whose alarms these speak of, and those that they in turn speak of; never the rule under trial itself."""
    running = {each.slug: each for each in active_rules(site) if each.slug and each.rule != rule}
    found: dict[str, ActiveRule] = {}
    waiting = [each.spec for each in versions]
    while waiting:
        for _, slug in named_rules(waiting.pop()):
            if slug in running and slug not in found:
                found[slug] = running[slug]
                waiting.append(running[slug].spec)
    return list(found.values())


def _usual(seen: Survey, before: int) -> Profiles | None:
    """What was known before the trial begins: a profile that holds the period itself would excuse what is strange in it."""
    anomalies = [rule for rule in seen.scoped if isinstance(rule.spec, Anomaly)]
    if not anomalies:
        return None
    points, counters = profiles.of_interest(seen, anomalies)
    weeks = profiles.weeks_for([rule.spec for rule in anomalies])
    return profiles.usual(points, seen.site.timezone, instant(before), weeks, counters)


def _past(seen: Survey) -> int:
    """µs before the period from which the rules must be told everything, their windows included."""
    windows = (round(getattr(rule.spec, "window", 0.0) * SECOND) for rule in seen.scoped)
    return max(reach(seen.register, seen.scoped).of_rule.values()) + max(windows, default=0)


def _points(seen: Survey) -> NDArray[np.int64] | None:
    """Ids of the points whose readings can matter; None when any can."""
    if any(isinstance(rule.spec, Silence) for rule in seen.scoped):
        return None
    rows = np.unique(np.concatenate([rows_read(seen.register, rule) for rule in seen.scoped]))
    return seen.register.point_id[rows]
