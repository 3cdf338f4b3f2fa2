"""Signs messages as Standard Webhooks asks for: HMAC-SHA256 over id, time and body. Pure.

Source: https://www.standardwebhooks.com, "v1" signatures with symmetric secrets.
"""

import base64
import hashlib
import hmac
import secrets

PREFIX = "whsec_"


def new_secret() -> str:
    """256 random bits, written as the specification does."""
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def headers(secret: str, id_: str, at: int, body: bytes) -> dict[str, str]:
    """The three headers of a message; `at` in seconds since the epoch."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    made = hmac.digest(key, b"%s.%d.%s" % (id_.encode(), at, body), hashlib.sha256)
    return {"webhook-id": id_, "webhook-timestamp": str(at), "webhook-signature": f"v1,{base64.b64encode(made).decode()}"}
