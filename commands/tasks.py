"""What Celery does for commands: sends them, and takes every step that is due. In a queue of their own, so that nothing waits."""

import time
from collections.abc import Callable

from celery import shared_task
from django.db import connection
from django.utils import timezone

from assets import watches
from assets.models import Site
from assets.periodic import Round
from commands import deadlines, overrides, watching
from commands.delivery import worker
from commands.models import Command, Override, ScenarioRun
from commands.scenarios import progress

ROUND = 0.9
"""Seconds of one sweep: the next one begins every second."""
PAUSE = 0.1
"""Between two looks at what the field says, while something is waited for."""
_LOCK = 0x636D_6473  # "cmds": one sweep at a time, by a lock that ends with its connection


@shared_task
def deliver(command: int) -> None:
    worker.deliver(command)


@shared_task
def sweep() -> None:
    """Every second: what is due; and until the next one, what the field says."""
    if not _alone():
        return
    try:
        _sweep(time.monotonic, time.sleep)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def _sweep(clock: Callable[[], float], pause: Callable[[float], None]) -> None:
    until = clock() + ROUND
    with Round() as pieces:
        for site in Site.objects.order_by("pk").values_list("pk", flat=True):
            pieces.do("commands", site, _due, site)
        pieces.do("watches", None, watches.end_over, timezone.now())
    while clock() < until:  # also while nothing is waited for: a command that leaves now is obeyed before the next round
        pause(PAUSE)
        for site in _watched():
            watching.look(site, timezone.now())
            deadlines.sweep(site, timezone.now())
            progress.sweep(site, timezone.now())


def _due(site: int) -> None:
    now = timezone.now()
    watching.look(site, now)
    deadlines.sweep(site, now)
    overrides.sweep(site, now)
    progress.sweep(site, now)


def _watched() -> list[int]:
    """Sites where the field may say something of a command, or a scenario runs."""
    waiting = Command.objects.filter(watched_until__isnull=False).values_list("site_id")
    held = Override.objects.filter(ended_at__isnull=False, released_at=None).values_list("site_id")
    running = ScenarioRun.objects.filter(state=ScenarioRun.State.RUNNING).values_list("site_id")
    return sorted({site for (site,) in waiting.union(held, running)})


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])
