"""Réglages, mailings: reports and months of contracts sent to named people every month or week; previewed, kept, ended."""

from email.utils import getaddresses
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assets.alphabet import in_tree
from assets.models import Sector, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import around, indented
from hypervisor.pages.refused import at_form
from hypervisor.report_mails import document_of
from hypervisor.rights import Verb
from reports import schedules
from reports.models import ReportMail, ReportSchedule
from response.models import Contract, Gateway, Means

SHOWN = 50
"""Mails of the list, the last first."""
_INPUT = {"class": "input"}
EVERY = {"month": pgettext_lazy("schedule", "every month"), "week": pgettext_lazy("schedule", "every week")}


class ScheduleForm(forms.Form):
    """Contacts are one a line: `Nom <adresse>`, or an address."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120, widget=forms.TextInput(_INPUT))
    what = forms.ChoiceField(label=gettext_lazy("What is sent"), widget=forms.Select(_INPUT))
    sector = forms.ChoiceField(label=gettext_lazy("Only in the sector"), required=False, widget=forms.Select(_INPUT))
    every = forms.ChoiceField(label=gettext_lazy("How often"), choices=list(EVERY.items()), widget=forms.Select(_INPUT))
    day = forms.IntegerField(
        label=gettext_lazy("On day (of the month, or of the week from Monday)"), min_value=1, max_value=28, initial=1,
        widget=forms.NumberInput(_INPUT),
    )  # fmt: skip
    hour = forms.IntegerField(
        label=gettext_lazy("At hour"), min_value=0, max_value=23, initial=7, widget=forms.NumberInput(_INPUT)
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the document"),
        choices=[("fr", "français"), ("en", "English")],
        widget=forms.Select(_INPUT),
    )
    contacts = forms.CharField(
        label=gettext_lazy("To whom, one a line: name <address>"), max_length=4000,
        widget=forms.Textarea({"class": "input", "rows": 3}),
    )  # fmt: skip

    def __init__(self, contracts: list[Contract], sectors: list[Sector], *given: Any) -> None:
        super().__init__(*given)
        named = [(str(row.pk), f"{row.contractor.name} · {row.reference}") for row in contracts]
        self.fields["what"].choices = [("alarms", _("the report of alarms")), *named]
        self.fields["sector"].choices = [("", _("all")), *((each.slug, indented(each)) for each in sectors)]
        self._contracts = {str(row.pk): row for row in contracts}
        self._sectors = {each.slug: each for each in sectors}

    @staticmethod
    def begun(row: ReportSchedule | None) -> dict[str, Any]:
        if row is None:
            return {}
        told = {name: getattr(row, name) for name in ("name", "every", "day", "hour", "language")}
        contacts = "\n".join(f"{each['name']} <{each['address']}>" if each["name"] else each["address"] for each in row.contacts)
        sector = row.sector.slug if row.sector is not None else ""
        return told | {"what": str(row.contract_id or "alarms"), "sector": sector, "contacts": contacts}

    def wanted(self) -> schedules.Wanted:
        given = self.cleaned_data
        lines = [line for line in given["contacts"].replace("\0", "").splitlines() if line.strip()]
        contacts = [schedules.Recipient(name[:120], address) for name, address in getaddresses(lines)]
        return schedules.Wanted(
            name=given["name"], every=given["every"], day=given["day"], hour=given["hour"], language=given["language"],
            contacts=contacts, contract=self._contracts.get(given["what"]), sector=self._sectors.get(given["sector"]),
        )  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The schedules with their form; `schedule` names the one that is changed."""
    right, the_site = rights.on_site(request, site, Verb.NOTIFICATION)
    rows = list(ReportSchedule.objects.filter(site=the_site, ended_at=None).select_related("contract", "sector"))
    known = _one_of(rows, request.GET["schedule"]) if request.GET.get("schedule") else None
    contracts = list(Contract.objects.filter(contractor__site=the_site).select_related("contractor"))
    sectors = in_tree(Sector.objects.filter(site=the_site).defer("polygon"))
    act = request.POST.get("act", "")
    form = ScheduleForm(contracts, sectors, request.POST if act == "keep" else None, None, "id_schedule_%s", None,
                        ScheduleForm.begun(known))  # fmt: skip
    if request.method == "POST" and _carried_out(request, the_site, act, form, rows, known):
        messages.success(request, _("Saved."))
        return redirect("report_schedules", site)
    language = "en" if get_language() == "en" else "fr"
    mails = ReportMail.objects.filter(schedule__site=the_site).select_related("schedule").order_by("-pk")[:SHOWN]
    return render(request, "configuration/schedules.html", around(request, right, the_site, "settings") | {
        "tab": "mailings", "schedules": [(row, EVERY[row.every]) for row in rows], "known": known, "form": form, "mails": mails,
        "language": language, "has_server": Gateway.objects.filter(site=the_site, means=Means.MAIL).exists(),
    }, status=422 if form.errors else 200)  # fmt: skip


def _one_of(rows: list[ReportSchedule], asked: str) -> ReportSchedule:
    """Raises Http404."""
    for row in rows:
        if str(row.pk) == asked:
            return row
    raise Http404


def _carried_out(
    request: HttpRequest, site: Site, act: str, form: ScheduleForm, rows: list[ReportSchedule], known: ReportSchedule | None
) -> bool:
    """False: the form says why not. Raises Http404."""
    by, now, id_ = actor_of(request), timezone.now(), request.POST.get("id", "")
    if act == "end":
        schedules.end(_one_of(rows, id_), by=by, now=now)
        return True
    if act == "again":
        if not id_.isdecimal() or len(id_) > 18:
            raise Http404
        mail = get_object_or_404(ReportMail, pk=int(id_), schedule__site=site, schedule__ended_at=None)
        schedules.send_again(mail, now)
        return True
    if act != "keep":
        raise Http404
    if form.is_valid():
        with at_form(form, {}):
            schedules.keep(site.pk, site.timezone, form.wanted(), by=by, now=now, known=known)
    return not form.errors


@require_safe
@login_required
def preview(request: HttpRequest, site: str, schedule: int) -> HttpResponse:
    """The document as it would be sent now."""
    right = rights.of(request).on(site, Verb.NOTIFICATION)
    found = ReportSchedule.objects.select_related("site", "sector")
    row = get_object_or_404(found, pk=schedule, site=right.site_id, ended_at=None)
    now = timezone.now()
    document = document_of(row, schedules.period_before(row.every, now, row.site.timezone), now)
    answer = HttpResponse(document.pdf(), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{document.name}.pdf"'
    return answer
