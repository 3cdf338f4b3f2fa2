"""Moves alarms from one incident to another, with a line for each: the incidents' side is alarms.incidents."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection

from alarms.journal import Line, Page
from alarms.models import Incident


@dataclass(frozen=True, slots=True)
class Member:
    id: int
    site_id: int
    incident_id: int | None
    state: str
    severity: int
    rule_id: int
    sentence_fr: str
    sentence_en: str


def lock(*, ids: Collection[int] = (), incidents: Collection[int] = ()) -> list[Member]:
    """Lock these alarms, and those of these incidents, in order of id."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, site_id, incident_id, state, severity, rule_id, sentence_fr, sentence_en FROM alarms_alarm "
            "WHERE id = ANY(%s) OR incident_id = ANY(%s) ORDER BY id FOR NO KEY UPDATE",
            [list(ids), list(incidents)],
        )
        return [Member(*row) for row in cursor.fetchall()]


def attach(
    members: Collection[Member], incident: Incident, page: Page, now: dt.datetime, actor: str = "", desk: str = ""
) -> None:
    """Put locked alarms into an incident."""
    seqs = [page.write(attached(each.id, each.sentence_fr, each.sentence_en, incident, now, actor, desk)) for each in members]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarms_alarm a SET incident_id = %s, seq = n.seq FROM unnest(%s::bigint[], %s::bigint[]) AS n (id, seq) "
            "WHERE a.id = n.id",
            [incident.pk, [each.id for each in members], seqs],
        )


def attached(alarm: int, fr: str, en: str, incident: Incident, now: dt.datetime, actor: str = "", desk: str = "") -> Line:
    """The line of an alarm that is put into an incident after it came."""
    return Line(
        "alarm.attached", now, f"Rattachée à l'incident {incident.number} : {fr}", f"Part of incident {incident.number}: {en}",
        alarm, actor, desk, incident=incident.pk,
    )  # fmt: skip
