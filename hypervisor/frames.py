"""The frames of the live socket: encoded once, cut to a size that sockets take, filtered by sector. Pure.

    {"type":"snapshot","seq","alarms","more","incidents"?}  {"type":"entries","from","to","alarms","entries","incidents"?}
    {"type":"pulse","seq","at"}                             {"type":"refused","reason"}

`incidents` is there, in the last frame of a change, when some changed; so is `gone`, for who is confined to sectors, when alarms
moved.

Rows stay the JSON bytes they came as: a burst of thousands is cut and filtered by peeking at the few fields that decide.
"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import msgspec
from msgspec import Raw, Struct

NONE = b"[]"
MOVED = "alarm.moved"
PAGE = 190_000
"""Bytes of rows in one frame: frames stay below 200 kB, where one client's frame does not hold up the others'."""


class Frame(str):
    """A frame's text that remembers its UTF-8 form: the server encodes it for every client, this one only once."""

    __slots__ = ("_bytes",)

    def __new__(cls, encoded: bytes) -> "Frame":
        frame = super().__new__(cls, encoded, "utf-8")
        frame._bytes = encoded
        return frame

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self._bytes


class _Sector(Struct):
    path: str


class _Alarm(Struct):
    id: int
    seq: int
    sector: _Sector | None


class _Entry(Struct):
    seq: int
    alarm: int | None
    kind: str = ""


class Gone(Struct, omit_defaults=True):
    """What one may have seen, and sees no longer: ids of alarms that moved elsewhere and of incidents that have none left."""

    alarms: list[int] = []
    incidents: list[int] = []


_rows = msgspec.json.Decoder(list[Raw]).decode
_alarm = msgspec.json.Decoder(_Alarm).decode
_entry = msgspec.json.Decoder(_Entry).decode


def pulse(seq: int, at: datetime) -> Frame:
    return Frame(msgspec.json.encode({"type": "pulse", "seq": seq, "at": at.isoformat(timespec="milliseconds")}))


def refused(reason: str) -> Frame:
    return Frame(msgspec.json.encode({"type": "refused", "reason": reason}))


def snapshot(seq: int, rows: Collection[object], incidents: Collection[object] = ()) -> list[Frame]:
    """Alarm rows as frames; `more` is true on all but the last, which has the incidents; an empty snapshot is one frame."""
    pages: list[list[bytes]] = [[]]
    size = 0
    for row in map(msgspec.json.encode, rows):
        if size + len(row) > PAGE and pages[-1]:
            pages.append([])
            size = 0
        pages[-1].append(row)
        size += len(row) + 1
    last = len(pages) - 1
    told = _with_incidents(msgspec.json.encode(incidents))
    return [
        Frame(
            b'{"type":"snapshot","seq":%d,"more":%s,"alarms":[%s]%s}'
            % (seq, b"true" if place < last else b"false", b",".join(page), told if place == last else b"")
        )
        for place, page in enumerate(pages)
    ]


def entries(first: int, last: int, alarms: bytes, lines: bytes, incidents: bytes = NONE, gone: Gone | None = None) -> list[Frame]:
    """Frames of the journal's numbers first..last, in order and without gap, from JSON arrays of rows and of lines.

    An alarm row goes with the line that changed it last, so a client that has one frame is right up to its `to`. Incidents,
    which are few and sum up the whole change, go with its end.
    """
    end = _with_incidents(incidents) + (b"" if gone is None else b',"gone":%s' % msgspec.json.encode(gone))
    if len(alarms) + len(lines) <= PAGE:
        return [_entries(first, last, alarms, lines, end)]
    rows = [(_alarm(raw).seq, 0, raw) for raw in _rows(alarms)] + [(_entry(raw).seq, 1, raw) for raw in _rows(lines)]
    rows.sort(key=itemgetter(0, 1))
    return list(_paged(first, last, rows, end))


def _paged(first: int, last: int, rows: list[tuple[int, int, Raw]], end: bytes) -> Iterator[Frame]:
    page: tuple[list[Raw], list[Raw]] = ([], [])
    size, reached = 0, first - 1
    for seq, group in groupby(rows, key=itemgetter(0)):
        pieces = list(group)
        weight = sum(memoryview(raw).nbytes + 1 for _, _, raw in pieces)
        if size and size + weight > PAGE:
            yield _entries(first, reached, *map(_array, page))
            first, page, size = reached + 1, ([], []), 0
        for _, kind, raw in pieces:
            page[kind].append(raw)
        size += weight
        reached = max(reached, seq)
    yield _entries(first, last, *map(_array, page), end)


def _array(rows: Collection[Raw]) -> bytes:
    return b"[%s]" % b",".join(rows)


def _entries(first: int, last: int, alarms: bytes, lines: bytes, end: bytes = b"") -> Frame:
    told = (first, last, alarms, lines, end)
    return Frame(b'{"type":"entries","from":%d,"to":%d,"alarms":%s,"entries":%s%s}' % told)


def _with_incidents(incidents: bytes) -> bytes:
    return b"" if incidents == NONE else b',"incidents":%s' % incidents


def spoken_of(alarms: bytes, lines: bytes) -> set[int]:
    """Ids of the alarms that lines speak of and that have no row among `alarms`: they moved again later."""
    lines_of = {_entry(raw).alarm for raw in _rows(lines)} - {None}
    return lines_of - {_alarm(raw).id for raw in _rows(alarms)}


def moved(lines: bytes) -> set[int]:
    """Ids of the alarms that lines say are elsewhere now."""
    return {entry.alarm for entry in map(_entry, _rows(lines)) if entry.kind == MOVED and entry.alarm is not None}


def ids(alarms: bytes) -> set[int]:
    return {_alarm(raw).id for raw in _rows(alarms)}


def within(sectors: tuple[str, ...], alarms: bytes, lines: bytes, elsewhere: Mapping[int, str | None]) -> tuple[bytes, bytes]:
    """The rows that who is confined to `sectors` (paths) may see. `elsewhere`: sector path of alarms without a row.

    A line that speaks of no alarm is of the whole site, and so not for them.
    """
    seen: set[int] = {id_ for id_, path in elsewhere.items() if _inside(path, sectors)}
    kept = []
    for raw in _rows(alarms):
        row = _alarm(raw)
        if row.sector is not None and _inside(row.sector.path, sectors):
            seen.add(row.id)
            kept.append(raw)
    return _array(kept), _array([raw for raw in _rows(lines) if _entry(raw).alarm in seen])


def _inside(path: str | None, sectors: tuple[str, ...]) -> bool:
    return path is not None and any(path == own or path.startswith(own + "/") for own in sectors)
