"""A web process on the test database, that can be killed and started again on the same port."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.parse import urlsplit, urlunsplit

import pytest

ROOT = Path(__file__).resolve().parents[2]


class Served:
    def __init__(self, log: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Served":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()

    def start(self) -> None:
        from django.conf import settings

        given = urlsplit(os.environ["DATABASE_URL"])
        database = urlunsplit(given._replace(path=f"/{settings.DATABASES['default']['NAME']}"))
        # Plain HTTP on the loopback: only a debugging control room gives its cookies to that.
        environment = {**os.environ, "DATABASE_URL": database, "VIGIE_DEBUG": "1"}
        command = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "hypervisor.asgi:application"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the web process does not answer:\n{self._log.read_text()[-4000:]}")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def ensure(self) -> None:
        if self._process is None:
            self.start()

    def pause(self) -> None:
        """Hold the process still outside any query: emptying the tables under a query of its own is a deadlock now and then."""
        from django.db import connection

        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            self._process.send_signal(signal.SIGSTOP)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'"
                )
                if cursor.fetchone() == (0,):
                    return
            self.resume()
            time.sleep(0.01)
        pytest.fail("the web process asked the database for 30 seconds on end")

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health/live", timeout=2):
                return True
        except (URLError, OSError):
            return False
