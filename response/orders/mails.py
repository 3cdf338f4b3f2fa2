"""The mail by which a contractor gets an order, with the link for its phone; the only writer of OrderMail. All raise Refused.

It leaves by the mail server of the site's notification. A mail is tried again under the same Message-ID, so that one that arrives
twice, because an answer was lost, can be known as one.
"""

import datetime as dt
import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from assets.refusal import Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import open_page
from response.models import Gateway, Means, OrderMail, WorkOrder
from response.notification import gateways
from response.notification.letters import Letter
from response.notification.sealed import Unreadable
from response.notification.transports import mail
from response.notification.transports.mail import Smtp
from response.notification.transports.outcome import NotSent
from response.orders import links, moves
from response.orders.states import State
from response.orders.terms import PRIORITY_WORDS, Priority

TASK = "response.tasks.mail_order"
CLAIMED_FOR = dt.timedelta(seconds=60)
MOST_TRIES = 6
FIRST_RETRY = dt.timedelta(seconds=10)
FRESH = dt.timedelta(hours=1)
"""An order that is older is not mailed by itself: a server that was set up today tells nobody of last week."""
_WAITS = Q(sent_at=None, failed_at=None)


def ask(order: int, *, by: Actor, now: dt.datetime) -> OrderMail:
    """Mail an order to its contractor, with a link of its own."""
    with transaction.atomic():
        row = moves.locked(order)
        if not row.contractor.email:
            fr, en = "Cette entreprise n’a pas d’adresse de courriel.", "This contractor has no mail address."
            raise Refused("no_address", fr, en)
        if not Gateway.objects.filter(site_id=row.site_id, means=Means.MAIL).exists():
            fr, en = "Le site n’a pas de serveur de courriel : Réglages, Notification.", "The site has no mail server: Settings."
            raise Refused("no_gateway", fr, en)
        if (waiting := row.mails.filter(_WAITS).first()) is not None:
            return waiting
        link = links.make(order, by=by, now=now)
        return OrderMail.objects.create(
            order=row, link=link, address=row.contractor.email, asked_at=now, asked_by=by.name, due_at=now
        )


def sweep(site: int, now: dt.datetime) -> None:
    """Mail what was just ordered from whoever wants that, and let workers send what is due."""
    fresh = WorkOrder.objects.filter(site_id=site, state=State.ORDERED, ordered_at__gt=now - FRESH, mails=None)
    fresh = fresh.filter(contractor__mails=True).exclude(contractor__email="")
    if Gateway.objects.filter(site_id=site, means=Means.MAIL).exists():
        for order in fresh.values_list("pk", flat=True):
            try:
                ask(order, by=SYSTEM, now=now)
            except Refused:
                continue  # it has ended meanwhile
    for due in OrderMail.objects.filter(_WAITS, order__site_id=site, due_at__lte=now).values_list("pk", flat=True)[:100]:
        _dispatch(due)


def _dispatch(due: int) -> None:
    """Should that be lost, the next sweep orders it again."""
    try:
        current_app.send_task(TASK, args=[due], expires=30, retry=False)
    except (OperationalError, RedisError, OSError):
        return


def deliver(id_: int, clock: Callable[[], dt.datetime]) -> None:
    """Send one, once; another worker may have it."""
    row = _claimed(id_, clock())
    if row is None:
        return
    try:
        _send(row)
    except NotSent as failure:
        _not_sent(row, failure, clock())
        return
    with transaction.atomic():
        OrderMail.objects.filter(_WAITS, pk=row.pk).update(sent_at=clock(), reason="")
        _journaled(row, "mailed", f"envoyée par courriel à {row.address}", f"mailed to {row.address}", clock())


def _claimed(id_: int, now: dt.datetime) -> OrderMail | None:
    with transaction.atomic():
        waiting = OrderMail.objects.filter(_WAITS, pk=id_, due_at__lte=now)
        if waiting.select_for_update(skip_locked=True).first() is None:
            return None
        related = "order__site", "order__contractor", "order__asset", "order__sector", "link"
        row = OrderMail.objects.select_related(*related).defer("order__sector__polygon").get(pk=id_)
        row.tries, row.due_at = row.tries + 1, now + CLAIMED_FOR
        row.save(update_fields=["tries", "due_at"])
    return row


def _send(row: OrderMail) -> None:
    """Raises NotSent."""
    site = row.order.site
    try:
        server = gateways.of_site(site.pk, Means.MAIL)
    except Unreadable as error:
        raise NotSent(str(error)) from error
    if not isinstance(server, Smtp):
        raise NotSent("the site has no gateway for mail")
    private = site.allow_private_pull or settings.ALLOW_PRIVATE_PULL
    mail.send(letter(row), row.address, server, allow_private=private)


def _not_sent(row: OrderMail, failure: NotSent, now: dt.datetime) -> None:
    reason = str(failure)[:200]
    if not failure.for_good and row.tries < MOST_TRIES:
        OrderMail.objects.filter(_WAITS, pk=row.pk).update(due_at=now + FIRST_RETRY * 2 ** (row.tries - 1), reason=reason)
        return
    with transaction.atomic():
        OrderMail.objects.filter(_WAITS, pk=row.pk).update(failed_at=now, reason=reason)
        fr, en = f"courriel à {row.address} non envoyé : {reason}", f"mail to {row.address} not sent: {reason}"
        _journaled(row, "unmailed", fr, en, now)


def _journaled(row: OrderMail, kind: str, fr: str, en: str, now: dt.datetime) -> None:
    order = moves.locked(row.order_id)
    page = open_page(order.site_id)
    moves.told(order, page, kind, fr, en, SYSTEM, now)
    live.publish(page)


def letter(row: OrderMail) -> Letter:
    """What the mail says, in the contractor's language and on the clocks of the site."""
    order, english, zone = row.order, row.order.contractor.language == "en", ZoneInfo(row.order.site.timezone)
    link = f"{settings.ADDRESS}{reverse('contractor_link', args=[links.token(row.link)])}" if settings.ADDRESS else ""
    priority, asset = PRIORITY_WORDS[Priority(order.priority)], order.asset
    lines = [order.fault, ""]
    if asset is not None:
        lines += [f"{asset.name} ({asset.code})", f"{asset.latitude:.5f}, {asset.longitude:.5f}"]
    if order.sector is not None:
        lines.append(order.sector.name)
    due = (("accept_due", "À accepter avant", "To accept before"), ("arrive_due", "Sur place avant", "On site before"),
           ("restore_due", "À rétablir avant", "To restore before"))  # fmt: skip
    for name, fr, en in due:
        if at := getattr(order, name):
            lines.append(f"{en if english else fr}{':' if english else ' :'} {at.astimezone(zone):%d/%m/%Y %H:%M}")
    if link:
        told = (
            "Accept, note, photograph and restore (for you alone):",
            "Accepter, noter, photographier, rétablir (pour vous seul) :",
        )
        lines += ["", told[0] if english else told[1], link]
    site, number = order.site.name, order.number
    subject = f"{site} : intervention n° {number}, priorité {priority.fr}"
    if english:
        subject = f"{site}: work order No {number}, {priority.en} priority"
    id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"vigie-order-mail-{order.site_id}-{row.pk}-{row.asked_at.isoformat()}"))
    return Letter(id_, site, subject, "\n".join(lines), subject, link, order.priority == Priority.URGENT)
