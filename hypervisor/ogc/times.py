"""Times as a GIS writes them: instants with an offset, days of UTC, and periods that may be open (parameter `datetime`)."""

import datetime as dt

OPEN = ("", "..")
_DAY = len("2026-03-01")


def instant(text: str, *, last: bool = False) -> dt.datetime:
    """An instant; of a day its first one, or its `last`. Raises ValueError."""
    if len(text) > 40:
        raise ValueError("too long")
    at = dt.datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not escaped arrives as a space
    if len(text) == _DAY:
        at = dt.datetime.combine(at.date(), dt.time.max if last else dt.time.min, dt.UTC)
    if at.tzinfo is None or not 1 < at.year < 9999:
        raise ValueError("no offset")
    return at.astimezone(dt.UTC)


def period(text: str) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The begin and the end of `…`, `…/…`, `../…` or `…/..`; None where it is open. Raises ValueError."""
    begin, slash, end = text.partition("/")
    if not slash:
        return instant(begin), instant(begin, last=True)
    first = None if begin in OPEN else instant(begin)
    last = None if end in OPEN else instant(end, last=True)
    if (first is None and last is None) or (first and last and first > last):
        raise ValueError("no period")
    return first, last
