"""A rule tried on stored history: readings per second through PostgreSQL and the engine of production.

python -m bench.backtest [--minutes 10] [--rate 14000] [--points 14000] [--json FILE]
"""

import shutil
import tempfile
import time
from pathlib import Path

import psutil

from bench.report import arguments, publish
from bench.restart import fill, specs
from bench.stage import SITE, Stage


def measure(minutes: int, limit: float, quantity: str) -> dict[str, object]:
    from alarms.backtests import trial
    from alarms.engine import spec as engine_specs
    from alarms.models import Rule, RuleVersion
    from alarms.site.running import ActiveRule
    from assets.models import Site

    site = Site.objects.get(slug=SITE)
    rule = Rule.objects.filter(site=site).first()
    version = RuleVersion.objects.get(pk=rule.active_version_id)
    active = ActiveRule(rule.pk, version.pk, engine_specs.decode(version.spec))
    wanted = specs(1)[0] | {"scope": {"quantity": quantity}, "limits": [{"severity": "high", "limit": limit}]}
    end = time.time_ns() // 1000
    began, cpu = time.perf_counter(), psutil.Process().cpu_times()
    outcome = trial.run(
        site.pk, rule.pk, engine_specs.decode(wanted), active, end - minutes * 60_000_000, end, lambda share, readings: None
    )
    seconds = time.perf_counter() - began
    after = psutil.Process().cpu_times()
    return {
        "readings": outcome.readings, "would-be alarms": len(outcome.draft), "seconds": round(seconds, 2),
        "readings/s": round(outcome.readings / seconds), "CPU s/M": round((after.user - cpu.user) * 1e6 / outcome.readings, 2),
    }  # fmt: skip


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    for name, default in (("minutes", 10), ("rate", 14_000), ("points", 14_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            stage.populate(options.points, specs(1), options.points)
            fill(options.minutes, options.rate, options.points)
            rows = [
                {"case": case} | measure(options.minutes, limit, "water_level")
                for case, limit in (("nothing fires", 1e6), ("every point fires", 1.0))
            ]
            publish("Backtest over stored history", rows, options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
