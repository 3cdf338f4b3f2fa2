"""Compilation: typed rules and the rows in their scope become checks, laid out row by row (CSR)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, NewType, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from alarms.engine.faults import Fault, Trouble
from alarms.engine.figures import all_less, less
from alarms.engine.spec import RANK, Codes, Limit, PointLimit, Spec, State, Threshold
from alarms.engine.wording import Severity
from assets.register import Register

SECOND = 1_000_000

LadderRow = NewType("LadderRow", int)
"""A row that is judged by ladders: those of points, and after them one for each pair of a rule and a point it derives from."""
CheckRow = NewType("CheckRow", int)
"""A pair of a ladder rule and a ladder row: an alarm, when it stands."""

WatchRow = NewType("WatchRow", int)
"""A pair of a silence rule and a subject it listens to: an alarm, while that is silent."""

SpecT = TypeVar("SpecT", covariant=True)
OtherT = TypeVar("OtherT")


@dataclass(frozen=True, slots=True, eq=False)
class ScopedRule(Generic[SpecT]):
    """A rule version with what is in its scope. Raises ValueError when a row is given twice.

    rows     register rows of the points in scope, int32; of a rule on derived values, rows of the ladders
    slug     the rule's name, by which other rules speak of its alarms
    assets   register rows of the assets in scope, int32 (those of `rows` when None): assets may report events and have no point
    """

    version: int
    spec: SpecT
    rows: NDArray[np.int32]
    slug: str = ""
    assets: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        if len(np.unique(self.rows)) != len(self.rows):
            raise ValueError(f"rule version {self.version} has a row twice in its scope")

    def asset_rows(self, register: Register) -> NDArray[np.int32]:
        """Register rows of the assets in scope, ascending."""
        return np.unique(register.asset[self.rows] if self.assets is None else self.assets)


def of_kinds(rules: Iterable[ScopedRule[object]], *kinds: type[OtherT]) -> list[ScopedRule[OtherT]]:
    """The rules of some kinds, in order."""
    return [cast("ScopedRule[OtherT]", rule) for rule in rules if isinstance(rule.spec, kinds)]


class CompileError(ValueError):
    """A rule that is well written but cannot run here: which version, and why."""

    def __init__(self, version: int, path: str, fault: Fault, **fields: object) -> None:
        self.version, self.trouble = version, Trouble(path, fault, fields)
        super().__init__(f"rule version {version}: {self.trouble}")

    @property
    def path(self) -> str:
        return self.trouble.path

    @property
    def reason(self) -> str:
        return self.trouble.reason


class UnknownLimit(CompileError):
    """A rule names a limit that no point of the register has."""

    def __init__(self, version: int, name: str) -> None:
        super().__init__(version, "limits", Fault.NO_LIMIT, limit=name)
        self.name = name


class Rung(NamedTuple):
    severity: Severity


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison that other rules ask about, as a ladder of two levels: its value is *known*, and it is *true*.

    It runs among the thresholds and shares their quiet bands, so that a reading that changes no answer costs nothing.
    """

    above: float | None = None
    below: float | None = None
    codes: tuple[float, ...] | None = None
    deadband: float = 0.0
    on_delay: float = 0.0
    off_delay: float = 0.0


Judged = Threshold | State | Atom
"""What ladders judge."""

KNOWN, TRUE = RANK["low"], RANK["medium"]
"""What the ranks of an atom mean; 0 is: nothing was read yet."""
_ATOM = [Rung("low"), Rung("medium")]


class ChecksOf(NamedTuple):
    """Checks of some rows: their indices, for each the place of its row among those rows, and where each row's start.

    Then what the layout says of each, and the places of those of states among them.
    """

    check: NDArray[np.int64]
    owner: NDArray[np.int64]
    starts: NDArray[np.int64]
    rule: NDArray[np.intp]
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    sign: NDArray[np.float64]
    states: NDArray[np.intp]


