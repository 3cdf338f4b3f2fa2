"""Fiches réflexes: the library, one procedure to read and print with its history, and a run from its first step to its end."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alarms.incidents.rows import incident_rows
from alarms.models import Incident, Rule
from alarms.rules import rulebook
from assets.alphabet import alphabetical
from assets.models import AssetKind, Sector, Site
from commands.models import CommandType, Scenario
from hypervisor import rights
from hypervisor.api.incidents import view_of
from hypervisor.api.procedures import seen
from hypervisor.pages.commands import standings
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.pages.procedure_labels import AUDIENCES, FIELDS, TYPES, incident_type, limit, severity_words, told_differences
from hypervisor.rights import Right, Verb
from response.models import Contractor, Entity, Procedure, ProcedureVersion, Run
from response.procedures import directory, spec
from response.procedures.offers import INCIDENT_TYPES
from response.procedures.rows import names_in, names_of, run_rows

RECENT = dt.timedelta(days=30)
MOST_RUNS = 50
STATES = {
    "active": gettext_lazy("in force"),
    "draft": gettext_lazy("draft"),
    "retired": gettext_lazy("retired"),
}
RUN_STATES = {
    Run.State.RUNNING: gettext_lazy("under way"),
    Run.State.DONE: gettext_lazy("completed"),
    Run.State.ABANDONED: gettext_lazy("abandoned"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One procedure of the library; `version` is its newest, `runs` those of the last 30 days, exercises apart."""

    procedure: Procedure
    name: str
    state: str
    attached: list[str]
    version: ProcedureVersion
    runs: int

    @property
    def has_draft(self) -> bool:
        return self.procedure.active is None or self.procedure.active.number < self.version.number


def _language() -> str:
    return "en" if get_language() == "en" else "fr"


def _state(procedure: Procedure) -> str:
    return "active" if procedure.active_id else "retired" if procedure.retired_at else "draft"


@dataclass(frozen=True, slots=True)
class Names:
    """What rules, kinds and sectors are called, by slug."""

    language: str
    rules: dict[str, str]
    kinds: dict[str, str]
    sectors: dict[str, str]

    @classmethod
    def of(cls, site: Site, language: str) -> "Names":
        return cls(
            language,
            dict(Rule.objects.filter(site=site).values_list("slug", f"name_{language}")),
            dict(AssetKind.objects.values_list("slug", f"name_{language}")),
            dict(Sector.objects.filter(site=site).values_list("slug", "name")),
        )

    def attached(self, told: dict[str, Any]) -> list[str]:
        """What a definition's `attached_to` says, in words."""
        named = [self.rules.get(slug) or _absent(self.language).get(slug, slug) for slug in told.get("rules", ())]
        named += [self.kinds.get(slug, slug) for slug in told.get("kinds", ())]
        named += [incident_type(each, self.language) for each in told.get("incident_types", ())]
        named += [self.sectors.get(slug, slug) for slug in told.get("sectors", ())]
        return named + ([severity_words(told["severity"])] if told.get("severity") else [])


@cache
def _absent(language: str) -> dict[str, str]:
    """What rules of the packs are called where the site has none of the slug: a ready procedure names them before they are."""
    names = {entry.slug: entry.name.en if language == "en" else entry.name.fr for entry in rulebook.pack("city")}
    return {slug: _("{name} (no such rule here)").format(name=name) for slug, name in names.items()}


def lines(site: Site, right: Right, now: dt.datetime) -> list[Line]:
    """By name; the same number of queries however many there are."""
    language = _language()
    names = Names.of(site, language)
    newest = ProcedureVersion.objects.filter(procedure__site=site).order_by("procedure_id", "-number").distinct("procedure_id")
    versions = {each.procedure_id: each for each in newest}
    recent = seen(right).filter(begun_at__gte=now - RECENT, exercise=False).order_by()
    counted = dict(recent.values_list("version__procedure").annotate(n=Count("pk")))
    found = []
    for procedure in Procedure.objects.filter(site=site).select_related("active"):
        if (version := versions.get(procedure.pk)) is None:
            continue
        shown = (procedure.active or version).definition
        found.append(
            Line(
                procedure, shown["name"][language], _state(procedure), names.attached(shown.get("attached_to", {})),
                version, counted.get(procedure.pk, 0),
            )
        )  # fmt: skip
    return sorted(found, key=lambda line: alphabetical(line.name))


