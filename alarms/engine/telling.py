"""From columns of moves to transitions with their evidence, in the engine's order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from alarms.engine.ladders import Moves
from alarms.engine.layout import Layout
from alarms.engine.silence import Hushes, Watches
from alarms.engine.spec import SEVERITIES, State
from alarms.engine.transitions import SilenceEvidence, StateEvidence, ThresholdEvidence, Transition
from assets.register import Register

Keyed = tuple[tuple[int, int, int, int], Transition]
"""Sort key (position of the reading that told, silences before levels, instant, check) and the transition."""

Place = NDArray[np.intp] | None
"""Where in the batch the readings stand that were looked at; None when all were."""


def tell_moves(register: Register, layout: Layout, batches: list[Moves], place: Place = None) -> Iterator[Keyed]:
    """Transitions of levels; moves of one check at one instant keep their order."""
    if not batches:
        return
    moves = Moves(*(np.concatenate(columns) for columns in zip(*batches, strict=True))) if len(batches) > 1 else batches[0]
    if place is not None:
        moves = moves._replace(position=place[moves.position])
    upward = moves.after > moves.before
    rule = layout.rule[moves.check]
    limit = np.where(upward, layout.up[moves.check, moves.level], layout.down[moves.check, moves.level])
    limit = limit * layout.sign[rule]
    delay = np.where(upward, layout.on_delay[rule], layout.off_delay[rule])
    point = register.point_id[layout.row[moves.check]]
    columns = (rule, point, limit, delay, *moves)
    rules = [each.version for each in layout.rules]
    specs = [each.spec for each in layout.rules]
    codes = [_codes_by_rank(spec) if isinstance(spec, State) else {} for spec in specs]
    for row in zip(*(column.tolist() for column in columns), strict=True):
        (index, subject, bound, wait, position, check, before, after, _, at, since, learned) = row[:12]
        value, value_at, first_value, first_at = row[12:]
        spec = specs[index]
        if isinstance(spec, State):
            listed = codes[index][max(before, after)]
            evidence = StateEvidence(value, value_at, listed, first_value, first_at, wait)
        else:
            evidence = ThresholdEvidence(
                spec.direction, value, value_at, bound, first_value, first_at, wait, spec.deadband
            )
        kind = "raise" if not before else "change" if after else "clear"
        severity = SEVERITIES[(after or before) - 1]
        previous = SEVERITIES[before - 1] if before else None
        yield (
            (position, 2, at, check),
            Transition(kind, rules[index], "point", subject, severity, previous, at, since, learned, evidence),
        )


def _codes_by_rank(spec: State) -> dict[int, tuple[float, ...]]:
    return {SEVERITIES.index(rung.severity) + 1: rung.codes for rung in spec.values}


def tell_hushes(register: Register, watches: Watches, batches: list[Hushes], place: Place = None) -> Iterator[Keyed]:
    """Transitions of silences."""
    points = np.diff(watches.first)
    for hushes in batches:
        if place is not None:
            hushes = hushes._replace(position=place[hushes.position])
        watch = hushes.watch
        columns = (*hushes, watches.rule[watch], watches.subject[watch], watches.period[watch], watches.interval[watch])
        for row in zip(*(column.tolist() for column in (*columns, points[watch])), strict=True):
            position, index, began, at, heard, learned, rule, subject, period, interval, count = row
            scoped = watches.rules[rule]
            spec = scoped.spec
            of_feed = spec.of == "feed"
            ident = int((register.feed_id if of_feed else register.asset_id)[subject])
            evidence = SilenceEvidence(spec.of, heard, period, interval, spec.factor, count)
            kind, previous = ("raise", None) if began else ("clear", spec.severity)
            yield (
                (position, 0 if of_feed else 1, at, index),
                Transition(
                    kind, scoped.version, spec.of, ident, spec.severity, previous, at, heard, learned, evidence
                ),
            )


def in_order(keyed: list[Keyed]) -> list[Transition]:
    """Sorted by key, and stable: what follows from one reading stays together, whatever batch it came in."""
    keyed.sort(key=lambda pair: pair[0])
    return [transition for _, transition in keyed]
