"""The bones of the district: its outline, the ring boulevard, the avenues, the river, the rails and the tunnels."""

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.ops import polygonize, unary_union

RING = (900.0, 390.0)
BANK = 1190.0
"""Abscissa where the quay meets the axis."""

BELTS = (130.0, 330.0, 540.0, 750.0)
"""Distances from the ring boulevard of the streets that follow it."""

AVENUE_BELT = 330.0
WIDTHS = {4: 24.0, 3: 18.0, 2: 12.0, 1: 5.0}
"""Width in metres of a street by rank: boulevard, avenue, street, path."""


@dataclass(frozen=True)
class Street:
    """One named street: a line in metres and its importance (4 boulevard, 3 avenue, 2 street, 1 path)."""

    name: str
    rank: int
    line: LineString


@dataclass(frozen=True)
class Skeleton:
    outline: Polygon
    core: Polygon
    river: Polygon
    island: Polygon
    land: Polygon
    avenues: tuple[Street, ...]
    belts: tuple[Street, ...]
    rail: LineString
    metro: LineString
    tunnels: tuple[Street, ...]


def curve(*corners: tuple[float, float], step: float = 12.0) -> LineString:
    """A smooth line through the corners (Catmull–Rom), one vertex about every `step` metres."""
    points = np.array(corners, float)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    pieces: list[NDArray[np.float64]] = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        t = np.linspace(0, 1, max(2, int(np.hypot(*(end - start)) / step)), endpoint=False)[:, None]
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    return LineString(np.vstack([*pieces, points[-1:]]))


def _oval(a: float, b: float, power: float = 2.7, count: int = 160) -> Polygon:
    angle = np.linspace(0, 2 * math.pi, count, endpoint=False)
    x = a * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** (2 / power)
    y = b * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** (2 / power)
    return Polygon(np.column_stack([x, y]))


def _outline() -> Polygon:
    edge = curve(
        (1330, -1090),
        (880, -1075),
        (430, -1010),
        (-60, -1060),
        (-560, -985),
        (-1010, -900),
        (-1370, -690),
        (-1560, -330),
        (-1600, 60),
        (-1490, 450),
        (-1250, 760),
        (-880, 905),
        (-420, 1010),
        (60, 985),
        (520, 1060),
        (900, 1030),
        (1285, 1075),
    )
    far_bank = curve((1285, 1075), (1352, 700), (1385, 300), (1392, -60), (1380, -440), (1330, -1090))
    return Polygon(np.vstack([np.array(edge.coords), np.array(far_bank.coords)[1:-1]]))


QUAY = curve((1080, 1180), (1120, 980), (1165, 640), (1188, 260), (BANK, -60), (1183, -420), (1150, -800), (1105, -1180))


def _river(outline: Polygon) -> tuple[Polygon, Polygon]:
    east = Polygon([*QUAY.coords, (1700, -1180), (1700, 1180)])
    island = Polygon(
        curve((1268, -180), (1292, -330), (1287, -560), (1262, -740), (1252, -540), (1248, -320), (1268, -180)).coords
    )
    return outline.intersection(east).difference(island), island


RADIALS: tuple[tuple[str, int, tuple[tuple[float, float], ...]], ...] = (
    ("avenue de l'Arche", 4, ((-885, 0), (-1090, -12), (-1330, 36), (-1660, 20))),
    ("avenue du Belvédère", 3, ((-742, 292), (-880, 430), (-1040, 560), (-1330, 840))),
    ("avenue Pablo-Picasso", 3, ((-330, 384), (-372, 560), (-345, 760), (-410, 1100))),
    ("avenue Gambetta", 3, ((140, 388), (165, 560), (120, 780), (150, 1100))),
    ("avenue Marceau", 4, ((560, 366), (660, 520), (735, 760), (800, 1150))),
    ("avenue du Général-de-Gaulle", 3, ((792, 266), (930, 330), (1060, 350), (1180, 345))),
    ("avenue de la Rive", 4, ((893, 0), (1000, -8), (1100, 6), (1420, 0))),
    ("avenue du Président-Wilson", 3, ((742, -292), (880, -420), (985, -640), (1090, -1160))),
    ("avenue de la République", 3, ((300, -387), (360, -560), (330, -780), (420, -1120))),
    ("avenue Jean-Moulin", 3, ((-170, -390), (-150, -580), (-215, -800), (-160, -1140))),
    ("avenue de la Commune", 4, ((-640, -344), (-760, -520), (-800, -740), (-980, -1080))),
    ("avenue des Coteaux", 3, ((-842, -200), (-1040, -300), (-1240, -330), (-1640, -520))),
)


