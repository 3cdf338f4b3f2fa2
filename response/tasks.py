"""What Celery does for the response: steps of procedures that are late, done or outlived by their incident, and late orders."""

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from response.orders import moves as orders
from response.procedures import runs


@shared_task
def sweep_runs() -> None:
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id").values_list("id", flat=True):
            pieces.do("runs", site, runs.sweep, site, now)


@shared_task
def sweep_orders() -> None:
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id").values_list("id", flat=True):
            pieces.do("work_orders", site, orders.sweep, site, now)
