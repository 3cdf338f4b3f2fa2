"""From columns of moves to transitions with their evidence, in the engine's order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alarms.engine.columns import Moves
from alarms.engine.derived import Derivation, Derived, DerivedSpec
from alarms.engine.layout import Judged, Layout
from alarms.engine.order import ASSET_SILENCE, FEED_SILENCE, LEVEL, Key
from alarms.engine.silence import BEGAN, ENDED, RETOLD, Hushes, Watches
from alarms.engine.spec import RANK, SEVERITIES, Anomaly, Forecast, Rate, State, Threshold
from alarms.engine.speech import SILENT
from alarms.engine.transitions import Evidence, Kind, SilenceEvidence, StateEvidence, ThresholdEvidence, Transition
from assets.register import Register

Keyed = tuple[Key, Transition]
"""Sort key and transition."""

Place = NDArray[np.intp] | None
"""Where in the batch the readings stand that were looked at; None when all were."""

_DERIVED = (Rate, Forecast, Anomaly)
_SEVERITY = ("", *SEVERITIES)
"""By rank; none of what stood for no alarm."""
_BECAME: dict[int, Kind] = {BEGAN: "raise", RETOLD: "change", ENDED: "clear"}


class Teller:
    """Knows the rules and the register well enough to put moves into words; what rules need is prepared once."""

    def __init__(self, register: Register, layout: Layout, point: NDArray[np.intp], derived: Derived, watches: Watches) -> None:
        self._register, self._layout, self._derived, self._watches = register, layout, derived, watches
        self._point = register.point_id[point]
        self._versions = [rule.version for rule in layout.rules]
        of_derived = {rule.version: rule.spec for rule in derived.rules}
        self._specs: list[Judged | DerivedSpec] = [of_derived.get(rule.version, rule.spec) for rule in layout.rules]
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
            evidence: Evidence
            if codes is not None:
                evidence = StateEvidence(value, value_at, codes[max(before, after)], first_value, first_at, wait)
            elif isinstance(spec, Threshold):
                evidence = ThresholdEvidence(spec.direction, value, value_at, bound, first_value, first_at, wait, spec.deadband)
            else:
                assert isinstance(spec, _DERIVED)
                common = (value, value_at, bound, first_value, first_at, wait, spec.deadband)
                numbers = behind.get((place, value_at)) or derived.before(place)
                evidence = derived.evidence(place, spec, common, numbers)
            kind: Kind = "raise" if not before else "change" if after else "clear"
            yield (
                (position, LEVEL, at, check),
                Transition(
                    kind, self._versions[index], "point", subject, _SEVERITY[after or before], _SEVERITY[before] or None,
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
            columns: list[NDArray[Any]] = [*hushes, *(column[watch] for column in about), count]
            for row in zip(*(column.tolist() for column in columns), strict=True):
                position, index, became, at, heard, learned, ahead, rule, subject, period, interval, points = row
                scoped = watches.rules[rule]
                spec, of_feed = scoped.spec, scoped.spec.of == "feed"
                ident = int((self._register.feed_id if of_feed else self._register.asset_id)[subject])
                evidence = SilenceEvidence(
                    spec.of, heard, period, interval, spec.factor, points, None if ahead == SILENT else ahead
                )
                kind, previous = _BECAME[became], None if became == BEGAN else spec.severity
                yield (
                    (position, FEED_SILENCE if of_feed else ASSET_SILENCE, at, index),
                    Transition(kind, scoped.version, spec.of, ident, spec.severity, previous, at, heard, learned, evidence),
                )


def _codes_by_rank(spec: State) -> dict[int, tuple[float, ...]]:
    return {RANK[rung.severity]: rung.codes for rung in spec.values}


def in_order(keyed: list[Keyed]) -> list[Transition]:
    """Sorted by key, and stable: what follows from one reading stays together, whatever batch it came in."""
    keyed.sort(key=lambda pair: pair[0])
    return [transition for _, transition in keyed]