def _wanted(line: Line, asked: dict[str, str]) -> bool:
    definition = line.version.definition
    steps = " ".join(f"{step['title']['fr']} {step['title']['en']}" for step in definition["steps"])
    name = definition["name"]
    text = f"{name['fr']} {name['en']} {line.procedure.slug} {' '.join(line.attached)} {steps}".casefold()
    return all(word in text for word in asked["q"].casefold().split()) and asked["state"] in ("", line.state)


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The library; `part=rows` is what the page asks for while one types."""
    right, the_site = rights.on_site(request, site)
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "state")}
    found = [line for line in lines(the_site, right, timezone.now()) if _wanted(line, asked)]
    context = around(request, right, the_site, "procedures") | {
        "lines": found, "asked": asked, "states": STATES.items(), "may_write": right.may(Verb.RULES),
    }  # fmt: skip
    if request.GET.get("part") == "rows":
        return render(request, "procedures/_rows.html", context)
    return render(request, "procedures/board.html", context)


def _procedure(request: HttpRequest, site: str, id_: int) -> tuple[Right, Procedure]:
    right = rights.of(request).on(site)
    found = Procedure.objects.select_related("site", "active").filter(site_id=right.site_id, pk=id_).first()
    if found is None:
        raise Http404
    return right, found


def _call(told: dict[str, Any], language: str) -> str:
    """Whom and by which number, as it is printed."""
    whom = told["whom"][language] if "whom" in told else ""
    missing = _("not in the directory") if told.get("directory") in ("gone", "without_number") else ""
    return " · ".join(filter(None, (whom, missing, told.get("number", ""))))


def steps_told(site: int, definition: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """The steps of a definition as a sheet shows them, in the reader's language."""
    known = spec.decode(definition)
    names = names_of(site, [known])
    named = {step.id: [told[language] for told in names_in(step, names).values()] for step in known.steps}
    found = directory.look_up(site, [known])
    calls = {step.id: _call(directory.told(step, found), language) for step in known.steps if isinstance(step, spec.Call)}
    titles = {step["id"]: f"{number}. {step['title'][language]}" for number, step in enumerate(definition["steps"], 1)}
    return [
        {
            "title": titles[step["id"]],
            "type": TYPES[step["type"]],
            "text": (step.get("text") or {}).get(language, ""),
            "mandatory": step.get("mandatory", True),
            "timeout": limit(step["timeout"]) if step.get("timeout") else "",
            "audience": AUDIENCES.get(step.get("audience")),
            "next": titles.get(step.get("next")),
            "on_failure": titles.get(step.get("on_failure")),
            "choices": [(each["label"][language], titles.get(each.get("next"))) for each in step.get("choices", ())],
            "fields": [(each["label"][language], each.get("unit", "")) for each in step.get("fields", ())],
            "number": calls.get(step["id"]),
            "url": step.get("url"),
            "document": step.get("document"),
            "named": ", ".join(named[step["id"]]),
            "asset": step.get("asset"),
            "message": (step.get("message") or step.get("question") or {}).get(language, ""),
        }
        for step in definition["steps"]
    ]


@require_safe
@login_required
def sheet(request: HttpRequest, site: str, procedure: int) -> HttpResponse:
    """One version to read and print, the active one unless `version` names another; what changed, and its last runs."""
    right, found = _procedure(request, site, procedure)
    language = _language()
    versions = list(found.versions.all())
    if not versions:
        raise Http404
    asked = request.GET.get("version", "")
    shown = next((each for each in versions if str(each.number) == asked), found.active or versions[0])
    before = next((each for each in versions if each.number < shown.number), None)
    definition = shown.definition
    recent = seen(right).filter(version__procedure=found, begun_at__gte=timezone.now() - RECENT)[:MOST_RUNS]
    return render(request, "procedures/sheet.html", around(request, right, found.site, "procedures") | {
        "procedure": found, "versions": versions, "shown": shown, "before": before, "state": STATES[_state(found)],
        "active": found.active, "definition": definition, "name": definition["name"][language],
        "purpose": (definition.get("purpose") or {}).get(language, ""), "steps": steps_told(found.site_id, definition, language),
        "audience": [AUDIENCES[each] for each in definition.get("audience", ())],
        "attached": Names.of(found.site, language).attached(definition.get("attached_to", {})),
        "differences": told_differences(before.definition, definition, language) if before else [],
        "runs": [_told_run(row) for row in run_rows(recent)],
        "may_write": right.may(Verb.RULES), "may_begin": right.may(Verb.TAKE) and found.active_id is not None,
    })  # fmt: skip


