"""Days that are over, each with its annunciations in columns: a report of a month reads thirty rows, not a hundred thousand.

A pack is made of the rows of its day and may be made again at any time. Whatever changes a row forgets the pack of its day in
the same transaction, and reading falls back on the rows until the next one is made. The only writer of PackedDay.
"""

import datetime as dt
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from django.db import transaction

from journal import followers
from reports import rows_in_columns
from reports.columns import NAMES, Columns
from reports.models import Annunciation, PackedDay

AT_ONCE = 50
"""Days packed at most in one go; the newest come first."""
_SCHEMA = pa.schema([(name, pa.int64()) for name in NAMES])
_WRITTEN = pa.ipc.IpcWriteOptions(compression="zstd")


def pack(site: int, follower: str, now: dt.datetime) -> int:
    """Pack what days of a site are over and not packed; how many were. `follower`: whoever writes the rows waits meanwhile."""
    first = Annunciation.objects.filter(site_id=site).order_by("at").values_list("at", flat=True).first()
    if first is None:
        return 0
    known = set(PackedDay.objects.filter(site_id=site).values_list("day", flat=True))
    wanted = [day for day in days(first, midnight(now.astimezone(dt.UTC).date())) if day not in known][-AT_ONCE:]
    for day in wanted:
        with transaction.atomic():
            followers.hold(site, follower)
            begin = midnight(day)
            told = rows_in_columns.between(site, begin, begin + dt.timedelta(days=1))
            PackedDay.objects.update_or_create(site_id=site, day=day, defaults={"content": _encode(told)})
    return len(wanted)


def forget(site: int, instants: Iterable[dt.datetime]) -> None:
    """Rows of these instants are new or have changed. Within the transaction that changed them, and that holds the follower."""
    changed = {instant.astimezone(dt.UTC).date() for instant in instants}
    if changed:
        PackedDay.objects.filter(site_id=site, day__in=changed).delete()


def of_days(site: int, wanted: list[dt.date]) -> dict[dt.date, Columns]:
    """The packs there are of these days."""
    found = PackedDay.objects.filter(site_id=site, day__range=(wanted[0], wanted[-1])) if wanted else PackedDay.objects.none()
    return {day: _decode(content) for day, content in found.values_list("day", "content")}


def days(begin: dt.datetime, end: dt.datetime) -> list[dt.date]:
    """The days, in UTC, that [begin, end) touches."""
    first, last = begin.astimezone(dt.UTC).date(), (end - dt.timedelta(microseconds=1)).astimezone(dt.UTC).date()
    return [first + dt.timedelta(days=place) for place in range((last - first).days + 1)]


def midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def _encode(told: Columns) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, _SCHEMA, options=_WRITTEN) as writer:
        writer.write_batch(pa.record_batch([getattr(told, name) for name in NAMES], schema=_SCHEMA))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _decode(content: bytes | memoryview) -> Columns:
    with pa.ipc.open_stream(pa.py_buffer(content)) as reader:
        table = reader.read_all()
    return Columns(*(np.asarray(table.column(name).to_numpy(), np.int64) for name in NAMES))
