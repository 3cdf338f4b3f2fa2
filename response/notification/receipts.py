"""What SMS providers say later: receipts, and what people answer; by HTTP with the token of the gateway, or by SMPP."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from alarms.models import Alarm
from assets import tokens
from assets.models import Site
from assets.refusal import Refused
from journal import live
from journal.page import Line
from response.models import Contact, Gateway, Means
from response.notification import addresses, answering, gateways, outbox
from response.notification.sealed import fingerprint
from response.notification.transports import smpp, sms
from response.notification.transports.smpp import Heard, Receipt, Smpp
from response.notification.transports.sms import HttpSms

MayOf = Callable[[Contact], Callable[[Alarm], bool]]
"""Whether the reader of a contact, as their rights are now, may acknowledge an alarm."""
MOST_WRONG, WRONG_FOR = 5, 3600
"""Wrong codes of one number, and the seconds until it may try again."""
_ANSWER = re.compile(r"\s*(?:[a-z]{1,3})?[\s.:]*(\d{4})[\s.!]*", re.IGNORECASE)


class ReceiptRefused(Exception):
    """It cannot be taken; `status` is the answer's."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


def receive(site: str, token: str, body: bytes, now: dt.datetime) -> int:
    """Take a receipt over HTTP; how many messages it changed. Raises ReceiptRefused."""
    row, provider = _provider(site, token)
    if provider.receipts is None:
        raise ReceiptRefused(422, "The gateway's settings do not say how a receipt is read.")
    if (said := sms.heard(provider.receipts, _read(body))) is None:
        raise ReceiptRefused(422, "The receipt names no message, or says neither that it arrived nor that it did not.")
    return arrived(row.site_id, said[0], said[1], now)


def receive_answer(site: str, token: str, body: bytes, may_of: MayOf, now: dt.datetime) -> int:
    """Take an SMS that came back over HTTP; how many alarms it acknowledged. Raises ReceiptRefused."""
    row, provider = _provider(site, token)
    if provider.answers is None:
        raise ReceiptRefused(422, "The gateway's settings do not say how an answer is read.")
    sender, text = sms.answered(provider.answers, _read(body))
    if not sender:
        raise ReceiptRefused(422, "The answer does not say who wrote it.")
    return answer(row.site_id, sender, text, may_of, now)


def fetch(site: Site, may_of: MayOf, clock: Callable[[], dt.datetime]) -> int:
    """Take what waits at the site's SMPP server, if it has one that receives. Raises NotSent, sealed.Unreadable."""
    server = gateways.of_site(site.pk, Means.SMS)
    if not isinstance(server, Smpp) or not server.receives:
        return 0

    def take(heard: Heard) -> bool:
        if not isinstance(heard, Receipt):
            answer(site.pk, heard.sender, heard.text, may_of, clock())
            return True
        # a receipt may be there before its message is known to have left
        return bool(arrived(site.pk, heard.number, heard.arrived, clock())) or not outbox.is_sending(site.pk, Means.SMS)

    return smpp.receive(server, take, allow_private=site.allow_private_pull or settings.ALLOW_PRIVATE_PULL)


def arrived(site: int, number: str, whether: bool, now: dt.datetime) -> int:
    """Note what became of the SMS of this number; how many messages that changed."""
    with transaction.atomic():
        messages = outbox.receipt(site, Means.SMS, number, whether, now)
        if messages and not whether:
            about = [("alarm", each.escalation_id) for each in messages if each.escalation_id is not None]
            told = {"means": "sms", "number": number, "messages": len(messages), "kind": messages[0].kind}
            with live.writing(site) as page:
                page.write(Line("message.undelivered", now, "SMS non remis", "SMS not delivered", about, details=told))
    return len(messages)


def answer(site: int, sender: str, text: str, may_of: MayOf, now: dt.datetime) -> int:
    """Acknowledge what a letter's code names, in the name of whoever has that phone; how many alarms."""
    try:
        number = addresses.normal(Means.SMS, sender)
    except Refused:
        return 0
    known = Contact.objects.filter(site_id=site, means=Means.SMS, fingerprint=fingerprint(f"{Means.SMS} {number}")).first()
    wrong = f"answers:{site}:{fingerprint(number)}"
    if known is None or cache.get(wrong, 0) >= MOST_WRONG:
        return 0
    code = _ANSWER.fullmatch(text)
    found = answering.of_code(site, number, code[1], now) if code else None
    if found is None:
        cache.add(wrong, 0, WRONG_FOR)
        cache.incr(wrong)
        with live.writing(site) as page:
            fr, en = (
                f"Réponse par SMS de {known.hint} sans alarme : rien n’est acquitté",
                f"SMS answer of {known.hint} names no alarm",
            )
            page.write(Line("message.answer_unknown", now, fr, en, [("contact", known.pk)]))
        return 0
    done, _left = answering.acknowledge(found, may_of(found.contact), now, "answer")
    return len(done)


def _provider(site: str, token: str) -> tuple[Gateway, HttpSms]:
    row = Gateway.objects.filter(site__slug=site, means=Means.SMS).first()
    if not tokens.opens(token, row.token_hash if row is not None else None) or row is None:
        raise ReceiptRefused(401, "Send the gateway's own token as `Authorization: Token …`.")
    provider = gateways.settings_of(row)
    if not isinstance(provider, HttpSms):
        raise ReceiptRefused(422, "The gateway's settings do not say how this is read.")
    return row, provider


def _read(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
