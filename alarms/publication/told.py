"""What is retained of a site: a topic for each open alarm, and one that counts them."""

from collections.abc import Collection, Iterator

import msgspec
from django.db.models import Count, Q

from alarms.models import SEVERITY_NAMES, Alarm
from alarms.rows import SILENT, alarms_by_id

Message = tuple[str, bytes]


def status_topic(site: str) -> str:
    return f"vigie/{site}/status"


def of_alarms(site: str, ids: Collection[int]) -> Iterator[Message]:
    """How these alarms are now; nothing is retained of one that is closed. People in events are not named."""
    for row in alarms_by_id(ids):
        yield f"vigie/{site}/alarms/{row.id}", b"" if row.closed_at is not None else msgspec.json.encode(row)


def summary(site_id: int, site: str) -> Message:
    """How many alarms are open: in view by severity, of these those that nobody has acknowledged, and those that are silent."""
    found = Alarm.objects.filter(site_id=site_id, is_open=True)
    in_view = dict(found.exclude(SILENT).order_by().values_list("severity").annotate(Count("pk")))
    waiting = Q(state__in=(Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED))
    counted = {
        "in_view": {name: in_view.get(severity, 0) for severity, name in SEVERITY_NAMES.items()},
        "unacknowledged": found.exclude(SILENT).filter(waiting).count(),
        "silent": found.filter(SILENT).count(),
    }
    return f"vigie/{site}/summary", msgspec.json.encode(counted)
