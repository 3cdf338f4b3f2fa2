"""The addresses of sockets, and who may open one: pages of ours, and clients that are no page."""

from channels.routing import URLRouter
from channels.security.websocket import OriginValidator
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.urls import path, re_path

from hypervisor.consumers import LiveSocket


class FromOurPages(OriginValidator):
    """Refuses the sockets other sites' pages open. No browser leaves the origin out, so a client without one is no page."""

    async def __call__(self, scope, receive, send):
        if not any(name == b"origin" for name, _ in scope["headers"]):
            return await self.application(scope, receive, send)
        return await super().__call__(scope, receive, send)


async def nowhere(scope, receive, send):
    """A socket at an address that has none."""
    await send({"type": "websocket.close"})


addresses = URLRouter([path("ws/sites/<slug:site>/live", LiveSocket.as_asgi()), re_path(r"", nowhere)])

application = FromOurPages(CookieMiddleware(addresses), settings.ALLOWED_HOSTS)
