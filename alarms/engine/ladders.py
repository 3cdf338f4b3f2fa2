"""Threshold and state rules at work: one small state machine per check and level, all moved together as columns.

A level is IDLE, RISING (its condition holds, its on-delay runs), HELD (it counts towards the alarm) or FALLING (its
condition ended, its off-delay runs: it still counts). An alarm's severity is that of its highest level that counts.

Most readings change nothing. So each row carries a quiet band, the interval of values that leave all its checks as
they are, and only a reading outside its row's band is judged against the checks, whatever their number. A running
delay makes the band empty. The band is bookkeeping, never meaning: the oracle in the tests has none.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import Clock, by_row
from alarms.engine.layout import Layout

IDLE, RISING, HELD, FALLING = 0, 1, 2, 3
NOT_DUE = np.iinfo(np.int64).max


def _next_phase(phase: int, above: bool, below: bool, no_on_delay: bool, no_off_delay: bool) -> int:
    if phase in (IDLE, RISING):
        if not above:
            return IDLE
        return HELD if no_on_delay else RISING
    if not below:
        return HELD
    return IDLE if no_off_delay else FALLING


# What one reading does to one level, after the delays that ended before it were settled.
_PHASES = np.array(
    [
        _next_phase(index >> 4, bool(index & 8), bool(index & 4), bool(index & 2), bool(index & 1))
        for index in range(64)
    ],
    np.int8,
)


class Moves(NamedTuple):
    """Severity changes of checks, as columns; `position` is that of the reading that told (0 for timers)."""

    position: NDArray[np.int64]
    check: NDArray[np.int64]
    before: NDArray[np.uint8]
    after: NDArray[np.uint8]
    level: NDArray[np.int64]
    at: NDArray[np.int64]
    since: NDArray[np.int64]
    learned: NDArray[np.int64]
    value: NDArray[np.float64]
    value_at: NDArray[np.int64]
    first_value: NDArray[np.float64]
    first_at: NDArray[np.int64]


class Ladders:
    """State of all checks of a layout. `low` and `high` (float64, by row) are the quiet bands, both ends included."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        checks, rows, shape = len(layout.row), len(layout.start) - 1, layout.up.shape
        self.layout, self.clock = layout, clock
        self.phase = np.zeros(shape, np.int8)
        self.began = np.zeros(shape, np.int64)
        self.ended = np.zeros(shape, np.int64)
        self.mark = np.zeros(shape)
        """The value that started the running (or last run) delay of a level."""
        self.severity = np.zeros(checks, np.uint8)
        self.opened = np.zeros(checks, np.int64)
        self.due = np.full(checks, NOT_DUE)
        """When the check's earliest delay ends by the wall clock, its row's lag included."""
        self.value = np.full(rows, np.nan)
        self.value_at = np.zeros(rows, np.int64)
        self.low = np.full(rows, -np.inf)
        self.high = np.full(rows, np.inf)
        self.next_due = NOT_DUE
        self._moves: list[Moves] = []
        self._cut = np.zeros(rows, np.int64)
        self.refresh_all()

    # -- seeding --------------------------------------------------------------------------------------------------

    def hold(self, check: int, rank: int, since: int) -> None:
        """An alarm of this severity stands since then. `refresh_all` must follow."""
        levels = np.flatnonzero((self.layout.rank[self.layout.rule[check]] <= rank) & (self.layout.up[check] < np.inf))
        self.phase[check, levels] = HELD
        self.began[check, levels] = self.opened[check] = since
        self.severity[check] = rank
        # Unknown until the next reading, so that it is judged whatever it is.
        self.value[self.layout.row[check]] = np.nan

    def refresh_all(self) -> None:
        self._refresh(np.unique(self.layout.row))

    def reconsider(self) -> None:
        """Rows that were unknown are known again: their delays may be over."""
        self.next_due = 0

    # -- readings -------------------------------------------------------------------------------------------------

    def awake(self, rows: NDArray[np.int32], value: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which readings are outside their row's quiet band (a NaN is outside every band)."""
        return ~((value >= self.low[rows]) & (value <= self.high[rows]))

    def judge(
        self,
        rows: NDArray[np.int32],
        at: NDArray[np.int64],
        value: NDArray[np.float64],
        usable: NDArray[np.bool_],
        received: NDArray[np.int64],
        awake: NDArray[np.intp],
        repeated: bool,
    ) -> list[Moves]:
        """Judge applied readings (columns) of which those at positions `awake` are outside their bands, in order."""
        if not repeated:
            self._judge_unique(awake, rows[awake], at[awake], value[awake], usable[awake], received[awake])
            return self._taken()
        for place in self._rounds(rows, value, awake):
            self._judge_unique(place, rows[place], at[place], value[place], usable[place], received[place])
        return self._taken()

    def _rounds(self, rows: NDArray[np.int32], value: NDArray[np.float64], awake: NDArray[np.intp]):
        """Positions, each time at most one per row: a row's next reading outside the band its last one left behind."""
        cut = self._cut
        cut[rows[awake]] = -1
        rest = np.flatnonzero(cut[rows] == -1)
        cut[rows[awake]] = 0
        # Readings of one row side by side, in order.
        rest = rest[by_row(rows[rest])]
        while len(rest):
            row = rows[rest]
            outside = np.flatnonzero(self.awake(row, value[rest]))
            if not len(outside):
                return
            first = outside[np.concatenate(([True], row[outside][1:] != row[outside][:-1]))]
            yield rest[first]
            cut[row] = len(rest)
            cut[row[first]] = first
            rest = rest[np.arange(len(rest)) > cut[row]]

    def _judge_unique(
        self,
        position: NDArray[np.intp],
        rows: NDArray[np.int32],
        at: NDArray[np.int64],
        value: NDArray[np.float64],
        usable: NDArray[np.bool_],
        received: NDArray[np.int64],
    ) -> None:
        judged = slice(None) if usable.all() else np.flatnonzero(usable)
        check, owner, _ = self.layout.checks_of(rows[judged])
        if len(check):
            told = (position[judged][owner], at[judged][owner], received[judged][owner])
            self._settle(check, told[1], told[0], told[2])
            self._read(check, value[judged][owner], told)
        self.value[rows[judged]] = value[judged]
        self.value_at[rows[judged]] = at[judged]
        self._refresh(rows)

    def _read(self, check: NDArray[np.int64], value: NDArray[np.float64], told: tuple[NDArray, NDArray, NDArray]) -> None:
        position, at, received = told
        layout, rule = self.layout, self.layout.rule[check]
        x = self._reduced(rule, value)[:, None]
        before = self.phase[check]
        index = before.astype(np.int64) << 4
        index |= (x > layout.up[check]).astype(np.int64) << 3
        index |= (x < layout.down[check]).astype(np.int64) << 2
        index |= ((layout.on_delay[rule] == 0).astype(np.int64) << 1 | (layout.off_delay[rule] == 0))[:, None]
        after = _PHASES[index]
        which, level = np.nonzero(after != before)
        if not len(which):
            return
        was, now = before[which, level], after[which, level]
        begins = (was == IDLE) & (now != IDLE)
        ends = (was == HELD) & (now != HELD)
        for starts, instants in ((begins, self.began), (ends, self.ended)):
            where = (check[which[starts]], level[starts])
            instants[where] = at[which[starts]]
            self.mark[where] = value[which[starts]]
        self.phase[check[which], level] = now
        changed = np.unique(which)
        self._tell(check[changed], at[changed], position[changed], received[changed], value[changed], at[changed])

    def _reduced(self, rule: NDArray[np.int32], value: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value as the layout's levels see it."""
        x = value * self.layout.sign[rule]
        coded = np.flatnonzero(self.layout.is_state[rule])
        if len(coded):
            listed = self.layout.codes[rule[coded]] == value[coded, None]
            x[coded] = (listed * self.layout.code_rung[rule[coded]]).max(axis=1)
        return x

    # -- delays ---------------------------------------------------------------------------------------------------

    def expire(self, now: int, unknown: NDArray[np.bool_] | None) -> list[Moves]:
        """End the delays that are over at `now` on each row's own clock; those of rows `unknown` (mask by row) wait."""
        if now < self.next_due:
            return []
        waiting = np.flatnonzero(self.due != NOT_DUE)
        if unknown is not None:
            waiting = waiting[~unknown[self.layout.row[waiting]]]
        check = waiting[self.due[waiting] <= now]
        if len(check):
            row = self.layout.row[check]
            horizon = now - self.clock.lag(row)
            self._settle(check, horizon, np.zeros(len(check), np.int64), np.full(len(check), now))
            self._refresh(np.unique(row))
        self.next_due = int(self.due[waiting].min(initial=NOT_DUE))
        return self._taken()

    def _delays(self, check: NDArray[np.int64]) -> NDArray[np.int64]:
        """When the running delay of each level ends, on the row's own clock; NOT_DUE where none runs."""
        phase, rule = self.phase[check], self.layout.rule[check]
        ends = np.full(phase.shape, NOT_DUE)
        np.copyto(ends, self.began[check] + self.layout.on_delay[rule, None], where=phase == RISING)
        np.copyto(ends, self.ended[check] + self.layout.off_delay[rule, None], where=phase == FALLING)
        return ends

    def _settle(
        self, check: NDArray[np.int64], until: NDArray[np.int64], position: NDArray[np.int64], learned: NDArray[np.int64]
    ) -> None:
        """End the delays that are over at `until`, each at its own instant and in the order of instants."""
        running = np.flatnonzero((self.phase[check] & 1).any(axis=1))
        if not len(running):
            return
        ends = self._delays(check[running])
        over = (ends <= until[running, None]).any(axis=1)
        running, ends = running[over], ends[over]
        if not len(running):
            return
        check, until, position, learned = check[running], until[running], position[running], learned[running]
        row = self.layout.row[check]
        order = np.argsort(ends, axis=1, kind="stable")
        for step in range(ends.shape[1]):
            level = order[:, step]
            instant = np.take_along_axis(ends, level[:, None], axis=1)[:, 0]
            over = np.flatnonzero(instant <= until)
            if not len(over):
                return
            where = (check[over], level[over])
            self.phase[where] = np.where(self.phase[where] == RISING, HELD, IDLE)
            if step + 1 < ends.shape[1]:
                following = np.take_along_axis(ends, order[:, step + 1, None], axis=1)[:, 0]
                over = over[following[over] != instant[over]]
            told = row[over]
            self._tell(
                check[over], instant[over], position[over], learned[over], self.value[told], self.value_at[told]
            )

    # -- what follows from phases ---------------------------------------------------------------------------------

    def _tell(
        self,
        check: NDArray[np.int64],
        at: NDArray[np.int64],
        position: NDArray[np.int64],
        learned: NDArray[np.int64],
        value: NDArray[np.float64],
        value_at: NDArray[np.int64],
    ) -> None:
        """Recompute the severity of some checks and record those that moved."""
        layout = self.layout
        counting = np.where(self.phase[check] >= HELD, layout.rank[layout.rule[check]], 0)
        after = counting.max(axis=1)
        moved = np.flatnonzero(after != self.severity[check])
        if not len(moved):
            return
        check, after, learned = check[moved], after[moved], learned[moved]
        before = self.severity[check]
        # The level that explains the move: the one reached on the way up, the one left on the way down.
        level = (layout.rank[layout.rule[check]] == np.maximum(before, after)[:, None]).argmax(axis=1)
        reached = counting[moved].argmax(axis=1)
        raised, cleared, upward = before == 0, after == 0, after > before
        self.opened[check[raised]] = self.began[check[raised], reached[raised]]
        self.severity[check] = after
        self._moves.append(
            Moves(
                position=position[moved],
                check=check,
                before=before,
                after=after,
                level=level,
                at=at[moved],
                since=np.where(cleared, self.opened[check], self.began[check, reached]),
                learned=learned,
                value=value[moved],
                value_at=value_at[moved],
                first_value=self.mark[check, level],
                first_at=np.where(upward, self.began[check, level], self.ended[check, level]),
            )
        )

    def _refresh(self, rows: NDArray[np.int32]) -> None:
        """Bring quiet bands and due instants of rows in line with the phases of their checks."""
        rows = rows[self.layout.start[rows + 1] > self.layout.start[rows]]
        if not len(rows):
            return
        check, owner, starts = self.layout.checks_of(rows)
        phase = self.phase[check]
        low, high = self._bands(check, phase, self.value[rows][owner])
        running = (phase & 1).any(axis=1)
        self.due[check] = NOT_DUE
        if running.any():
            low[running], high[running] = np.inf, -np.inf
            late = self.clock.lag(rows)[owner[running]]
            due = self._delays(check[running]).min(axis=1) + late
            self.due[check[running]] = due
            self.next_due = min(self.next_due, int(due.min()))
        self.low[rows] = np.maximum.reduceat(low, starts)
        self.high[rows] = np.minimum.reduceat(high, starts)

    def _bands(
        self, check: NDArray[np.int64], phase: NDArray[np.int8], value: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        layout, rule = self.layout, self.layout.rule[check]
        high = np.where(phase == IDLE, layout.up[check], np.inf).min(axis=1)
        low = np.where(phase == HELD, layout.down[check], -np.inf).max(axis=1)
        turned = layout.sign[rule] < 0
        low, high = np.where(turned, -high, low), np.where(turned, -low, high)
        coded = np.flatnonzero(layout.is_state[rule])
        if len(coded):
            codes, current = layout.codes[rule[coded]], value[coded, None]
            smaller = np.where(codes < current, codes, -np.inf).max(axis=1)
            larger = np.where(codes > current, codes, np.inf).min(axis=1)
            listed = (codes == current).any(axis=1)
            # Before the first reading the value is NaN: every band is left.
            low[coded] = np.where(listed, value[coded], np.nextafter(smaller, value[coded]))
            high[coded] = np.where(listed, value[coded], np.nextafter(larger, value[coded]))
        return low, high

    def _taken(self) -> list[Moves]:
        moves, self._moves = self._moves, []
        return moves
