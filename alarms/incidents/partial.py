"""What is told of an incident to whoever is confined to sectors and sees only a part of it.

Title, advice and cause are of alarms of which some lie elsewhere: they are composed anew of those that are theirs to see. What
one sees whole, now and since it began, is told as to everybody.
"""

from collections.abc import Collection, Iterable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from alarms.engine.wording import Bilingual
from alarms.incidents.naming import LONGEST, listed
from alarms.models import Alarm, Incident
from assets.models import Sector
from assets.sector_paths import lies_in


def with_seen_alarms(incidents: QuerySet[Incident], within: Q) -> QuerySet[Incident]:
    """Those of which this filter of alarms lets one through at least; asked before a list of incidents is cut."""
    return incidents.filter(Exists(Alarm.objects.filter(within, incident_id=OuterRef("pk")))) if within else incidents


def as_seen(
    rows: list[dict[str, object]], below: Mapping[int, Bilingual], within: Q, sectors: Collection[str]
) -> list[dict[str, object]]:
    """These incident rows as whoever sees the alarms `within` may read them; `sectors`: the paths these lie in; `below`: what of
    them is out below a cause."""
    beyond = incidents_beyond([row["id"] for row in rows], within, sectors)
    own = _own([row["id"] for row in rows if row["id"] in beyond], below, within)
    return [row | own.get(row["id"], _NOTHING) if row["id"] in beyond else row for row in rows]


_NOTHING = {
    "title": {"fr": "", "en": ""}, "cause": None, "rule": None, "procedure": None, "comments": 0, "partial": True,
}  # fmt: skip


def incidents_beyond(incidents: Collection[int], within: Q, sectors: Collection[str]) -> set[int]:
    """Those of which some alarm lies, or ever lay, outside."""
    outside = Alarm.objects.filter(incident_id__in=incidents).exclude(within)
    ever = dict(Incident.objects.filter(pk__in=incidents).values_list("pk", "sectors"))
    known = {sector for each in ever.values() for sector in each}
    seen = {id_ for id_, path in Sector.objects.filter(pk__in=known).values_list("pk", "path") if lies_in(path, sectors)}
    return set(outside.values_list("incident_id", flat=True)) | {id_ for id_, each in ever.items() if set(each) - seen}


def _own(incidents: list[int], below: Mapping[int, Bilingual], within: Q) -> dict[int, dict[str, object]]:
    """Title, advice and cause by what is theirs to see: named by the cause, else by the first alarm, all places and the worst's
    code."""
    alarms = Alarm.objects.filter(within, incident_id__in=incidents)
    firsts = alarms.order_by("incident_id", "id").distinct("incident_id")
    named = firsts.values_list(
        "incident_id", "rule__name_fr", "rule__name_en", "rule__slug", "rule__active_version__spec__procedure",
        "rule__active_version__spec__suggested_action",
    )  # fmt: skip
    worst = dict(
        alarms.order_by("incident_id", "severity", "id").distinct("incident_id").values_list("incident_id", "asset__code")
    )
    places: dict[int, list[str]] = {}
    for incident, name in alarms.order_by("sector__path").values_list("incident_id", "sector__name").distinct():
        places.setdefault(incident, []).append(name)
    known = Incident.objects.filter(pk__in=incidents, cause__in=Alarm.objects.filter(within))
    known = known.values_list("pk", "cause_id", "cause__sentence_fr", "cause__sentence_en")
    causes = {incident: (id_, Bilingual(fr, en)) for incident, id_, fr, en in known}

    def title(incident: int, matter: Bilingual) -> dict[str, str]:
        if incident in causes:
            return _with_dependants(causes[incident][1], below.get(incident))
        return _title(matter, places[incident], worst.get(incident))

    return {
        incident: {
            "title": title(incident, Bilingual(fr, en)), "rule": slug, "procedure": procedure or action,
            "cause": causes[incident][0] if incident in causes else None, "comments": 0, "partial": True,
        }
        for incident, fr, en, slug, procedure, action in named
    }  # fmt: skip


def _with_dependants(cause: Bilingual, below: Bilingual | None) -> dict[str, str]:
    if below is None:
        return {"fr": cause.fr, "en": cause.en}
    return {"fr": f"{cause.fr} — {below.fr}", "en": f"{cause.en} — {below.en}"}


def _title(matter: Bilingual, places: Iterable[str | None], code: str | None) -> dict[str, str]:
    tail = f" — {listed([name for name in places if name])}" + (f" ({code})" if code else "")
    return {"fr": f"{matter.fr}{tail}"[:LONGEST], "en": f"{matter.en}{tail}"[:LONGEST]}
