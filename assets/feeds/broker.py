"""An MQTT broker by its URL, and how long it is to wait for whoever subscribes."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from assets.feeds.mapping import BadMapping

SESSION = 7 * 86_400
"""Seconds the broker keeps what we did not take."""
KEEPALIVE = 30


@dataclass(frozen=True, slots=True)
class Broker:
    """Where a broker is, from `mqtt://user:password@host:1883` (mqtts: with TLS; `?version=3.1.1` for an old one)."""

    host: str
    port: int
    user: str
    password: str
    encrypted: bool
    version5: bool

    @classmethod
    def of(cls, url: str) -> "Broker":
        """Raises BadMapping."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise BadMapping(f"The broker's URL cannot be used: {error}.") from error
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise BadMapping("Write the broker as mqtt://host:1883 or mqtts://host:8883.")
        encrypted = parts.scheme == "mqtts"
        old = parse_qs(parts.query).get("version") == ["3.1.1"]
        return cls(
            parts.hostname, port or (8883 if encrypted else 1883), unquote(parts.username or ""), unquote(parts.password or ""),
            encrypted, not old,
        )  # fmt: skip
