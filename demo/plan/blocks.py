"""From large islands of land to blocks and lots: cut across the long side again and again, as surveyors do."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.affinity import translate
from shapely.ops import split


@dataclass(frozen=True)
class Cut:
    """A piece of land cut small: what is left of it, and the cut lines that became streets."""

    pieces: tuple[Polygon, ...]
    lines: tuple[LineString, ...]


def subdivide(land: Polygon, area: float, chance: np.random.Generator, *, lean: float = 0.06) -> Cut:
    """Cuts `land` until every piece is about `area` m². `lean` is how far, in radians, a cut strays from square."""
    pieces: list[Polygon] = []
    lines: list[LineString] = []
    waiting = [land]
    while waiting:
        piece = waiting.pop()
        wanted = area * chance.uniform(0.7, 1.5)
        halves = _halve(piece, chance, lean) if piece.area > 1.6 * wanted else None
        if halves is None:
            pieces.append(piece)
            continue
        parts, line = halves
        waiting += parts
        lines.append(line)
    return Cut(tuple(pieces), tuple(lines))


def _halve(piece: Polygon, chance: np.random.Generator, lean: float) -> tuple[list[Polygon], LineString] | None:
    corners = np.array(shapely.minimum_rotated_rectangle(piece).exterior.coords)
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    long = first if np.hypot(*first) >= np.hypot(*second) else second
    middle = corners[:4].mean(axis=0) + long * chance.uniform(-0.09, 0.09)
    direction = math.atan2(long[1], long[0]) + math.pi / 2 + chance.uniform(-lean, lean)
    reach = 2 * np.hypot(*long) * np.array([math.cos(direction), math.sin(direction)])
    line = LineString([middle - reach, middle + reach])
    parts = [part for part in split(piece, line).geoms if part.area > 1.0]
    if len(parts) < 2:
        return None
    inside = line.intersection(piece)
    longest = max(shapely.get_parts(inside), key=lambda part: part.length)
    return parts, longest


def rectangle(x: float, y: float, length: float, width: float, angle: float) -> Polygon:
    """A rotated rectangle in metres; `angle` in radians."""
    half = np.array([[-length, -width], [length, -width], [length, width], [-length, width]]) / 2
    turn = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return translate(Polygon(half @ turn), x, y)


def inner_rectangle(lot: Polygon, margin: float) -> Polygon:
    """The lot's own bounding rectangle, `margin` metres smaller on each side: a free-standing building."""
    corners = np.array(shapely.minimum_rotated_rectangle(lot).exterior.coords)
    first, second = corners[1] - corners[0], corners[2] - corners[1]
    centre = corners[:4].mean(axis=0)
    return rectangle(
        float(centre[0]),
        float(centre[1]),
        max(6.0, float(np.hypot(*first)) - 2 * margin),
        max(6.0, float(np.hypot(*second)) - 2 * margin),
        math.atan2(first[1], first[0]),
    )
