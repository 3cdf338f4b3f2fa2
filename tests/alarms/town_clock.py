"""What a town that is played with is moved by: its clock, the sweeps, sessions of their own, and waiting for what locks."""

import datetime as dt
from concurrent.futures import Future

import pytest
from django.db import connection

from alarms import tasks
from assets.models import Asset, Site
from tests.alarms.byhand import ByHand


class Now:
    """The clock of the correlator that is being played with."""

    hand: ByHand

    def __call__(self) -> int:
        return self.hand.now


NOW = Now()


def sweep(site: Site, now: dt.datetime) -> None:
    """What happens by itself, as the periodic task does it for one site."""
    tasks.maintenance.sweep(site.pk, now)
    tasks.deadlines.sweep(site.pk, now)
    tasks.recovery.sweep(site.pk, now)
    tasks.upkeep.sweep(site.pk, now)


def above(asset: Asset) -> list[int]:
    return [] if asset.depends_on is None else [asset.depends_on_id, *above(asset.depends_on)]


def closing(act, *arguments: object) -> None:
    """Do it in a session of its own."""
    try:
        act(*arguments)
    finally:
        connection.close()


def settled(under_way: list[Future]) -> None:
    """Return once each of them is done or waits for a lock."""
    deadline = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=20)
    while dt.datetime.now(dt.UTC) < deadline:
        open_ = [each for each in under_way if not each.done()]
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0] >= len(open_):
                return
    pytest.fail("neither done nor waiting")
