"""Preventive plans of a site, kept by administrators, and their due days as a calendar."""

import datetime as dt
from itertools import islice, takewhile
from typing import Any
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Asset, AssetKind, Sector, Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api.moves import checked
from hypervisor.api.work_order_shapes import PlanRow, WantedPlan
from hypervisor.api.work_orders import REFUSALS
from hypervisor.rights import Right, Verb
from response.models import Contract, OrderPlan
from response.orders import ical, plans
from response.orders.recurrence import days
from response.orders.rows import plan_rows

AHEAD, MOST = dt.timedelta(days=400), 500
"""What a calendar tells: days of each plan, and events of all."""


def wanted_by(right: Right, told: dict[str, Any]) -> plans.Wanted:
    """Raises ValidationError for what the site does not have."""
    contract = Contract.objects.filter(contractor__site_id=right.site_id, pk=told["contract"]).first()
    assets = list(Asset.objects.filter(site_id=right.site_id, retired_at=None, code__in=told["assets"]))
    kind = AssetKind.objects.filter(slug=told.get("kind", "")).first()
    sector = Sector.objects.defer("polygon").filter(site_id=right.site_id, slug=told.get("sector", "")).first()
    absent = {
        "contract": contract is None, "assets": len(assets) < len(set(told["assets"])), "kind": "kind" in told and kind is None,
        "sector": "sector" in told and sector is None,
    }  # fmt: skip
    for name, is_absent in absent.items():
        if is_absent:
            raise ValidationError({name: _("The site has none of this name.")})
    same = ("name", "work", "every", "unit", "starts_on", "season", "remind_days", "window_start", "window_minutes")
    return plans.Wanted(contract=contract, assets=assets, kind=kind, sector=sector, **{name: told[name] for name in same})


def _plan(request: Request, id_: int) -> tuple[OrderPlan, Right]:
    row = OrderPlan.objects.select_related("site").filter(pk=id_).first()
    if row is None:
        raise Http404
    return row, rights.of(request).on(row.site.slug, Verb.CONTRACTS)


def _one(plan: OrderPlan, code: int = status.HTTP_200_OK) -> Response:
    return Response(plan_rows(OrderPlan.objects.filter(pk=plan.pk))[0], status=code)


class SitePlans(APIView):
    @extend_schema(operation_id="list_order_plans", summary="List the preventive plans of a site", responses=PlanRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(plan_rows(OrderPlan.objects.filter(site_id=right.site_id)))

    @extend_schema(
        operation_id="add_order_plan",
        summary="Add a preventive plan",
        description="Each due day is ordered once, by itself, with a maintenance window if the plan has one.",
        request=WantedPlan,
        responses={201: PlanRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.CONTRACTS)
        wanted = wanted_by(right, checked(WantedPlan, request))
        made = plans.keep(Site.objects.get(pk=right.site_id), wanted, by=actor_of(request), now=timezone.now())
        return _one(made, status.HTTP_201_CREATED)


class PlanView(APIView):
    @extend_schema(
        operation_id="change_order_plan", summary="Replace a preventive plan", request=WantedPlan,
        responses={200: PlanRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, order_plan: int) -> Response:
        known, right = _plan(request, order_plan)
        wanted = wanted_by(right, checked(WantedPlan, request))
        return _one(plans.keep(known.site, wanted, by=actor_of(request), now=timezone.now(), known=known))

    @extend_schema(
        operation_id="end_order_plan", summary="End a preventive plan: nothing more is ordered by it",
        responses={200: PlanRow, **REFUSALS},
    )  # fmt: skip
    def delete(self, request: Request, order_plan: int) -> Response:
        known, _right = _plan(request, order_plan)
        return _one(plans.end(known.pk, by=actor_of(request), now=timezone.now()))


class PlanCalendar(APIView):
    @extend_schema(
        operation_id="get_order_plan_calendar",
        summary="Get the due days of the preventive plans as an iCalendar file",
        responses={(200, "text/calendar"): OpenApiTypes.STR},
    )
    def get(self, request: Request, site: str) -> HttpResponse:
        right = rights.of(request).on(site)
        the_site, now = Site.objects.get(pk=right.site_id), timezone.now()
        today = now.astimezone(ZoneInfo(the_site.timezone)).date()
        entries = []
        for plan in OrderPlan.objects.filter(site=the_site, ended_at=None).select_related("contract__contractor"):
            coming = days(plan.starts_on, plan.every, plan.unit, plan.season, today)
            for day in islice(takewhile(lambda day: day <= today + AHEAD, coming), MOST):
                uid = f"order-plan-{plan.pk}-{day:%Y%m%d}@{the_site.slug}.vigie"
                entries.append(ical.Entry(uid, day, plan.name, f"{plan.work}\n{plan.contract.contractor.name}"))
        text = ical.written(sorted(entries, key=lambda entry: entry.day)[:MOST], f"{the_site.name} · Interventions", now)
        answer = HttpResponse(text, content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{site}-order-plans.ics"'
        return answer
