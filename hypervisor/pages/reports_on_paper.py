"""Reports and months of contracts as PDF: one sentence first, targets, charts, what was left out, and all data inside.

A document is made for a language and in somebody's name, with or without a request: schedules send the same.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from assets.models import Site
from assets.refusal import Meaning, Refused
from assets.zones import zone_words
from hypervisor import paper, rights
from hypervisor.api.contract_months import shown
from hypervisor.api.reports import as_csv, made
from hypervisor.charts import local_times
from hypervisor.pages import contract_words, report_words
from hypervisor.pages.contracts import contract_on
from hypervisor.pages.reports import FIELDS, SECTIONS
from hypervisor.paper_charts import bars
from reports.contents import SEVERITY_WORDS, TABLES
from reports.contracts import keeping, tables
from reports.contracts.statement import Month
from reports.definitions import PRIORITIES, TARGETS
from reports.models import Statement
from reports.periods import Period
from reports.report import Report
from reports.summary import summary
from response.models import Contract

ROWS = 40
"""Of each table on paper; the data inside has all."""
_SEVERITIES = ("#9c0f0f", "#c25a00", "#8a6d00", "#4b6a88")


@dataclass(frozen=True, slots=True)
class Document:
    """What is pressed: its name without an ending, its title and first sentences, HTML, and the files inside."""

    name: str
    title: str
    sentences: list[str]
    html: str
    annexes: list[paper.Annex]

    def pdf(self) -> bytes:
        """Raises Refused."""
        return paper.pressed(self.html, self.annexes)


def _span(period: Period) -> str:
    first, last = (date_format(day, "j F Y") for day in (period.first, period.last))
    return first if period.first == period.last else _("{first} to {last}").format(first=first, last=last)


def report_document(site: Site, found: Report, language: str, made_by: str, of: str = "") -> Document:
    """`of`: the sector or kind that it is confined to, in words."""
    with translation.override(language):
        told = {key: report_words.in_words(make(found), language, site.timezone, "") for key, make in TABLES.items()}
        sentences = [words[language] for words in summary(found)]
        chapters = [(title, [_short(told[key]) for key in which]) for _key, title, which in SECTIONS]
        title = _("Alarm report, {days}").format(days=_span(found.asked.period))
        context = {
            "sentences": sentences, "figures": told["figures"], "chapters": chapters, "of": of, "rate": _rate(found, language),
            "severities": _spread(found, language), "before": found.asked.period.before if found.before else None,
            "definitions": [(label, getattr(found.definitions, name)) for name, label in FIELDS],
            "down_rules": found.definitions.down_rules, "reached": found.reached,
        }  # fmt: skip
        days = f"{found.asked.period.first.isoformat()}-{found.asked.period.last.isoformat()}"
        name = f"{site.slug}-{_('report')}-{days}"
        every = {key: make(found) for key, make in TABLES.items()}
        data = {"site": site.slug, "made_at": found.made_at, "definitions": found.definitions, "tables": list(every.values())}
        annexes = [_json(name, data)]
        annexes += [paper.Annex(f"{key}.csv", table.title[language], as_csv(table, language)) for key, table in every.items()]
        return _composed(site, "paper/report.html", name, title, context, annexes, made_by, language)


def _short(table: dict[str, Any]) -> dict[str, Any]:
    return table | {"rows": table["rows"][:ROWS], "more": max(0, len(table["rows"]) - ROWS)}


def _rate(found: Report, language: str) -> str:
    """Annunciations a day, on the site's calendar."""
    period, heard = found.asked.period, found.told.heard
    days = [period.first + dt.timedelta(days=number) for number in range(min((period.after - period.first).days, 62))]
    at = local_times(heard.at, period.zone).astype("datetime64[D]")
    counts = [int((at == np.datetime64(day)).sum()) for day in days]
    words = {"fr": ("cible", "maximum"), "en": ("target", "maximum")}[language]
    target = TARGETS["per_day"]
    most = 3 * max(counts, default=0)
    levels = zip(words, (target.good, target.most), strict=True)
    limits = [(word, level) for word, level in levels if level <= most]  # a line far above makes the bars flat
    names = [f"{day:%d/%m}" for day in days]
    return bars(names, counts, title=_("Annunciations a day"), language=language, limits=limits) if heard.at.size else ""


