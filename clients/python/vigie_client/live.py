"""The live socket of a site as an iterator: where it stands, then every change, opened again when it breaks and without a gap."""

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from .rows import Alarm, Line, read
from .wire import VigieError, pause

VERSION = 2
LATE = 15.0
"""Seconds without a frame after which a socket is taken to be cut: there is a pulse every two seconds."""
LARGEST = 4 * 1024 * 1024
REFUSED = {4400: 400, 4401: 401, 4403: 403, 4404: 404}
"""Codes with which a socket is closed for good, and what HTTP calls these."""

Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class _WithRows:
    rows: Rows

    @property
    def alarms(self) -> list[Alarm]:
        return [read(Alarm, row) for row in self.rows.get("alarm", [])]


@dataclass(frozen=True, slots=True)
class Snapshot(_WithRows):
    """What is open at the number `seq` of the journal, by noun: whatever was known before is to be forgotten."""

    seq: int


@dataclass(frozen=True, slots=True)
class Entries(_WithRows):
    """The lines `first` to `seq` of the journal and the rows they changed, as these are now. Forget what is `gone`."""

    first: int
    seq: int
    lines: list[Line]
    gone: dict[str, list[int]]


@dataclass(frozen=True, slots=True)
class Pulse:
    """Every two seconds, and after whatever came before: this is all up to `seq`."""

    seq: int
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class Present:
    """What the points of open alarms read now."""

    at: dt.datetime
    points: list[dict[str, Any]]


Frame = Snapshot | Entries | Pulse | Present


class _Missed(Exception):
    """Something was not heard: the socket is to be opened again."""


def follow(url: str, site: str, headers: Mapping[str, str], since: int | None, wait: Callable[[float], None]) -> Iterator[Frame]:
    """Frames without end. Raises VigieError when the socket is refused for good."""
    from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
    from websockets.sync.client import connect

    address = f"ws{url.removeprefix('http')}/ws/sites/{site}/live"
    reached, broken, refused = since, 0, ""
    while True:
        query = {"version": VERSION} | ({} if reached is None else {"since": reached})
        try:
            with connect(f"{address}?{urlencode(query)}", additional_headers=headers, max_size=LARGEST) as socket:
                for frame in _heard(lambda: json.loads(socket.recv(LATE)), reached):
                    if isinstance(frame, str):
                        refused = frame
                        continue
                    broken = 0
                    if isinstance(frame, Snapshot | Entries):
                        reached = frame.seq
                    yield frame
        except ConnectionClosed as error:
            if error.rcvd is not None and error.rcvd.code in REFUSED:
                raise VigieError(REFUSED[error.rcvd.code], refused) from error
        except InvalidStatus as error:
            if error.response.status_code < 500:
                raise VigieError(error.response.status_code, "The live socket was refused.") from error
        except (InvalidHandshake, OSError, TimeoutError, _Missed):
            pass  # it comes back: as with everything else that is put off
        broken += 1
        wait(pause(min(broken, 6)))


def _heard(hear: Callable[[], dict[str, Any]], reached: int | None) -> Iterator[Frame | str]:
    """Frames of one socket; why it will be closed, as a text. Raises _Missed when a frame is missing."""
    begun: Rows = {}
    while True:
        told = hear()
        match told["type"]:
            case "snapshot":
                for noun, rows in told["rows"].items():
                    begun.setdefault(noun, []).extend(rows)
                if not told["more"]:
                    reached, rows = told["seq"], begun
                    begun = {}
                    yield Snapshot(rows, reached)
            case "entries":
                if reached is not None and told["from"] > reached + 1:
                    raise _Missed
                reached = told["to"]
                lines = [read(Line, line) for line in told["entries"]]
                yield Entries(told["rows"], told["from"], reached, lines, told.get("gone", {}))
            case "pulse":
                if reached is not None and told["seq"] > reached:
                    raise _Missed
                yield Pulse(told["seq"], dt.datetime.fromisoformat(told["at"]))
            case "present":
                yield Present(dt.datetime.fromisoformat(told["at"]), told["points"])
            case "refused":
                yield told["reason"]
