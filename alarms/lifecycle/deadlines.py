"""What ends by itself: a shelving or an out-of-service whose time is over. Swept every two seconds by a task.

What still stands then asks again (`quiet`), also when somebody had acknowledged it before.
"""

import datetime as dt

from django.db import transaction

from alarms.lifecycle import quiet
from alarms.models import Alarm
from journal import live
from journal.page import Line, open_page

BATCH = 500
_FLAGS = ["state", *quiet.SHELVING, *quiet.SERVICE, "seq"]

_OVER = "Fin de la maintenance ou de la mise hors service", "Maintenance or out of service is over"


def sweep(site: int, now: dt.datetime) -> int:
    """End what is over for one site, at most BATCH alarms, skipping those somebody holds; returns how many were changed."""
    with transaction.atomic():
        over = Alarm.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(site_id=site).order_by("id")
        alarms = [*over.filter(shelved_until__lte=now)[:BATCH]]
        known = {alarm.pk for alarm in alarms}
        alarms += over.filter(out_of_service_until__lte=now).exclude(pk__in=known)[: BATCH - len(known)]
        if not alarms:
            return 0
        page = open_page(site)
        for alarm in alarms:
            if alarm.shelved_until and alarm.shelved_until <= now:
                quiet.unshelve(alarm)
                fr, en = "Fin de mise en veille", "Shelving over"
                alarm.seq = page.write(_line("alarm.unshelved", alarm, fr, en, now))
            if alarm.out_of_service_until and alarm.out_of_service_until <= now:
                fr, en = ("Fin de mise hors service", "Out of service is over") if alarm.maintenance_id is None else _OVER
                quiet.put_back(alarm)
                alarm.seq = page.write(_line("alarm.in_service", alarm, fr, en, now))
        Alarm.objects.bulk_update(alarms, _FLAGS)
        live.publish(page)
    return len(alarms)


def _line(kind: str, alarm: Alarm, fr: str, en: str, now: dt.datetime) -> Line:
    return Line(kind, now, f"{fr} : {alarm.sentence_fr}", f"{en}: {alarm.sentence_en}", [("alarm", alarm.pk)])
