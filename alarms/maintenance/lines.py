"""What the journal says of maintenance."""

import datetime as dt

from alarms.models import MaintenanceWindow
from journal.actors import SYSTEM, Actor
from journal.page import Line


def line_of(window: MaintenanceWindow, kind: str, fr: str, en: str, now: dt.datetime, by: Actor = SYSTEM) -> Line:
    """A line about the window itself: planned, changed, cancelled, started, ended."""
    places = [window.asset and window.asset.code, window.sector and window.sector.name]
    about_fr = " · ".join(filter(None, [*places, window.kind and window.kind.name_fr]))
    about_en = " · ".join(filter(None, [*places, window.kind and window.kind.name_en]))
    what_fr, what_en = ("Mise hors service", "Out of service") if window.out_of_service else ("Maintenance", "Maintenance")
    return Line(
        f"maintenance.{kind}", now, f"{what_fr} {fr} — {about_fr} : {window.reason}"[:600],
        f"{what_en} {en} — {about_en}: {window.reason}"[:600], [("maintenance", window.pk)], by,
        {"maintenance": window.pk},
    )  # fmt: skip
