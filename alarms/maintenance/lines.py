"""What the journal says of maintenance."""

import datetime as dt
from zoneinfo import ZoneInfo

from alarms.journal import Line
from alarms.models import MaintenanceWindow


def silenced(alarm: int, fr: str, en: str, window: int, reason: str, until: dt.datetime, zone: str, now: dt.datetime) -> Line:
    local = until.astimezone(ZoneInfo(zone))
    return Line(
        "alarm.out_of_service", now, f"Maintenance jusqu'au {local:%d/%m/%Y %H:%M %Z} ({reason[:120]}) : {fr}",
        f"Maintenance until {local:%Y-%m-%d %H:%M %Z} ({reason[:120]}): {en}", alarm,
        details={"maintenance": window, "until": until.isoformat(), "reason": reason},
    )  # fmt: skip


def restored(alarm: int, fr: str, en: str, why_fr: str, why_en: str, now: dt.datetime, actor: str = "", desk: str = "") -> Line:
    return Line("alarm.in_service", now, f"{why_fr} : {fr}", f"{why_en}: {en}", alarm, actor, desk)


def told(window: MaintenanceWindow, kind: str, fr: str, en: str, now: dt.datetime, actor: str = "", desk: str = "") -> Line:
    """A line about the window itself: planned, changed, cancelled, started, ended."""
    places = [window.asset and window.asset.code, window.sector and window.sector.name]
    about_fr = " · ".join(filter(None, [*places, window.kind and window.kind.name_fr]))
    about_en = " · ".join(filter(None, [*places, window.kind and window.kind.name_en]))
    return Line(
        f"maintenance.{kind}", now, f"Maintenance {fr} — {about_fr} : {window.reason}"[:600],
        f"Maintenance {en} — {about_en}: {window.reason}"[:600], None, actor, desk, {"maintenance": window.pk},
    )  # fmt: skip
