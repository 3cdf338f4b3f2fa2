"""What the two private engines have in common: a child process in the foreground, and a sentence for each way to fail."""

import re
import signal
import subprocess
from pathlib import Path

from hypervisor import processes

RECOVERY_PATIENCE = 600.0  # seconds; a large crash recovery takes minutes


class EngineError(Exception):
    """An engine cannot run; the message is one sentence that says what to do about it."""


class Engine:
    """One engine as a child process in the foreground: what PostgreSQL and Valkey have in common."""

    name: str
    program: str
    on_stop: signal.Signals
    on_hurry: signal.Signals
    escalation: tuple[tuple[signal.Signals, float], ...]

    def __init__(self, data: Path, durable: bool) -> None:
        self.data = data
        self.durable = durable
        self.log = data / "log" / f"{self.program}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        if self.process is None:
            return
        for number, patience in self.escalation:
            if self.process.poll() is None:
                self.process.send_signal(number)
            try:
                self.process.wait(patience)
                break
            except subprocess.TimeoutExpired:
                continue
        processes.signal_group(self.process.pid, signal.SIGKILL)
        self.process = None

    def hurry(self) -> None:
        """End at once; the engine recovers from its log at the next start."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.on_hurry)

    def _launch(self, argv: list[str | Path], home: Path, account: tuple[int, int] | None = None) -> None:
        """Start the program in home, after ending what an earlier start that was killed left there."""
        processes.end(processes.working_in(home, self.program), self.escalation)
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        self.process = processes.spawn(argv, log=self.log, cwd=home, account=account, on_orphaned=self.on_stop)

    def _require_alive(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        with self.log.open(errors="replace") as log:
            log.seek(self._log_from)
            said = log.read()
        code, self.process = self.process.returncode, None
        raise EngineError(death_sentence(self.name, code, said, self.data, self.log))


def death_sentence(name: str, code: int, said: str, data: Path, log: Path) -> str:
    if "No space left on device" in said:
        return f"{name} cannot run because the disk that holds {data} is full: free some space and start again."
    if "Permission denied" in said:
        return f"{name} may not read or write its files under {data}: give them back to the account that starts it."
    reasons = re.findall(r"(?:FATAL|PANIC|initdb: error|Fatal error.*?|Bad file format.*?):\s+(.+)", said)
    lines = [line for line in said.splitlines() if line.strip()]
    reason = reasons[-1] if reasons else (lines[-1] if lines else f"exit status {code}")
    return f"{name} did not start: {reason.strip().rstrip('.')}; its log is {log}."