def _told_run(row: dict[str, Any]) -> dict[str, Any]:
    ended = sum(step["state"] in ("done", "skipped", "failed") for step in row["steps"])
    return row | {"state_name": RUN_STATES[Run.State(row["state"])], "ended": ended}


@require_safe
@login_required
def run(request: HttpRequest, site: str, procedure_run: int) -> HttpResponse:
    """A run, live, and as it is printed: each step with who did it, when, and what was answered."""
    right = rights.of(request).on(site)
    found = seen(right).select_related("site", "version").filter(pk=procedure_run).first()
    if found is None:
        raise Http404
    context = around(request, right, found.site, "procedures") | {"may": {str(verb): True for verb in right.verbs()}}
    context |= {"standings": standings()}
    row = run_rows(Run.objects.filter(pk=found.pk))[0]
    context["client"] |= {"run": row}
    context |= {
        "run": _told_run(row),
        "about": _incident_said(found, right),
        "name": row["name"][_language()],
        "procedure": found.version.procedure_id,
    }
    return render(request, "procedures/run.html", context)


def _incident_said(run: Run, right: Right) -> str:
    """The number and title of the incident it is for, as far as the reader sees it; empty when it is for none."""
    if run.incident_id is None:
        return ""
    (row,) = incident_rows(Incident.objects.filter(pk=run.incident_id), *view_of(right))
    return _("For incident %(n)s: %(title)s") % {"n": row["number"], "title": row["title"][_language()]}


@require_safe
@login_required
def editor(request: HttpRequest, site: str, procedure: int | None = None) -> HttpResponse:
    """The form in which the next version is written; it posts to the interface, which refuses alike whoever writes."""
    right, the_site = rights.on_site(request, site, Verb.RULES)
    language = _language()
    context = around(request, right, the_site, "procedures")
    name, slug = _("A new procedure"), ""
    if procedure is not None:
        _right, found = _procedure(request, site, procedure)
        newest = found.versions.first()
        if newest is None:
            raise Http404
        name, slug = newest.definition["name"][language], found.slug
        context["client"] |= {"procedure": {"id": found.pk, "slug": slug, "definition": newest.definition}}
    return render(request, "procedures/editor.html", context | {"name": name, "slug": slug, **_vocabulary(the_site, language)})


def _vocabulary(site: Site, language: str) -> dict[str, Any]:
    """What the editor offers to choose from, by name."""
    names = Names.of(site, language)

    def sorted_by_name(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        return sorted(pairs, key=lambda pair: alphabetical(pair[1]))

    types = CommandType.objects.values_list("slug", "spec")
    procedures = Procedure.objects.filter(site=site, active__isnull=False).values_list("slug", f"name_{language}")
    return {
        "audiences": AUDIENCES.items(), "types": TYPES.items(), "severities": SEVERITY_NAMES.items(),
        "attachable": [
            ("rules", FIELDS["rules"], sorted_by_name(names.rules.items())),
            ("kinds", FIELDS["kinds"], sorted_by_name(names.kinds.items())),
            ("incident_types", FIELDS["incident_types"], [(each, incident_type(each, language)) for each in INCIDENT_TYPES]),
            ("sectors", FIELDS["sectors"], sorted_by_name(names.sectors.items())),
        ],
        "procedures": sorted_by_name(procedures),
        "entities": sorted_by_name(Entity.objects.filter(site=site, retired_at=None).values_list("slug", f"name_{language}")),
        "contractors": sorted_by_name(Contractor.objects.filter(site=site, retired_at=None).values_list("slug", "name")),
        "scenarios": sorted_by_name(Scenario.objects.filter(site=site).values_list("slug", f"name_{language}")),
        "commands": sorted_by_name({slug: told["name"][language] for slug, told in types}.items()),
    }  # fmt: skip
