"""The worst point of each sector: what a rule of points says as one alarm per sector, which names its worst point.

The rule goes on judging every point; here its moves become moves of the sector's alarm. That is raised with the first point,
takes the severity of the worst, is told anew when another of that severity goes further, and ends with the last. A point in no
sector keeps an alarm of its own.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial

import msgspec
import numpy as np
from numpy.typing import NDArray

from alarms.engine.derived import Derived
from alarms.engine.evidence import Evidence, Limited
from alarms.engine.facts import stable
from alarms.engine.ladders import Ladders
from alarms.engine.layout import LadderRow, ScopedRule
from alarms.engine.spec import RANK, Forecast, PointLimit, Rate, Spec, Threshold
from alarms.engine.telling import Keyed, Teller
from alarms.engine.transitions import Active, Kind, Transition
from assets.register import Register


class _Sector:
    """The alarm of one sector: the points that stand in it, what is told, and since when."""

    __slots__ = ("opened", "points", "shown", "whys")

    def __init__(self) -> None:
        self.points: dict[int, Active] = {}
        self.whys: dict[int, Evidence] = {}
        """Of each point that moved: why it stands as it does."""
        self.shown: str | None = None
        self.opened = 0

    def worst(self) -> Active | None:
        """The most severe that stands; of equals the one that went furthest."""
        return max(self.points.values(), key=lambda each: (RANK[each.severity], each.extent, -int(each.subject)), default=None)


OfSectors = Threshold | Rate | Forecast
"""Kinds that can be told of as one alarm per sector."""


class Summit:
    """Stands behind one rule. `as_now` is asked why a point (id) stands that stood before: by its newest reading."""

    def __init__(self, version: int, spec: OfSectors, register: Register, as_now: Callable[[int], Evidence]) -> None:
        self._version, self._register, self._as_now = version, register, as_now
        self._limits: dict[str, float | PointLimit] = {rung.severity: rung.limit for rung in spec.limits}
        self._sign = 1 if spec.direction == "above" else -1
        self._sectors: dict[str, _Sector] = {}

    def through(self, keyed: Iterable[Keyed]) -> Iterator[Keyed]:
        """The same moves, those of points in sectors as moves of these: in the engine's order, for points share an alarm."""
        for key, move in sorted(keyed, key=lambda pair: pair[0]):
            path = self._sector_of(int(move.subject))
            told = self._told(path, move) if path else move
            if told is not None:
                yield key, told

    def active(self) -> Iterator[Active]:
        for path, sector in self._sectors.items():
            if sector.shown is not None:
                yield Active(self._version, "sector", stable(path), sector.shown, sector.opened)

    def points(self) -> Iterator[Active]:
        """Those that stand in sectors: what no alarm tells, for an engine that is built anew."""
        for sector in self._sectors.values():
            yield from sector.points.values()

    def hold(self, standing: Iterable[Active]) -> None:
        """These stand of the rule: points, and the alarms of sectors that were told."""
        since = {}
        for alarm in standing:
            if alarm.subject_kind == "sector":
                since[alarm.subject] = alarm.since
            elif path := self._sector_of(int(alarm.subject)):
                self._sectors.setdefault(path, _Sector()).points[int(alarm.subject)] = alarm
        for path, sector in self._sectors.items():
            worst = sector.worst()
            sector.shown = None if worst is None else worst.severity
            sector.opened = since.get(stable(path), min(each.since for each in sector.points.values()))

    def speaks_for(self, point: int) -> bool:
        """Whether the alarm of a point is that of its sector."""
        return bool(self._sector_of(point))

    def now(self, newest: Callable[[int], float]) -> Iterator[tuple[str, int]]:
        """(sector, worst point): by how severe each stands, and how far the newest value of a point (id) goes; where nothing was
        derived yet, how far it went when it moved."""
        for path, sector in self._sectors.items():

            def far(each: Active) -> tuple[int, float, int]:
                point = int(each.subject)
                value = newest(point)
                beyond = each.extent if math.isnan(value) else self._beyond(point, each.severity, value)
                return RANK[each.severity], beyond, -point

            yield stable(path), int(max(sector.points.values(), key=far).subject)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _beyond(self, point: int, severity: str, value: float) -> float:
        """How far beyond its limit a value is: limits may be of the point itself, so that values of two do not compare."""
        limit = self._limits[severity]
        if isinstance(limit, PointLimit):
            limit = self._register.limits[limit.point].item(self._row(point))
        return self._sign * (value - limit)

    def _row(self, point: int) -> int:
        return int(self._register.rows(np.array([point], np.int64))[0])

    def _sector_of(self, point: int) -> str:
        register, row = self._register, self._row(point)
        return "" if row < 0 else register.sector.words[register.sector.code[register.asset[row]]]

    def _told(self, path: str, move: Transition) -> Transition | None:
        sector, point = self._sectors.setdefault(path, _Sector()), int(move.subject)
        before, known = sector.shown, sector.points.pop(point, None)
        sector.whys.pop(point, None)
        if move.kind != "clear":
            sector.whys[point] = move.evidence
            since = move.since if known is None else known.since
            value = move.evidence.value if isinstance(move.evidence, Limited) else 0.0
            beyond = self._beyond(point, move.severity, value)
            sector.points[point] = Active(self._version, "point", point, move.severity, since, extent=beyond)
        worst = sector.worst()
        sector.shown = None if worst is None else worst.severity
        if worst is None:
            del self._sectors[path]
            return None if before is None else self._move("clear", path, move, before, before, sector.opened, point, 0)
        if before is None:
            sector.opened = move.since
            return self._move("raise", path, move, worst.severity, None, move.since, point, 1)
        if worst.subject != point:
            if before == worst.severity:
                return None
            why = sector.whys.get(int(worst.subject)) or self._as_now(int(worst.subject))
            move = msgspec.structs.replace(move, since=worst.since, evidence=why)
        return self._move("change", path, move, worst.severity, before, move.since, int(worst.subject), len(sector.points))

    def _move(
        self, kind: Kind, path: str, of: Transition, severity: str, before: str | None, since: int, point: int, standing: int
    ) -> Transition:
        """A move of the sector's alarm because of that of a point."""
        evidence = of.evidence
        if isinstance(evidence, Limited):
            evidence = msgspec.structs.replace(evidence, point=point, standing=standing)
        return Transition(kind, self._version, "sector", stable(path), severity, before, of.at, since, of.learned, evidence)


