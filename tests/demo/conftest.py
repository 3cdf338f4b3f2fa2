"""Generated cities to test with: a small one that is quick, and the full one, each written once per test run."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from demo.city.world import World, load
from demo.inventory.files import generate


@pytest.fixture(scope="session")
def small_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a city of 3,000 assets."""
    folder = tmp_path_factory.mktemp("small") / "city"
    generate(folder, 3_000, say=lambda line: None)
    return folder


@pytest.fixture(scope="session")
def full_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the city of 75,000 assets."""
    folder = tmp_path_factory.mktemp("full") / "city"
    generate(folder, 75_000, say=lambda line: None)
    return folder


@pytest.fixture(scope="session")
def small_world(small_city: Path) -> World:
    return load(small_city)


@pytest.fixture(scope="session")
def full_world(full_city: Path) -> World:
    return load(full_city)


@pytest.fixture(scope="session")
def full_assets(full_city: Path) -> list[dict[str, str]]:
    """Rows of assets.csv of the full city."""
    with (full_city / "assets.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def full_points(full_city: Path) -> list[dict[str, str]]:
    """Rows of points.csv of the full city."""
    with (full_city / "points.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="session")
def rules(full_city: Path) -> list[dict[str, Any]]:
    return json.loads((full_city / "rules.json").read_text("utf-8"))
