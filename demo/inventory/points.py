"""Which assets measure what: exactly as many points as the city's size asks for, each with its address and limits."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from demo.chance import stream
from demo.inventory.feeds import address
from demo.inventory.quotas import DIMMED, FULL, FULL_POINTS, UNMEASURED, measured
from demo.inventory.sheet import Row, Sheet

CATALOGUE = Path(__file__).parents[2] / "assets" / "kinds.toml"


@dataclass(frozen=True, slots=True)
class PointRow:
    """One row of points.csv."""

    asset: Row
    quantity: str
    unit: str
    interval: int
    feed: str
    address: str
    codes: dict[str, str]
    limits: dict[str, float]


def catalogue() -> dict[str, list[dict[str, Any]]]:
    """Kind → its point templates, from the catalogue file every site starts from."""
    return {kind["slug"]: kind["points"] for kind in tomllib.loads(CATALOGUE.read_text("utf-8"))["kind"]}


def build(sheet: Sheet, assets: int, seed: int) -> list[PointRow]:
    chance = stream(seed, "points")
    templates = catalogue()
    points: list[PointRow] = []
    for kind, number in measured(assets):
        rows = sheet.of[kind]
        for index in range(number):
            points += _of(rows[index * len(rows) // number], templates[kind], chance)
    return points + _lamps(sheet.of["lamp"], max(1, FULL_POINTS * assets // FULL - len(points)), templates["lamp"], chance)


def _lamps(lamps: list[Row], number: int, templates: list[dict[str, Any]], chance: np.random.Generator) -> list[PointRow]:
    """So many points: a state of each lamp, and a level of one in four."""
    plain = [template for template in templates if template["quantity"] != "dim_level"]
    lit = min(len(lamps), number - number // (DIMMED + 1))
    dimmed = number - lit
    points: list[PointRow] = []
    for index in range(lit):
        dims = index % DIMMED == 0 and index // DIMMED < dimmed
        points += _of(lamps[index * len(lamps) // lit], templates if dims else plain, chance)
    return points


def _of(row: Row, templates: list[dict[str, Any]], chance: np.random.Generator) -> list[PointRow]:
    points = []
    for template in templates:
        quantity = template["quantity"]
        if (row.kind, quantity) in UNMEASURED:
            continue
        limits = _limits(row, quantity, chance)
        station = str(row.attributes.get("station", ""))
        where = address(row.supervisor, row.kind, row.code, station, quantity)
        points.append(
            PointRow(
                row, quantity, template["unit"], template["interval"], row.supervisor, where, template.get("codes", {}), limits
            )
        )
    return points


def _limits(row: Row, quantity: str, chance: np.random.Generator) -> dict[str, float]:
    """Limits that belong to the very place: a quay's height, a contract's power, a car park's size."""
    if quantity == "water_level":
        high = 2.2 + float(chance.uniform(-0.2, 0.4)) if row.level == 0 else 0.25
        step = 0.45 if row.level == 0 else 0.12
        return {"watch": round(high, 2), "alarm": round(high + step, 2), "critical": round(high + 2 * step, 2)}
    if quantity == "power" and row.kind == "energy_meter":
        return {"subscribed": float(chance.choice([36, 60, 120, 240, 480]))}
    if quantity == "free_spaces":
        return {"full": round(int(row.attributes["capacity"]) / 50, 1)}
    return {}
