"""What the journal says of incidents."""

import datetime as dt
from collections.abc import Collection

from alarms.engine.wording import Bilingual
from alarms.journal import Line, Page
from alarms.models import Incident


def said(incident: Incident, kind: str, fr: str, en: str, now: dt.datetime, actor: str = "", desk: str = "") -> Line:
    """A line of an incident that begins by naming it."""
    return Line(
        kind, now, f"Incident {incident.number}, {fr} : {incident.title_fr}"[:600],
        f"Incident {incident.number}, {en}: {incident.title_en}"[:600], None, actor, desk, {}, incident.pk,
    )  # fmt: skip


def opened(incident: Incident, alarms: Collection[int], now: dt.datetime, actor: str = "", desk: str = "") -> Line:
    fr, en = counted(len(alarms))
    return Line(
        "incident.opened", now, f"Incident {incident.number} ouvert ({fr}) : {incident.title_fr}",
        f"Incident {incident.number} opened ({en}): {incident.title_en}", None, actor, desk,
        {"number": incident.number, "key": incident.key, "alarms": list(alarms)}, incident.pk,
    )  # fmt: skip


def joined(incident: Incident, alarms: Collection[int], now: dt.datetime) -> Line:
    fr, en = counted(len(alarms))
    return Line(
        "incident.joined", now, f"Incident {incident.number}, {fr} de plus : {incident.title_fr}",
        f"Incident {incident.number}, {en} more: {incident.title_en}", details={"alarms": list(alarms)}, incident=incident.pk,
    )  # fmt: skip


def merged(
    incident: Incident,
    into: Incident,
    page: Page,
    now: dt.datetime,
    actor: str = "",
    desk: str = "",
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
            None, actor, desk, {"into": into.pk}, incident.pk,
        )
    )  # fmt: skip


def counted(alarms: int) -> tuple[str, str]:
    plural = "" if alarms == 1 else "s"
    return f"{alarms} alarme{plural}", f"{alarms} alarm{plural}"
