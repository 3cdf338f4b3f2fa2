"""What the ten kinds cost together: `python -m bench.engine_kinds [--json FILE]`.

14,000 points on 7,000 assets, 1,000 rules: thresholds and states on every point, and a hundred or so of each other kind. One
reading per point and second, in batches; values wander inside their limits, 1 in 50,000 crosses one (calm: 1,000 alarms an
hour), or 1 in 500 (100,000 an hour). Beside them events: 100,000 of them in one minute, half of them plates read for the first
time. Each case is the best of seven: what else the machine does only ever adds.

pure      thresholds and states only, for comparison
mixed     all kinds on every point: eight checks of a level, two of a flow
1 in 7    as many rules, three checks of each reading: thresholds and states on every point, each other kind on one asset in seven
1 in 50   the same with each other kind on one asset in fifty
events    100,000 events in a minute, to counts, sequences and absences
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence

import numpy as np

from alarms.engine import Engine, ScopedRule, decode
from alarms.engine.facts import Happening
from alarms.engine.profiles import Profiles
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from bench.report import Cell, arguments, publish, resident_mb

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
POINTS = 14_000
SECONDS = 100
"""Of the site's time that are measured."""
SCOPE = '"scope":{"quantity":"level"}'
SPECS = {
    "threshold": f'{{"kind":"threshold",{SCOPE},"direction":"above","deadband":0.5,'
    '"limits":[{"severity":"medium","limit":80}]}',
    "state": f'{{"kind":"state",{SCOPE},"on_delay":30,"values":[{{"severity":"high","in":[97,98,99]}}]}}',
    "condition": '{"kind":"condition","scope":{},"severity":"low","on_delay":30,"when":{"all":[{"quantity":"level","above":70},'
    '{"not":{"quantity":"flow","above":70}}]}}',
    "rate": f'{{"kind":"rate",{SCOPE},"window":600,"direction":"above","limits":[{{"severity":"low","limit":50000}}]}}',
    "forecast": f'{{"kind":"forecast",{SCOPE},"window":3600,"within":3600,"direction":"above",'
    '"limits":[{"severity":"low","limit":500}]}',
    "anomaly": f'{{"kind":"anomaly",{SCOPE},"minimum_history":1,"limits":[{{"severity":"low","limit":30}}]}}',
    "count": '{"kind":"count","scope":{},"of":{"quantity":"level","above":80},"by":"sector","within":600,'
    '"limits":[{"severity":"high","at_least":20}]}',
    "sequence": '{"kind":"sequence","scope":{},"first":{"quantity":"level","above":90},"then":{"event":"door"},"by":"asset",'
    '"within":60,"severity":"high"}',
    "missing": '{"kind":"missing","scope":{},"first":{"event":"plate"},"then":{"event":"exit"},"by":{"attribute":"plate"},'
    '"within":300,"severity":"low"}',
}
PURE, MIXED = ("threshold", "state"), tuple(SPECS)
OTHERS = (7, 50)
REPEATED = 7
CALM, BUSY = 1 / 50_000, 1 / 500
"""Which part of the readings cross a limit, for one second."""
PER_KIND = {"threshold": 150, "state": 150, "condition": 100, "rate": 100, "forecast": 100, "anomaly": 100, "count": 100,
            "sequence": 100, "missing": 100}  # fmt: skip


