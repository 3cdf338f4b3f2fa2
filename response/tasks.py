"""What Celery does for the response: procedures whose steps are late, done by themselves, or outlived by their incident."""

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from response.procedures import runs


@shared_task
def sweep_runs() -> None:
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id").values_list("id", flat=True):
            pieces.do("runs", site, runs.sweep, site, now)
