"""The old town around the high city: blocks, local streets, houses around courtyards, office bars, parks and schools."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import LineString, Polygon

from demo.chance import stream
from demo.plan.blocks import inner_rectangle, subdivide
from demo.plan.core import Building
from demo.plan.frame import warp
from demo.plan.names import street_names
from demo.plan.skeleton import BANK, WIDTHS, Skeleton, Street, super_blocks


@dataclass(frozen=True)
class Town:
    streets: tuple[Street, ...]
    buildings: tuple[Building, ...]
    greens: tuple[tuple[str, Polygon], ...]


def build(skeleton: Skeleton, seed: int) -> Town:
    """Everything outside the ring, bent by the swell; the skeleton's own streets come bent in `streets` too."""
    chance = stream(seed, "town")
    names = street_names()
    blocks: list[Polygon] = []
    cuts: list[LineString] = []
    for land in super_blocks(skeleton):
        near = land.centroid.distance(skeleton.core) < 300
        cut = subdivide(land, 15_500 if near else 10_500, chance)
        blocks += cut.pieces
        cuts += cut.lines
    local = [Street(next(names), 2, line) for line in cuts if line.length > 25]
    streets = [*skeleton.avenues, *skeleton.belts, *local]
    bent = warp([*(street.line for street in streets), *blocks], skeleton.core, BANK)
    streets = [Street(street.name, street.rank, line) for street, line in zip(streets, bent[: len(streets)], strict=True)]
    roadway = shapely.union_all([street.line.buffer(WIDTHS[street.rank] / 2 + 2.5, quad_segs=2) for street in streets])
    rail = skeleton.rail.buffer(13)
    buildings: list[Building] = []
    greens: list[tuple[str, Polygon]] = []
    for block in bent[len(streets) :]:
        for part in shapely.get_parts(block.difference(roadway).difference(rail)):
            if part.area > 350 and isinstance(part, Polygon):
                _fill(part.buffer(-1.0).simplify(0.5), skeleton, chance, buildings, greens)
    greens.append(("Île du Pont", skeleton.island))
    return Town(tuple(streets), tuple(_addressed(buildings, streets)), tuple(greens))


def _fill(
    block: Polygon, skeleton: Skeleton, chance: np.random.Generator, buildings: list[Building], greens: list[tuple[str, Polygon]]
) -> None:
    """Gives one block its use: a park, a school, office bars near the ring, houses around a courtyard further out."""
    if block.is_empty or not isinstance(block, Polygon):
        return
    away = block.centroid.distance(skeleton.core)
    draw = chance.random()
    if draw < 0.075 or (block.centroid.x > BANK - 90 and draw < 0.5):
        greens.append((f"square {len(greens) + 1}", block))
        return
    if draw < 0.1 and block.area > 5000:
        _school(block, chance, buildings, greens)
        return
    if away < 190 or draw > 0.88:
        buildings += _bars(block, away, chance, len(buildings))
        return
    buildings += _houses(block, away, chance, len(buildings))
    court = block.buffer(-17)
    greens += [("", part) for part in shapely.get_parts(court) if part.area > 500 and chance.random() < 0.6]


def _addressed(buildings: list[Building], streets: list[Street]) -> Iterator[Building]:
    """The buildings named by number and street: odd on the left, even on the right, growing along the street."""
    lines = [street.line for street in streets]
    spots = [building.footprint.representative_point() for building in buildings]
    nearest = shapely.STRtree(lines).nearest(spots)
    given: set[str] = set()
    for building, spot, index in zip(buildings, spots, nearest.tolist(), strict=True):
        line = lines[index]
        at = line.project(spot)
        here, ahead = line.interpolate(at), line.interpolate(min(at + 1.0, line.length))
        left = (ahead.x - here.x) * (spot.y - here.y) > (ahead.y - here.y) * (spot.x - here.x)
        number = int(at / 9.0) * 2 + (1 if left else 2)
        while f"{number} {streets[index].name}" in given:
            number += 2
        name = f"{number} {streets[index].name}"
        given.add(name)
        yield replace(building, name=f"École {name}" if building.use == "school" else name)


def _school(block: Polygon, chance: np.random.Generator, buildings: list[Building], greens: list[tuple[str, Polygon]]) -> None:
    wings = block.buffer(-5).difference(block.buffer(-19))
    cut = subdivide(block, block.area / 2.4, chance)
    for piece in cut.pieces[:1]:
        for wing in shapely.get_parts(wings.intersection(piece)):
            if wing.area > 250:
                buildings.append(Building(f"École {len(buildings) + 1}", wing.simplify(0.6), 3, 0, "school"))
    greens.append(("", block.buffer(-22)))


def _bars(block: Polygon, away: float, chance: np.random.Generator, count: int) -> Iterator[Building]:
    for lot in subdivide(block, 2600, chance, lean=0.02).pieces:
        shape = inner_rectangle(lot, chance.uniform(6, 10)).intersection(block.buffer(-4))
        for part in shapely.get_parts(shape):
            if part.area > 220 and isinstance(part, Polygon):
                count += 1
                offices = away < 190 and chance.random() < 0.7
                storeys = int(chance.integers(7, 19) if away < 190 else chance.integers(5, 12))
                name = f"{'Immeuble' if offices else 'Résidence'} {count}"
                yield Building(name, part.simplify(0.4), storeys, int(chance.integers(1, 4)), "office" if offices else "housing")


def _houses(block: Polygon, away: float, chance: np.random.Generator, count: int) -> Iterator[Building]:
    depth = chance.uniform(11, 15)
    rim = block.buffer(-0.5).difference(block.buffer(-depth))
    villas = away > 560 and chance.random() < 0.45
    for lot in subdivide(block, 620 if villas else 760, chance, lean=0.03).pieces:
        if villas:
            footprint = inner_rectangle(lot, 6.0).intersection(block.buffer(-3))
        else:
            footprint = rim.intersection(lot)
            if chance.random() < 0.08:
                continue
        for part in shapely.get_parts(footprint):
            if isinstance(part, Polygon) and part.area > 70:
                count += 1
                storeys = int(chance.integers(2, 4) if villas else chance.integers(3, 9))
                yield Building(
                    f"Immeuble {count}", part.simplify(0.5), storeys, 0 if villas else int(chance.integers(0, 2)), "housing"
                )
