"""Links by which a contractor acts on one work order from a phone, without an account; the only writer of OrderLink.

A link is a signed number: who does not have it cannot make it, and the mail that carries it can be written again from the row. It
ends by itself, can be revoked, and acts in the contractor's name.
"""

import datetime as dt
from dataclasses import dataclass

from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Q

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import open_page
from response.models import OrderLink, WorkOrder
from response.orders import moves
from response.orders.states import ENDED, State

LASTS = dt.timedelta(days=7)
LONGEST = dt.timedelta(days=31)
MOST = 10
"""In force, of one order."""
_SALT = "vigie.work-order-link"


@dataclass(frozen=True, slots=True)
class Known:
    """A link that was made here: `over` when it has ended, was revoked, or its order has ended."""

    link: OrderLink
    order: WorkOrder
    over: bool

    @property
    def actor(self) -> Actor:
        return Actor("token", self.order.contractor.name)


def make(id_: int, *, by: Actor, now: dt.datetime, lasts: dt.timedelta = LASTS) -> OrderLink:
    """A new link to an open order. Raises Refused."""
    if not dt.timedelta(0) < lasts <= LONGEST:
        fr, en = f"Un lien vaut {LONGEST.days} jours au plus.", f"A link is valid for at most {LONGEST.days} days."
        raise Refused("link_too_long", fr, en, meaning=Meaning.INVALID, field="days")
    with transaction.atomic():
        order = moves.locked(id_)
        if State(order.state) in ENDED:
            raise Refused("order_ended", "Cette intervention est terminée.", "This work order has ended.")
        if order.links.filter(in_force(now)).count() >= MOST:
            fr, en = f"{MOST} liens sont en cours : révoquez-les d’abord.", f"{MOST} links are in force: revoke them first."
            raise Refused("too_many_links", fr, en)
        link = OrderLink.objects.create(order=order, created_at=now, created_by=by.name, ends_at=now + lasts)
        until_fr, until_en = f"{link.ends_at:%d/%m/%Y}", f"{link.ends_at:%Y-%m-%d}"
        page = open_page(order.site_id)
        moves.told(
            order, page, "linked", f"lien remis à l’entreprise jusqu’au {until_fr}", f"link made until {until_en}", by, now
        )
        live.publish(page)
    return link


def revoke(id_: int, *, by: Actor, now: dt.datetime) -> int:
    """End every link of an order at once; how many there were. Again does no harm."""
    with transaction.atomic():
        order = moves.locked(id_)
        ended = order.links.filter(in_force(now)).update(revoked_at=now)
        if ended:
            page = open_page(order.site_id)
            moves.told(order, page, "unlinked", "liens de l’entreprise révoqués", "links of the contractor revoked", by, now)
            live.publish(page)
    return ended


def token(link: OrderLink) -> str:
    return Signer(salt=_SALT).sign(str(link.pk))


def known(signed: str, now: dt.datetime) -> Known | None:
    """What a link leads to; None for one that was never made here."""
    try:
        number = int(Signer(salt=_SALT).unsign(signed))
    except (BadSignature, ValueError):
        return None
    link = (
        OrderLink.objects.select_related("order__site", "order__contractor", "order__asset", "order__sector")
        .filter(pk=number)
        .first()
    )
    if link is None:
        return None
    over = link.revoked_at is not None or link.ends_at <= now or State(link.order.state) in ENDED
    return Known(link, link.order, over)


def in_force(now: dt.datetime) -> Q:
    return Q(revoked_at=None, ends_at__gt=now)
