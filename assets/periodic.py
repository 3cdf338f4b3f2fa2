"""Periodic work, each piece alone: one that fails stops no other, and how each did last is kept in Valkey for health and metrics.

A piece is a name and a site ("" when it is of the whole house).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast

import redis
from django.db import connection
from redis.typing import EncodableT, FieldT

from assets import log

logger = logging.getLogger(__name__)

KEY = "periodic"


@dataclass(frozen=True, slots=True)
class Report:
    """How a piece did last: instants in seconds since the epoch, 0 when never; `took` in seconds; `failures` so far."""

    name: str
    site: str
    succeeded_at: float
    took: float
    failed_at: float
    failures: int

    @property
    def fails(self) -> bool:
        return self.failed_at > self.succeeded_at


class Round:
    """One run of a task. What became of its pieces is written in one go when it ends, as each write of Valkey is synced."""

    def __enter__(self) -> Self:
        self._told: dict[FieldT, EncodableT] = {}
        self._failed: list[str] = []
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._told:
            return
        try:
            with log.shared().redis.pipeline(transaction=False) as pipeline:
                pipeline.hset(KEY, mapping=self._told)
                for piece in self._failed:
                    pipeline.hincrby(KEY, f"{piece}|failures", 1)
                pipeline.execute()
        except redis.RedisError as failure:
            logger.warning("how periodic work did was not kept: %s", failure)

    def do(self, name: str, site: int | None, work: Callable[..., object], *args: object) -> bool:
        """Do one piece, whatever becomes of it; whether it succeeded."""
        piece, began = f"{name}|{'' if site is None else site}", time.monotonic()
        try:
            work(*args)
        except Exception:  # the next piece is another's, and this failure is told
            logger.exception("%s failed%s", name, "" if site is None else f" for site {site}")
            connection.close_if_unusable_or_obsolete()
            self._failed.append(piece)
            self._told[f"{piece}|failed_at"] = repr(time.time())
            return False
        self._told[f"{piece}|succeeded_at"] = repr(time.time())
        self._told[f"{piece}|took"] = repr(time.monotonic() - began)
        return True


def reports() -> list[Report]:
    """Of every piece that ever ran, by name and site. Raises redis.RedisError."""
    found: dict[tuple[str, str], dict[str, float]] = {}
    for field, value in cast("dict[bytes, bytes]", log.shared().redis.hgetall(KEY)).items():
        name, site, what = field.decode().split("|")
        found.setdefault((name, site), {})[what] = float(value)
    return [
        Report(
            name, site, told.get("succeeded_at", 0.0), told.get("took", 0.0), told.get("failed_at", 0.0),
            int(told.get("failures", 0)),
        )
        for (name, site), told in sorted(found.items())
    ]  # fmt: skip
