"""The whole plan of the district put together, and its base layer as GeoJSON."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import shapely

from demo.plan import core, sectors, skeleton, town
from demo.plan.core import Building
from demo.plan.frame import to_geojson, warp
from demo.plan.skeleton import BANK, Street


@dataclass(frozen=True)
class District:
    """Everything that stands still, in metres."""

    skeleton: skeleton.Skeleton
    outline: shapely.Polygon
    core: core.Core
    streets: tuple[Street, ...]
    paths: tuple[Street, ...]
    buildings: tuple[Building, ...]
    greens: tuple[tuple[str, shapely.Polygon], ...]
    sectors: tuple[sectors.Sector, ...]


def build(seed: int, say: Callable[[str], None] = lambda line: None) -> District:
    """The same seed gives the same district, to the decimetre."""
    started = time.perf_counter()
    bones = skeleton.build()
    high = core.build(bones, seed)
    old = town.build(bones, seed)
    named = sectors.build(bones)
    outline = warp([bones.outline], bones.core, BANK)[0]
    buildings = (*high.buildings, *old.buildings)
    took = time.perf_counter() - started
    say(f"district: {len(old.streets)} streets, {len(buildings)} buildings, {len(named)} sectors in {took:.1f} s")
    return District(bones, outline, high, old.streets, high.paths, buildings, old.greens, tuple(named))


def base_layer(district: District) -> Iterator[dict[str, object]]:
    """GeoJSON features: layer, name and rank (importance of a street, storeys of a building, 0 otherwise)."""

    def feature(layer: str, name: str, rank: int, geometry: shapely.Geometry) -> dict[str, object]:
        properties = {"layer": layer, "name": name, "rank": rank}
        return {"type": "Feature", "properties": properties, "geometry": to_geojson(geometry)}

    yield feature("land", "", 0, district.outline)
    yield feature("water", "La Seine", 0, district.skeleton.river)
    yield feature("slab", "Dalle des Arches", 0, district.core.slab)
    yield feature("esplanade", "Esplanade des Arches", 0, district.core.esplanade)
    yield feature("water", "Bassin", 0, district.core.basin)
    for name, polygon in district.greens:
        if not polygon.is_empty:
            yield feature("green", name, 0, polygon)
    for polygon in district.core.gardens:
        yield feature("green", "", 0, polygon)
    yield feature("rail", "Ligne de Saint-Cloud", 1, district.skeleton.rail)
    yield feature("rail", "Ligne de l'Axe (souterraine)", 0, district.skeleton.metro)
    for tunnel in district.skeleton.tunnels:
        yield feature("tunnel", tunnel.name, tunnel.rank, tunnel.line)
    for street in (*district.streets, *district.paths):
        yield feature("street", street.name, street.rank, street.line.simplify(0.4))
    for building in district.buildings:
        yield feature("building", building.name, building.storeys, building.footprint)
