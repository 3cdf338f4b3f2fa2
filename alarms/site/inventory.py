"""The inventory of a site as lines out of the database, and as the columns the engine works on."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import numpy as np
from django.db import connection
from numpy.typing import NDArray

from alarms.engine.scope import PointColumns
from alarms.site.labels import Templates
from assets.register import Assets, Feeds, Points, Register

SECOND = 1_000_000

_ASSETS = """
SELECT a.id, k.slug, coalesce(s.path, ''), coalesce(a.depends_on_id, 0), a.longitude, a.latitude, a.code, a.name, a.sector_id,
       CASE WHEN %s THEN a.attributes ELSE '{}' END, coalesce(a.attributes->>'building', ''), coalesce(a.supervisor_id, 0)
FROM assets_asset a JOIN assets_assetkind k ON k.id = a.kind_id LEFT JOIN assets_sector s ON s.id = a.sector_id
WHERE a.site_id = %s ORDER BY a.id
"""
_POINTS = """
SELECT p.id, p.asset_id, coalesce(p.feed_id, 0), p.quantity, p.interval, p.unit, p.codes, p.limits
FROM assets_point p JOIN assets_asset a ON a.id = p.asset_id
WHERE a.site_id = %s AND a.retired_at IS NULL ORDER BY p.id
"""
_FEEDS = """
SELECT f.id, f.expected_interval, f.name FROM assets_feed f JOIN assets_supervisor s ON s.id = f.supervisor_id
WHERE s.site_id = %s AND f.enabled ORDER BY f.id
"""


class AssetLine(NamedTuple):
    """One asset as `_ASSETS` reads it. `sector_path`, `building` are empty and `parent`, `supervisor` 0 where there is none."""

    id: int
    kind: str
    sector_path: str
    parent: int
    longitude: float
    latitude: float
    code: str
    name: str
    sector: int | None
    attributes: str
    building: str
    supervisor: int


class PointLine(NamedTuple):
    """One point as `_POINTS` reads it; `feed` is 0 for none, `interval` in seconds, `codes` and `limits` JSON."""

    id: int
    asset: int
    feed: int
    quantity: str
    interval: int
    unit: str
    codes: str
    limits: str


class FeedLine(NamedTuple):
    """One feed that is switched on, as `_FEEDS` reads it; `interval` in seconds."""

    id: int
    interval: int
    name: str


@dataclass(frozen=True, eq=False)
class Systems:
    """Which assets are of one system, per asset row: those of a kind and a supervisor in one building, or fed by one asset.

    code    the number its assets share, -1 for none; indoors: the system is that of a building
    """

    code: NDArray[np.int32]
    indoors: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is installed at a site, line by line; points whose asset is in service, feeds that are switched on."""

    assets: list[AssetLine]
    points: list[PointLine]
    feeds: list[FeedLine]
    of_points: list[AssetLine]
    """The asset of each point."""

    def register(self, limit_names: set[str], templates: Templates) -> Register:
        """The engine's rows. `limit_names`: the limits of points that some rule reads."""
        enabled = {feed.id for feed in self.feeds}
        return Register(
            Points(
                id=np.array([point.id for point in self.points], np.int64),
                asset=np.array([point.asset for point in self.points], np.int64),
                feed=np.array([point.feed if point.feed in enabled else 0 for point in self.points], np.int64),
                quantity=[point.quantity for point in self.points],
                interval=np.array([point.interval for point in self.points], np.int64) * SECOND,
                limits={
                    name: np.array([_number(document(point.limits).get(name)) for point in self.points], np.float64)
                    for name in sorted(limit_names)
                },
                counter=self._counters(templates),
                plausible=self._plausible(templates),
            ),
            Assets(
                id=np.array([asset.id for asset in self.assets], np.int64),
                kind=[asset.kind for asset in self.assets],
                sector=[asset.sector_path for asset in self.assets],
                parent=np.array([asset.parent for asset in self.assets], np.int64),
                lon=np.array([asset.longitude for asset in self.assets], np.float64),
                lat=np.array([asset.latitude for asset in self.assets], np.float64),
            ),
            Feeds(
                id=np.array([feed.id for feed in self.feeds], np.int64),
                interval=np.array([feed.interval for feed in self.feeds], np.int64) * SECOND,
            ),
        )

    def points_in_scope(self) -> PointColumns:
        """What scopes choose points by."""
        return PointColumns(
            kind=[asset.kind for asset in self.of_points],
            sector=[asset.sector_path for asset in self.of_points],
            quantity=[point.quantity for point in self.points],
            asset=[asset.code for asset in self.of_points],
            attributes=[document(asset.attributes) for asset in self.of_points],
        )

    def assets_in_scope(self) -> PointColumns:
        """The inventory as if every asset had one point: which assets a scope holds."""
        return PointColumns(
            kind=[asset.kind for asset in self.assets],
            sector=[asset.sector_path for asset in self.assets],
            quantity=[""] * len(self.assets),
            asset=[asset.code for asset in self.assets],
            attributes=[document(asset.attributes) for asset in self.assets],
        )

    def systems(self) -> Systems:
        """Which assets are of one system."""
        codes: dict[tuple[object, ...], int] = {}
        code = np.full(len(self.assets), -1, np.int32)
        for row, asset in enumerate(self.assets):
            if asset.supervisor and (asset.building or asset.parent):
                code[row] = codes.setdefault((asset.building or asset.parent, asset.supervisor, asset.kind), len(codes))
        return Systems(code, np.array([bool(asset.building) for asset in self.assets], bool))

    def _counters(self, templates: Templates) -> NDArray[np.bool_]:
        """Which points are counters: the catalogue says it of a quantity of their kind."""
        counters = {key for key, template in templates.items() if template.get("counter")}
        pairs = zip(self.of_points, self.points, strict=True)
        return np.array([(asset.kind, point.quantity) in counters for asset, point in pairs], bool)

    def _plausible(self, templates: Templates) -> NDArray[np.float64]:
        """(2, n): between what each point can be, as the catalogue says of a quantity of its kind."""
        ranges = {key: template["plausible"] for key, template in templates.items() if template.get("plausible")}
        nothing = (-np.inf, np.inf)
        pairs = zip(self.of_points, self.points, strict=True)
        of_each = [ranges.get((asset.kind, point.quantity), nothing) for asset, point in pairs]
        return np.array(of_each, np.float64).reshape(-1, 2).T


def read_inventory(site: int, described: bool) -> Inventory:
    """The inventory of a site; the attributes of its assets when asked for: they outweigh all the rest."""
    with connection.cursor() as cursor:
        cursor.execute(_ASSETS, [described, site])
        assets = [*map(AssetLine._make, cursor.fetchall())]
        cursor.execute(_POINTS, [site])
        points = [*map(PointLine._make, cursor.fetchall())]
        cursor.execute(_FEEDS, [site])
        feeds = [*map(FeedLine._make, cursor.fetchall())]
    by_id = {asset.id: asset for asset in assets}
    return Inventory(assets, points, feeds, [by_id[point.asset] for point in points])


@lru_cache(maxsize=4096)
def document(text: str) -> dict[str, Any]:
    """A JSON object as PostgreSQL hands it to a raw cursor. Most points share a few, so each is parsed once."""
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def _number(limit: object) -> float:
    return float(limit) if isinstance(limit, int | float) else float("nan")
