"""One command as one HTTP request, within limits of time, size and place; no redirect is followed."""

import time
from collections.abc import Mapping

import httpcore
import httpx

from assets.feeds.guard import AddressRefused, GuardedTransport
from assets.feeds.request import AGENT
from commands.failures import NO_CONNECTION, NOT_PUBLIC, CannotLeave, NoAnswer, as_told, bad_address, no_answer_within
from commands.mapping import Http, Order, Request, Said, read, request
from commands.states import Reason
from commands.wording import Words

MOST_BYTES = 64 * 1024
"""Of an answer; what is longer is read up to there."""


def send(declared: Http, address: str, order: Order, *, allow_private: bool) -> Said:
    """Ask, and tell what was answered. Raises NoAnswer, CannotLeave, and mapping.CannotAsk."""
    asked = request(declared, order)
    url = _url(address, asked.path)
    transport = GuardedTransport(allow_private)
    transport.deadline.at = time.monotonic() + declared.timeout
    try:
        with httpx.Client(transport=transport, timeout=declared.timeout, trust_env=False, follow_redirects=False) as client:
            status, body = _ask(client, url, asked, {"user-agent": AGENT, "accept": "application/json", **asked.headers})
    except AddressRefused as error:
        raise CannotLeave(NOT_PUBLIC) from error
    except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
        raise NoAnswer(Reason.DEVICE_UNREACHABLE, as_told(error) if str(error) else NO_CONNECTION, left=False) from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise NoAnswer(Reason.SUPERVISOR_SILENT, no_answer_within(declared.timeout), left=True) from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, UnicodeError, ValueError) as error:
        raise CannotLeave(bad_address(error)) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError) as error:
        raise NoAnswer(Reason.SUPERVISOR_SILENT, as_told(error), left=True) from error
    return read(declared.answer, status, body)


def _url(address: str, path: str) -> httpx.URL:
    try:
        base = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise CannotLeave(bad_address(error)) from error
    if base.scheme not in ("http", "https") or not base.host:
        raise CannotLeave(
            Words(
                "écrire l’adresse http://hôte[:port][/chemin] ou https://…",
                "write the address as http://host[:port][/path] or https://…",
            )
        )
    return base.copy_with(raw_path=(base.path.rstrip("/") + path).encode("ascii", "strict"))


def _ask(client: httpx.Client, url: httpx.URL, asked: Request, headers: Mapping[str, str]) -> tuple[int, bytes]:
    """Status and body. An answer whose body never ends is an answer all the same: its status tells."""
    with client.stream(asked.method, url, content=asked.body, headers=headers) as response:
        body = bytearray()
        try:
            for chunk in response.iter_raw():
                body += chunk
                if len(body) >= MOST_BYTES:
                    break
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, TimeoutError, OSError):
            body.clear()
        return response.status_code, bytes(body[:MOST_BYTES])
