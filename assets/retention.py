"""How long history is kept: readings and events by the day, the minutes made of them for years, hours for ever."""

from datetime import datetime, timedelta

from django.conf import settings

_DAY = 86_400_000_000


def oldest(received: int) -> int:
    """The oldest instant of a reading or an event that is still taken from a supervisor; both in µs since the epoch."""
    return received - settings.RETENTION_DAYS * _DAY


def readings_end(now: datetime) -> datetime:
    """Readings and events from before this are dropped."""
    return now - timedelta(days=settings.RETENTION_DAYS)


def minutes_end(now: datetime) -> datetime:
    """Minutes from before this are dropped."""
    return now - timedelta(days=settings.MINUTES_RETENTION_DAYS)
