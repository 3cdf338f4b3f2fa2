"""For how long alarms may be silenced at most, by their severity and by who does it; a site may say otherwise.

A shift is eight hours: what an operator shelves, the operator of the next shift finds in the register or back on the list.
"""

import datetime as dt
from enum import StrEnum

from alarms.models import Severity, SilenceLimit

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)
LONGEST = 366 * DAY
"""No site allows a longer silence of an alarm."""


class Level(StrEnum):
    """Who silences, and how: an operator or a supervisor who shelves, a supervisor who takes out of service, a shift supervisor
    or an administrator who plans a maintenance."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    SERVICE = "service"
    PLANNED_BY_SUPERVISOR = "plan_chief"
    PLANNED_BY_ADMINISTRATOR = "plan_admin"


MAINTENANCE = (Level.PLANNED_BY_SUPERVISOR, Level.PLANNED_BY_ADMINISTRATOR)
"""A maintenance silences all severities at once, or all but critical ones: it has a limit of CRITICAL and one of HIGH."""


DEFAULTS = {
    Level.OPERATOR: {Severity.CRITICAL: HOUR, Severity.HIGH: 4 * HOUR, Severity.MEDIUM: 8 * HOUR, Severity.LOW: DAY},
    Level.SUPERVISOR: {Severity.CRITICAL: 8 * HOUR, Severity.HIGH: DAY, Severity.MEDIUM: 3 * DAY, Severity.LOW: 7 * DAY},
    Level.SERVICE: {Severity.CRITICAL: 30 * DAY, Severity.HIGH: LONGEST, Severity.MEDIUM: LONGEST, Severity.LOW: LONGEST},
    Level.PLANNED_BY_SUPERVISOR: {Severity.CRITICAL: 7 * DAY, Severity.HIGH: 90 * DAY},
    Level.PLANNED_BY_ADMINISTRATOR: {Severity.CRITICAL: 30 * DAY, Severity.HIGH: LONGEST},
}
OFFERED = [
    *(dt.timedelta(minutes=15), HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 12 * HOUR),
    *(days * DAY for days in (1, 2, 3, 7, 30, 90)),
    LONGEST,
]
"""What a site may choose from."""


def longest(site: int) -> dict[Level, dict[Severity, dt.timedelta]]:
    """The limits of a site, in one query."""
    found = {level: dict(limits) for level, limits in DEFAULTS.items()}
    for level, severity, minutes in SilenceLimit.objects.filter(site_id=site).values_list("level", "severity", "minutes"):
        found[Level(level)][Severity(severity)] = dt.timedelta(minutes=minutes)
    return found


def said(span: dt.timedelta) -> tuple[str, str]:
    """A limit in French and English."""
    minutes = round(span.total_seconds() / 60)
    for size, fr, en in ((1440, "j", "d"), (60, "h", "h")):
        if minutes % size == 0:
            return f"{minutes // size} {fr}", f"{minutes // size} {en}"
    return f"{minutes} min", f"{minutes} min"
