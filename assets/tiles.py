"""Vector tiles of a site: its streets and buildings, its sectors, and its inventory as counts far out and assets close in."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import shapely
from django.db import connection
from numpy.typing import NDArray

from assets.models import AssetKind, BaseFeature, Sector
from assets.mvt import BUFFER, EXTENT, Layer, shape_commands

FORMAT = 1
"""Grows when the layers or their properties change: caches on both sides follow it."""

MAX_ZOOM = 16
"""The client stretches tiles of this zoom when it goes closer: a unit is 15 cm there."""
ASSETS_FROM = 15
"""From this zoom each asset is a feature; below, cells hold counts."""
CELLS = 64
"""Cells across a tile far out: 8 pixels each."""

_BASE_FROM = {"building": 13, "level": 15, "rail": 11, "slab": 12, "esplanade": 12}
_STREETS_FROM = {1: 14, 2: 13}
"""By rank (1 path, 2 street); more important ones always."""
_NAMES_FROM = 14
_FOV_KINDS = ("camera", "anpr_camera")


@dataclass(frozen=True, slots=True)
class Tile:
    """Address of one tile in the usual Web Mercator pyramid; raises ValueError when there is no such tile."""

    z: int
    x: int
    y: int

    def __post_init__(self) -> None:
        if not (0 <= self.z <= MAX_ZOOM and 0 <= self.x < 1 << self.z and 0 <= self.y < 1 << self.z):
            raise ValueError(f"no tile {self.z}/{self.x}/{self.y}")

    def box(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees, `margin` tiles wider on each side."""
        size = 1 << self.z
        west, east = ((self.x - margin) / size, (self.x + 1 + margin) / size)
        north, south = ((self.y - margin) / size, (self.y + 1 + margin) / size)
        return west * 360 - 180, _latitude(south), east * 360 - 180, _latitude(north)

    def units(self, world: NDArray[np.float64]) -> NDArray[np.float64]:
        """World coordinates (n, 2), 0 to 1 and y down, in units of this tile."""
        return (world * (1 << self.z) - (self.x, self.y)) * EXTENT


def _latitude(y: float) -> float:
    return float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * y)))))


