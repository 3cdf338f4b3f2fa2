"""Which projection a file's coordinates are in, told by where they would land, and their way to WGS84 degrees.

Pure: arrays in, arrays out. EPSG registry numbers; distances on the sphere, in kilometres.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from assets.inventory.failures import (
    AmbiguousProjection,
    PositionsElsewhere,
    UndeclaredProjection,
    UnknownProjection,
    WrongProjection,
)

WGS84 = 4326
Floats = NDArray[np.float64]

KNOWN = {
    WGS84: "WGS84",
    2154: "Lambert-93",
    **{3900 + zone: f"CC{zone}" for zone in range(42, 51)},
    27572: "Lambert II étendu",
    **{27560 + zone: f"NTF Lambert {['I', 'II', 'III', 'IV'][zone - 1]}" for zone in range(1, 5)},
    27571: "NTF Lambert zone I",
    27573: "NTF Lambert zone III",
    3857: "Web Mercator",
    **{32600 + zone: f"UTM {zone}N" for zone in (30, 31, 32)},
    2975: "RGR92 UTM 40S",
    5490: "RGAF09 UTM 20N",
    2972: "RGFG95 UTM 22N",
}
"""Projections that a French city's file may be in; EPSG number to usual name."""

# Metropolitan France and Corsica, Réunion, French Antilles, Guyane, Mayotte: west, south, east, north.
_FRANCE = (
    (-5.5, 41.2, 9.8, 51.3),
    (55.1, -21.5, 55.9, -20.8),
    (-63.2, 14.3, -60.7, 18.2),
    (-54.7, 2.0, -51.5, 5.9),
    (44.9, -13.1, 45.4, -12.5),
)
_SAMPLE = 2_000
_NEAR = 50.0  # km from the site: where its own assets can be
_FAR = 200.0  # km from the site: where they cannot be
_RIVAL = 5.0  # km: how much farther a projection may put the site and still be as plausible as the best
_EARTH = 6371.0088


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Where a site is: its sectors' box (west, south, east, north; a single point for a centre), or nothing known."""

    box: tuple[float, float, float, float] | None

    def distance(self, lon: Floats, lat: Floats) -> Floats:
        """Kilometres from each position to the box, 0 inside; inf for what is not on Earth.

        Without a box, 0 in France and its overseas departments, inf elsewhere.
        """
        with np.errstate(invalid="ignore"):
            on_earth = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        if self.box is None:
            inside = np.zeros(len(lon), bool)
            for west, south, east, north in _FRANCE:
                inside |= (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
            return np.where(inside, 0.0, np.inf)
        west, south, east, north = self.box
        result = great_circle(lon, lat, np.clip(lon, west, east), np.clip(lat, south, north))
        return np.where(on_earth, result, np.inf)


@dataclass(frozen=True, slots=True)
class Projection:
    """An EPSG number, and whether the first coordinate is the northing (or latitude)."""

    epsg: int
    swapped: bool = False

    def __str__(self) -> str:
        name = f"{KNOWN[self.epsg]} (EPSG:{self.epsg})" if self.epsg in KNOWN else f"EPSG:{self.epsg}"
        return f"{name} with latitude first" if self.swapped else name


def great_circle(lon: Floats, lat: Floats, other_lon: Floats, other_lat: Floats) -> Floats:
    """Haversine distance in kilometres between positions in degrees."""
    with np.errstate(invalid="ignore"):
        a, b = np.radians(lat), np.radians(other_lat)
        chord = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(np.radians(other_lon - lon) / 2) ** 2
        distance: Floats = 2 * _EARTH * np.arcsin(np.sqrt(np.clip(chord, 0, 1)))
    return distance


def to_degrees(x: Floats, y: Floats, projection: Projection) -> tuple[Floats, Floats]:
    """(longitude, latitude) in WGS84 degrees; inf where the projection has no such place. Raises UndeclaredProjection."""
    if projection.swapped:
        x, y = y, x
    if projection.epsg == WGS84:
        return x, y
    lon, lat = _transformer(projection.epsg).transform(x, y)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def candidates(x: Floats, y: Floats, near: Neighbourhood) -> list[tuple[float, Projection]]:
    """(median distance to the site in km, projection) of every known projection that is plausible, best first."""
    x, y = _sample(x, y)
    if not len(x):
        return []
    # Metres are never so small, degrees never larger: a false origin lies in France too, and would claim every degree.
    degrees = float(np.median(np.maximum(np.abs(x), np.abs(y)))) <= 180
    found = []
    for order, epsg in enumerate(KNOWN):
        if (epsg == WGS84) != degrees:
            continue
        for swapped in (False, True):
            projection = Projection(epsg, swapped)
            distance = float(np.median(near.distance(*to_degrees(x, y, projection))))
            if distance <= _NEAR:
                found.append((distance, swapped, order, projection))
    return [(distance, projection) for distance, _, _, projection in sorted(found, key=lambda one: one[:3])]


def detect(x: Floats, y: Floats, near: Neighbourhood) -> Projection:
    """The one plausible projection of coordinates nobody declared. Raises UnknownProjection, AmbiguousProjection."""
    found = candidates(x, y, near)
    if not found:
        sample = _sample(x, y)
        raise UnknownProjection(x=_plain(sample[0]), y=_plain(sample[1]))
    best = found[0][1]
    rivals = [projection for distance, projection in found if distance <= found[0][0] + _RIVAL]
    if len(rivals) > 1:
        raise AmbiguousProjection(found=", ".join(str(projection) for projection in rivals))
    return best


def verify(x: Floats, y: Floats, declared: Projection, near: Neighbourhood) -> None:
    """Raise WrongProjection or PositionsElsewhere when the data contradict what was declared."""
    x, y = _sample(x, y)
    if not len(x):
        return
    distance = float(np.median(near.distance(*to_degrees(x, y, declared))))
    if distance <= _FAR:
        return
    better = candidates(x, y, near)
    if better:
        raise WrongProjection(
            declared=declared, distance=_kilometres(distance), found=better[0][1], found_distance=_kilometres(better[0][0])
        )
    if near.box is not None:
        raise PositionsElsewhere(declared=declared, distance=_kilometres(min(distance, _FAR)))


@cache
def _transformer(epsg: int) -> Transformer:
    try:
        return Transformer.from_crs(CRS.from_epsg(epsg), CRS.from_epsg(WGS84), always_xy=True)
    except (CRSError, ProjError) as error:
        raise UndeclaredProjection(projection=epsg, reason=str(error).splitlines()[0][:200]) from error


def _sample(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Positions that say something (finite, not (0, 0)), evenly thinned."""
    told = np.isfinite(x) & np.isfinite(y) & ((x != 0) | (y != 0))
    x, y = x[told], y[told]
    step = max(1, len(x) // _SAMPLE)
    return x[::step], y[::step]


def _plain(values: Floats) -> str:
    return f"{values[0]:.10g}" if len(values) else "none"


def _kilometres(distance: float) -> str:
    return f"{distance:,.0f} km" if np.isfinite(distance) else "far"
