"""The chart of an anomaly shows the range that was usual at that hour, also of one that was raised before the range was kept."""

from types import SimpleNamespace
from typing import Any

import pytest

from hypervisor.evidence_charts import draw

HOUR = 3_600_000_000
AT = 496_000 * HOUR + HOUR // 2
EVIDENCE = {
    "kind": "anomaly", "direction": "above", "value": 7.1, "value_at": AT, "limit": 6.0, "reading": 62.0, "median": 36.0,
    "deviation": 3.0, "low": 31.0, "high": 44.0, "weeks": 8, "samples": 168,
}  # fmt: skip


@pytest.mark.parametrize(
    ("without", "band"),
    [((), (31.0, 44.0, 36.0, "usual 31.0 – 44.0 kWh")), (("low", "high"), (18.0, 54.0, 36.0, "usual 18.0 – 54.0 kWh"))],
)
def test_the_band_is_what_was_usual_in_that_hour(without: tuple[str, ...], band: tuple[float, float, float, str]) -> None:
    drawn: list[tuple[Any, ...]] = []
    pen = SimpleNamespace(band=lambda *told: drawn.append(told), word=str, number=str, language="en", colours={})
    draw(pen, {name: value for name, value in EVIDENCE.items() if name not in without}, [], "kWh")
    assert drawn == [(496_000 * HOUR, 496_001 * HOUR, *band)]
