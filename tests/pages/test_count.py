"""The table of assets says how many it found, also of so many that they are not counted at each keystroke."""

import pytest
from django.core.cache import cache

from assets.models import Site
from hypervisor.pages import assets
from tests.factories import make_asset

pytestmark = pytest.mark.django_db


def test_a_large_number_is_exact_and_counted_once_per_version_of_the_inventory(city, monkeypatch):
    monkeypatch.setattr(assets, "COUNTED", 2)
    cache.clear()
    client = city.client("operator")
    first = client.get("/sites/quai/assets")
    assert ">44 équipements<" in first.content.decode()
    make_asset(city.site, "J-9")
    Site.objects.filter(pk=city.site.pk).update(inventory_version=99)
    assert ">45 équipements<" in client.get("/sites/quai/assets").content.decode()


def test_whoever_is_confined_is_told_of_their_own_assets(city, monkeypatch):
    monkeypatch.setattr(assets, "COUNTED", 1)
    cache.clear()
    city.client("operator").get("/sites/quai/assets")
    assert ">42 équipements<" in city.client("nord").get("/sites/quai/assets").content.decode()
