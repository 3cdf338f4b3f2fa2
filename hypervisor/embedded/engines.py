"""Both private engines of one data directory, started and stopped together, at most once at a time."""

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from hypervisor.embedded.account import system_account
from hypervisor.embedded.engine import EngineError
from hypervisor.embedded.places import socket_dir
from hypervisor.embedded.postgresql import PostgreSQL
from hypervisor.embedded.valkey import Valkey


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
        with suppress(OSError):  # there is none, or something else lives in it
            socket_dir(self.data).rmdir()
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
        uid = system_account()[0] if as_root else os.geteuid()
        if sockets.is_symlink() or sockets.stat().st_uid not in {os.geteuid(), uid}:
            raise EngineError(f"{sockets} belongs to somebody else: remove it, or choose another data directory.")
        sockets.chmod(0o700)
        if as_root:
            os.chown(sockets, *system_account())


def remove(data: Path | str) -> None:
    """Delete a data directory whose engines are stopped, and what they keep outside of it."""
    data = Path(data).resolve()
    pointer = data / "postgres.path"
    if pointer.exists():
        shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
    shutil.rmtree(socket_dir(data), ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


def _file_sentence(error: OSError) -> str:
    return f"{error.strerror or error}: {error.filename}." if error.filename else f"{error.strerror or error}."
