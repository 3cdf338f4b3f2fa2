"""The one shape of an incident, wherever it is shown."""

from collections.abc import Collection

import msgspec
from django.db.models import Count, F, Min, Q, QuerySet

from alarms.engine.wording import Bilingual
from alarms.incidents import partial
from alarms.incidents.naming import Dependants, so_far
from alarms.models import SEVERITY_NAMES, STAKE_NAMES, Alarm, Incident
from alarms.pseudonyms import name_people
from alarms.rows import EXPLAINED, SET_ASIDE, SILENT
from assets.models import Asset
from journal.compiled import Compiled
from journal.rows import time_text

_FIELDS = (
    "id", "site__slug", "seq", "number", "title_fr", "title_en", "state", "cause_id", "rule__slug",
    "rule__active_version__spec__procedure", "rule__active_version__spec__suggested_action", "owner__username",
    "owned_at", "opened_at", "joined_at", "closed_at", "merged_into_id", "merged_into__number", "comments",
)  # fmt: skip
_CAUSE = _FIELDS.index("cause_id")
_STANDING = (Alarm.State.UNACKNOWLEDGED, Alarm.State.ACKNOWLEDGED)
_OPEN = Q(is_open=True)
_STAKES = len(STAKE_NAMES) + 1
WORST = F("severity") * _STAKES + F("stake")
"""One number for the severity of an alarm and its stake: the least is the worst."""
_HEARD = _OPEN & ~SILENT
"""Open and not silenced: what the lamps count."""
_TOTALS = {
    "alarms": Count("pk"),
    "open": Count("pk", _OPEN),
    "unacknowledged": Count("pk", _HEARD & Q(state__in=[Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED])),
    "suppressed": Count("pk", _OPEN & EXPLAINED),
    "set_aside": Count("pk", _OPEN & SET_ASIDE),
    **{name: Count("pk", _HEARD & Q(severity=severity)) for severity, name in SEVERITY_NAMES.items()},
    "worst_heard": Min(WORST, filter=_HEARD),
    "worst_open": Min(WORST, filter=_OPEN),
    "worst": Min(WORST),
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


def incident_rows(
    incidents: QuerySet[Incident], within: Q | None = None, sectors: Collection[str] | None = None, *, named: bool = True
) -> list[dict[str, object]]:
    """Rows of a queryset, in its order, in three queries. With `within`, a filter of alarms, and `sectors`, the paths it is of,
    only those alarms are counted, and nothing is told of what an incident is beyond them. People stay pseudonyms unless `named`.
    """
    rows = list(incidents.values_list(*_FIELDS))
    ids = [row[0] for row in rows]
    counts = _counts(ids, within or Q())
    below = dependants_of([row[0] for row in rows if row[_CAUSE] is not None], within or Q())
    made = [_row(row, counts.get(row[0], {}), below.get(row[0])) for row in rows]
    if sectors is not None:
        made = partial.as_seen(made, below, within, sectors)
    return name_people(made, "title") if named else made


def incidents_by_id(ids: Collection[int]) -> list[dict[str, object]]:
    """Rows that leave the house: pseudonyms in them are not named."""
    rows = list(Incident.objects.filter(id__in=ids).values_list(*_FIELDS))
    counts = _counts([row[0] for row in rows], Q())
    below = dependants_of([row[0] for row in rows if row[_CAUSE] is not None], Q())
    return [_row(row, counts.get(row[0], {}), below.get(row[0])) for row in rows]


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
    below = None if most[_CAUSE] is None else dependants_of([incident], Q()).get(incident)
    return name_people([_row((*most[:place], decoded, *most[place:]), counts, below)], "title")[0]


def _counts(incidents: list[int], within: Q) -> dict[int, dict[str, int]]:
    """Of each incident: how many alarms, how many open, silent, to be acknowledged, of each severity, and the worst."""
    alarms = Alarm.objects.filter(within, incident_id__in=incidents).order_by().values("incident_id").annotate(**_TOTALS)
    return {row.pop("incident_id"): row for row in alarms}


def dependants_of(incidents: list[int], within: Q) -> dict[int, Bilingual]:
    """What is out below the cause of each of these incidents, in words: assets in alarm now that are not the cause's own; while
    it stands and not all have spoken, also how many depend on it."""
    if not incidents:
        return {}
    standing = Alarm.objects.filter(within, incident_id__in=incidents, state__in=_STANDING, asset__isnull=False)
    below = standing.exclude(asset=F("incident__cause__asset")).order_by()
    kinds = below.values("incident_id", "asset__kind__slug", "asset__kind__name_fr", "asset__kind__name_en")
    found: dict[int, list[Dependants]] = {}
    for row in kinds.annotate(number=Count("asset", distinct=True)).values_list(*_KIND, "number"):
        found.setdefault(row[0], []).append(Dependants(*row[1:]))
    waiting = _depending(incidents, within)
    told = {incident: so_far(waiting.get(incident, ()), found.get(incident, ())) for incident in incidents}
    return {incident: words for incident, words in told.items() if words is not None}


def _depending(incidents: list[int], within: Q) -> dict[int, list[Dependants]]:
    """What depends directly on the asset of each cause that stands."""
    causes = Alarm.objects.filter(within, incident_id__in=incidents, pk=F("incident__cause"), state__in=_STANDING)
    about = {asset: incident for incident, asset in causes.filter(asset__isnull=False).values_list("incident_id", "asset_id")}
    if not about:
        return {}
    kinds = Asset.objects.filter(within, depends_on__in=about, retired_at=None).order_by().values("depends_on_id", *_KIND_OF)
    found: dict[int, list[Dependants]] = {}
    for asset, *kind in kinds.annotate(number=Count("pk")).values_list("depends_on_id", *_KIND_OF, "number"):
        found.setdefault(about[asset], []).append(Dependants(*kind))
    return found


_KIND_OF = ("kind__slug", "kind__name_fr", "kind__name_en")


_KIND = ("incident_id", "asset__kind__slug", "asset__kind__name_fr", "asset__kind__name_en")


def _row(values: tuple, counts: dict[str, int], below: Bilingual | None) -> dict[str, object]:
    (id_, site, seq, number, fr, en, state, cause, rule, procedure, action, owner, owned, opened, joined, closed, into,
     into_number, comments) = values  # fmt: skip
    worst = counts.get("worst_heard") or counts.get("worst_open") or counts.get("worst")
    names = ("alarms", "open", "unacknowledged", "suppressed", "set_aside", *SEVERITY_NAMES.values())
    if below is not None:
        fr, en = f"{fr} — {below.fr}", f"{en} — {below.en}"
    return {
        "id": id_, "site": site, "seq": seq, "number": number, "title": {"fr": fr, "en": en}, "state": state,
        "severity": worst and SEVERITY_NAMES[worst // _STAKES],
        "stake": worst and STAKE_NAMES[worst % _STAKES], "cause": cause, "rule": rule, "procedure": procedure or action,
        "owner": owner, "owned_at": time_text(owned), "opened_at": time_text(opened), "joined_at": time_text(joined),
        "closed_at": time_text(closed), "merged_into": None if into is None else {"id": into, "number": into_number},
        "comments": comments, "counts": {name: counts.get(name, 0) for name in names}, "partial": False,
    }  # fmt: skip