def town() -> Register:
    """Two points per asset, of two quantities; ten assets depend on each tenth one."""
    points, assets = np.arange(1, POINTS + 1), np.arange(1, POINTS // 2 + 1)
    feeds = np.arange(1, 21)
    return Register(
        Points(
            points, (points + 1) // 2, 1 + points % 20, ["level" if i % 2 else "flow" for i in points.tolist()],
            np.full(POINTS, SECOND),
        ),
        Assets(
            assets, ["gauge"] * len(assets), [f"sector-{i % 50}" for i in assets.tolist()],
            np.where(assets % 10 == 0, 0, assets // 10 * 10), assets * 1e-4, 0.0 * assets,
        ),
        Feeds(feeds, np.full(20, 60 * SECOND)),
    )  # fmt: skip


def rules(kinds: Sequence[str], others: int = 1) -> list[ScopedRule]:
    """Each kind's rules share all points out among themselves, asset by asset; those that are neither threshold nor state, of
    each `others` assets only one."""
    made = []
    for kind in kinds:
        assets = np.arange(0, POINTS // 2, 1 if kind in ("threshold", "state") else others, dtype=np.int32)
        for block in np.array_split(assets, PER_KIND[kind]):
            rows = np.sort(np.concatenate((2 * block, 2 * block + 1)))
            version = len(made) + 1
            made.append(ScopedRule(version, decode(SPECS[kind]), rows, f"rule-{version}"))
    return made


def usual(register: Register) -> Profiles:
    point, hour = np.repeat(register.point_id, 168), np.tile(np.arange(168), POINTS)
    whole = np.ones(len(point), np.int64)
    return Profiles(point, hour, 50.0 * whole, 1.4826 * whole, 1.4826 * whole, 8 * whole, 168 * whole)


def readings(size: int, total: int, crossing: float) -> list[tuple[Readings, int]]:
    chance, made = np.random.default_rng(1), []
    for number in range(total // size):
        position = number * size + np.arange(size)
        at = START + position * (SECOND // POINTS)
        value = 50 + chance.uniform(-2, 2, size)
        value[chance.random(size) < crossing] = 95.0
        made.append((Readings.of(position % POINTS + 1, at, value, 0, at + 50_000), int(at[-1]) + 50_000))
    return made


def events(count: int = 100_000, batch: int = 2_000) -> list[tuple[list[Happening], int]]:
    made = []
    for first in range(0, count, batch):
        happened = []
        for number in range(first, first + batch):
            at = START + number * 60 * SECOND // count
            kind = ("plate", "door", "plate", "exit")[number % 4]
            plate = {"plate": f"P{number // 2 if kind == 'plate' else number // 4}"}
            happened.append(Happening(0, 1 + number % 20, 1 + number % (POINTS // 2), "a", at, at, kind, plate))
        made.append((happened, happened[-1].at))
    return made


def measure(name: str, kinds: Sequence[str], size: int, others: int = 1, crossing: float = BUSY) -> dict[str, Cell]:
    register = town()
    before = resident_mb()
    engine = Engine(register, rules(kinds, others), START, "Europe/Paris", usual(register))
    ready = readings(size, (SECONDS + 5) * POINTS, crossing)
    warm = 5 * POINTS // size
    for batch, now in ready[:warm]:
        engine.step(batch, now)
    gc.collect()
    transitions, cpu, wall = 0, time.process_time(), time.perf_counter()
    for batch, now in ready[warm:]:
        transitions += len(engine.step(batch, now).transitions)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    count = sum(len(batch) for batch, _ in ready[warm:])
    return _row(name, size, count, transitions, wall, cpu, resident_mb() - before)


def measure_events() -> dict[str, Cell]:
    register = town()
    before = resident_mb()
    engine = Engine(register, rules(("count", "sequence", "missing")), START)
    ready = events()
    gc.collect()
    transitions, cpu, wall = 0, time.process_time(), time.perf_counter()
    for batch, now in ready:
        transitions += len(engine.step(Readings.empty(), now, batch).transitions)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return _row("events", 2_000, 100_000, transitions, wall, cpu, resident_mb() - before)


def _row(name: str, size: int, count: int, transitions: int, wall: float, cpu: float, memory: float) -> dict[str, Cell]:
    return {
        "case": name, "batch": size, "readings": count, "transitions": transitions, "per_s": count / wall,
        "cpu_s_per_million": cpu / count * 1e6, "memory_mb": memory,
    }  # fmt: skip


def best(measured: Callable[..., dict[str, Cell]], *case: object) -> dict[str, Cell]:
    return min((measured(*case) for _ in range(REPEATED)), key=lambda row: row["cpu_s_per_million"])


def main() -> None:
    options = arguments(__doc__.splitlines()[0]).parse_args()
    rows = []
    for size in (500, 5_000):
        rows.append(best(measure, "calm: pure", PURE, size, 1, CALM))
        rows.append(best(measure, "calm: mixed", MIXED, size, 1, CALM))
        for others in OTHERS:
            rows.append(best(measure, f"calm: 1 in {others}", MIXED, size, others, CALM))
        rows.append(best(measure, "pure", PURE, size))
        for kind in ("condition", "rate", "forecast", "anomaly", "count"):
            rows.append(best(measure, f"pure + {kind}", (*PURE, kind), size))
        rows.append(best(measure, "mixed", MIXED, size))
        for others in OTHERS:
            rows.append(best(measure, f"1 in {others}", MIXED, size, others))
    rows.append(best(measure_events))
    publish(f"Ten kinds together: {POINTS:,} points, {sum(PER_KIND.values()):,} rules", rows, options.json)


if __name__ == "__main__":
    main()
