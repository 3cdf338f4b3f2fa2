"""Threshold and state rules at work: one small state machine per check and level, all moved together as columns.

A level is IDLE, RISING (its condition holds, its on-delay runs), HELD (it counts towards the alarm) or FALLING (its
condition ended, its off-delay runs: it still counts). An alarm's severity is that of its highest level that counts.

Most readings change nothing. So each row carries a quiet band, the interval of values that leave all its checks as
they are, and only a reading outside its row's band is judged against the checks, whatever their number. A running
delay makes the band empty. The band is bookkeeping, never meaning: the oracle in the tests has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import Clock, by_row
from alarms.engine.columns import Moves, Read, Source
from alarms.engine.layout import CheckRow, ChecksOf, Layout
from alarms.engine.phases import END, FALLING, HELD, IDLE, ONSET, PHASES, RISING, TURNS

NOT_DUE = np.iinfo(np.int64).max


def across(ufunc: np.ufunc, levels: NDArray[Any]) -> NDArray[Any]:
    """Fold (m, L) into (m,). There are four levels at most: whole columns at a time are several times quicker than rows."""
    folded = levels[:, 0]
    for level in range(1, levels.shape[1]):
        folded = ufunc(folded, levels[:, level])
    return folded


class Ladders:
    """State of all checks of a layout. `low` and `high` (float64, by row) are the quiet bands, both ends included."""

    def __init__(self, layout: Layout, clock: Clock) -> None:
        checks, rows, shape = len(layout.row), len(layout.start) - 1, layout.up.shape
        self.layout, self.clock = layout, clock
        self.phase = np.zeros(shape, np.int8)
        self.turned = np.zeros((2, *shape), np.int64)
        """When each level began (ONSET), and when its end did (END)."""
        self.mark = np.zeros(shape)
        """The value that started the running (or last run) delay of a level."""
        self.severity = np.zeros(checks, np.uint8)
        self.opened = np.zeros(checks, np.int64)
        self.cell = np.full(checks, -1, np.int16)
        """Of a state's check: the cell of its last value; the last cell (-1) before there is one."""
        self.due = np.full(rows, NOT_DUE)
        """When the earliest delay of the row's checks ends by the wall clock, its lag included."""
        self.value = np.full(rows, np.nan)
        self.value_at = np.zeros(rows, np.int64)
        self.low = np.full(rows, -np.inf)
        self.high = np.full(rows, np.inf)
        self.next_due = NOT_DUE
        self._moves: list[Moves] = []
        self._cut = np.zeros(rows, np.int64)
        self._checked = np.diff(layout.start) > 0
        self.refresh_all()

    # -- seeding --------------------------------------------------------------------------------------------------

    def hold(self, check: CheckRow, rank: int, since: int) -> None:
        """An alarm of this severity stands since then. `refresh_all` must follow.

        A severity that the ladder does not have (the rule was written anew) stands for the next one below, if any.
        """
        ranks = self.layout.rank[self.layout.rule[check]]
        levels = np.flatnonzero((ranks > 0) & (ranks <= rank) & (self.layout.up[check] < np.inf))
        if not len(levels):
            return
        self.phase[check, levels] = HELD
        self.turned[ONSET, check, levels] = self.opened[check] = since
        self.severity[check] = ranks[levels].max()
        # As if no value were known, so that the next reading is judged whatever it is.
        self.cell[check] = -1

    def refresh_all(self) -> None:
        rows = np.unique(self.layout.row)
        of = self.layout.checks_of(rows)
        self._refresh(rows, of, self.phase.take(of.check, axis=0))

    def reconsider(self) -> None:
        """Rows that were unknown are known again: their delays may be over."""
        self.next_due = 0

    def standing(self, check: NDArray[np.int64]) -> Moves:
        """Alarms that stand, as moves from nothing: why, by the newest value of their rows."""
        rule, row = self.layout.rule.take(check), self.layout.row.take(check)
        counting = self.layout.rank.take(rule, axis=0) * (self.phase.take(check, axis=0) >= HELD)
        level = counting.argmax(axis=1)
        began, value = self.turned[ONSET, check, level], self.value.take(row)
        return Moves(
            position=np.zeros(len(check), np.int64),
            check=check,
            before=np.zeros(len(check), np.uint8),
            after=self.severity.take(check),
            level=level,
            at=self.opened.take(check),
            since=began,
            learned=began,
            value=value,
            value_at=self.value_at.take(row),
            first_value=value,
            first_at=began,
        )

    # -- readings -------------------------------------------------------------------------------------------------

    def awake(self, rows: NDArray[np.intp], value: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which readings are outside their row's quiet band (a NaN is outside every band)."""
        return ~((value >= self.low.take(rows)) & (value <= self.high.take(rows)))

    def waking(self, read: Read, awake: NDArray[np.intp], repeated: bool) -> Read:
        """What is to be judged when those at `awake` are outside their rows' bands: all of such a row, as its band will move."""
        awake = awake[self._checked[read.rows[awake]]]
        if repeated and len(awake):
            woken, cut = read.rows[awake], self._cut
            cut[woken] = -1
            awake = (cut[read.rows] == -1).nonzero()[0]
            cut[woken] = 0
        return read.take(awake)

    def judge(self, read: Read, repeated: bool) -> list[Moves]:
        """Judge what `waking` gave, each row's readings in order."""
        if repeated:
            for places in self._rounds(read.rows, read.value):
                self._judge_unique(read.take(places))
        elif len(read.rows):
            self._judge_unique(read)
        return self._taken()

    def _rounds(self, rows: NDArray[np.intp], value: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
        """Positions, each time at most one per row: a row's next reading outside the band its last one left behind."""
        cut = self._cut
        # Readings of one row side by side, in order.
        rest = by_row(rows)
        while len(rest):
            row = rows[rest]
            outside = (self.awake(row, value[rest])).nonzero()[0]
            if not len(outside):
                return
            first = outside[np.concatenate(([True], row[outside][1:] != row[outside][:-1]))]
            yield rest[first]
            cut[row] = len(rest)
            cut[row[first]] = first
            rest = rest[np.arange(len(rest)) > cut[row]]

    def _judge_unique(self, read: Read) -> None:
        """Judge readings of distinct rows."""
        usable = read if read.usable.all() else read.take(read.usable.nonzero()[0])
        rows, of = usable.rows, self.layout.checks_of(usable.rows)
        told, at = Source(usable.position.take(of.owner), usable.received.take(of.owner)), usable.at.take(of.owner)
        delayed = (self.due.take(rows) != NOT_DUE).any()
        if delayed:
            self._settle(of.check, at - 1, told)
        phase = self._read(of, at, usable.value.take(of.owner), told)
        self.value[rows], self.value_at[rows] = usable.value, usable.at
        if delayed and self._settle(of.check, at, told):
            phase = self.phase.take(of.check, axis=0)
        if usable is not read:
            # What cannot be used still moved its row's clock.
            of = self.layout.checks_of(read.rows)
            phase = self.phase.take(of.check, axis=0)
        self._refresh(read.rows, of, phase)

    def _read(self, of: ChecksOf, at: NDArray[np.int64], value: NDArray[np.float64], told: Source) -> NDArray[np.int8]:
        """What each check's reading does to it; gives the phases after it."""
        check = of.check
        x = self._reduced(of, value)[:, None]
        before = self.phase.take(check, axis=0)
        index = before << 4
        index |= self.layout.instant.take(check)[:, None]
        index |= (x > of.up).view(np.int8) << 3
        index |= (x < of.down).view(np.int8) << 2
        after = PHASES.take(index)
        which, level = (after != before).nonzero()
        if len(which):
            self.phase[check] = after
            turns = TURNS.take(index[which, level])
            mine = (turns >= 0).nonzero()[0]
            source, level = which.take(mine), level.take(mine)
            where = (check.take(source), level)
            self.turned[turns.take(mine), *where] = at.take(source)
            self.mark[where] = value.take(source)
            self._tell(check, of.rule, after, at, told, value, at)
        return after

    def _reduced(self, of: ChecksOf, value: NDArray[np.float64]) -> NDArray[np.float64]:
        """The value as the layout's levels see it."""
        x = value * of.sign
        states = of.states
        if len(states):
            rule = of.rule.take(states)
            cell = np.count_nonzero(self.layout.edges.take(rule, axis=0) <= value.take(states)[:, None], axis=1)
            self.cell[of.check.take(states)] = cell
            x[states] = self.layout.cell_rung[rule, cell]
        return x

    # -- delays ---------------------------------------------------------------------------------------------------

    def expire(self, now: int, unknown: Callable[[], NDArray[np.bool_] | None]) -> list[Moves]:
        """End the delays that are over at `now` on each row's own clock; those of unknown rows wait.

        `unknown` gives which rows are, or None when none is; it is asked only when a delay may be over.
        """
        if now < self.next_due:
            return []
        waits = unknown()
        over = self.due <= now
        rows = (over if waits is None else over & ~waits).nonzero()[0]
        if len(rows):
            of = self.layout.checks_of(rows)
            horizon = (now - self.clock.lag(rows))[of.owner]
            self._settle(of.check, horizon, Source(np.zeros(len(horizon), np.int64), np.full(len(horizon), now)))
            self._refresh(rows, of, self.phase.take(of.check, axis=0))
        waiting = self.due if waits is None else self.due[~waits]
        self.next_due = int(waiting.min(initial=NOT_DUE))
        return self._taken()

    def due_after(self, instant: int) -> int:
        """When the first delay ends that ends after an instant, by the wall clock."""
        return int(self.due.min(initial=NOT_DUE, where=self.due > instant))

    def _delays(self, check: NDArray[np.int64], rule: NDArray[np.intp], phase: NDArray[np.int8]) -> NDArray[np.int64]:
        """When the running delay of each level ends, on the row's own clock; NOT_DUE where none runs."""
        rising, falling = phase == RISING, phase == FALLING
        ends = np.full(phase.shape, NOT_DUE)
        np.add(self.turned[ONSET].take(check, axis=0), self.layout.on_delay[rule][:, None], out=ends, where=rising)
        if falling.any():
            np.add(self.turned[END].take(check, axis=0), self.layout.off_delay[rule][:, None], out=ends, where=falling)
        return ends

    def _settle(self, check: NDArray[np.int64], until: NDArray[np.int64], told: Source) -> bool:
        """End the delays that are over at `until`, each at its own instant and in the order of instants; whether there were any.

        A reading of the very instant a delay ends is judged before it does: what it says holds from that instant on.
        """
        running = (across(np.bitwise_or, self.phase.take(check, axis=0) & 1)).nonzero()[0]
        slow = check[running]
        ends = self._delays(slow, self.layout.rule.take(slow), self.phase.take(slow, axis=0))
        over = across(np.logical_or, ends <= until[running, None])
        running, ends = running[over], ends[over]
        if not len(running):
            return False
        check, until, told = check[running], until[running], told.take(running)
        row = self.layout.row[check]
        order = np.argsort(ends, axis=1, kind="stable")
        ends = np.take_along_axis(ends, order, axis=1)
        for step in range(ends.shape[1]):
            level, instant = order[:, step], ends[:, step]
            over = (instant <= until).nonzero()[0]
            where = (check[over], level[over])
            self.phase[where] = np.where(self.phase[where] == RISING, HELD, IDLE)
            if step + 1 < ends.shape[1]:
                # Levels that move at the same instant move together.
                over = over[ends[over, step + 1] != instant[over]]
            moved, rows = check[over], row[over]
            phase = self.phase.take(moved, axis=0)
            told_by = told.take(over)
            self._tell(moved, self.layout.rule.take(moved), phase, instant[over], told_by, self.value[rows], self.value_at[rows])
        return True

    # -- what follows from phases ---------------------------------------------------------------------------------

    def _tell(
        self,
        check: NDArray[np.int64],
        rule: NDArray[np.intp],
        phase: NDArray[np.int8],
        at: NDArray[np.int64],
        told: Source,
        value: NDArray[np.float64],
        value_at: NDArray[np.int64],
    ) -> None:
        """Recompute the severity of some checks, which are now in these phases, and record those that moved."""
        rank = self.layout.rank.take(rule, axis=0)
        counting = rank * (phase >= HELD)
        after, before = across(np.maximum, counting), self.severity.take(check)
        moved = (after != before).nonzero()[0]
        if not len(moved):
            return
        check, after, before, told = check.take(moved), after.take(moved), before.take(moved), told.take(moved)
        # The level that explains the move: the one reached on the way up, the one left on the way down.
        level = (rank.take(moved, axis=0) == np.maximum(before, after)[:, None]).argmax(axis=1)
        reached = counting.take(moved, axis=0).argmax(axis=1)
        began, raised = self.turned[ONSET, check, reached], before == 0
        self.opened[check[raised]] = began[raised]
        self.severity[check] = after
        self._moves.append(
            Moves(
                position=told.position,
                check=check,
                before=before,
                after=after,
                level=level,
                at=at.take(moved),
                since=np.where(after == 0, self.opened.take(check), began),
                learned=told.learned,
                value=value.take(moved),
                value_at=value_at.take(moved),
                first_value=self.mark[check, level],
                first_at=self.turned[np.where(after > before, ONSET, END), check, level],
            )
        )

    def _refresh(self, rows: NDArray[np.intp], of: ChecksOf, phase: NDArray[np.int8]) -> None:
        """Bring quiet bands and due instants of rows, each with a check, in line with the phases of their checks."""
        if not len(rows):
            return
        starts = of.starts
        low, high = self._bands(of, phase)
        running = across(np.bitwise_or, phase & 1).astype(np.bool_)
        if running.any():
            low[running], high[running] = np.inf, -np.inf
            ends = across(np.minimum, self._delays(of.check, of.rule, phase))
            due = np.minimum.reduceat(ends, starts)
            due = np.where(due == NOT_DUE, NOT_DUE, due + self.clock.lag(rows))
            self.due[rows] = due
            self.next_due = min(self.next_due, int(due.min()))
        else:
            self.due[rows] = NOT_DUE
        self.low[rows] = np.maximum.reduceat(low, starts)
        self.high[rows] = np.minimum.reduceat(high, starts)

    def _bands(self, of: ChecksOf, phase: NDArray[np.int8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        high = across(np.minimum, np.where(phase == IDLE, of.up, np.inf))
        low = across(np.maximum, np.where(phase == HELD, of.down, -np.inf))
        turned = (of.sign < 0).nonzero()[0]
        if len(turned):
            low[turned], high[turned] = -high[turned], -low[turned]
        states = of.states
        if len(states):
            cell = (of.rule.take(states), self.cell.take(of.check.take(states)))
            low[states], high[states] = self.layout.cell_low[cell], self.layout.cell_high[cell]
        return low, high

    def _taken(self) -> list[Moves]:
        moves, self._moves = self._moves, []
        return moves
