"""How quickly an inventory is imported: `python -m bench.inventory [--assets N] [--json FILE]`.

The files are those of the pretend city. Each step is what `manage.py import_assets` does, the start of Python and Django
left out; CPU is that of this process and of PostgreSQL, every child included.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from bench.report import Cell, arguments, publish
from bench.stage import ROOT, family
from hypervisor import embedded

SITE = "les-arches"


def city(folder: Path, assets: int) -> Path:
    made = folder / "city"
    verb = [sys.executable, "-m", "demo", "generate", "--assets", str(assets), "--out", str(made)]
    subprocess.run(verb, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return made


def slightly_changed(path: Path, every: int = 100) -> Path:
    """A copy in which each hundredth asset has another name."""
    other = path.with_name("assets-changed.csv")
    with path.open(newline="", encoding="utf-8") as old, other.open("w", newline="", encoding="utf-8") as new:
        rows, writer = csv.reader(old), csv.writer(new)
        writer.writerow(next(rows))
        for number, row in enumerate(rows):
            writer.writerow([row[0], f"{row[1]} *", *row[2:]] if number % every == 0 else row)
    return other


def cpu(engines: embedded.Engines) -> tuple[float, float]:
    """CPU seconds so far of (this process, PostgreSQL)."""
    server = 0.0
    for process in family(engines.members[0].process.pid):
        times = process.cpu_times()
        # A session that ended is counted in the postmaster's children; ours is open throughout.
        server += times.user + times.system + times.children_user + times.children_system
    return time.process_time(), server


def measure(folder: Path, assets: int) -> list[dict[str, Cell]]:
    made = city(folder, assets)
    data = folder / "data"
    data.mkdir()
    os.environ |= {
        "VIGIE_DATA": str(data), "DATABASE_URL": embedded.database_url(data), "REDIS_URL": embedded.redis_url(data),
        "VIGIE_DEBUG": "0", "VIGIE_SECRET_KEY": "x" * 60, "DJANGO_SETTINGS_MODULE": "hypervisor.settings",
    }  # fmt: skip
    with embedded.Engines(data, say=lambda _: None) as engines:
        import django

        django.setup()
        from django.core.management import call_command
        from django.utils import timezone

        from assets.inventory import city as loading
        from assets.inventory import importer, kinds, points
        from assets.inventory.mapping import NATIVE
        from assets.models import Site

        call_command("migrate", verbosity=0)
        kinds.load_kinds(kinds.read_catalogue())
        description = loading._decode(made / "site.json", loading._Site)
        site = Site.objects.create(
            slug=SITE, name=description.name, longitude=description.longitude, latitude=description.latitude
        )
        loading._supervisors(site, made / "supervisors.csv")
        loading._feeds(site, made / "feeds.json", "")
        loading._sectors(site, made / "sectors.geojson")
        rows: list[dict[str, Cell]] = []

        def step(what: str, do: Callable[[], object]) -> None:
            before, began = cpu(engines), time.perf_counter()
            do()
            wall, after = time.perf_counter() - began, cpu(engines)
            rows.append(
                {
                    "step": what,
                    "seconds": round(wall, 2),
                    "Python CPU s": round(after[0] - before[0], 2),
                    "PostgreSQL CPU s": round(after[1] - before[1], 2),
                    "memory MB": round(psutil.Process().memory_info().rss / 1e6),
                }
            )

        file = made / "assets.csv"
        changed = slightly_changed(file)
        now = timezone.now()
        step("compare, nothing there yet", lambda: importer.compare_file(site, file, NATIVE))
        step(f"import {assets:,} assets", lambda: importer.apply_file(site, file, NATIVE, now=now))
        step("the same again, unchanged", lambda: importer.apply_file(site, file, NATIVE, now=now))
        step("1 in 100 changed", lambda: importer.apply_file(site, changed, NATIVE, now=now))
        step("import the points", lambda: points.apply_points(site, made / "points.csv"))
        step("the same points again", lambda: points.apply_points(site, made / "points.csv"))
    return rows


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--assets", type=int, default=75_000)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-inventory-"))
    folder.chmod(0o755)
    try:
        rows = measure(folder, options.assets)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    publish("Import of an inventory", rows, options.json)


if __name__ == "__main__":
    main()
