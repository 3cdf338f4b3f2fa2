"""The city's points as columns, read from the inventory files: what the supervisors know of the field."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Unreadable(ValueError):
    """The data folder is not that of a generated city; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Asset:
    code: str
    kind: str
    longitude: float
    latitude: float
    depends_on: str
    attributes: dict[str, Any]


@dataclass(frozen=True)
class World:
    """Columns of equal length, one row per point; `rows` finds a row by asset code and quantity."""

    site: dict[str, Any]
    feeds: dict[str, dict[str, Any]]
    assets: dict[str, Asset]
    code: list[str]
    kind: NDArray[np.str_]
    quantity: NDArray[np.str_]
    feed: NDArray[np.str_]
    address: list[str]
    interval: NDArray[np.int64]
    limits: list[dict[str, float]]
    rows: dict[tuple[str, str], int]

    def __len__(self) -> int:
        return len(self.address)

    def of(self, feed: str) -> NDArray[np.intp]:
        """Rows of a feed."""
        return np.flatnonzero(self.feed == feed)


def load(folder: Path) -> World:
    """Reads site.json, feeds.json, assets.csv and points.csv. Raises Unreadable."""
    try:
        site = json.loads((folder / "site.json").read_text("utf-8"))
        feeds = json.loads((folder / "feeds.json").read_text("utf-8"))
        points = _table(folder / "points.csv")
        installed = _table(folder / "assets.csv")
    except (OSError, ValueError) as error:
        raise Unreadable(f"{folder} holds no generated city ({error}): run `python -m demo generate --out {folder}`") from error
    assets = {row["code"]: _asset(row) for row in installed}
    return World(
        site=site,
        feeds={feed["slug"]: feed for feed in feeds},
        assets=assets,
        code=[row["asset_code"] for row in points],
        kind=np.array([assets[row["asset_code"]].kind for row in points]),
        quantity=np.array([row["quantity"] for row in points]),
        feed=np.array([row["feed"] for row in points]),
        address=[row["address"] for row in points],
        interval=np.array([int(row["interval"]) for row in points], np.int64),
        limits=[json.loads(row["limits"]) if row["limits"] else {} for row in points],
        rows={(row["asset_code"], row["quantity"]): index for index, row in enumerate(points)},
    )


def _asset(row: dict[str, str]) -> Asset:
    attributes = json.loads(row["attributes"]) if row["attributes"] else {}
    return Asset(row["code"], row["kind"], float(row["longitude"]), float(row["latitude"]), row["depends_on"], attributes)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
