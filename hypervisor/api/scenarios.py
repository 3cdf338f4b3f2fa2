"""Scenarios of commands: what they would do now, running and stopping one, and how far each run has come.

A scenario reaches over the sectors of a site, so it is for whoever has a right on the whole of it.
"""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from commands.models import Scenario, ScenarioRun
from commands.rows import run_rows
from commands.scenarios import moves
from commands.scenarios.preview import Foreseen, foresee, orders, read
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.asked import choice
from hypervisor.api.command_shapes import RUN_STATES, ForeseenRow, NewScenario, NewScenarioRun, ScenarioRow, ScenarioRunRow
from hypervisor.api.commands import REFUSALS, outlook_row
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.token import for_tokens
from hypervisor.rights import Right, Verb


def _whole(request: Request, site: str, verb: Verb = Verb.SEE) -> Right:
    """The right on a site, of whoever has it on the whole of it."""
    right = rights.of(request).on(site, verb)
    if right.sectors is not None:
        raise PermissionDenied
    return right


def _scenario_of(right: Right, slug: str) -> Scenario:
    row = Scenario.objects.filter(site=right.site_id, slug=slug).first()
    if row is None:
        raise Http404
    return row


def _rows(scenarios: list[Scenario], right: Right) -> list[dict[str, object]]:
    running = dict(
        ScenarioRun.objects.filter(scenario__in=scenarios, state=ScenarioRun.State.RUNNING).values_list("scenario_id", "pk")
    )
    return [
        {"id": row.pk, "site": right.site, "slug": row.slug, "name": {"fr": row.name_fr, "en": row.name_en}, "steps": row.steps,
         "roles": row.roles, "automatic": row.automatic, "enabled": row.enabled, "version": row.version,
         "running": running.get(row.pk),
         "permitted": row.enabled and right.may(Verb.COMMAND) and right.sectors is None and right.role in row.roles}
        for row in scenarios
    ]  # fmt: skip


@for_tokens("scenarios")
class SiteScenarios(APIView):
    @extend_schema(
        operation_id="list_scenarios", summary="List the command scenarios of a site", responses=ScenarioRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(_rows(list(Scenario.objects.filter(site=right.site_id)), right))


class ScenarioView(APIView):
    @extend_schema(operation_id="get_scenario", summary="Get a scenario", responses={200: ScenarioRow, 404: REFUSALS[404]})
    def get(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site)
        return Response(_rows([_scenario_of(right, slug)], right)[0])

    @extend_schema(
        operation_id="write_scenario", summary="Create or replace a scenario", request=NewScenario,
        responses={200: ScenarioRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.RULES)
        body = checked(NewScenario, request)
        name = body.pop("name")
        row = moves.write(
            right.site_id, slug, name["fr"], name["en"], body.pop("steps"), by=actor_of(request), now=timezone.now(), **body
        )
        return Response(_rows([row], right)[0])

    @extend_schema(operation_id="delete_scenario", summary="Delete a scenario that is not running", responses={204: None})
    def delete(self, request: Request, site: str, slug: str) -> Response:
        row = _scenario_of(rights.of(request).on(site, Verb.RULES), slug)
        moves.delete(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


@for_tokens("scenarios")
class ScenarioPreview(APIView):
    @extend_schema(
        operation_id="preview_scenario", summary="Preview the commands of a scenario, asset by asset",
        responses={200: ForeseenRow(many=True), **REFUSALS},
    )  # fmt: skip
    def get(self, request: Request, site: str, slug: str) -> Response:
        right = _whole(request, site)
        row = _scenario_of(right, slug)
        foreseen = foresee(orders(right.site_id, read(row.steps)), timezone.now())
        return Response([_foreseen(each) for each in foreseen])


@for_tokens("scenarios")
class ScenarioRuns(APIView):
    @extend_schema(
        operation_id="run_scenario",
        summary="Run a scenario",
        description="Commands are requested in your name, step by step; each dangerous command waits to be armed.",
        request=NewScenarioRun,
        responses={201: ScenarioRunRow, **REFUSALS},
    )
    def post(self, request: Request, site: str, slug: str) -> Response:
        right = _whole(request, site, Verb.COMMAND)
        row, told = _scenario_of(right, slug), checked(NewScenarioRun, request)
        run = moves.run(row, by=actor_of(request), role=right.role, now=timezone.now(), **told)
        return Response(run_rows(ScenarioRun.objects.filter(pk=run.pk))[0], status=status.HTTP_201_CREATED)


@for_tokens("scenarios")
class SiteRuns(APIView):
    @extend_schema(
        operation_id="list_scenario_runs",
        summary="List the scenario runs of a site, newest first",
        parameters=[OpenApiParameter("state", str, enum=["all", *RUN_STATES], description="Default: `all`."), *PARAMETERS],
        responses=shapes.paged(ScenarioRunRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = _whole(request, site)
        state = choice(request, "state", ["all", *RUN_STATES], "all")
        runs = ScenarioRun.objects.filter(site=right.site_id)
        return page(request, runs if state == "all" else runs.filter(state=state), {"id": "id"}, run_rows, newest=True)


@for_tokens("scenarios")
class RunView(APIView):
    @extend_schema(
        operation_id="get_scenario_run", summary="Get a run of a scenario", responses={200: ScenarioRunRow, 404: REFUSALS[404]}
    )
    def get(self, request: Request, scenario_run: int) -> Response:
        row, _ = _run(request, scenario_run)
        return Response(run_rows(ScenarioRun.objects.filter(pk=row.pk))[0])


@for_tokens("scenarios")
class RunStopping(APIView):
    @extend_schema(
        operation_id="stop_scenario_run",
        summary="Stop a run and withdraw the commands that have not been sent",
        request=None,
        responses={200: ScenarioRunRow, **REFUSALS},
    )
    def post(self, request: Request, scenario_run: int) -> Response:
        row, right = _run(request, scenario_run, Verb.COMMAND)
        moves.stop(row.pk, by=actor_of(request), role=right.role, now=timezone.now())
        return Response(run_rows(ScenarioRun.objects.filter(pk=row.pk))[0])


def _run(request: Request, id_: int, verb: Verb = Verb.SEE) -> tuple[ScenarioRun, Right]:
    row = ScenarioRun.objects.filter(pk=id_).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, None, verb)


def _foreseen(each: Foreseen) -> dict[str, object]:
    asset = each.asset
    brief = {
        "id": asset.pk, "code": asset.code, "name": asset.name, "kind": asset.kind.slug, "lon": asset.longitude,
        "lat": asset.latitude,
    }  # fmt: skip
    return {
        "step": each.order.step, "asset": brief, "type": each.order.type, "parameters": each.order.parameters,
        "outlook": outlook_row(each.outlook, each.order.parameters) if each.outlook else None,
        "said": {"fr": each.said.fr, "en": each.said.en} if each.said else None,
    }  # fmt: skip
