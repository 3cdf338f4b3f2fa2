"""Réglages, contractors: who works for the site, by which contract and how soon, and preventive plans; for administrators."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from rest_framework.exceptions import ValidationError
from rest_framework.serializers import Serializer

from assets.alphabet import alphabetical, in_tree
from assets.models import AssetKind, Sector, Site
from assets.refusal import Refused
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import contracts as contract_api
from hypervisor.api import order_plans as plan_api
from hypervisor.api.problems import said
from hypervisor.api.work_order_shapes import WantedContract, WantedContractor, WantedPlan
from hypervisor.pages.contractor_forms import ContractForm, ContractorForm, PlanForm, minutes_words
from hypervisor.pages.frame import around, indented
from hypervisor.rights import Right, Verb
from response.models import Contract, Contractor, OrderPlan
from response.orders import contracts, plans
from response.orders.rows import contract_rows, contractor_rows, plan_rows
from response.orders.terms import PRIORITY_WORDS, Priority

FORMS = ("contractor", "contract", "plan")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Contractors, contracts and plans, each with its form; `contractor`, `contract` or `plan` names the one that is changed."""
    right, the_site = rights.on_site(request, site, Verb.CONTRACTS)
    shown = _Shown(request, right, the_site)
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "end-plan":
            plans.end(_one_of(shown.plans, request.POST.get("id", ""))["id"], by=actor_of(request), now=timezone.now())
            messages.success(request, _("Nothing more is ordered by it."))
            return redirect("contractor_settings", site)
        if act not in FORMS:
            raise Http404
        if shown.carry_out(act):
            messages.success(request, _("Saved."))
            return redirect("contractor_settings", site)
    bad = any(form.errors for form in shown.forms.values())
    context = around(request, right, the_site, "settings") | {"tab": "contractors"} | shown.context()
    return render(request, "configuration/contractors.html", context, status=422 if bad else 200)


def _one_of(rows: Iterable[dict[str, Any]], asked: str, name: str = "id") -> dict[str, Any]:
    """Raises Http404."""
    for row in rows:
        if str(row[name]) == asked:
            return row
    raise Http404


class _Shown:
    """What the page shows of a site, and its forms."""

    def __init__(self, request: HttpRequest, right: Right, site: Site) -> None:
        self.request, self.right, self.site = request, right, site
        self.contractors = contractor_rows(Contractor.objects.filter(site=site))
        self.contracts = contract_rows(Contract.objects.filter(contractor__site=site))
        self.plans = plan_rows(OrderPlan.objects.filter(site=site, ended_at=None))
        english = get_language() == "en"
        kinds = [(kind.slug, kind.name_en if english else kind.name_fr) for kind in AssetKind.objects.all()]
        self.kinds = sorted(kinds, key=lambda each: alphabetical(each[1]))
        self.sectors = [(each.slug, indented(each)) for each in in_tree(Sector.objects.filter(site=site).defer("polygon"))]
        names = {row["slug"]: row["name"] for row in self.contractors}
        contracts_named = [(row["id"], f"{names[row['contractor']]} · {row['reference']}") for row in self.contracts]
        self.known = {name: self._known(name, rows) for name, rows in self._rows().items()}
        known = self.known
        self.forms: dict[str, Any] = {
            "contractor": ContractorForm(*self._given("contractor", ContractorForm.begun(known["contractor"]))),
            "contract": ContractForm(
                list(names.items()), self.kinds, self.sectors, known["contract"],
                *self._given("contract", ContractForm.begun(known["contract"])),
            ),
            "plan": PlanForm(contracts_named, self.kinds, self.sectors, *self._given("plan", PlanForm.begun(known["plan"]))),
        }  # fmt: skip

    def _rows(self) -> dict[str, list[dict[str, Any]]]:
        return {"contractor": self.contractors, "contract": self.contracts, "plan": self.plans}

    def _known(self, name: str, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
        """The one that is changed; None: a new one. Raises Http404."""
        asked = self.request.GET.get(name, "")
        return _one_of(rows, asked, "slug" if name == "contractor" else "id") if asked else None

    def _given(self, name: str, initial: dict[str, Any]) -> tuple[Any, ...]:
        return (self.request.POST if self.request.POST.get("act") == name else None, None, f"id_{name}_%s", None, initial)

    def carry_out(self, act: str) -> bool:
        """Keep what a form says, by the interface's own checks; False: the form says why not."""
        form = self.forms[act]
        if not form.is_valid():
            return False
        try:
            self._acts()[act](form)
        except Refused as refused:
            form.add_error(refused.field if refused.field in form.fields else None, said(refused))
        except ValidationError as error:
            for field, texts in error.detail.items():
                form.add_error(field if field in form.fields else None, str(texts[0] if isinstance(texts, list) else texts))
        return not form.errors

    def _acts(self) -> dict[str, Callable[[Any], object]]:
        by, now, known = actor_of(self.request), timezone.now(), self.known

        def contractor(form: ContractorForm) -> None:
            slug = known["contractor"]["slug"] if known["contractor"] else form.slug([row["slug"] for row in self.contractors])
            contracts.keep_contractor(self.site.pk, slug, **_checked(WantedContractor, form.document()), by=by, now=now)

        def contract(form: ContractForm) -> None:
            row, wanted = contract_api.wanted_by(self.right, _checked(WantedContract, form.document()))
            before = known["contract"] and Contract.objects.get(pk=known["contract"]["id"])
            if before and before.contractor_id != row.pk:
                raise ValidationError({"contractor": [_("A contract stays with its contractor.")]})
            contracts.keep_contract(row, wanted, by=by, now=now, known=before or None)

        def plan(form: PlanForm) -> None:
            wanted = plan_api.wanted_by(self.right, _checked(WantedPlan, form.document()))
            before = known["plan"] and OrderPlan.objects.get(pk=known["plan"]["id"])
            plans.keep(self.site, wanted, by=by, now=now, known=before or None)

        return {"contractor": contractor, "contract": contract, "plan": plan}

    def context(self) -> dict[str, Any]:
        language = "en" if get_language() == "en" else "fr"
        names = {row["slug"]: row["name"] for row in self.contractors}
        kinds, sectors = dict(self.kinds), {slug: name.lstrip("— ") for slug, name in self.sectors}
        for row in self.contracts:
            row["name"] = names[row["contractor"]]
            row["scope"] = [kinds.get(slug, slug) for slug in row["kinds"]] + [sectors.get(slug, slug) for slug in row["sectors"]]
            row["promised"] = [
                (PRIORITY_WORDS[Priority(priority)].en if language == "en" else PRIORITY_WORDS[Priority(priority)].fr,
                 *(minutes_words(terms.get(step)) for step in ("accept", "arrive", "restore")), terms.get("at_all_hours", False))
                for priority, terms in sorted(row["terms"].items(), key=lambda each: [*Priority].index(Priority(each[0])))
            ]  # fmt: skip
        for row in self.plans:
            row["of"] = ", ".join(row["assets"]) or kinds.get(row["kind"], row["kind"])
            row["where"] = sectors.get(row["sector"], "") if row["sector"] else ""
            row["months"] = [str(MONTHS_3[month]) for month in row["season"]]
        rows = {"contractors": self.contractors, "contracts": self.contracts, "plans": self.plans}
        return rows | {"forms": self.forms, "known": self.known}


def _checked(shape: type[Serializer], document: dict[str, Any]) -> dict[str, Any]:
    """What the interface would make of it. Raises ValidationError."""
    given = shape(data=document)
    given.is_valid(raise_exception=True)
    told: dict[str, Any] = given.validated_data
    return told
