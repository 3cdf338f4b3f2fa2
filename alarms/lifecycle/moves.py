"""What people do to alarms: acknowledge, comment, take charge, shelve, take out of service, and their undoing.

Each function is one transaction: lock the alarms in order of id, check the table, journal, store; it announces after the commit.
All raise IllegalMove (nothing changed) and Alarm.DoesNotExist.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import transaction

from alarms import live
from alarms.journal import Line, open_page, was_said
from alarms.lifecycle.table import ACKNOWLEDGED, NORMAL, IllegalMove, after
from alarms.models import Alarm

MAX_SHELVING = dt.timedelta(days=7)
MAX_OUT_OF_SERVICE = dt.timedelta(days=366)


@dataclass(frozen=True, slots=True)
class _Said:
    """What one move writes in the journal about one alarm."""

    kind: str
    fr: str
    en: str
    details: dict[str, object]


def _move(ids: Sequence[int], by, now: dt.datetime, desk: str, act: Callable[[Alarm], _Said | None]) -> list[Alarm]:
    """Lock, act, journal, save. `act` changes the alarm and says what to journal; None means it was so already."""
    with transaction.atomic():
        rows = Alarm.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=ids)
        alarms = list(rows.select_related("site").order_by("id"))
        if len(alarms) != len(set(ids)):
            raise Alarm.DoesNotExist("One of these alarms does not exist.")
        for site in sorted({alarm.site_id for alarm in alarms}):
            page = open_page(site)
            for alarm in (alarm for alarm in alarms if alarm.site_id == site):
                said = act(alarm)
                if said is None:
                    continue
                line = Line(said.kind, now, said.fr[:600], said.en[:600], alarm.id, by.username, desk, said.details)
                alarm.seq = page.write(line)
                alarm.save(update_fields=_OPERATOR_FIELDS)
            live.publish(page)
    return alarms


_OPERATOR_FIELDS = [
    "state", "severity", "eased_to", "closed_at", "acknowledged_at", "acknowledged_by", "taken_at", "taken_by", "shelved_until",
    "shelved_reason", "out_of_service_until", "out_of_service_reason", "maintenance", "comments", "seq",
]  # fmt: skip


def acknowledge(ids: Sequence[int], *, by, now: dt.datetime, desk: str = "", comment: str = "") -> list[Alarm]:
    """Somebody has seen it. Idempotent; on an alarm that is back to normal it closes it."""

    def act(alarm: Alarm) -> _Said | None:
        before, alarm.state = alarm.state, after(alarm.state, "acknowledge", latched=alarm.latched)
        if before == ACKNOWLEDGED and not comment:
            return None
        if before != ACKNOWLEDGED:
            alarm.acknowledged_at, alarm.acknowledged_by = now, by
        if alarm.eased_to is not None:  # from here on it follows what the readings say
            alarm.severity, alarm.eased_to = alarm.eased_to, None
        if alarm.state == NORMAL:
            alarm.closed_at = now
        alarm.comments += bool(comment)
        tail = f" — {comment}" if comment else ""
        closed = alarm.state == NORMAL
        return _Said(
            "alarm.acknowledged",
            f"{'Acquittée et close' if closed else 'Acquittée'} : {alarm.sentence_fr}{tail}",
            f"{'Acknowledged and closed' if closed else 'Acknowledged'}: {alarm.sentence_en}{tail}",
            {"comment": comment} if comment else {},
        )

    return _move(ids, by, now, desk, act)


def add_comment(id_: int, *, text: str, by, now: dt.datetime, desk: str = "") -> Alarm:
    """A remark of somebody, at any time, also on a closed alarm. Idempotent for a minute."""
    if not text.strip():
        raise IllegalMove("Le commentaire est vide.", "The comment is empty.")

    def act(alarm: Alarm) -> _Said | None:
        if was_said("alarm.commented", text, by.username, now, alarm_id=alarm.id):
            return None
        alarm.comments += 1
        return _Said("alarm.commented", text, text, {"comment": text})

    return _move([id_], by, now, desk, act)[0]


def take_charge(id_: int, *, by, now: dt.datetime, desk: str = "") -> Alarm:
    """Somebody looks after it; taking over from another is journaled as such."""

    def act(alarm: Alarm) -> _Said | None:
        after(alarm.state, "annotate")
        if alarm.taken_by_id == by.pk:
            return None
        taken_over = alarm.taken_by_id is not None
        alarm.taken_by, alarm.taken_at = by, now
        return _Said(
            "alarm.taken",
            f"{'Reprise' if taken_over else 'Prise'} en charge par {by.username} : {alarm.sentence_fr}",
            f"{'Taken over' if taken_over else 'Taken in charge'} by {by.username}: {alarm.sentence_en}",
            {},
        )

    return _move([id_], by, now, desk, act)[0]


def release(id_: int, *, by, now: dt.datetime, desk: str = "") -> Alarm:
    def act(alarm: Alarm) -> _Said | None:
        after(alarm.state, "annotate")
        if alarm.taken_by_id is None:
            return None
        alarm.taken_by = alarm.taken_at = None
        return _Said("alarm.released", f"Rendue : {alarm.sentence_fr}", f"Released: {alarm.sentence_en}", {})

    return _move([id_], by, now, desk, act)[0]


def _ends_well(until: dt.datetime, reason: str, now: dt.datetime, longest: dt.timedelta) -> None:
    if not reason.strip():
        raise IllegalMove("Il faut un motif.", "A reason is required.")
    if until <= now:
        raise IllegalMove("La fin est déjà passée.", "The end is in the past.")
    if until - now > longest:
        raise IllegalMove(f"La fin est à plus de {longest.days} jours.", f"The end is more than {longest.days} days away.")


def _until(alarm: Alarm, until: dt.datetime) -> tuple[str, str]:
    local = until.astimezone(ZoneInfo(alarm.site.timezone))
    return f"{local:%d/%m/%Y %H:%M %Z}", f"{local:%Y-%m-%d %H:%M %Z}"


def shelve(id_: int, *, until: dt.datetime, reason: str, by, now: dt.datetime, desk: str = "") -> Alarm:
    """Set aside until an instant, for a reason: silent, counted, back by itself."""
    _ends_well(until, reason, now, MAX_SHELVING)

    def act(alarm: Alarm) -> _Said:
        after(alarm.state, "annotate")
        alarm.shelved_until, alarm.shelved_reason = until, reason
        fr, en = _until(alarm, until)
        return _Said(
            "alarm.shelved",
            f"Mise en veille jusqu'au {fr} ({reason}) : {alarm.sentence_fr}",
            f"Shelved until {en} ({reason}): {alarm.sentence_en}",
            {"until": until.isoformat(), "reason": reason},
        )

    return _move([id_], by, now, desk, act)[0]


def unshelve(id_: int, *, by, now: dt.datetime, desk: str = "") -> Alarm:
    def act(alarm: Alarm) -> _Said | None:
        if alarm.shelved_until is None:
            return None
        alarm.shelved_until, alarm.shelved_reason = None, ""
        return _Said("alarm.unshelved", f"Remise en vue : {alarm.sentence_fr}", f"Unshelved: {alarm.sentence_en}", {})

    return _move([id_], by, now, desk, act)[0]


def take_out_of_service(id_: int, *, until: dt.datetime, reason: str, by, now: dt.datetime, desk: str = "") -> Alarm:
    """Under works, with a permit: silent until an instant, for a reason."""
    _ends_well(until, reason, now, MAX_OUT_OF_SERVICE)

    def act(alarm: Alarm) -> _Said:
        after(alarm.state, "annotate")
        alarm.out_of_service_until, alarm.out_of_service_reason, alarm.maintenance = until, reason, None
        fr, en = _until(alarm, until)
        return _Said(
            "alarm.out_of_service",
            f"Hors service jusqu'au {fr} ({reason}) : {alarm.sentence_fr}",
            f"Out of service until {en} ({reason}): {alarm.sentence_en}",
            {"until": until.isoformat(), "reason": reason},
        )

    return _move([id_], by, now, desk, act)[0]


def return_to_service(id_: int, *, by, now: dt.datetime, desk: str = "") -> Alarm:
    def act(alarm: Alarm) -> _Said | None:
        if alarm.out_of_service_until is None:
            return None
        alarm.out_of_service_until, alarm.out_of_service_reason, alarm.maintenance = None, "", None
        return _Said("alarm.in_service", f"Remise en service : {alarm.sentence_fr}", f"Back in service: {alarm.sentence_en}", {})

    return _move([id_], by, now, desk, act)[0]
