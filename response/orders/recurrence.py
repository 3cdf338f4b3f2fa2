"""On which days a plan is due: every so many days or months from its first day, in its season. Pure."""

import calendar
import datetime as dt
from collections.abc import Collection, Iterator

HORIZON = dt.timedelta(days=366 * 12)
"""How far ahead a day is looked for: a plan that is never in season has none."""


def days(first: dt.date, every: int, unit: str, season: Collection[int], since: dt.date) -> Iterator[dt.date]:
    """Due days from `since` on. Months are counted from the first day: the 31st is the last day of shorter ones."""
    step = 0 if since <= first else max(0, _passed(first, since, every, unit) - 1)
    end = max(since, first) + HORIZON
    while (day := _at(first, every * step, unit)) <= end:
        if day >= since and (not season or day.month in season):
            yield day
        step += 1


def _passed(first: dt.date, since: dt.date, every: int, unit: str) -> int:
    """How many steps lie between, not more than there are."""
    if unit == "days":
        return (since - first).days // every
    return ((since.year - first.year) * 12 + since.month - first.month) // every


def _at(first: dt.date, ahead: int, unit: str) -> dt.date:
    if unit == "days":
        return first + dt.timedelta(days=ahead)
    months = first.year * 12 + first.month - 1 + ahead
    year, month = divmod(months, 12)
    return dt.date(year, month + 1, min(first.day, calendar.monthrange(year, month + 1)[1]))
