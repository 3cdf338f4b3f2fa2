"""Commitments of contracts, exclusions, and months: as they are counted now and as they were frozen."""

from typing import Any

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Asset
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import pace
from hypervisor.api.contract_month_shapes import (
    CommitmentsShape,
    ExclusionRow,
    MonthAnswer,
    StatementRow,
    WantedExclusion,
    WantedStatement,
)
from hypervisor.api.moves import checked, language_of
from hypervisor.api.reports import as_csv, table_file
from hypervisor.api.work_orders import REFUSALS
from hypervisor.rights import Verb
from journal.rows import time_text
from reports.contracts import keeping, statement, tables
from reports.contracts.statement import Month
from reports.models import Exclusion, Statement
from reports.periods import Period
from response.models import Contract, WorkOrder

VERSION = OpenApiParameter(
    "version",
    {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
    description="A frozen version; without it the month as it is counted now.",
)
MONTH = OpenApiParameter("month", str, OpenApiParameter.PATH, description="As `2026-03`, by the site's own calendar.")
_SOME_REFUSALS = {code: REFUSALS[code] for code in (403, 404)}


def contract_of(request: Any, id_: int, verb: Verb = Verb.SEE) -> Contract:
    """A contract is of the whole site: not for who sees some sectors only. Raises Http404, PermissionDenied."""
    found = Contract.objects.select_related("contractor__site").prefetch_related("kinds", "sectors").filter(pk=id_).first()
    if found is None:
        raise Http404
    if rights.of(request).on(found.contractor.site.slug, verb).sectors is not None:
        raise PermissionDenied
    return found


def exclusion_row(row: Exclusion) -> dict[str, Any]:
    return {
        "id": row.pk, "kind": row.kind, "why": row.why, "begins_at": time_text(row.begins_at), "ends_at": time_text(row.ends_at),
        "asset": row.asset.code if row.asset else None, "order": row.order.number if row.order else None,
        "added_at": time_text(row.added_at), "added_by": row.added_by, "withdrawn_at": time_text(row.withdrawn_at),
        "withdrawn_by": row.withdrawn_by, "seq": row.seq,
    }  # fmt: skip


def statement_row(row: Statement) -> dict[str, Any]:
    return {
        "version": row.version, "made_at": time_text(row.made_at), "made_by": row.made_by, "reason": row.reason,
        "sha256": row.sha256, "holds": keeping.holds(row), "cents": row.cents, "seq": row.seq,
    }  # fmt: skip


def wanted_exclusion(contract: Contract, told: dict[str, Any]) -> keeping.Wanted:
    """Raises ValidationError for what the site does not have."""
    site = contract.contractor.site_id
    asset = order = None
    if told.get("asset"):
        asset = Asset.objects.filter(site_id=site, code=told["asset"].replace("\0", "")).first()
        if asset is None:
            raise ValidationError({"asset": _("The site has no such asset.")})
    if told.get("order"):
        order = WorkOrder.objects.filter(site_id=site, contract=contract, number=told["order"]).first()
        if order is None:
            raise ValidationError({"order": _("This contract has no such work order.")})
    if asset is not None and order is not None:
        raise ValidationError({"order": _("An asset or a work order, not both.")})
    return keeping.Wanted(told["kind"], told["why"], told["begins_at"], told["ends_at"], asset, order)


def shown(request: Any, contract: Contract, month: Period) -> tuple[Month, Statement | None]:
    """The version that the query asks for, else the month as of now. Raises Http404."""
    if not (asked := request.GET.get("version", "")):
        return statement.make(contract, month, keeping.of_contract(contract.pk), timezone.now()), None
    if not asked.isdecimal() or len(asked) > 4:
        raise Http404
    row = contract.statements.filter(month=month.first, version=int(asked)).first()
    if row is None:
        raise Http404
    return statement.read(row.document), row


class ContractCommitments(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="get_commitments", summary="Get what is measured of a contract",
        responses={200: CommitmentsShape, **_SOME_REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, contract: int) -> Response:
        return Response(msgspec.to_builtins(keeping.of_contract(contract_of(request, contract).pk)))

    @extend_schema(
        operation_id="set_commitments",
        summary="Set what is measured of a contract, and what a miss costs",
        description="For administrators of the site. Every month is counted by it from now on; what was frozen stays as it is.",
        request=CommitmentsShape,
        responses={200: CommitmentsShape, **REFUSALS},
    )
    def put(self, request: Request, contract: int) -> Response:
        row = contract_of(request, contract, Verb.CONTRACTS)
        told = checked(CommitmentsShape, request)
        values = told | {"each": [dict(each) for each in told["each"]]}
        return Response(msgspec.to_builtins(keeping.commit(row, values, by=actor_of(request), now=timezone.now())))


class ContractExclusions(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="list_exclusions", summary="List the exclusions of a contract, withdrawn ones included",
        responses={200: ExclusionRow(many=True), **_SOME_REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, contract: int) -> Response:
        rows = contract_of(request, contract).exclusions.select_related("asset", "order")
        return Response([exclusion_row(row) for row in rows.order_by("-begins_at", "-pk")[:1000]])

    @extend_schema(
        operation_id="add_exclusion",
        summary="Exclude a time from what is counted against a contractor",
        description="With its reason, of all assets and orders of the contract or of one. Repeating the request adds nothing.",
        request=WantedExclusion,
        responses={201: ExclusionRow, **REFUSALS},
    )
    def post(self, request: Request, contract: int) -> Response:
        row = contract_of(request, contract, Verb.CONTRACTS)
        wanted = wanted_exclusion(row, checked(WantedExclusion, request))
        added = keeping.exclude(row, wanted, by=actor_of(request), now=timezone.now())
        return Response(exclusion_row(added), status=status.HTTP_201_CREATED)


class ContractExclusion(APIView):
    @extend_schema(
        operation_id="withdraw_exclusion",
        summary="Withdraw an exclusion",
        description="It stays in the list, and in what was frozen with it.",
        responses={200: ExclusionRow, **_SOME_REFUSALS},
    )
    def delete(self, request: Request, contract: int, exclusion: int) -> Response:
        row = contract_of(request, contract, Verb.CONTRACTS).exclusions.filter(pk=exclusion).first()
        if row is None:
            raise Http404
        return Response(exclusion_row(keeping.withdraw(row, by=actor_of(request), now=timezone.now())))


class ContractMonth(APIView):
    @extend_schema(
        operation_id="get_contract_month",
        summary="Get a month of a contract: commitments, penalties, proof",
        parameters=[MONTH, VERSION],
        responses={200: MonthAnswer, **_SOME_REFUSALS},
    )
    def get(self, request: Request, contract: int, month: str) -> Response:
        row = contract_of(request, contract)
        period = keeping.month_named(month, row)
        found, frozen = shown(request, row, period)
        last = keeping.latest(row, period)
        differs = statement.differences(statement.read(last.document), found) if last is not None and frozen is None else []
        return Response(
            {
                "month": msgspec.to_builtins(found), "summary": msgspec.to_builtins(tables.summary(found)),
                "statement": statement_row(frozen) if frozen is not None else None, "differences": msgspec.to_builtins(differs),
            }
        )  # fmt: skip


class ContractMonthTable(APIView):
    @extend_schema(
        operation_id="get_contract_month_table_as_csv",
        summary="Export a table of a month of a contract as CSV",
        description="`items` has every order and asset as each commitment counts it, with the numbers of the journal lines that "
        "prove it: whoever counts again begins there. Times in seconds, money in euros, shares between 0 and 1.",
        parameters=[MONTH, VERSION, OpenApiParameter("table", str, OpenApiParameter.PATH, enum=list(tables.TABLES))],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, contract: int, month: str, table: str) -> HttpResponse:
        row = contract_of(request, contract)
        if table not in tables.TABLES:
            raise Http404
        found, _frozen = shown(request, row, keeping.month_named(month, row))
        name = f"{row.contractor.slug}-{month}-{table}"
        return table_file(as_csv(tables.TABLES[table](found), language_of(request)), name)


class ContractStatements(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="list_statements", summary="List the frozen versions of a month of a contract, the last first",
        parameters=[MONTH], responses={200: StatementRow(many=True), **_SOME_REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, contract: int, month: str) -> Response:
        row = contract_of(request, contract)
        rows = row.statements.filter(month=keeping.month_named(month, row).first)
        return Response([statement_row(each) for each in rows.order_by("-version")])

    @extend_schema(
        operation_id="freeze_contract_month",
        summary="Freeze a month of a contract",
        description="Keeps it as it is counted now, with its hash in the journal. Where nothing differs from the last version, "
        "that version is the answer; else it is the next version, and needs a reason.",
        parameters=[MONTH],
        request=WantedStatement,
        responses={201: StatementRow, **REFUSALS},
    )
    def post(self, request: Request, contract: int, month: str) -> Response:
        row = contract_of(request, contract, Verb.CONTRACTS)
        reason = checked(WantedStatement, request)["reason"]
        made = keeping.freeze(row, keeping.month_named(month, row), reason=reason, by=actor_of(request), now=timezone.now())
        return Response(statement_row(made), status=status.HTTP_201_CREATED)
