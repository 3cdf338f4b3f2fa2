"""The rules as a person would follow them: one reading at a time, plain dictionaries, no columns, no shortcuts.

The engine must agree with this to the last field. Read it next to docs/reference/rules/; when the two disagree with
what an operator needs, change this file first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from alarms.engine.spec import RANK, PointLimit, Silence, Spec, State, Threshold
from alarms.engine.transitions import Active, SilenceEvidence, StateEvidence, ThresholdEvidence, Transition

SECOND = 1_000_000
FIVE_MINUTES = 300 * SECOND
LONG_AGO = -(2**63)


@dataclass
class Point:
    """A point of the pretend register; `limits` are its own limits by name."""

    id: int
    asset: int
    feed: int
    interval: int
    limits: Mapping[str, float] = field(default_factory=dict)
    counter: bool = False
    plausible: tuple[float, float] = (-math.inf, math.inf)
    newest: int = LONG_AGO
    heard: int = LONG_AGO
    value: float = math.nan
    value_at: int = 0

    @property
    def lag(self) -> int:
        return max(0, self.heard - self.newest)


@dataclass
class Level:
    """One rung of one rule on one point."""

    severity: str
    limit: float
    clear: float
    codes: tuple[float, ...] = ()
    phase: str = "idle"
    began: int = 0
    ended: int = 0
    mark: float = 0.0

    @property
    def counts(self) -> bool:
        return self.phase in ("held", "falling")


@dataclass
class Ladder:
    """One rule on one point."""

    version: int
    spec: Threshold | State
    point: Point
    levels: list[Level]
    severity: str | None = None
    opened: int = 0

    def begins(self, level: Level, value: float) -> bool:
        if isinstance(self.spec, State):
            return self._severity_of(value) >= RANK[level.severity]
        return value > level.limit if self.spec.direction == "above" else value < level.limit

    def ends(self, level: Level, value: float) -> bool:
        if isinstance(self.spec, State):
            return not self.begins(level, value)
        if math.isnan(level.limit):
            return True
        return value < level.clear if self.spec.direction == "above" else value > level.clear

    def _severity_of(self, value: float) -> int:
        return max((RANK[rung.severity] for rung in self.spec.values if value in rung.codes), default=0)

    def settle(self, until: int, learned: int, reading: tuple[float, int] | None = None) -> list[Transition]:
        """End the delays that are over, instant by instant; `reading`: newest value and instant, if not the point's."""
        told = []
        value, value_at = reading or (self.point.value, self.point.value_at)
        while True:
            ends = {id(level): self._delay_ends(level) for level in self.levels if level.phase in ("rising", "falling")}
            over = [instant for instant in ends.values() if instant <= until]
            if not over:
                return told
            instant = min(over)
            for level in self.levels:
                if ends.get(id(level)) == instant:
                    level.phase = "held" if level.phase == "rising" else "idle"
            told += self._tell(instant, learned, value, value_at)

    def _delay_ends(self, level: Level) -> int:
        if level.phase == "rising":
            return level.began + round(self.spec.on_delay * SECOND)
        return level.ended + round(self.spec.off_delay * SECOND)

    def read(self, at: int, value: float, received: int) -> list[Transition]:
        told = self.settle(at - 1, received)
        for level in self.levels:
            begins, ends = self.begins(level, value), self.ends(level, value)
            if level.phase == "idle" and begins:
                level.phase, level.began, level.mark = "rising", at, value
            elif level.phase == "rising" and not begins:
                level.phase = "idle"
            elif level.phase == "held" and ends:
                level.phase, level.ended, level.mark = "falling", at, value
            elif level.phase == "falling" and not ends:
                level.phase = "held"
            if level.phase == "rising" and not self.spec.on_delay:
                level.phase = "held"
            if level.phase == "falling" and not self.spec.off_delay:
                level.phase = "idle"
        told += self._tell(at, received, value, at)
        # A delay that ends at this very instant ends after what was read at it.
        return told + self.settle(at, received, (value, at))

    def _tell(self, at: int, learned: int, value: float, value_at: int) -> list[Transition]:
        counting = [level for level in self.levels if level.counts]
        highest = max(counting, key=lambda level: RANK[level.severity], default=None)
        before, after = self.severity, highest.severity if highest else None
        if before == after:
            return []
        self.severity = after
        upward = RANK.get(after, 0) > RANK.get(before, 0)
        by_severity = {level.severity: level for level in self.levels}
        explains = by_severity[after if upward else before]
        if before is None:
            self.opened = highest.began
        first_at = explains.began if upward else explains.ended
        delay = round((self.spec.on_delay if upward else self.spec.off_delay) * SECOND)
        if isinstance(self.spec, State):
            evidence = StateEvidence(value, value_at, explains.codes, explains.mark, first_at, delay)
        else:
            evidence = ThresholdEvidence(
                self.spec.direction,
                value,
                value_at,
                explains.limit if upward else explains.clear,
                explains.mark,
                first_at,
                delay,
                self.spec.deadband,
            )
        return [
            Transition(
                "raise" if before is None else "change" if after else "clear",
                self.version,
                "point",
                self.point.id,
                after or before,
                before,
                at,
                highest.began if highest else self.opened,
                learned,
                evidence,
            )
        ]


