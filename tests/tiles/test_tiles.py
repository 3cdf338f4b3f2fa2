"""A tile holds what lies in it and what its reader may see, and says so in a way browsers may keep."""

import gzip
import json

import mapbox_vector_tile
import numpy as np
import pytest
import redis
import shapely
from django.core.cache import cache
from django.test import Client

from assets.models import BaseFeature, Site
from assets.tiles import Tile, _ground, to_world
from tests.factories import NOON, SQUARE, make_asset, make_feed, make_point, make_sector, make_site, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget() -> None:
    cache.clear()
    _ground.cache_clear()


@pytest.fixture
def site() -> Site:
    return make_site()


@pytest.fixture
def operator(client: Client, site: Site) -> Client:
    client.force_login(make_user(site=site))
    return client


def around(zoom: int, longitude: float = 2.24, latitude: float = 48.89) -> str:
    x, y = to_world(np.array([[longitude, latitude]]))[0] * (1 << zoom)
    return f"{zoom}/{int(x)}/{int(y)}.mvt"


def layers(client: Client, address: str) -> dict[str, list[dict]]:
    answer = client.get(address, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200, answer.content
    decoded = mapbox_vector_tile.decode(gzip.decompress(answer.content))
    return {name: layer["features"] for name, layer in decoded.items()}


def test_an_asset_close_in_is_a_feature_with_its_own_id(operator: Client, site: Site) -> None:
    asset = make_asset(site, level=-1)
    point = make_point(asset, make_feed(site))
    feature = layers(operator, f"/tiles/quai/1/{around(16)}")["assets"][0]
    assert feature["id"] == asset.pk
    assert feature["properties"] == {
        "kind": "flood-gauge", "domain": "water", "glyph": "flood-gauge", "level": -1, "code": "J-1", "name": "Jauge J-1",
        "feed": point.feed_id,
    }  # fmt: skip


def test_a_camera_says_where_it_looks_and_how_far(operator: Client, site: Site) -> None:
    make_asset(site, kind="camera", attributes={"bearing": 370, "fov": "62.4", "range": 40})
    properties = layers(operator, f"/tiles/quai/1/{around(16)}")["assets"][0]["properties"]
    assert (properties["bearing"], properties["fov"], properties["range"]) == (10, 62, 40)


def test_a_camera_that_does_not_say_has_no_field_of_view(operator: Client, site: Site) -> None:
    make_asset(site, kind="camera", attributes={"bearing": "north", "fov": 60})
    assert "fov" not in layers(operator, f"/tiles/quai/1/{around(16)}")["assets"][0]["properties"]


def test_far_out_cells_count_the_assets_by_domain(operator: Client, site: Site) -> None:
    for number in range(3):
        make_asset(site, f"J-{number}")
    cell = layers(operator, f"/tiles/quai/1/{around(12)}")["density"][0]
    assert cell["properties"] == {"n": 3, "water": 3}


def test_a_retired_asset_and_one_elsewhere_are_not_drawn(operator: Client, site: Site) -> None:
    make_asset(site, "J-1", retired_at=NOON)
    make_asset(site, "J-2", longitude=2.4)
    make_asset(make_site("autre"), "J-3")
    assert "assets" not in layers(operator, f"/tiles/quai/1/{around(16)}")


def test_the_ground_is_drawn_with_its_names_and_sectors(operator: Client, site: Site) -> None:
    line = {"type": "LineString", "coordinates": [[2.239, 48.89], [2.241, 48.8901]]}
    BaseFeature.objects.create(site=site, layer="street", name="rue du Port", rank=2, geometry=line)
    BaseFeature.objects.create(site=site, layer="building", rank=4, geometry=SQUARE)
    make_sector(site)
    found = layers(operator, f"/tiles/quai/1/{around(15)}")
    assert found["street"][0]["properties"] == {"name": "rue du Port", "rank": 2}
    assert found["building"][0]["geometry"]["type"] == "Polygon"
    assert found["sector"][0]["properties"] == {"name": "Nord", "slug": "nord", "path": "nord", "depth": 0}


def test_a_person_of_some_sectors_sees_the_assets_of_those_and_of_the_nested_ones(client: Client, site: Site) -> None:
    north, south = make_sector(site), make_sector(site, "sud")
    inside = make_sector(site, "quais", parent=north)
    for code, sector in (("N", north), ("Q", inside), ("S", south), ("X", None)):
        make_asset(site, code, sector=sector)
    client.force_login(make_user("nord", site, sectors=(north,)))
    address = f"/tiles/quai/1/{around(16)}"
    assert sorted(feature["properties"]["code"] for feature in layers(client, address)["assets"]) == ["N", "Q"]
    client.force_login(make_user("tout", site))
    assert len(layers(client, address)["assets"]) == 4, "the tile of another person's rights was served from the cache"


def test_a_tile_may_be_kept_for_ever_and_is_not_sent_again(operator: Client, site: Site) -> None:
    address = f"/tiles/quai/1/{around(16)}"
    first = operator.get(address, headers={"accept-encoding": "gzip"})
    assert first["Content-Encoding"] == "gzip"
    assert "immutable" in first["Cache-Control"]
    assert "private" in first["Cache-Control"]
    assert "Cookie" in first["Vary"]
    assert operator.get(address, headers={"if-none-match": first["ETag"]}).status_code == 304


def test_a_client_that_cannot_unpack_gets_plain_bytes(operator: Client, site: Site) -> None:
    make_asset(site)
    answer = operator.get(f"/tiles/quai/1/{around(16)}", headers={"accept-encoding": "identity"})
    assert "assets" in mapbox_vector_tile.decode(answer.content)


def test_a_passed_version_leads_to_the_present_one(operator: Client, site: Site) -> None:
    Site.objects.update(inventory_version=7)
    answer = operator.get("/tiles/quai/3/0/0/0.mvt")
    assert (answer.status_code, answer["Location"]) == (307, "/tiles/quai/7/0/0/0.mvt")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("address", ["quai/2/0/0/0", "quai/1/17/0/0", "quai/1/3/8/0", "inconnu/1/0/0/0"])
def test_what_does_not_exist_is_refused(operator: Client, address: str) -> None:
    assert operator.get(f"/tiles/{address}.mvt").status_code == 404


def test_without_a_login_there_is_no_tile_and_no_key(client: Client, site: Site) -> None:
    assert client.get("/tiles/quai/1/0/0/0.mvt").status_code == 401
    assert client.get("/tiles/quai/key.json").status_code == 401


def test_without_a_grant_the_site_does_not_exist(client: Client, site: Site) -> None:
    client.force_login(make_user("ailleurs", make_site("autre")))
    assert client.get("/tiles/quai/1/0/0/0.mvt").status_code == 404
    assert client.get("/tiles/quai/key.json").status_code == 404


def test_an_empty_tile_is_not_kept(operator: Client, site: Site, valkey: redis.Redis) -> None:
    make_asset(site)
    for x in range(5):
        assert layers(operator, f"/tiles/quai/1/16/{x}/0.mvt") == {}
    assert valkey.keys("*tile:*") == []
    layers(operator, f"/tiles/quai/1/{around(16)}")
    assert len(valkey.keys("*tile:*")) == 1


def test_a_tile_costs_few_queries_and_a_kept_one_fewer(operator: Client, site: Site, django_assert_max_num_queries) -> None:
    make_asset(site)
    address = f"/tiles/quai/1/{around(16)}"
    with django_assert_max_num_queries(8):
        operator.get(address)
    with django_assert_max_num_queries(4):
        operator.get(address)


def test_the_key_names_what_the_map_shows(operator: Client, site: Site) -> None:
    sector = make_sector(site)
    make_asset(site, sector=sector)
    feed = make_feed(site)
    key = operator.get("/tiles/quai/key.json").json()
    assert key["tiles"] == "/tiles/quai/1/{z}/{x}/{y}.mvt"
    assert key["kinds"]["flood-gauge"]["domain"] == "water"
    assert key["sectors"] == [{"id": sector.pk, "path": "nord", "name": "Nord"}]
    assert key["feeds"] == {"jauges": feed.pk}


def test_the_map_opens_around_the_sectors_of_its_reader(operator: Client, site: Site) -> None:
    assert operator.get("/tiles/quai/key.json").json()["bounds"] is None
    sector = make_sector(site)
    corners = shapely.from_geojson(json.dumps(sector.polygon)).bounds
    assert operator.get("/tiles/quai/key.json").json()["bounds"] == list(corners)


@pytest.mark.parametrize("zoom", [0, 5, 16])
def test_the_box_of_a_tile_holds_its_own_corner_and_not_the_next(zoom: int) -> None:
    tile = Tile(zoom, (1 << zoom) // 2, (1 << zoom) // 3)
    west, south, east, north = tile.box()
    corners = to_world(np.array([[west, north], [east, south]]))
    assert np.allclose(tile.units(corners), [[0, 0], [4096, 4096]], atol=1e-2)
