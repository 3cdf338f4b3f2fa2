"""Tokens of machines: of each its hash alone is kept, and a wrong one is told from the right one in the same time. Pure."""

import hashlib
import hmac
import secrets

NOBODY = "-" * 64
"""Stands for the hash of who has no token: nothing is of it."""


def new() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str | bytes) -> str:
    """What is kept of a token, as hexadecimal SHA-256."""
    return hashlib.sha256(token.encode(errors="surrogateescape") if isinstance(token, str) else token).hexdigest()


def opens(token: str | bytes, kept: str | None) -> bool:
    """Whether this is the token whose digest is `kept`; an empty one, and any where none is kept, is not."""
    return hmac.compare_digest(digest(token) if token else "", kept or NOBODY)
