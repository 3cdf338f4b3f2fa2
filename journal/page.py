"""The journal of a site: append-only, numbered without gaps in commit order, each line chained to the one before.

The only writer of JournalEntry, About and Ledger. Use it in this order inside one transaction: lock the rows you will change,
then `open_page` (it locks the site's counter, so it comes after every other lock), write, and commit at once.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from functools import lru_cache

import msgspec
from django.db import connection

from assets.statements import copied
from journal.actors import SYSTEM, Actor
from journal.models import ABOUT_ANY_NOUN, ORIGINAL

GENESIS = "0" * 64

Thing = tuple[str, int]
"""A thing that lines are about: its noun (alarm, incident, feed …) and its id."""


class Line(msgspec.Struct, frozen=True, gc=False):
    """What is to be journaled; the page gives it its number and its hash. Of its details, what is JSON already may be Raw."""

    kind: str
    at: dt.datetime
    text_fr: str
    text_en: str
    about: Sequence[Thing] = ()
    by: Actor = SYSTEM
    details: dict[str, object] = msgspec.field(default_factory=dict)


def digest(previous: str, site: int, seq: int, line: Line, details: str) -> str:
    """SHA-256 over a JSON array of the previous hash and every field of the line; `details` is the JSON text as stored,
    because a database that parsed it would write numbers its own way."""
    by = line.by
    body = (
        previous, ABOUT_ANY_NOUN, site, seq, _instant(line.at), line.kind, line.about, by.kind, by.name, by.desk, line.text_fr,
        line.text_en, details,
    )  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


def original_digest(previous: str, site: int, seq: int, line: Line, details: str) -> str:
    """The same of the first format, whose lines were about at most one alarm and one incident."""
    about = dict(line.about)
    body: tuple[object, ...] = (
        previous, site, seq, _instant(line.at), line.kind, about.get("alarm"), line.by.name, line.by.desk, line.text_fr,
        line.text_en, details,
    )  # fmt: skip
    if "incident" in about:
        body += (about["incident"],)  # only then: chains written before there were incidents stay whole
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


DIGESTS = {ORIGINAL: original_digest, ABOUT_ANY_NOUN: digest}


@lru_cache(maxsize=16)  # the lines of a page are nearly all of one instant
def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


_COPY = (
    "COPY journal_journalentry (site_id, seq, at, kind, about, actor_kind, actor, desk, text_fr, text_en, details, format, hash) "
    "FROM STDIN"
)
_COPY_ABOUT = "COPY journal_about (site_id, noun, ref, seq) FROM STDIN"


class Page:
    """The lines of one transaction: numbers are given as lines are written, all are stored by `close`."""

    def __init__(self, site: int, seq: int, last_hash: str) -> None:
        self.site = site
        self.first = seq + 1
        self.seq = seq
        self._hash = last_hash
        self._rows: list[str] = []
        self._about: list[str] = []

    def __len__(self) -> int:
        return len(self._rows)

    def write(self, line: Line) -> int:
        """Number of the line in the journal."""
        self.seq += 1
        site, seq, by = self.site, self.seq, line.by
        details = msgspec.json.encode(line.details).decode()
        self._hash = digest(self._hash, site, seq, line, details)
        about = msgspec.json.encode(line.about).decode()
        texts = [line.kind, about, by.kind, by.name, by.desk, line.text_fr, line.text_en, details]
        written = "\t".join(map(copied, texts))
        self._rows.append(f"{site}\t{seq}\t{_instant(line.at)}\t{written}\t{ABOUT_ANY_NOUN}\t{self._hash}\n")
        self._about += [f"{site}\t{copied(noun)}\t{ref}\t{seq}\n" for noun, ref in line.about]
        return seq

    def close(self) -> None:
        """Store the lines and the counter; the caller commits next."""
        if not self._rows:
            return
        with connection.cursor() as cursor:
            for statement, rows in ((_COPY, self._rows), (_COPY_ABOUT, self._about)):
                if rows:
                    with cursor.copy(statement) as copy:
                        copy.write("".join(rows))
            cursor.execute("UPDATE journal_ledger SET seq = %s, hash = %s WHERE site_id = %s", [self.seq, self._hash, self.site])


_COUNTER = "SELECT seq, hash FROM journal_ledger WHERE site_id = %s FOR UPDATE"


def open_page(site: int) -> Page:
    """Lock the site's counter until the transaction ends, and continue after its last line."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTER, [site])
        if (counter := cursor.fetchone()) is None:
            cursor.execute(
                "INSERT INTO journal_ledger (site_id, seq, hash) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING", [site, GENESIS]
            )
            cursor.execute(_COUNTER, [site])
            counter = cursor.fetchone()
    return Page(site, *counter)
