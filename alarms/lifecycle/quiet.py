"""Who silenced an alarm, since when, until when and why; and what the end of a silence does. On a row, or on what a batch of
verdicts makes of it.

Whatever ends a silence, what still stands then asks again: nobody may have looked at it for hours.
"""

import datetime as dt
from typing import Protocol

from alarms.lifecycle.table import NORMAL, after


class Silenced(Protocol):
    """What an alarm has of its silences, wherever it stands."""

    state: str
    suppressed_by_id: int | None
    shelved_until: dt.datetime | None
    shelved_reason: str
    shelved_at: dt.datetime | None
    shelved_by_id: int | None
    out_of_service_until: dt.datetime | None
    out_of_service_reason: str
    out_of_service_at: dt.datetime | None
    out_of_service_by_id: int | None
    maintenance_id: int | None


SHELVING = ["shelved_until", "shelved_reason", "shelved_at", "shelved_by"]
SERVICE = ["out_of_service_until", "out_of_service_reason", "out_of_service_at", "out_of_service_by", "maintenance"]
"""Fields of a row."""


def shelve(alarm: Silenced, until: dt.datetime, reason: str, by: int | None, now: dt.datetime) -> None:
    alarm.shelved_until, alarm.shelved_reason, alarm.shelved_at, alarm.shelved_by_id = until, reason, now, by


def unshelve(alarm: Silenced) -> None:
    alarm.shelved_until, alarm.shelved_reason, alarm.shelved_at, alarm.shelved_by_id = None, "", None, None
    _resume(alarm)


def take_out(
    alarm: Silenced, until: dt.datetime, reason: str, by: int | None, now: dt.datetime, window: int | None = None
) -> None:
    """Out of service; of a maintenance window when one says so."""
    alarm.out_of_service_until, alarm.out_of_service_reason = until, reason
    alarm.out_of_service_at, alarm.out_of_service_by_id, alarm.maintenance_id = now, by, window


def put_back(alarm: Silenced) -> None:
    alarm.out_of_service_until, alarm.out_of_service_reason = None, ""
    alarm.out_of_service_at = alarm.out_of_service_by_id = alarm.maintenance_id = None
    _resume(alarm)


def hand_over_shelving(old: Silenced, new: Silenced) -> None:
    new.shelved_until, new.shelved_reason = old.shelved_until, old.shelved_reason
    new.shelved_at, new.shelved_by_id = old.shelved_at, old.shelved_by_id


def hand_over_service(old: Silenced, new: Silenced) -> None:
    new.out_of_service_until, new.out_of_service_reason = old.out_of_service_until, old.out_of_service_reason
    new.out_of_service_at, new.out_of_service_by_id = old.out_of_service_at, old.out_of_service_by_id


def _resume(alarm: Silenced) -> None:
    silent = alarm.shelved_until or alarm.out_of_service_until or alarm.suppressed_by_id
    if not silent and alarm.state != NORMAL:
        alarm.state = after(alarm.state, "resume")
