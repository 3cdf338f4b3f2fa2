"""Takes the alarms that stand under a maintenance window out of service, and puts them back: what maintenance does to alarms."""

import datetime as dt
from collections.abc import Sequence

from alarms.lifecycle import quiet
from alarms.models import Alarm, MaintenanceWindow
from assets.zones import until_words
from journal.actors import SYSTEM, Actor
from journal.page import Line, Page

_FIELDS = ["state", *quiet.SERVICE, "seq"]


def take_out(alarms: Sequence[Alarm], window: MaintenanceWindow, until: dt.datetime, page: Page, now: dt.datetime) -> None:
    """Silence locked alarms until then."""
    for alarm in alarms:
        quiet.take_out(alarm, until, window.reason, window.created_by_id, now, window.pk)
        fr, en, zone, alone = alarm.sentence_fr, alarm.sentence_en, window.site.timezone, window.out_of_service
        alarm.seq = page.write(silenced(alarm.pk, fr, en, window.pk, window.reason, until, zone, now, alone=alone))
    Alarm.objects.bulk_update(alarms, _FIELDS, batch_size=1000)


def restore(alarms: Sequence[Alarm], page: Page, fr: str, en: str, now: dt.datetime, by: Actor = SYSTEM) -> None:
    """Put locked alarms back in view; `fr` and `en` say why."""
    for alarm in alarms:
        quiet.put_back(alarm)
        alarm.seq = page.write(restored(alarm.pk, alarm.sentence_fr, alarm.sentence_en, fr, en, now, by))
    Alarm.objects.bulk_update(alarms, _FIELDS, batch_size=1000)


def silenced(
    alarm: int, fr: str, en: str, window: int, reason: str, until: dt.datetime, zone: str, now: dt.datetime, *, alone: bool
) -> Line:
    """The line of an alarm that maintenance silences; `alone`: its asset itself is out of service."""
    end_fr, end_en = until_words(until, zone)
    what_fr, what_en = ("Équipement hors service", "Asset out of service") if alone else ("Maintenance", "Maintenance")
    return Line(
        "alarm.out_of_service", now, f"{what_fr} jusqu'au {end_fr} ({reason[:120]}) : {fr}",
        f"{what_en} until {end_en} ({reason[:120]}): {en}", [("alarm", alarm)],
        details={"maintenance": window, "until": until.isoformat(), "reason": reason},
    )  # fmt: skip


def restored(alarm: int, fr: str, en: str, why_fr: str, why_en: str, now: dt.datetime, by: Actor = SYSTEM) -> Line:
    """The line of an alarm that is back in view, and why."""
    return Line("alarm.in_service", now, f"{why_fr} : {fr}", f"{why_en}: {en}", [("alarm", alarm)], by)
