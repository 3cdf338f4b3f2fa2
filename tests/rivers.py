"""A real flood for tests: the recording's levels, and what somebody would tell from reading them line by line."""

import csv
import gzip
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

RECORDING = Path(__file__).parent / "data" / "rivers" / "2020-01_flood.csv.gz"
READINGS = 5164
MINUTES = 30
MAPPING = {"address": "code_station", "value": "H_mm", "at": "date_obs_utc", "scale": 0.001}
LIMITS = {
    "Y152401001": (2.0, "flooded"),
    "Y067406001": (4.0, "flooded"),
    "Y161203001": (3.0, "flooded"),
    "Y111201001": (2.0, "calm"),
    "Y142202001": (0.4, "spiky"),
}
"""m above the station's own zero, and what its river did."""


def rule(limit: float, station: str) -> dict[str, object]:
    return {
        "kind": "threshold", "scope": {"quantity": "water_level", "assets": [station]}, "direction": "above",
        "limits": [{"severity": "high", "limit": limit}], "on_delay": MINUTES * 60, "deadband": 0.1,
    }  # fmt: skip


def levels(station: str) -> list[tuple[datetime, float]]:
    with gzip.open(RECORDING, "rt", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["code_station"] == station]
    return sorted((datetime.fromisoformat(row["date_obs_utc"]), float(row["H_mm"]) / 1000) for row in rows)


def episodes(station: str, limit: float) -> Iterator[tuple[datetime, datetime]]:
    """(raised, returned) of each time the level stood above the limit for MINUTES and until it was 0.1 m below it."""
    above = raised = None
    for at, level in levels(station):
        if raised is None:
            if above is not None and at > above + timedelta(minutes=MINUTES):
                raised = above + timedelta(minutes=MINUTES)
            elif level <= limit:
                above = None
            elif above is None:
                above = at
        if raised is not None and level < limit - 0.1:
            yield raised, at
            above = raised = None
