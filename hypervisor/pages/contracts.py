"""Contracts (Contrats): those of a site, one with its commitments and exclusions, and one month with its proof."""

from collections.abc import Callable
from typing import Any

import msgspec
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from rest_framework.exceptions import ValidationError

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.contract_months import contract_of, shown, statement_row, wanted_exclusion
from hypervisor.pages import contract_words
from hypervisor.pages.contract_forms import CommitmentForm, ExclusionForm, FreezeForm, LimitsForm
from hypervisor.pages.frame import around
from hypervisor.pages.refused import at_form, in_messages
from hypervisor.rights import Right, Verb
from reports.contracts import keeping, statement
from reports.contracts.commitments import money
from reports.contracts.tables import month_words
from reports.models import Statement
from response.models import Contract


def _language() -> str:
    return "en" if get_language() == "en" else "fr"


def _right(request: HttpRequest, site: str) -> Right:
    """Contracts are of the whole site. Raises Http404, PermissionDenied."""
    right = rights.of(request).on(site)
    if right.sectors is not None:
        raise PermissionDenied
    return right


def contract_on(request: HttpRequest, site: str, id_: int) -> tuple[Contract, Right]:
    """Raises Http404, PermissionDenied."""
    right, row = _right(request, site), contract_of(request, id_)
    if row.contractor.site_id != right.site_id:
        raise Http404
    return row, right


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The contracts of the site, each with the last month that was frozen."""
    right = _right(request, site)
    the_site = get_object_or_404(Site, pk=right.site_id)
    found = Contract.objects.filter(contractor__site=the_site).select_related("contractor").prefetch_related("kinds", "sectors")
    last = Statement.objects.filter(contract__in=found).order_by("contract_id", "-month", "-version").distinct("contract_id")
    frozen = {row.contract_id: row for row in last.defer("document")}
    return render(request, "contracts/board.html", around(request, right, the_site, "reports") | {
        "contracts": [contract_words.brief(row, frozen.get(row.pk), _language()) for row in found],
        "may_keep": right.may(Verb.CONTRACTS),
    })  # fmt: skip


class _Forms:
    """What an administrator does on these pages: the form of each act, and what carries it out."""

    def __init__(self, request: HttpRequest, contract: Contract, month: str = "") -> None:
        self.request, self.contract, self.month = request, contract, month
        told = keeping.of_contract(contract.pk)
        self.told = told
        limits = {"failed_after": told.failed_after, "most": None if told.most is None else told.most / 100}
        zone = contract.contractor.site.timezone
        self.forms: dict[str, Any] = {
            "commitment": CommitmentForm(*self._given("commitment")),
            "limits": LimitsForm(*self._given("limits", limits)),
            "exclusion": ExclusionForm(zone, *self._given("exclusion")),
            "freeze": FreezeForm(*self._given("freeze")),
        }

    def _given(self, act: str, initial: dict[str, Any] | None = None) -> tuple[Any, ...]:
        return (self.request.POST if self.request.POST.get("act") == act else None, None, f"id_{act}_%s", None, initial)

    def carry_out(self) -> bool:
        """Do what was posted; False: a form says why not. Raises Http404, PermissionDenied."""
        contract_of(self.request, self.contract.pk, Verb.CONTRACTS)
        act = self.request.POST.get("act", "")
        if act in ("remove", "withdraw"):
            with in_messages(self.request):
                getattr(self, f"_{act}")(self.request.POST.get("id", ""))
            return True
        acts: dict[str, Callable[[Any], object]] = {
            "commitment": self._commitment, "limits": self._limits, "exclusion": self._exclusion, "freeze": self._freeze,
        }  # fmt: skip
        if act not in acts:
            raise Http404
        form = self.forms[act]
        if form.is_valid():
            try:
                with at_form(form, {}):
                    acts[act](form)
            except ValidationError as error:
                for field, texts in error.detail.items():
                    form.add_error(field if field in form.fields else None, str(texts[0] if isinstance(texts, list) else texts))
        return not form.errors

    def _keep(self, **changed: Any) -> None:
        values = msgspec.to_builtins(self.told) | changed
        keeping.commit(self.contract, values, by=actor_of(self.request), now=timezone.now())

    def _commitment(self, form: CommitmentForm) -> None:
        self._keep(each=[*msgspec.to_builtins(self.told)["each"], form.document()])

    def _limits(self, form: LimitsForm) -> None:
        self._keep(**form.document())

    def _remove(self, place: str) -> None:
        each = msgspec.to_builtins(self.told)["each"]
        if not place.isdecimal() or len(place) > 3 or int(place) >= len(each):
            raise Http404
        self._keep(each=[one for number, one in enumerate(each) if number != int(place)])

    def _exclusion(self, form: ExclusionForm) -> None:
        wanted = wanted_exclusion(self.contract, form.document())
        keeping.exclude(self.contract, wanted, by=actor_of(self.request), now=timezone.now())

    def _withdraw(self, id_: str) -> None:
        if not id_.isdecimal() or len(id_) > 18:
            raise Http404
        row = get_object_or_404(self.contract.exclusions, pk=int(id_))
        keeping.withdraw(row, by=actor_of(self.request), now=timezone.now())

    def _freeze(self, form: FreezeForm) -> None:
        period = keeping.month_named(self.month, self.contract)
        reason = form.cleaned_data["reason"]
        keeping.freeze(self.contract, period, reason=reason, by=actor_of(self.request), now=timezone.now())


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sheet(request: HttpRequest, site: str, contract: int) -> HttpResponse:
    """One contract: what it promises, its months, its exclusions."""
    row, right = contract_on(request, site, contract)
    forms = _Forms(request, row)
    if request.method == "POST" and forms.carry_out():
        messages.success(request, _("Saved."))
        return redirect("contract_sheet", site, contract)
    language, now = _language(), timezone.now()
    last = row.statements.order_by("month", "version").defer("document")
    frozen = {each.month: each for each in last}
    exclusions = row.exclusions.select_related("asset", "order").order_by("-begins_at", "-pk")[:200]
    bad = any(form.errors for form in forms.forms.values())
    return render(request, "contracts/sheet.html", around(request, right, row.contractor.site, "reports") | {
        "contract": contract_words.brief(row, None, language), "promised": contract_words.promised(row, language),
        "commitments": contract_words.commitments(forms.told, language), "forms": forms.forms,
        "months": [(f"{first:%Y-%m}", month_words(first)[language], contract_words.frozen(frozen.get(first), language))
                   for first in keeping.months(row, now)],
        "exclusions": [contract_words.exclusion(each, language) for each in exclusions],
        "may_keep": right.may(Verb.CONTRACTS),
    }, status=422 if bad else 200)  # fmt: skip


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def month(request: HttpRequest, site: str, contract: int, month: str) -> HttpResponse:
    """One month, as it is counted now or as a version was frozen, with what proves each figure."""
    row, right = contract_on(request, site, contract)
    period = keeping.month_named(month, row)
    forms = _Forms(request, row, month)
    if request.method == "POST" and forms.carry_out():
        messages.success(request, _("Saved."))
        return redirect("contract_month", site, contract, month)
    language = _language()
    found, version = shown(request, row, period)
    versions = list(row.statements.filter(month=period.first).order_by("-version"))
    differences = []
    if versions and version is None:
        frozen = statement.read(versions[0].document)
        differences = contract_words.differences(statement.differences(frozen, found), frozen, found, language)
    bad = any(form.errors for form in forms.forms.values())
    return render(request, "contracts/month.html", around(request, right, row.contractor.site, "reports") | {
        "contract": contract_words.brief(row, None, language), "month": month, "name": month_words(period.first)[language],
        "told": contract_words.month(found, row.contractor.site, language),
        "before": f"{period.before.first:%Y-%m}", "after": f"{period.after:%Y-%m}" if period.end <= timezone.now() else "",
        "version": statement_row(version) if version is not None else None, "differences": differences,
        "versions": [statement_row(each) | {"owed": money(each.cents)[language]} for each in versions],
        "forms": forms.forms, "may_keep": right.may(Verb.CONTRACTS),
        "may_freeze": right.may(Verb.CONTRACTS) and period.end <= timezone.now() and version is None and bool(found.results),
        "query": f"?version={version.version}" if version is not None else "",
    }, status=422 if bad else 200)  # fmt: skip