def to_world(degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """Longitude and latitude (n, 2) in degrees to Web Mercator, 0 to 1 and y down."""
    latitude = np.radians(np.clip(degrees[:, 1], -85.0511, 85.0511))
    return np.column_stack((degrees[:, 0] / 360 + 0.5, 0.5 - np.arcsinh(np.tan(latitude)) / (2 * np.pi)))


# --- the ground: base layer and sectors, the same for everybody ---


@dataclass(frozen=True, slots=True)
class Shapes:
    """Geometries in world coordinates with their properties, found by box."""

    geometries: NDArray[np.object_]
    properties: Sequence[tuple[str, str, int, int]]
    """Layer, name, rank, id."""
    tree: shapely.STRtree

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, int, int, str]]) -> "Shapes":
        """From layer, name, rank, id and GeoJSON text in degrees; what is no valid geometry is left out."""
        rows = list(rows)
        geometries = shapely.from_geojson([row[4] for row in rows], on_invalid="ignore")
        usable = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
        geometries = shapely.transform(shapely.force_2d(geometries[usable]), to_world)
        kept = [row[:4] for row, use in zip(rows, usable, strict=True) if use]
        return cls(geometries, kept, shapely.STRtree(geometries))

    def cut(self, tile: Tile) -> Iterable[tuple[tuple[str, str, int, int], int, bytes]]:
        """What a tile shows of them: properties, shape and commands, in the order of the rows."""
        margin, size = BUFFER / EXTENT, 1 << tile.z
        box = np.array([tile.x - margin, tile.y - margin, tile.x + 1 + margin, tile.y + 1 + margin]) / size
        found = np.sort(self.tree.query(shapely.box(*box)))
        found = found[[_shown(self.properties[row], tile.z) for row in found]] if len(found) else found
        geometries = shapely.transform(self.geometries[found], tile.units)
        if tile.z < MAX_ZOOM:
            geometries = shapely.simplify(geometries, 4.0, preserve_topology=False)
        cut = shapely.clip_by_rect(geometries, -BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
        for row, (shape, commands) in zip(found.tolist(), shape_commands(cut), strict=True):
            if commands:
                yield self.properties[row], shape, commands


def _shown(properties: tuple[str, str, int, int], zoom: int) -> bool:
    layer, _, rank, _ = properties
    return zoom >= (_STREETS_FROM.get(rank, 0) if layer == "street" else _BASE_FROM.get(layer, 0))


@lru_cache(maxsize=4)
def _ground(site_id: int, version: int) -> tuple[Shapes, Shapes, dict[int, tuple[str, str]]]:
    """Base layer, sectors, and slug and path of each sector; `version` only tells one inventory from the next."""
    with connection.cursor() as cursor:
        base = BaseFeature.objects.filter(site_id=site_id).order_by("id")
        sql, parameters = base.values_list("layer", "name", "rank", "id").query.sql_with_params()
        cursor.execute(sql.replace(" FROM ", ", geometry::text FROM ", 1), parameters)
        features = Shapes.of(cursor.fetchall())
    sectors = list(Sector.objects.filter(site_id=site_id).order_by("path"))
    outlines = Shapes.of(
        ("sector", sector.name, sector.path.count("/"), sector.pk, json.dumps(sector.polygon)) for sector in sectors
    )
    return features, outlines, {sector.pk: (sector.slug, sector.path) for sector in sectors}


def ground(site_id: int, version: int, tile: Tile) -> bytes:
    """Layers of the base (street, building, water…), `sector` and `sector_label`; the same for everybody."""
    features, outlines, sectors = _ground(site_id, version)
    layers: dict[str, Layer] = {}
    for (name, text, rank, _), shape, commands in features.cut(tile):
        layer = layers.setdefault(name, Layer(name))
        named = text if tile.z >= _NAMES_FROM and name != "building" else None
        layer.add(shape, commands, layer.tags((("name", named), ("rank", rank))))
    outline, label = Layer("sector"), Layer("sector_label")
    for (_, name, depth, pk), shape, commands in outlines.cut(tile):
        slug, path = sectors[pk]
        outline.add(shape, commands, outline.tags((("name", name), ("slug", slug), ("path", path), ("depth", depth))), pk)
    _label(label, outlines, sectors, tile)
    return b"".join(layer.encode() for layer in (*layers.values(), outline, label))


def _label(layer: Layer, outlines: Shapes, sectors: dict[int, tuple[str, str]], tile: Tile) -> None:
    if not len(outlines.geometries):
        return
    centres = tile.units(shapely.get_coordinates(shapely.point_on_surface(outlines.geometries)))
    inside = ((centres >= 0) & (centres < EXTENT)).all(axis=1)
    for row in np.flatnonzero(inside).tolist():
        _, name, depth, pk = outlines.properties[row]
        tags = layer.tags((("name", name), ("path", sectors[pk][1]), ("depth", depth)))
        layer.add_points(centres[row : row + 1, 0], centres[row : row + 1, 1], [tags], [pk])


# --- the inventory: only what a person may see ---


def inventory(site_id: int, tile: Tile, sectors: Sequence[int] | None) -> bytes:
    """Layer `assets` close in, `density` far out, of the assets in these sectors (primary keys; None: everywhere)."""
    return _assets(site_id, tile, sectors) if tile.z >= ASSETS_FROM else _density(site_id, tile, sectors)


_WHERE = """
 WHERE point(a.longitude, a.latitude) <@ box(point(%(west)s, %(south)s), point(%(east)s, %(north)s))
   AND a.site_id = %(site)s AND a.retired_at IS NULL AND (%(sectors)s::bigint[] IS NULL OR a.sector_id = ANY(%(sectors)s))
"""
_SELECT_ASSETS = f"""
SELECT a.id, a.code, a.name, a.kind_id, a.sector_id, a.level, a.longitude, a.latitude,
       (SELECT min(p.feed_id) FROM assets_point p WHERE p.asset_id = a.id),
       CASE WHEN a.kind_id = ANY(%(fov_kinds)s)
            THEN concat_ws('|', a.attributes->>'bearing', a.attributes->>'fov', a.attributes->>'range') END
  FROM assets_asset a {_WHERE} ORDER BY a.id
"""
_SELECT_CELLS = f"""
SELECT floor((a.longitude / 360 + 0.5) * %(cells)s)::int - %(left)s,
       floor((0.5 - asinh(tan(radians(a.latitude))) / (2 * pi())) * %(cells)s)::int - %(top)s,
       a.sector_id, k.domain, count(*)
  FROM assets_asset a JOIN assets_assetkind k ON k.id = a.kind_id {_WHERE}
 GROUP BY 1, 2, 3, 4 ORDER BY 2, 1, 3, 4
"""


def _parameters(site_id: int, tile: Tile, sectors: Sequence[int] | None, margin: float) -> dict[str, Any]:
    west, south, east, north = tile.box(margin)
    chosen = None if sectors is None else list(sectors)
    return {"site": site_id, "sectors": chosen, "west": west, "south": south, "east": east, "north": north}


def _assets(site_id: int, tile: Tile, sectors: Sequence[int] | None) -> bytes:
    kinds = {kind.pk: kind for kind in AssetKind.objects.defer("points")}
    fov_kinds = [pk for pk, kind in kinds.items() if kind.slug in _FOV_KINDS]
    with connection.cursor() as cursor:
        # A margin, so that a glyph on the edge is not cut by its tile.
        cursor.execute(_SELECT_ASSETS, {**_parameters(site_id, tile, sectors, 0.0), "fov_kinds": fov_kinds})
        rows = cursor.fetchall()
    layer = Layer("assets")
    if not rows:
        return b""
    kind_tags = {
        pk: layer.tags((("kind", kind.slug), ("domain", kind.domain), ("glyph", kind.glyph))) for pk, kind in kinds.items()
    }
    shared: dict[tuple[int | None, int, int | None], bytes] = {}
    tags = []
    for _, code, name, kind, sector, level, _, _, feed, view in rows:
        common = shared.get((sector, level, feed))
        if common is None:
            common = layer.tags((("sector", sector), ("level", level), ("feed", feed)))
            shared[sector, level, feed] = common
        own = layer.tags((("code", code), ("name", name)))
        tags.append(kind_tags[kind] + common + own + (layer.tags(_view(view)) if view else b""))
    units = tile.units(to_world(np.array([row[6:8] for row in rows], dtype=np.float64)))
    layer.add_points(units[:, 0], units[:, 1], tags, [row[0] for row in rows])
    return layer.encode()


def _view(text: str) -> Iterable[tuple[str, int]]:
    """Bearing, field of view (degrees) and range (metres) of a camera that says all three."""
    try:
        bearing, angle, reach = (round(float(number)) for number in text.split("|"))
    except ValueError:
        return ()
    return (("bearing", bearing % 360), ("fov", min(max(angle, 10), 360)), ("range", min(max(reach, 5), 500)))


def _density(site_id: int, tile: Tile, sectors: Sequence[int] | None) -> bytes:
    cells = {"cells": CELLS << tile.z, "left": tile.x * CELLS, "top": tile.y * CELLS}
    with connection.cursor() as cursor:
        cursor.execute(_SELECT_CELLS, {**_parameters(site_id, tile, sectors, 0.0), **cells})
        rows = cursor.fetchall()
    counts: dict[tuple[int, int, int | None], dict[str, int]] = defaultdict(dict)
    for column, row, sector, domain, count in rows:
        counts[column, row, sector][domain] = count
    layer = Layer("density")
    size = EXTENT / CELLS
    tags = [
        layer.tags((("n", sum(domains.values())), ("sector", sector), *domains.items()))
        for (_, _, sector), domains in counts.items()
    ]
    places = (np.array([key[:2] for key in counts], dtype=np.float64).reshape(-1, 2) + 0.5) * size
    layer.add_points(places[:, 0], places[:, 1], tags, range(1, len(tags) + 1))
    return layer.encode()
