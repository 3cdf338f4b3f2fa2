"""Replays the past to an engine that is built anew, so that it holds what one that had never stopped would hold. Pure.

What is stored is asked of a `Past`: PostgreSQL's is `recollection.Stored`, the tests have one in memory.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from alarms.engine import APPLIED, Engine, Step
from alarms.engine.facts import Happening
from alarms.engine.latent import Latent, Turned
from alarms.engine.layout import ScopedRule
from alarms.engine.silence import Hearing
from alarms.engine.spec import Count, Silence, Spec
from alarms.engine.transitions import Active, SilenceEvidence, SubjectKind, Transition
from alarms.site.reach import OF_FACTS, Reach, reach, unsettled
from assets.newest import Newest
from assets.readings import Readings
from assets.register import Register


@dataclass(frozen=True, slots=True, eq=False)
class Beginnings:
    """From when on the past is replayed, µs: `start` for every point, `rows` by register row, `events`, `of_rule` by version."""

    start: int
    rows: NDArray[np.int64]
    events: int
    of_rule: dict[int, int]

    @classmethod
    def of(cls, far: Reach, committed: int, rolled_up_to: int) -> Beginnings:
        start = min(committed - far.base, rolled_up_to)
        of_rule = {version: min(committed - past, start) for version, past in far.of_rule.items()}
        return cls(start, np.minimum(committed - far.rows, start), min(committed - far.events, start), of_rule)

    def segments(self) -> Iterator[tuple[int, int | None, NDArray[np.intp] | None]]:
        """(from, to, rows) to be replayed one after another; the last is open, and for all rows."""
        begins = [begin for begin in np.unique(self.rows).tolist() if begin < self.start]
        for begin, end in zip(begins, [*begins, self.start][1:], strict=True):
            yield begin, end, np.flatnonzero(self.rows <= begin)
        yield self.start, None, None


class Past(ABC):
    """What is stored of the time before an engine was built."""

    @abstractmethod
    def latest(self) -> Readings:
        """The last stored reading of each point, and when it was received."""

    @abstractmethod
    def windows(self, rules: Sequence[ScopedRule], begins: NDArray[np.int64], base: int) -> Iterator[Readings]:
        """What the windows that reach further back than the replay held by then."""

    @abstractmethod
    def before(self, latest: Readings, begins: NDArray[np.int64], asked: NDArray[np.intp]) -> Readings:
        """The reading that each point entered its replay with; `begins` µs by register row, `asked` the rows that need one."""

    @abstractmethod
    def alarms(self, begins: Mapping[int, int], heard: frozenset[int]) -> list[Stood]:
        """The alarms that stand, of rules that run; of those others speak of (`heard`) also those that ended since the replay of
        any rule begins (µs by version)."""

    @abstractmethod
    def steps(self, begins: Beginnings, kinds: Sequence[str], newest: Newest) -> Iterator[tuple[Readings, list[Happening]]]:
        """Readings of points that are still there, in the order they were stored, with the events of these kinds among them."""


class Kept(NamedTuple):
    """What is kept of an engine beside the place in the log."""

    hearing: Hearing
    latent: Latent = Latent()


class Replayed(NamedTuple):
    """A step of a replay: what was read, where in the register, and what the engine said to it."""

    readings: Readings
    rows: NDArray[np.intp]
    step: Step


def replay(
    engine: Engine, past: Past, kept: Kept, committed: int, rolled_up_to: int, newest: Newest
) -> Iterator[tuple[list[Transition], Replayed | None]]:
    """Tell the engine the past up to `committed` (µs), and `newest` with it; gives what was told, step by step."""
    register = engine.register
    engine.listen(kept.hearing)
    received_by = _Receipts(register, kept.hearing, committed)
    far = reach(register, engine.rules)
    begins = Beginnings.of(far, committed, rolled_up_to)
    latest = past.latest()
    newest.seed(register.rows(latest.point), latest)
    for window in past.windows(engine.rules, begins.rows, far.base):
        engine.recall(window)
    entered = received_by(past.before(latest, begins.rows, far.entered))
    entered = entered.take(np.argsort(entered.received, kind="stable"))
    specs, stored = {rule.version: rule.spec for rule in engine.rules}, past.alarms(begins.of_rule, far.heard)
    silent, others = _apart(specs, seeds(stored, specs, begins.of_rule, committed))
    others += _untold(specs, kept.latent.untold, begins.of_rule, committed)
    others += _sharing(specs, kept.latent.points, begins.of_rule, committed)
    yield engine.seed(entered, others, _begun(register, kept.latent.turned, begins.rows)), None
    for readings, events in past.steps(begins, sorted(engine.event_kinds), newest):
        readings = received_by(readings)
        step = engine.apply(readings, events)
        rows = register.rows(readings.point)
        applied = np.flatnonzero(step.sorting.verdict == APPLIED)
        newest.note(rows[applied], readings.take(applied))
        yield step.transitions, Replayed(readings, rows, step)
    engine.relate(_told_of_silences(stored, specs, begins.of_rule, far.heard))
    # What time alone had ended by then was told; without this it would stand here, and be told again. Silences begin in it, too:
    # while readings are replayed, nobody is unknown yet.
    yield engine.catch_up(committed, silent), None


def _apart(specs: Mapping[int, Spec], standing: Iterable[Active]) -> tuple[list[Active], list[Active]]:
    """Silences, and all other alarms."""
    found: tuple[list[Active], list[Active]] = ([], [])
    for alarm in standing:
        found[not isinstance(specs[alarm.rule], Silence)].append(alarm)
    return found


def _told_of_silences(
    alarms: Iterable[Stood], specs: Mapping[int, Spec], begins: Mapping[int, int], heard: frozenset[int]
) -> list[Transition]:
    """What the rules that speak of silences were told of them: no reading tells that again."""
    told = []
    for each in alarms:
        if each.version not in heard or not isinstance(specs[each.version], Silence):
            continue
        alarm, begin = (each.version, each.kind, each.subject, each.severity), begins[each.version]
        evidence = SilenceEvidence("feed" if each.kind == "feed" else "asset", each.heard or each.raised, 0, 0, 0, 0)
        if each.raised >= begin:
            told.append(Transition("raise", *alarm, None, each.raised, each.raised, each.learned, evidence))
        if each.returned is not None and each.returned >= begin:
            told.append(Transition("clear", *alarm, each.severity, each.returned, each.raised, each.returned, evidence))
    return sorted(told, key=lambda move: move.at)


def _untold(specs: Mapping[int, Spec], untold: Iterable[Active], begins: Mapping[int, int], committed: int) -> Iterator[Active]:
    """What calendars hold back, of rules that run and from before their replay begins."""
    specs = {version: spec for version, spec in specs.items() if spec.calendar is not None}
    known = [
        Stood(each.rule, each.subject_kind, each.subject, each.severity, each.since) for each in untold if each.rule in specs
    ]
    return (structs.replace(alarm, untold=True) for alarm in seeds(known, specs, begins, committed))


def _sharing(specs: Mapping[int, Spec], points: Iterable[Active], begins: Mapping[int, int], committed: int) -> Iterator[Active]:
    """Points that share the alarm of a sector, of rules that run and from before their replay begins."""
    for point in points:
        if point.rule in specs:
            stood = Stood(point.rule, point.subject_kind, point.subject, point.severity, point.since)
            for alarm in seeds([stood], specs, begins, committed):
                yield structs.replace(alarm, extent=point.extent)


def _begun(register: Register, turned: Iterable[Turned], begins: NDArray[np.int64]) -> Iterator[Turned]:
    """Comparisons that began to hold before the replay of their points: the replay finds the others."""
    for each in turned:
        rows = register.rows(np.array(each.points, np.int64)).tolist()
        pairs = zip(rows, each.since, strict=True)
        kept = [place for place, (row, since) in enumerate(pairs) if row >= 0 and since < begins[row]]
        points, since, value = (tuple(column[place] for place in kept) for column in (each.points, each.since, each.value))
        yield structs.replace(each, points=points, since=since, value=value)


class _Receipts:
    """When readings of the past were received at the latest: nothing of a feed after the feed was heard last, or, of what was
    heard since that was stored, after the last commit.

    After an hour that came at once, as buffering stations send it, the next readings would otherwise be received in an hour, and
    their feed could fall silent unseen until then.
    """

    def __init__(self, register: Register, hearing: Hearing, committed: int) -> None:
        self._register = register
        self._latest = np.full(len(register.feed_id) + 1, committed)
        rows = register.feed_rows(hearing.feed)
        known = rows >= 0
        self._latest[rows[known]] = hearing.heard[known] if hearing.exact else np.maximum(hearing.heard[known], committed)

    def __call__(self, readings: Readings) -> Readings:
        feed = self._register.feed[self._register.rows(readings.point)]
        return replace(readings, received=np.minimum(readings.received, self._latest[feed]))


class Stood(NamedTuple):
    """An alarm as it is stored, of a rule that runs: µs, `severity` as it is now, `heard` and `ahead` of a silence, `learned`
    when it was known that it was raised."""

    version: int
    kind: SubjectKind
    subject: int | str
    severity: str
    raised: int
    returned: int | None = None
    heard: int | None = None
    ahead: int | None = None
    learned: int = 0


def _opened(alarm: Stood, spec: Spec) -> bool:
    """Whether a calendar may have told it long after it began."""
    return spec.calendar is not None and alarm.returned is None


def seeds(alarms: Iterable[Stood], specs: Mapping[int, Spec], begins: Mapping[int, int], committed: int) -> Iterator[Active]:
    """What an engine begins with, of alarms that stand or that others listen to.

    A silence that stands is ended by what is received after the last commit (µs) alone: all that was received before was judged.
    Those raised a little after the replay begins are taken as told, too: what made them may have begun before.
    """
    for alarm in alarms:
        spec, begin = specs[alarm.version], begins[alarm.version]
        if alarm.returned is not None and (isinstance(spec, OF_FACTS) or alarm.returned < begin):
            continue
        subject = alarm.version, alarm.kind, alarm.subject
        if isinstance(spec, Silence):
            # A replay tells when one ends, and not when it began.
            if alarm.returned is None:
                yield Active(*subject, spec.severity, alarm.heard or alarm.raised, committed, alarm.ahead)
        elif alarm.raised < begin + (0 if alarm.returned else unsettled(spec)) or _opened(alarm, spec):
            asof, lag = begin if isinstance(spec, Count) else 0, max(alarm.learned - alarm.raised, 0)
            yield Active(*subject, alarm.severity, alarm.raised, asof, lag=lag)
