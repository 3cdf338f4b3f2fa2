"""Where something lies: rings, circles, lines and boxes in degrees. Pure; good for what is small beside the Earth."""

import itertools
import math
from collections.abc import Sequence

KILOMETRES_OF_A_DEGREE = 111.2

Point = tuple[float, float]
"""Latitude and longitude."""
Box = tuple[float, float, float, float]
"""West, south, east and north."""


def point(latitude: str, longitude: str) -> Point:
    """Raises ValueError for what lies nowhere."""
    lat, lon = float(latitude), float(longitude)
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise ValueError(f"{latitude} {longitude}")
    return lat, lon


def within(ring: Sequence[Point], latitude: float, longitude: float) -> bool:
    """By the even-odd rule."""
    inside = False
    for (lat, lon), (next_lat, next_lon) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        if (lat > latitude) != (next_lat > latitude) and longitude < (next_lon - lon) * (latitude - lat) / (next_lat - lat) + lon:
            inside = not inside
    return inside


def apart(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres between two places."""
    north, other = math.radians(latitude), math.radians(other_latitude)
    east = math.radians(other_longitude - longitude)
    square = math.sin((other - north) / 2) ** 2 + math.cos(north) * math.cos(other) * math.sin(east / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(square)))) * KILOMETRES_OF_A_DEGREE


def touches(box: Box, line: Sequence[Point]) -> bool:
    """Whether a line, or a single point, is in the box or goes through it."""
    if len(line) == 1:
        return _crosses(box, line[0], line[0])
    return any(_crosses(box, here, there) for here, there in itertools.pairwise(line))


def covers(box: Box, ring: Sequence[Point]) -> bool:
    """Whether an area and the box have anything in common."""
    west, south, east, north = box
    return touches(box, (*ring, *ring[:1])) or within(ring, (south + north) / 2, (west + east) / 2)


def _crosses(box: Box, here: Point, there: Point) -> bool:
    """Liang and Barsky: what of the segment is left between each pair of sides."""
    west, south, east, north = box
    first, last = 0.0, 1.0
    for start, way, low, high in ((here[0], there[0] - here[0], south, north), (here[1], there[1] - here[1], west, east)):
        if way == 0:
            if not low <= start <= high:
                return False
            continue
        enters, leaves = sorted(((low - start) / way, (high - start) / way))
        first, last = max(first, enters), min(last, leaves)
    return first <= last
