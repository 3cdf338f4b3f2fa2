"""What SMS providers say later of what they took: their receipts, with the token of the gateway."""

import datetime as dt
from typing import Any

import msgspec
from django.db import transaction

from assets import tokens
from journal import live
from journal.page import Line
from response.models import Gateway, Means
from response.notification import gateways, outbox
from response.notification.transports import sms
from response.notification.transports.sms import HttpSms


class ReceiptRefused(Exception):
    """It cannot be taken; `status` is the answer's."""

    def __init__(self, status: int, said: str) -> None:
        super().__init__(said)
        self.status = status


def receive(site: str, token: str, body: bytes, now: dt.datetime) -> int:
    """Take a receipt; how many messages it changed. Raises ReceiptRefused."""
    row = Gateway.objects.filter(site__slug=site, means=Means.SMS).first()
    if not tokens.opens(token, row.token_hash if row is not None else None) or row is None:
        raise ReceiptRefused(401, "Send the gateway's own token as `Authorization: Token …`.")
    settings = gateways.settings_of(row)
    if not isinstance(settings, HttpSms) or settings.receipts is None:
        raise ReceiptRefused(422, "The gateway's settings do not say how a receipt is read.")
    if (said := sms.heard(settings.receipts, _read(body))) is None:
        raise ReceiptRefused(422, "The receipt names no message, or says neither that it arrived nor that it did not.")
    number, arrived = said
    with transaction.atomic():
        messages = outbox.receipt(row.site_id, Means.SMS, number, arrived, now)
        if messages and not arrived:
            about = [("alarm", each.escalation_id) for each in messages if each.escalation_id is not None]
            told = {"means": "sms", "number": number, "messages": len(messages), "kind": messages[0].kind}
            with live.writing(row.site_id) as page:
                page.write(Line("message.undelivered", now, "SMS non remis", "SMS not delivered", about, details=told))
    return len(messages)


def _read(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
