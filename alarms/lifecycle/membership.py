"""Moves alarms from one incident to another, with a line for each: the incidents' side is alarms.incidents."""

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db import connection

from alarms.lifecycle.reasons import WORDS, Reason
from alarms.models import Incident
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page


@dataclass(frozen=True, slots=True)
class MemberAlarm:
    id: int
    site_id: int
    incident_id: int | None
    state: str
    severity: int
    rule_id: int
    asset_id: int | None
    sector_id: int | None
    together: str
    sentence_fr: str
    sentence_en: str


def lock(*, ids: Collection[int] = (), incidents: Collection[int] = ()) -> list[MemberAlarm]:
    """Lock these alarms, and those of these incidents, in order of id."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(MemberAlarm.__dataclass_fields__)} FROM alarms_alarm "
            "WHERE id = ANY(%s) OR incident_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [list(ids), list(incidents)],
        )
        return [MemberAlarm(*row) for row in cursor.fetchall()]


def attach(
    members: Collection[MemberAlarm],
    incident: Incident,
    why: Callable[[MemberAlarm], Reason],
    page: Page,
    now: dt.datetime,
    by: Actor = SYSTEM,
) -> None:
    """Put locked alarms into an incident, each with its reason."""
    reasons = [why(each) for each in members]
    seqs = [
        page.write(attached(each.id, each.sentence_fr, each.sentence_en, incident, reason, now, by))
        for each, reason in zip(members, reasons, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarms_alarm a SET incident_id = %s, together = n.why, seq = n.seq "
            "FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS n (id, why, seq) WHERE a.id = n.id",
            [incident.pk, [each.id for each in members], [reason.text() for reason in reasons], seqs],
        )


def attached(alarm: int, fr: str, en: str, incident: Incident, why: Reason, now: dt.datetime, by: Actor = SYSTEM) -> Line:
    """The line of an alarm that is put into an incident after it came."""
    words = WORDS[why.code]
    return Line(
        "alarm.attached", now, f"Rattachée à l'incident {incident.number} ({words.fr}) : {fr}",
        f"Part of incident {incident.number} ({words.en}): {en}", [("alarm", alarm), ("incident", incident.pk)], by,
        {"why": why.text()},
    )  # fmt: skip
