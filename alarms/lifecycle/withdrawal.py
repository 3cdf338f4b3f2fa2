"""How a person takes an acknowledgement back, for ten seconds: the alarm is then as it was, and the journal has both acts.

Refused once anything has moved the alarm since, or another person has acted on it: what somebody else saw or did is not undone.
An alarm that its acknowledgement closed is open again, to be acknowledged. `Verdicts` locks what was closed a moment ago, so that
of one rule and subject there is one open alarm at every instant, and an incident outlives its last alarm by as much (`upkeep`).
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from alarms.lifecycle.moves import Outcome, Said, journaled, locked
from alarms.lifecycle.table import NORMAL, after
from alarms.models import SEVERITY_NUMBERS, Alarm, Incident
from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import lines_about

WITHIN = dt.timedelta(seconds=10)
SKEW = dt.timedelta(seconds=50)
"""By how much the clocks of two processes may differ, for what must hold on both sides of `WITHIN`."""

_ASIDE = ("alarm.attached", "alarm.moved", "alarm.chattering", "alarm.steady")
"""Kinds of lines that tell of what surrounds an alarm, and neither of its state nor of what a person did."""


@dataclass(frozen=True, slots=True)
class _Before:
    """How an alarm was before it was acknowledged."""

    state: str
    severity: int


def withdraw(ids: Sequence[int], *, by: Actor, now: dt.datetime) -> Outcome:
    """Take back what this person, or this program, acknowledged within the last ten seconds."""
    with transaction.atomic():
        alarms = locked(ids)
        over = _closed_incidents(alarms)
        before = _acknowledged(alarms, by, now)
        open_again = _come_again(alarms)

        def act(alarm: Alarm) -> Said | None:
            if alarm.id not in before:
                raise Refused(
                    "not_yours_to_withdraw",
                    "Vous ne l'avez pas acquittée dans les dix dernières secondes, ou elle a bougé depuis.",
                    "You did not acknowledge it within the last ten seconds, or it has moved since.",
                )
            if (alarm.rule_id, alarm.subject) in open_again:
                raise Refused("come_again", "Elle est revenue entre-temps.", "It has come again meanwhile.")
            if alarm.state == NORMAL and alarm.incident_id in over:
                raise Refused("incident_closed", "Son incident est clos.", "Its incident is closed.")
            if alarm.state == NORMAL and alarm.asset is not None and alarm.asset.sector_id != alarm.sector_id:
                raise Refused("sector_changed", "Son équipement a changé de secteur.", "Its asset is in another sector now.")
            _restore(alarm, before[alarm.id])
            return Said(
                "alarm.withdrawn",
                f"Acquittement annulé : {alarm.sentence_fr}",
                f"Acknowledgement withdrawn: {alarm.sentence_en}",
                {},
            )

        return journaled(alarms, by, now, act)


def _restore(alarm: Alarm, before: _Before) -> None:
    alarm.state = after(alarm.state, "withdraw")
    if before.severity < alarm.severity:
        alarm.severity, alarm.eased_to = before.severity, alarm.severity
    alarm.acknowledged_at, alarm.acknowledged_by, alarm.closed_at = None, None, None


def _closed_incidents(alarms: Sequence[Alarm]) -> set[int]:
    """Lock the incidents of what is to be open again, after the alarms and in order of id, and tell which are closed."""
    ids = {alarm.incident_id for alarm in alarms if alarm.state == NORMAL} - {None}
    incidents = Incident.objects.select_for_update(no_key=True).filter(id__in=ids).order_by("id")
    return {incident.pk for incident in incidents if incident.state == Incident.State.CLOSED}


def _acknowledged(alarms: Sequence[Alarm], by: Actor, now: dt.datetime) -> dict[int, _Before]:
    """By id, those of these locked alarms whose last change is that this person, or this program, acknowledged them."""
    found: dict[int, _Before] = {}
    for site in {alarm.site_id for alarm in alarms}:
        lines = lines_about(site, "alarm", [alarm.pk for alarm in alarms if alarm.site_id == site])
        for line in lines.filter(kind__startswith="alarm.", at__gte=now - WITHIN - SKEW).order_by("seq"):
            for alarm in line.ids("alarm"):
                before = _before(line)
                theirs = (line.actor_kind, line.actor) == (by.kind, by.name)
                if before is not None and theirs and line.at >= now - WITHIN:
                    found[alarm] = before
                elif before is not None or line.kind == "alarm.withdrawn" or not (theirs or line.kind in _ASIDE):
                    found.pop(alarm, None)
    return found


def _before(line: JournalEntry) -> _Before | None:
    """How the alarm was, of the line of an acknowledgement that changed it."""
    details = json.loads(line.details) if line.kind == "alarm.acknowledged" else {}
    return _Before(details["was"], SEVERITY_NUMBERS[details["shown"]]) if "was" in details else None


def _come_again(alarms: Sequence[Alarm]) -> set[tuple[int, str]]:
    """(rule, subject) of those of these closed alarms that have come again, as alarms of their own."""
    closed = [alarm for alarm in alarms if alarm.state == NORMAL]
    rules, subjects = {alarm.rule_id for alarm in closed}, {alarm.subject for alarm in closed}
    later = Alarm.objects.filter(rule_id__in=rules, subject__in=subjects, is_open=True)
    return set(later.values_list("rule_id", "subject"))
