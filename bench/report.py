"""One way to print and keep what a bench measured, with the machine it was measured on."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

Cell = str | int | float | None


def machine() -> dict[str, Cell]:
    """Processor, cores, memory, kernel, Python and the hour: what a number means nothing without."""
    return {
        "processor": _first("/proc/cpuinfo", "model name") or platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_mb": int((_first("/proc/meminfo", "MemTotal") or "0 kB").split()[0]) // 1024,
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def resident_mb() -> float:
    """What this process holds in memory now (not its peak), in MB; NaN where /proc is not there."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except FileNotFoundError:
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def arguments(description: str) -> argparse.ArgumentParser:
    """A parser that already knows `--json FILE`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers there")
    return parser


def publish(title: str, rows: Sequence[Mapping[str, Cell]], to: Path | None = None) -> None:
    """Print rows (same keys each) as a table under the machine's description, and write both as JSON when asked."""
    host = machine()
    print(f"\n{title}")
    print(", ".join(f"{name} {value}" for name, value in host.items()), end="\n\n")
    print(table(rows))
    if to is not None:
        to.write_text(json.dumps({"title": title, "machine": host, "rows": list(rows)}, indent=2, ensure_ascii=False) + "\n")
        print(f"\nwritten to {to}", file=sys.stderr)


def table(rows: Sequence[Mapping[str, Cell]]) -> str:
    """Aligned text: words to the left, numbers to the right."""
    if not rows:
        return "(nothing measured)"
    names = list(rows[0])
    cells = [[_text(row[name]) for name in names] for row in rows]
    numeric = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]
    widths = [max(len(name), *(len(row[i]) for row in cells)) for i, name in enumerate(names)]

    def line(texts: Sequence[str]) -> str:
        return "  ".join(t.rjust(w) if n else t.ljust(w) for t, w, n in zip(texts, widths, numeric, strict=True)).rstrip()

    return "\n".join([line(names), line(["-" * width for width in widths]), *(line(row) for row in cells)])


def _text(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 1000 else f"{cell:.3g}"
    return f"{cell:,}" if isinstance(cell, int) else cell


def _first(path: str, name: str) -> str | None:
    """The first value of this name in a /proc file of `name: value` lines."""
    try:
        lines = Path(path).read_text().splitlines()
    except FileNotFoundError:
        return None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), None)
