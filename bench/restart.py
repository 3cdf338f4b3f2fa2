"""A killed correlator comes back: ten minutes of history at 14,000 readings/s replayed, up to its first commit; its memory.

python -m bench.restart [--minutes 10] [--rate 14000] [--points 14000] [--assets 75000] [--rules 1000] [--json FILE]
"""

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from bench.latency import Supervisor
from bench.pipeline import body
from bench.report import arguments, publish
from bench.stage import SITE, Stage, wait_for


def specs(rules: int) -> list[dict[str, object]]:
    """Rules that each look back ten minutes, one quantity each but the first, as a site with many kinds has them."""
    return [
        {
            "kind": "threshold", "scope": {"quantity": "water_level", "assets": [] if n < 3 else [f"A-{n}"]},
            "direction": "above", "limits": [{"severity": "high", "limit": 95.0 + n / 1e4}], "on_delay": 480,
        }
        for n in range(rules)
    ]  # fmt: skip


def fill(minutes: int, rate: int, points: int) -> None:
    """Store the history, second by second, as the correlator would have."""
    from django.db import transaction

    from alarms.models import Position
    from assets import history
    from assets.instants import instant
    from assets.models import Point, Site
    from assets.partitions import Partitions
    from assets.readings import Readings

    ids = np.array(Point.objects.order_by("id").values_list("id", flat=True)[:points], np.int64)
    now = time.time_ns() // 1000
    known = Partitions()
    for second in range(minutes * 60):
        at = now - (minutes * 60 - second) * 1_000_000
        share = ids[np.arange(second * rate, (second + 1) * rate) % points]
        with transaction.atomic():
            history.write_readings(Readings.of(share, np.arange(rate) % 1000 + at, np.full(rate, 50.0)), known, now)
    Position.objects.create(
        site=Site.objects.get(slug=SITE), committed_at=instant(now), rolled_up_to=now // 60_000_000 * 60_000_000
    )


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    for name, default in (("minutes", 10), ("rate", 14_000), ("points", 14_000), ("assets", 75_000), ("rules", 1000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(options.points, specs(options.rules), options.assets)
            fill(options.minutes, options.rate, options.points)
            from alarms.models import Position

            stage.start("web")
            Supervisor(stage.port).push(body(addresses, 0, 1000, int(time.time() * 1000), 50.0))
            before = Position.objects.get().offset
            began = time.time()
            stage.start("correlator")
            wait_for(lambda: Position.objects.get().offset != before, "the first commit", 180)
            publish(
                "Restart of a killed correlator to its first commit",
                [
                    {
                        "readings replayed": options.minutes * 60 * options.rate, "rules": options.rules,
                        "assets": options.assets, "seconds": round(time.time() - began, 1),
                        "CPU s": round(stage.cpu()["correlator"], 1), "memory MB": round(stage.memory_mb("correlator")),
                    }
                ],
                options.json,
            )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
