"""The addresses of sockets, and who may open one: pages of ours, and clients that are no page."""

from typing import Any

from channels.routing import URLRouter
from channels.sessions import CookieMiddleware
from django.conf import settings
from django.http.request import split_domain_port, validate_host
from django.urls import path, re_path
from django.utils.http import is_same_domain

from hypervisor.consumers import LiveSocket


class FromOurPages:
    """Refuses the sockets that pages of other origins open; scheme, host and port count, since cookies heed none but the host.

    No browser leaves the origin out, so a client without one is no page.
    """

    def __init__(self, application: Any) -> None:
        self.application = application

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        origin = headers.get(b"origin")
        if origin is None or origin == own_origin(scope, headers) or is_trusted(origin):
            await self.application(scope, receive, send)
        else:
            await send({"type": "websocket.close"})


def own_origin(scope: dict[str, Any], headers: dict[bytes, str]) -> str | None:
    """The origin of the pages at the address the socket was asked for; None when that is no host of ours."""
    host = headers.get(b"host", "")
    name, _port = split_domain_port(host)
    if not validate_host(name, settings.ALLOWED_HOSTS):
        return None
    secure = scope.get("scheme") in ("wss", "https")
    if settings.BEHIND_PROXY:
        secure = headers.get(b"x-forwarded-proto") == "https"
    return f"{'https' if secure else 'http'}://{host}"


def is_trusted(origin: str) -> bool:
    """Whether VIGIE_TRUSTED_ORIGINS names this one, or `https://*.example` its domain, as for forms."""
    scheme, _, place = origin.partition("://")
    known = (trusted.partition("://") for trusted in settings.CSRF_TRUSTED_ORIGINS)
    return any(scheme == each and is_same_domain(place, host.removeprefix("*")) for each, _, host in known)


async def nowhere(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """A socket at an address that has none."""
    await send({"type": "websocket.close"})


addresses = URLRouter([path("ws/sites/<slug:site>/live", LiveSocket.as_asgi()), re_path(r"", nowhere)])

application = FromOurPages(CookieMiddleware(addresses))
