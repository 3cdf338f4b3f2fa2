"""The mail of a work order: to a real mail server, once, with a link that works; by itself where the contractor wants it."""

import datetime as dt
import re

import pytest
from django.test import Client

from assets.refusal import Refused
from journal.models import JournalEntry
from response.models import OrderMail
from response.notification import gateways
from response.orders import mails as order_mails
from response.orders import moves
from response.orders.states import Move
from tests.factories import NOON, make_asset, make_site
from tests.response.ordering import BY, make_contract, make_contractor, make_order

MINUTE = dt.timedelta(minutes=1)


def clock() -> dt.datetime:
    return NOON + MINUTE


@pytest.fixture
def site(transactional_db, settings):
    settings.ALLOW_PRIVATE_PULL, settings.ADDRESS = True, "https://vigie.ville.fr"
    return make_site()


def serve(site, port: int) -> None:
    smtp = {
        "protocol": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "sender": "vigie@ville.fr",
        "allow_private_address": True,
    }  # fmt: skip
    gateways.write(site.pk, "mail", smtp, by=BY, now=NOON)


def test_an_order_is_mailed_once_with_a_link_that_moves_it_on(site, mails):
    serve(site, mails[0])
    order = make_order(make_asset(site, "L-1"), make_contract(make_contractor(site)))
    asked = order_mails.ask(order.pk, by=BY, now=NOON)
    assert order_mails.ask(order.pk, by=BY, now=NOON).pk == asked.pk
    order_mails.deliver(asked.pk, clock)
    order_mails.deliver(asked.pk, clock)
    (mail,) = mails[1]()
    assert mail["To"] == "astreinte@citelux.example"
    assert mail["Subject"] == "Quai : intervention n° 1, priorité urgente"
    text = mail.get_content()
    assert "Éclairage éteint" in text
    assert "À accepter avant :" in text
    path = re.search(r"https://vigie.ville.fr(/work/\S+)", text)[1]
    assert "Éclairage éteint" in Client().get(path).content.decode()
    line = JournalEntry.objects.get(kind="work_order.mailed")
    assert line.text_fr == "Intervention n° 1, envoyée par courriel à astreinte@citelux.example"


def test_what_a_contractor_wants_by_mail_leaves_by_itself_and_nothing_that_is_old_or_refused(site, mails):
    serve(site, mails[0])
    wants = make_contract(make_contractor(site, mails=True, language="en"))
    silent = make_contract(make_contractor(site, "autre"), "B")
    fresh = make_order(None, wants)
    make_order(None, wants, NOON - 90 * MINUTE, fault="Vieux")
    make_order(None, silent)
    moves.move(make_order(None, wants, fault="Refusé").pk, Move.REFUSE, by=BY, now=NOON, text="hors contrat")
    order_mails.sweep(site.pk, NOON + MINUTE)
    order_mails.sweep(site.pk, NOON + MINUTE)
    assert list(OrderMail.objects.values_list("order", flat=True)) == [fresh.pk]
    order_mails.deliver(OrderMail.objects.get().pk, clock)
    (mail,) = mails[1]()
    assert mail["Subject"] == "Quai: work order No 1, urgent priority"


def test_a_server_that_is_not_there_is_tried_again_then_given_up_and_told(site, free_port):
    serve(site, free_port())
    asked = order_mails.ask(make_order(None, make_contract(make_contractor(site))).pk, by=BY, now=NOON)
    at = NOON
    for _try in range(order_mails.MOST_TRIES):
        order_mails.deliver(asked.pk, lambda: at)  # noqa: B023
        order_mails.deliver(asked.pk, lambda: at)  # noqa: B023  # not due yet: one try, not two
        at += dt.timedelta(minutes=10)
    asked.refresh_from_db()
    assert (asked.tries, asked.failed_at is not None, asked.sent_at) == (order_mails.MOST_TRIES, True, None)
    assert JournalEntry.objects.filter(kind="work_order.unmailed").count() == 1


@pytest.mark.parametrize(("email", "server", "code"), [("", True, "no_address"), ("a@b.fr", False, "no_gateway")])
def test_a_mail_that_cannot_leave_is_refused_at_once(site, email, server, code):
    if server:
        serve(site, 25)
    order = make_order(None, make_contract(make_contractor(site, email=email)))
    with pytest.raises(Refused) as refused:
        order_mails.ask(order.pk, by=BY, now=NOON)
    assert refused.value.code == code
    assert not order.links.exists()
