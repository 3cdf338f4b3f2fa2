"""Starts the engines the tests run against, before Django's settings are read, and removes them at the end.

To migrate an empty database takes longer than most tests. So one is kept as the migrations made it, for the rest of the day: runs
of few tests begin with a copy. Runs of all tests, and those of continuous integration, migrate.
"""

import datetime as dt
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import psutil
import psycopg
from django.db import connection, connections

from hypervisor import embedded

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".data-kept"


class TestEngines:
    """A private PostgreSQL and Valkey for one test run, unless the environment names servers to use."""

    __test__ = False

    def __init__(self) -> None:
        self.data = ROOT / f".data-test-{os.getpid()}"
        self._engines: embedded.Engines | None = None
        self._kept = KEPT / _state_of_migrations()
        self._keeps = False
        self._name = ""
        self.migrated = False
        """Whether the database of the tests was there before."""

    def start(self, *, alone: bool = True) -> None:
        """Point the environment at the engines and start those that are not given. `alone`: no other run of these tests."""
        os.environ["VIGIE_DATA"] = str(self.data)
        if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
            return
        _remove_abandoned()
        # Nothing here outlives the run: what guards against a power cut is switched off.
        self._engines = embedded.Engines(self.data, durable=False)
        self._keeps = alone and not os.environ.get("CI")
        if self._keeps and self._kept.exists():
            self.data.mkdir(mode=0o711)
            subprocess.run(["cp", "-a", self._kept, self.data / "postgres"], check=True)
            self.migrated = True
        self._engines.start()
        os.environ.setdefault("DATABASE_URL", embedded.database_url(self.data))
        os.environ.setdefault("REDIS_URL", embedded.redis_url(self.data))

    def keep(self) -> None:
        """Lay a copy of the tests' database aside, as it is now: migrated, and empty."""
        if self._engines is None or not self._keeps or self.migrated:
            return
        self._name = str(connection.settings_dict["NAME"])
        connections.close_all()  # of a database that somebody uses there is no copy
        with self._session() as session:
            session.execute(f"CREATE DATABASE kept TEMPLATE {self._name}")

    def stop(self) -> None:
        if self._engines is not None:
            if has_copy := self._name != "":
                self._take_the_copy()
            self._engines.stop()
            self._engines = None
            if has_copy and (self.data / "postgres").exists() and not self._kept.exists():
                shutil.rmtree(KEPT, ignore_errors=True)  # of yesterday, or of other migrations
                KEPT.mkdir(mode=0o711)
                (self.data / "postgres").rename(self._kept)
            embedded.remove(self.data)
        else:
            shutil.rmtree(self.data, ignore_errors=True)

    def _take_the_copy(self) -> None:
        with self._session() as session:
            session.execute(f"DROP DATABASE IF EXISTS {self._name} WITH (FORCE)")
            session.execute(f"ALTER DATABASE kept RENAME TO {self._name}")

    def _session(self) -> psycopg.Connection:
        url = embedded.database_url(self.data).replace("/vigie?", "/postgres?")
        return psycopg.connect(url, autocommit=True)


def _state_of_migrations() -> str:
    """A name for what a migrated database holds today: of which files, and with which partitions."""
    files = [*sorted(ROOT.glob("*/migrations/*.py")), ROOT / "requirements.lock", Path(__file__)]
    content = b"".join(file.read_bytes() for file in files)
    return f"{dt.datetime.now(dt.UTC):%Y-%m-%d}-{hashlib.sha256(content).hexdigest()[:16]}"


def _remove_abandoned() -> None:
    for data in ROOT.glob(".data-test-*"):
        owner = data.name.rpartition("-")[2]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            embedded.remove(data)
