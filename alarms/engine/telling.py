"""From columns of moves to transitions with their evidence, in the engine's order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alarms.engine.derived import Derivation, Derived, evidence_of
from alarms.engine.ladders import Moves
from alarms.engine.layout import Layout
from alarms.engine.silence import Hushes, Watches
from alarms.engine.spec import RANK, SEVERITIES, State
from alarms.engine.transitions import SilenceEvidence, StateEvidence, ThresholdEvidence, Transition
from assets.register import Register

Keyed = tuple[tuple[float, int, int, int], Transition]
"""Sort key and transition. Of a reading: its position in the batch, silences before levels before what follows from them,
instant, check. Of an event: its place less a half, its number among the events, rule, number."""

Place = NDArray[np.intp] | None
"""Where in the batch the readings stand that were looked at; None when all were."""

_SEVERITY = (None, *SEVERITIES)


class Teller:
    """Knows the rules and the register well enough to put moves into words; what rules need is prepared once."""

    def __init__(self, register: Register, layout: Layout, point: NDArray[np.intp], derived: Derived, watches: Watches) -> None:
        self._register, self._layout, self._derived, self._watches = register, layout, derived, watches
        self._point = register.point_id[point]
        self._versions = [rule.version for rule in layout.rules]
        of_derived = {rule.version: rule.spec for rule in derived.rules}
        self._specs = [of_derived.get(rule.version, rule.spec) for rule in layout.rules]
        self._codes = [_codes_by_rank(rule.spec) if isinstance(rule.spec, State) else None for rule in layout.rules]

    def moves(self, batches: list[Moves], found: Derivation | None = None) -> Iterator[Keyed]:
        """Transitions of levels, and of what was found in the same batch; moves of one check at one instant keep their order."""
        if not batches:
            return
        moves = Moves(*map(np.concatenate, zip(*batches, strict=True))) if len(batches) > 1 else batches[0]
        layout, derived = self._layout, self._derived
        rule, row = layout.rule[moves.check], layout.row[moves.check]
        limit, delay = layout.bounds(moves.check, moves.level, moves.after > moves.before)
        behind = {} if found is None else derived.behind(row[row >= derived.first], found)
        columns = (rule, row, self._point[row], limit, delay, *moves)
        for (
            index, place, subject, bound, wait, position, check, before, after, _, at, since, learned,
            value, value_at, first_value, first_at,
        ) in zip(*(column.tolist() for column in columns), strict=True):  # fmt: skip
            spec, codes = self._specs[index], self._codes[index]
            if codes is not None:
                evidence = StateEvidence(value, value_at, codes[max(before, after)], first_value, first_at, wait)
            elif place < derived.first:
                evidence = ThresholdEvidence(spec.direction, value, value_at, bound, first_value, first_at, wait, spec.deadband)
            else:
                common = (value, value_at, bound, first_value, first_at, wait, spec.deadband)
                evidence = evidence_of(spec, common, behind.get((place, value_at)) or derived.before(place))
            kind = "raise" if not before else "change" if after else "clear"
            yield (
                (position, 2, at, check),
                Transition(
                    kind, self._versions[index], "point", subject, _SEVERITY[after or before], _SEVERITY[before],
                    at, since, learned, evidence,
                ),
            )  # fmt: skip

    def hushes(self, batches: list[Hushes], place: Place = None) -> Iterator[Keyed]:
        """Transitions of silences."""
        watches = self._watches
        for hushes in batches:
            if place is not None:
                hushes = hushes._replace(position=place[hushes.position])
            watch = hushes.watch
            count = watches.first[watch + 1] - watches.first[watch]
            about = (watches.rule, watches.subject, watches.period, watches.interval)
            columns = (*hushes, *(column[watch] for column in about), count)
            for row in zip(*(column.tolist() for column in columns), strict=True):
                position, index, began, at, heard, learned, rule, subject, period, interval, points = row
                scoped = watches.rules[rule]
                spec, of_feed = scoped.spec, scoped.spec.of == "feed"
                ident = int((self._register.feed_id if of_feed else self._register.asset_id)[subject])
                evidence = SilenceEvidence(spec.of, heard, period, interval, spec.factor, points)
                kind, previous = ("raise", None) if began else ("clear", spec.severity)
                yield (
                    (position, 0 if of_feed else 1, at, index),
                    Transition(kind, scoped.version, spec.of, ident, spec.severity, previous, at, heard, learned, evidence),
                )


def _codes_by_rank(spec: State) -> dict[int, tuple[float, ...]]:
    return {RANK[rung.severity]: rung.codes for rung in spec.values}


def in_order(keyed: list[Keyed]) -> list[Transition]:
    """Sorted by key, and stable: what follows from one reading stays together, whatever batch it came in."""
    keyed.sort(key=lambda pair: pair[0])
    return [transition for _, transition in keyed]
