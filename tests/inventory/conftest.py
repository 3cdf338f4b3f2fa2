"""What imports need: a site with two nested sectors, a supervisor and the catalogue of kinds.

Models are imported inside the fixtures, as pytest may read this file before the settings are there.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from assets.models import Site


def square(west: float, south: float, east: float, north: float) -> dict[str, object]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


@pytest.fixture
def catalogue(db: None) -> None:
    from assets.inventory.kinds import load_kinds, read_catalogue

    load_kinds(read_catalogue())


@pytest.fixture
def site(catalogue: None) -> Site:
    """At (2.24, 48.89); the sector `island` lies inside `bank`."""
    from assets.models import Feed, Sector, Site, Supervisor

    site = Site.objects.create(slug="quay", name="Quay", longitude=2.24, latitude=48.89)
    bank = Sector.objects.create(site=site, slug="bank", name="Bank", path="bank", polygon=square(2.2, 48.85, 2.3, 48.95))
    Sector.objects.create(
        site=site, parent=bank, slug="island", name="Island", path="bank/island", polygon=square(2.23, 48.88, 2.24, 48.9)
    )
    supervisor = Supervisor.objects.create(site=site, slug="lighting", name="Lighting")
    Feed.objects.create(supervisor=supervisor, slug="lamps", name="Lamps", protocol="push")
    return site


@pytest.fixture
def montpellier(catalogue: None) -> Site:
    """Known by its centre alone."""
    from assets.models import Site

    return Site.objects.create(slug="montpellier", name="Montpellier", longitude=3.88, latitude=43.61)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """write(content): a file of its own with that content."""
    count = 0

    def written(content: str | bytes) -> Path:
        nonlocal count
        count += 1
        path = tmp_path / f"inventory-{count}.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return written
