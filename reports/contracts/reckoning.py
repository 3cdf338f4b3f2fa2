"""A month of a contract reckoned: who was in time, what was down, what is owed. Pure: facts in, figures out; whole seconds."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Literal

import msgspec
import numpy as np

from alarms.engine.calendar import Openings
from reports.contracts.clock import Ruler, Span, length, merged, open_spans, without
from reports.contracts.commitments import OF_ORDERS, Commitment, Commitments

Outcome = Literal["kept", "late", "waiting", "missed"]
HOUR, DAY = 3600, 86_400


class Excluded(msgspec.Struct, frozen=True):
    """A time that does not count: for all, or for one asset or one order."""

    id: int
    begin: int
    end: int
    asset: int | None = None
    order: int | None = None

    def holds(self, asset: int | None, order: int | None = None) -> bool:
        return (self.asset is None or self.asset == asset) and (self.order is None or self.order == order)


class Order(msgspec.Struct, frozen=True):
    """A work order as it is judged; `allowed`: seconds promised, by measure; `over`: when it was refused or cancelled."""

    id: int
    number: int
    asset: int | None
    priority: str
    at_all_hours: bool
    ordered: int
    allowed: dict[str, int]
    done: dict[str, int]
    over: int | None
    refused: bool


class Facts(msgspec.Struct, frozen=True):
    """`assets`: when each was there; `down`: when each was down; `hours`: of the contract, None all."""

    begin: int
    end: int
    now: int
    hours: Openings | None
    orders: Sequence[Order]
    assets: Mapping[int, Span]
    down: Mapping[int, Sequence[Span]]
    excluded: Sequence[Excluded]


class Item(msgspec.Struct, frozen=True):
    """One order or asset as one commitment counts it; all in seconds. `units`: of the penalty; `excluded` were left out."""

    commitment: int
    noun: Literal["work_order", "asset"]
    id: int
    outcome: Outcome
    begin: int
    end: int
    allowed: int
    counted: int
    excluded: int
    late: int
    units: int


class Result(msgspec.Struct, frozen=True):
    """`of` things were judged, `missed` of them; `share` as numerator and denominator, so that nothing is rounded."""

    commitment: int
    of: int
    missed: int
    waiting: int
    share: tuple[int, int] | None
    met: bool | None
    units: int
    cents: int
    uncapped: int


class Reckoned(msgspec.Struct, frozen=True):
    results: list[Result]
    items: list[Item]
    cents: int
    uncapped: int


def reckon(told: Commitments, facts: Facts) -> Reckoned:
    results, items = [], []
    for place, each in enumerate(told.each):
        if each.measure in OF_ORDERS:
            mine = [item for order in facts.orders if (item := _order(place, each, order, facts)) is not None]
            share = (sum(item.outcome == "kept" for item in mine), sum(item.outcome != "waiting" for item in mine))
        else:
            mine, share = _assets(place, each, told, facts)
        results.append(_result(place, each, mine, share))
        items += mine
    uncapped = sum(each.cents for each in results)
    return Reckoned(results, items, uncapped if told.most is None else min(uncapped, told.most), uncapped)


def _order(place: int, told: Commitment, order: Order, facts: Facts) -> Item | None:
    """None where it promises nothing of this, or was cancelled in time."""
    allowed = order.allowed.get(told.measure)
    if allowed is None or (told.priority is not None and order.priority != told.priority):
        return None
    done = order.done.get(told.measure)
    end = done if done is not None else order.over if order.over is not None else facts.now
    spans = open_spans(None if order.at_all_hours else facts.hours, order.ordered, end)
    holes = [(each.begin, each.end) for each in facts.excluded if each.holds(order.asset, order.id)]
    counted = length(without(spans, holes))
    excluded, late = length(spans) - counted, max(0, counted - allowed)
    if done is None and order.over is not None and not order.refused and not late:
        return None
    outcome: Outcome = "late" if late else "kept" if done is not None else "waiting" if order.over is None else "missed"
    units = 0
    if outcome in ("late", "missed"):
        step = {"hour": HOUR, "day": DAY}.get(told.per)
        units = 1 if step is None else max(1, -(-late // step))
    return Item(place, "work_order", order.id, outcome, order.ordered, end, allowed, counted, excluded, late, units)


def _assets(place: int, told: Commitment, all_: Commitments, facts: Facts) -> tuple[list[Item], tuple[int, int]]:
    """Those that were down, and the share: of time up, or of assets that failed."""
    spans = open_spans(None if told.at_all_hours else facts.hours, facts.begin, min(facts.end, facts.now))
    of_all = [(each.begin, each.end) for each in facts.excluded if each.order is None and each.asset is None]
    ruler, gross_ruler = Ruler(without(spans, of_all)), Ruler(spans)
    own: dict[int, list[Span]] = {}
    for each in facts.excluded:
        if each.order is None and each.asset is not None:
            own.setdefault(each.asset, []).append((each.begin, each.end))
    there = np.array([facts.assets[asset] for asset in facts.assets], np.int64).reshape(-1, 2)
    whole = int(ruler.between(there[:, 0], there[:, 1]).sum())
    items, lost, failed = [], 0, 0
    for asset, holes in own.items():
        if (span := facts.assets.get(asset)) is not None:
            whole -= _measured(ruler, [span]) - _measured(ruler, without([span], holes))
    for asset, down in facts.down.items():
        if (span := facts.assets.get(asset)) is None:
            continue
        inside = merged((max(begin, span[0]), min(end, span[1])) for begin, end in down)
        counted = _measured(ruler, without(inside, own.get(asset, ())))
        gross = _measured(gross_ruler, inside)
        if not gross:
            continue
        misses = counted >= all_.failed_after * 60 if told.measure == "failures" else counted > 0
        lost, failed = lost + counted, failed + misses
        allowed = all_.failed_after * 60 if told.measure == "failures" else 0
        outcome: Outcome = "missed" if misses else "kept"
        items.append(
            Item(place, "asset", asset, outcome, inside[0][0], inside[-1][1], allowed, counted, gross - counted, 0, int(misses))
        )
    return items, (failed, len(facts.assets)) if told.measure == "failures" else (whole - lost, whole)


def _measured(ruler: Ruler, spans: Sequence[Span]) -> int:
    edges = np.array(spans, np.int64).reshape(-1, 2)
    return int(ruler.between(edges[:, 0], edges[:, 1]).sum())


def _result(place: int, told: Commitment, items: Sequence[Item], share: tuple[int, int]) -> Result:
    missed = sum(item.outcome in ("late", "missed") for item in items)
    waiting = sum(item.outcome == "waiting" for item in items)
    of = share[1] if told.measure != "availability" else len(items)
    if not share[1]:
        return Result(place, of, missed, waiting, None, None, 0, 0, 0)
    exact = Fraction(*share)
    met = told.met(exact)
    units = 0
    if not met:
        if told.per == "point":
            units = told.points(exact)
        else:
            units = sum(item.units for item in items) if told.measure in OF_ORDERS else 1
    uncapped = units * told.cents
    cents = uncapped if told.most is None else min(uncapped, told.most)
    return Result(place, of, missed, waiting, share, met, units, cents, uncapped)
