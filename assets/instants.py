"""Instants as the columns hold them, µs since the Unix epoch, and as Python and PostgreSQL do. Pure."""

import datetime as dt
from functools import lru_cache

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@lru_cache(maxsize=4096)  # the readings of one message are of few instants
def instant(microseconds: int) -> dt.datetime:
    """µs since the epoch → aware UTC datetime, exactly (a float of seconds would round)."""
    return EPOCH + dt.timedelta(microseconds=int(microseconds))


def microseconds(moment: dt.datetime) -> int:
    """Aware datetime → µs since the epoch, exactly."""
    return (moment - EPOCH) // dt.timedelta(microseconds=1)
