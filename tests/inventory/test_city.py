"""A whole site from a folder: the demo city, its accounts and rules, and nothing twice."""

import hashlib
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from alarms.models import Rule
from assets.inventory.kinds import load_kinds, read_catalogue
from assets.models import Asset, AssetKind, BaseFeature, Feed, ImportRun, Point, Sector, Site
from hypervisor.models import Grant, User

pytestmark = pytest.mark.django_db


def square(west: float, size: float) -> dict[str, object]:
    ring = [[west, 48.0], [west + size, 48.0], [west + size, 48.0 + size], [west, 48.0 + size], [west, 48.0]]
    return {"type": "Polygon", "coordinates": [ring]}


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A city of two assets, written as `python -m demo generate` writes its 75,000."""
    files = {
        "site.json": {"slug": "tiny", "name": "Tiny", "longitude": 2.05, "latitude": 48.05, "zoom": 15},
        "feeds.json": [
            {"slug": "power", "name": "Power", "supervisor": "power", "protocol": "push", "token": "a-plain-token"},
            {"slug": "lifts", "name": "Lifts", "supervisor": "power", "protocol": "pull", "address": "{city}/lifts"},
        ],
        "sectors.geojson": {
            "type": "FeatureCollection",
            "features": [
                feature(square(2.04, 0.02), slug="core", name="Core", parent="town"),
                feature(square(2.0, 0.1), slug="town", name="Town", parent=""),
            ],
        },
        "base.geojson": {"type": "FeatureCollection", "features": [feature(square(2.0, 0.1), layer="land", name="", rank=0)]},
        "rules.json": [
            {
                "slug": "trip", "name_fr": "Déclenchement", "name_en": "Trip",
                "spec": {"kind": "state", "scope": {"quantity": "supply_state"}, "values": [{"severity": "high", "in": [2]}]},
            }
        ],
    }  # fmt: skip
    for name, document in files.items():
        (tmp_path / name).write_text(json.dumps(document))
    (tmp_path / "supervisors.csv").write_text("slug,name\npower,Power\n")
    (tmp_path / "assets.csv").write_text(
        "code,name,kind,longitude,latitude,level,sector,depends_on,supervisor,attributes\n"
        "A-1,Cabinet,lighting_cabinet,2.05,48.01,0,,,power,\nL-1,Lamp,lamp,2.01,48.05,0,,A-1,power,\n"
    )
    (tmp_path / "points.csv").write_text(
        "asset_code,quantity,unit,interval,feed,address,codes,limits\nA-1,supply_state,,60,power,A-1/supply_state,,\n"
    )
    return tmp_path


def load(folder: Path, **options: str) -> str:
    said = StringIO()
    call_command("load_demo", str(folder), stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def debug(settings: Any) -> None:
    settings.DEBUG = True


def test_a_folder_becomes_a_whole_site(folder: Path, debug: None) -> None:
    assert "loaded in" in load(folder, city="http://127.0.0.1:8199/")
    site = Site.objects.get(slug="tiny")
    assert (site.demo, site.allow_private_pull, site.zoom) == (True, True, 15)
    assert list(Sector.objects.values_list("slug", "path")) == [("town", "town"), ("core", "town/core")]
    assert dict(Asset.objects.values_list("code", "sector__slug")) == {"A-1": "core", "L-1": "town"}
    assert Asset.objects.get(code="L-1").depends_on.code == "A-1"
    assert Point.objects.get().address == "A-1/supply_state"
    assert BaseFeature.objects.get().layer == "land"
    assert Rule.objects.get().state == Rule.State.ACTIVE


def test_tokens_are_stored_hashed(folder: Path, debug: None) -> None:
    load(folder)
    feed = Feed.objects.get(slug="power")
    assert (feed.token_hash, feed.token_hint) == (hashlib.sha256(b"a-plain-token").hexdigest(), "oken")


def test_the_address_of_the_city_is_followed_without_loading_again(folder: Path, debug: None) -> None:
    load(folder)
    assert not Feed.objects.get(slug="lifts").enabled, "nobody is at {city}"
    assert "already loaded" in load(folder, city="http://127.0.0.1:8198")
    feed = Feed.objects.get(slug="lifts")
    assert (feed.enabled, feed.address) == (True, "http://127.0.0.1:8198/lifts")


def test_accounts_have_one_role_each(folder: Path, debug: None) -> None:
    load(folder)
    assert dict(Grant.objects.values_list("user__username", "role")) == {
        "operateur": "operator", "chef": "shift_supervisor", "admin": "administrator", "auditeur": "auditor",
    }  # fmt: skip
    assert User.objects.get(username="operateur").check_password("vigie")


def test_a_second_load_of_the_same_files_writes_nothing(folder: Path, debug: None) -> None:
    load(folder)
    version = Site.objects.get().inventory_version
    User.objects.get(username="admin").delete()
    assert "already loaded" in load(folder)
    assert Site.objects.get().inventory_version == version
    assert ImportRun.objects.count() == 1
    assert User.objects.filter(username="admin").exists(), "an account that is missing is made"


def test_a_smaller_city_retires_what_it_lacks(folder: Path, debug: None) -> None:
    load(folder)
    assets = folder / "assets.csv"
    assets.write_text("".join(assets.read_text().splitlines(keepends=True)[:2]))
    load(folder)
    assert Asset.objects.get(code="L-1").retired_at is not None
    assert Asset.objects.get(code="A-1").retired_at is None


def test_public_passwords_are_refused_in_production(folder: Path) -> None:
    with pytest.raises(CommandError, match="public password"):
        load(folder)
    assert not User.objects.exists()
    assert not Site.objects.exists()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("site.json", "{", "site.json: "),
        ("feeds.json", '[{"slug": "x", "name": "X", "supervisor": "nobody", "protocol": "push"}]', "the supervisor nobody"),
        ("feeds.json", '[{"slug": "x", "name": "X", "supervisor": "power", "protocol": "smoke"}]', "unknown protocol smoke"),
        ("rules.json", '[{"slug": "x", "name_fr": "X", "name_en": "X", "spec": {"kind": "magic"}}]', "The rule x of the demo"),
        ("assets.csv", "code,name\nA-1,x\n", "takes kind from the column kind"),
    ],
)
def test_a_broken_folder_is_refused_whole(folder: Path, debug: None, name: str, content: str, sentence: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(CommandError, match=sentence):
        load(folder)
    assert not Site.objects.exists()


def test_a_missing_file_is_named(folder: Path, debug: None) -> None:
    (folder / "base.geojson").unlink()
    with pytest.raises(CommandError, match=r"base\.geojson cannot be read"):
        load(folder)


def test_the_catalogue_loads_once_and_keeps_kinds_of_ones_own() -> None:
    AssetKind.objects.create(slug="own", name_fr="À nous", name_en="Own", domain="other", glyph="other")
    kinds = read_catalogue()
    assert load_kinds(kinds) == len(kinds) >= 30
    assert load_kinds(kinds) == 0
    AssetKind.objects.filter(slug="lamp").update(name_en="Torch")
    assert load_kinds(kinds) == 1
    assert AssetKind.objects.get(slug="lamp").name_en == "Street lamp"
    assert AssetKind.objects.filter(slug="own").exists()
