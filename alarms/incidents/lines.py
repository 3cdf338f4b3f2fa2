"""What the journal says of incidents."""

import datetime as dt
from collections.abc import Collection, Sequence
from typing import Protocol

from alarms.engine.wording import Bilingual
from alarms.models import Incident
from assets.models import Asset
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page

SAID = 3
"""Alarms that a line names; of more it says how many there are."""


class LineAlarm(Protocol):
    """An alarm as a line needs it."""

    id: int
    asset_id: int | None
    severity: int
    sentence_fr: str
    sentence_en: str


def said(incident: Incident, kind: str, fr: str, en: str, now: dt.datetime, by: Actor = SYSTEM) -> Line:
    """A line of an incident that begins by naming it."""
    return Line(
        kind, now, f"Incident {incident.number}, {fr} : {incident.title_fr}"[:600],
        f"Incident {incident.number}, {en}: {incident.title_en}"[:600], [("incident", incident.pk)], by,
    )  # fmt: skip


def opened(incident: Incident, alarms: Collection[int], now: dt.datetime, by: Actor = SYSTEM) -> Line:
    fr, en = counted(len(alarms))
    return Line(
        "incident.opened", now, f"Incident {incident.number} ouvert ({fr}) : {incident.title_fr}",
        f"Incident {incident.number} opened ({en}): {incident.title_en}", [("incident", incident.pk)], by,
        {"number": incident.number, "key": incident.key, "alarms": list(alarms)},
    )  # fmt: skip


def joined(incident: Incident, alarms: Sequence[LineAlarm], now: dt.datetime) -> Line:
    """Which alarms came to it: the worst by code and sentence."""
    worst = sorted(alarms, key=lambda each: (each.severity, each.id))[:SAID]
    codes = dict(Asset.objects.filter(pk__in=[each.asset_id for each in worst]).values_list("pk", "code"))
    names = [f"{codes[each.asset_id]} — " if each.asset_id in codes else "" for each in worst]
    fr = " ; ".join(f"{name}{each.sentence_fr}" for name, each in zip(names, worst, strict=True))
    en = "; ".join(f"{name}{each.sentence_en}" for name, each in zip(names, worst, strict=True))
    more_fr, more_en = counted(len(alarms))
    return Line(
        "incident.joined", now, f"Incident {incident.number}, {more_fr} de plus : {fr}"[:600],
        f"Incident {incident.number}, {more_en} more: {en}"[:600], [("incident", incident.pk)],
        details={"alarms": [each.id for each in alarms]},
    )  # fmt: skip


def merged(
    incident: Incident,
    into: Incident,
    page: Page,
    now: dt.datetime,
    by: Actor = SYSTEM,
    why: Bilingual | None = None,
) -> None:
    """Close an incident whose alarms go to another, and say so; the caller stores it."""
    incident.state, incident.closed_at, incident.merged_into = Incident.State.CLOSED, now, into
    because_fr, because_en = (f" ({why.fr})", f" ({why.en})") if why else ("", "")
    incident.seq = page.write(
        Line(
            "incident.merged", now,
            f"Incident {incident.number} réuni à l'incident {into.number}{because_fr} : {incident.title_fr}"[:600],
            f"Incident {incident.number} merged into incident {into.number}{because_en}: {incident.title_en}"[:600],
            [("incident", incident.pk)], by, {"into": into.pk},
        )
    )  # fmt: skip


def counted(alarms: int) -> tuple[str, str]:
    plural = "" if alarms == 1 else "s"
    return f"{alarms} alarme{plural}", f"{alarms} alarm{plural}"
