"""Keeps a set of child processes alive, says so when one dies, and leaves none behind."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from hypervisor import embedded, processes

_TICK = 0.1  # seconds between two looks at the children
_LONGEST_DELAY = 30.0  # seconds before a child that keeps dying is tried again
_PROVEN = 60.0  # seconds a child must live for its earlier deaths to be forgotten
_LOG_LIMIT = 10 << 20  # bytes of one log; the one before it is kept as .1


@dataclass(frozen=True)
class Child:
    """A program to keep running: its log is named after it, and it is ended after grace seconds at most.

    One that is not `early` is started by Supervisor.start_others: programs that start together all start late.
    """

    name: str
    argv: Sequence[str | Path]
    grace: float = 15.0
    early: bool = True


class Interruption:
    """What Ctrl-C and SIGTERM mean: the first one unwinds or stops, every further one hurries what is left."""

    def __init__(self) -> None:
        self.count = 0
        self.unwinding = True  # raise at the first one: set-up has nothing to end in order
        self.hurry: Callable[[], None] = lambda: None

    def install(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._arrived)

    def _arrived(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1:
            self.hurry()
        elif self.unwinding:
            raise KeyboardInterrupt


@dataclass
class _State:
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    deaths: int = 0
    retry_at: float = 0.0


@dataclass
class Supervisor:
    """Starts children in order and mends them and the engines until it is told to stop.

    Children are recorded in data/run.json by process id and start time, for end_leftovers of the next start.
    """

    data: Path
    children: Sequence[Child]
    engines: embedded.Engines | None
    say: Callable[[str], None]
    env: Mapping[str, str]
    cwd: Path
    interruption: Interruption = field(default_factory=Interruption)

    def __post_init__(self) -> None:
        self._states = {child.name: _State() for child in self.children}
        self._engine_states = {engine.name: _State() for engine in self.engines.members} if self.engines else {}
        self._logs_looked_at = 0.0
        self._due = [child for child in self.children if child.early]

    def start(self) -> None:
        self.interruption.unwinding = False
        self.interruption.hurry = self._hurry
        now = time.monotonic()
        for state in self._engine_states.values():
            state.began = now
        for child in self._due:
            self._start(child)

    def start_others(self) -> None:
        """Start the children that were not to be early, once."""
        later = [child for child in self.children if child not in self._due]
        self._due = self.children
        for child in later:
            self._start(child)

    def run(self, each_tick: Callable[[], None] = lambda: None) -> None:
        """Mend what dies, and call each_tick now and then, until Ctrl-C or SIGTERM."""
        while not self.interruption.count:
            self._mend_engines()
            for child in self._due:
                self._mend(child)
            self._limit_logs()
            each_tick()
            time.sleep(_TICK)

    def stop(self) -> None:
        """End the children, last started first; the engines are the caller's."""
        living = [(child, state.process) for child, state in self._pairs() if state.process is not None]
        for _, process in living:
            if process.poll() is None:
                process.terminate()
        begun = time.monotonic()
        for child, process in living:
            try:
                process.wait(max(0.0, begun + child.grace - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.say(f"{child.name} did not end within {child.grace:g} s and is killed.")
            processes.signal_group(process.pid, signal.SIGKILL)  # and what it may have left behind
            process.wait()
            self._states[child.name].process = None
        _record(self.data).unlink(missing_ok=True)

    def _pairs(self) -> list[tuple[Child, _State]]:
        return [(child, self._states[child.name]) for child in reversed(self.children)]

    def _hurry(self) -> None:
        for _, state in self._pairs():
            if state.process is not None:
                processes.signal_group(state.process.pid, signal.SIGKILL)
        if self.engines is not None:
            self.engines.hurry()

    def _start(self, child: Child) -> None:
        state = self._states[child.name]
        log = self.data / "log" / f"{child.name}.log"
        state.process = processes.spawn(child.argv, log=log, cwd=self.cwd, env=self.env)
        state.began = time.monotonic()
        self._write_record()

    def _mend(self, child: Child) -> None:
        state, now = self._states[child.name], time.monotonic()
        if state.process is None:
            if now >= state.retry_at:
                self._start(child)
                self.say(f"{child.name} started again.")
            return
        code = state.process.poll()
        if code is None:
            return
        processes.signal_group(state.process.pid, signal.SIGKILL)
        state.process = None
        log = self.data / "log" / f"{child.name}.log"
        self._schedule(state, child.name, code, f" Its log is {log}; it ends: {_last_line(log)}")

    def _mend_engines(self) -> None:
        for engine in self.engines.members if self.engines else ():
            state, now = self._engine_states[engine.name], time.monotonic()
            if engine.process is None:
                if now >= state.retry_at:
                    try:
                        engine.start()
                    except (embedded.EngineError, OSError) as error:
                        self._schedule(state, engine.name, None, f" {error}")
                        continue
                    state.began = now
                    self.say(f"{engine.name} started again.")
            elif (code := engine.process.poll()) is not None:
                engine.stop()
                self._schedule(state, engine.name, code, f" Its log is {engine.log}.")

    def _schedule(self, state: _State, name: str, code: int | None, more: str) -> None:
        now = time.monotonic()
        state.deaths = 1 if now - state.began > _PROVEN else state.deaths + 1
        delay = min(_LONGEST_DELAY, 2.0 ** (state.deaths - 1))
        state.retry_at = now + delay
        self.say(f"{name} {_manner(code)} and starts again in {delay:g} s.{more}")

    def _limit_logs(self) -> None:
        now = time.monotonic()
        if now - self._logs_looked_at < 5:
            return
        self._logs_looked_at = now
        for log in (self.data / "log").glob("*.log"):
            if log.stat().st_size > _LOG_LIMIT:  # its writers append, so it can be emptied under them
                shutil.copyfile(log, log.with_suffix(".log.1"))
                os.truncate(log, 0)

    def _write_record(self) -> None:
        alive = {child.name: state.process.pid for child, state in self._pairs() if state.process is not None}
        record = {
            "supervisor": [os.getpid(), processes.birth(os.getpid())],
            "children": {name: [pid, processes.birth(pid)] for name, pid in alive.items()},
        }
        partial = _record(self.data).with_suffix(".new")
        partial.write_text(json.dumps(record))
        partial.replace(_record(self.data))


class AlreadyRunning(Exception):
    """Another supervisor works in the same data directory; the message is a sentence for its user."""


def end_leftovers(data: Path, say: Callable[[str], None], grace: float = 10.0) -> None:
    """End the children of a supervisor of this data directory that was killed, by force after grace seconds.

    Raises AlreadyRunning when that supervisor is alive.
    """
    try:
        record = json.loads(_record(data).read_text())
        supervisor, children = record["supervisor"], dict(record["children"])
    except FileNotFoundError:
        return
    except (ValueError, KeyError, TypeError):  # written half, by a disk that was full
        _record(data).unlink()
        return
    if processes.birth(supervisor[0]) == supervisor[1]:
        raise AlreadyRunning(f"Vigie already runs in {data} (process {supervisor[0]}): stop it, or choose another --data.")
    left = {name: pid for name, (pid, born) in children.items() if born is not None and processes.birth(pid) == born}
    if left:
        say(f"Ending what an abrupt stop left running: {', '.join(left)}.")
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        left = {name: pid for name, pid in left.items() if processes.signal_group(pid, number)}
        deadline = time.monotonic() + patience
        while any(processes.birth(pid) for pid in left.values()) and time.monotonic() < deadline:
            time.sleep(_TICK)
    _record(data).unlink()


def _record(data: Path) -> Path:
    return data / "run.json"


def _manner(code: int | None) -> str:
    if code is None:
        return "cannot start"
    if code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with status {code}"


def _last_line(log: Path) -> str:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - 4096))
        lines = [line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1][:300] if lines else "(nothing)"
