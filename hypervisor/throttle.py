"""Slows down whoever guesses passwords: by user name and address together, and by address alone.

A try is counted before a password is looked at, in one step that also asks whether it must wait: a thousand guesses sent at
once are not a thousand tries. After the free ones each try must wait twice as long as the one before, up to a quarter of an hour.
A name that logged in from this very browser before is counted by name and browser instead: whatever is guessed elsewhere behind
the same address, it comes in.
"""

import hashlib
import ipaddress
import time
import unicodedata

from django.conf import settings
from django.http import HttpRequest

from assets import log

FREE_PAIR, FREE_ADDRESS = 5, 30
LONGEST = 900
"""Seconds; the longest wait between two tries."""
FORGOTTEN = 3600
"""Seconds after which the tries of a pair or an address are forgotten."""
LONGEST_NAME = 256
"""Characters of a name that are looked at: no account has a longer one, and a body may hold millions."""

# Each key is a hash of `tries` and `until`, the instant (seconds since the epoch) before which no other is looked at.
_ENTER = """
local now, longest, forgotten, wait = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], 0
for _, key in ipairs(KEYS) do
  wait = math.max(wait, tonumber(redis.call('HGET', key, 'until') or 0) - now)
end
if wait > 0 then return math.floor(wait) + 1 end
for place, key in ipairs(KEYS) do
  local free, tries = tonumber(ARGV[3 + place]), redis.call('HINCRBY', key, 'tries', 1)
  if tries >= free then
    redis.call('HSET', key, 'until', string.format('%.6f', now + math.min(2 ^ (tries - free), longest)))
  end
  if tries == 1 or tries >= free then redis.call('EXPIRE', key, forgotten) end
end
return 0
"""
_FORGIVE = """
redis.call('DEL', KEYS[1])
if not KEYS[2] or tonumber(redis.call('HGET', KEYS[2], 'tries') or 0) == 0 then return end
if redis.call('HINCRBY', KEYS[2], 'tries', -1) < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[2], 'until') end
"""


class TooManyTries(Exception):
    """Nothing was looked at; try again after `wait` seconds."""

    def __init__(self, wait: int) -> None:
        super().__init__(f"Try again in {wait} s.")
        self.wait = wait


def enter(username: str, address: str, now: float, browser: str = "") -> None:
    """Count one try at `now` (seconds since the epoch); `browser` is the number of one that knows this name, else empty.

    Raises TooManyTries, and redis.RedisError when Valkey is away.
    """
    keys = _keys(username, address, browser)
    if wait := log.shared().redis.eval(_ENTER, len(keys), *keys, now, LONGEST, FORGOTTEN, FREE_PAIR, FREE_ADDRESS):
        raise TooManyTries(wait)


def forgive(username: str, address: str, browser: str = "") -> None:
    """The password was right: the pair starts anew. The address is not charged for this one, and keeps its other tries."""
    keys = _keys(username, address, browser)
    log.shared().redis.eval(_FORGIVE, len(keys), *keys, FREE_ADDRESS)


def plain(username: str) -> str:
    """One name for every way to write it that the login takes for the same: it strips blanks and normalises."""
    return unicodedata.normalize("NFKC", username.strip()[:LONGEST_NAME]).casefold()


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


def _keys(username: str, address: str, browser: str) -> list[str]:
    """What a try is counted under, the pair first."""
    if browser:
        return [_key(f"{plain(username)}\nbrowser {browser}")]
    return [_key(f"{plain(username)}\n{address}"), _key(address)]


def _key(counted: str) -> str:
    return f"login:{hashlib.sha256(counted.encode()).hexdigest()}"
