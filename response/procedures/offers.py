"""Which procedures in force fit an alarm or an incident, the best first, and which of them is under way."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from alarms.models import SEVERITY_NAMES, Alarm, Incident, Rule
from assets.models import AssetKind, Sector
from response.models import Procedure, Run
from response.procedures.authoring import definition_of
from response.procedures.choice import Because, Subject, fits

BY_HAND = "by_hand"
WHAT = {
    "rule": ("règle", "rule"),
    "kind": ("type d’équipement", "kind of asset"),
    "sector": ("secteur", "sector"),
    "incident_type": ("incident", "incident"),
}
INCIDENT_TYPES = {
    "cause": ("d’une même cause", "of one cause"),
    "rule": ("d’une même règle", "of one rule"),
    "asset": ("d’un même équipement", "of one asset"),
    "building": ("d’un même bâtiment", "of one building"),
    "system": ("d’un même système", "of one system"),
    "supervisor": ("d’un même superviseur", "of one supervisor"),
    "host": ("d’une même adresse", "of one address"),
    BY_HAND: ("ouvert à la main", "opened by hand"),
}


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
    found = fits({slug: each.attached_to for slug, each in definitions.items()}, subject)
    named = _names(site, {because for fit in found for because in fit.because})
    return [
        {
            "id": known[fit.procedure].pk,
            "slug": fit.procedure,
            "name": {"fr": definitions[fit.procedure].name.fr, "en": definitions[fit.procedure].name.en},
            "steps": len(definitions[fit.procedure].steps),
            "because": [{"what": what, "name": name, "text": named[what, name]} for what, name in fit.because],
            "run": running.get(fit.procedure),
        }
        for fit in found
    ]


def _names(site: int, because: set[tuple[Because, str]]) -> dict[tuple[str, str], dict[str, str]]:
    """What each reason is called in both languages: the rule, kind or sector by its name, the incident by what makes it one."""
    asked = {what: [name for each, name in because if each == what] for what in WHAT}
    called = {("incident_type", name): INCIDENT_TYPES[name] for name in asked["incident_type"]}
    if asked["rule"]:
        rules = Rule.objects.filter(site_id=site, slug__in=asked["rule"]).values_list("slug", "name_fr", "name_en")
        called |= {("rule", slug): (fr, en) for slug, fr, en in rules}
    if asked["kind"]:
        kinds = AssetKind.objects.filter(slug__in=asked["kind"]).values_list("slug", "name_fr", "name_en")
        called |= {("kind", slug): (fr, en) for slug, fr, en in kinds}
    if asked["sector"]:
        sectors = Sector.objects.filter(site_id=site, slug__in=asked["sector"]).values_list("slug", "name")
        called |= {("sector", slug): (name, name) for slug, name in sectors}
    said = {}
    for what, name in because:
        fr, en = called.get((what, name), (name, name))
        quoted = (fr, en) if what == "incident_type" else (f"« {fr} »", f"“{en}”")
        said[what, name] = {"fr": f"{WHAT[what][0]} {quoted[0]}", "en": f"{WHAT[what][1]} {quoted[1]}"}
    return said
