"""What the journal says of maintenance."""

import datetime as dt
from zoneinfo import ZoneInfo

from alarms.maintenance.times import Period
from alarms.models import MaintenanceWindow
from journal.actors import SYSTEM, Actor
from journal.page import Line

ABOUT = ("asset", "sector", "kind", "supervisor", "feed")
"""What a window may be about."""


def about_words(window: MaintenanceWindow, asset: str = "name") -> tuple[str, str]:
    """What a window is about, in French and English; `asset`: which of its names an asset is called by."""
    places = [
        window.asset and getattr(window.asset, asset), window.sector and window.sector.name,
        window.supervisor and window.supervisor.name, window.feed and window.feed.name,
    ]  # fmt: skip
    fr, en = (window.kind.name_fr, window.kind.name_en) if window.kind else (None, None)
    return " · ".join(filter(None, [*places, fr])), " · ".join(filter(None, [*places, en]))


def line_of(window: MaintenanceWindow, kind: str, fr: str, en: str, now: dt.datetime, by: Actor = SYSTEM) -> Line:
    """A line about the window itself: planned, changed, cancelled, announced, started, ended."""
    about_fr, about_en = about_words(window, "code")
    what_fr, what_en = ("Mise hors service", "Out of service") if window.out_of_service else ("Maintenance", "Maintenance")
    return Line(
        f"maintenance.{kind}", now, f"{what_fr} {fr} — {about_fr} : {window.reason}"[:600],
        f"{what_en} {en} — {about_en}: {window.reason}"[:600], [("maintenance", window.pk)], by,
        {"maintenance": window.pk},
    )  # fmt: skip


def announced(window: MaintenanceWindow, period: Period, now: dt.datetime) -> Line:
    """That one of its times is near."""
    zone = ZoneInfo(window.site.timezone)
    start, end = (moment.astimezone(zone) for moment in period)
    fr = f"annoncée, du {start:%d/%m à %H:%M} au {end:%d/%m à %H:%M}"
    en = f"announced, from {start:%d/%m %H:%M} to {end:%d/%m %H:%M}"
    return line_of(window, "announced", fr, en, now)
