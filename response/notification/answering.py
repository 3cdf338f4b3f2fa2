"""Answers by link or by SMS: whoever holds a letter's link, or its code and its phone, acknowledges its alarms once, without a
session, in the name of its reader.

Opening the link changes nothing: programs that look at mail open links too.
"""

import base64
import datetime as dt
import hmac
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from django.conf import settings
from django.db import transaction

from alarms import lifecycle
from alarms.models import Alarm
from journal.actors import Actor
from response.models import Contact, Means, Message
from response.notification import outbox
from response.notification.sealed import fingerprint

_SIGNED = 9
"""Bytes of the signature."""
_LEFT = (Message.State.SENDING, Message.State.SENT, Message.State.DELIVERED, Message.State.FAILED)


@dataclass(frozen=True, slots=True)
class Answerable:
    """What the link of a letter leads to; `used` and `over` say that it acknowledges nothing more."""

    letter: uuid.UUID
    contact: Contact
    alarms: tuple[Alarm, ...]
    used: bool
    over: bool


def token_of(letter: uuid.UUID) -> str:
    """34 characters that nobody else can write."""
    return base64.urlsafe_b64encode(letter.bytes + _signature(letter)).decode().rstrip("=")


def letter_of(token: str) -> uuid.UUID | None:
    """The letter whose token this is."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        return None
    if len(raw) != 16 + _SIGNED:
        return None
    letter = uuid.UUID(bytes=raw[:16])
    return letter if hmac.compare_digest(token.encode(), token_of(letter).encode()) else None


def of_token(token: str, now: dt.datetime) -> Answerable | None:
    """What a link leads to; None: it is no link of ours, or its contact is gone."""
    letter = letter_of(token)
    return _of_letter(letter, now) if letter is not None else None


def of_code(site: int, number: str, code: str, now: dt.datetime) -> Answerable | None:
    """What an SMS of this number with this code answers; None: nothing that was sent there of late."""
    known = fingerprint(f"{Means.SMS} {number}")
    rows = Message.objects.filter(
        site_id=site,
        contact__fingerprint=known,
        contact__means=Means.SMS,
        answer_code=code,
        letter__isnull=False,
        state__in=_LEFT,
    )
    newest = rows.order_by("-id").first()
    return _of_letter(newest.letter, now) if newest is not None and newest.letter is not None else None


def _of_letter(letter: uuid.UUID, now: dt.datetime) -> Answerable | None:
    rows = Message.objects.filter(letter=letter, kind=Message.Kind.ALARM, state__in=_LEFT)
    messages = list(rows.select_related("contact__person", "contact__site", "escalation__alarm__sector"))
    if not messages:
        return None
    alarms = {message.escalation.alarm_id: message.escalation.alarm for message in messages if message.escalation is not None}
    left = min(message.sent_at or message.due_at for message in messages)
    used = any(message.answered_at is not None for message in messages)
    return Answerable(letter, messages[0].contact, tuple(alarms.values()), used, left + outbox.ANSWERED_WITHIN <= now)


def acknowledge(
    answerable: Answerable, may: Callable[[Alarm], bool], now: dt.datetime, way: str = "link"
) -> tuple[list[Alarm], list[Alarm]]:
    """Acknowledge those of its alarms that the reader may: (those that are acknowledged now, the others). Once."""
    person = answerable.contact.person
    theirs = [alarm.pk for alarm in answerable.alarms if may(alarm)]
    by = Actor.of(person, f"{way} {answerable.contact.means} {answerable.contact.hint}"[:60])
    with transaction.atomic():
        if answerable.over or not outbox.answered(answerable.letter, now):
            return [], list(answerable.alarms)
        outcome = lifecycle.acknowledge(theirs, by=by, now=now) if theirs else None
    done = {alarm.pk for alarm in outcome.done} if outcome is not None else set()
    return (
        [alarm for alarm in answerable.alarms if alarm.pk in done],
        [alarm for alarm in answerable.alarms if alarm.pk not in done],
    )


def _signature(letter: uuid.UUID) -> bytes:
    key = hmac.digest(settings.SECRET_KEY.encode(), b"vigie answer by link", sha256)
    return hmac.digest(key, letter.bytes, sha256)[:_SIGNED]
