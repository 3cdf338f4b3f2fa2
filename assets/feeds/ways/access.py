"""What opens a supervisor that is pulled: Basic, a key, OAuth 2.0 client credentials, a client certificate.

A token is kept by each process while it lasts, less a minute, and asked for anew when the supervisor no longer takes it.
"""

import base64
import functools
import ssl
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from assets.feeds.mapping import ApiKey, BadMapping, Basic, Certificate, ClientCredentials, Credentials
from assets.feeds.request import Client, SupervisorFailed

EARLY = 60.0
"""Seconds before its end at which a token is used no more."""
UNTOLD = 300.0
"""Seconds that a token lasts whose end is not said."""
_tokens: dict[ClientCredentials, tuple[str, float]] = {}


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float = UNTOLD


@dataclass(frozen=True, slots=True)
class Access:
    """What is sent with each request to the feed's own origin."""

    headers: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


def certificate_of(credentials: Credentials | None) -> ssl.SSLContext | None:
    """The TLS of a client certificate, None for the usual one. Raises BadMapping."""
    return _context(credentials.certificate, credentials.key) if isinstance(credentials, Certificate) else None


@functools.lru_cache(64)
def _context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.create_default_context()
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # readable by us alone, and OpenSSL reads only files
        file.write(f"{certificate.strip()}\n{key.strip()}\n")
        file.flush()
        try:
            context.load_cert_chain(file.name)
        except (ssl.SSLError, ValueError) as error:
            raise BadMapping("`credentials`: the certificate and its key cannot be used.") from error
    return context


def access(credentials: Credentials | None, client: Client) -> Access:
    """What these credentials send, asking for a token with `client` where they need one. Raises SupervisorFailed."""
    match credentials:
        case Basic(user, password):
            return Access({"authorization": _basic(user, password)})
        case ApiKey(key, header, parameter):
            return Access({header: key} if header else {}, {parameter: key} if parameter else {})
        case ClientCredentials():
            return Access({"authorization": f"Bearer {_token(credentials, client)}"})
    return Access()


def forget(credentials: Credentials | None) -> bool:
    """Whether there was a token, which is asked for anew the next time."""
    return isinstance(credentials, ClientCredentials) and _tokens.pop(credentials, None) is not None


def _token(credentials: ClientCredentials, client: Client) -> str:
    token, until = _tokens.get(credentials, ("", 0.0))
    if time.monotonic() < until:
        return token
    said = {"grant_type": "client_credentials", "scope": credentials.scope, "audience": credentials.audience}
    headers = {"accept": "application/json"}
    if credentials.in_body:
        said |= {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
    else:
        headers["authorization"] = _basic(credentials.client_id, credentials.client_secret)
    content = client.post(credentials.token_url, {name: value for name, value in said.items() if value}, headers)
    try:
        answer = msgspec.json.decode(content, type=_Answer)
    except msgspec.DecodeError as error:
        raise SupervisorFailed("the token was asked for, and the answer has none") from error
    _tokens[credentials] = answer.access_token, time.monotonic() + max(0.0, answer.expires_in - EARLY)
    return answer.access_token


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
