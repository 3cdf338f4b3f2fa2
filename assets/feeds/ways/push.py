"""Push: supervisors POST readings, events and NGSI-LD notifications here; answered before Django is asked.

A raw ASGI application, because Django's request machinery costs more than decoding a batch. A message is answered 202 only
after the log has it; every refusal is a problem document (RFC 9457) that tells the supervisor's people what to change.
"""

import asyncio
import contextlib
import functools
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
import redis
from asgiref.typing import ASGI3Application
from django.db import DatabaseError, InterfaceError

from assets import retention, tokens
from assets.feeds import append, body, captured, decode, directory, events, health, intake, signature, unknown
from assets.feeds.forms.table import BODIES
from assets.feeds.mapping import BadMapping
from assets.log import LogFull
from assets.models import Protocol

logger = logging.getLogger(__name__)

PATH = re.compile(r"/api/v1/feeds/([-\w]{1,60})/(readings|events|ngsi-ld|messages)$", re.ASCII)
EVENTS = ("application/json", "application/ld+json")
TAKERS = {
    "readings": (Protocol.PUSH, Protocol.MQTT),
    "messages": (Protocol.PUSH, Protocol.MQTT),
    "events": (Protocol.PUSH, Protocol.MQTT),
    "ngsi-ld": (Protocol.NGSI_LD,),
}
"""Noun → the protocols whose feeds take it. An MQTT supervisor may fall back to HTTP while its broker is away."""
IN_LOOP = 256 * 1024
"""Bytes a batch may have to be decoded in the event loop; larger ones go to a thread, so that nobody else waits.

Of NGSI-LD and of what a mapping reads a quarter: their lists of numbers have a reading in two bytes.
"""
DENSE = frozenset({"ngsi-ld", "messages"})
INFLATED_IN_LOOP = 16 * 1024
"""Bytes of a compressed body, which may become a thousand times as many."""
LARGE_AT_ONCE = 2
"""Bodies that are large, or may be when inflated, and are worked on at once: each takes many times its 32 MiB."""
UNUSABLE = (413, 415, 422)
"""Answers to a message that is refused as a whole for what it is."""
FLUSH_AFTER = 1.0
"""Seconds; see health."""
_KEY = re.compile(rb"[\x21-\x7e]{1,200}$")

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Read = Callable[[], Awaitable[tuple[bytes, bool]]]


class NotTaken(Exception):
    """A request that is answered with a problem document."""

    def __init__(self, status: int, detail: str, *, headers: Mapping[str, str] | None = None, **members: object) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers, self.members = status, detail, headers or {}, members


class Answer(msgspec.Struct):
    """What 202 says. `rejected` tells the first ones, `rejected_count` counts all."""

    accepted: int
    unknown: int
    rejected: list[intake.Rejection]
    rejected_count: int


@dataclass(frozen=True, slots=True)
class _Accepted:
    """One message, decoded and mapped: what to append, and what to count. `unusable` is appended too, and nobody waits for it."""

    parts: list[bytes]
    unusable: list[bytes]
    accepted: int
    unknown: int
    refusals: intake.Refusals
    addresses: Mapping[str, tuple[int, str]]
    clock: int | None
    lag: int | None = None
    """Both as of an Intake."""


