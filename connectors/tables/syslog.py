"""What a syslog message says (RFC 5424, RFC 3164), and which messages are events. Pure."""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

LONGEST = 8_192
"""Bytes of one message; what is longer is cut there (RFC 5424 asks for 2,048)."""
LONGEST_TEXT = 300
MOST_DATA = 20
SEVERITIES = ("emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug")
Severity = Literal["emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"]

_PRIORITY = re.compile(r"<(\d{1,3})>", re.ASCII)
_HEADER = re.compile(r"1 (\S{1,40}) (\S{1,255}) (\S{1,48}) (\S{1,128}) (\S{1,32}) ", re.ASCII)
_ELEMENT = re.compile(r'\[([^\s=\]"]{1,32})((?: [^\s=\]"]{1,32}="(?:[^"\\\]]|\\.)*")*)\]')
_DATUM = re.compile(r' ([^\s=\]"]{1,32})="((?:[^"\\\]]|\\.)*)"')
_OLD = re.compile(
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:(?!\S*:)(\S{1,255}) )?)?"  # when, and from where
    r"(?:([-\w./]{1,48})(?:\[(\d{1,10})\])?: ?)?",  # which program, and its number
    re.ASCII,
)


class NoMessage(ValueError):
    """These bytes are no syslog message; says why."""


class Said(Struct, frozen=True):
    """One message. `at`: as it is stamped, None where it says no whole instant (RFC 3164 has neither year nor zone)."""

    facility: int
    severity: int
    at: dt.datetime | None
    host: str
    app: str
    process: str
    message: str
    data: dict[str, str]
    text: str


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """Messages that are an event: what is not said does not matter. `pattern` is searched in the text; its named groups are
    attributes of the event."""

    kind: Annotated[str, Meta(min_length=1, max_length=60)]
    app: str = ""
    message: str = ""
    """The MSGID of RFC 5424."""
    severity: Severity = "debug"
    """This severe or more."""
    pattern: Annotated[str, Meta(max_length=300)] = ""

    def __post_init__(self) -> None:
        """Raises ValueError."""
        try:
            re.compile(self.pattern)
        except re.error as error:
            raise ValueError(f"{self.kind}: `pattern` is no regular expression: {error}") from None

    def attributes(self, said: Said) -> dict[str, object] | None:
        """What the event says; None for a message that is not of its kind."""
        if self.app not in ("", said.app) or self.message not in ("", said.message):
            return None
        if said.severity > SEVERITIES.index(self.severity):
            return None
        found = re.search(self.pattern, said.text[: LONGEST_TEXT * 4])
        if found is None:
            return None
        told: dict[str, object] = {
            "severity": SEVERITIES[said.severity],
            "facility": said.facility,
            "text": said.text[:LONGEST_TEXT],
        }
        told |= {name: value for name in ("host", "app", "process", "message") if (value := getattr(said, name))}
        told |= dict(list(said.data.items())[:MOST_DATA])
        return told | {name: value[:LONGEST_TEXT] for name, value in found.groupdict().items() if value is not None}


class Sender(Struct, frozen=True, forbid_unknown_fields=True):
    """Who may send, by the address it sends from, and what its events are of: an asset's code, else the address NAME/syslog."""

    name: Annotated[str, Meta(pattern=r"^[-\w.]{1,60}\Z")]
    host: Annotated[str, Meta(min_length=1, max_length=253)]
    asset: Annotated[str, Meta(max_length=60)] = ""

    @property
    def address(self) -> str:
        return self.asset or f"{self.name}/syslog"


class Listening(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where messages are heard: `udp`, `tcp`, or both; with a certificate TCP is TLS (RFC 5425), and with an
    `authority` senders show theirs."""

    host: str = "0.0.0.0"
    udp: Annotated[int, Meta(ge=0, le=65535)] = 0
    tcp: Annotated[int, Meta(ge=0, le=65535)] = 0
    certificate: str = ""
    key: str = ""
    authority: str = ""
    most_per_second: Annotated[int, Meta(ge=1, le=10_000)] = 100
    """Of one sender; more are counted and told as one event a second."""
    sender: Annotated[list[Sender], Meta(min_length=1)]
    event: Annotated[list[Match], Meta(min_length=1)]

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if not self.udp and not self.tcp:
            raise ValueError("`[syslog]` needs a port: `udp`, `tcp` or both")
        if bool(self.certificate) != bool(self.key) or (self.authority and not self.certificate):
            raise ValueError("`[syslog]`: give `certificate` and `key`; `authority` goes with them")
        if self.certificate and not self.tcp:
            raise ValueError("`[syslog]`: TLS goes over `tcp`")


def read(content: bytes) -> Said:
    """Raises NoMessage."""
    text = content[:LONGEST].decode("utf-8", "replace").strip("\r\n\0")
    priority = _PRIORITY.match(text)
    if priority is None or int(priority[1]) > 191:
        raise NoMessage("it does not begin with a priority, as <13>")
    facility, severity = divmod(int(priority[1]), 8)
    rest = text[priority.end() :]
    header = _HEADER.match(f"{rest} ")
    if header is None:
        return _old(facility, severity, rest)
    at, host, app, process, message = (None if each == "-" else each for each in header.groups())
    data, body = _data(rest[header.end() :])
    return Said(facility, severity, _instant(at or ""), host or "", app or "", process or "", message or "", data, body)


def _old(facility: int, severity: int, rest: str) -> Said:
    """As RFC 3164 found it in use: a time without year and zone, perhaps a host, perhaps a tag."""
    found = _OLD.match(rest)
    host, app, process = found.groups() if found else (None, None, None)
    body = rest[found.end() :] if found else rest
    return Said(facility, severity, None, host or "", app or "", process or "", "", {}, body.strip())


def _data(rest: str) -> tuple[dict[str, str], str]:
    """Structured data by `id.name`, and what follows it."""
    if rest.startswith("-"):
        return {}, rest[1:].lstrip(" ").removeprefix("\ufeff").strip()
    found: dict[str, str] = {}
    while (element := _ELEMENT.match(rest)) is not None:
        for name, value in _DATUM.findall(element[2]):
            found[f"{element[1]}.{name}"] = re.sub(r'\\(["\\\]])', r"\1", value)[:LONGEST_TEXT]
        rest = rest[element.end() :]
    return found, rest.lstrip(" ").removeprefix("\ufeff").strip()


def _instant(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def event(said: Said, matches: list[Match]) -> tuple[str, Mapping[str, object]] | None:
    """Kind and attributes by the first match; None: it is no event."""
    for one in matches:
        if (told := one.attributes(said)) is not None:
            return one.kind, told
    return None
