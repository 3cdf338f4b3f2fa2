"""Sends a letter to a browser by web push: encrypted for it alone (RFC 8291), signed with the site's key (VAPID, RFC 8292)."""

import base64
import os
import time
from typing import Annotated, Any
from urllib.parse import urlsplit

import http_ece
import httpcore
import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Meta, Struct
from py_vapid import Vapid02, VapidException

from assets.feeds.guard import AddressRefused, GuardedTransport
from assets.feeds.request import AGENT
from response.notification.addresses import Subscription
from response.notification.letters import Letter
from response.notification.transports.outcome import NotSent

TIMEOUT = 10.0
KEPT_FOR = 4 * 3600
"""Seconds for which the push service keeps a message for a browser that is away."""
SIGNED_FOR = 3600
MOST_TEXT = 1_500
"""Characters: a push service takes 4,096 bytes, encrypted."""
_GONE = (404, 410)


class Vapid(Struct, frozen=True, forbid_unknown_fields=True, tag_field="protocol", tag="vapid"):
    """The key of a site, and whom a push service may write to about it (`mailto:` or `https:`)."""

    subject: Annotated[str, Meta(pattern=r"^(mailto:[^\s@]+@[^\s@]+|https://\S+)\Z", max_length=200)]
    private_key: Annotated[str, Meta(max_length=400)] = ""


def new_key() -> str:
    """A fresh private key, as PEM."""
    key = Vapid02()
    key.generate_keys()
    pem: bytes = key.private_pem()
    return pem.decode()


def public_key(vapid: Vapid) -> str:
    """What browsers subscribe with, as `applicationServerKey`."""
    point = _key(vapid).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def send(letter: Letter, address: str, vapid: Vapid, *, allow_private: bool) -> str:
    """`address`: the subscription as JSON. Return what the push service calls the message. Raises NotSent."""
    subscription = msgspec.json.decode(address, type=Subscription)
    try:
        body, headers = _written(letter, subscription, vapid)
    except (ValueError, TypeError, http_ece.ECEException, VapidException) as error:
        raise NotSent("the browser's keys or the site's cannot be used", for_good=True) from error
    transport = GuardedTransport(allow_private)
    transport.deadline.at = time.monotonic() + 2 * TIMEOUT
    try:
        with (
            httpx.Client(transport=transport, timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
            client.stream("POST", subscription.endpoint, content=body, headers=headers) as answer,
        ):
            status, location = answer.status_code, answer.headers.get("location", "")
    except AddressRefused as error:
        raise NotSent("the push service has a private, local or reserved address", for_good=True) from error
    except (httpcore.TimeoutException, TimeoutError) as error:
        raise NotSent(f"the push service did not answer within {TIMEOUT:g} s") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpcore.UnsupportedProtocol, UnicodeError) as error:
        raise NotSent("the address of the push service cannot be used", for_good=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, OSError) as error:
        raise NotSent(f"push: {str(error) or type(error).__name__}"[:200]) from error
    if status in _GONE:
        raise NotSent(f"the push service answered {status}: the browser is no longer there", for_good=True, gone=True)
    if not 200 <= status < 300:
        raise NotSent(f"the push service answered {status}", for_good=status in (400, 401, 403, 413))
    return location.rpartition("/")[2][:120]


def _written(letter: Letter, subscription: Subscription, vapid: Vapid) -> tuple[bytes, dict[str, str]]:
    told = {
        "id": letter.id, "title": letter.site, "body": letter.text[:MOST_TEXT].partition("\n\n")[0], "link": letter.link,
        "urgent": letter.urgent,
    }  # fmt: skip
    body: bytes = http_ece.encrypt(
        msgspec.json.encode(told), salt=os.urandom(16), private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(subscription.keys["p256dh"]), auth_secret=_bytes(subscription.keys["auth"]), version="aes128gcm",
    )  # fmt: skip
    parts = urlsplit(subscription.endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": int(time.time()) + SIGNED_FOR, "sub": vapid.subject}
    signed: dict[str, Any] = _key(vapid).sign(claims)
    headers = {
        "user-agent": AGENT, "content-encoding": "aes128gcm", "content-type": "application/octet-stream", "ttl": str(KEPT_FOR),
        "urgency": "high" if letter.urgent else "normal", "authorization": str(signed["Authorization"]),
    }  # fmt: skip
    return body, headers


def _key(vapid: Vapid) -> Vapid02:
    return Vapid02.from_pem(vapid.private_key.encode())


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
