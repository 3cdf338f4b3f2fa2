"""An engine that is built anew at some instant as the correlator does it, from what is stored by then; held in memory here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from alarms.correlation.replay import Beginnings, Kept, Past, Stood, replay
from alarms.engine import APPLIED, LATE, Engine, Transition
from alarms.engine.facts import Happening
from alarms.engine.latent import pack, unpack
from alarms.engine.layout import ScopedRule
from alarms.engine.silence import Hearing
from alarms.pseudonyms import Pseudonyms
from alarms.site.interleaving import interleaved
from assets.log import Event as Stored
from assets.newest import Newest
from assets.readings import Readings
from assets.register import Register
from tests.engine.wide_worlds import Event, WideScript, WideWorld
from tests.engine.worlds import START, Reading, Wait

SECOND, MINUTE = 1_000_000, 60_000_000
PATIENCE = 11 * SECOND
"""By how much the time of rules is behind what was received: more than the scripts receive things out of order."""
OFTEN = 5 * SECOND


class _Plain(Pseudonyms):
    """Nothing is personal here: the key of a pseudonym is in the database."""

    def kept(self, kind: str, attributes: Mapping[str, object], at: int) -> None:
        return None


NOBODY = _Plain(0, {})
NAMES = ("kind", "rule", "subject_kind", "subject", "severity", "previous", "at")


@dataclass
class Memory(Past):
    """What PostgreSQL would have of a site. `committed` µs: up to when time has passed for the rules."""

    inventory: Register
    committed: int = START - PATIENCE
    readings: list[tuple[int, int, float, int, int]] = field(default_factory=list)
    events: list[tuple[int, Stored]] = field(default_factory=list)
    told: list[Stood] = field(default_factory=list)
    newest: Readings = field(default_factory=Readings.empty)
    hearing: Hearing | None = None
    late: set[tuple[int, int]] = field(default_factory=set)
    """Point and instant of what was stored and not judged: that it came late is not stored."""
    misled: bool = False
    """Whether what is older than the replay came so late that it is told in another order than it came in, or taken for the
    newest of its point."""

    def tell(self, moves: Sequence[Transition]) -> None:
        """As if whoever sees an alarm acknowledged it at once: each is closed when it returns."""
        for move in moves:
            key = (move.rule, move.subject_kind, move.subject)
            place = next((i for i, each in enumerate(self.told) if each[:3] == key and each.returned is None), None)
            if move.kind == "clear":
                if place is not None:
                    self.told[place] = self.told[place]._replace(returned=move.at)
                continue
            heard, ahead = getattr(move.evidence, "heard", None), getattr(move.evidence, "ahead", None)
            if place is None:
                self.told.append(Stood(*key, move.severity, move.at, None, heard, ahead, move.learned))
            else:
                self.told[place] = self.told[place]._replace(severity=move.severity)

    # -- what is asked ----------------------------------------------------------------------------------------------

    def latest(self) -> Readings:
        return self.newest

    def windows(self, rules: Sequence[ScopedRule], begins: NDArray[np.int64], base: int) -> Iterator[Readings]:
        return iter(())  # those of these worlds are shorter than the replay

    def before(self, latest: Readings, begins: NDArray[np.int64], asked: NDArray[np.intp]) -> Readings:
        rows = self.inventory.rows(latest.point)
        entered = latest.at < begins[rows]
        found = [latest.take(entered)]
        for row in set(asked.tolist()) & set(rows[~entered].tolist()):
            point = int(self.inventory.point_id[row])
            of = [each for each in self.readings if each[0] == point and each[1] < begins[row] and each[3] < 2]
            if of:
                last = max(of, key=lambda each: each[1])
                found.append(Readings.of([point], [last[1]], [last[2]], last[3], [last[1]]))
                self.misled |= (point, last[1]) in self.late
        return Readings.concatenate(found)

    def alarms(self, begins: Mapping[int, int], heard: frozenset[int]) -> list[Stood]:
        first = min(begins.values(), default=0)
        return [
            each for each in self.told
            if each.returned is None or (each.version in heard and each.returned >= first)
        ]  # fmt: skip

    def steps(self, begins: Beginnings, kinds: Sequence[str], newest: Newest) -> Iterator[tuple[Readings, list[Happening]]]:
        events = [each for each in self.events if each[1].received >= begins.events and each[1].kind in kinds]
        events.sort(key=lambda each: each[1].received)
        return interleaved(self._batches(begins, newest), events, NOBODY, "received")

    def _batches(self, begins: Beginnings, newest: Newest) -> Iterator[Readings]:
        so_far: dict[int, int] = {}
        in_replay = [each[1] >= begins.start for each in self.readings]
        if True in in_replay:  # what is older than the replay is told before it, in whichever order it came
            self.misled |= False in in_replay[in_replay.index(True) :]
        for begin, end, rows in begins.segments():
            asked = None if rows is None else set(self.inventory.point_id[rows].tolist())
            chosen = [
                each for each in self.readings
                if begin <= each[1] < (end or math.inf) and (asked is None or each[0] in asked)
            ]  # fmt: skip
            for point, at, *_ in chosen:
                self.misled |= (point, at) in self.late and at > so_far.get(point, 0)
                so_far[point] = max(at, so_far.get(point, 0))
            for first in range(0, len(chosen), 7):
                point, at, value, quality, _ = zip(*chosen[first : first + 7], strict=True)
                batch = Readings.of(point, at, value, quality)
                rows_of = self.inventory.rows(batch.point)
                yield Readings(batch.point, batch.at, batch.value, batch.quality, batch.at + newest.lag(rows_of))


class Desk:
    """One engine at work as the judge has it: its readings, events and time, and what of them is stored."""

    def __init__(self, world: WideWorld) -> None:
        self.world, self.engine = world, world.engine()
        self.register = self.engine.register
        self.memory = Memory(self.register)
        self.newest = Newest(len(self.register))
        self.time = START - PATIENCE

    def play(self, script: WideScript) -> list[Transition]:
        """Each run of readings and events is a batch of the log; gives all that was told."""
        told, readings, events = [], [], []
        for entry in script:
            if isinstance(entry, Reading | Event):
                (readings if isinstance(entry, Reading) else events).append((len(readings), entry))
                if entry.cut:
                    told += self._batch([each for _, each in readings], events)
                    readings, events = [], []
                continue
            told += self._batch([each for _, each in readings], events)
            readings, events = [], []
            if isinstance(entry, Wait):
                told += self._pass(entry.now - PATIENCE, [])
            else:
                told += self._pass(entry.received - PATIENCE, self.engine.hear(entry.feed, entry.received))
        return told + self._batch([each for _, each in readings], events)

    def _batch(self, readings: Sequence[Reading], events: Sequence[tuple[int, Event]]) -> list[Transition]:
        if not readings and not events:
            return []
        told = []
        for _, event in events:
            told += self.engine.hear(event.feed, event.received)
            stored = Stored(f"a{event.asset or 0}", event.at, event.received, event.kind, event.asset, dict(event.attributes))
            self.memory.events.append((event.feed, stored))
        rows = [(each.point, each.at, each.value, each.quality, each.received) for each in readings]
        batch = Readings.of(*zip(*rows, strict=True)) if rows else Readings.empty()
        happened = [
            Happening(place, e.feed, e.asset, f"a{e.asset or 0}", e.at, e.received, e.kind, e.attributes) for place, e in events
        ]
        step = self.engine.apply(batch, happened)
        known = self.register.rows(batch.point)
        for place, verdict in enumerate(step.sorting.verdict.tolist()):
            if verdict in (APPLIED, LATE) and known[place] >= 0:
                self.memory.readings.append(rows[place])
            if verdict == LATE:
                self.memory.late.add(rows[place][:2])
        applied = np.flatnonzero(step.sorting.verdict == APPLIED)
        self.newest.note(known[applied], batch.take(applied))
        received = [each.received for each in readings] + [each.received for _, each in events]
        return self._pass(max(received) - PATIENCE, [*told, *step.transitions])

    def _pass(self, time: int, told: list[Transition]) -> list[Transition]:
        told = list(told)
        while True:  # it never sleeps for long
            self.time = min(max(time, self.time), self.time + OFTEN)
            told += self.engine.advance(self.time)
            if self.time >= time:
                break
        self.memory.tell(told)
        self.memory.committed = self.time
        return told

    def hand_over(self) -> None:
        """What is stored now and then."""
        rows = np.flatnonzero(self.newest.at)
        ids, newest = self.register.point_id[rows], self.newest
        self.memory.newest = Readings(ids, newest.at[rows], newest.value[rows], newest.quality[rows], newest.received[rows])
        self.memory.hearing = self.engine.hearing()

    def anew(self) -> Desk:
        """Another, whose engine is built from what is stored of this one; this one goes on."""
        self.hand_over()
        other = Desk(self.world)
        memory, minute = self.memory, self.memory.committed // MINUTE * MINUTE
        for _ in replay(
            other.engine,
            memory,
            Kept(memory.hearing, unpack(pack(self.engine.latent(self.newest.value)))),
            memory.committed,
            minute,
            other.newest,
        ):
            pass
        other.time = self.time
        return other


def put(moves: Sequence[Transition]) -> list[tuple]:
    """What is compared of moves: all but the evidence, and when it was learned."""
    return [tuple(getattr(move, name) for name in NAMES) for move in moves]


def stands(engine: Engine) -> set[tuple]:
    return {(each.rule, each.subject_kind, each.subject, each.severity) for each in engine.active()}
