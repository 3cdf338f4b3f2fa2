"""The high city inside the ring boulevard: the slab, the esplanade, the arch, the towers and their gardens."""

import math
from dataclasses import dataclass
from itertools import chain, count

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.affinity import rotate, scale, translate

from demo.chance import stream
from demo.plan.blocks import rectangle
from demo.plan.names import tower_names
from demo.plan.skeleton import Skeleton, Street, curve


@dataclass(frozen=True)
class Building:
    """A footprint in metres; storeys above ground and levels below; use: tower, office, housing, hall, school."""

    name: str
    footprint: Polygon
    storeys: int
    basements: int
    use: str


@dataclass(frozen=True)
class Core:
    slab: Polygon
    esplanade: Polygon
    basin: Polygon
    buildings: tuple[Building, ...]
    gardens: tuple[Polygon, ...]
    paths: tuple[Street, ...]


def _esplanade() -> Polygon:
    north = curve((-560, 78), (-400, 76), (-330, 44), (-100, 40), (250, 34), (600, 30), (800, 27))
    south = curve((800, -27), (600, -30), (250, -34), (-100, -40), (-330, -46), (-400, -80), (-560, -78))
    return Polygon([*north.coords, *south.coords])


def _lens(length: float, width: float) -> Polygon:
    t = np.linspace(-1, 1, 15)
    top = np.column_stack([t * length / 2, (1 - t**2) * width / 2 + 2])
    return Polygon(np.vstack([top, -top]))


def _shapes(length: float, width: float) -> tuple[Polygon | MultiPolygon, ...]:
    box = rectangle(0, 0, length, width, 0)
    square = rectangle(0, 0, width * 1.1, width * 1.1, 0)
    return (
        box,
        rectangle(0, 0, length * 0.9, width * 0.8, 0),
        square.intersection(rotate(scale(square, 1.12, 1.12), 45)),
        _lens(length * 1.15, width),
        shapely.Point(0, 0).buffer(width * 0.55, quad_segs=6),
        scale(shapely.Point(0, 0).buffer(1, quad_segs=6), length * 0.5, width * 0.42),
        box.difference(rectangle(length * 0.28, width * 0.3, length * 0.5, width * 0.5, 0)),
        rectangle(0, 0, length, width * 0.45, 0).union(rectangle(0, 0, width * 0.45, length * 0.85, 0)),
        Polygon(
            [(-length / 2, -width / 2), (length / 2, -width / 2), (length / 2 - width * 0.4, width / 2), (-length / 2, width / 2)]
        ),
        Polygon(
            [
                (-length * 0.5, -width * 0.45),
                (length * 0.52, -width * 0.2),
                (length * 0.1, width * 0.62),
                (-length * 0.42, width * 0.4),
            ]
        ),
    )


def _monuments() -> list[Building]:
    sail = Polygon(curve((-505, 112), (-400, 100), (-300, 118), (-330, 215), (-402, 292), (-472, 214), (-505, 112)).coords)
    mall = rectangle(-430, -178, 250, 128, 0.03).difference(rectangle(-340, -232, 60, 34, 0.03))
    arena = scale(shapely.Point(-770, -120).buffer(1, quad_segs=16), 62, 82)
    return [
        Building("Arche Nord", rectangle(-632, 47, 106, 19, 0.11), 35, 3, "tower"),
        Building("Arche Sud", rectangle(-628, -47, 106, 19, 0.11), 35, 3, "tower"),
        Building("Grande Nef", sail, 5, 4, "hall"),
        Building("Galerie des Quatre Vents", mall, 4, 4, "hall"),
        Building("Arena des Terrasses", arena, 6, 2, "hall"),
        Building("Gare des Arches", rectangle(-470, 2, 118, 40, 0.0), 1, 4, "station"),
        Building("Gare de l'Esplanade", rectangle(560, 0, 84, 24, 0.0), 1, 3, "station"),
    ]


def _towers(slab: Polygon, keep_clear: shapely.Geometry, seed: int) -> list[Building]:
    chance = stream(seed, "towers")
    names = chain(tower_names(), (str(number) for number in count(1)))
    towers: list[Building] = []
    taken: shapely.Geometry = keep_clear
    rows = ((104, 0), (-102, 38), (192, 52), (-190, 12), (282, 22), (-278, 60))
    for row, phase in rows:
        for x in np.arange(-720 + phase, 840, 102):
            length, width = chance.uniform(46, 76), chance.uniform(31, 50)
            shape = _shapes(length, width)[int(chance.integers(10))]
            turn = float(chance.choice([0, 0, 0, 90, 90, 6, -8, 30, 45, -45, 62]) + chance.normal(0, 1.5))
            placed = translate(rotate(shape, turn, origin=(0, 0)), x + chance.uniform(-16, 16), row + chance.uniform(-12, 12))
            if chance.random() < 0.1 or not slab.buffer(-6).contains(placed) or placed.distance(taken) < 11:
                continue
            tall = 1.0 - abs(row) / 620
            storeys = int(np.clip(chance.normal(34, 11) * tall, 9, 52))
            towers.append(Building(f"Tour {next(names)}", placed, storeys, int(chance.integers(3, 7)), "tower"))
            taken = taken.union(placed)
    return towers


