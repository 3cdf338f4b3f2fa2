"""A real mosquitto that a test may stop and start again on the same port, with what it kept."""

import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"


class Broker:
    """Keeps its sessions on disk when it is told to stop. (Killed, it loses what it had confirmed: not ours to test.)"""

    def __init__(self, folder: Path, port: int, wait_until: Callable[..., object]) -> None:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path=PLACES)
        if program is None:
            pytest.fail("mosquitto is not installed: script/test installs it, or names the command that does.")
        self.url = f"mqtt://127.0.0.1:{port}"
        self.port = port
        self._wait_until = wait_until
        self._log = folder / "log"
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location {folder}/\n"
            "max_inflight_messages 2000\nmax_queued_messages 0\nuser root\n"
        )
        self._argv = [program, "-c", str(config)]
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._argv, stdout=log, stderr=subprocess.STDOUT)
        self._wait_until(self._listens)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)
