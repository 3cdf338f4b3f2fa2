"""What happens by itself and asks for people's rights: sessions that ended are removed, answers by SMS are taken."""

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from hypervisor import answers
from hypervisor.sessions import SessionStore
from response.notification import receipts


@shared_task
def clear_sessions() -> None:
    with Round() as pieces:
        pieces.do("sessions", None, SessionStore.clear_expired)


@shared_task
def receive_sms() -> None:
    """What waits at SMPP servers: receipts, and answers that acknowledge."""
    with Round() as pieces:
        for site in Site.objects.order_by("id"):
            pieces.do("sms_received", site.pk, receipts.fetch, site, answers.may_of, timezone.now)
