"""Commands: what is under way, what did not succeed, what stands until its end, and the scenarios that group them."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assets.models import Site
from commands.models import Command, CommandType, Origin, Scenario, ScenarioRun
from commands.rows import command_rows, run_rows
from hypervisor import rights
from hypervisor.api.commands import STATES
from hypervisor.pages.frame import around
from hypervisor.rights import Right, Verb

SHOWN = 100
RUNS = 20
STANDINGS = (5, 15, 30, 60, 120, 240, 480, 1440, 4320, 10080)
"""Minutes for which a command may be asked to stand."""
TABS = (
    ("open", "site_commands", gettext_lazy("Under way")),
    ("failed", "failed_commands", gettext_lazy("Not succeeded")),
    ("overrides", "site_overrides", gettext_lazy("Overrides")),
    ("scenarios", "command_scenarios", gettext_lazy("Scenarios")),
)
ORIGINS = {
    Origin.DESK: gettext_lazy("a person"),
    Origin.RULE: gettext_lazy("a rule"),
    Origin.PROCEDURE: gettext_lazy("a procedure"),
    Origin.API: gettext_lazy("the interface"),
    Origin.END: gettext_lazy("the end of an override"),
}
RUN_STATES = {
    ScenarioRun.State.RUNNING: gettext_lazy("running"),
    ScenarioRun.State.DONE: gettext_lazy("done"),
    ScenarioRun.State.FAILED: gettext_lazy("ended by a failure"),
    ScenarioRun.State.STOPPED: gettext_lazy("stopped"),
}


def standings() -> list[tuple[int, str]]:
    """Choices of how long something is to stand."""
    return [(minutes, _span(minutes)) for minutes in STANDINGS]


def _span(minutes: int) -> str:
    if minutes % 1440 == 0:
        return ngettext("{n} day", "{n} days", minutes // 1440).format(n=minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("{n} hour", "{n} hours", minutes // 60).format(n=minutes // 60)
    return _("{n} min").format(n=minutes)


def _frame(request: HttpRequest, right: Right, site: Site, tab: str) -> dict[str, object]:
    return around(request, right, site, "commands") | {
        "tab": tab, "tabs": [each for each in TABS if each[0] != "scenarios" or right.sectors is None],
        "may": {str(verb): True for verb in right.verbs()},
    }  # fmt: skip


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """What is under way; all of it is live."""
    right, the_site = rights.on_site(request, site)
    return render(request, "commands/open.html", _frame(request, right, the_site, "open"))


@require_safe
@login_required
def failed(request: HttpRequest, site: str) -> HttpResponse:
    """What was refused, failed, or was not confirmed in time, the newest first; `part=failed` is what the page asks again."""
    right, the_site = rights.on_site(request, site)
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in ("state", "type", "origin", "before")}
    found = Command.objects.filter(right.within("asset__sector"), STATES["unsuccessful"], site=the_site)
    if asked["state"] in ("refused", "failed", "timed_out"):
        found = found.filter(state=asked["state"])
    if asked["type"]:
        found = found.filter(type__slug=asked["type"])
    if asked["origin"] in ORIGINS:
        found = found.filter(origin=asked["origin"])
    if asked["before"].isascii() and asked["before"].isdigit() and len(asked["before"]) < 19:
        found = found.filter(pk__lt=int(asked["before"]))
    rows = command_rows(found.order_by("-pk")[: SHOWN + 1])
    context = {
        "rows": [_told(row) for row in rows[:SHOWN]], "asked": asked, "site": the_site, "names": {},
        "older": rows[SHOWN - 1]["id"] if len(rows) > SHOWN else None,
    }  # fmt: skip
    page = _frame(request, right, the_site, "failed")
    if request.GET.get("part") == "failed":
        return render(request, "commands/_failed.html", context | {"names": page["names"]})
    context |= {"origins": ORIGINS.items(), "types": _types(the_site)}
    return render(request, "commands/failed.html", context | page)


def _types(site: Site) -> list[tuple[str, str]]:
    """Types that this site's commands were of, by name."""
    language = "en" if get_language() == "en" else "fr"
    found = CommandType.objects.filter(commands__site=site).distinct()
    return sorted({(row.slug, row.spec["name"][language]) for row in found}, key=lambda each: each[1])


def _told(row: dict) -> dict[str, object]:
    """A command in the reader's language."""
    language = "en" if get_language() == "en" else "fr"
    both = ("state_name", "reason_name", "said", "type_name", "parameters_shown")
    return row | {name: row[name][language] for name in both if row[name]} | {"origin_name": ORIGINS[Origin(row["origin"])]}


@require_safe
@login_required
def overrides(request: HttpRequest, site: str) -> HttpResponse:
    """What stands until its end; all of it is live."""
    right, the_site = rights.on_site(request, site)
    return render(request, "commands/overrides.html", _frame(request, right, the_site, "overrides"))


@require_safe
@login_required
def scenarios(request: HttpRequest, site: str) -> HttpResponse:
    """Grouped commands: for whoever has a right on the whole of the site."""
    right, the_site = rights.on_site(request, site)
    if right.sectors is not None:
        raise rights.PermissionDenied
    language = "en" if get_language() == "en" else "fr"
    runs = ScenarioRun.objects.filter(site=the_site).order_by("-pk")[:RUNS]
    context = _frame(request, right, the_site, "scenarios") | {
        "scenarios": [
            {"row": row, "name": getattr(row, f"name_{language}"), "steps": len(row.steps),
             "may": row.enabled and right.may(Verb.COMMAND) and right.role in row.roles}
            for row in Scenario.objects.filter(site=the_site)
        ],
        "runs": [
            row | {"shown": row["name"][language], "told": row["said"] and row["said"][language],
                   "state_name": RUN_STATES[ScenarioRun.State(row["state"])]}
            for row in run_rows(runs) if row["state"] != ScenarioRun.State.RUNNING
        ],
        "standings": standings(),
    }  # fmt: skip
    types = CommandType.objects.select_related("kind")
    context["client"] |= {"types": {f"{row.kind.slug}/{row.slug}": row.spec["name"][language] for row in types}}
    return render(request, "commands/scenarios.html", context)
