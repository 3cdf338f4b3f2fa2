"""Which people have logged in from a browser before: a signed cookie tells, so that no neighbour's guesses keep them out.

Whoever is known here is counted by name and browser, never by the address that a whole control room may share. The cookie opens
nothing, and says nothing of people who did not log in with it: an account of one's own buys no guesses at another.
"""

import hashlib
import secrets
from typing import NamedTuple

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

COOKIE = "__Host-browser" if settings.SESSION_COOKIE_SECURE else "browser"
MOST_PEOPLE = 24
"""Of one browser, the latest: the people who take turns at one desk."""
LASTS = 180 * 86400
"""Seconds after the last login."""
_SALT = "vigie.known_browsers"


class Browser(NamedTuple):
    number: str
    """128 random bits; empty when the cookie is missing, forged or too old."""
    people: tuple[str, ...] = ()

    def knows(self, name: str) -> bool:
        """`name` as `throttle.plain` writes it."""
        return bool(self.number) and _digest(self.number, name) in self.people


def of(request: HttpRequest) -> Browser:
    try:
        number, *people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=LASTS)
    except signing.BadSignature:
        return Browser("")
    return Browser(number, tuple(people))


def number_for(request: HttpRequest, name: str) -> str:
    """The number of the browser when `name`, as `throttle.plain` writes it, logged in with it before; else empty."""
    browser = of(request)
    return browser.number if browser.knows(name) else ""


def remember(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """Tell the browser that `name` has just logged in with it."""
    browser = of(request)
    number = browser.number or secrets.token_hex(16)
    here = _digest(number, name)
    people = [here, *(other for other in browser.people if other != here)][:MOST_PEOPLE]
    response.set_cookie(
        COOKIE,
        signing.dumps([number, *people], salt=_SALT),
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _digest(number: str, name: str) -> str:
    """So that the cookie names nobody."""
    return hashlib.sha256(f"{number}\n{name}".encode()).hexdigest()[:16]
