"""What a walk does to the processes of a stage: kills one or several at once, both engines, or stops them for seconds."""

import contextlib
import os
import random
import signal
import sys
import threading
import time

import psutil

from bench.stage import Stage, family

PROCESSES = ("web", "correlator", "spare", "worker", "beat", "follow", "subscriber")
ENGINES = ("PostgreSQL", "Valkey")


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def plan(chance: random.Random, kills: int) -> list[tuple[str, tuple[str, ...]]]:
    """(what, to whom) for each harm; every process and engine, both engines at once, and a pause of each are in it."""
    fixed = [("kill", (name,)) for name in (*PROCESSES, *ENGINES)]
    fixed += [("kill", ENGINES), ("kill", ("correlator", "spare")), ("kill", ("web", "PostgreSQL"))]
    fixed += [("kill", ("follow", "correlator")), ("kill", ("follow", "PostgreSQL"))]
    fixed += [("pause", (name,)) for name in ("correlator", "web", "follow", *ENGINES)]
    everybody = (*PROCESSES, *ENGINES)
    while len(fixed) < kills:
        what = chance.choice(("kill", "kill", "kill", "pause"))
        fixed.append((what, tuple(sorted(chance.sample(everybody, chance.choice((1, 1, 2, 3)))))))
    chance.shuffle(fixed)
    return fixed[:kills]


def do(stage: Stage, what: str, names: tuple[str, ...], chance: random.Random) -> None:
    """One harm, and then what a supervisor of processes does: start again what died."""
    say(f"{what} {' and '.join(names)}")
    if what == "pause":
        _pause(stage, names, chance.uniform(1, 4))
        return
    for name in names:  # all are hit before any is looked at
        os.kill(_pid(stage, name), signal.SIGKILL)
    for name in names:
        if name in ENGINES:
            engine = _engine(stage, name)
            engine.process.wait()
        else:
            stage.processes.pop(name).wait()
    for name in sorted(names, key=lambda name: name not in ENGINES):
        if name in ENGINES:
            engine = _engine(stage, name)
            engine.start()
            engine.wait_ready()
        else:
            stage.start(name)


def _pause(stage: Stage, names: tuple[str, ...], seconds: float) -> None:
    """Stop them where they are, children included, as a machine under memory pressure does; then let them go on."""
    stopped = [process for name in names for process in family(_pid(stage, name))]
    for process in stopped:
        _signal(process, signal.SIGSTOP)
    threading.Event().wait(seconds)
    for process in stopped:
        _signal(process, signal.SIGCONT)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):  # a backend that ended meanwhile
        process.send_signal(number)


def _engine(stage: Stage, name: str):
    return stage.engines.members[ENGINES.index(name)]


def _pid(stage: Stage, name: str) -> int:
    return _engine(stage, name).process.pid if name in ENGINES else stage.processes[name].pid
