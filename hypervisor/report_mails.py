"""Sends a report that a schedule ordered: makes the document, hands it to the mail server of the site, once."""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.urls import reverse

from assets.models import Sector
from assets.refusal import Refused
from hypervisor.api.reports import sees_on
from hypervisor.pages.reports_on_paper import Document, month_document, report_document
from journal.models import Bookmark
from reports import annunciations, defining, report, schedules
from reports.contracts import keeping, statement
from reports.models import ReportMail, ReportSchedule
from reports.periods import Period
from reports.report import Asked
from response.models import Contract, Means
from response.notification import gateways
from response.notification.letters import Letter
from response.notification.sealed import Unreadable
from response.notification.transports import mail
from response.notification.transports.mail import Attached, Smtp
from response.notification.transports.outcome import NotSent


def document_of(schedule: ReportSchedule, period: Period, now: dt.datetime) -> Document:
    """What a schedule sends of a period. A month that was frozen is sent as it was frozen."""
    site = schedule.site
    if schedule.contract_id is not None:
        related = Contract.objects.select_related("contractor__site").prefetch_related("kinds", "sectors")
        row = related.get(pk=schedule.contract_id)
        frozen = keeping.latest(row, period)
        if frozen is not None:
            found = statement.read(frozen.document)
        else:
            found = statement.make(row, period, keeping.of_contract(row.pk), now)
        return month_document(row, found, frozen, schedule.language, "Vigie")
    sectors = None if schedule.sector_id is None else (Sector.objects.values_list("path", flat=True).get(pk=schedule.sector_id),)
    asked = Asked(site.pk, period, sectors)
    reached = Bookmark.objects.filter(site=site, follower=annunciations.NAME).values_list("seq", flat=True).first() or 0
    made = report.make(asked, defining.of_site(site.pk), sees_on(site.pk), now, reached)
    of = schedule.sector.name if schedule.sector is not None else ""
    return report_document(site, made, schedule.language, "Vigie", of)


def deliver(id_: int, clock: Callable[[], dt.datetime]) -> None:
    """Send one, once; another worker may have it."""
    row = schedules.claim(id_, clock())
    if row is None:
        return
    try:
        server = _server(row)
        period = schedules.period_of(row.schedule.every, row.first, row.schedule.site.timezone)
        document = document_of(row.schedule, period, clock())
        attached = Attached(f"{document.name}.pdf", "application/pdf", document.pdf())
        if not schedules.hand_over(row, clock()):
            return
        private = row.schedule.site.allow_private_pull or settings.ALLOW_PRIVATE_PULL
        mail.send(_letter(row, document), row.address, server, allow_private=private, attached=[attached])
    except NotSent as failure:
        schedules.failed(row, str(failure), clock(), for_good=failure.for_good)
    except Refused as refused:
        schedules.failed(row, refused.en, clock(), for_good=False)
    else:
        schedules.sent(row, clock())


def _server(row: ReportMail) -> Smtp:
    """Raises NotSent."""
    try:
        server = gateways.of_site(row.schedule.site_id, Means.MAIL)
    except Unreadable as error:
        raise NotSent(str(error)) from error
    if not isinstance(server, Smtp):
        raise NotSent("the site has no gateway for mail")
    return server


def _letter(row: ReportMail, document: Document) -> Letter:
    site, english = row.schedule.site, row.schedule.language == "en"
    subject = f"{site.name}{':' if english else ' :'} {document.title}"
    lines = [*document.sentences, "", "The document is attached." if english else "Le document est joint."]
    if settings.ADDRESS:
        lines.append(f"{settings.ADDRESS}{reverse('site_reports', args=[site.slug])}")
    id_ = f"vigie-report-{site.pk}-{row.pk}"
    return Letter(id_, site.name, subject, "\n".join(lines), subject, "", False)