@dataclass
class Watch:
    """One silence rule on one asset or feed."""

    version: int
    spec: Silence
    subject: int
    points: list[Point]
    interval: int
    period: int
    silent: bool = False
    since: int = 0

    def move(self, kind: str, at: int, learned: int) -> Transition:
        evidence = SilenceEvidence(self.spec.of, self.since, self.period, self.interval, self.spec.factor, len(self.points))
        previous = None if kind == "raise" else self.spec.severity
        return Transition(
            kind, self.version, self.spec.of, self.subject, self.spec.severity, previous, at, self.since, learned, evidence
        )


class Oracle:
    """Same questions as Engine, one reading at a time."""

    def __init__(
        self,
        points: Sequence[Point],
        feeds: Mapping[int, int],
        rules: Sequence[tuple[int, Spec, Sequence[int]]],
        started: int,
    ) -> None:
        self.points = {point.id: point for point in points}
        self.started = started
        self.feed_heard = dict.fromkeys(feeds, LONG_AGO)
        self.resumed = dict.fromkeys(feeds, LONG_AGO)
        self.ladders = [
            _ladder(version, spec, point)
            for point in points
            for version, spec, members in rules
            if point.id in members and isinstance(spec, Threshold | State)
        ]
        self.derived: list[Ladder] = []
        """Ladders over values that are derived from readings; tests/engine/oracle_wide.py."""
        self.feed_watches: list[Watch] = []
        self.asset_watches: list[Watch] = []
        for version, spec, members in rules:
            if isinstance(spec, Silence):
                self._watch(version, spec, [self.points[m] for m in members], feeds)
        self.counts = dict.fromkeys(("applied", "late", "duplicate", "future", "unknown"), 0)

    def _watch(self, version: int, spec: Silence, members: list[Point], feeds: Mapping[int, int]) -> None:
        for subject in sorted({getattr(point, spec.of) for point in members}):
            points = [point for point in members if getattr(point, spec.of) == subject]
            rhythms = [feeds[subject]] if spec.of == "feed" else [point.interval for point in points]
            rhythms = [rhythm for rhythm in rhythms if rhythm > 0]
            if rhythms:
                period = max(round(min(rhythms) * spec.factor), round(spec.minimum * SECOND))
                watches = self.feed_watches if spec.of == "feed" else self.asset_watches
                watches.append(Watch(version, spec, subject, points, min(rhythms), period))

    # -- readings

    def read(self, point_id: int, at: int, value: float, quality: int, received: int) -> list[Transition]:
        point = self.points.get(point_id)
        if point is None:
            self.counts["unknown"] += 1
            return []
        told = self._feed_spoke(point.feed, received)
        if at > received + FIVE_MINUTES:
            verdict = "future"
        elif at == point.newest:
            verdict = "duplicate"
        else:
            verdict = "late" if at < point.newest else "applied"
        self.counts[verdict] += 1
        self.feed_heard[point.feed] = max(self.feed_heard[point.feed], received)
        if verdict != "applied":
            return told
        point.newest, point.heard = at, received
        for watch in self.asset_watches:
            if watch.silent and point in watch.points and received > watch.since:
                watch.silent = False
                told.append(watch.move("clear", received, received))
        if quality == 2 or not math.isfinite(value):
            return told
        moves = []
        for ladder in self.ladders:
            if ladder.point is point:
                moves += ladder.read(at, value, received)
        point.value, point.value_at = value, at
        for ladder in self.derived:
            if ladder.source is point:
                moves += ladder.take(at, value, received)
        return told + sorted(moves, key=lambda move: move.at)

    def hear(self, feed: int, received: int) -> list[Transition]:
        self.feed_heard[feed] = max(self.feed_heard[feed], received)
        return self._feed_spoke(feed, received)

    def _feed_spoke(self, feed: int, received: int) -> list[Transition]:
        told = []
        for watch in self.feed_watches:
            if watch.silent and watch.subject == feed and received > watch.since:
                watch.silent = False
                self.resumed[feed] = received
                told.append(watch.move("clear", received, received))
        return told

    # -- time

    @property
    def unknown_feeds(self) -> frozenset[int]:
        return frozenset(watch.subject for watch in self.feed_watches if watch.silent)

    def advance(self, now: int) -> list[Transition]:
        feeds = []
        for watch in self.feed_watches:
            base = max(self.feed_heard[watch.subject], self.started)
            if not watch.silent and base + watch.period <= now:
                watch.silent, watch.since = True, base
                feeds.append(watch.move("raise", base + watch.period, now))
        assets = []
        for watch in self.asset_watches:
            base = max([self.started, *(max(p.heard, self.resumed[p.feed]) for p in watch.points)])
            term = base + watch.period
            if not watch.silent and term <= now and not any(self._doubtful(p.feed, term) for p in watch.points):
                watch.silent, watch.since = True, base
                assets.append(watch.move("raise", term, now))
        delays = []
        for ladder in (*self.ladders, *self.derived):
            if ladder.point.feed not in self.unknown_feeds:
                delays += ladder.settle(now - ladder.point.lag, now)
        return [move for part in (feeds, assets, delays) for move in sorted(part, key=lambda move: move.at)]

    def _doubtful(self, feed: int, term: int) -> bool:
        """A watched feed that is silent, or has not said anything since the term: perhaps it is the feed that died."""
        if not any(watch.subject == feed for watch in self.feed_watches):
            return False
        return feed in self.unknown_feeds or self.feed_heard[feed] < term

    def active(self) -> list[Active]:
        standing = [
            Active(x.version, "point", x.point.id, x.severity, x.opened) for x in (*self.ladders, *self.derived) if x.severity
        ]
        standing += [
            Active(watch.version, watch.spec.of, watch.subject, watch.spec.severity, watch.since)
            for watch in (*self.feed_watches, *self.asset_watches)
            if watch.silent
        ]
        return sorted(standing, key=lambda alarm: (alarm.rule, alarm.subject_kind, alarm.subject))