class Summits:
    """All rules that speak of sectors, by their version. `point`: of each row of the ladders the register row of its point."""

    def __init__(
        self, register: Register, rules: Sequence[ScopedRule[Spec]], ladders: Ladders, teller: Teller, derived: Derived,
        point: NDArray[np.intp],
    ) -> None:  # fmt: skip
        self._register, self._point_id, self._ladders, self._teller = register, register.point_id[point], ladders, teller
        self._newest = derived.newest
        self._of = {
            rule.version: Summit(rule.version, rule.spec, register, partial(self._as_now, rule.version))
            for rule in rules
            if isinstance(rule.spec, OfSectors) and rule.spec.per == "sector"
        }
        self._derived = {rule.version for rule in rules if isinstance(rule.spec, Rate | Forecast)} & self._of.keys()
        self._row_of: dict[int, dict[int, LadderRow]] = {}
        """Of rules that derive what they judge: by version and point (id), the row of the ladders."""

    def _as_now(self, version: int, point: int) -> Evidence:
        layout = self._ladders.layout
        mine = np.flatnonzero(self._point_id[layout.row] == point)
        check = mine[layout.version[layout.rule[mine]] == version]
        ((_, told),) = self._teller.moves([self._ladders.standing(check)])
        return told.evidence

    def __bool__(self) -> bool:
        return bool(self._of)

    def through(self, keyed: Iterable[Keyed]) -> list[Keyed]:
        """All moves, those of these rules as moves of sectors."""
        told: list[Keyed] = []
        mine: defaultdict[int, list[Keyed]] = defaultdict(list)
        for pair in keyed:
            (mine[pair[1].rule] if pair[1].rule in self._of else told).append(pair)
        for version, moves in mine.items():
            told += self._of[version].through(moves)
        return told

    def speaks_for(self, alarm: Active) -> bool:
        """Whether an alarm is one of a point that its rule tells of by the alarm of its sector."""
        return alarm.rule in self._of and alarm.subject_kind == "point" and self._of[alarm.rule].speaks_for(int(alarm.subject))

    def active(self) -> Iterator[Active]:
        for each in self._of.values():
            yield from each.active()

    def points(self) -> Iterator[Active]:
        for each in self._of.values():
            yield from each.points()

    def hold(self, standing: Collection[Active]) -> None:
        for version, each in self._of.items():
            each.hold(alarm for alarm in standing if alarm.rule == version)

    def now(self, newest: NDArray[np.float64]) -> Iterator[tuple[int, str, int]]:
        """(version, sector, worst point) of each alarm that stands. `newest`: what points read, by register row."""

        def reads(point: int) -> float:
            return newest.item(self._register.rows(np.array([point], np.int64)).item())

        for version, each in self._of.items():
            for path, point in each.now(partial(self._derives, version) if version in self._derived else reads):
                yield version, path, point

    def _derives(self, version: int, point: int) -> float:
        """What a rule derived last of a point."""
        if version not in self._row_of:
            layout = self._ladders.layout
            rows = layout.row[layout.version[layout.rule] == version]
            self._row_of[version] = dict(zip(self._point_id[rows].tolist(), rows.tolist(), strict=True))
        return self._newest(self._row_of[version][point])
