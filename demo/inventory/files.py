"""Writes a generated city in the inventory file format: one folder, the same bytes for the same seed."""

import csv
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import shapely

from demo.city import world
from demo.inventory import feeds, gates, habits, indoors, points, rules, streets, watched
from demo.inventory.quotas import counts
from demo.inventory.sheet import Row, Sheet
from demo.plan import district as plan
from demo.plan.frame import LATITUDE, LONGITUDE, degrees, to_geojson

SEED = 92800
SITE = {
    "slug": "les-arches",
    "name": "Les Arches",
    "timezone": "Europe/Paris",
    "longitude": LONGITUDE,
    "latitude": LATITUDE,
    "zoom": 14.2,
}
ASSET_COLUMNS = ("code", "name", "kind", "longitude", "latitude", "level", "sector", "depends_on", "supervisor", "attributes")
POINT_COLUMNS = ("asset_code", "quantity", "unit", "interval", "feed", "address", "codes", "limits")


def generate(folder: Path, assets: int, seed: int = SEED, say: Callable[[str], None] = print) -> None:
    """Writes site.json, base.geojson, sectors.geojson, assets.csv, points.csv, supervisors.csv, feeds.json, rules.json,
    stand.json and habits.

    Raises TooSmall for a city that cannot hold one asset of every kind.
    """
    started = time.perf_counter()
    number = counts(assets)
    district = plan.build(seed, say)
    sheet = install(district, number, seed)
    say(f"inventory: {sum(map(len, sheet.of.values()))} assets placed")
    chosen = gates.choose(sheet)
    measured = points.build(sheet, assets, seed)
    say(f"points: {len(measured)}")
    folder.mkdir(parents=True, exist_ok=True)
    _json(folder / "site.json", {**SITE, "seed": seed, "assets": assets, "points": len(measured)})
    _features(folder / "base.geojson", plan.base_layer(district))
    _features(folder / "sectors.geojson", _sectors(district))
    _assets(folder / "assets.csv", sheet, district)
    _points(folder / "points.csv", measured)
    _table(folder / "supervisors.csv", ("slug", "name"), feeds.SUPERVISORS.items())
    _json(folder / "feeds.json", feeds.document())
    _json(folder / "rules.json", rules.document())
    _json(folder / "stand.json", gates.document(sheet, chosen))
    habits.write(folder, world.load(folder), seed)
    say(f"written to {folder} in {time.perf_counter() - started:.1f} s")


def install(district: plan.District, number: dict[str, int], seed: int) -> Sheet:
    """Every asset of the city, placed and tied to what it depends on."""
    sheet = Sheet(number)
    houses = indoors.managed(district)
    streets.install(sheet, district, seed)
    indoors.install(sheet, houses, seed)
    watched.install(sheet, district, houses, seed)
    _keep_inside(sheet, district)
    for rows in sheet.of.values():
        _tell_apart(rows)
    for place, gauge in enumerate(sheet.of["flood_gauge"], 1):
        gauge.attributes["station"] = f"F7{place:04d}0001"[:10]
    return sheet


def _tell_apart(rows: list[Row]) -> None:
    """Numbers the assets of a kind that would have one and the same name."""
    times = Counter(row.name for row in rows)
    given: Counter[str] = Counter()
    for row in rows:
        if times[row.name] > 1:
            given[row.name] += 1
            row.name = f"{row.name} n° {given[row.name]}"


def _keep_inside(sheet: Sheet, district: plan.District) -> None:
    """Draws back what an offset from a street at the edge has put over the border."""
    rows = [row for of_kind in sheet.of.values() for row in of_kind]
    site = district.outline.buffer(-1.0)
    inside = shapely.contains_xy(site, [row.x for row in rows], [row.y for row in rows])
    for index in np.flatnonzero(~inside).tolist():
        row = rows[index]
        spot = shapely.shortest_line(site, shapely.Point(row.x, row.y)).coords[0]
        row.x, row.y = float(spot[0]), float(spot[1])


def _sectors(district: plan.District) -> Iterable[dict[str, object]]:
    for sector in district.sectors:
        properties = {"slug": sector.slug, "name": sector.name, "parent": sector.parent}
        yield {"type": "Feature", "properties": properties, "geometry": to_geojson(sector.polygon)}


def _sector_of(rows: list[Row], district: plan.District) -> list[str]:
    inner = [sector for sector in district.sectors if sector.parent]
    tree = shapely.STRtree([sector.polygon for sector in inner])
    spots = shapely.points([(row.x, row.y) for row in rows])
    found = np.full(len(rows), -1)
    row_of, sector_of = tree.query(spots, predicate="intersects")
    found[row_of] = sector_of
    return [inner[index].slug if index >= 0 else "" for index in found.tolist()]


def _assets(path: Path, sheet: Sheet, district: plan.District) -> None:
    rows = [row for of_kind in sheet.of.values() for row in of_kind]
    longitudes, latitudes = degrees([row.x for row in rows], [row.y for row in rows])
    where = _sector_of(rows, district)
    _table(
        path,
        ASSET_COLUMNS,
        (
            (
                row.code,
                row.name,
                row.kind,
                f"{lon:.6f}",
                f"{lat:.6f}",
                row.level,
                sector,
                row.depends_on,
                row.supervisor,
                json.dumps(row.attributes, ensure_ascii=False) if row.attributes else "",
            )
            for row, lon, lat, sector in zip(rows, longitudes.tolist(), latitudes.tolist(), where, strict=True)
        ),
    )


def _points(path: Path, measured: list[points.PointRow]) -> None:
    _table(
        path,
        POINT_COLUMNS,
        (
            (
                point.asset.code,
                point.quantity,
                point.unit,
                point.interval,
                point.feed,
                point.address,
                json.dumps(point.codes, ensure_ascii=False) if point.codes else "",
                json.dumps(point.limits) if point.limits else "",
            )
            for point in measured
        ),
    )


def _table(path: Path, columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _features(path: Path, features: Iterable[dict[str, object]]) -> None:
    lines = ",\n".join(json.dumps(feature, ensure_ascii=False, separators=(",", ":")) for feature in features)
    path.write_text(f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n', encoding="utf-8")


def _json(path: Path, document: object) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
