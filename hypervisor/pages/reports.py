"""Reports (Rapports): the figures of a period beside those of the one before, and the annunciations that each is made of."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.exceptions import ValidationError

from alarms.models import Rule
from assets.alphabet import in_tree
from assets.models import AssetKind, Sector, Site
from hypervisor import report_charts, rights
from hypervisor.acting import actor_of
from hypervisor.api.reports import USUAL, asked_of, made
from hypervisor.charts import THEMES, Look
from hypervisor.pages import report_words
from hypervisor.pages.frame import around, indented
from hypervisor.pages.refused import in_messages
from hypervisor.rights import Right, Verb
from journal.models import Ledger
from reports import defining, proof, report
from reports.contents import TABLES, TITLES
from reports.models import Annunciation
from reports.proof import Which
from reports.rows import annunciation_rows

PERIODS = {
    "": gettext_lazy("from … to …"),
    "today": gettext_lazy("today"),
    "yesterday": gettext_lazy("yesterday"),
    "7_days": gettext_lazy("last 7 days"),
    "30_days": gettext_lazy("last 30 days"),
    "this_month": gettext_lazy("this month"),
    "last_month": gettext_lazy("last month"),
}
FILTERS = ("period", "from", "to", "sector", "kind")
SECTIONS = (
    ("load", gettext_lazy("Load"), ("left_out", "days", "floods")),
    ("answers", gettext_lazy("Severities and times"), ("severities", "times")),
    ("nuisances", gettext_lazy("Nuisances"), ("top", "together", "chattering", "fleeting")),
    ("parts", gettext_lazy("Where, and at which position"), ("by_position", "by_sector", "by_kind", "by_rule", "by_supervisor")),
    ("availability", gettext_lazy("Availability"), ("availability",)),
)
SHOWN = 200
"""Annunciations of one page, the newest first."""


def _query(request: HttpRequest, **also: object) -> str:
    asked = {name: request.GET.get(name, "").replace("\0", "") for name in FILTERS}
    return urlencode({name: value for name, value in (asked | also).items() if value not in ("", None)})


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The report with its charts, made once; `part=report` is what the page asks again when the filters change, in a `theme`."""
    right, the_site = rights.on_site(request, site)
    context = _report(request, right, the_site)
    if request.GET.get("part") == "report":
        return render(request, "reports/_report.html", context | {"site": the_site})
    sectors = [each for each in in_tree(Sector.objects.filter(site=the_site).defer("polygon")) if right.covers(each.path)]
    kinds = AssetKind.objects.filter(assets__site=the_site).distinct()
    context |= around(request, right, the_site, "reports") | {
        "periods": PERIODS.items(), "asked": _asked(request),
        "sectors": [(each.slug, indented(each)) for each in sectors], "may_define": right.may(Verb.RULES),
        "kinds": sorted((_name(kind), kind.slug) for kind in kinds),
    }  # fmt: skip
    return render(request, "reports/board.html", context)


def _asked(request: HttpRequest) -> dict[str, str]:
    """The filters as the form shows them: the usual period unless it is said, or two days are."""
    asked = {name: request.GET.get(name, "") for name in FILTERS}
    return asked if asked["period"] or asked["from"] or asked["to"] else asked | {"period": USUAL}


def _name(kind: AssetKind) -> str:
    return kind.name_en if get_language() == "en" else kind.name_fr


def _report(request: HttpRequest, right: Right, site: Site) -> dict[str, Any]:
    """The report in words, or what is wrong with the question."""
    try:
        found = made(request, right, site)
    except ValidationError as error:
        return {"fault": " ".join(str(each) for texts in error.detail.values() for each in texts)}
    language = "en" if get_language() == "en" else "fr"
    query, theme = _query(request), request.GET.get("theme", "")
    look = Look(theme if theme in THEMES else request.user.theme, language, site.timezone)
    tables = {key: report_words.in_words(make(found), language, site.timezone, query) for key, make in TABLES.items()}
    return {
        "figures": tables["figures"], "query": query, "left_out": sum(found.now.unheard.values()),
        "chapters": [(key, title, [tables[table] for table in which]) for key, title, which in SECTIONS],
        "period": found.asked.period, "before": found.asked.period.before if found.before else None,
        "made_at": _text(found.made_at), "until": _text(found.end), "reached": found.reached,
        "whole": found.asked.sectors is None,
        "waiting": max(0, _last(site) - found.reached), "definitions": found.definitions,
        "charts": report_charts.charts(found, look),
    }  # fmt: skip


