"""Resolves a rule's scope to register rows, over plain columns of the inventory. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from alarms.engine.spec import Scope
from assets.register import Interned


@dataclass(frozen=True, eq=False)
class PointColumns:
    """One entry per point row of the register, about the point and its asset.

    kind, quantity   slugs          asset        the asset's code
    sector           path of slugs joined by "/", outermost first, "" for none
    attributes       the asset's; its tags are the attribute `tags`, a list of words

    Words are interned once, whatever the number of rules that are resolved over them.
    """

    kind: Sequence[str]
    sector: Sequence[str]
    quantity: Sequence[str]
    asset: Sequence[str]
    attributes: Sequence[Mapping[str, object]]

    @cached_property
    def interned(self) -> dict[str, Interned]:
        return {name: Interned.of(getattr(self, name)) for name in ("kind", "sector", "quantity", "asset")}


def rows_in_scope(scope: Scope, points: PointColumns) -> NDArray[np.int32]:
    """Rows for which every condition of the scope holds, int32, ascending. An empty condition holds for all."""
    inside = np.ones(len(points.kind), np.bool_)
    if scope.kinds:
        inside &= _among(points.interned["kind"], set(scope.kinds).__contains__)
    if scope.assets:
        inside &= _among(points.interned["asset"], set(scope.assets).__contains__)
    if scope.quantity is not None:
        inside &= _among(points.interned["quantity"], scope.quantity.__eq__)
    if scope.sectors:
        wanted = set(scope.sectors)
        inside &= _among(points.interned["sector"], lambda path: not wanted.isdisjoint(path.split("/")))
    rows = np.flatnonzero(inside)
    if scope.attributes or scope.tags:
        described = (_described(scope, points.attributes[row]) for row in rows.tolist())
        rows = rows[np.fromiter(described, np.bool_, len(rows))]
    return rows.astype(np.int32)


def _among(column: Interned, wanted: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Mask of the rows whose word is wanted; each distinct word is asked once."""
    return np.fromiter(map(wanted, column.words), np.bool_, len(column.words))[column.code]


def _described(scope: Scope, attributes: Mapping[str, object]) -> bool:
    tags = attributes.get("tags")
    tagged = isinstance(tags, list | tuple) and set(scope.tags).issubset(tags) if scope.tags else True
    return tagged and all(_same(attributes.get(name), wanted) for name, wanted in scope.attributes.items())


def _same(value: object, wanted: str | float | bool) -> bool:
    """Equal as JSON has it: true is not 1, but 1 is 1.0."""
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)
