"""What people do to alarms: acknowledge, comment, take charge, shelve, take out of service, and their undoing.

Each function is one transaction: lock the alarms in order of id, check the table, journal, store; it announces after the commit.
What is done to several alarms is done to each that allows it, and its Outcome says why the others refused. All raise Refused
where an alarm does not exist, or what was asked is not possible of any alarm; nothing was changed then.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import transaction

from alarms.engine.phrases import SEVERITIES
from alarms.engine.wording import Bilingual
from alarms.lifecycle import limits, quiet
from alarms.lifecycle.limits import Level
from alarms.lifecycle.table import ACKNOWLEDGED, NORMAL, RETURNED, after
from alarms.models import Alarm, Severity
from assets.refusal import Meaning, Refused
from assets.zones import until_words
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from journal.reading import was_said


@dataclass(frozen=True, slots=True)
class Said:
    """What one move writes in the journal about one alarm."""

    kind: str
    fr: str
    en: str
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a move: the alarms that are as it wants them, in order of id, and by id why the others refused it."""

    done: list[Alarm]
    refused: dict[int, Refused]

    @property
    def only(self) -> Alarm:
        """The alarm of a move over one. Raises its refusal."""
        for refusal in self.refused.values():
            raise refusal
        return self.done[0]


def _move(ids: Sequence[int], by: Actor, now: dt.datetime, act: Callable[[Alarm], Said | None]) -> Outcome:
    """Lock, act, journal, save. `act` changes the alarm and says what to journal; None means it was so already."""
    with transaction.atomic():
        alarms = locked(ids)
        return journaled(alarms, by, now, act)


def locked(ids: Sequence[int]) -> list[Alarm]:
    """Lock these alarms in order of id. Raises Refused when one does not exist."""
    rows = Alarm.objects.select_for_update(no_key=True, of=("self",)).filter(id__in=ids)
    alarms = list(rows.select_related("site").order_by("id"))
    if len(alarms) != len(set(ids)):
        raise Refused(
            "no_such_alarm", "Une de ces alarmes n’existe pas.", "One of these alarms does not exist.", meaning=Meaning.NOT_FOUND
        )
    return alarms


def journaled(alarms: Sequence[Alarm], by: Actor, now: dt.datetime, act: Callable[[Alarm], Said | None]) -> Outcome:
    """Act on locked alarms, journal it, store it."""
    outcome = Outcome([], {})
    for site in sorted({alarm.site_id for alarm in alarms}):
        page = open_page(site)
        for alarm in (alarm for alarm in alarms if alarm.site_id == site):
            try:
                said = act(alarm)
            except Refused as refusal:
                outcome.refused[alarm.id] = refusal
                continue
            outcome.done.append(alarm)
            if said is None:
                continue
            line = Line(said.kind, now, said.fr[:600], said.en[:600], [("alarm", alarm.id)], by, said.details)
            alarm.seq = page.write(line)
            alarm.save(update_fields=_OPERATOR_FIELDS)
        live.publish(page)
    return outcome


_OPERATOR_FIELDS = [
    "state", "severity", "eased_to", "closed_at", "acknowledged_at", "acknowledged_by", "taken_at", "taken_by", *quiet.SHELVING,
    *quiet.SERVICE, "comments", "seq",
]  # fmt: skip


def acknowledge(ids: Sequence[int], *, by: Actor, now: dt.datetime, comment: str = "", returned: bool = False) -> Outcome:
    """Somebody has seen it. Idempotent; on an alarm that is back to normal it closes it. `returned`: only such are meant, and
    one that has come again since somebody chose it refuses.

    The line says how the alarm was, for who takes it back (`withdrawal`).
    """

    def act(alarm: Alarm) -> Said | None:
        if returned and alarm.state not in (RETURNED, NORMAL):
            raise Refused("not_back_to_normal", "Elle n’est pas revenue à la normale.", "It is not back to normal.")
        if alarm.state == NORMAL and alarm.acknowledged_by_id == by.person and alarm.closed_at == alarm.acknowledged_at:
            return None  # what they asked for: the answer was lost, and the desk asks again
        before, shown = alarm.state, Severity(alarm.severity).label
        alarm.state = after(alarm.state, "acknowledge", latched=alarm.latched)
        if before == ACKNOWLEDGED and not comment:
            return None
        if before != ACKNOWLEDGED:
            alarm.acknowledged_at, alarm.acknowledged_by_id = now, by.person
        if alarm.eased_to is not None:  # from here on it follows what the readings say
            alarm.severity, alarm.eased_to = alarm.eased_to, None
        if alarm.state == NORMAL:
            alarm.closed_at = now
        alarm.comments += bool(comment)
        tail = f" — {comment}" if comment else ""
        closed = alarm.state == NORMAL
        return Said(
            "alarm.acknowledged",
            f"{'Acquittée et close' if closed else 'Acquittée'} : {alarm.sentence_fr}{tail}",
            f"{'Acknowledged and closed' if closed else 'Acknowledged'}: {alarm.sentence_en}{tail}",
            ({"comment": comment} if comment else {}) | ({} if before == ACKNOWLEDGED else {"was": before, "shown": shown}),
        )

    return _move(ids, by, now, act)


def add_comment(ids: Sequence[int], *, text: str, by: Actor, now: dt.datetime) -> Outcome:
    """A remark of somebody, at any time, also on a closed alarm. Idempotent for a minute."""
    if not text.strip():
        raise Refused("empty_comment", "Le commentaire est vide.", "The comment is empty.")

    def act(alarm: Alarm) -> Said | None:
        if was_said("alarm.commented", text, by, now, alarm.site_id, ("alarm", alarm.id)):
            return None
        alarm.comments += 1
        return Said("alarm.commented", text, text, {"comment": text})

    return _move(ids, by, now, act)


