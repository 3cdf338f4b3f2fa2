"""What stands, put as the rules that run now put it, whichever version raised it: for alarms that outlive their version."""

from __future__ import annotations

from collections.abc import Callable, Collection

import msgspec
import numpy as np
from numpy.typing import NDArray

from alarms.engine.evidence import AnomalyEvidence, Evidence, RateEvidence, StateEvidence, ThresholdEvidence
from alarms.engine.ladders import Ladders
from alarms.engine.layout import SECOND, CheckRow, ScopedRule, WatchRow
from alarms.engine.silence import BEGAN, Hushes, Watches
from alarms.engine.spec import SEVERITIES, Anomaly, Rate, Spec, State, Threshold
from alarms.engine.telling import Teller
from alarms.engine.transitions import Active, Transition

Key = tuple[int, str, int | str]
"""(version, subject kind, subject)."""


def key_of(alarm: Active | Transition) -> Key:
    return alarm.rule, alarm.subject_kind, alarm.subject


_Valued = StateEvidence | ThresholdEvidence | RateEvidence | AnomalyEvidence
"""Evidences of a value that another version may judge too."""


class Accounts:
    """An engine's own account of its alarms. `checks` and `watches_of` find what judges an alarm, by its key."""

    def __init__(
        self, rules: Collection[ScopedRule[Spec]], ladders: Ladders, watches: Watches, teller: Teller,
        checks: Callable[[], dict[tuple[int, int | str], CheckRow]], watches_of: Callable[[], dict[Key, WatchRow]],
    ) -> None:  # fmt: skip
        self._specs = {rule.version: rule.spec for rule in rules}
        self._ladders, self._watches, self._teller = ladders, watches, teller
        self._check_of, self._watch_of = checks(), watches_of()

    def of(self, alarms: Collection[Active]) -> dict[Key, Transition]:
        """Why some alarms stand, as if they were raised now. Not of those whose newest value does not reach their severity
        (they stand by their deadband or a delay), nor of those made of facts: only what raised them knows why.
        """
        keys = [key_of(alarm) for alarm in alarms]
        checks = [self._check_of.get((rule, subject)) for rule, kind, subject in keys if kind == "point"]
        reached = [check for check in checks if check is not None and self._reached(check)]
        watches = [self._watch_of.get(key) for key in keys if key[1] in ("feed", "asset")]
        told = [*self._teller.moves([self._ladders.standing(np.array(reached, np.int64))] if reached else [])]
        told += self._teller.hushes([self._silent(np.array([watch for watch in watches if watch is not None], np.int64))])
        return {key_of(move): move for _, move in told}

    def _reached(self, check: CheckRow) -> bool:
        ladders = self._ladders
        level = ladders.layout.level_of(check, float(ladders.value[ladders.layout.row[check]]))
        return level is not None and bool(ladders.layout.rank[ladders.layout.rule[check], level] >= ladders.severity[check] > 0)

    def _silent(self, watch: NDArray[np.int64]) -> Hushes:
        since = self._watches.since[watch]
        term = since + self._watches.period[watch]
        nowhere, became = np.zeros(len(watch), np.int64), np.full(len(watch), BEGAN)
        return Hushes(nowhere, watch, became, term, since, term, self._watches.ahead[watch])

    def restated(self, version: int, subject: int | str, told: Evidence) -> tuple[str, Evidence] | None:
        """(severity, evidence) of a moment that another version told of, as this version judges it; None when it is no alarm to
        this one, or cannot be compared.
        """
        check, spec = self._check_of.get((version, subject)), self._specs.get(version)
        if check is None or not isinstance(told, _Valued) or not _comparable(told, spec):
            return None
        layout = self._ladders.layout
        level = layout.level_of(check, told.value)
        if level is None:
            return None
        rule = layout.rule[check]
        severity = SEVERITIES[layout.rank[rule, level] - 1]
        delay = int(layout.on_delay[rule])
        if isinstance(spec, State):
            codes = next(rung.codes for rung in spec.values if rung.severity == severity)
            return severity, msgspec.structs.replace(told, codes=codes, delay=delay)
        assert isinstance(spec, Threshold | Rate | Anomaly)
        limit = float(layout.sign[check] * layout.up[check, level])
        return severity, msgspec.structs.replace(told, limit=limit, delay=delay, deadband=spec.deadband)

    def quotes(self, version: int, subject: int | str, told: Evidence) -> bool:
        """Whether the limit that an evidence quotes is one of its point's own still; True of what quotes none."""
        check = self._check_of.get((version, subject))
        if check is None or not hasattr(told, "limit"):
            return True
        layout = self._ladders.layout
        bounds = layout.sign[check] * np.concatenate((layout.up[check], layout.down[check]))
        return bool((bounds == told.limit).any())


def _comparable(told: Evidence, spec: object) -> bool:
    """Whether the value an evidence tells of is what a spec judges. Not of forecasts: the same trend is another value to each."""
    match told, spec:
        case (StateEvidence(), State()):
            return True
        case (ThresholdEvidence(), Threshold()):
            return told.direction == spec.direction
        case (RateEvidence(), Rate()):
            return told.direction == spec.direction and told.window == round(spec.window * SECOND)
        case (AnomalyEvidence(), Anomaly()):
            return told.direction == spec.direction
    return False