def _last(site: Site) -> int:
    return Ledger.objects.filter(site=site).values_list("seq", flat=True).first() or 0


def _text(moment: dt.datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@require_safe
@login_required
def annunciations(request: HttpRequest, site: str) -> HttpResponse:
    """What a figure is made of, one by one, each with its journal line and its alarm."""
    right, the_site = rights.on_site(request, site)
    context: dict[str, Any] = around(request, right, the_site, "reports") | {"query": _query(request)}
    try:
        asked = asked_of(request, right, the_site.timezone)
    except ValidationError as error:
        fault = " ".join(str(each) for texts in error.detail.values() for each in texts)
        return render(request, "reports/annunciations.html", context | {"fault": fault})
    selected = proof.select(report.told(asked, timezone.now()), _which(request), defining.of_site(the_site.pk))
    last = selected.where(slice(max(0, len(selected) - SHOWN), None))
    rows = Annunciation.objects.filter(site=the_site, seq__in=last.seq.tolist(), alarm__in=last.alarm.tolist())
    language = "en" if get_language() == "en" else "fr"
    return render(request, "reports/annunciations.html", context | {
        "rows": [report_words.annunciation(row, language) for row in annunciation_rows(rows.order_by("-at", "-seq"))],
        "count": len(selected), "shown": SHOWN, "what": _what(request), "period": asked.period,
    })  # fmt: skip


def _which(request: HttpRequest) -> Which:
    """The criteria of the query string; what is none of ours is a page that does not exist. Raises Http404."""
    criteria: dict[str, Any] = {}
    for name in (*proof.GROUPED, "same", "unheard", "severity", "begin", "end"):
        if text := request.GET.get(f"of_{name}"):
            try:
                criteria[name] = int(text)
            except ValueError as error:
                raise Http404 from error
            if abs(criteria[name]) >= 2**63:
                raise Http404
    flag = request.GET.get("of_flag", "")
    if flag and flag not in proof.FLAGS:
        raise Http404
    return Which(**criteria, flag=flag)


def _what(request: HttpRequest) -> str:
    """The figure by its name, where the query names a table."""
    title = TITLES.get(request.GET.get("of", ""))
    return "" if title is None else title["en" if get_language() == "en" else "fr"]


FIELDS = (
    ("flood_above", gettext_lazy("A flood begins above so many annunciations in 10 minutes")),
    ("flood_below", gettext_lazy("and ends when fewer than so many are left")),
    ("busy_hour", gettext_lazy("An hour is too busy above so many annunciations")),
    ("chattering_times", gettext_lazy("An alarm chatters when it is raised so many times")),
    ("chattering_within", gettext_lazy("within so many seconds")),
    ("fleeting_below", gettext_lazy("An alarm is fleeting when it is over in less than so many seconds")),
    ("fleeting_apart", gettext_lazy("and does not come again within so many seconds")),
    ("stale_after", gettext_lazy("An alarm is stale when its condition holds for more than so many seconds")),
    ("together_within", gettext_lazy("Two alarms go together when one follows the other within so many seconds")),
    ("together_share", gettext_lazy("in at least so many per cent of the cases")),
)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def definitions(request: HttpRequest, site: str) -> HttpResponse:
    """Show by what the site counts, and change it."""
    right, the_site = rights.on_site(request, site, Verb.RULES)
    if request.method == "POST":
        try:
            told = {name: int(request.POST.get(name, "")) for name, _label in FIELDS}
            rules_there = set(Rule.objects.filter(site=the_site).values_list("slug", flat=True))
            told_rules = [slug for slug in request.POST.getlist("down_rules") if slug in rules_there]
            with in_messages(request):
                defining.define(the_site.pk, told | {"down_rules": told_rules}, by=actor_of(request), now=timezone.now())
                messages.success(request, _("The reports count by this from now on."))
        except ValueError:
            messages.error(request, _("Whole numbers only."))
        return redirect("report_definitions", site)
    known = defining.of_site(the_site.pk)
    english = get_language() == "en"
    rules = Rule.objects.filter(site=the_site).exclude(state=Rule.State.DRAFT).order_by("name_en" if english else "name_fr")
    return render(request, "reports/definitions.html", around(request, right, the_site, "settings") | {
        "tab": "reports", "fields": [(name, label, getattr(known, name)) for name, label in FIELDS],
        "rules": [(rule.slug, rule.name_en if english else rule.name_fr, rule.slug in known.down_rules) for rule in rules],
    })  # fmt: skip
