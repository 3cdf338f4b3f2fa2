"""The live socket of a site: who may watch is told where the site stands, then every change, without a gap.

It closes with 4401 (not signed in), 4403 (no longer allowed), 4404 (no such site for this person), 4400 (an unknown message, or
another version) or 4429 (too slow, or too many windows: come back), each after a `refused` frame where one can still be sent;
with 4503 when an engine does not answer. A server may send no code between 1001 and 2999.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Iterator
from urllib.parse import parse_qs

import msgspec
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import Http404
from django.utils import timezone
from redis.exceptions import RedisError

from hypervisor import backpressure, frames, live, rights, signed_in, tokens
from hypervisor.frames import Frame
from hypervisor.live import LiveRelay
from hypervisor.models import ApiToken
from hypervisor.program_frames import for_programs
from hypervisor.rights import Right
from hypervisor.tokens import Program

logger = logging.getLogger(__name__)

BAD_MESSAGE, SIGNED_OUT, FORBIDDEN, UNKNOWN_SITE, COME_BACK, OUR_FAULT = 4400, 4401, 4403, 4404, 4429, 4503
LONGEST_MESSAGE = 1_000
"""Characters; what is longer is not looked at."""
MOST_PINGS = 20
"""Messages of a client within a second, beyond which it is sent away: each answer is kept until the client takes it."""
UNDRAINED = 1_000_000
"""Bytes handed to the server before asking whether the client has taken them."""
MOST_SOCKETS = 64
"""Of one account in one process: a wall of screens, and not what a program opens without end."""
_open: Counter[int | str] = Counter()
"""Sockets under way, by the id of the person or of the program."""


class _Message(msgspec.Struct):
    type: str


class _Refusal(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class LiveSocket(AsyncWebsocketConsumer):
    channel_layer_alias = None  # the relay of the process listens for all sockets of a site
    rights_interval = 30.0
    """Seconds between two looks at the person's rights."""
    patience = 30.0
    """Seconds a client may take for what it was sent."""
    _relay: LiveRelay | None = None

    async def connect(self) -> None:
        await self.accept()
        self._reached = 0
        self._turn = 0
        self._undrained = 0
        self._refused = False
        self._pings, self._pinged = 0, 0.0
        self._walk = asyncio.create_task(self._live())
        self._walk.add_done_callback(self._report)

    async def disconnect(self, code: int) -> None:
        self._walk.cancel()
        await asyncio.gather(self._walk, return_exceptions=True)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self._refused:  # what was under way when it was sent away
            return
        if not _is_ping(text_data):
            await self._refuse(_Refusal(BAD_MESSAGE, 'The only message of a client is {"type":"ping"}.'))
        elif self._hurries():
            await self._refuse(_Refusal(BAD_MESSAGE, f"More than {MOST_PINGS} messages in a second."))
        elif self._relay is not None:
            await self._send_pulse(self._relay, self._seen)

    def _hurries(self) -> bool:
        now = asyncio.get_running_loop().time()
        if now - self._pinged > 1:
            self._pings, self._pinged = 0, now
        self._pings += 1
        return self._pings > MOST_PINGS

    async def _live(self) -> None:
        try:
            self._check_version()
            person, right = await self._ask()
            self._seen = right
            with _place(person):
                async with live.follow(right.site_id) as (self._relay, news):
                    await self._begin(self._relay, right)
                    await self._watch(self._relay, right, news)
        except _Refusal as refusal:
            await self._refuse(refusal)
        except (DatabaseError, RedisError, OSError) as error:
            logger.warning("a live socket ends, an engine does not answer: %s", error)
            await self.close(OUR_FAULT)

    async def _begin(self, relay: LiveRelay, right: Right) -> None:
        """Bring the client to where the site stands: by what it missed if that is little, else by a snapshot."""
        since = self._since()
        if since is None or not relay.heard - live.MOST_MISSED <= since <= relay.heard:
            await self._send_snapshot(relay, right)
        else:
            self._reached = since
            await self._send_missed(relay, right)
        await self._send_pulse(relay, right)
        await self._send_present(relay, right)

    async def _watch(self, relay: LiveRelay, right: Right, news: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        look = loop.time() + self.rights_interval
        pulse = relay.pulse
        while True:
            if loop.time() >= look:  # asked here, for in a storm there is always news and the wait never times out
                look = loop.time() + self.rights_interval
                before, right = right, await self._right()
                self._seen = right
                if right.sectors != before.sectors:
                    await self._send_snapshot(relay, right)
                    self._turn = 0
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(look):
                    await news.wait()
            if not news.is_set():
                continue
            news.clear()
            await self._send_missed(relay, right)
            if relay.pulse is not pulse:
                pulse = relay.pulse
                await self._send_pulse(relay, right)
                await self._send_present(relay, right)

    async def _send_missed(self, relay: LiveRelay, right: Right) -> None:
        while self._reached < relay.heard:
            if relay.heard - self._reached > live.MOST_MISSED and not relay.keeps(self._reached + 1):
                await self._send_snapshot(relay, right)
                continue
            reached, told = await relay.after(self._reached, right)
            await self._send_all(told)
            self._reached = reached

    async def _send_snapshot(self, relay: LiveRelay, right: Right) -> None:
        snapshot = await relay.snapshot(right)
        await self._send_all(snapshot.frames)
        self._reached = snapshot.seq

    async def _send_pulse(self, relay: LiveRelay, right: Right) -> None:
        """The newest pulse, never ahead of what this socket was told: the client would think it missed what is on its way."""
        seq, at = relay.pulse
        feeds = await relay.feeds(right)
        await self.send(text_data=frames.pulse(min(seq, self._reached), at, feeds))

    async def _send_present(self, relay: LiveRelay, right: Right) -> None:
        """The present values that changed since this socket was last told."""
        turn, self._turn = self._turn, relay.board.turn
        if turn < self._turn:
            await self._send_all(relay.board.since(turn, right.sectors))

    async def _send_all(self, told: list[Frame]) -> None:
        if not self._seen.names_people:
            told = await database_sync_to_async(for_programs, thread_sensitive=False)(told)
        for frame in told:
            await self.send(text_data=frame)
            self._undrained += len(frame.encode())
            if self._undrained > UNDRAINED:
                await self._drained()

    async def _drained(self) -> None:
        """Return when the client has taken what it was sent. Raises _Refusal when it takes too long."""
        congested = self.scope.get(backpressure.KEY, backpressure.never)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.patience
        while congested():
            if loop.time() > deadline:
                raise _Refusal(COME_BACK, "Too slow: come back and start again.")
            await asyncio.sleep(0.01)
        self._undrained = 0

    async def _refuse(self, refusal: _Refusal) -> None:
        if self._refused:
            return
        self._refused = True
        await self.send(text_data=frames.refused(refusal.reason))
        await self.close(refusal.code)

    async def _right(self) -> Right:
        """What the person of this socket may see of its site, as of now. Raises _Refusal."""
        _person, right = await self._ask()
        return right

    async def _ask(self) -> tuple[int | str, Right]:
        """Whose socket this is, and what they may see. Raises _Refusal."""
        slug = self.scope["url_route"]["kwargs"]["site"]
        scheme, _, token = dict(self.scope["headers"]).get(b"authorization", b"").decode("latin-1").partition(" ")
        look, known_by = (_look_at_token, token.strip()) if scheme.lower() == "token" else (_look, self._session_key())
        try:
            return await database_sync_to_async(look, thread_sensitive=False)(known_by, slug)
        except Http404:
            if self._relay is not None:
                raise _Refusal(FORBIDDEN, "You may no longer watch this site.") from None
            raise _Refusal(UNKNOWN_SITE, "There is no such site for you.") from None

    def _session_key(self) -> str | None:
        return self.scope["cookies"].get(settings.SESSION_COOKIE_NAME)

    def _check_version(self) -> None:
        """Raises _Refusal for a client that would not understand the frames. A page that names no version was loaded before there
        were versions; a program that names none takes them as they are."""
        version = self._given("version")
        from_page = any(name == b"origin" for name, _ in self.scope["headers"])
        if version != str(frames.VERSION) and (version or from_page):
            spoken = frames.VERSION
            raise _Refusal(BAD_MESSAGE, f"This socket speaks version {spoken}: reload the page, or ask for version={spoken}.")

    def _given(self, name: str) -> str:
        return parse_qs(self.scope["query_string"].decode("latin-1")).get(name, [""])[-1]

    def _since(self) -> int | None:
        """The number the client says it has everything up to."""
        given = self._given("since")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 19 else None

    def _report(self, walk: asyncio.Task[None]) -> None:
        if not walk.cancelled() and (error := walk.exception()) is not None:
            logger.error("a live socket ended by a defect", exc_info=error)


def _is_ping(text: str | None) -> bool:
    try:
        return len(text or "") <= LONGEST_MESSAGE and msgspec.json.decode(text or "", type=_Message).type == "ping"
    except (msgspec.DecodeError, RecursionError):
        return False


@contextlib.contextmanager
def _place(person: int | str) -> Iterator[None]:
    """One of the sockets a person or a program may have. Raises _Refusal."""
    if _open[person] >= MOST_SOCKETS:
        raise _Refusal(COME_BACK, f"More than {MOST_SOCKETS} windows of one account: come back when some are closed.")
    _open[person] += 1
    try:
        yield
    finally:
        _open[person] -= 1
        if not _open[person]:
            del _open[person]


def _look(session_key: str | None, slug: str) -> tuple[int, Right]:
    user = signed_in.person(session_key)
    if not user.is_authenticated:
        raise _Refusal(SIGNED_OUT, "Sign in first.")
    return user.pk, rights.what(user).on(slug)


def _look_at_token(token: str, slug: str) -> tuple[str, Right]:
    row = tokens.known(token, timezone.now())
    if row is None:
        raise _Refusal(SIGNED_OUT, "This token is unknown, was revoked, or has ended.")
    if ApiToken.May.ALARMS not in row.may:
        raise _Refusal(FORBIDDEN, "This token is not for this address.")
    program = Program(row)
    return program.pk, program.rights().on(slug)
