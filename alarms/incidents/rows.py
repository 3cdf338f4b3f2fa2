"""The one shape of an incident, wherever it is shown."""

import msgspec
from django.db.models import Count, Min, Q, QuerySet

from alarms.compiled import Compiled
from alarms.models import Alarm, Incident
from alarms.pseudonyms import name_people
from alarms.rows import SEVERITY_NAMES, time_text

_FIELDS = (
    "id", "site__slug", "seq", "number", "title_fr", "title_en", "state", "cause_id", "rule__slug",
    "rule__active_version__spec__procedure", "rule__active_version__spec__suggested_action", "owner__username",
    "owned_at", "opened_at", "joined_at", "closed_at", "merged_into_id", "merged_into__number", "comments",
)  # fmt: skip
_OPEN = ~Q(state=Alarm.State.NORMAL)
_TOTALS = {
    "alarms": Count("pk"),
    "open": Count("pk", _OPEN),
    "unacknowledged": Count("pk", Q(state__in=[Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED], suppressed_by=None)),
    "suppressed": Count("pk", _OPEN & Q(suppressed_by__isnull=False)),
    **{name: Count("pk", _OPEN & Q(severity=severity)) for severity, name in SEVERITY_NAMES.items()},
    "worst_open": Min("severity", filter=_OPEN),
    "worst": Min("severity"),
}
_PROCEDURE = "rule__active_version__spec__suggested_action"
_one = Compiled(
    lambda incident: Incident.objects.filter(pk=incident).values_list(
        *(field for field in _FIELDS if field != _PROCEDURE), _PROCEDURE
    ),
    values=1,
)
_its_counts = Compiled(
    lambda incident: (
        Alarm.objects.filter(incident_id=incident).order_by().values("incident_id").annotate(**_TOTALS).values_list(*_TOTALS)
    ),
    values=1,
)


def incident_rows(incidents: QuerySet[Incident], within: Q | None = None) -> list[dict[str, object]]:
    """Rows of a queryset, in its order, in two queries. With `within`, a filter of alarms, only those alarms are counted."""
    rows = list(incidents.values_list(*_FIELDS))
    counts = _counts([row[0] for row in rows], within or Q())
    return name_people([_row(row, counts.get(row[0], {})) for row in rows], "title")


def incident_row(incident: int) -> dict[str, object] | None:
    """The row of one incident, all its alarms counted; None when it is not there. Asked at most commits."""
    found = _one(incident)
    if not found:
        return None
    *most, procedure = found[0]
    counted = _its_counts(incident)
    counts = dict(zip(_TOTALS, counted[0], strict=True)) if counted else {}
    place = _FIELDS.index(_PROCEDURE)
    decoded = None if procedure is None else msgspec.json.decode(procedure)
    return name_people([_row((*most[:place], decoded, *most[place:]), counts)], "title")[0]


def _counts(incidents: list[int], within: Q) -> dict[int, dict[str, int]]:
    """Of each incident: how many alarms, how many open, silent, to be acknowledged, of each severity, and the worst."""
    alarms = Alarm.objects.filter(within, incident_id__in=incidents).order_by().values("incident_id").annotate(**_TOTALS)
    return {row.pop("incident_id"): row for row in alarms}


def _row(values: tuple, counts: dict[str, int]) -> dict[str, object]:
    (id_, site, seq, number, fr, en, state, cause, rule, procedure, action, owner, owned, opened, joined, closed, into,
     into_number, comments) = values  # fmt: skip
    worst = counts.get("worst_open") or counts.get("worst")
    names = ("alarms", "open", "unacknowledged", "suppressed", *SEVERITY_NAMES.values())
    return {
        "id": id_, "site": site, "seq": seq, "number": number, "title": {"fr": fr, "en": en}, "state": state,
        "severity": worst and SEVERITY_NAMES[worst], "cause": cause, "rule": rule, "procedure": procedure or action,
        "owner": owner, "owned_at": time_text(owned), "opened_at": time_text(opened), "joined_at": time_text(joined),
        "closed_at": time_text(closed), "merged_into": None if into is None else {"id": into, "number": into_number},
        "comments": comments, "counts": {name: counts.get(name, 0) for name in names},
    }  # fmt: skip
