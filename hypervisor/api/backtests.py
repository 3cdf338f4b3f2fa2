"""Backtests of a rule: ordered, followed, cancelled, and every alarm that would have been."""

from collections.abc import Callable, Iterable

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.backtests import runs
from alarms.backtests.rows import backtest_rows
from alarms.engine.spec import SpecError
from alarms.models import Backtest
from alarms.tasks import run_backtest
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import reasons, rule_shapes, shapes, wouldbe
from hypervisor.api.asked import choice, flag
from hypervisor.api.moves import checked, language_of
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.rules import WRONG_SPEC, found_rule, refused_spec


def _backtest_of(request: Request, rule: int, backtest: int) -> Backtest:
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
        summary="List the backtests of a rule, newest first",
        parameters=PARAMETERS,
        responses=shapes.paged(rule_shapes.BacktestRow),
    )
    def get(self, request: Request, rule: int) -> Response:
        return page(request, found_rule(request, rule).backtests.all(), {"id": "id"}, _rows(request), newest=True)

    @extend_schema(
        operation_id="create_backtest",
        summary="Start a backtest of a spec or of the newest version",
        request=rule_shapes.NewBacktest,
        responses={202: rule_shapes.BacktestRow, **WRONG_SPEC},
    )
    def post(self, request: Request, rule: int) -> Response:
        body = checked(rule_shapes.NewBacktest, request)
        row = found_rule(request, rule)
        try:
            made = runs.order(row, body["from"], body["to"], body.get("spec"), by=actor_of(request), now=timezone.now())
        except SpecError as error:
            return refused_spec(error, language_of(request))
        transaction.on_commit(lambda: run_backtest.delay(made.pk))
        where = reverse("backtest", args=[row.pk, made.pk])
        return Response(backtest_rows([made])[0], status=status.HTTP_202_ACCEPTED, headers={"Location": where})


class BacktestView(APIView):
    @extend_schema(
        operation_id="get_backtest", summary="Get a backtest with its progress and figures", responses=rule_shapes.BacktestRow
    )
    def get(self, request: Request, rule: int, backtest: int) -> Response:
        return Response(_rows(request)([_backtest_of(request, rule, backtest)])[0])

    @extend_schema(
        operation_id="cancel_backtest",
        summary="Cancel a backtest that is queued or running",
        request=None,
        responses={200: rule_shapes.BacktestRow},
    )
    def delete(self, request: Request, rule: int, backtest: int) -> Response:
        row = _backtest_of(request, rule, backtest)
        runs.cancel(row, timezone.now())
        row.refresh_from_db()
        return Response(_rows(request)([row])[0])


class WouldBeAlarms(APIView):
    @extend_schema(
        operation_id="list_would_be_alarms",
        summary="List the alarms a backtest found, with their evidence",
        parameters=[
            OpenApiParameter(
                "of",
                str,
                enum=["draft", "active"],
                description="Alarms of the spec that was tried, or of the version that was active then.",
            ),
            OpenApiParameter("alone", bool, description="Only alarms that the other version does not raise."),
            *PARAMETERS,
        ],
        responses=shapes.paged(rule_shapes.WouldBeRow),
    )
    def get(self, request: Request, rule: int, backtest: int) -> Response:
        tried = _backtest_of(request, rule, backtest)
        alarms = tried.alarms.all()
        if "of" in request.query_params:
            alarms = alarms.filter(of=choice(request, "of", ("draft", "active"), ""))
        if (alone := flag(request, "alone")) is not None:
            alarms = alarms.filter(alone=alone)
        right = rights.of(request).by_site[tried.rule.site_id]
        return page(request, alarms, {"id": "id"}, wouldbe.rows(right), newest=False)
