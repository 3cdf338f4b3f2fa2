"""Reports that are mailed again and again: what, when, to whom; the only writer of ReportSchedule and ReportMail.

A mail is one row for each period and address. Before it is handed to the mail server its row says so; a process that dies in
between leaves it failed, with the reason, because nobody knows whether it arrived: it is never sent twice by itself.
"""

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import msgspec
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from assets.models import Sector
from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line
from reports.contracts.reading import month_of
from reports.models import ReportMail, ReportSchedule
from reports.periods import Period
from response.models import Contract

MOST_CONTACTS, MOST_TRIES = 20, 6
CLAIMED_FOR = dt.timedelta(minutes=10)
"""How long a worker has to make the document and send it."""
FIRST_RETRY = dt.timedelta(minutes=1)
WEEK, DAY = dt.timedelta(days=7), dt.timedelta(days=1)
_WAITS = Q(sent_at=None, failed_at=None)


class Recipient(msgspec.Struct, frozen=True):
    """Somebody by name and mail address."""

    name: str
    address: str


class Wanted(msgspec.Struct, frozen=True):
    """A schedule as it is to be; `day` from 1, of the month up to 28, of the week up to 7."""

    name: str
    every: str
    day: int
    hour: int
    language: str
    contacts: Sequence[Recipient]
    contract: Contract | None = None
    sector: Sector | None = None


def keep(
    site: int, zone: str, wanted: Wanted, *, by: Actor, now: dt.datetime, known: ReportSchedule | None = None
) -> ReportSchedule:
    """Add a schedule, or change one; it is sent at its next day. Raises Refused."""
    _sound(wanted)
    with transaction.atomic():
        row = ReportSchedule(site_id=site, made_by=by.name)
        if known is not None:
            row = ReportSchedule.objects.select_for_update(no_key=True).get(pk=known.pk, site_id=site)
        row.name, row.every, row.day, row.hour = wanted.name.strip(), wanted.every, wanted.day, wanted.hour
        row.language, row.contract, row.sector = wanted.language, wanted.contract, wanted.sector
        row.contacts = [msgspec.to_builtins(each) for each in wanted.contacts]
        row.next_at = following(row, zone, now)
        row.save()
        fr, en = ("ajouté", "added") if known is None else ("modifié", "changed")
        _journaled(row, "scheduled", f"Envoi « {row.name} » {fr}", f"Mailing “{row.name}” {en}", by, now)
    return row


def end(row: ReportSchedule, *, by: Actor, now: dt.datetime) -> None:
    """Nothing more is sent by it, and nothing that waits."""
    with transaction.atomic():
        locked = ReportSchedule.objects.select_for_update(no_key=True).get(pk=row.pk)
        if locked.ended_at is not None:
            return
        locked.ended_at = now
        locked.save(update_fields=["ended_at"])
        locked.mails.filter(_WAITS, handed_at=None).update(failed_at=now, reason="the schedule has ended")
        _journaled(locked, "unscheduled", f"Envoi « {locked.name} » arrêté", f"Mailing “{locked.name}” ended", by, now)


def following(row: ReportSchedule, zone: str, now: dt.datetime) -> dt.datetime:
    """The first time after now at which it is sent."""
    here = now.astimezone(ZoneInfo(zone))
    day = here.date().replace(day=row.day) if row.every == "month" else here.date() + (row.day - here.isoweekday()) * DAY
    while (at := _at(day, row.hour, zone)) <= now:
        day = (day.replace(day=28) + 4 * DAY).replace(day=row.day) if row.every == "month" else day + WEEK
    return at


def _at(day: dt.date, hour: int, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(hour), ZoneInfo(zone)).astimezone(dt.UTC)


def period_before(every: str, at: dt.datetime, zone: str) -> Period:
    """The whole month, or the week from Monday, that was over at an instant."""
    day = at.astimezone(ZoneInfo(zone)).date()
    if every == "month":
        return month_of((day.replace(day=1) - DAY).replace(day=1), zone)
    monday = day - (day.isoweekday() - 1) * DAY
    return Period(monday - WEEK, monday, zone)


def period_of(every: str, first: dt.date, zone: str) -> Period:
    return month_of(first, zone) if every == "month" else Period(first, first + WEEK, zone)


def sweep(site: int, zone: str, now: dt.datetime) -> list[int]:
    """Order the mails of schedules that are due, and give the ids of those that may leave."""
    due = ReportSchedule.objects.filter(site_id=site, ended_at=None, next_at__lte=now).values_list("pk", flat=True)
    for pk in list(due):
        with transaction.atomic():
            row = ReportSchedule.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk, next_at__lte=now).first()
            if row is None:
                continue  # another sweep has it
            order(row, period_before(row.every, row.next_at, zone), now)
            row.next_at = following(row, zone, now)
            row.save(update_fields=["next_at"])
    _lost(site, now)
    waiting = ReportMail.objects.filter(_WAITS, schedule__site_id=site, handed_at=None, due_at__lte=now)
    return list(waiting.order_by("pk").values_list("pk", flat=True)[:20])


