"""How quickly the engine alone judges readings: `python -m bench.engine [--json FILE]`.

75,000 points, 1,000 rules, 3 checks per reading (a threshold ladder above, one below, a state), 75 silence rules beside
them. Each batch is stepped as the correlator does: `engine.step(readings, now)`.

quiet      values wander inside their limits, every hundredth point stands in alarm
busy       besides, 1 reading in 5,000 crosses a limit or comes back; delays run (a transition or two per second)
lively     1 in 200 does: dozens of transitions per second, for as long as it lasts
storm      every reading crosses a limit: each step raises or clears for most of its points
replay     one batch holds several readings of each point (history, read back in order); `thin`: hundreds of each
burst      one batch raises 10,000 alarms at once

readings_per_cpu_s is what one core does when it has nothing else to do; readings_per_s is what this run took.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator

import numpy as np

from alarms.engine import Engine, ScopedRule, decode
from assets.readings import Readings
from assets.register import Assets, Feeds, Points, Register
from bench.report import Cell, arguments, publish, resident_mb

SECOND = 1_000_000
START = 1_790_000_000 * SECOND
POINTS, RULES = 75_000, 1_000


def city(points: int = POINTS) -> Register:
    ids = np.arange(1, points + 1)
    feeds = np.arange(1, 21)
    return Register(
        Points(ids + 1000, ids, 1 + ids % 20, ["level"] * points, np.full(points, 60 * SECOND)),
        Assets(ids, ["gauge"] * points, [f"sector-{i % 50}" for i in range(points)], 0 * ids, ids * 1e-5, ids * 1e-5),
        Feeds(feeds, np.full(20, 60 * SECOND)),
    )


def rules(points: int = POINTS, count: int = RULES) -> list[ScopedRule]:
    """Each point is in the scope of one rule of each of the three ladders; a rule is about a block of points."""
    ladders = {
        "threshold above": """{"kind":"threshold","scope":{"quantity":"level"},"direction":"above","deadband":0.5,"on_delay":%d,
            "limits":[{"severity":"medium","limit":80},{"severity":"critical","limit":90}]}""",
        "threshold below": """{"kind":"threshold","scope":{"quantity":"level"},"direction":"below","deadband":0.5,"on_delay":%d,
            "limits":[{"severity":"low","limit":10}]}""",
        "state": """{"kind":"state","scope":{"quantity":"level"},"on_delay":%d,"values":[{"severity":"high","in":[97,98,99]}]}""",
    }
    made = []
    for kind, text in enumerate(ladders.values()):
        of_kind = count // 3 + (kind < count % 3)
        for index, block in enumerate(np.array_split(np.arange(points, dtype=np.int32), of_kind)):
            made.append(ScopedRule(len(made) + 1, decode(text % (0 if index % 2 else 30)), block))
    for block in np.array_split(np.arange(points, dtype=np.int32), 75):
        made.append(ScopedRule(len(made) + 1, decode('{"kind":"silence","scope":{},"of":"asset","severity":"low"}'), block))
    return made


def batches(size: int, total: int, share: float, seed: int = 1) -> Iterator[tuple[Readings, int]]:
    """Points in turn, each every 5.4 s at 14,000 readings/s; `share` of the readings lie beyond a limit."""
    chance = np.random.default_rng(seed)
    cursor, now = 0, START
    standing = np.arange(POINTS) % 100 == 0
    for _ in range(total // size):
        index = (cursor + np.arange(size)) % POINTS
        cursor += size
        now += round(size / 14_000 * SECOND)
        value = np.where(standing[index], 85.0, 50.0) + chance.uniform(-2, 2, size)
        beyond = chance.random(size) < share
        value[beyond] = chance.choice([5.0, 84.0, 95.0, 98.0], int(beyond.sum()))
        at = now - SECOND + np.arange(size)
        yield Readings.of(index + 1001, at, value, 0, np.full(size, now)), now


def replayed(size: int, total: int, points: int) -> Iterator[tuple[Readings, int]]:
    """Only some points, so that each occurs many times in a batch, in the order of history."""
    chance = np.random.default_rng(2)
    for number in range(total // size):
        at = START + (number * size + np.arange(size)) * 10
        value = 50 + chance.uniform(-2, 2, size)
        beyond = chance.random(size) < 0.005
        value[beyond] = 95.0
        yield Readings.of(np.arange(size) % points + 1001, at, value, 0, at), int(at[-1])


def measure(name: str, size: int, work: Iterator[tuple[Readings, int]], register: Register) -> dict[str, Cell]:
    ready = list(work)
    engine = Engine(register, rules(), START)
    everyone = np.arange(POINTS)
    calm = np.where(everyone % 100 == 0, 85.0, 50.0)
    for back in (90, 45):
        engine.step(Readings.of(everyone + 1001, np.full(POINTS, START - back * SECOND), calm), START)
    gc.collect()
    transitions = 0
    wall, cpu = time.perf_counter(), time.process_time()
    for readings, now in ready:
        transitions += len(engine.step(readings, now).transitions)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return _row(name, size, sum(len(readings) for readings, _ in ready), transitions, wall, cpu, len(ready))


def _row(name: str, size: int, count: int, transitions: int, wall: float, cpu: float, steps: int) -> dict[str, Cell]:
    return {
        "case": name,
        "batch": size,
        "readings": count,
        "transitions": transitions,
        "readings_per_s": count / wall,
        "readings_per_cpu_s": count / cpu,
        "cpu_s_per_million": cpu / count * 1e6,
        "cpu_us_per_batch": cpu / steps * 1e6,
    }


def burst(register: Register, count: int = 10_000) -> dict[str, Cell]:
    """One batch that raises `count` alarms at once."""
    engine = Engine(register, rules(), START)
    points = np.arange(POINTS)
    engine.step(Readings.of(points + 1001, np.full(POINTS, START), np.full(POINTS, 50.0)), START)
    # Rules with an odd place in their ladder have no delay.
    quick = np.concatenate([rule.rows for rule in rules()[:334:1] if not rule.spec.on_delay])[:count]
    batch = Readings.of(quick + 1001, np.full(count, START + SECOND), np.full(count, 85.0))
    wall, cpu = time.perf_counter(), time.process_time()
    transitions = len(engine.step(batch, START + SECOND).transitions)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return _row("burst", count, count, transitions, wall, cpu, 1)


def main() -> None:
    options = arguments(__doc__.splitlines()[0]).parse_args()
    register, scoped = city(), rules()
    before = resident_mb()
    engine = Engine(register, scoped, START)
    title = f"Engine alone: {POINTS:,} points, {RULES:,} rules, 3 checks per reading; it holds {resident_mb() - before:.0f} MB"
    del engine
    rows = [
        measure(name, size, batches(size, min(4_000_000, size * 2_000), share), register)
        for name, share in (("quiet", 0.0), ("busy", 0.0002), ("lively", 0.005))
        for size in (500, 5_000, 50_000)
    ]
    rows.append(measure("storm", 5_000, batches(5_000, 500_000, 1.0), register))
    rows.append(measure("replay", 50_000, replayed(50_000, 2_000_000, 14_000), register))
    rows.append(measure("replay thin", 50_000, replayed(50_000, 2_000_000, 100), register))
    rows.append(burst(register))
    publish(title, rows, options.json)


if __name__ == "__main__":
    main()
