"""Starts the engines the tests run against, before Django's settings are read, and removes them at the end."""

import os
import shutil
from pathlib import Path

import psutil

from hypervisor import embedded

ROOT = Path(__file__).resolve().parent.parent


class TestEngines:
    """A private PostgreSQL and Valkey for one test run, unless the environment names servers to use."""

    __test__ = False

    def __init__(self) -> None:
        self.data = ROOT / f".data-test-{os.getpid()}"
        self._engines: embedded.Engines | None = None

    def start(self) -> None:
        """Point the environment at the engines and start those that are not given."""
        os.environ["VIGIE_DATA"] = str(self.data)
        if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
            return
        _remove_abandoned()
        # Nothing here outlives the run: what guards against a power cut is switched off.
        self._engines = embedded.Engines(self.data, durable=False)
        self._engines.start()
        os.environ.setdefault("DATABASE_URL", embedded.database_url(self.data))
        os.environ.setdefault("REDIS_URL", embedded.redis_url(self.data))

    def stop(self) -> None:
        if self._engines is not None:
            self._engines.stop()
            self._engines = None
            embedded.remove(self.data)
        else:
            shutil.rmtree(self.data, ignore_errors=True)


def _remove_abandoned() -> None:
    for data in ROOT.glob(".data-test-*"):
        owner = data.name.rpartition("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            embedded.remove(data)
