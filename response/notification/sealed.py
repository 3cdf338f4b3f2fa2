"""Addresses and secrets of notification as they are stored: encrypted, with the keys of the settings.

Fernet (AES-128 in CBC, authenticated by HMAC-SHA256) by the library cryptography. The first key encrypts, all of them decrypt,
so that a key is replaced by putting a new one before it.
"""

import base64
import functools
import hmac
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class Unreadable(Exception):
    """It was encrypted with a key that the settings no longer have."""


def seal(text: str) -> str:
    """The text, encrypted; another one each time."""
    return _keys(tuple(settings.SECRETS_KEYS), settings.SECRET_KEY).encrypt(text.encode()).decode()


def opened(sealed: str) -> str:
    """What was sealed. Raises Unreadable."""
    try:
        return _keys(tuple(settings.SECRETS_KEYS), settings.SECRET_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable("encrypted with a key that VIGIE_SECRETS_KEYS no longer has") from error


def fingerprint(text: str) -> str:
    """By which two equal addresses are known as such, without either of them; 32 hexadecimal digits."""
    return hmac.new(_derived(settings.SECRET_KEY, b"vigie contact fingerprint"), text.encode(), sha256).hexdigest()[:32]


@functools.lru_cache(4)
def _keys(given: tuple[str, ...], secret_key: str) -> MultiFernet:
    """The keys of the settings; the one derived of SECRET_KEY where there are none, and last where there are."""
    derived = base64.urlsafe_b64encode(_derived(secret_key, b"vigie secrets at rest"))
    return MultiFernet([*(Fernet(_derived_text(each)) for each in given), Fernet(derived)])


def _derived_text(key: str) -> bytes:
    """A key of any length as Fernet wants one."""
    return base64.urlsafe_b64encode(_derived(key, b"vigie secrets at rest"))


@functools.lru_cache(16)
def _derived(key: str, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=purpose).derive(key.encode())
