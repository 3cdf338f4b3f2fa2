"""A publisher that is asked on its schedule: each thing it publishes is an event when it begins, changes and ends.

What stands is kept in a file beside what waits in the spool (which is `.json`), so that what ended while this process was away is
told too.
"""

import datetime as dt
import hashlib
import logging
import zlib
from collections.abc import Mapping, Set
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
from msgspec import Struct

from connectors.delivery import Delivery
from connectors.failures import Gone, Refused
from connectors.source import Source
from connectors.tables.publisher import Publisher

logger = logging.getLogger(__name__)

MOST_STANDING = 2_000
_GZIP = b"\x1f\x8b"


class Standing(Struct):
    """Something that was told and has not ended. `again`: what its end repeats; `expires` in ISO 8601, or empty."""

    identifier: str
    expires: str = ""
    version: str = ""
    again: dict[str, str] = {}


class Kinds(NamedTuple):
    """The kinds of events, and the name of the value that is how many stand."""

    protocol: str
    begun: str
    changed: str
    ended: str
    value: str
    test: str = ""


class Thing(NamedTuple):
    """Something that stands now, and the attributes of the event that tells it."""

    row: Standing
    attributes: dict[str, object]


def version_of(*what: object) -> str:
    """Equal for what says the same: some publishers stamp all they publish anew each time."""
    return hashlib.blake2b(msgspec.json.encode(what), digest_size=8).hexdigest()


class Publishing(Source):
    """What sources that ask a publisher have in common."""

    def __init__(self, settings: Publisher, delivery: Delivery | None, spool: Path, kinds: Kinds, most_bytes: int) -> None:
        super().__init__(settings.name, settings.every)
        self._publisher, self._delivery, self._kinds, self._most_bytes = settings, delivery, kinds, most_bytes
        self._file = spool / f"{kinds.protocol}-{settings.name}.standing"
        self.standing = self._kept()
        self._tests: Set[str] = set()
        """Keys of exercises and tests that were told, as long as they are published."""
        self._written = msgspec.json.encode(self.standing)
        self._client = httpx.AsyncClient(
            timeout=settings.timeout, headers=settings.headers, trust_env=False, follow_redirects=False
        )

    async def write(self, value_name: str, value: float) -> None:
        raise Refused(f"{self.name} publishes; nothing is written into it")

    def close(self) -> None:
        """Connections end with the process."""

    async def fetch(self, url: str) -> bytes:
        """What is published there; unpacked where it is a gzip file. Raises Gone."""
        try:
            async with self._client.stream("GET", url) as answer:
                answer.raise_for_status()
                content = bytearray()
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > self._most_bytes:
                        raise Gone(f"{url} is larger than {self._most_bytes} bytes")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Gone(f"{url} does not answer: {type(error).__name__} {error}".strip()) from error
        return self._unpacked(url, bytes(content)) if content.startswith(_GZIP) else bytes(content)

    def _unpacked(self, url: str, content: bytes) -> bytes:
        unpacking = zlib.decompressobj(wbits=31)
        try:
            found = unpacking.decompress(content, self._most_bytes + 1)
        except zlib.error as error:
            raise Gone(f"{url} is a gzip file that cannot be unpacked: {error}") from error
        if len(found) > self._most_bytes:
            raise Gone(f"{url} is larger than {self._most_bytes} bytes")
        if not unpacking.eof:
            raise Gone(f"{url} is a gzip file without its end")
        return found

    def settle(self, things: Mapping[str, Thing], over: Mapping[str, str], now: dt.datetime, *, whole: bool = True) -> None:
        """Tell what began, changed and ended since the last time. `over`: why, of what is published as over.

        `whole`: whether all that stands is published, so that what is missing has ended.
        """
        for key, why in over.items():
            if key in self.standing:
                self.end(key, why, now)
        for key, thing in things.items():
            known = self.standing.get(key)
            if known is None:
                self.begin(key, thing, now)
            elif known.version != thing.row.version:
                self.standing[key] = thing.row
                self.event(self._kinds.changed, now, thing.attributes)
        self.end_missing(things.keys() if whole else self.standing.keys(), now)

    def begin(self, key: str, thing: Thing, now: dt.datetime) -> None:
        if len(self.standing) >= MOST_STANDING:
            self.unreadable("the rest", f"more than {MOST_STANDING} stand; it is told when some have ended")
            return
        self.standing[key] = thing.row
        self.event(self._kinds.begun, now, thing.attributes)

    def end(self, key: str, why: str, now: dt.datetime, **more: object) -> None:
        row = self.standing.pop(key)
        self.event(self._kinds.ended, now, {"identifier": row.identifier, **row.again, "why": why, **more})

    def end_missing(self, published: Set[str], now: dt.datetime) -> None:
        """End what expired, and what is published no more."""
        for key, row in list(self.standing.items()):
            if row.expires and dt.datetime.fromisoformat(row.expires) <= now:
                self.end(key, "expired", now)
            elif key not in published:
                self.end(key, "left_the_list", now)

    def rehearse(self, tests: Mapping[str, dict[str, object]], now: dt.datetime) -> None:
        """Tell each exercise and test once; by key, the attributes of its event."""
        for key, attributes in tests.items():
            if key not in self._tests:
                self.event(self._kinds.test, now, attributes)
        self._tests = set(tests)

    def event(self, kind: str, now: dt.datetime, attributes: Mapping[str, object]) -> None:
        if self._delivery is not None:
            self._delivery.event(kind, self._publisher.asset or self.address(self._kinds.value), now, **attributes)

    def keep(self) -> None:
        """Keep what stands, whole or not at all."""
        content = msgspec.json.encode(self.standing)
        if content == self._written:
            return
        try:
            new = self._file.with_suffix(".new")
            new.write_bytes(content)
            new.replace(self._file)
            self._written = content
        except OSError as error:
            logger.error("%s: what stands cannot be kept: %s", self.name, error)

    def _kept(self) -> dict[str, Standing]:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=dict[str, Standing])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.DecodeError) as error:
            logger.error("%s: what stood cannot be read, and is told anew: %s", self.name, error)
            return {}
