"""What Celery does for alarms: end what has an end."""

from celery import shared_task
from django.utils import timezone

from alarms.lifecycle import deadlines
from assets.models import Site


@shared_task
def sweep_deadlines() -> None:
    now = timezone.now()
    for site in Site.objects.values_list("id", flat=True):
        while deadlines.sweep(site, now) == deadlines.BATCH:
            pass
