"""The frames of the live socket: encoded once, cut to a size that sockets take. Pure.

    {"type":"snapshot","version","seq","more","rows"}       {"type":"entries","from","to","rows","entries","gone"?,"elsewhere"?}
    {"type":"pulse","seq","at","feeds"}                     {"type":"refused","reason"}
    {"type":"present","at","points"}

`rows` are by noun, and has those nouns alone of which there are some; so has `gone`, which is for whoever sees only some sectors.
`elsewhere`, for them too, names nouns of which some changed that they may read wherever they lie, by asking.

Rows stay the JSON bytes they came as: a burst of thousands is cut by peeking at the number that decides.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

import msgspec
from msgspec import Raw, Struct

VERSION = 2
"""Of what the frames say: raised when a client that knows the one before would not understand them."""
PAGE = 190_000
"""Bytes of rows in one frame: frames stay below 200 kB, where one client's frame does not hold up the others'."""
_ENTRIES = ""
"""Where, among the nouns of a page, its journal lines are: no noun is called so."""


class Frame(str):
    """A frame's text that remembers its UTF-8 form: the server encodes it for every client, this one only once."""

    __slots__ = ("_bytes",)

    def __new__(cls, encoded: bytes) -> "Frame":
        frame = super().__new__(cls, encoded, "utf-8")
        frame._bytes = encoded
        return frame

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return self._bytes


class _Numbered(Struct):
    seq: int


_rows = msgspec.json.Decoder(list[Raw]).decode
_numbered = msgspec.json.Decoder(_Numbered).decode


def pulse(seq: int, at: datetime, feeds: tuple[int, int] | None) -> Frame:
    """`feeds`: how many are well, and of how many; None while nobody can tell."""
    told = None if feeds is None else {"well": feeds[0], "all": feeds[1]}
    moment = at.isoformat(timespec="milliseconds")
    return Frame(msgspec.json.encode({"type": "pulse", "seq": seq, "at": moment, "feeds": told}))


def refused(reason: str) -> Frame:
    return Frame(msgspec.json.encode({"type": "refused", "reason": reason}))


def present(at: datetime, rows: Iterable[bytes]) -> list[Frame]:
    """Present values, as encoded rows: as many frames as they need, none for none."""
    moment = at.isoformat(timespec="milliseconds").encode()
    return [Frame(b'{"type":"present","at":"%s","points":[%s]}' % (moment, b",".join(page))) for page in _pages(rows) if page]


def _pages(rows: Iterable[bytes]) -> list[list[bytes]]:
    """Encoded rows in lists that fit a frame each; one empty list for none."""
    pages: list[list[bytes]] = [[]]
    size = 0
    for row in rows:
        if size + len(row) > PAGE and pages[-1]:
            pages.append([])
            size = 0
        pages[-1].append(row)
        size += len(row) + 1
    return pages


def snapshot(seq: int, rows: Mapping[str, Iterable[object]]) -> list[Frame]:
    """Rows by noun as frames; `more` is true on all but the last; an empty snapshot is one frame."""
    pages: list[dict[str, list[bytes]]] = [{}]
    size = 0
    for noun, row in ((noun, msgspec.json.encode(row)) for noun, its in rows.items() for row in its):
        if size + len(row) > PAGE and size:
            pages.append({})
            size = 0
        pages[-1].setdefault(noun, []).append(row)
        size += len(row) + 1
    last = len(pages) - 1
    head = b'{"type":"snapshot","version":%d,"seq":%d,"more":%s,"rows":%s}'
    return [
        Frame(head % (VERSION, seq, b"true" if place < last else b"false", _by_noun({n: _array(its) for n, its in page.items()})))
        for place, page in enumerate(pages)
    ]


def entries(
    first: int,
    last: int,
    lines: bytes,
    rows: Mapping[str, bytes],
    gone: Mapping[str, list[int]] | None = None,
    elsewhere: Sequence[str] | None = None,
) -> list[Frame]:
    """Frames of the journal's numbers first..last, in order and without gap, from JSON arrays of lines and, by noun, of rows.

    A row goes with the line that changed it last, so a client that has one frame is right up to its `to`. A row that is here
    for another reason (what it sums up has changed, say) goes with the end.
    """
    end = b',"gone":%s' % msgspec.json.encode(gone) if gone else b""
    end += b',"elsewhere":%s' % msgspec.json.encode(elsewhere) if elsewhere else b""
    if len(lines) + sum(map(len, rows.values())) <= PAGE:
        return [_entries(first, last, lines, rows, end)]
    pieces = [(_numbered(raw).seq, _ENTRIES, raw) for raw in _rows(lines)]
    for noun, its in rows.items():
        pieces += [(seq if first <= (seq := _numbered(raw).seq) <= last else last, noun, raw) for raw in _rows(its)]
    pieces.sort(key=itemgetter(0))
    return list(_paged(first, last, pieces, end))


def _paged(first: int, last: int, pieces: list[tuple[int, str, Raw]], end: bytes) -> Iterator[Frame]:
    page: dict[str, list[Raw]] = {}
    size, reached = 0, first - 1
    for seq, group in groupby(pieces, key=itemgetter(0)):
        of_number = list(group)
        weight = sum(memoryview(raw).nbytes + 1 for _, _, raw in of_number)
        if size and size + weight > PAGE:
            yield _page(first, reached, page)
            first, page, size = reached + 1, {}, 0
        for _, noun, raw in of_number:
            page.setdefault(noun, []).append(raw)
        size += weight
        reached = max(reached, seq)
    yield _page(first, last, page, end)


def _page(first: int, last: int, page: dict[str, list[Raw]], end: bytes = b"") -> Frame:
    rows = {noun: _array(its) for noun, its in page.items()}
    return _entries(first, last, rows.pop(_ENTRIES, b"[]"), rows, end)


def _entries(first: int, last: int, lines: bytes, rows: Mapping[str, bytes], end: bytes) -> Frame:
    return Frame(b'{"type":"entries","from":%d,"to":%d,"rows":%s,"entries":%s%s}' % (first, last, _by_noun(rows), lines, end))


def _by_noun(rows: Mapping[str, bytes]) -> bytes:
    return b"{%s}" % b",".join(b"%s:%s" % (msgspec.json.encode(noun), its) for noun, its in rows.items())


def _array(rows: Iterable[Raw | bytes]) -> bytes:
    return b"[%s]" % b",".join(rows)
