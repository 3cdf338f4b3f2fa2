"""Places along lines and inside polygons: evenly spaced, on the kerb, facing the right way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely import LineString, Polygon

from demo.plan.skeleton import WIDTHS, Street


@dataclass(frozen=True, slots=True)
class Place:
    """A spot on a way: metres on the plan, the direction of the way there, and the way's name."""

    x: float
    y: float
    dx: float
    dy: float
    way: str


def share(total: int, weights: ArrayLike) -> NDArray[np.int64]:
    """Whole numbers in proportion to the weights that add up to `total` (largest remainders)."""
    weights = np.asarray(weights, float)
    exact = total * weights / weights.sum()
    parts = np.floor(exact).astype(np.int64)
    rest = total - int(parts.sum())
    parts[np.argsort(parts - exact, kind="stable")[:rest]] += 1
    return parts


def along(
    streets: Sequence[Street], count: int, *, weights: dict[int, float] | None = None, kerb: float | None = None
) -> Iterator[Place]:
    """`count` places spread over the streets by length (times the weight of their rank).

    On the kerb they alternate sides; `kerb` is the distance from the middle in metres, by default the street's own.
    """
    lengths = [street.line.length * (weights or {}).get(street.rank, 1.0) for street in streets]
    for street, number in zip(streets, share(count, lengths), strict=True):
        if number:
            yield from spots(street, int(number), WIDTHS[street.rank] / 2 - 0.8 if kerb is None else kerb)


def spots(street: Street, number: int, kerb: float, *, both: bool = False) -> Iterator[Place]:
    """`number` places along one street, alternating sides, or in facing pairs."""
    line = street.line
    steps = (np.arange(number) // 2 * 2 + 1.0) if both else (np.arange(number) + 0.5)
    at = np.clip(steps / max(number, 1), 0, 1) * line.length
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(line, np.minimum(at + 1.0, line.length)))
    behind = shapely.get_coordinates(shapely.line_interpolate_point(line, np.maximum(at - 1.0, 0)))
    way = ahead - behind
    way /= np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)[:, None]
    side = np.where(np.arange(number) % 2, -kerb, kerb)
    for (x, y), (dx, dy), off in zip(here, way, side, strict=True):
        yield Place(float(x - dy * off), float(y + dx * off), float(dx), float(dy), street.name)


def grid_inside(polygon: Polygon, spacing: float, margin: float = 1.5) -> NDArray[np.float64]:
    """(n, 2) places on a square grid inside, aligned with the polygon's long side, row by row; at least one."""
    inner = polygon.buffer(-margin)
    box = shapely.minimum_rotated_rectangle(polygon)
    corners = np.array(box.exterior.coords)
    a, b = corners[1] - corners[0], corners[3] - corners[0]
    na, nb = max(1, int(np.hypot(*a) / spacing)), max(1, int(np.hypot(*b) / spacing))
    s, t = np.meshgrid((np.arange(na) + 0.5) / na, (np.arange(nb) + 0.5) / nb, indexing="ij")
    places = corners[0] + s.reshape(-1, 1) * a + t.reshape(-1, 1) * b
    places = places[shapely.contains_xy(inner, places[:, 0], places[:, 1])]
    if len(places):
        return places
    return shapely.get_coordinates(polygon.representative_point())


def round_inside(polygon: Polygon, number: int, margin: float) -> NDArray[np.float64]:
    """(number, 2) places evenly along the inner side of the walls."""
    inner = polygon.buffer(-margin)
    parts = shapely.get_parts(inner)
    wall = max(parts, key=lambda part: part.area).exterior if len(parts) else polygon.exterior
    at = (np.arange(number) + 0.5) / max(number, 1) * wall.length
    return shapely.get_coordinates(shapely.line_interpolate_point(wall, at))


def crossings(streets: Sequence[Street]) -> list[tuple[Place, int]]:
    """Where streets meet, the most important first: the place (direction of the greater street) and the sum of ranks."""
    lines = [street.line for street in streets]
    tree = shapely.STRtree(lines)
    found: dict[tuple[int, int], tuple[Place, int]] = {}
    firsts, seconds = tree.query(lines, predicate="dwithin", distance=3.0)
    for first, second in zip(firsts.tolist(), seconds.tolist(), strict=True):
        if first >= second:
            continue
        one, other = streets[first], streets[second]
        for spot in _meeting(one.line, other.line):
            cell = (round(spot.x / 24), round(spot.y / 24))
            great = one if one.rank >= other.rank else other
            weight = one.rank + other.rank
            if cell not in found or found[cell][1] < weight:
                found[cell] = (_facing(great, spot), weight)
    return sorted(found.values(), key=lambda item: (-item[1], round(item[0].x), round(item[0].y)))


def _meeting(one: LineString, other: LineString) -> Iterator[shapely.Point]:
    shared = one.intersection(other)
    if shared.is_empty:
        yield shapely.Point(shapely.shortest_line(one, other).coords[0])
        return
    for part in shapely.get_parts(shared):
        yield part.representative_point() if part.geom_type != "Point" else part


def _facing(street: Street, spot: shapely.Point) -> Place:
    at = street.line.project(spot)
    behind, ahead = street.line.interpolate(max(at - 2, 0)), street.line.interpolate(min(at + 2, street.line.length))
    dx, dy = ahead.x - behind.x, ahead.y - behind.y
    length = max(float(np.hypot(dx, dy)), 1e-9)
    return Place(spot.x, spot.y, dx / length, dy / length, street.name)