def _spread(found: Report, language: str) -> str:
    now = found.now
    if not now.annunciated:
        return ""
    shares = [100 * now.severities[number] / now.annunciated for number in range(1, 5)]
    names = [
        f"{SEVERITY_WORDS[number][language]} ({_('advised')} {100 * share:.0f} %)"
        for number, share in zip(range(1, 5), PRIORITIES.values(), strict=True)
    ]
    return bars(names, shares, title=_("Severities, % of annunciations"), language=language, colours=_SEVERITIES, digits=1)


def month_document(row: Contract, found: Month, frozen: Statement | None, language: str, made_by: str) -> Document:
    """`row` with its contractor and site."""
    site = row.contractor.site
    with translation.override(language):
        first = dt.date.fromisoformat(found.first)
        when = tables.month_words(first)[language]
        told = contract_words.month(found, site, language)
        zone = ZoneInfo(site.timezone)
        for one in (*told["items"], *told["exclusions"]):
            moments = {name: one[name] for name in ("begin", "end", "begins_at", "ends_at", "at") if name in one}
            one |= {name: date_format(at.astimezone(zone), "d/m/Y H:i") for name, at in moments.items()}
        context = {
            "told": told, "sentences": told["summary"], "contract": contract_words.brief(row, None, language),
            "promised": contract_words.promised(row, language), "frozen": frozen, "chart": _shares(found, language),
            "frozen_at": frozen and date_format(frozen.made_at.astimezone(zone), "j F Y, H:i"),
        }  # fmt: skip
        name = f"{row.contractor.slug}-{found.first[:7]}"
        data = frozen.document if frozen is not None else msgspec.json.encode(found, order="sorted").decode()
        annexes = [paper.Annex(f"{name}.json", _("The same, for programs"), data)]
        annexes += [
            paper.Annex(f"{key}.csv", make(found).title[language], as_csv(make(found), language))
            for key, make in tables.TABLES.items()
        ]
        title = _("Contract {reference}, {month}").format(reference=row.reference, month=when)
        return _composed(site, "paper/contract_month.html", name, title, context, annexes, made_by, language)


def _shares(found: Month, language: str) -> str:
    judged = [each for each in found.results if each.share is not None]
    if not judged:
        return ""
    names = [f"{'No' if language == 'en' else 'n°'} {each.commitment + 1}" for each in judged]
    values = [100 * (tables.share_of(each) or 0) for each in judged]
    return bars(names, values, title=_("What was found of each commitment, %"), language=language, digits=1)


def _json(name: str, data: Any) -> paper.Annex:
    return paper.Annex(f"{name}.json", _("The same, for programs"), msgspec.json.encode(data).decode())


def _composed(
    site: Site, template: str, name: str, title: str, context: dict[str, Any], annexes: list[paper.Annex], made_by: str,
    language: str,
) -> Document:  # fmt: skip
    now = timezone.now().astimezone(ZoneInfo(site.timezone))
    around = {
        "site": site, "language": language, "made_at": date_format(now, "j F Y, H:i"), "title": title,
        "zone": zone_words(site.timezone, language), "made_by": made_by,
    }  # fmt: skip
    return Document(name, title, context["sentences"], render_to_string(template, context | around), annexes)


def _language() -> str:
    return "en" if translation.get_language() == "en" else "fr"


def _answer(document: Document) -> HttpResponse:
    answer = HttpResponse(document.pdf(), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{document.name}.pdf"'
    return answer


def _name(request: HttpRequest) -> str:
    return request.user.get_full_name() or request.user.get_username()


@require_safe
@login_required
def report(request: HttpRequest, site: str) -> HttpResponse:
    """The report of the filters of its page."""
    right, the_site = rights.on_site(request, site)
    try:
        found = made(request, right, the_site)
    except ValidationError as error:
        said = " ".join(str(each) for texts in error.detail.values() for each in texts)
        raise Refused("bad_period", said, said, meaning=Meaning.INVALID) from error
    of = " · ".join(request.GET[name][:60] for name in ("sector", "kind") if request.GET.get(name))
    return _answer(report_document(the_site, found, _language(), _name(request), of))


@require_safe
@login_required
def month(request: HttpRequest, site: str, contract: int, month: str) -> HttpResponse:
    """A month of a contract, as it is counted now or as a version was frozen."""
    row, _right = contract_on(request, site, contract)
    found, frozen = shown(request, row, keeping.month_named(month, row))
    return _answer(month_document(row, found, frozen, _language(), _name(request)))
