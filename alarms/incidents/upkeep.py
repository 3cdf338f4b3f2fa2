"""What happens to incidents by themselves: swept every two seconds by a task, off the path of readings.

An incident nobody took in charge closes with its last alarm, once no acknowledgement of that can be taken back and no room
above keeps it open. One whose cause
turns out to be explained by a cause of another incident goes into that one, and one of a rule that an older one near took up goes
into that, unless somebody has it in hand.
"""

import datetime as dt

from django.db import transaction
from django.db.models import F, Q

from alarms.engine.wording import Bilingual
from alarms.incidents import keepers
from alarms.incidents.grouping import FRESH, Core, Where, kin
from alarms.incidents.lines import said
from alarms.incidents.moves import Grounds, merge
from alarms.incidents.naming import naming
from alarms.lifecycle.membership import MemberAlarm
from alarms.lifecycle.reasons import FIRST, ROOT, Reason, reason
from alarms.lifecycle.withdrawal import WITHIN
from alarms.models import Alarm, Incident
from assets.refusal import Refused
from journal import live
from journal.page import open_page

MOST_MOVED = 500
"""Alarms that go from one incident to another by themselves: each is a line, and readings wait while they are written."""
CAUSE = Bilingual(fr="même cause", en="same cause")
RULE = Bilingual(fr="mêmes règles, même lieu", en="same rules, same place")


def sweep(site: int, now: dt.datetime) -> int:
    """Merge and close what is due on one site; returns how many incidents were changed."""
    return _merge(site, now) + _close(site, now)


def _merge(site: int, now: dt.datetime) -> int:
    done = 0
    for incident, into, why in [*_explained(site), *_kindred(site, now)]:
        try:
            merge(into, [incident], now=now, why=why)
            done += 1
        except Refused:
            continue  # one of the two was closed, merged or taken in hand meanwhile
    return done


def _explained(site: int) -> list[tuple[int, int, Grounds]]:
    explained = Incident.objects.filter(
        site_id=site, state=Incident.State.OPEN, cause__suppressed_by__incident__isnull=False,
        cause__suppressed_by__incident__closed_at=None, cause__closed_at=None,
    ).exclude(cause__suppressed_by__incident=F("id"))  # fmt: skip
    rows = explained.order_by("id").values_list("id", "cause__suppressed_by__incident_id", "cause__suppressed_by_id")
    return [(incident, into, _by_cause(cause)) for incident, into, cause in rows]


def _by_cause(cause: int) -> Grounds:
    """What the merged incident began with is explained by the other's cause; the reasons of the others hold."""

    def of(member: MemberAlarm) -> Reason:
        known = reason(member.together)
        return Reason("cause", cause) if known in (FIRST, ROOT) else known

    return Grounds(CAUSE, of)


def _kindred(site: int, now: dt.datetime) -> list[tuple[int, int, Grounds]]:
    fresh = Incident.objects.filter(site_id=site, key__startswith="rule:", joined_at__gte=now - FRESH, closed_at=None)
    columns = ("id", "owner_id", "naming", "first__asset__longitude", "first__asset__latitude")
    rows = fresh.filter(first__asset__isnull=False).order_by("id").values_list(*columns)
    owned = {id_ for id_, owner, *_ in rows if owner is not None}
    names = {id_: of for id_, _, kept, *_ in rows if (of := naming(kept)) is not None}
    cores = {
        id_: Core(names[id_].rule, Where(lon, lat), {rule for rule, _ in names[id_].also})
        for id_, _, _, lon, lat in rows if id_ in names
    }  # fmt: skip
    return [
        (younger, older, _by_rule(dict(names[older].also)[cores[younger].rule]))
        for younger, older in kin(cores).items()
        if younger not in owned and Alarm.objects.filter(incident_id=younger).count() <= MOST_MOVED
    ]


def _by_rule(alarm: int) -> Grounds:
    """What the merged incident began with is of a rule the other took up with `alarm`; the reasons of the others hold."""
    return Grounds(RULE, lambda member: Reason("rule", alarm) if reason(member.together) == FIRST else reason(member.together))


def _close(site: int, now: dt.datetime) -> int:
    undoable = Q(closed_at__gt=now - WITHIN, acknowledged_at=F("closed_at"))
    alarms = Alarm.objects.filter(incident_id__isnull=False, site_id=site)
    open_alarms = alarms.filter(Q(is_open=True) | undoable).values("incident_id")
    with transaction.atomic():
        over = Incident.objects.filter(site_id=site, state=Incident.State.OPEN, joined_at__lt=now).exclude(id__in=open_alarms)
        ids = list(over.values_list("id", flat=True))
        if not ids:
            return 0
        incidents = list(Incident.objects.select_for_update(no_key=True, skip_locked=True).filter(id__in=ids).order_by("id"))
        # Asked again now that they are locked: an alarm may have joined meanwhile.
        busy = set(open_alarms.filter(incident_id__in=ids).values_list("incident_id", flat=True))
        kept = keepers.keep(ids)
        incidents = [each for each in incidents if each.pk not in busy | kept.keys() and each.state == Incident.State.OPEN]
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
