"""Resolves a rule's scope to register rows, over plain columns of the inventory. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alarms.engine.spec import Scope


@dataclass(frozen=True, slots=True, eq=False)
class PointColumns:
    """One entry per point row of the register, about the point and its asset. `sector` is a path of slugs joined by "/"."""

    kind: Sequence[str]
    sector: Sequence[str]
    quantity: Sequence[str]
    asset: Sequence[str]
    attributes: Sequence[Mapping[str, object]]


def rows_in_scope(scope: Scope, points: PointColumns) -> NDArray[np.int32]:
    """Rows for which every condition of the scope holds, int32, ascending. Tags are the attribute `tags`, a list of words."""
    inside = np.ones(len(points.kind), np.bool_)
    for wanted, column in ((scope.kinds, points.kind), (scope.assets, points.asset)):
        if wanted:
            inside &= np.fromiter((value in wanted for value in column), np.bool_, len(column))
    if scope.quantity is not None:
        inside &= np.fromiter((value == scope.quantity for value in points.quantity), np.bool_, len(points.quantity))
    if scope.sectors:
        sectors = set(scope.sectors)
        inside &= np.fromiter((not sectors.isdisjoint(path.split("/")) for path in points.sector), np.bool_, len(points.sector))
    if scope.attributes or scope.tags:
        inside &= np.fromiter((_described(scope, each) for each in points.attributes), np.bool_, len(points.attributes))
    return np.flatnonzero(inside).astype(np.int32)


def _described(scope: Scope, attributes: Mapping[str, object]) -> bool:
    tags = attributes.get("tags", ())
    return all(attributes.get(name) == value for name, value in scope.attributes.items()) and all(
        tag in tags for tag in scope.tags
    )