def _low_buildings(slab: Polygon, taken: shapely.Geometry, seed: int) -> list[Building]:
    """Flats, hotels and shops of a few storeys in what room the towers left."""
    chance = stream(seed, "low buildings")
    low: list[Building] = []
    for _ in range(900):
        x, y = chance.uniform(-820, 850), chance.uniform(-350, 350)
        turn = float(chance.choice([0, 0, math.pi / 2, 0.1, -0.12, math.pi / 4]))
        bar = rectangle(x, y, chance.uniform(34, 72), chance.uniform(13, 19), turn)
        if slab.buffer(-5).contains(bar) and bar.distance(taken) > 12:
            use = "housing" if chance.random() < 0.6 else "office"
            low.append(
                Building(
                    f"{'Résidence' if use == 'housing' else 'Pavillon'} D{len(low) + 1}", bar, int(chance.integers(4, 12)), 3, use
                )
            )
            taken = taken.union(bar)
    return low


def _gardens(slab: Polygon, taken: shapely.Geometry, seed: int) -> list[Polygon]:
    chance = stream(seed, "gardens")
    gardens: list[Polygon] = []
    for _ in range(260):
        x, y = chance.uniform(-800, 830), chance.uniform(-330, 330)
        patch = scale(shapely.Point(x, y).buffer(1, quad_segs=5), chance.uniform(10, 30), chance.uniform(7, 15))
        patch = rotate(patch, chance.uniform(-40, 40))
        if slab.buffer(-4).contains(patch) and patch.distance(taken) > 3:
            gardens.append(patch)
            taken = taken.union(patch)
    return gardens


def _alleys(esplanade: Polygon) -> tuple[list[Polygon], list[Street]]:
    """The clipped planes of trees along the esplanade, and the walks between them."""
    lawns, walks = [], []
    for side in (-1, 1):
        for start in np.arange(-300, 760, 92):
            half = 32 - 6 * (start + 300) / 1060
            lawns.append(rectangle(float(start) + 38, side * (half - 7), 64, 8.5, side * 0.006))
        name = "allée Nord de l'Esplanade" if side > 0 else "allée Sud de l'Esplanade"
        walks.append(Street(name, 1, curve((-550, side * 60), (-340, side * 40), (200, side * 15), (820, side * 12))))
    walks.append(Street("l'Esplanade", 1, LineString([(-550, 0), (840, 0)])))
    return [lawn for lawn in lawns if esplanade.contains(lawn)], walks


def build(skeleton: Skeleton, seed: int) -> Core:
    slab = skeleton.core.buffer(-34)
    for x, y, a, b in (
        (-250, 372, 60, 44),
        (395, 372, 66, 60),
        (330, -372, 60, 46),
        (-205, -370, 54, 40),
        (-800, 190, 90, 60),
        (800, -170, 80, 50),
    ):
        slab = slab.difference(scale(shapely.Point(x, y).buffer(1, quad_segs=12), a, b))
    slab = max(shapely.get_parts(slab), key=lambda part: part.area)
    esplanade = _esplanade()
    basin = rectangle(742, 0, 74, 40, 0)
    monuments = _monuments()
    clear = shapely.union_all([esplanade, *(building.footprint for building in monuments)])
    towers = _towers(slab, clear, seed)
    towers += _low_buildings(slab, shapely.union_all([clear, *(tower.footprint for tower in towers)]), seed)
    lawns, walks = _alleys(esplanade)
    taken = shapely.union_all([clear, *(tower.footprint for tower in towers)])
    gardens = _gardens(slab, taken, seed)
    crossings = [
        Street(name, 1, curve((x - 12, -330), (x + 8, -150), (x, 0), (x + 14, 150), (x - 6, 330)))
        for name, x in (
            ("place des Corolles", 150.0),
            ("passerelle des Saisons", 480.0),
            ("cours des Reflets", -170.0),
            ("place des Vosges-Hautes", 660.0),
        )
    ]
    rings = [
        Street(f"coursive {side}", 1, LineString(_walk(y)))
        for side, y in (("Nord", 150.0), ("Sud", -148.0), ("Haute", 238.0), ("Basse", -234.0))
    ]
    return Core(slab, esplanade, basin, (*monuments, *towers), (*lawns, *gardens), (*walks, *crossings, *rings))


def _walk(y: float) -> NDArray[np.float64]:
    x = np.linspace(-240, 790, 80) if abs(y) < 200 else np.linspace(-620, 700, 80)
    return np.column_stack([x, y + 6 * np.sin(x / 83 + y) + math.copysign(1, y) * 3 * np.sin(x / 29)])
