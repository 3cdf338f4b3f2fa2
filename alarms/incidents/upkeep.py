"""What happens to incidents by themselves: swept every two seconds by a task, off the path of readings.

An incident nobody took in charge closes with its last alarm. One whose cause turns out to be explained by a cause of another
incident goes into that one, unless somebody has it in hand.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F

from alarms import live
from alarms.incidents.lines import said
from alarms.incidents.moves import merge
from alarms.journal import open_page
from alarms.lifecycle.table import NORMAL, IllegalMove
from alarms.models import Alarm, Incident


def sweep(site: int, now: dt.datetime) -> int:
    """Merge and close what is due on one site; returns how many incidents were changed."""
    return _merge(site, now) + _close(site, now)


def _merge(site: int, now: dt.datetime) -> int:
    explained = Incident.objects.filter(
        site_id=site, state=Incident.State.OPEN, cause__suppressed_by__incident__isnull=False,
        cause__suppressed_by__incident__closed_at=None, cause__closed_at=None,
    ).exclude(cause__suppressed_by__incident=F("id"))  # fmt: skip
    pairs = list(explained.order_by("id").values_list("id", "cause__suppressed_by__incident_id"))
    done = 0
    for incident, into in pairs:
        try:
            merge(into, [incident], now=now)
            done += 1
        except IllegalMove:
            continue  # one of the two was closed or merged meanwhile
    return done


def _close(site: int, now: dt.datetime) -> int:
    open_alarms = Alarm.objects.filter(incident_id__isnull=False, site_id=site).exclude(state=NORMAL).values("incident_id")
    with transaction.atomic():
        over = Incident.objects.filter(site_id=site, state=Incident.State.OPEN, joined_at__lt=now).exclude(id__in=open_alarms)
        ids = list(over.values_list("id", flat=True))
        if not ids:
            return 0
        incidents = list(Incident.objects.select_for_update(no_key=True, skip_locked=True).filter(id__in=ids).order_by("id"))
        # Asked again now that they are locked: an alarm may have joined meanwhile.
        busy = set(open_alarms.filter(incident_id__in=ids).values_list("incident_id", flat=True))
        incidents = [each for each in incidents if each.pk not in busy and each.state == Incident.State.OPEN]
        if not incidents:
            return 0
        page = open_page(site)
        for incident in incidents:
            incident.state, incident.closed_at = Incident.State.CLOSED, now
            incident.seq = page.write(
                said(incident, "incident.closed", "clos, ses alarmes le sont", "closed with its alarms", now)
            )
        Incident.objects.bulk_update(incidents, ["state", "closed_at", "seq"])
        live.publish(page)
    return len(incidents)
