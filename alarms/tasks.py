"""What Celery does for alarms: end what has an end, bring back what outlasts its cause. Each sweep of each site stands alone."""

import datetime as dt
from types import ModuleType

from celery import shared_task
from django.utils import timezone

from alarms import pseudonyms
from alarms.backtests import runs
from alarms.correlation import set_aside, shadow
from alarms.incidents import upkeep
from alarms.lifecycle import deadlines
from alarms.maintenance import upkeep as maintenance
from alarms.site import profiles
from alarms.verdicts import recovery
from assets import retention
from assets.models import Site
from assets.periodic import Round


@shared_task
def sweep_deadlines() -> None:
    now = timezone.now()
    with Round() as pieces:
        for site in _sites():
            pieces.do("maintenance", site, maintenance.sweep, site, now)
            pieces.do("deadlines", site, _until_done, deadlines, site, now)
            pieces.do("recovery", site, _until_done, recovery, site, now)
            pieces.do("incidents", site, upkeep.sweep, site, now)


def _until_done(sweeper: ModuleType, site: int, now: dt.datetime) -> None:
    while sweeper.sweep(site, now) == sweeper.BATCH:
        pass


@shared_task
def run_backtest(backtest: int) -> None:
    runs.run(backtest, timezone.now)


@shared_task
def sweep_backtests() -> None:
    now = timezone.now()
    with Round() as pieces:
        pieces.do("lost_backtests", None, _run_lost, now)
        pieces.do("old_shadow_alarms", None, shadow.drop_old, now)
        pieces.do("old_set_aside", None, set_aside.drop_old, retention.readings_end(now))


def _run_lost(now: dt.datetime) -> None:
    for lost in runs.sweep(now):
        run_backtest.delay(lost)


@shared_task
def refresh_profiles() -> None:
    """Once a day for each site, and when a rule asks for what was not computed."""
    with Round() as pieces:
        for site in _sites():
            pieces.do("profiles", site, profiles.refresh, site, timezone.now())


@shared_task
def forget_people() -> None:
    """Destroy the keys of pseudonyms whose events are gone."""
    with Round() as pieces:
        for site in _sites():
            pieces.do("pseudonyms", site, pseudonyms.forget, site, timezone.now())


def _sites() -> list[int]:
    return list(Site.objects.order_by("id").values_list("id", flat=True))
