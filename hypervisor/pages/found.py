"""What the palette finds by what is typed: pages, settings, assets with open alarms, incidents, procedures, rules, help."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from alarms.models import Alarm, Incident, Rule, Severity
from assets.alphabet import alphabetical
from assets.models import Asset, Site
from assets.spelling import folded
from hypervisor import rights
from hypervisor.api.incidents import seen
from hypervisor.api.searching import search, words
from hypervisor.pages.frame import SEVERITY_NAMES, sections
from hypervisor.pages.help import texts
from hypervisor.pages.settings_pages import settings_pages
from hypervisor.rights import Right, Verb
from response.models import Procedure

MOST = 6
"""Of each group: who wants more types more."""
MOST_INCIDENTS = 200
"""Incidents that are looked through, the newest."""


@dataclass(frozen=True, slots=True)
class Found:
    """One line: where it leads, what it is called, and what tells it from its like. `severity` of an alarm, else empty."""

    url: str
    name: str
    beside: str = ""
    severity: str = ""


@require_safe
@never_cache
@login_required
def found(request: HttpRequest, site: str) -> HttpResponse:
    """Groups of lines for `q`; without it the sections alone. Five queries beside the person's rights."""
    right, the_site = rights.on_site(request, site, Verb.SEE)
    text = request.GET.get("q", "").replace("\0", " ").strip()[:100]
    groups = [(_("Pages"), _sections(the_site, right, text))]
    if text:
        assets = _assets(right, text)
        groups += [
            (_("Settings"), _settings(the_site, right, text)),
            (_("Assets"), [_asset(the_site, asset) for asset in assets]),
            (_("Open alarms"), _alarms(the_site, right, assets)),
            (_("Incidents"), _incidents(the_site, right, text)),
            (_("Procedures"), _named(Procedure.objects.all(), "procedure_sheet", the_site, text)),
            (_("Help"), _help(the_site, text)),
            (_("Rules"), _named(Rule.objects.all(), "rule_editor", the_site, text) if right.may(Verb.RULES) else []),
        ]
    return render(request, "frame/_found.html", {"groups": [group for group in groups if group[1]]})


def _sections(site: Site, right: Right, text: str) -> list[Found]:
    wanted = words(folded(text))
    found = [Found(str(section["url"]), str(section["name"])) for section in sections(site, right)]
    found.append(Found(reverse("heat", args=[site.slug]), _("Heat of a period")))
    found.append(Found(reverse("looking_back", args=[site.slug]), _("Looking back")))
    return [each for each in found if _has(each.name, wanted)]


def _settings(site: Site, right: Right, text: str) -> list[Found]:
    """Pages of settings by their name; all of them by the name of the section."""
    wanted = words(folded(text))
    every = _has(_("Settings"), wanted)
    found = [Found(str(page["url"]), str(page["name"])) for page in settings_pages(site, right)]
    return [each for each in found if every or _has(each.name, wanted)]


def _help(site: Site, text: str) -> list[Found]:
    """What the help tells how to do, and the words it explains."""
    told, page = texts(get_language() or "fr"), reverse("site_help", args=[site.slug])
    wanted = words(folded(text))
    tasks = [Found(f"{page}#{task.id}", task.title) for task in told.tasks if _has(task.title, wanted)]
    terms = [Found(f"{page}#terms", term.name, term.text) for term in told.terms if _has(term.name, wanted)]
    return (tasks + terms)[:MOST]


def _has(name: str, wanted: Iterable[str]) -> bool:
    """Whether each word begins a word of the name."""
    parts = re.findall(r"\w+", folded(name))
    return all(any(part.startswith(word) for part in parts) for word in wanted)


def _assets(right: Right, text: str) -> list[Asset]:
    query = search(text)
    if query is None:
        return []
    there = Asset.objects.filter(right.within(), site_id=right.site_id, retired_at=None, search=query)
    return list(there.select_related("kind", "sector").order_by("code")[:MOST])


def _asset(site: Site, asset: Asset) -> Found:
    kind = getattr(asset.kind, _in_language("name"))
    beside = " · ".join([asset.code, kind, *([asset.sector.name] if asset.sector else [])])
    return Found(reverse("asset_sheet", args=[site.slug, asset.pk]), asset.name, beside)


def _alarms(site: Site, right: Right, assets: list[Asset]) -> list[Found]:
    if not assets:
        return []
    alarms = Alarm.objects.filter(right.within(), site=site, is_open=True, asset__in=[asset.pk for asset in assets])
    told = alarms.order_by("severity", "-raised_at").values_list("pk", _in_language("sentence"), "severity")[:MOST]
    labels = [(pk, sentence, Severity(severity).label) for pk, sentence, severity in told]
    return [
        Found(reverse("alarm_life", args=[site.slug, pk]), sentence, str(SEVERITY_NAMES[label]), label)
        for pk, sentence, label in labels
    ]


def _incidents(site: Site, right: Right, text: str) -> list[Found]:
    """Those that are not over, by their title, and any by its number."""
    number = text.lstrip("#")
    asked = ~Q(state=Incident.State.CLOSED)
    if number.isdecimal() and len(number) < 10:
        asked = Q(number=int(number))
    told = seen(right, Incident.objects.filter(asked, site=site)).order_by("-number")
    rows = told.values_list("pk", "number", _in_language("title"))[:MOST_INCIDENTS]
    wanted = words(folded(text))
    close = [row for row in rows if str(row[1]) == number or _has(row[2], wanted)]
    return [Found(reverse("incident_sheet", args=[site.slug, pk]), title, f"#{number}") for pk, number, title in close[:MOST]]


def _named(things: QuerySet, address: str, site: Site, text: str) -> list[Found]:
    """Things of a site that are few, by their name."""
    wanted = words(folded(text))
    names = ((pk, name) for pk, name in things.filter(site=site).values_list("pk", _in_language("name")) if _has(name, wanted))
    close = sorted(names, key=lambda each: alphabetical(each[1]))[:MOST]
    return [Found(reverse(address, args=[site.slug, pk]), name) for pk, name in close]


def _in_language(field: str) -> str:
    return f"{field}_{'en' if get_language() == 'en' else 'fr'}"
