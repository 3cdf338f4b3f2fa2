"""The supervisors' small HTTP server: GET and POST over asyncio, with h11 for the wire; answers are bytes or a stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import h11

IDLE = 30.0
"""Seconds a kept connection may be silent."""
LARGEST_BODY = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def base(self) -> str:
        """The URL this server was called by, without a path."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, body and headers; with `stream` the body is what it yields, until it ends or the client leaves."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None


Handler = Callable[[Request], Awaitable[Answer]]


def as_json(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(document, ensure_ascii=False).encode(), headers=headers or {})


async def serve(handler: Handler, port: int) -> asyncio.Server:
    """Listens on the loopback address. Raises OSError when the port is taken."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _converse(handler, reader, writer)
        except (ConnectionError, TimeoutError, h11.ProtocolError):
            pass  # the client left, or never spoke HTTP: its loss alone
        finally:
            writer.close()

    return await asyncio.start_server(connected, "127.0.0.1", port)


async def _converse(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    wire = h11.Connection(h11.SERVER)
    while True:
        request = await _next_request(wire, reader)
        if request is None:
            return
        answer = await handler(request)
        await _send(wire, writer, answer, only_head=request.method == "HEAD")
        if wire.our_state is not h11.DONE or wire.their_state is not h11.DONE:
            return
        wire.start_next_cycle()


async def _next_request(wire: h11.Connection, reader: asyncio.StreamReader) -> Request | None:
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = wire.next_event()
        if event is h11.NEED_DATA:
            async with asyncio.timeout(IDLE):
                wire.receive_data(await reader.read(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > LARGEST_BODY:
                return None
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            parts = urlsplit(head.target.decode("ascii", "replace"))
            headers = {name.decode(): value.decode("latin-1") for name, value in head.headers}
            return Request(head.method.decode(), parts.path, dict(parse_qsl(parts.query)), headers, bytes(body))
        else:
            return None


async def _send(wire: h11.Connection, writer: asyncio.StreamWriter, answer: Answer, *, only_head: bool) -> None:
    headers = [("content-type", answer.content_type), ("cache-control", "no-store"), *answer.headers.items()]
    if answer.stream is None:
        headers.append(("content-length", str(len(answer.body))))
    else:
        headers.append(("connection", "close"))
    writer.write(wire.send(h11.Response(status_code=answer.status, headers=headers)) or b"")
    if answer.stream is not None and not only_head:
        async for piece in answer.stream:
            writer.write(wire.send(h11.Data(data=piece)) or b"")
            await writer.drain()
    elif answer.body and not only_head and answer.status != 304:
        writer.write(wire.send(h11.Data(data=answer.body)) or b"")
    writer.write(wire.send(h11.EndOfMessage()) or b"")
    await writer.drain()
