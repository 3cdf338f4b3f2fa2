"""A city declares its own kinds and quantities: counters, plausible ranges, what codes mean; checked before they are used."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.forms import modelform_factory

from alarms.site.survey import templates
from assets.inventory.failures import BrokenCatalogue
from assets.inventory.kinds import load_kinds, read_catalogue
from assets.inventory.kinds import templates as checked
from assets.models import Asset, AssetKind, Site
from hypervisor.admin import AssetKindForm

OWN = """
[[kind]]
slug = "borehole"
name_fr = "Forage"
name_en = "Borehole"
domain = "water"
glyph = "gauge"
points = [
  {quantity = "volume", unit = "m3", interval = 900, counter = true, name_fr = "Volume", name_en = "Volume"},
  {quantity = "water_table", unit = "m", plausible = [-80, 0]},
]
"""
Write = Callable[[str | bytes], Path]


def test_a_file_of_ones_own_declares_counters_and_plausible_ranges(site: Site, write: Write) -> None:
    call_command("load_kinds", write(OWN))
    known = templates()
    assert known["borehole", "volume"]["counter"] is True
    assert known["borehole", "water_table"]["plausible"] == [-80, 0]
    assert AssetKind.objects.filter(slug="lamp").exists(), "other kinds are kept"


def test_a_quantity_declared_for_a_kind_of_the_catalogue_outlives_the_next_load(site: Site) -> None:
    lamp = AssetKind.objects.get(slug="lamp")
    lamp.points = [*lamp.points, {"quantity": "burning_hours", "unit": "h", "counter": True}]
    lamp.save()
    assert load_kinds(read_catalogue()) == 0
    assert templates()["lamp", "burning_hours"]["counter"] is True


def test_a_site_that_has_such_assets_follows(site: Site, write: Write) -> None:
    call_command("load_kinds", write(OWN))
    kind = AssetKind.objects.get(slug="borehole")
    Asset.objects.create(site=site, code="F-1", name="F-1", kind=kind, longitude=2.24, latitude=48.89)
    call_command("load_kinds", write(OWN.replace("-80", "-90")))
    site.refresh_from_db()
    assert site.inventory_version == 2


WRONG = [
    ([{"quantity": "a", "counter": True, "codes": {"0": "x"}}], "has no codes"),
    ([{"quantity": "a", "plausible": [5, 1]}], "the least and then the most"),
    ([{"quantity": "a", "interval": 0}], "whole seconds above 0"),
    ([{"quantity": "à b"}], "is a slug"),
    ([{"quantity": "a"}, {"quantity": "a"}], "repeated: a"),
    ([{"quantity": "a", "plausibel": [0, 1]}], "plausibel"),
    ([{"unit": "m"}], "quantity"),
    ("x", "array"),
]


@pytest.mark.parametrize(("points", "said"), WRONG)
def test_a_quantity_that_cannot_be_is_refused_by_file_and_by_form(db: None, points: object, said: str) -> None:
    with pytest.raises(BrokenCatalogue, match=said):
        checked(points)
    filled = {"slug": "x", "name_fr": "x", "name_en": "x", "domain": "d", "glyph": "g", "points": json.dumps(points)}
    form = modelform_factory(AssetKind, form=AssetKindForm, fields="__all__")(filled)
    assert not form.is_valid()
    assert said in str(form.errors["points"])


def test_a_file_that_is_no_catalogue_is_refused_by_name(site: Site, write: Write, tmp_path: Path) -> None:
    for path in (write("kind = 3"), write(b"\xff\xfe"), write("[[kinds]]"), tmp_path / "none.toml"):
        with pytest.raises(CommandError, match="The catalogue of kinds cannot be used"):
            call_command("load_kinds", path)
