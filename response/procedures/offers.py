"""Which procedures in force fit an alarm or an incident, the best first, and which of them is under way."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from alarms.models import SEVERITY_NAMES, Alarm, Incident
from response.models import Procedure, Run
from response.procedures.authoring import definition_of
from response.procedures.choice import Subject, fits

BY_HAND = "by_hand"


def of_alarm(alarm: Alarm) -> list[dict[str, Any]]:
    subject = _subject(Alarm.objects.filter(pk=alarm.pk), "")
    return _offers(alarm.site_id, subject, Run.objects.filter(alarm=alarm))


def of_incident(incident: Incident) -> list[dict[str, Any]]:
    """Open alarms decide; all of them once none is open."""
    alarms = Alarm.objects.filter(incident=incident)
    standing = alarms.exclude(state=Alarm.State.NORMAL)
    subject = _subject(standing if standing.exists() else alarms, incident.key.partition(":")[0] or BY_HAND)
    return _offers(incident.site_id, subject, Run.objects.filter(incident=incident))


def _subject(alarms: QuerySet[Alarm], incident_type: str) -> Subject | None:
    rows = list(alarms.values_list("severity", "rule__slug", "asset__kind__slug", "sector__path").distinct())
    if not rows:
        return None
    sectors = sorted({(-index, slug) for *_, path in rows if path for index, slug in enumerate(path.split("/"))})
    return Subject(
        severity=SEVERITY_NAMES[min(severity for severity, *_ in rows)],
        rules=_some(rule for _, rule, _, _ in rows),
        kinds=_some(kind for _, _, kind, _ in rows),
        incident_type=incident_type,
        sectors=tuple(slug for _, slug in sectors),
    )


def _some(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))


def _offers(site: int, subject: Subject | None, runs: QuerySet[Run]) -> list[dict[str, Any]]:
    if subject is None:
        return []
    known = {each.slug: each for each in Procedure.objects.filter(site_id=site, active__isnull=False).select_related("active")}
    definitions = {slug: definition_of(each.active) for slug, each in known.items()}
    running = {
        slug: run
        for run, slug in runs.filter(state=Run.State.RUNNING, exercise=False, parent=None).values_list(
            "id", "version__procedure__slug"
        )
    }
    return [
        {
            "id": known[fit.procedure].pk,
            "slug": fit.procedure,
            "name": {"fr": definitions[fit.procedure].name.fr, "en": definitions[fit.procedure].name.en},
            "steps": len(definitions[fit.procedure].steps),
            "because": [{"what": what, "name": name} for what, name in fit.because],
            "run": running.get(fit.procedure),
        }
        for fit in fits({slug: each.attached_to for slug, each in definitions.items()}, subject)
    ]
