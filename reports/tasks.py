"""What Celery does for reports: days that are over are packed, so that a month is read soon."""

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from reports import annunciations, packing


@shared_task
def pack_days() -> None:
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.values_list("pk", flat=True):
            pieces.do("packs", site, packing.pack, site, annunciations.NAME, now)
