"""What happens to incidents by themselves: swept every two seconds by a task, off the path of readings.

An incident nobody took in charge closes with its last alarm. One whose cause turns out to be explained by a cause of another
incident goes into that one, and one that is about the assets of an older one into that, unless somebody has it in hand.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q

from alarms import live
from alarms.incidents.grouping import FRESH, alike
from alarms.incidents.lines import said, several
from alarms.incidents.moves import merge
from alarms.journal import open_page
from alarms.lifecycle.table import NORMAL, IllegalMove
from alarms.models import Alarm, Incident


def sweep(site: int, now: dt.datetime) -> int:
    """Merge and close what is due on one site; returns how many incidents were changed."""
    return _merge(site, now) + _close(site, now)


def _merge(site: int, now: dt.datetime) -> int:
    done = 0
    for incident, into in _explained(site):
        done += _merged(incident, into, now, why=("même cause", "same cause"))
    for incident, into in _alike(site, now):
        done += _merged(incident, into, now, why=("mêmes équipements", "same assets"), title=_title(incident, into))
    return done


def _merged(incident: int, into: int, now: dt.datetime, **said: object) -> bool:
    try:
        merge(into, [incident], now=now, **said)
    except IllegalMove:
        return False  # one of the two was closed or merged meanwhile
    return True


def _explained(site: int) -> list[tuple[int, int]]:
    explained = Incident.objects.filter(
        site_id=site, state=Incident.State.OPEN, cause__suppressed_by__incident__isnull=False,
        cause__suppressed_by__incident__closed_at=None, cause__closed_at=None,
    ).exclude(cause__suppressed_by__incident=F("id"))  # fmt: skip
    return list(explained.order_by("id").values_list("id", "cause__suppressed_by__incident_id"))


def _alike(site: int, now: dt.datetime) -> list[tuple[int, int]]:
    gathered = Q(key__startswith="rule:") | Q(key__startswith="sector:")
    fresh = Incident.objects.filter(gathered, site_id=site, joined_at__gte=now - FRESH).exclude(state=Incident.State.CLOSED)
    nobodys = dict(fresh.values_list("id", "owner_id"))
    if len(nobodys) < 2:
        return []
    standing = Alarm.objects.filter(incident_id__in=nobodys, asset__isnull=False).exclude(state=NORMAL)
    assets: dict[int, set[int]] = {id_: set() for id_ in sorted(nobodys)}
    for incident, asset in standing.values_list("incident_id", "asset_id").distinct():
        assets[incident].add(asset)
    return [(younger, older) for younger, older in alike(assets).items() if nobodys[younger] is None]


def _title(incident: int, into: int) -> tuple[str, str] | None:
    """Of an incident of rules: all of them, the oldest first; that of a place keeps its own."""
    both = Incident.objects.filter(Q(id__in=(incident, into)) | Q(merged_into=into), key__startswith="rule:", rule__isnull=False)
    rules = list(both.order_by("id").values_list("id", "rule__name_fr", "rule__name_en"))
    return several([names for _, *names in rules]) if into in {id_ for id_, *_ in rules} else None


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
