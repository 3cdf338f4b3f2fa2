"""What Celery does for alarms: end what has an end, bring back what outlasts its cause."""

from celery import shared_task
from django.utils import timezone

from alarms import profiles, pseudonyms, shadow
from alarms.backtests import runs
from alarms.incidents import upkeep
from alarms.lifecycle import deadlines, recovery
from alarms.maintenance import upkeep as maintenance
from assets.models import Site


@shared_task
def sweep_deadlines() -> None:
    now = timezone.now()
    for site in Site.objects.values_list("id", flat=True):
        maintenance.sweep(site, now)
        while deadlines.sweep(site, now) == deadlines.BATCH:
            pass
        while recovery.sweep(site, now) == recovery.BATCH:
            pass
        upkeep.sweep(site, now)


@shared_task
def run_backtest(backtest: int) -> None:
    runs.run(backtest, timezone.now)


@shared_task
def sweep_backtests() -> None:
    for lost in runs.sweep(timezone.now()):
        run_backtest.delay(lost)
    shadow.drop_old(timezone.now())


@shared_task
def refresh_profiles() -> None:
    """Once a day for each site, and when a rule asks for what was not computed."""
    for site in Site.objects.values_list("id", flat=True):
        profiles.refresh(site, timezone.now())


@shared_task
def forget_people() -> None:
    """Destroy the keys of pseudonyms whose events are gone."""
    for site in Site.objects.values_list("id", flat=True):
        pseudonyms.forget(site, timezone.now())
