"""How the commands of each site do, for health and metrics: in a few queries, whatever the number of sites."""

import datetime as dt
from collections.abc import Iterator

from django.db.models import Count

from commands import deadlines
from commands.models import Command, Override
from commands.states import OPEN, State

BEHIND = 5.0
"""Seconds behind which the sweep is said to stand."""
LATELY = dt.timedelta(hours=24)
FAILED = (State.REFUSED, State.FAILED, State.TIMED_OUT)


def open_now() -> dict[tuple[int, str], int]:
    """Open commands by site and state."""
    rows = Command.objects.filter(state__in=sorted(OPEN)).order_by().values_list("site_id", "state")
    return {(site, state): count for site, state, count in rows.annotate(count=Count("pk"))}


def failed_lately(now: dt.datetime) -> Iterator[tuple[int, str, str, int]]:
    """(site, state, reason, how many) of those that ended without success within a day."""
    rows = Command.objects.filter(state__in=FAILED, ended_at__gt=now - LATELY).order_by()
    yield from rows.values_list("site_id", "state", "reason").annotate(count=Count("pk"))


def overrides() -> dict[int, tuple[int, int]]:
    """By site, (what stands, what of it the field holds past its end)."""
    rows = Override.objects.filter(released_at=None).order_by().values_list("site_id")
    return {site: (total, overdue) for site, total, overdue in rows.annotate(total=Count("pk"), overdue=Count("overdue_at"))}


def stands(now: dt.datetime) -> bool:
    """Whether deadlines are not looked after: no worker, or no beat."""
    return max(deadlines.lag(now).values(), default=0.0) > BEHIND
