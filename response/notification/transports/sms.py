"""Sends a letter as SMS through a provider's HTTP interface, as the mapping of the site says it."""

import re
import time
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import httpcore
import httpx
import msgspec
from msgspec import Meta, Struct

from assets.feeds.guard import AddressRefused, GuardedTransport
from assets.feeds.request import AGENT
from commands.mapping import at
from response.notification.letters import Letter
from response.notification.transports.outcome import NotSent

MOST_BYTES = 64 * 1024
_FIELD = re.compile(r"\{(to|text|id)\}")


class Receipts(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a receipt says which message it is about and what became of it: paths by dots."""

    id: Annotated[str, Meta(min_length=1, max_length=120)]
    state: Annotated[str, Meta(min_length=1, max_length=120)]
    delivered: tuple[str, ...]
    failed: tuple[str, ...] = ()


class Answers(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a provider says who wrote an SMS back, and what: paths by dots."""

    sender: Annotated[str, Meta(min_length=1, max_length=120)]
    text: Annotated[str, Meta(min_length=1, max_length=120)]


class HttpSms(Struct, frozen=True, forbid_unknown_fields=True, tag_field="protocol", tag="http"):
    """One request for one SMS. Texts have the fields {to}, {text} and {id}; `id` is the path of the provider's own number."""

    url: Annotated[str, Meta(pattern=r"^https?://", max_length=500)]
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    body: Any = None
    form: bool = False
    id: Annotated[str, Meta(max_length=120)] = ""
    timeout: Annotated[float, Meta(ge=0.5, le=30)] = 10.0
    receipts: Receipts | None = None
    answers: Answers | None = None
    allow_private_address: bool = False


def send(letter: Letter, number: str, provider: HttpSms, *, allow_private: bool) -> str:
    """Return the provider's number for it, "" where it gives none. Raises NotSent."""
    fields = {"to": number, "text": letter.short, "id": letter.id}
    body = _filled(provider.body, fields)
    headers = {"user-agent": AGENT, "idempotency-key": letter.id, **_filled(provider.headers, fields)}
    content = None
    if body is not None:
        content = urlencode(body).encode() if provider.form else msgspec.json.encode(body)
        headers.setdefault("content-type", "application/x-www-form-urlencoded" if provider.form else "application/json")
    transport = GuardedTransport(allow_private and provider.allow_private_address)
    transport.deadline.at = time.monotonic() + 2 * provider.timeout
    try:
        with httpx.Client(transport=transport, timeout=provider.timeout, trust_env=False, follow_redirects=False) as client:
            query = _filled(provider.query, fields)
            with client.stream(provider.method, provider.url, params=query or None, content=content, headers=headers) as answer:
                said = _read(answer)
    except AddressRefused as error:
        raise NotSent("the SMS provider has a private, local or reserved address", for_good=True) from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise NotSent(f"the SMS provider did not answer within {provider.timeout:g} s") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, UnicodeError, ValueError) as error:
        raise NotSent(f"the address of the SMS provider cannot be used: {error}"[:200], for_good=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError) as error:
        raise NotSent(f"SMS: {str(error) or type(error).__name__}"[:200]) from error
    if not 200 <= answer.status_code < 300:
        final = 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429)
        raise NotSent(f"the SMS provider answered {answer.status_code}", for_good=final)
    return _text(said, provider.id)


def heard(receipts: Receipts, document: Any) -> tuple[str, bool] | None:
    """(the provider's number, whether it arrived) of a receipt; None while it says neither."""
    number, state = _text(document, receipts.id), _text(document, receipts.state)
    if number and state in receipts.delivered:
        return number, True
    return (number, False) if number and state in receipts.failed else None


def answered(answers: Answers, document: Any) -> tuple[str, str]:
    """(who wrote, what) of an SMS that came back; empty where it does not say."""
    return _text(document, answers.sender), _text(document, answers.text)


def _read(answer: httpx.Response) -> Any:
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    try:
        return msgspec.json.decode(bytes(body)) if body.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _text(document: Any, path: str) -> str:
    found = at(document, path) if path else None
    return str(found)[:120] if isinstance(found, str | int) and not isinstance(found, bool) else ""


def _filled(part: Any, fields: dict[str, str]) -> Any:
    if isinstance(part, str):
        return _FIELD.sub(lambda name: fields[name[1]], part)
    if isinstance(part, dict):
        return {name: _filled(member, fields) for name, member in part.items()}
    return [_filled(member, fields) for member in part] if isinstance(part, list) else part
