"""Requests as Daphne receives them, with what it leaves out: nothing is parsed before it is asked for, and no body is too long.

Twisted reads every form body in the event loop, into arguments nobody asks for: a few megabytes of empty parts held up every
page and socket for ten seconds. Daphne starts the application after the last byte of a body. So both are refused here, where
the headers have been read and the body has not. There it is asked, too, who sends a long one.
"""

# ruff: noqa: N802 (Twisted's names)
import asyncio
import logging
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import quote, unquote

import daphne.http_protocol
from channels.db import database_sync_to_async
from django.conf import settings
from django.db import Error as DatabaseError
from django.utils import timezone
from django.utils.http import urlencode
from redis.exceptions import RedisError
from twisted.web import http

from assets.feeds.ways import push
from hypervisor import signed_in
from hypervisor.serving import bounds, refusals
from response.orders import links

logger = logging.getLogger(__name__)

LINGER = 10.0
"""Seconds in which a refused body is read and thrown away: a client that is cut off while it sends never sees the answer."""
TRUSTED = {
    "_parsePOSTFormSubmission": http.Request.requestReceived,
    "_path": http.HTTPChannel.allContentReceived,
    "gotLength": http.HTTPChannel.allHeadersReceived,
    "handleContentChunk": http.HTTPChannel._maybeChooseTransferDecoder,
    "WebRequest": daphne.http_protocol.HTTPFactory.buildProtocol,
}
"""Names that what follows relies on, and who must look at them; not all are public."""


Refusal = tuple[int, str, str, dict[str, str]]
"""Status, sentence for programs, sentence for people, headers."""


class NotHeeded(Exception):
    """The installed Twisted or Daphne no longer works as this file needs: bodies would be parsed before anybody is asked."""


