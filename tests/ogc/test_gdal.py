"""GDAL's own client of OGC API Features, against a web process of ours: a peer that nobody here wrote."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desk.served import Served
from tests.factories import make_asset

Run = Callable[..., str]


@pytest.fixture(scope="module")
def served(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A web process of our own on the test database."""
    with Served(tmp_path_factory.mktemp("web") / "log") as process:
        yield process


@pytest.fixture
def gdal(transactional_db: None, served: Served) -> Run:
    """gdal(program, *arguments): what it prints, with a site's layers behind OAPIF and a token as the password of Basic."""
    import datetime as dt

    from django.core.cache import cache
    from django.utils import timezone

    from hypervisor import tokens
    from journal.actors import Actor
    from tests.api.city import build

    cache.clear()
    city = build()
    for number in range(120):
        make_asset(city.site, f"L-{number:03}", "lamp", sector=city.sectors["sud"], longitude=2.25, latitude=48.9 + number / 1e4)
    now = timezone.now()
    _, token = tokens.create(
        city.site, "gdal", ["data"], "operator", now + dt.timedelta(days=1), by=Actor.of(city.users["administrator"]), now=now
    )  # fmt: skip

    def run(program: str, *arguments: str) -> str:
        found = shutil.which(program)
        if found is None:
            pytest.fail(f"{program} is not installed: script/test installs gdal-bin, or names the command that does.")
        source = ("--config", "GDAL_HTTP_USERPWD", f"x:{token}")
        said = [each.replace("VIGIE", f"OAPIF:{served.url}/ogc/quai") for each in arguments]
        done = subprocess.run([found, *said, *source], capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        assert "ERROR" not in done.stderr, done.stderr
        return done.stdout

    return run


def test_it_lists_the_layers_and_reads_their_features_over_several_pages(gdal: Run, tmp_path: Path) -> None:
    listed = gdal("ogrinfo", "-ro", "VIGIE")
    named = {line.split()[1] for line in listed.splitlines() if ": " in line}
    assert {"assets", "alarms", "sectors", "passages", "assets-lamp"} <= named
    out = tmp_path / "lamps.json"
    gdal("ogr2ogr", "-f", "GeoJSON", str(out), "VIGIE", "assets-lamp", "-oo", "PAGE_SIZE=50")
    features = json.loads(out.read_text())["features"]
    assert [each["properties"]["code"] for each in features] == [f"L-{number:03}" for number in range(120)]
    assert features[7]["geometry"]["coordinates"] == [2.25, 48.9007]


def test_it_is_answered_by_box_and_by_attribute(gdal: Run) -> None:
    box = gdal("ogrinfo", "-ro", "-al", "-spat", "2.2405", "48", "2.2425", "49", "VIGIE", "assets")
    assert [line.split(" = ")[1] for line in box.splitlines() if line.startswith("  code (")] == ["J-1", "J-2"]
    worst = gdal("ogrinfo", "-ro", "-al", "-where", "severity = 'critical'", "VIGIE", "alarms")
    assert "Feature Count: 1" in worst
    assert "raised_at (DateTime) = 2026/03/01 12:00:00+00" in worst


def test_what_it_copies_into_a_geopackage_in_lambert_93_lies_where_it_should(gdal: Run, tmp_path: Path) -> None:
    out = tmp_path / "alarms.gpkg"
    gdal("ogr2ogr", "-f", "GPKG", "-t_srs", "EPSG:2154", str(out), "VIGIE", "alarms", "sectors")
    read = gdal("ogrinfo", "-ro", "-al", "-so", str(out), "alarms")
    assert 'ID["EPSG",2154]' in read
    assert "Feature Count: 4" in read


@pytest.mark.parametrize("layer", ["assets", "alarms", "sectors", "incidents"])
def test_it_opens_the_geopackage_of_a_layer_as_the_layer_itself(gdal: Run, tmp_path: Path, layer: str) -> None:
    from django.test import Client

    from hypervisor.models import User

    client = Client()
    client.force_login(User.objects.get(username="auditor"))
    for code in ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/2154"):
        answer = client.get(f"/ogc/quai/collections/{layer}/items", {"f": "gpkg", "crs": code})
        assert answer["Content-Type"] == "application/geopackage+sqlite3"
        out = tmp_path / f"{layer}-{code[-4:]}.gpkg"
        out.write_bytes(answer.content)
        read = gdal("ogrinfo", "-ro", "-al", str(out))
        count = client.get(f"/ogc/quai/collections/{layer}/items").json()["numberMatched"]
        assert f"Feature Count: {count}" in read
        if layer == "assets":
            place = "POINT (2.241 48.89)" if code.endswith("84") else "POINT (644"
            assert place in read
            assert "code (String) = J-1" in read
        if layer == "alarms":
            assert "raised_at (DateTime) = 2026/03/01 12:00:00+00" in read
