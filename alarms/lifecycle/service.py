"""Takes the alarms that stand under a maintenance window out of service, and puts them back: what maintenance does to alarms."""

import datetime as dt
from collections.abc import Sequence

from alarms.journal import Page
from alarms.maintenance.lines import restored, silenced
from alarms.models import Alarm, MaintenanceWindow

_FIELDS = ["maintenance", "out_of_service_until", "out_of_service_reason", "seq"]


def take_out(alarms: Sequence[Alarm], window: MaintenanceWindow, until: dt.datetime, page: Page, now: dt.datetime) -> None:
    """Silence locked alarms until then."""
    for alarm in alarms:
        alarm.maintenance, alarm.out_of_service_until, alarm.out_of_service_reason = window, until, window.reason
        fr, en, zone = alarm.sentence_fr, alarm.sentence_en, window.site.timezone
        alarm.seq = page.write(silenced(alarm.pk, fr, en, window.pk, window.reason, until, zone, now))
    Alarm.objects.bulk_update(alarms, _FIELDS, batch_size=1000)


def restore(alarms: Sequence[Alarm], page: Page, fr: str, en: str, now: dt.datetime, actor: str = "", desk: str = "") -> None:
    """Put locked alarms back in view; `fr` and `en` say why."""
    for alarm in alarms:
        alarm.maintenance, alarm.out_of_service_until, alarm.out_of_service_reason = None, None, ""
        alarm.seq = page.write(restored(alarm.pk, alarm.sentence_fr, alarm.sentence_en, fr, en, now, actor, desk))
    Alarm.objects.bulk_update(alarms, _FIELDS, batch_size=1000)
