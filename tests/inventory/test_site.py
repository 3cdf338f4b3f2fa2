"""A real site from a folder: only what is there is loaded, all or nothing, and nothing of the demo's licences."""

import json

import pytest
from django.core.management import CommandError, call_command

from assets.models import BaseFeature, Feed, Sector, Site

pytestmark = pytest.mark.django_db

SQUARE = {"type": "Polygon", "coordinates": [[[2.2, 48.8], [2.3, 48.8], [2.3, 48.9], [2.2, 48.9], [2.2, 48.8]]]}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "site.json").write_text(json.dumps({"slug": "ville", "name": "Ville", "longitude": 2.25, "latitude": 48.85}))
    return tmp_path


def features(*properties: dict) -> str:
    return json.dumps({"type": "FeatureCollection", "features": [{"properties": one, "geometry": SQUARE} for one in properties]})


def test_a_site_alone_is_enough_to_begin(folder, capsys):
    call_command("load_site", folder)
    site = Site.objects.get()
    assert (site.slug, site.demo, site.allow_private_pull) == ("ville", False, False)
    assert "import_assets FILE --site ville" in capsys.readouterr().out


def test_what_is_there_is_loaded_and_loaded_again_changes_nothing(folder):
    (folder / "supervisors.csv").write_text("slug,name\neau,Eau\n")
    (folder / "feeds.json").write_text(
        json.dumps([{"slug": "jauges", "name": "Jauges", "supervisor": "eau", "protocol": "push"}])
    )
    (folder / "sectors.geojson").write_text(
        features({"slug": "nord", "name": "Nord"}, {"slug": "quai", "name": "Quai", "parent": "nord"})
    )
    (folder / "base.geojson").write_text(features({"layer": "street", "name": "Rue A"}))
    for _ in range(2):
        call_command("load_site", folder)
        assert set(Sector.objects.values_list("path", flat=True)) == {"nord", "nord/quai"}
        assert (BaseFeature.objects.count(), Feed.objects.get().allow_private_address) == (1, False)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("sectors.geojson", "{", "sectors.geojson"), ("feeds.json", '[{"slug": "a"}]', "feeds.json"),
        ("sectors.geojson", features({"slug": "a", "name": "A", "parent": "a"}), "in itself"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_and_nothing_is_written(folder, name, content, said):
    (folder / name).write_text(content)
    with pytest.raises(CommandError, match=said):
        call_command("load_site", folder)
    assert not Site.objects.exists()
