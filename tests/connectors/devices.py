"""A Modbus device that others wrote, and connectors as processes of their own, for tests."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Device:
    """jsmodbus in a process of its own. `told`: what was written into it, in order."""

    def __init__(self, port: int = 0) -> None:
        self.port, self.told = port, list[dict]()
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.argv(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.port = next(said["port"] for said in _said(self.process))
        self._done = threading.Semaphore(0)
        self._ear = threading.Thread(target=self._listen, args=[self.process], daemon=True)
        self._ear.start()

    def argv(self) -> list[str]:
        return [str(shutil.which("node")), str(ROOT / "tests" / "connectors" / "modbus.mjs"), str(self.port)]

    def _listen(self, process: subprocess.Popen) -> None:
        for said in _said(process):
            if "done" in said:
                self._done.release()
            else:
                self.told.append(said)

    def set(self, **said: object) -> None:
        """`holding={3: 17}`, `input={…}`, `coils=0b101`, `discrete=…`."""
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()
        assert self._done.acquire(timeout=30)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._ear.join()
        self.process.stdin.close()
        self.process.stdout.close()


def _said(process: subprocess.Popen) -> Iterator[dict]:
    """What a peer tells; libraries print beside it."""
    return (json.loads(line) for line in process.stdout if line.startswith("{"))


class Connector:
    """`python -m connectors FILE` in a process of its own; `said()`: what it logged."""

    def __init__(self, folder: Path, text: str, *more: str) -> None:
        """Without a text, all files of the folder."""
        folder.mkdir(exist_ok=True)
        self.folder, self._more = folder, more
        self._file, self._log = folder / "device.toml" if text else folder, folder / "log"
        if text:
            self._file.write_text(text)
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            argv = [sys.executable, "-m", "connectors", *self._more, str(self._file)]
            self.process = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log, env={"PATH": os.environ["PATH"]})

    def said(self) -> str:
        return self._log.read_text()

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)
