"""How often the points of a rule speak, measured beside declared, and what a rule can therefore not do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np
from django.db.models import QuerySet

from alarms.engine import spec as specs
from alarms.engine.counters import LONGEST
from alarms.engine.relay import predicates_of
from alarms.engine.sentence import duration
from alarms.engine.windows import FEWEST
from assets import history
from assets.models import Point

LOOKED_AT = 40
"""Points whose rhythm is measured: the first and the last by id, so that two supervisors are likely to be among them."""
CARRIED = 2
"""Windows ahead of which a trend says nothing any more."""
SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class RhythmRemark:
    """Something that does not forbid the rule and is probably not meant; `path` is the field."""

    path: str
    fr: str
    en: str


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds between two readings of each point that was looked at: as the inventory says, and as history shows (0: not yet)."""

    declared: tuple[float, ...]
    measured: tuple[float, ...]

    @property
    def usual(self) -> tuple[float, float | None]:
        """The median of what is declared, and of what was measured (None where nothing was)."""
        known = [each for each in self.measured if each]
        return median(self.declared), median(known) if known else None

    def slower_than(self, seconds: float) -> Slow | None:
        """The points whose readings are further apart than this, as far as is known; None when there are none."""
        pairs = list(zip(self.declared, self.measured, strict=True))
        slow = [(said, shown) for said, shown in pairs if (shown or said) > seconds]
        if not slow:
            return None
        known = [shown for _, shown in slow if shown]
        return Slow(len(slow), len(pairs), median(said for said, _ in slow), median(known) if known else None)


@dataclass(frozen=True, slots=True)
class Slow:
    """How many of the points looked at are too slow for something, and how slow they are by the median, seconds."""

    count: int
    of: int
    declared: float
    measured: float | None

    @property
    def seconds(self) -> float:
        return self.measured or self.declared

    def told(self, language: str) -> str:
        """ "these points give readings at intervals of 10 min (measured; declared: 1 min)" in one of the languages."""
        some, many = self.count < self.of, _PHRASES[language]
        who = many["some"].format(self.count, self.of) if some else many["all"]
        how = many["declared"] if self.measured is None else many["measured"].format(_lasts(self.declared, language))
        return f"{who} {many['every'].format(_lasts(self.seconds, language))} ({how})"


_PHRASES = {
    "fr": {
        "all": "ces points donnent des mesures", "some": "{0} des {1} points regardés donnent des mesures",
        "every": "à intervalles de {}",
        "measured": "mesuré ; déclaré : {}", "declared": "déclaré ; rien n’a encore été mesuré",
    },
    "en": {
        "all": "these points give readings", "some": "{0} of the {1} points looked at give readings",
        "every": "at intervals of {}",
        "measured": "measured; declared: {}", "declared": "declared; nothing was measured yet",
    },
}  # fmt: skip


def rhythm_of(points: QuerySet[Point], now: dt.datetime) -> Rhythm | None:
    """Of some of these points; None when there are none."""
    by_id = points.order_by("id").values_list("id", "interval")
    looked = dict(by_id[: LOOKED_AT // 2]) | dict(by_id.reverse()[: LOOKED_AT // 2])
    if not looked:
        return None
    shown = history.rhythms(np.array(list(looked), np.int64), now)
    return Rhythm(tuple(map(float, looked.values())), tuple(shown.get(point, 0.0) for point in looked))


def remarks(spec: specs.Spec, rhythm: Rhythm | None, counters: bool = False) -> Iterator[RhythmRemark]:
    """What these points, counters or not, are too slow for."""
    if isinstance(spec, specs.Forecast) and spec.within > CARRIED * spec.window:
        yield _carried_far(spec)
    if rhythm is None:
        return
    delay = getattr(spec, "on_delay", 0.0)
    if delay and (slow := rhythm.slower_than(delay)):
        yield _of(
            "on_delay", slow, "une seule mesure suffit à déclencher : {} et la confirmation ne dure que {}",
            "one single reading is enough to raise: {} and the delay lasts {} only", delay,
        )  # fmt: skip
    if isinstance(spec, specs.Rate | specs.Forecast) and (slow := rhythm.slower_than(spec.window / (FEWEST - 1) * 0.999)):
        yield _of(
            "window", slow, "jamais jugée : {} et une fenêtre de {} n’en contient jamais trois",
            "never judged: {} and a window of {} never holds three", spec.window,
        )  # fmt: skip
    if counters and isinstance(spec, specs.Anomaly) and (slow := rhythm.slower_than(LONGEST / SECOND)):
        yield _of(
            "scope.quantity", slow,
            "jamais jugée : {}, et un compteur se juge par sa consommation de chaque heure ; prendre une vitesse sur plus long",
            "never judged: {}, and a counter is judged by what it consumes each hour; take a rate over a longer window",
            LONGEST / SECOND,
        )  # fmt: skip
    if isinstance(spec, specs.Silence) and spec.of == "asset" and (slow := _silent_between(spec, rhythm)):
        yield _of(
            "factor", slow, "muets entre deux mesures : {} et le silence se compte dès {}",
            "silent between two readings: {} and silence is told after {}", _period(spec, min(rhythm.declared)),
        )  # fmt: skip
    within = getattr(spec, "within", 0.0)
    if any(each is not None and each.quantity for each in predicates_of(spec)) and (slow := rhythm.slower_than(within)):
        yield _of(
            "within", slow, "ce qui arrive ensemble est vu trop loin l’un de l’autre : {} et le délai est de {}",
            "what happens together is seen too far apart: {} and the time given is {}", within,
        )  # fmt: skip


def _of(path: str, slow: Slow, fr: str, en: str, seconds: float) -> RhythmRemark:
    said = {"fr": fr.format(slow.told("fr"), _lasts(seconds, "fr")), "en": en.format(slow.told("en"), _lasts(seconds, "en"))}
    return RhythmRemark(path, *(f"{text[:1].upper()}{text[1:]}." for text in said.values()))


def _carried_far(spec: specs.Forecast) -> RhythmRemark:
    window, within = ({each: _lasts(seconds, each) for each in ("fr", "en")} for seconds in (spec.window, spec.within))
    return RhythmRemark(
        "within",
        f"Une tendance de {window['fr']} ne dit rien à {within['fr']} : prendre une fenêtre d’au moins la moitié.",
        f"A trend of {window['en']} says nothing of what is in {within['en']}: take a window of at least half of it.",
    )


def _silent_between(spec: specs.Silence, rhythm: Rhythm) -> Slow | None:
    """Points that are measured to be slower than the silence of what is declared."""
    pairs = [(said, shown) for said, shown in zip(rhythm.declared, rhythm.measured, strict=True) if said]
    late = [(said, shown) for said, shown in pairs if shown > _period(spec, said)]
    if not late:
        return None
    return Slow(len(late), len(pairs), median(said for said, _ in late), median(shown for _, shown in late))


def _period(spec: specs.Silence, interval: float) -> float:
    return max(spec.factor * interval, spec.minimum)


def _lasts(seconds: float, language: str) -> str:
    return duration(round(seconds * SECOND), language)
