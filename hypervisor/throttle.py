"""Slows down who guesses passwords: by user name and address together, and by address alone.

The count goes up before a password is looked at, so a thousand guesses sent at once are not a thousand tries. After the
free ones each try must wait twice as long as the one before, up to a quarter of an hour.
"""

import hashlib
import ipaddress
import time
import unicodedata

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

FREE_PAIR, FREE_ADDRESS = 5, 30
LONGEST = 900
"""Seconds; the longest wait between two tries."""
FORGOTTEN = 3600
"""Seconds after which the tries of a pair or an address are forgotten."""


class TooManyTries(Exception):
    """Nothing was looked at; try again after `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Try again in {wait} s.")
        self.wait = wait


def enter(username: str, address: str, now: float) -> None:
    """Count one try at `now` (seconds since the epoch). Raises TooManyTries, and redis.RedisError when Valkey is away."""
    counted = [(_pair(username, address), FREE_PAIR), (_alone(address), FREE_ADDRESS)]
    waits = [until - now for key, _ in counted if (until := cache.get(f"{key}:until")) is not None]
    if waits and max(waits) > 0:
        raise TooManyTries(int(max(waits)) + 1)
    for key, free in counted:
        cache.add(key, 0, FORGOTTEN)
        tries = cache.incr(key)
        if tries >= free:
            wait = min(2 ** (tries - free), LONGEST)
            cache.set(f"{key}:until", now + wait, FORGOTTEN)
            cache.touch(key, FORGOTTEN)


def forgive(username: str, address: str) -> None:
    """The password was right: the pair starts anew. The address keeps its count: others may be guessing from it."""
    key = _pair(username, address)
    cache.delete_many([key, f"{key}:until"])


def address_of(request: HttpRequest) -> str:
    """Whom to count: the client's address, an IPv6 one as its /64, from which one person may pick any."""
    address = request.META.get("REMOTE_ADDR") or ""
    if settings.BEHIND_PROXY:  # the last hop is the one our proxy wrote, those before it are anybody's word
        address = request.headers.get("X-Forwarded-For", address).rsplit(",", 1)[-1].strip()
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6 and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)


def clock() -> float:
    return time.time()


def _pair(username: str, address: str) -> str:
    name = unicodedata.normalize("NFKC", username).casefold()
    return _key(f"{name}\n{address}")


def _alone(address: str) -> str:
    return _key(address)


def _key(counted: str) -> str:
    return f"login:{hashlib.sha256(counted.encode()).hexdigest()}"
