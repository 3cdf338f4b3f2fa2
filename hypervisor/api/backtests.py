"""Backtests of a rule: ordered, followed, cancelled, and every alarm that would have been."""

from collections.abc import Callable, Iterable

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.backtests import runs
from alarms.backtests.rows import backtest_rows
from alarms.engine.spec import SpecError
from alarms.models import Backtest
from alarms.tasks import run_backtest
from hypervisor import rights
from hypervisor.api import reasons, rule_shapes, shapes, wouldbe
from hypervisor.api.moves import Conflict, checked, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.rules import WRONG_SPEC, found_rule, refused_spec


def _found(request: Request, rule: int, backtest: int) -> Backtest:
    row = found_rule(request, rule).backtests.filter(pk=backtest).first()
    if row is None:
        raise Http404
    return row


def _rows(request: Request) -> Callable[[Iterable[Backtest]], list[dict[str, object]]]:
    """Rows of backtests whose failure is told in the reader's language."""

    def read(found: Iterable[Backtest]) -> list[dict[str, object]]:
        told = backtest_rows(found)
        for row in told:
            parts = reasons.stored(row["message"], language_of(request))
            row["message"] = "; ".join(f"{path}: {reason}" if path else reason for path, reason in parts)
        return told

    return read


class Backtests(APIView):
    @extend_schema(
        operation_id="list_backtests",
        summary="The backtests of a rule, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(rule_shapes.BacktestRow),
    )
    def get(self, request: Request, rule: int) -> Response:
        return page(request, found_rule(request, rule).backtests.all(), {"id": "id"}, _rows(request), newest=True)

    @extend_schema(
        operation_id="create_backtest",
        summary="Try a spec, or the newest version, on stored history",
        request=rule_shapes.NewBacktest,
        responses={202: rule_shapes.BacktestRow, **WRONG_SPEC},
    )
    def post(self, request: Request, rule: int) -> Response:
        told = checked(rule_shapes.NewBacktest, request)
        row = found_rule(request, rule)
        try:
            made = runs.order(row, told["from"], told["to"], told.get("spec"), by=request.user, now=timezone.now())
        except SpecError as error:
            return refused_spec(error, told.get("spec") or {}, language_of(request))
        except runs.Refused as refused:
            reason = getattr(refused, language_of(request))
            raise (ValidationError({refused.field: [reason]}) if refused.field else Conflict(reason)) from refused
        transaction.on_commit(lambda: run_backtest.delay(made.pk))
        where = reverse("backtest", args=[row.pk, made.pk])
        return Response(backtest_rows([made])[0], status=status.HTTP_202_ACCEPTED, headers={"Location": where})


class BacktestView(APIView):
    @extend_schema(operation_id="get_backtest", summary="How far it is, and its figures", responses=rule_shapes.BacktestRow)
    def get(self, request: Request, rule: int, backtest: int) -> Response:
        return Response(_rows(request)([_found(request, rule, backtest)])[0])

    @extend_schema(
        operation_id="cancel_backtest",
        summary="End one that waits or runs",
        request=None,
        responses={200: rule_shapes.BacktestRow},
    )
    def delete(self, request: Request, rule: int, backtest: int) -> Response:
        row = _found(request, rule, backtest)
        runs.cancel(row, timezone.now())
        row.refresh_from_db()
        return Response(_rows(request)([row])[0])


class WouldBeAlarms(APIView):
    @extend_schema(
        operation_id="list_would_be_alarms",
        summary="The alarms that would have been, with their evidence",
        parameters=[
            OpenApiParameter(
                "of", str, enum=["draft", "active"], description="Of the spec tried, or of what ran when it was tried."
            ),
            OpenApiParameter("alone", bool, description="Only those that the other version does not raise: added, or removed."),
            *PARAMETERS,
        ],
        responses=shapes.paged(rule_shapes.WouldBeRow),
    )
    def get(self, request: Request, rule: int, backtest: int) -> Response:
        tried = _found(request, rule, backtest)
        alarms = tried.alarms.all()
        of, alone = request.query_params.get("of"), request.query_params.get("alone")
        if of is not None:
            if of not in ("draft", "active"):
                raise ValidationError({"of": ["draft or active."]})
            alarms = alarms.filter(of=of)
        if alone is not None:
            if alone not in ("true", "false"):
                raise ValidationError({"alone": ["true or false."]})
            alarms = alarms.filter(alone=alone == "true")
        right = rights.of(request).by_site[tried.rule.site_id]
        return page(request, alarms, {"id": "id"}, wouldbe.rows(right), newest=False)
