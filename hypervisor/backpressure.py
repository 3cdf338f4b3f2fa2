"""Tells a socket whether its client takes what it is sent; ASGI has no word for it, and Daphne buffers without bound.

Twisted's transport flags itself paused while its buffer is full, for any registered producer; the HTTP channel is one, and
stays registered when the connection becomes a WebSocket. Under another server the answer is always no.
"""

from collections.abc import Callable
from functools import partial

from channels.routing import ProtocolTypeRouter
from daphne.ws_protocol import WebSocketProtocol

KEY = "vigie.congested"
"""Scope key of the question, a function without arguments."""


def never() -> bool:
    return False


def measured(application: ProtocolTypeRouter) -> Callable:
    """The application, with the question in the scope of every WebSocket; outermost, where `send` is still the server's."""

    async def measuring(scope, receive, send):
        if scope["type"] == "websocket":
            scope = {**scope, KEY: _question(send)}
        return await application(scope, receive, send)

    return measuring


def _question(send: Callable) -> Callable[[], bool]:
    if isinstance(send, partial) and send.args and isinstance(send.args[0], WebSocketProtocol):
        transport = send.args[0].transport
        return lambda: transport is not None and transport.producerPaused
    return never
