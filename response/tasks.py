"""What Celery does for the response: due steps of procedures, late orders and questions, escalations, letters, sirens."""

import uuid

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from response.duty import vigilance
from response.entities import moves as entities
from response.notification import canary, delivery, escalation, outbox, reviewing
from response.orders import mails, plans
from response.orders import moves as orders
from response.procedures import runs
from response.siren import moves as sirens


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
            pieces.do("order_plans", site, plans.sweep, site, now)
            pieces.do("order_mails", site, mails.sweep, site, now)


@shared_task
def mail_order(mail: int) -> None:
    mails.deliver(mail, timezone.now)


@shared_task
def sweep_entity_messages() -> None:
    """Questions to other rooms that are late, or over."""
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id").values_list("id", flat=True):
            pieces.do("entity_messages", site, entities.sweep, site, now)


@shared_task
def sweep_sirens() -> None:
    """Sirens that are not reached any more, or are again."""
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id").values_list("id", flat=True):
            pieces.do("sirens", site, sirens.sweep, site, now)


@shared_task
def sweep_notifications() -> None:
    """Every second: what is over, what is due, the canary, and what may leave."""
    with Round() as pieces:
        for site in Site.objects.order_by("id"):
            pieces.do("escalations", site.pk, escalation.sweep, site, timezone.now())
            pieces.do("canary", site.pk, canary.sweep, site, timezone.now())
            pieces.do("letters", site.pk, _letters, site.pk)


@shared_task
def review_notification() -> None:
    """Every hour: which steps would reach nobody."""
    with Round() as pieces:
        for site in Site.objects.order_by("id"):
            pieces.do("notification_review", site.pk, reviewing.sweep, site, timezone.now())


def _letters(site: int) -> None:
    for letter in outbox.bind(site, timezone.now()):
        delivery.dispatch(letter)


@shared_task
def deliver(letter: str) -> None:
    delivery.deliver(uuid.UUID(letter), timezone.now)


@shared_task
def sweep_duty() -> None:
    """Positions that nobody holds, and critical alarms that wait."""
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id").values_list("id", flat=True):
            pieces.do("duty", site, vigilance.sweep, site, now)
