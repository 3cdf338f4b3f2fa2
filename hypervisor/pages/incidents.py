"""Incidents: a board of them by state, and the page of one, under a link that can be sent, with its alarms and its story."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language, pgettext_lazy
from django.views.decorators.http import require_safe

from alarms.incidents.rows import incident_rows
from alarms.models import Alarm, Incident
from alarms.rows import alarm_rows
from assets.models import Site
from hypervisor import rights
from hypervisor.api.alarm_life import commands_of
from hypervisor.api.incidents import incident_of, seen, story, view_of
from hypervisor.api.procedures import seen as seen_runs
from hypervisor.pages.alarm_life import MOST, done_about, line_in_words
from hypervisor.pages.alarms import in_words
from hypervisor.pages.desk import acting
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.rights import Right, Verb
from journal.rows import entry_rows
from response.models import WorkOrder
from response.procedures import runs as procedure_runs
from response.procedures.authoring import definition_of

SHOWN = 50
"""Incidents of one column, the newest; members of one page that are shown are `MOST`."""
COLUMNS = (
    (Incident.State.OPEN, pgettext_lazy("incidents", "Open")),
    (Incident.State.IN_HAND, pgettext_lazy("incidents", "In hand")),
    (Incident.State.CLOSED, pgettext_lazy("incidents", "Closed")),
)


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The newest incidents of each state; `part=board` is what the page asks again."""
    right, the_site = rights.on_site(request, site)
    columns = [(state, name, *_column(right, state)) for state, name in COLUMNS]
    context = around(request, right, the_site, "incidents") | {"columns": columns}
    return render(request, "incidents/_board.html" if request.GET.get("part") == "board" else "incidents/board.html", context)


def _column(right: Right, state: str) -> tuple[list[dict[str, Any]], bool]:
    """The incidents of a state that the person may see, and whether there are more."""
    found = seen(right, Incident.objects.filter(site_id=right.site_id, state=state)).order_by("-id")
    rows = incident_rows(found[: SHOWN + 1], *view_of(right))
    return [_told(row) for row in rows[:SHOWN]], len(rows) > SHOWN


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """An incident in the reader's language."""
    language = "en" if get_language() == "en" else "fr"
    severity = row["severity"]
    return row | {"said": row["title"][language], "severity_name": SEVERITY_NAMES[severity] if severity else ""}


@require_safe
@login_required
def sheet(request: HttpRequest, site: str, incident: int) -> HttpResponse:
    """One incident, whatever became of it; `part=sheet` is what the page asks again."""
    row, right = incident_of(request, incident)
    the_site = get_object_or_404(Site, pk=row.site_id)
    if the_site.slug != site:
        raise Http404
    now = timezone.now()
    alarms = Alarm.objects.filter(right.within(), incident_id=row.pk).order_by("-raised_at", "-id")
    members = alarm_rows(alarms[: MOST + 1], named=right.may(Verb.PLATES))
    lines = entry_rows(story(row, right).order_by("seq")[: MOST + 1])
    (told,) = incident_rows(Incident.objects.filter(pk=row.pk), *view_of(right))
    context = around(request, right, the_site, "incidents") | _done_about(row, right) | {
        "incident": _told(told), "to_do": _to_do(row) if row.closed_at is None else [],
        "rows": [in_words(each, now) for each in members[:MOST]], "more": len(members) > MOST,
        "lines": [line_in_words(each) for each in lines[:MOST]], "cut": len(lines) > MOST,
    }  # fmt: skip
    context |= acting(right, the_site.pk, context["client"])
    return render(request, "incidents/_sheet.html" if request.GET.get("part") == "sheet" else "incidents/sheet.html", context)


def _done_about(incident: Incident, right: Right) -> dict[str, Any]:
    runs = seen_runs(right).filter(incident=incident)
    commands = commands_of(Alarm.objects.filter(right.within(), incident=incident), runs, right)
    return done_about(commands, WorkOrder.objects.filter(right.within(), incident=incident), runs)


def _to_do(incident: Incident) -> list[dict[str, Any]]:
    """The mandatory steps that keep it open, each with its run."""
    language = "en" if get_language() == "en" else "fr"
    return [
        {"run": run.pk, "step": getattr(step.title, language), "procedure": getattr(definition_of(run.version).name, language)}
        for run, step in procedure_runs.undone(incident)
    ]
