"""What ends by itself: a shelving or an out-of-service whose time is over. Swept every two seconds by a task."""

import datetime as dt

from django.db import transaction

from alarms import live
from alarms.journal import Line, open_page
from alarms.models import Alarm

BATCH = 500
_FLAGS = ["shelved_until", "shelved_reason", "out_of_service_until", "out_of_service_reason", "maintenance", "seq"]


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
                alarm.shelved_until, alarm.shelved_reason = None, ""
                fr, en = "Fin de mise en veille", "Shelving over"
                alarm.seq = page.write(
                    Line("alarm.unshelved", now, f"{fr} : {alarm.sentence_fr}", f"{en}: {alarm.sentence_en}", alarm.id)
                )
            if alarm.out_of_service_until and alarm.out_of_service_until <= now:
                alarm.out_of_service_until, alarm.out_of_service_reason, alarm.maintenance = None, "", None
                fr, en = "Fin de mise hors service", "Out of service is over"
                alarm.seq = page.write(
                    Line("alarm.in_service", now, f"{fr} : {alarm.sentence_fr}", f"{en}: {alarm.sentence_en}", alarm.id)
                )
        Alarm.objects.bulk_update(alarms, _FLAGS)
        live.publish(page)
    return len(alarms)