def feeds_first(application: ASGI3Application) -> ASGI3Application:
    """An ASGI application that answers the feeds' paths itself and hands everything else to `application`."""
    push = Push()

    async def choose(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        match = PATH.match(scope["path"]) if scope["type"] == "http" else None
        if match is None:
            await application(scope, receive, send)  # type: ignore[arg-type]
        else:
            await push(match[1], match[2], scope, receive, send)

    return choose  # type: ignore[return-value]


class Push:
    """Answers the feeds' requests of one process."""

    def __init__(self, known: directory.Directory | None = None) -> None:
        self.directory = known or directory.shared()
        self.tally = health.Tally()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._appender: append.Appender | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._large = asyncio.Semaphore(LARGE_AT_ONCE)

    async def __call__(self, slug: str, noun: str, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        try:
            status, headers, content = await self._answer(slug, noun, scope, receive)
        except body.Disconnected:
            return
        except NotTaken as refused:
            status, headers, content = refused.status, refused.headers, _problem(refused)
        fields = [(name.encode(), value.encode()) for name, value in headers.items()]
        kind = b"application/json" if status == HTTPStatus.ACCEPTED else b"application/problem+json"
        fields += [(b"content-type", kind), (b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": int(status), "headers": fields})
        await send({"type": "http.response.body", "body": content})

    async def _answer(
        self, slug: str, noun: str, scope: Mapping[str, Any], receive: Receive
    ) -> tuple[int, Mapping[str, str], bytes]:
        if scope["method"] != "POST":
            raise NotTaken(405, "Send batches with POST.", headers={"allow": "POST"})
        headers = dict(scope["headers"])
        feed = await authorised(self.directory, slug, noun, headers)
        proof = _unproved(feed, headers)
        read = functools.partial(_body, headers, receive) if proof is None else await _proved(proof, headers, receive)
        try:
            return await self._accept(feed, noun, headers, read, proof.number if proof is not None else b"")
        except NotTaken as refused:
            if refused.status in UNUSABLE:
                await self._note_unusable(feed, refused.detail)
            raise

    async def _accept(
        self, feed: directory.FeedEntry, noun: str, headers: Mapping[bytes, bytes], read: Read, number: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        key = _idempotency_key(headers, number)
        media_type = _media_type(headers, noun)
        sent, packed = await read()
        async with self._large if packed or len(sent) > IN_LOOP else contextlib.nullcontext():
            content = await _inflated(sent) if packed else sent
            await self._capture(feed, content)
            taken = await self._take(feed, noun, media_type, content)
            counts = append.MessageCounts(taken.accepted, taken.unknown, taken.refusals.count)
            earlier = await self._append(feed, taken, append.Once(key, append.digest(content), counts) if key else None)
        if earlier is None:
            await self._append_unusable(feed, taken)
            self._count(feed, taken)
        accepted, unknown_count, rejected = earlier or counts
        answer = Answer(accepted, unknown_count, taken.refusals.told if rejected == taken.refusals.count else [], rejected)
        return HTTPStatus.ACCEPTED, {}, msgspec.json.encode(answer)

    async def _capture(self, feed: directory.FeedEntry, content: bytes) -> None:
        if captured.wanted(feed, now := health.now_micros()):
            with contextlib.suppress(redis.RedisError):
                await captured.keep_async(self._log().redis, feed.id, content, "", now)

    async def _take(self, feed: directory.FeedEntry, noun: str, media_type: str, content: bytes) -> _Accepted:
        received = health.now_micros()
        try:
            book = await self.directory.book(feed)
            codes = await self.directory.asset_codes(feed) if noun == "events" else {}
        except (DatabaseError, InterfaceError) as error:
            raise _later("The inventory cannot be read at the moment.") from error

        def work() -> _Accepted:
            return _decode(feed, noun, media_type, content, book, codes, received)

        try:
            short = len(content) <= (IN_LOOP // 4 if noun in DENSE else IN_LOOP)
            return work() if short else await asyncio.to_thread(work)
        except decode.Malformed as error:
            place = re.search(r"\(byte (\d+)\)", str(error))
            field = re.search(r"`(\$[^`]*)`", str(error))
            members = {"position": int(place[1])} if place else {"field": field[1]} if field else {}
            raise NotTaken(422, str(error), **members) from error
        except BadMapping as error:
            raise _later(f"The feed's mapping cannot be used: {error}") from error

    async def _append(self, feed: directory.FeedEntry, taken: _Accepted, once: append.Once | None) -> append.MessageCounts | None:
        """The counts of the earlier sending if this is one again."""
        if not taken.parts and once is None:
            return None
        try:
            return await self._log().append(feed.site, feed.id, taken.parts, once)
        except LogFull as error:
            raise _later("The site is behind with what was sent before: nothing of this was taken.") from error
        except redis.RedisError as error:
            raise _later("The log cannot be written at the moment: send this again.") from error
        except append.KeyReused as error:
            raise NotTaken(422, "This Idempotency-Key was used for another message.", field="Idempotency-Key") from error

    async def _note_unusable(self, feed: directory.FeedEntry, why: str) -> None:
        """A supervisor whose whole message is refused speaks all the same: it is not to be called silent."""
        refusals = intake.Refusals()
        refusals.add(0, why)
        taken = _Accepted([], append.part_unusable(health.now_micros(), 0, {}), 0, 0, refusals, {}, 0)
        await self._append_unusable(feed, taken)
        self._count(feed, taken)

    async def _append_unusable(self, feed: directory.FeedEntry, taken: _Accepted) -> None:
        if taken.unusable:
            with contextlib.suppress(LogFull, redis.RedisError):
                await self._log().append(feed.site, feed.id, taken.unusable)

    def _log(self) -> append.Appender:
        """This event loop's appender: a connection belongs to the loop that opened it."""
        loop = asyncio.get_running_loop()
        if self._appender is None or self._loop is not loop:
            self._loop, self._appender = loop, append.Appender()
        return self._appender

    def _count(self, feed: directory.FeedEntry, taken: _Accepted) -> None:
        self.tally.note(
            feed.id, health.now_micros(), accepted=taken.accepted, unknown=taken.unknown,
            rejected=taken.refusals.count, told=taken.refusals.told, addresses=taken.addresses, clock=taken.clock, lag=taken.lag,
        )  # fmt: skip
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.get_running_loop().create_task(self._flush_soon())

    async def close(self) -> None:
        """Write what is still to be counted, and let go of the connections of this event loop."""
        if self._flushing is not None and not self._flushing.done():
            self._flushing.cancel()
            await self._flush()
        if self._appender is not None:
            await self._appender.redis.aclose()
            self._appender = None

    async def _flush_soon(self) -> None:
        while self.tally.waiting:
            await asyncio.sleep(FLUSH_AFTER)
            await self._flush()

    async def _flush(self) -> None:
        try:
            addresses = await self.tally.flush_async(self._log().redis)
            if addresses:
                await self.directory.run(functools.partial(unknown.keep, addresses, datetime.now(UTC)))
        except (redis.RedisError, DatabaseError, InterfaceError) as error:
            logger.warning("the health of feeds was not written: %s", error)


async def authorised(known: directory.Directory, slug: str, noun: str, headers: Mapping[bytes, bytes]) -> directory.FeedEntry:
    """The feed, if the token is its own, or if it may prove itself by its signature once its body is read.

    An unknown feed and a wrong token look the same. Raises NotTaken.
    """
    try:
        feed = await known.feed(slug)
    except (DatabaseError, InterfaceError) as error:
        raise _later("The inventory cannot be read at the moment.") from error
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    said = token.strip() if scheme.lower() == b"token" else b""
    opened = tokens.opens(said, feed.token_hash if feed is not None else None)
    if feed is None or not (opened or _unproved(feed, headers) is not None):
        raise NotTaken(401, "Send the feed's own token as `Authorization: Token …`.", headers={"www-authenticate": "Token"})
    if not feed.enabled:
        raise NotTaken(403, "This feed is disabled.")
    if feed.protocol not in TAKERS[noun]:
        raise NotTaken(403, f"This feed's protocol is {feed.protocol}: it does not take {noun} here.")
    return feed


def _unproved(feed: directory.FeedEntry, headers: Mapping[bytes, bytes]) -> signature.Proof | None:
    """How a message without the feed's token has still to prove itself. Raises NotTaken."""
    if "signature" not in feed.mapping or b"authorization" in headers:
        return None
    try:
        proof = signature.proof_of(feed.mapping)
    except BadMapping as error:
        raise _later(f"The feed's mapping cannot be used: {error}") from error
    return proof if proof is not None and proof.claimed(headers) else None


async def _proved(proof: signature.Proof, headers: Mapping[bytes, bytes], receive: Receive) -> Read:
    """The body, read and signed as it was sent. Raises NotTaken."""
    sent, packed = await _body(headers, receive)
    try:
        await asyncio.to_thread(proof.check, headers, sent, time.time())
    except signature.NotSigned as error:
        raise NotTaken(401, str(error), headers={"www-authenticate": "Token"}) from error

    async def read() -> tuple[bytes, bool]:
        return sent, packed

    return read


async def at_the_door(path: str, headers: Mapping[bytes, bytes]) -> NotTaken | None:
    """Why a request for one of the feeds' addresses is refused whatever its body may be; None when it is not."""
    match = PATH.match(path)
    if match is None:
        return None
    try:
        await authorised(directory.shared(), match[1], match[2], headers)
    except NotTaken as refused:
        return refused
    return None


def _decode(
    feed: directory.FeedEntry, noun: str, media_type: str, content: bytes, book: intake.FeedBook, codes: Mapping[str, int],
    received: int,
) -> _Accepted:  # fmt: skip
    """Raises decode.Malformed and BadMapping."""
    oldest = retention.oldest(received)
    if noun == "events":
        told = events.take_in(content, book, codes, received, oldest)
        unusable = append.part_unusable(received, told.clock, {})
        parts = append.cut_events(told.events)
        return _Accepted(parts, unusable, told.accepted, told.unknown_count, told.refusals, told.unknown, told.clock)
    taken = BODIES[noun][media_type].take_in(content, feed.mapping, book, received, oldest)
    unusable = append.part_unusable(received, taken.clock, taken.ahead)
    parts = append.cut_readings(taken.readings)
    return _Accepted(parts, unusable, taken.accepted, taken.unknown_count, taken.refusals, taken.unknown, taken.clock, taken.lag)


async def _body(headers: Mapping[bytes, bytes], receive: Receive) -> tuple[bytes, bool]:
    """The body as sent, and whether it must be inflated. Raises NotTaken."""
    length = headers.get(b"content-length", b"")
    encoding = headers.get(b"content-encoding", b"identity").strip().lower()
    if encoding not in (b"identity", b"gzip"):
        raise NotTaken(415, "The Content-Encoding must be gzip or none.", headers={"accept-encoding": "gzip"})
    try:
        return await body.read(receive, int(length) if length.isdigit() else None), encoding == b"gzip"
    except body.TooLarge as error:
        raise NotTaken(413, str(error)) from error


async def _inflated(sent: bytes) -> bytes:
    """Raises NotTaken."""
    try:
        return body.inflate(sent) if len(sent) <= INFLATED_IN_LOOP else await asyncio.to_thread(body.inflate, sent)
    except body.TooLarge as error:
        raise NotTaken(413, str(error)) from error
    except body.BadEncoding as error:
        raise NotTaken(422, str(error)) from error


def _media_type(headers: Mapping[bytes, bytes], noun: str) -> str:
    sent = headers.get(b"content-type", b"").decode("latin-1").partition(";")[0].strip().lower()
    taken = (*BODIES[noun],) if noun in BODIES else EVENTS
    if sent not in taken:
        raise NotTaken(415, f"The Content-Type must be {' or '.join(taken)}.", headers={"accept-post": ", ".join(taken)})
    return sent


def _idempotency_key(headers: Mapping[bytes, bytes], number: bytes) -> str:
    """`number`: the header by which a signed message is named."""
    key = headers.get(b"idempotency-key", headers.get(number) if number else None)
    if key is None:
        return ""
    if not _KEY.match(key):
        raise NotTaken(422, "An Idempotency-Key has 1 to 200 printable ASCII characters.", field="Idempotency-Key")
    return key.decode()


def _later(detail: str) -> NotTaken:
    return NotTaken(503, detail, headers={"retry-after": str(LogFull.retry_after)})


def _problem(refused: NotTaken) -> bytes:
    title = HTTPStatus(refused.status).phrase
    members = {"type": "about:blank", "title": title, "status": int(refused.status), "detail": refused.detail}
    return msgspec.json.encode({**members, **refused.members})
