"""The journal of a site: append-only, numbered without gaps in commit order, each line chained to the one before.

The only writer of JournalEntry and Ledger. Use it in this order inside one transaction: lock the rows you will change, then
`open_page` (it locks the site's counter, so it comes after every other lock), write, and commit at once.
"""

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from django.db import connection

from alarms.models import JournalEntry, Ledger

GENESIS = "0" * 64
SENT_AGAIN = dt.timedelta(minutes=1)
"""In which the same words of the same person are one remark: an answer was lost, and the desk sent it again by itself."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be journaled; the page gives it its number and its hash."""

    kind: str
    at: dt.datetime
    text_fr: str
    text_en: str
    alarm: int | None = None
    actor: str = ""
    desk: str = ""
    details: dict[str, object] = field(default_factory=dict)
    incident: int | None = None


def digest(previous: str, site: int, seq: int, line: Line, details: str) -> str:
    """SHA-256 over a JSON array of the previous hash and every field of the line; `details` is the JSON text as stored,
    because a database that parsed it would write numbers its own way."""
    at = line.at.astimezone(dt.UTC).isoformat(timespec="microseconds")
    body = (
        previous, site, seq, at, line.kind, line.alarm, line.actor, line.desk, line.text_fr, line.text_en, details
    )  # fmt: skip
    if line.incident is not None:
        body += (line.incident,)  # only then: chains written before there were incidents stay whole
    return hashlib.sha256(msgspec.json.encode(body)).hexdigest()


class Page:
    """The lines of one transaction: numbers are given as lines are written, all are stored by `close`."""

    def __init__(self, site: int, seq: int, last_hash: str) -> None:
        self.site = site
        self.first = seq + 1
        self.seq = seq
        self._hash = last_hash
        self._rows: list[tuple[object, ...]] = []

    def __len__(self) -> int:
        return len(self._rows)

    def write(self, line: Line) -> int:
        """Number of the line in the journal."""
        self.seq += 1
        details = msgspec.json.encode(line.details).decode()
        self._hash = digest(self._hash, self.site, self.seq, line, details)
        self._rows.append(
            (self.site, self.seq, line.at, line.kind, line.alarm, line.actor, line.desk, line.text_fr, line.text_en, details,
             self._hash, line.incident)
        )  # fmt: skip
        return self.seq

    def close(self) -> None:
        """Store the lines and the counter; the caller commits next."""
        if not self._rows:
            return
        with connection.cursor() as cursor:
            with cursor.copy(
                "COPY alarms_journalentry (site_id, seq, at, kind, alarm_id, actor, desk, text_fr, text_en, details, hash, "
                "incident_id) FROM STDIN"
            ) as copy:
                for row in self._rows:
                    copy.write_row(row)
            cursor.execute("UPDATE alarms_ledger SET seq = %s, hash = %s WHERE site_id = %s", [self.seq, self._hash, self.site])


_COUNTER = "SELECT seq, hash FROM alarms_ledger WHERE site_id = %s FOR UPDATE"


def open_page(site: int) -> Page:
    """Lock the site's counter until the transaction ends, and continue after its last line."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTER, [site])
        if (counter := cursor.fetchone()) is None:
            cursor.execute(
                "INSERT INTO alarms_ledger (site_id, seq, hash) VALUES (%s, 0, %s) ON CONFLICT DO NOTHING", [site, GENESIS]
            )
            cursor.execute(_COUNTER, [site])
            counter = cursor.fetchone()
    return Page(site, *counter)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong with a journal: at which number, and what."""

    seq: int
    reason: str


def verify(site: int) -> Iterator[Flaw]:
    """Read the whole journal of a site and yield what does not hold: gaps, altered lines, a counter that disagrees."""
    expected, previous = 1, GENESIS
    entries = JournalEntry.objects.filter(site_id=site).order_by("seq")
    for entry in entries.iterator(chunk_size=5000):
        if entry.seq != expected:
            yield Flaw(expected, f"{entry.seq - expected} line(s) are missing before number {entry.seq}")
            expected = entry.seq
        line = Line(
            entry.kind, entry.at, entry.text_fr, entry.text_en, entry.alarm_id, entry.actor, entry.desk, {}, entry.incident_id
        )  # fmt: skip
        if digest(previous, site, entry.seq, line, entry.details) != entry.hash:
            yield Flaw(entry.seq, "its content, or the line before it, is not what was written")
        previous = entry.hash
        expected += 1
    ledger = Ledger.objects.filter(site_id=site).first()
    if ledger is None:
        if expected > 1:
            yield Flaw(expected - 1, f"the counter is gone and the journal ends at {expected - 1}")
    elif (ledger.seq, ledger.hash) != (expected - 1, previous):
        yield Flaw(ledger.seq, f"the counter stands at {ledger.seq} and the journal ends at {expected - 1}")


def was_said(kind: str, text: str, by: str, now: dt.datetime, **about: int) -> bool:
    """Whether this person said the same just now; `about` is `alarm_id` or `incident_id`, whose row the caller has locked."""
    lines = JournalEntry.objects.filter(kind=kind, actor=by, at__gt=now - SENT_AGAIN, **about)
    return lines.filter(text_fr=text[:600]).exists()
