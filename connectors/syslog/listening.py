"""Listens for syslog messages of the senders of a file; those that match are events, what comes too fast is counted and told."""

import asyncio
import datetime as dt
import logging
import socket
import ssl

from connectors.delivery import Delivery
from connectors.settings import BadSettings
from connectors.tables.syslog import LONGEST, Listening, NoMessage, Sender, event, read

logger = logging.getLogger(__name__)

IDLE = 3600.0
"""Seconds after which a connection over which nothing came is given up: its sender may be gone."""
MOST_STRANGERS = 1_000
MOST_CONNECTIONS = 200
_FUTURE = dt.timedelta(minutes=5)


class Syslog:
    """One listener. `open` begins, `close` ends it."""

    def __init__(self, settings: Listening, delivery: Delivery) -> None:
        self._settings, self._delivery = settings, delivery
        self._by_host: dict[str, Sender] = {}
        self._heard: dict[str, int] = {}
        """Messages of each sender in the second that is under way."""
        self._strange: set[str] = set()
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._ticking: asyncio.Task[None] | None = None
        self._connections = 0

    async def open(self) -> None:
        """Raises OSError and BadSettings."""
        await self._look_up()
        loop, host = asyncio.get_running_loop(), self._settings.host
        if self._settings.udp:
            self._transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self), (host, self._settings.udp))
        if self._settings.tcp:
            self._server = await asyncio.start_server(
                self._connected, host, self._settings.tcp, limit=LONGEST * 2, ssl=_tls(self._settings)
            )
        self._ticking = asyncio.ensure_future(self._tick())

    def close(self) -> None:
        if self._ticking is not None:
            self._ticking.cancel()
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()
        self._told_lost()

    def take(self, content: bytes, host: str, now: dt.datetime) -> None:
        """Tell what a message of a host says, if it is an event."""
        sender = self._by_host.get(host)
        if sender is None:
            self._warn_once(host, "a message of %s, which is no sender of the file, is passed over, as all of its messages are")
            return
        self._heard[sender.name] = self._heard.get(sender.name, 0) + 1
        if self._heard[sender.name] > self._settings.most_per_second:
            return
        try:
            said = read(content)
        except NoMessage as error:
            self._warn_once(f"{sender.name}: {error}", "a message of %s is passed over")
            return
        found = event(said, self._settings.event)
        if found is None:
            return
        kind, told = found
        at = said.at if said.at is not None and said.at <= now + _FUTURE else now
        self._delivery.event(kind, sender.address, at, **told)

    async def _look_up(self) -> None:
        for sender in self._settings.sender:
            try:
                found = await asyncio.get_running_loop().getaddrinfo(sender.host, None, type=socket.SOCK_DGRAM)
            except OSError as error:
                logger.warning("%s is not known, and its messages are not: %s", sender.host, error)
                continue
            self._by_host |= {str(each[4][0]): sender for each in found}

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = str(writer.get_extra_info("peername")[0])
        try:
            if self._connections >= MOST_CONNECTIONS or host not in self._by_host:
                self._warn_once(host, "a connection of %s is closed: it is no sender of the file, or there are too many")
                return
            self._connections += 1
            try:
                while content := await asyncio.wait_for(_frame(reader), IDLE):
                    self.take(content, host, dt.datetime.now(dt.UTC))
            finally:
                self._connections -= 1
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
            self._warn_once(f"{host} ({type(error).__name__})", "the connection of %s ended")
        finally:
            writer.close()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._told_lost()

    def _told_lost(self) -> None:
        """What came too fast in the last second, as one event of each sender."""
        heard, self._heard = self._heard, {}
        for sender in self._settings.sender:
            if (lost := heard.get(sender.name, 0) - self._settings.most_per_second) > 0:
                logger.warning("%s sent %d messages too many in a second", sender.name, lost)
                self._delivery.event("messages_lost", sender.address, dt.datetime.now(dt.UTC), count=lost)

    def _warn_once(self, about: str, words: str) -> None:
        if about not in self._strange and len(self._strange) < MOST_STRANGERS:
            self._strange.add(about)
            logger.warning(words, about)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, syslog: Syslog) -> None:
        self._syslog = syslog

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._syslog.take(data, addr[0], dt.datetime.now(dt.UTC))


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """One message, counted in octets or ended by a line feed (RFC 6587); empty at the end. Raises what a broken stream raises."""
    first = await reader.read(1)
    if not first.isdigit():
        return first + await reader.readline() if first else b""
    count = first + await reader.readuntil(b" ")
    return await reader.readexactly(min(int(count), LONGEST * 2))


def _tls(settings: Listening) -> ssl.SSLContext | None:
    """Raises BadSettings."""
    if not settings.certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.certificate, settings.key)
        if settings.authority:
            context.load_verify_locations(settings.authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except (OSError, ssl.SSLError) as error:
        raise BadSettings(f"the certificate of [syslog] cannot be used: {error}") from error
    return context