def members(
    start: NDArray[np.int64], rows: NDArray[np.integer]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """What belongs to some rows, those of row r being start[r]:start[r + 1].

    Gives the members, row after row; for each the place of its row among `rows`; and where those of each row begin.
    """
    first = start.take(rows)
    count = start.take(rows + 1) - first
    starts = count.cumsum() - count
    owner = np.arange(len(rows)).repeat(count)
    return np.arange(len(owner)) + (first - starts).take(owner), owner, starts


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Checks of the ladder rules: C checks, R rules, at most L levels, sorted by row and then by rule.

    Every level is brought to one form: it begins when x > up and ends when x < down, where x is
      threshold above   the value            below   the value with its sign turned, limits too
      state             the rank of the value's rung (0 when it is in none), so up = down = rung - 0.5: a code of one
                        severity also holds the lower ones, and moving between codes changes the alarm, not ends it
    A level that does not apply has up = +inf (never begins) and down = +inf (ends at the next reading).

    A state's codes cut the values into cells, each code one and each gap between them one: cell j lies from
    cell_low[j] to cell_high[j], both included, and its rung is cell_rung[j]. The last cell stands for "no value yet".

    per rule   version, on_delay µs, off_delay µs, rank uint8 (R, L; 0: no such level), edges float64 (R, J: where cells 1…
               begin, +inf padded), cell_low, cell_high, cell_rung float64 (R, J + 2)
    per check  rule intp, row intp, up and down float64 (C, L), sign float64, is_state bool, instant int8 (bit 1: no
               on-delay, bit 0: no off-delay)
    per row    start int64 (n + 1): the checks of row r are start[r]:start[r + 1]
    """

    rules: tuple[ScopedRule[Judged], ...]
    version: NDArray[np.int64]
    on_delay: NDArray[np.int64]
    off_delay: NDArray[np.int64]
    rank: NDArray[np.uint8]
    edges: NDArray[np.float64]
    cell_low: NDArray[np.float64]
    cell_high: NDArray[np.float64]
    cell_rung: NDArray[np.float64]
    rule: NDArray[np.intp]
    row: NDArray[np.intp]
    up: NDArray[np.float64]
    down: NDArray[np.float64]
    sign: NDArray[np.float64]
    is_state: NDArray[np.bool_]
    instant: NDArray[np.int8]
    start: NDArray[np.int64]

    @property
    def levels(self) -> int:
        return int(self.up.shape[1])

    def checks_of(self, rows: NDArray[np.integer]) -> ChecksOf:
        """All checks of some rows, row after row."""
        check, owner, starts = members(self.start, rows)
        return ChecksOf(
            check, owner, starts, self.rule.take(check), self.up.take(check, axis=0), self.down.take(check, axis=0),
            self.sign.take(check), self.is_state.take(check).nonzero()[0],
        )  # fmt: skip

    def bounds(
        self, check: NDArray[np.int64], level: NDArray[np.int64], upward: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """What explains that checks moved at a level: the limit, as it is written, and the delay (µs)."""
        rule = self.rule[check]
        limit = self.sign[check] * np.where(upward, self.up[check, level], self.down[check, level])
        return limit, np.where(upward, self.on_delay[rule], self.off_delay[rule])

    def level_of(self, check: CheckRow, value: float) -> int | None:
        """The highest level of a check that a value begins, delays apart; None for none, and for a value that is no number."""
        rule = self.rule[check]
        x = value * self.sign[check]
        if self.is_state[check]:
            x = self.cell_rung[rule, np.count_nonzero(self.edges[rule] <= value)]
        begun = np.where(x > self.up[check], self.rank[rule], 0)
        return int(begun.argmax()) if begun.any() else None


@dataclass(frozen=True, slots=True, eq=False)
class LadderPoints:
    """What is laid out over. Per row the register row of its point, intp, and its own limits by name, float64."""

    point: NDArray[np.intp]
    limits: Mapping[str, NDArray[np.float64]]

    def __len__(self) -> int:
        return len(self.point)

    @classmethod
    def of(cls, register: Register, more: NDArray[np.intp]) -> LadderPoints:
        """One row for each point, and then one for each of `more` (point rows)."""
        point = np.concatenate((np.arange(len(register)), more))
        return cls(point, {name: column[point] for name, column in register.limits.items()})


def lay_out(rows: LadderPoints, rules: Sequence[ScopedRule[Spec | Atom]]) -> Layout:
    """Lay out the threshold and state rules and the atoms among `rules`. Raises UnknownLimit."""
    ladders: list[ScopedRule[Judged]] = of_kinds(rules, Threshold, State, Atom)
    rungs = [_rungs(rule.spec) for rule in ladders]
    levels = max((len(ladder) for ladder in rungs), default=1)
    count = len(ladders)
    rank = np.zeros((count, levels), np.uint8)
    for index, ladder in enumerate(rungs):
        rank[index, : len(ladder)] = [RANK[rung.severity] for rung in ladder]
    edges, cell_low, cell_high, cell_rung = _cells(ladders)
    on_delay = np.array([round(each.spec.on_delay * SECOND) for each in ladders], np.int64)
    off_delay = np.array([round(each.spec.off_delay * SECOND) for each in ladders], np.int64)

    rule = np.repeat(np.arange(count), [len(each.rows) for each in ladders])
    row = np.concatenate([np.empty(0, np.int32), *(each.rows for each in ladders)]).astype(np.intp)
    up = np.full((len(row), levels), np.inf)
    down = np.full((len(row), levels), np.inf)
    at = 0
    for each in ladders:
        _fill(rows, each, up[at : at + len(each.rows)], down[at : at + len(each.rows)])
        at += len(each.rows)
    order = np.argsort(row, kind="stable")
    rule, row = rule[order], row[order]
    return Layout(
        rules=tuple(ladders),
        version=np.array([each.version for each in ladders], np.int64),
        on_delay=on_delay,
        off_delay=off_delay,
        rank=rank,
        edges=edges,
        cell_low=cell_low,
        cell_high=cell_high,
        cell_rung=cell_rung,
        rule=rule,
        row=row,
        up=up[order],
        down=down[order],
        sign=np.array([_sign(each.spec) for each in ladders], np.float64)[rule],
        is_state=np.array([_coded(each.spec) for each in ladders], np.bool_)[rule],
        instant=((on_delay == 0) * 2 + (off_delay == 0)).astype(np.int8)[rule],
        start=np.concatenate(([0], np.cumsum(np.bincount(row, minlength=len(rows))))).astype(np.int64),
    )


def _rungs(spec: Judged) -> Sequence[Limit | Codes | Rung]:
    """Weakest first."""
    if isinstance(spec, Atom):
        return _ATOM
    return _limits(spec) if isinstance(spec, Threshold) else _values(spec)


def _limits(spec: Threshold) -> list[Limit]:
    return sorted(spec.limits, key=lambda rung: RANK[rung.severity])


def _values(spec: State) -> list[Codes]:
    return sorted(spec.values, key=lambda rung: RANK[rung.severity])


def _coded(spec: Judged) -> bool:
    return isinstance(spec, State) or (isinstance(spec, Atom) and spec.codes is not None)


def _sign(spec: Judged) -> float:
    if isinstance(spec, Atom):
        return 1.0 if spec.below is None else -1.0
    return -1.0 if isinstance(spec, Threshold) and spec.direction == "below" else 1.0


def _codes(spec: Judged) -> list[tuple[float, int]]:
    """(code, rung) in the order of codes."""
    if isinstance(spec, Atom):
        return [(code, 1) for code in sorted(set(spec.codes or ()))]
    if isinstance(spec, Threshold):
        return []
    return sorted((code, rung) for rung, each in enumerate(_values(spec), start=1) for code in each.codes)


def _cells(ladders: Sequence[ScopedRule[Judged]]) -> tuple[NDArray[np.float64], ...]:
    """edges, cell_low, cell_high and cell_rung of a Layout."""
    ladders_of_codes = [_codes(rule.spec) for rule in ladders]
    width = 2 * max(map(len, ladders_of_codes), default=0)
    shape = (len(ladders), width + 2)
    edges = np.full((len(ladders), width), np.inf)
    low, high, rung_of = np.full(shape, np.inf), np.full(shape, -np.inf), np.zeros(shape)
    for index, codes in enumerate(ladders_of_codes):
        low[index, 0] = -np.inf
        for place, (code, rung) in enumerate(codes):
            edges[index, 2 * place : 2 * place + 2] = code, np.nextafter(code, np.inf)
            low[index, 2 * place + 1 : 2 * place + 3] = code, np.nextafter(code, np.inf)
            high[index, 2 * place : 2 * place + 2] = np.nextafter(code, -np.inf), code
            rung_of[index, 2 * place + 1] = rung
        high[index, 2 * len(codes)] = np.inf
    return edges, low, high, rung_of


def _fill(rows: LadderPoints, rule: ScopedRule[Judged], up: NDArray[np.float64], down: NDArray[np.float64]) -> None:
    spec = rule.spec
    if isinstance(spec, Atom):
        begins = _begins(spec)
        up[:, 0] = down[:, 0] = -np.inf
        up[:, 1], down[:, 1] = begins, less(begins, spec.deadband)
        return
    if isinstance(spec, State):
        up[:, : len(spec.values)] = down[:, : len(spec.values)] = np.arange(len(spec.values)) + 0.5
        return
    for level, rung in enumerate(_limits(spec)):
        limit, clear = _limits_of_points(rows, rule, spec, rung)
        usable = np.isfinite(limit) & np.isfinite(clear)
        up[:, level] = np.where(usable, limit, np.inf)
        # A point's own clear limit may lie beyond its limit by mistake: then the level ends where it begins.
        down[:, level] = np.where(usable, np.minimum(clear, limit), np.inf)


def _begins(spec: Atom) -> float:
    """Beyond which value, its sign turned where that is below, an atom is true."""
    if spec.above is not None:
        return spec.above
    return 0.5 if spec.below is None else -spec.below


def _limits_of_points(
    rows: LadderPoints, rule: ScopedRule[Judged], spec: Threshold, rung: Limit
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a level begins and ends, per row."""
    sign = _sign(spec)

    def of(limit: float | PointLimit) -> NDArray[np.float64]:
        if not isinstance(limit, PointLimit):
            return np.full(len(rule.rows), sign * limit)
        if limit.point not in rows.limits:
            raise UnknownLimit(rule.version, limit.point)
        return sign * rows.limits[limit.point][rule.rows]

    limit = of(rung.limit)
    return limit, all_less(limit, spec.deadband) if rung.clear is None else of(rung.clear)