def take_charge(ids: Sequence[int], *, by: Actor, now: dt.datetime) -> Outcome:
    """Somebody looks after it; taking over from another is journaled as such."""

    def act(alarm: Alarm) -> Said | None:
        after(alarm.state, "annotate")
        if alarm.taken_by_id == by.person:
            return None
        taken_over = alarm.taken_by_id is not None
        alarm.taken_by_id, alarm.taken_at = by.person, now
        return Said(
            "alarm.taken",
            f"{'Reprise' if taken_over else 'Prise'} en charge : {alarm.sentence_fr}",
            f"{'Taken over' if taken_over else 'Taken in charge'}: {alarm.sentence_en}",
            {},
        )

    return _move(ids, by, now, act)


def release(ids: Sequence[int], *, by: Actor, now: dt.datetime, others: bool = True) -> Outcome:
    """Nobody in particular looks after it any more. `others`: also what another person has in charge."""

    def act(alarm: Alarm) -> Said | None:
        after(alarm.state, "annotate")
        if not others and alarm.taken_by_id not in (None, by.person):
            raise Refused("in_other_hands", "Une autre personne l’a en charge.", "Another person has it in charge.")
        if alarm.taken_by_id is None:
            return None
        alarm.taken_by = alarm.taken_at = None
        return Said("alarm.released", f"Rendue : {alarm.sentence_fr}", f"Released: {alarm.sentence_en}", {})

    return _move(ids, by, now, act)


def _ends_well(until: dt.datetime, reason: str, now: dt.datetime) -> None:
    if not reason.strip():
        raise Refused("no_reason", "Il faut un motif.", "A reason is required.")
    if until <= now:
        raise Refused("ends_in_the_past", "La fin est déjà passée.", "The end is in the past.")


def check_end(alarm: Alarm, until: dt.datetime, now: dt.datetime, level: Level, known: dict[int, object]) -> None:
    """Raises Refused where the end is beyond what the site allows for an alarm this severe; `known`: limits by site."""
    severity = Severity(alarm.severity)
    if alarm.site_id not in known:
        known[alarm.site_id] = limits.longest(alarm.site_id)
    longest = known[alarm.site_id][level][severity]
    if until - now <= longest:
        return
    fr, en = limits.said(longest)
    what_fr, what_en = ("hors service", "out of service") if level == Level.SERVICE else ("en veille", "shelved")
    raise Refused(
        "silent_too_long",
        f"Une alarme {SEVERITIES['fr'][severity.label]} se met {what_fr} pour {fr} au plus{_WHOM[level].fr}.",
        f"A {severity.label} alarm is {what_en} for {en} at most{_WHOM[level].en}.",
    )


_WHOM = {
    Level.OPERATOR: Bilingual(" par un opérateur", " by an operator"),
    Level.SUPERVISOR: Bilingual(" par un chef de quart", " by a shift supervisor"),
    Level.SERVICE: Bilingual("", ""),
}


def _until(alarm: Alarm, until: dt.datetime) -> tuple[str, str]:
    return until_words(until, alarm.site.timezone)


def shelve(
    ids: Sequence[int], *, until: dt.datetime, reason: str, by: Actor, now: dt.datetime, level: Level = Level.OPERATOR
) -> Outcome:
    """Set aside until an instant, for a reason: silent, counted, back by itself; for as long as `level` may at most."""
    _ends_well(until, reason, now)
    known: dict[int, object] = {}

    def act(alarm: Alarm) -> Said:
        after(alarm.state, "annotate")
        check_end(alarm, until, now, level, known)
        quiet.shelve(alarm, until, reason, by.person, now)
        fr, en = _until(alarm, until)
        return Said(
            "alarm.shelved",
            f"Mise en veille jusqu'au {fr} ({reason}) : {alarm.sentence_fr}",
            f"Shelved until {en} ({reason}): {alarm.sentence_en}",
            {"until": until.isoformat(), "reason": reason},
        )

    return _move(ids, by, now, act)


def unshelve(ids: Sequence[int], *, by: Actor, now: dt.datetime) -> Outcome:
    def act(alarm: Alarm) -> Said | None:
        if alarm.shelved_until is None:
            return None
        quiet.unshelve(alarm)
        return Said("alarm.unshelved", f"Remise en vue : {alarm.sentence_fr}", f"Unshelved: {alarm.sentence_en}", {})

    return _move(ids, by, now, act)


def take_out_of_service(ids: Sequence[int], *, until: dt.datetime, reason: str, by: Actor, now: dt.datetime) -> Outcome:
    """Under works, with a permit: silent until an instant, for a reason."""
    _ends_well(until, reason, now)
    known: dict[int, object] = {}

    def act(alarm: Alarm) -> Said:
        after(alarm.state, "annotate")
        check_end(alarm, until, now, Level.SERVICE, known)
        quiet.take_out(alarm, until, reason, by.person, now)
        fr, en = _until(alarm, until)
        return Said(
            "alarm.out_of_service",
            f"Hors service jusqu'au {fr} ({reason}) : {alarm.sentence_fr}",
            f"Out of service until {en} ({reason}): {alarm.sentence_en}",
            {"until": until.isoformat(), "reason": reason},
        )

    return _move(ids, by, now, act)


def return_to_service(ids: Sequence[int], *, by: Actor, now: dt.datetime) -> Outcome:
    def act(alarm: Alarm) -> Said | None:
        if alarm.out_of_service_until is None:
            return None
        quiet.put_back(alarm)
        return Said("alarm.in_service", f"Remise en service : {alarm.sentence_fr}", f"Back in service: {alarm.sentence_en}", {})

    return _move(ids, by, now, act)
