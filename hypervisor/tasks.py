"""What happens by itself and needs people's rights or their screens: sessions end, answers by SMS are taken, reports mailed."""

import datetime as dt

from celery import shared_task
from django.utils import timezone

from assets.models import Site
from assets.periodic import Round
from hypervisor import answers, report_mails
from hypervisor.change_sets import carry_out_import
from hypervisor.sessions import SessionStore
from reports import schedules
from response.notification import receipts

__all__ = ["carry_out_import"]  # for the worker, which looks for tasks here


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


@shared_task
def sweep_report_mails() -> None:
    """Reports whose day has come; each document is made by a worker for long tasks."""
    now = timezone.now()
    with Round() as pieces:
        for site in Site.objects.order_by("id"):
            pieces.do("report_mails", site.pk, _order_mails, site, now)


def _order_mails(site: Site, now: dt.datetime) -> None:
    for mail in schedules.sweep(site.pk, site.timezone, now):
        mail_report.apply_async(args=[mail], expires=300, retry=False)


@shared_task
def mail_report(mail: int) -> None:
    report_mails.deliver(mail, timezone.now)
