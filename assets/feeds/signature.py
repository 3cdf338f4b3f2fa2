"""Whether a message was signed by whoever shares the feed's secret: webhooks of suppliers that cannot send our token.

Pure. Standard Webhooks 1.0.0 (https://www.standardwebhooks.com) with its time and number, and the plain HMAC of a body in a
header, as GitHub and others send it.
"""

import base64
import binascii
import functools
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from assets.feeds.mapping import BadMapping, Hmac, Signature, StandardWebhook

TOLERANCE = 300
"""Seconds by which the time of a signed message may be off: an old one was recorded by somebody, and is sent again."""
LONGEST = 1000
"""Bytes of a header that is looked at."""
SHORTEST = 16
"""Bytes of a secret."""
_NUMBER = re.compile(rb"[\x21-\x7e]{1,200}\Z")
_TIME = re.compile(rb"[0-9]{1,12}\Z")


class NotSigned(Exception):
    """The message does not prove where it comes from; says what is missing, and nothing of what would have been right."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How a message of a feed proves itself. `number`: the header that names it, so that it is taken once; empty for none."""

    way: Hmac | StandardWebhook
    secret: bytes
    number: bytes

    def claimed(self, headers: Mapping[bytes, bytes]) -> bool:
        """Whether a message says that it is signed: nothing is read of one that does not."""
        return bool(
            headers.get(b"webhook-signature" if isinstance(self.way, StandardWebhook) else self.way.header.lower().encode())
        )

    def check(self, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
        """Raises NotSigned. `now` in seconds since the epoch, `body` as it was sent."""
        if isinstance(self.way, StandardWebhook):
            self._standard(headers, body, now)
        else:
            self._plain(self.way, headers, body)

    def _standard(self, headers: Mapping[bytes, bytes], body: bytes, now: float) -> None:
        number, at = headers.get(b"webhook-id", b""), headers.get(b"webhook-timestamp", b"")
        if not _NUMBER.match(number) or not _TIME.match(at):
            raise NotSigned("Send `webhook-id`, `webhook-timestamp` (seconds since the epoch) and `webhook-signature`.")
        if abs(int(at) - now) > TOLERANCE:
            raise NotSigned(f"The `webhook-timestamp` is more than {TOLERANCE} seconds off.")
        right = base64.b64encode(hmac.digest(self.secret, b"%s.%s.%s" % (number, at, body), "sha256"))
        said = headers.get(b"webhook-signature", b"")[:LONGEST].split()
        if sum(hmac.compare_digest(each, b"v1," + right) for each in said) == 0:
            raise NotSigned("The `webhook-signature` is not that of this message.")

    def _plain(self, way: Hmac, headers: Mapping[bytes, bytes], body: bytes) -> None:
        said = headers.get(way.header.lower().encode(), b"")[:LONGEST].strip()
        right = hmac.digest(self.secret, body, way.hash)
        if way.encoding == "base64":
            wanted = way.prefix.encode() + base64.b64encode(right)
        else:
            wanted, said = way.prefix.lower().encode() + right.hex().encode(), said.lower()
        if not hmac.compare_digest(said, wanted):
            raise NotSigned(f"The header `{way.header}` is not the signature of this message.")


def proof_of(mapping: Mapping[str, object]) -> Proof | None:
    """What the feed's mapping asks of a message; None: the feed's token. Raises BadMapping."""
    signature = mapping.get("signature")
    return None if signature is None else _proof(msgspec.json.encode(signature))


def checked(signature: Signature | None) -> None:
    """Raises BadMapping for what cannot be used."""
    if signature is not None:
        _proof_by(signature)


@functools.lru_cache(256)
def _proof(written: bytes) -> Proof:
    try:
        return _proof_by(msgspec.json.decode(written, type=Hmac | StandardWebhook))
    except msgspec.ValidationError as error:
        raise BadMapping(f"`signature`: {error}") from error


def _proof_by(way: Signature) -> Proof:
    if isinstance(way, StandardWebhook):
        try:
            secret = base64.b64decode(way.secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadMapping("`signature`: the `secret` of Standard Webhooks is Base64, behind `whsec_`.") from error
    else:
        secret = way.secret.encode()
        if not re.fullmatch(r"[!-9;-~]{1,100}", way.header):
            raise BadMapping("`signature`: give the `header` that holds it.")
    if len(secret) < SHORTEST:
        raise BadMapping(f"`signature`: a `secret` has {SHORTEST} bytes at least.")
    return Proof(way, secret, b"webhook-id" if isinstance(way, StandardWebhook) else way.number.lower().encode())
