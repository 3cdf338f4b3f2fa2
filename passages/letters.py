"""Readers' messages, durable before they are acknowledged. The only writer of Letter.

A reader is answered 202 once its message is in PostgreSQL, or, while that is away, in Valkey: some readers give a hook up for
good after a few errors. What is there is taken in at once, and by the sweep should the process end in between.
"""

import base64
import datetime as dt
import logging
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import redis
from django.db import DatabaseError, InterfaceError

from assets import log, tokens
from passages.models import Letter, Reader

logger = logging.getLogger(__name__)

LARGEST = 1024 * 1024
"""Bytes of a message, its picture included."""
WAITING = "passages:letters"
"""Valkey's list of letters that PostgreSQL could not take."""
FRESH = 5.0
"""Seconds for which a reader's settings are known without asking again; while PostgreSQL is away, as they were last."""
ABANDONED = 5
"""Attempts after which a letter is left for a person to look at, and the others go on."""


class LetterRefused(Exception):
    """A message that nobody may send here, or that cannot be kept now."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass(frozen=True, slots=True)
class Door:
    """What must be known of a reader before its message is kept."""

    id: int
    token_hash: str
    enabled: bool


class Doors:
    """The readers of every site by slug, as this process knows them."""

    def __init__(self) -> None:
        self._known: dict[str, Door] = {}
        self._read_at = 0.0
        self._lock = threading.Lock()

    def find(self, slug: str) -> Door | None:
        """Raises DatabaseError when it was never read."""
        with self._lock:
            if time.monotonic() - self._read_at > FRESH or slug not in self._known:
                self._refresh()
            return self._known.get(slug)

    def _refresh(self) -> None:
        try:
            rows = Reader.objects.values_list("slug", "pk", "token_hash", "enabled", "gate__enabled")
            self._known = {slug: Door(pk, digest, on and gate_on) for slug, pk, digest, on, gate_on in rows}
            self._read_at = time.monotonic()
        except (DatabaseError, InterfaceError):
            if not self._known:
                raise


DOORS = Doors()


class _Kept(msgspec.Struct, array_like=True):
    reader: int
    received: str
    media_type: str
    body: bytes


def admitted(slug: str, authorization: str) -> Door:
    """The reader whose token this is: `Token …`, or the password of `Basic …`. An unknown one and a wrong token look the same.

    Raises Refused.
    """
    try:
        door = DOORS.find(slug)
    except (DatabaseError, InterfaceError) as error:
        raise LetterRefused(503, "Readers cannot be looked up at the moment: send this again.") from error
    if not tokens.opens(_token(authorization), door.token_hash if door is not None else None) or door is None:
        raise LetterRefused(401, "Send the reader's own token as `Authorization: Token …`, or as the password of Basic.")
    if not door.enabled:
        raise LetterRefused(403, "This reader is disabled.")
    return door


def keep(reader: int, media_type: str, body: bytes, received: dt.datetime) -> int | None:
    """Make a message durable; its number, None when it waits in Valkey for PostgreSQL. Raises Refused when neither has it."""
    try:
        return Letter.objects.create(reader_id=reader, received_at=received, media_type=media_type[:200], body=body).pk
    except (DatabaseError, InterfaceError) as error:
        logger.warning("a reader's message waits in Valkey: %s", type(error).__name__)
    packed = msgspec.msgpack.encode(_Kept(reader, received.isoformat(), media_type[:200], body))
    try:
        log.shared().redis.rpush(WAITING, packed)
    except redis.RedisError as error:
        raise LetterRefused(503, "Nothing can be kept at the moment: send this again.") from error
    return None


def bring_back() -> int:
    """Move what waits in Valkey into PostgreSQL, oldest first; how many. Each is dropped there once it is here."""
    client, moved = log.shared().redis, 0
    while (packed := client.lindex(WAITING, 0)) is not None:
        assert isinstance(packed, bytes)  # this client decodes nothing
        kept = msgspec.msgpack.decode(packed, type=_Kept)
        received = dt.datetime.fromisoformat(kept.received)
        if Reader.objects.filter(pk=kept.reader).exists():
            Letter.objects.create(reader_id=kept.reader, received_at=received, media_type=kept.media_type, body=kept.body)
        client.lrem(WAITING, 1, packed)  # type: ignore[arg-type]
        moved += 1
    return moved


def waiting(now: dt.datetime, older: dt.timedelta) -> list[int]:
    """Numbers of the letters that somebody should have taken in by now, oldest first."""
    rows = Letter.objects.filter(received_at__lt=now - older, attempts__lt=ABANDONED)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:500])


def throw_away(now: dt.datetime, older: dt.timedelta) -> int:
    """Delete the letters that could not be taken in: they may hold plates."""
    return Letter.objects.filter(received_at__lt=now - older).delete()[0]


def _token(authorization: str) -> str:
    scheme, _, said = authorization.partition(" ")
    if scheme.lower() == "token":
        return said.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(said.strip(), validate=True).decode("utf-8", "replace").partition(":")[2]
        except ValueError:
            return ""
    return ""


def headers_of(raw: list[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """A request's headers by lower-case name."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
