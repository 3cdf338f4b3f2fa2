"""Sends one letter: claimed, written, handed to its transport, and what came of it stored and journaled."""

import datetime as dt
import uuid
from collections.abc import Callable
from zoneinfo import ZoneInfo

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from alarms.models import Alarm
from assets.models import Asset
from journal import live
from journal.models import JournalEntry
from journal.page import Line, Thing
from response.models import Message
from response.notification import answering, canary, contacts, gateways, letters, outbox, sending
from response.notification.letters import Letter, Told
from response.notification.outbox import Claimed
from response.notification.sealed import opened
from response.notification.transports.outcome import NotSent

TASK = "response.tasks.deliver"
MOST_ABOUT = 200
"""Alarms that a line about a letter names."""


def dispatch(letter: uuid.UUID) -> None:
    """Let a worker send a letter. Should that be lost, the sweep orders it again."""
    try:
        current_app.send_task(TASK, args=[str(letter)], expires=30, retry=False)
    except (OperationalError, RedisError, OSError):
        return


def deliver(letter: uuid.UUID, clock: Callable[[], dt.datetime]) -> None:
    """Send what of a letter is still wanted, once; another worker may have it."""
    claimed = outbox.claim(letter, clock())
    if claimed is None:
        return
    if claimed.contact is None:
        canary.arrive(claimed, clock)
        return
    try:
        number = sending.send(written(claimed), claimed.contact, claimed.contact.site)
    except NotSent as failure:
        if failure.for_good or not outbox.try_again(claimed, str(failure), clock()):
            with transaction.atomic():
                outbox.give_up(claimed, str(failure), clock())
                _journaled(claimed, "failed", "non envoyé", "not sent", clock(), reason=str(failure)[:200])
        if failure.gone:
            contacts.retire(claimed.contact, now=clock())
        return
    with transaction.atomic():
        outbox.sent(claimed, number, clock())
        _journaled(claimed, "sent", "envoyé", "sent", clock(), number=number)


def written(claimed: Claimed) -> Letter:
    """What the letter says, in the language of its reader and on the clocks of the site."""
    contact, first = claimed.contact, claimed.messages[0]
    id_, site, language = str(claimed.letter), contact.site, contact.person.language
    if first.kind == Message.Kind.CODE:
        return letters.of_code(id_, site.name, language, opened(first.body))
    if first.kind == Message.Kind.TEST:
        return letters.of_test(id_, site.name, language)
    if first.kind == Message.Kind.MAINTENANCE:
        return letters.of_maintenance(id_, site.name, language, _lines(claimed, language))
    alarms = [message.escalation.alarm for message in claimed.messages if message.escalation is not None]
    names = dict(Asset.objects.filter(pk__in={alarm.asset_id for alarm in alarms}).values_list("pk", "name"))
    zone, ended = ZoneInfo(site.timezone), first.kind == Message.Kind.ENDED
    told = [
        Told(
            alarm.severity, alarm.sentence_en if language == "en" else alarm.sentence_fr, names.get(alarm.asset_id or 0, ""),
            f"{_moment(alarm, ended=ended).astimezone(zone):%d/%m %H:%M}",
        )
        for alarm in alarms
    ]  # fmt: skip
    if ended:
        return letters.of_ends(id_, site.name, language, told)
    link = f"{settings.ADDRESS}/a/{answering.token_of(claimed.letter)}" if settings.ADDRESS else ""
    code = first.answer_code if first.answer_code and gateways.takes_answers(site.pk) else ""
    return letters.of_alarms(id_, site.name, language, told, link, code)


def _moment(alarm: Alarm, *, ended: bool) -> dt.datetime:
    """When it was raised, or when it ended."""
    return (alarm.returned_at or alarm.closed_at or alarm.raised_at) if ended else alarm.raised_at


def _lines(claimed: Claimed, language: str) -> list[str]:
    """What the journal says, in its order."""
    numbers = [message.line for message in claimed.messages]
    lines = JournalEntry.objects.filter(site_id=claimed.messages[0].site_id, seq__in=numbers).order_by("seq")
    return [line.text_en if language == "en" else line.text_fr for line in lines] or ["Maintenance"]


_WORDS = {
    "alarm": ("alarme", "alarm"), "code": ("code", "code"), "test": ("essai", "test"),
    "ended": ("fin d’alarme", "end of an alarm"), "maintenance": ("maintenance", "maintenance"),
}  # fmt: skip
_SEVERAL = {
    "alarm": ("alarmes", "alarms"), "ended": ("fins d’alarme", "ends of alarms"), "maintenance": ("annonces", "announcements"),
}  # fmt: skip


def _journaled(claimed: Claimed, kind: str, fr: str, en: str, now: dt.datetime, **details: object) -> None:
    contact, messages = claimed.contact, claimed.messages
    about: list[Thing] = [("contact", contact.pk)]
    about += [("alarm", message.escalation_id) for message in messages[:MOST_ABOUT] if message.escalation_id is not None]
    login, what, count = contact.person.get_username(), messages[0].kind, len(messages)
    told = _WORDS[what]
    if count > 1:
        told = f"{count} {_SEVERAL[what][0]}", f"{count} {_SEVERAL[what][1]}"
    words = {"mail": ("courriel", "mail"), "sms": ("SMS", "SMS"), "push": ("notification", "web push")}.get(
        contact.means, (contact.means, contact.means)
    )
    text = f"{_capital(words[0])} à {login} {fr} : {told[0]}", f"{_capital(words[1])} to {login} {en}: {told[1]}"
    kept = {"letter": str(claimed.letter), "means": contact.means, "messages": len(messages), "kind": what, **details}
    with live.writing(contact.site_id) as page:
        page.write(Line(f"message.{kind}", now, *text, about, details=kept))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
