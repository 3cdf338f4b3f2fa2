"""What happens to incidents by themselves: swept every two seconds by a task, off the path of readings.

An incident nobody took in charge closes with its last alarm. One whose cause turns out to be explained by a cause of another
incident goes into that one, and one of a rule that is about the assets of an older one into that, unless somebody has it in hand.
What holds several rules is named by all of them.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F

from alarms import live
from alarms.engine.wording import Bilingual
from alarms.incidents.grouping import FRESH, alike
from alarms.incidents.lines import said
from alarms.incidents.moves import merge
from alarms.incidents.naming import rename
from alarms.journal import open_page
from alarms.lifecycle.table import NORMAL, IllegalMove
from alarms.models import Alarm, Incident

MOST_MOVED = 500
"""Alarms that go from one incident to another by themselves: each is a line, and readings wait while they are written."""
CAUSE = Bilingual(fr="même cause", en="same cause")
ASSETS = Bilingual(fr="mêmes équipements", en="same assets")


def sweep(site: int, now: dt.datetime) -> int:
    """Merge, name and close what is due on one site; returns how many incidents were changed."""
    return _merge(site, now) + _rename(site, now) + _close(site, now)


def _merge(site: int, now: dt.datetime) -> int:
    due = [(pair, CAUSE) for pair in _explained(site)] + [(pair, ASSETS) for pair in _alike(site, now)]
    done = 0
    for (incident, into), why in due:
        try:
            merge(into, [incident], now=now, why=why)
            done += 1
        except IllegalMove:
            continue  # one of the two was closed, merged or taken in hand meanwhile
    return done


def _explained(site: int) -> list[tuple[int, int]]:
    explained = Incident.objects.filter(
        site_id=site, state=Incident.State.OPEN, cause__suppressed_by__incident__isnull=False,
        cause__suppressed_by__incident__closed_at=None, cause__closed_at=None,
    ).exclude(cause__suppressed_by__incident=F("id"))  # fmt: skip
    return list(explained.order_by("id").values_list("id", "cause__suppressed_by__incident_id"))


def _alike(site: int, now: dt.datetime) -> list[tuple[int, int]]:
    fresh = Incident.objects.filter(site_id=site, key__startswith="rule:", joined_at__gte=now - FRESH, closed_at=None)
    owners = dict(fresh.order_by("id").values_list("id", "owner_id"))
    if len(owners) < 2:
        return []
    standing = Alarm.objects.filter(incident_id__in=owners, asset__isnull=False).exclude(state=NORMAL).order_by()
    assets: dict[int, set[int]] = {id_: set() for id_ in owners}
    for incident, asset in standing.values_list("incident_id", "asset_id").distinct():
        assets[incident].add(asset)
    return [
        (younger, older) for younger, older in alike(assets).items()
        if owners[younger] is None and Alarm.objects.filter(incident_id=younger).count() <= MOST_MOVED
    ]  # fmt: skip


def _rename(site: int, now: dt.datetime) -> int:
    """Name what holds several rules anew when others are open in it, or another is the worst."""
    several = Incident.objects.filter(site_id=site, key__startswith="rule:", closed_at=None, merged__isnull=False)
    done = 0
    for id_ in sorted(set(several.values_list("id", flat=True))):
        with transaction.atomic():
            incident = Incident.objects.select_for_update(no_key=True).get(pk=id_)
            if incident.state == Incident.State.CLOSED or not rename(incident):
                continue
            page = open_page(site)
            incident.seq = page.write(said(incident, "incident.renamed", "nommé d'après ses alarmes", "named by its alarms", now))
            incident.save(update_fields=["title_fr", "title_en", "rule", "seq"])
            live.publish(page)
        done += 1
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