class Request(daphne.http_protocol.WebRequest):
    _refused = False
    _handed_on = False
    _received = 0
    _end: asyncio.TimerHandle | None = None

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._parsePOSTFormSubmission = False

    def gotLength(self, length: int | None) -> None:
        """The headers are there and the body is not; `length` is None when it comes in chunks."""
        super().gotLength(length)
        address = self.channel._path
        self._most = bounds.most(address)
        if length is not None and length > self._most:
            self._refuse(*_too_long(self._most))
        elif bounds.is_for_members(address) and (length is None or length > bounds.FORM):
            self._hold_until(self._ask_person(address))
        elif bounds.is_for_links(address) and (length is None or length > bounds.FORM):
            self._hold_until(self._ask_link(address))
        elif bounds.is_for_feeds(address) and (length is None or length > bounds.UNASKED):
            self._hold_until(self._ask_feed(address))

    def handleContentChunk(self, data: bytes) -> None:
        self._received += len(data)
        if self._received > self._most and not self._refused:
            self._refuse(*_too_long(self._most))
        if not self._refused:
            super().handleContentChunk(data)

    def requestReceived(self, command: bytes, path: bytes, version: bytes) -> None:
        self._handed_on = True
        if self._refused:
            self.channel.loseConnection()
        else:
            super().requestReceived(command, path, version)

    def connectionLost(self, reason: object) -> None:
        self._handed_on = True
        if self._end is not None:
            self._end.cancel()
        super().connectionLost(reason)

    def _hold_until(self, question: Coroutine[None, None, Refusal | None]) -> None:
        self.channel._networkProducer.pauseProducing()
        asking = asyncio.get_event_loop().create_task(self._ask(question))
        asking.add_done_callback(_report)

    async def _ask_person(self, address: bytes) -> Refusal | None:
        """None if a person is signed in."""
        try:
            return None if await _is_signed_in(self._session_key()) else _door(address)
        except (DatabaseError, RedisError, OSError) as error:
            logger.warning("a long body is refused, an engine does not answer: %s", error)
            return 503, "Not at the moment.", "Impossible pour l’instant. / Not at the moment.", {"Retry-After": "5"}

    async def _ask_link(self, address: bytes) -> Refusal | None:
        """None if the link is in force."""
        token = unquote(address.partition(b"?")[0].decode("latin-1")).rpartition("/")[2]
        try:
            return None if await _is_in_force(token) else (410, "Gone.", "Ce lien ne vaut plus. / This link has ended.", {})
        except (DatabaseError, OSError) as error:
            logger.warning("a long body is refused, an engine does not answer: %s", error)
            return 503, "Not at the moment.", "Impossible pour l’instant. / Not at the moment.", {"Retry-After": "5"}

    async def _ask_feed(self, address: bytes) -> Refusal | None:
        """None if the token is that of the feed."""
        path = unquote(address.partition(b"?")[0].decode("latin-1"))
        headers = {name.lower(): values[0] for name, values in self.requestHeaders.getAllRawHeaders()}
        refused = await push.at_the_door(path, headers)
        return None if refused is None else (refused.status, refused.detail, refused.detail, dict(refused.headers))

    async def _ask(self, question: Coroutine[None, None, Refusal | None]) -> None:
        """Let the body come if nothing is said against it."""
        refusal = await question
        if self._handed_on:  # all of it was there already, or whoever sent it is gone
            return
        if refusal is not None:
            self._refuse(*refusal)
        self.channel._networkProducer.resumeProducing()

    def _session_key(self) -> str:
        cookies = SimpleCookie()
        for line in self.requestHeaders.getRawHeaders(b"cookie", []):
            try:
                cookies.load(line.decode("latin-1"))
            except CookieError:
                continue
        given = cookies.get(settings.SESSION_COOKIE_NAME)
        return given.value if given is not None else ""

    def _refuse(self, status: int, for_programs: str, for_people: str, headers: dict[str, str]) -> None:
        """Answer now, throw away what still comes, and let go of the connection."""
        self._refused = True
        kind, body = refusals.written(self.channel._path.decode("latin-1"), status, for_programs, for_people)
        fields = {
            "Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", "Connection": "close", **headers,
        }  # fmt: skip
        head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in fields.items())
        self.channel.transport.write(head.encode("latin-1") + b"\r\n" + (b"" if self.channel._command == b"HEAD" else body))
        self._end = asyncio.get_event_loop().call_later(LINGER, self.channel.loseConnection)


def install() -> None:
    """Make Daphne receive requests as these. Raises NotHeeded."""
    missing = [name for name, reader in TRUSTED.items() if not _mentions(reader, name)]
    if missing:
        raise NotHeeded(
            f"Twisted or Daphne changed, and no longer heeds {', '.join(missing)}: see hypervisor/serving/requests.py."
        )
    daphne.http_protocol.WebRequest = Request


def _mentions(reader: Callable, name: str) -> bool:
    return name in reader.__code__.co_names


async def _is_signed_in(session_key: str) -> bool:
    person = await database_sync_to_async(signed_in.person, thread_sensitive=False)(session_key)
    return person.is_authenticated


async def _is_in_force(token: str) -> bool:
    known = await database_sync_to_async(links.known, thread_sensitive=False)(token, timezone.now())
    return known is not None and not known.over


def _too_long(most: int) -> Refusal:
    size = most // 2**20
    for_people = f"L’envoi dépasse {size} Mio. / This is longer than {size} MiB."
    return 413, f"The body is longer than {most} bytes.", for_people, {}


def _door(address: bytes) -> Refusal:
    """Whoever is not signed in is shown to the door, as by any page."""
    following = quote(address.partition(b"?")[0].decode("latin-1"), safe="/")
    for_people = "Connectez-vous d’abord. / Sign in first."
    return 303, "Sign in first.", for_people, {"Location": f"/login/?{urlencode({'next': following})}"}


def _report(asking: asyncio.Task[None]) -> None:
    if not asking.cancelled() and (error := asking.exception()) is not None:
        logger.error("a long body waits by a defect", exc_info=error)