def flag_past(moves: list[Transition]) -> list[bool]:
    """Of the moves of one step: which belong to an alarm that began and ended in it, both over five minutes ago."""
    flags = [False] * len(moves)
    for i, begun in enumerate(moves):
        if begun.kind != "raise" or not begun.at < begun.learned - FIVE_MINUTES:
            continue
        same = [
            j for j in range(i, len(moves))
            if (moves[j].rule, moves[j].subject_kind, moves[j].subject) == (begun.rule, begun.subject_kind, begun.subject)
        ]  # fmt: skip
        ends = [j for j in same if moves[j].kind == "clear"]
        if ends and all(moves[j].at < moves[j].learned - FIVE_MINUTES for j in same if j <= ends[0]):
            for j in same:
                flags[j] = flags[j] or j <= ends[0]
    return flags


def on_paper(number: float, more: float) -> float:
    """The sum of two numbers as they are written, which that of their floats may miss by a hair."""
    return number if math.isnan(number) or not more else float(Decimal(repr(float(number))) + Decimal(repr(float(more))))


def _ladder(version: int, spec: Threshold | State, point: Point) -> Ladder:
    if isinstance(spec, State):
        levels = [Level(rung.severity, 0, 0, rung.codes) for rung in spec.values]
        return Ladder(version, spec, point, levels)

    def of(limit: float | PointLimit) -> float:
        return point.limits.get(limit.point, math.nan) if isinstance(limit, PointLimit) else limit

    outward = 1 if spec.direction == "above" else -1
    levels = []
    for rung in spec.limits:
        limit = of(rung.limit)
        clear = on_paper(limit, -outward * spec.deadband) if rung.clear is None else of(rung.clear)
        if math.isnan(limit) or math.isnan(clear):
            limit = clear = math.nan
        elif outward * clear > outward * limit:
            clear = limit
        levels.append(Level(rung.severity, limit, clear))
    return Ladder(version, spec, point, levels)
