"""The pretend city's files: exact in number, whole in their references, believable in place, the same for a seed."""

import json
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from alarms.engine import spec
from assets.feeds.forms.mapped import compiled
from demo.__main__ import main
from demo.inventory.files import generate

Rows = list[dict[str, str]]
ROOT = Path(__file__).parents[2]


def _geojson(folder: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((folder / name).read_text("utf-8"))["features"]


def test_the_same_seed_writes_the_same_bytes(small_city: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", 3_000, say=lambda line: None)
    assert {path.name: path.read_bytes() for path in small_city.iterdir()} == {
        path.name: path.read_bytes() for path in (tmp_path / "again").iterdir()
    }


def test_another_seed_builds_another_city(small_city: Path, tmp_path: Path) -> None:
    generate(tmp_path / "other", 3_000, seed=7, say=lambda line: None)
    assert (tmp_path / "other" / "base.geojson").read_bytes() != (small_city / "base.geojson").read_bytes()
    assert (tmp_path / "other" / "assets.csv").read_bytes() != (small_city / "assets.csv").read_bytes()


def test_a_city_too_small_for_one_of_every_kind_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--assets", "120", "--out", str(tmp_path / "tiny")]) == 1
    assert "too small" in capsys.readouterr().err
    assert not (tmp_path / "tiny").exists()


def test_the_full_city_has_the_promised_numbers(full_assets: Rows, full_points: Rows) -> None:
    kinds = Counter(row["kind"] for row in full_assets)
    assert len(full_assets) == 75_000
    assert kinds["camera"] == 320
    assert len(full_points) == 14_000
    catalogue = tomllib.loads((ROOT / "assets" / "kinds.toml").read_text("utf-8"))["kind"]
    assert kinds.keys() <= {kind["slug"] for kind in catalogue}
    assert len(kinds) > 40


def test_a_smaller_city_keeps_the_proportions(small_city: Path) -> None:
    site = json.loads((small_city / "site.json").read_text("utf-8"))
    assert site["assets"] == 3_000
    assert site["points"] == 560


def test_codes_and_names_are_given_once(full_assets: Rows) -> None:
    assert len({row["code"] for row in full_assets}) == len(full_assets)
    assert len({(row["kind"], row["name"]) for row in full_assets}) == len(full_assets)
    assert max(len(row["name"]) for row in full_assets) <= 160


def test_every_dependency_exists_and_leads_to_an_end(full_assets: Rows) -> None:
    above = {row["code"]: row["depends_on"] for row in full_assets}
    assert {code for code in above.values() if code} <= above.keys()
    for code in above:
        steps = 0
        while code := above[code]:
            steps += 1
            assert steps < 8, f"{code} depends on itself"


def test_a_lamp_hangs_below_a_cabinet_and_that_below_a_substation(full_assets: Rows) -> None:
    rows = {row["code"]: row for row in full_assets}
    lamp = next(row for row in full_assets if row["kind"] == "lamp")
    cabinet = rows[lamp["depends_on"]]
    assert cabinet["kind"] == "lighting_cabinet"
    assert rows[cabinet["depends_on"]]["kind"] == "substation"


def test_every_point_has_its_own_address_on_its_feed(full_city: Path, full_assets: Rows, full_points: Rows) -> None:
    assert len({(row["feed"], row["address"]) for row in full_points}) == len(full_points)
    assert len({(row["asset_code"], row["quantity"]) for row in full_points}) == len(full_points)
    assert {row["asset_code"] for row in full_points} <= {row["code"] for row in full_assets}
    feeds = json.loads((full_city / "feeds.json").read_text("utf-8"))
    assert {row["feed"] for row in full_points} == {feed["slug"] for feed in feeds}


def test_every_asset_lies_in_the_site_and_in_its_sector(full_city: Path, full_assets: Rows) -> None:
    sectors = {feature["properties"]["slug"]: feature for feature in _geojson(full_city, "sectors.geojson")}
    inner = {slug for slug, feature in sectors.items() if feature["properties"]["parent"]}
    shapes = {slug: shapely.geometry.shape(feature["geometry"]) for slug, feature in sectors.items()}
    places = np.array([(float(row["longitude"]), float(row["latitude"])) for row in full_assets])
    where = np.array([row["sector"] for row in full_assets])
    assert set(where.tolist()) <= inner
    for slug in inner:
        mine = places[where == slug]
        assert shapely.contains_xy(shapes[slug].buffer(2e-6), mine[:, 0], mine[:, 1]).all()


def test_inner_sectors_lie_in_their_parent_and_do_not_overlap(full_city: Path) -> None:
    sectors = _geojson(full_city, "sectors.geojson")
    shapes = {feature["properties"]["slug"]: shapely.geometry.shape(feature["geometry"]) for feature in sectors}
    inner = [feature["properties"] for feature in sectors if feature["properties"]["parent"]]
    assert 20 <= len(inner) <= 35
    assert all(shape.is_valid for shape in shapes.values())
    for sector in inner:
        outside = shapes[sector["slug"]].difference(shapes[sector["parent"]].buffer(2e-6))
        assert outside.area < 1e-12
    together = shapely.union_all([shapes[sector["slug"]] for sector in inner]).area
    assert sum(shapes[sector["slug"]].area for sector in inner) == pytest.approx(together, rel=1e-4)


def test_the_base_layer_has_every_layer_and_valid_shapes(full_city: Path) -> None:
    features = _geojson(full_city, "base.geojson")
    layers = Counter(feature["properties"]["layer"] for feature in features)
    assert layers.keys() == {"land", "water", "slab", "esplanade", "green", "rail", "tunnel", "street", "building"}
    assert layers["building"] > 1_500
    assert layers["street"] > 200
    invalid = [feature["properties"] for feature in features if not shapely.geometry.shape(feature["geometry"]).is_valid]
    assert invalid == []


def test_lamps_stand_along_streets_and_not_in_houses(full_city: Path, full_assets: Rows) -> None:
    features = _geojson(full_city, "base.geojson")
    houses = [shapely.geometry.shape(each["geometry"]) for each in features if each["properties"]["layer"] == "building"]
    lamps = [row for row in full_assets if row["kind"] == "lamp" and row["level"] == "0"]
    spots = shapely.points([(float(row["longitude"]), float(row["latitude"])) for row in lamps])
    inside = np.unique(shapely.STRtree(houses).query(spots, predicate="within")[0])
    assert len(inside) < 0.03 * len(lamps)


def test_the_engine_understands_every_rule_and_finds_points_for_it(
    rules: list[dict[str, Any]], full_points: Rows, full_assets: Rows
) -> None:
    kinds = {row["code"]: row["kind"] for row in full_assets}
    measured = {(kinds[row["asset_code"]], row["quantity"]) for row in full_points}
    assert 20 <= len(rules) <= 50
    for rule in rules:
        decoded = spec.decode(rule["spec"])
        for kind in decoded.scope.kinds:
            if decoded.scope.quantity:
                assert (kind, decoded.scope.quantity) in measured, rule["slug"]


def test_the_product_accepts_every_mapping(full_city: Path) -> None:
    for feed in json.loads((full_city / "feeds.json").read_text("utf-8")):
        if feed["protocol"] in ("pull", "mqtt"):
            compiled(feed["mapping"])
