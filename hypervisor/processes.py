"""Starts, recognises and ends operating-system processes, so that none outlives the command that started it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    account: tuple[int, int] | None = None,
    on_orphaned: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start argv as the leader of a process group of its own, output appended to log.

    account is (uid, gid) to run as, for a parent that is root. On Linux the child gets on_orphaned when
    the thread that called spawn ends, even by SIGKILL. Raises OSError when the program cannot be started.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    parent = os.getpid()
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def bind_to_parent() -> None:
        if libc is None:
            return
        libc.prctl(_PR_SET_PDEATHSIG, int(on_orphaned))
        if os.getppid() != parent:  # it died between the fork and the prctl
            os._exit(1)

    identity = {} if account is None else {"user": account[0], "group": account[1], "extra_groups": []}
    with log.open("ab") as output:
        # After the switch of account, which would clear the death signal.
        return subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=None if env is None else dict(env),
            process_group=0,
            preexec_fn=bind_to_parent,
            **identity,
        )


def signal_group(leader: int, number: signal.Signals) -> bool:
    """Send a signal to the process group of leader; False when nothing of it is left."""
    try:
        os.killpg(leader, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # macOS says so of a group of which only zombies are left
        return False
    return True


def birth(pid: int) -> float | None:
    """When process pid started (seconds since the epoch), or None when it is gone.

    The pair (pid, birth) names one process for ever, a pid alone is used again.
    """
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else process.create_time()
    except psutil.NoSuchProcess:
        return None


def working_in(folder: Path, name: str) -> list[psutil.Process]:
    """The live processes called name whose working directory is folder: an engine and its helpers."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == name and Path(process.cwd()) == folder:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found


def end(found: Sequence[psutil.Process], escalation: Sequence[tuple[signal.Signals, float]]) -> None:
    """End processes that are not our children: each (signal, seconds to wait) in turn until all are gone."""
    left = list(found)
    for number, patience in escalation:
        for process in left:
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue
        _, left = psutil.wait_procs(left, timeout=patience)
        if not left:
            return