def order(row: ReportSchedule, period: Period, now: dt.datetime) -> None:
    """One mail for each contact, of this period; one that is there stays as it is."""
    ReportMail.objects.bulk_create(
        [
            ReportMail(schedule=row, first=period.first, name=each["name"], address=each["address"], due_at=now)
            for each in row.contacts
        ],
        ignore_conflicts=True,
    )


def _lost(site: int, now: dt.datetime) -> None:
    waits = ReportMail.objects.filter(_WAITS, schedule__site_id=site).select_related("schedule")
    for row in waits.filter(handed_at=None, tries__gte=MOST_TRIES, due_at__lte=now):
        failed(row, row.reason or "the document could not be made", now, for_good=True)
    for row in waits.filter(handed_at__lt=now - CLAIMED_FOR):
        failed(row, "it was being sent when the process ended: ask whether it arrived", now, for_good=True)


def claim(id_: int, now: dt.datetime) -> ReportMail | None:
    """A mail that a worker may make now; None: another has it, or it has left."""
    with transaction.atomic():
        waiting = ReportMail.objects.select_for_update(no_key=True, skip_locked=True)
        if (row := waiting.filter(_WAITS, pk=id_, handed_at=None, due_at__lte=now).first()) is None:
            return None
        row.tries, row.due_at = row.tries + 1, now + CLAIMED_FOR
        row.save(update_fields=["tries", "due_at"])
    return ReportMail.objects.select_related("schedule__site", "schedule__contract", "schedule__sector").get(pk=id_)


def hand_over(row: ReportMail, now: dt.datetime) -> bool:
    """Commit that the mail server gets it next; False: it is not this worker's any more."""
    mine = ReportMail.objects.filter(_WAITS, pk=row.pk, handed_at=None, tries=row.tries)
    return mine.update(handed_at=now) == 1


def sent(row: ReportMail, now: dt.datetime) -> None:
    with transaction.atomic():
        ReportMail.objects.filter(pk=row.pk).update(sent_at=now, reason="")
        name = row.schedule.name
        fr, en = f"Envoi « {name} » : parti à {row.address}", f"Mailing “{name}”: sent to {row.address}"
        _journaled(row.schedule, "mailed", fr, en, SYSTEM, now)


def failed(row: ReportMail, reason: str, now: dt.datetime, *, for_good: bool) -> None:
    """Try again later, or give up and tell."""
    reason = reason[:200]
    if not for_good and row.tries < MOST_TRIES:
        later = now + FIRST_RETRY * 2 ** (row.tries - 1)
        ReportMail.objects.filter(_WAITS, pk=row.pk).update(due_at=later, handed_at=None, reason=reason)
        return
    with transaction.atomic():
        if not ReportMail.objects.filter(_WAITS, pk=row.pk).update(failed_at=now, reason=reason):
            return
        name = row.schedule.name
        fr, en = (
            f"Envoi « {name} » : non parti à {row.address}, {reason}",
            f"Mailing “{name}”: not sent to {row.address}, {reason}",
        )
        _journaled(row.schedule, "unmailed", fr, en, SYSTEM, now)


def send_again(row: ReportMail, now: dt.datetime) -> None:
    """A person asks for it: one that failed is sent once more."""
    ReportMail.objects.filter(pk=row.pk, failed_at__isnull=False).update(
        failed_at=None, handed_at=None, tries=0, due_at=now, reason=""
    )


def _sound(wanted: Wanted) -> None:
    if not wanted.name.strip():
        raise Refused("no_name", "Il faut un nom.", "A name is needed.", meaning=Meaning.INVALID, field="name")
    if wanted.every not in ReportSchedule.Every.values or not 0 <= wanted.hour <= 23:
        raise Refused("bad_time", "Ce moment n’existe pas.", "There is no such time.", meaning=Meaning.INVALID, field="hour")
    most = 28 if wanted.every == "month" else 7
    if not 1 <= wanted.day <= most:
        fr, en = f"Un jour de 1 à {most}.", f"A day from 1 to {most}."
        raise Refused("bad_day", fr, en, meaning=Meaning.INVALID, field="day")
    if wanted.contract is not None and (wanted.every != "month" or wanted.sector is not None):
        fr, en = "Un contrat s’envoie chaque mois, pour tout le site.", "A contract is sent every month, of the whole site."
        raise Refused("contract_by_month", fr, en, meaning=Meaning.INVALID, field="every")
    if not 0 < len(wanted.contacts) <= MOST_CONTACTS:
        fr, en = f"De 1 à {MOST_CONTACTS} destinataires.", f"From 1 to {MOST_CONTACTS} contacts."
        raise Refused("contacts", fr, en, meaning=Meaning.INVALID, field="contacts")
    for each in wanted.contacts:
        try:
            validate_email(each.address)
        except ValidationError as error:
            fr, en = f"Adresse inutilisable : {each.address[:80]}", f"Unusable address: {each.address[:80]}"
            raise Refused("bad_address", fr, en, meaning=Meaning.INVALID, field="contacts") from error


def _journaled(row: ReportSchedule, kind: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    with live.writing(row.site_id) as page:
        page.write(Line(f"report.{kind}", now, fr[:600], en[:600], (), by, {"schedule": row.pk, "name": row.name}))
