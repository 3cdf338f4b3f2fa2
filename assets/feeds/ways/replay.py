"""Replay: a recorded series from a CSV file, through the same intake and log as live readings, at any speed.

For trying rules on a real flood, and for loading what a supervisor exported. Rows are sent in the order of their time.
"""

import csv
import gzip
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import redis

from assets import spreadsheets
from assets.feeds import append, health, instants, intake, unknown
from assets.feeds.directory import FeedEntry, read_book
from assets.feeds.forms.mapped import CompiledMapping, compiled
from assets.feeds.paths import Whole
from assets.log import LogFull

AT_ONCE = 5_000
"""Readings of one batch when there is no pace to keep."""
TICK = 0.05
"""Seconds between two batches when there is."""
RIVERS = {"address": "code_station", "value": "H_mm", "at": "date_obs_utc"}
"""The mapping of Hub'Eau's hydrometry exports, used when the feed has none."""
_PROGRESS_EVERY = 5.0
_HEAD, _SEP = 4096, 100
"""Bytes that tell the encoding, and characters that a line `sep=;` does not exceed."""


class BadRecording(ValueError):
    """The file cannot be replayed; the message says why."""


@dataclass(slots=True)
class ReplayCounts:
    """What came of a replay."""

    accepted: int = 0
    unknown: int = 0
    rejected: int = 0


@dataclass(slots=True)
class Recording:
    """A file's rows, oldest first; `at` in µs since the epoch. Rows that could not be read are told in `refusals`."""

    rows: list[tuple[int, intake.Item]]
    refusals: intake.Refusals


def read(path: Path, mapping: Mapping[str, object], delimiter: str = ",") -> Recording:
    """Read a CSV file, gzipped or not. A refusal's index is the row (from 0, the header apart).

    A first line `sep=;` names the delimiter instead of `delimiter`.

    Raises BadRecording, and BadMapping.
    """
    use = compiled(mapping or RIVERS)
    try:
        with _opened(path) as file:
            named = spreadsheets.named_delimiter(file.readline(_SEP))
            if not named:
                file.seek(0)
            rows = csv.DictReader(file, delimiter=named or delimiter)
            missing = {*use.columns()} - {*(rows.fieldnames or [])}
            if missing:
                raise BadRecording(
                    f"{path} has no column {', '.join(sorted(missing))}; it has {', '.join(rows.fieldnames or [])}."
                )
            recording = _read_rows(use, rows)
    except (OSError, EOFError, UnicodeError, csv.Error, zlib.error) as error:
        raise BadRecording(f"{path} cannot be read: {error}") from error
    recording.rows.sort(key=lambda row: row[0])
    return recording


def _opened(path: Path) -> IO[str]:
    """The file as text, gzipped or not whatever its name says, by its byte order mark or as UTF-8. Raises BadRecording."""
    with path.open("rb") as file:
        zipped = file.read(2) == b"\x1f\x8b" or path.suffix == ".gz"
    opened: Any = gzip.open if zipped else open
    with opened(path, "rb") as file:
        head = file.read(_HEAD)
    if found := spreadsheets.container(head):
        raise BadRecording(f"{path} is {found}, not a text: export the table as CSV.")
    _, codec = spreadsheets.marked(head) or spreadsheets.wide(head) or ("utf-8", "utf-8")
    text: IO[str] = opened(path, "rt", encoding=codec, newline="")
    return text


def _read_rows(use: CompiledMapping, rows: Iterable[Mapping[str, object]]) -> Recording:
    batch = intake.Batch([], [])
    twice: dict[int, datetime] = {}
    for place, row in enumerate(rows):
        use.add(batch, place, row, Whole(row), twice)
    use.settle(batch, twice, None)
    found = []
    for item, place in zip(batch.items, batch.places or [], strict=True):
        try:
            found.append((instants.micros(item.at, 0), item))
        except instants.BadTime as error:
            batch.refusals.add(place, str(error), item.at)
    return Recording(found, batch.refusals)


def shift(rows: list[tuple[int, intake.Item]], now: int, speed: float) -> None:
    """Move a recording to the present: at a speed it begins now and its time runs that much faster; at 0 it ends now."""
    if not rows:
        return
    first, last = rows[0][0], rows[-1][0]
    for _, item in rows:
        at = instants.micros(item.at, 0)
        item.at = float(now + round((at - first) / speed) if speed else now - (last - at))


def replay(
    recording: Recording, feed: FeedEntry, appender: append.BlockingAppender, *, speed: float, say: Callable[[str], None]
) -> ReplayCounts:
    """Send a recording: `speed` 0 as fast as the log takes it, 1 in real time, 3600 an hour per second.

    A full log is waited for, and a Valkey that is away too. Ctrl-C leaves what was sent.
    """
    told, tally, book = ReplayCounts(rejected=recording.refusals.count), health.Tally(), read_book(feed.id)
    tally.note(feed.id, health.now_micros(), accepted=0, rejected=told.rejected, told=recording.refusals.told)
    said_at = time.monotonic()
    for batch in _paced(recording.rows, speed):
        taken = intake.take_in(intake.Batch(batch), book, health.now_micros())
        _append(appender, feed, append.cut_readings(taken.readings), say)
        told.accepted += taken.accepted
        told.unknown += taken.unknown_count
        told.rejected += taken.refusals.count
        tally.note(
            feed.id, health.now_micros(), accepted=taken.accepted, unknown=taken.unknown_count,
            rejected=taken.refusals.count, told=taken.refusals.told, addresses=taken.unknown,
        )  # fmt: skip
        if time.monotonic() - said_at > _PROGRESS_EVERY:
            said_at = time.monotonic()
            say(f"{told.accepted + told.unknown + told.rejected:,} of {len(recording.rows):,} readings")
            unknown.keep(tally.flush(appender.redis), datetime.now(UTC))
    unknown.keep(tally.flush(appender.redis), datetime.now(UTC))
    return told


def _paced(rows: list[tuple[int, intake.Item]], speed: float) -> Iterator[list[intake.Item]]:
    began, place = time.monotonic(), 0
    while place < len(rows):
        end = place + AT_ONCE
        if speed:
            reached = rows[0][0] + (time.monotonic() - began) * speed * 1e6
            end = place
            while end < len(rows) and end < place + AT_ONCE and rows[end][0] <= reached:
                end += 1
            if end == place:
                time.sleep(min(max((rows[place][0] - reached) / speed / 1e6, TICK), 1.0))
                continue
        yield [item for _, item in rows[place:end]]
        place = end


def _append(appender: append.BlockingAppender, feed: FeedEntry, parts: list[bytes], say: Callable[[str], None]) -> None:
    waited = False
    while parts:
        try:
            appender.append(feed.site, feed.id, parts)
            return
        except (LogFull, redis.RedisError) as error:
            if not waited:
                say(f"waiting: {str(error) or 'the log is full'}")
            waited = True
            time.sleep(1)
