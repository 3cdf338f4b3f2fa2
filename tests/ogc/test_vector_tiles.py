"""Vector tiles for a GIS: what describes them leads to them, and they hold what the token sees."""

import gzip
import math

import mapbox_vector_tile

from assets.models import BaseFeature

HERE = "/ogc/quai"
STREET = {"type": "LineString", "coordinates": [[2.24, 48.889], [2.245, 48.891]]}


def inventory(answer):
    body = gzip.decompress(answer.content) if answer.get("Content-Encoding") == "gzip" else answer.content
    found = mapbox_vector_tile.decode(body)
    return sorted(each["properties"]["code"] for each in found.get("assets", {"features": []})["features"])


def tiles_of(client, z=16):
    """The address of the tile over the assets of the city, by the template of its TileJSON."""
    described = client.get(f"{HERE}/tiles.json").json()
    y = math.floor((0.5 - math.asinh(math.tan(math.radians(48.89))) / (2 * math.pi)) * 2**z)
    (template,) = described["tiles"]
    columns = range(math.floor((2.24 / 360 + 0.5) * 2**z), math.floor((2.245 / 360 + 0.5) * 2**z) + 1)
    return [template.format(z=z, x=x, y=y) for x in columns]


def test_a_token_follows_the_style_to_the_tilejson_and_on_to_its_tiles(city, program):
    BaseFeature.objects.create(site=city.site, layer="street", name="Quai", rank=3, geometry=STREET)
    client = program("data", scheme="Basic")
    style = client.get(f"{HERE}/style.json").json()
    described = client.get(style["sources"]["vigie"]["url"]).json()
    assert (style["version"], described["tilejson"], described["scheme"]) == (8, "3.0.0", "xyz")
    layers = {each["id"] for each in described["vector_layers"]}
    assert {"street", "sector", "density", "assets"} <= layers
    assert {each["source-layer"] for each in style["layers"] if "source" in each} >= layers & {
        "street",
        "assets",
        "density",
        "sector",
    }
    answers = [client.get(address) for address in tiles_of(client)]
    assert sorted(code for answer in answers for code in inventory(answer)) == ["J-1", "J-2", "J-3", "J-4"]
    assert answers[0]["Cache-Control"] == "private, no-cache"
    assert client.get(f"{HERE}/tiles/17/0/0.mvt").status_code == 404


def test_tiles_hold_what_one_sees_alone(city, program):
    nord = city.client("nord")
    assert sorted(code for each in tiles_of(nord) for code in inventory(nord.get(each))) == ["J-1", "J-2"]
    assert program("commands").get(f"{HERE}/tiles/16/1/1.mvt").status_code == 403
