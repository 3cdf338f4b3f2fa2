"""What the points of a rule read in the last days, so that a limit is chosen by what is usual there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from alarms.engine import spec as specs
from alarms.rules.preview import in_scope
from alarms.site.survey import templates
from assets.models import Point, Site
from assets.spread import Spread, counted, spread

LOOKED_AT = 40
"""Points whose readings are counted: the first and the last by id."""
LONGEST = dt.timedelta(days=7)
MOST_READINGS = 400_000
"""Readings that are counted at once: of many quick points fewer days are looked at."""


@dataclass(frozen=True, slots=True)
class ReadState:
    """One value of a state, its words, and how many readings have it."""

    code: float
    fr: str
    en: str
    count: int


@dataclass(frozen=True, slots=True)
class Lately:
    """Of `points` points since an instant: numbers by their spread, states by their words, whichever the quantity has."""

    points: int
    since: dt.datetime
    unit: str
    spread: Spread | None
    states: tuple[ReadState, ...]


def lately(site: Site, spec: specs.Spec, now: dt.datetime) -> Lately | None:
    """None for a rule that is not about the level or the state of one quantity, for a counter, and without readings."""
    if not isinstance(spec, specs.Threshold | specs.State | specs.Forecast) or spec.scope.quantity is None:
        return None
    points = _some(site, spec)
    if not points:
        return None
    template = templates().get((points[0].asset.kind.slug, spec.scope.quantity), {})
    if template.get("counter"):
        return None
    ids = [point.pk for point in points]
    per_day = sum(86_400 / max(point.interval, 1) for point in points)
    since = now - min(LONGEST, dt.timedelta(days=max(MOST_READINGS / per_day, 1 / 24)))
    codes = points[0].codes or template.get("codes", {})
    if codes or isinstance(spec, specs.State):
        states = _states(counted(ids, since, now), codes, points[0].codes or template.get("codes_en") or codes)
        return Lately(len(points), since, points[0].unit, None, states) if states else None
    found = spread(ids, since, now)
    return found and Lately(len(points), since, points[0].unit, found, ())


def _some(site: Site, spec: specs.Spec) -> list[Point]:
    points, _assets = in_scope(site, spec)
    by_id = points.select_related("asset__kind").order_by("id")
    found = {point.pk: point for point in (*by_id[: LOOKED_AT // 2], *by_id.reverse()[: LOOKED_AT // 2])}
    return list(found.values())


def _states(found: Mapping[float, int], fr: Mapping[str, str], en: Mapping[str, str]) -> tuple[ReadState, ...]:
    """In the order of their codes."""
    return tuple(
        ReadState(code, fr.get(f"{code:g}", f"{code:g}"), en.get(f"{code:g}", f"{code:g}"), count)
        for code, count in sorted(found.items())
    )
