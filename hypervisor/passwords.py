"""Hashes passwords with Argon2id, a few at a time: each takes 100 MiB while it is under way, whoever asks for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.hashers import Argon2PasswordHasher

AT_ONCE = 2
MOST_WAITING = 12
"""Fewer than a web process has requests under way, so that a crowd at the door leaves room inside."""
PATIENCE = 5.0
"""Seconds a password waits for its turn."""

_turns = threading.BoundedSemaphore(AT_ONCE)
_places = threading.BoundedSemaphore(AT_ONCE + MOST_WAITING)


class Busy(Exception):
    """Too many passwords wait in this process; this one was not looked at."""


class Argon2id(Argon2PasswordHasher):
    """Django's parameters and encoding. Both methods raise Busy."""

    def encode(self, password: str, salt: str) -> str:
        with _turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _turn():
            return super().verify(password, encoded)


@contextmanager
def _turn() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        if not _turns.acquire(timeout=PATIENCE):
            raise Busy
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()