def radial(corners: tuple[tuple[float, float], ...], core: Polygon) -> LineString:
    """An avenue from exactly the ring boulevard outwards."""
    (x, y), *_ = corners
    outside = curve((x * 0.93, y * 0.93), *corners).difference(core)
    return max(shapely.get_parts(outside), key=lambda part: part.length)


def build() -> Skeleton:
    outline = _outline()
    core = _oval(*RING)
    river, island = _river(outline)
    land = outline.difference(Polygon([*QUAY.coords, (1700, -1180), (1700, 1180)]))
    avenues = [Street("boulevard Circulaire", 4, LineString(core.exterior.coords))]
    for name, rank, corners in RADIALS:
        line = radial(corners, core)
        avenues.append(Street(name, rank, line.intersection(outline)))
    avenues.append(Street("quai de la Rive", 3, QUAY.intersection(outline)))
    names = ("rue de Bezons", "boulevard des Ormes", "rue de la Garenne", "rue des Fauvelles")
    belts = []
    for name, away in zip(names, BELTS, strict=True):
        rank = 3 if away == AVENUE_BELT else 2
        line = core.buffer(away, quad_segs=24).exterior.intersection(land)
        belts += [Street(name, rank, part) for part in shapely.get_parts(shapely.line_merge(line))]
    rail = curve((-1240, 800), (-1010, 560), (-905, 330), (-860, 80), (-905, -250), (-1060, -560), (-1190, -830))
    metro = curve((-1600, 92), (-1100, 70), (-600, 26), (0, 8), (700, -8), (1100, -30), (1400, -34))
    return Skeleton(
        outline,
        core,
        river,
        island,
        land,
        tuple(avenues),
        tuple(belts),
        rail.intersection(outline),
        metro.intersection(outline),
        _tunnels(),
    )


def _tunnels() -> tuple[Street, ...]:
    return (
        Street("tunnel de l'Axe", 4, curve((-1180, -52), (-820, -66), (-300, -58), (260, -52), (760, -48), (1010, -26))),
        Street("tunnel du Moulin", 3, curve((-250, 372), (-238, 180), (-262, -20), (-230, -200), (-205, -380))),
        Street("tunnel des Bâtisseurs", 3, curve((395, 380), (362, 210), (388, 0), (352, -190), (322, -378))),
        Street("tunnel de la Gare", 3, curve((-700, 322), (-640, 200), (-632, 60), (-660, -120), (-655, -330))),
    )


def super_blocks(skeleton: Skeleton) -> list[Polygon]:
    """The land outside the core, cut by every avenue and belt."""
    lines = [longer(street.line) for street in (*skeleton.avenues, *skeleton.belts)]
    mesh = unary_union([skeleton.land.exterior, *lines])
    inside = skeleton.land.buffer(-2.0).difference(skeleton.core)
    return [piece for piece in polygonize(mesh) if inside.contains(piece.representative_point())]


def longer(line: LineString) -> LineString:
    """The line two metres longer at both ends, so that what should touch crosses."""
    points = np.array(line.coords)
    first, last = points[0] - points[1], points[-1] - points[-2]
    return LineString(np.vstack([points[0] + 2 * first / np.hypot(*first), points, points[-1] + 2 * last / np.hypot(*last)]))
