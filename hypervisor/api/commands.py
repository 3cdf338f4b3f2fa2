"""Commands: what an asset can be given, asking for one, the steps people take, and what became of all of them."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Asset
from commands import moves, offers, spec
from commands.models import Command
from commands.offers import Offer, Outlook
from commands.rows import command_rows
from commands.states import OPEN, UNSENT, State
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.asked import an_id, choice, number
from hypervisor.api.command_shapes import (
    COMMAND_STATES,
    ORIGINS,
    CommandDetail,
    CommandRow,
    Draft,
    NewCommand,
    OfferRow,
    OutlookRow,
)
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.token import for_tokens
from hypervisor.rights import Right, Verb
from journal.reading import lines_about
from journal.rows import entry_rows

STATES: dict[str, Q] = {
    "open": Q(state__in=sorted(OPEN)),
    "unsuccessful": Q(state__in=[State.REFUSED, State.FAILED, State.TIMED_OUT]),
    "all": Q(),
    **{state: Q(state=state) for state in COMMAND_STATES},
}
REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="There is none, or it is not yours to see."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not as things stand; nothing was changed."),
}
_STEPPED = {200: CommandDetail, **REFUSALS}
_FILTERS = [
    OpenApiParameter("state", str, enum=list(STATES), description="Default: `all`."),
    OpenApiParameter("type", str),
    OpenApiParameter("origin", str, enum=ORIGINS),
    an_id("asset", "Commands of this asset."),
    *PARAMETERS,
]


def asset_of(request: Request, asset: int, verb: Verb = Verb.SEE) -> tuple[Asset, Right]:
    """An asset and the right on what stands there, with the refusals of `rights`."""
    row = Asset.objects.select_related("site", "sector", "kind").filter(pk=asset).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, row.sector and row.sector.path, verb)


def command_of(request: Request, command: int, verb: Verb = Verb.SEE) -> tuple[Command, Right]:
    row = Command.objects.select_related("asset__sector", "type").filter(pk=command).first()
    if row is None:
        raise Http404
    return row, rights.of(request).at(row.site_id, row.asset.sector and row.asset.sector.path, verb)


def _listed(request: Request, commands: QuerySet[Command]) -> Response:
    commands = commands.filter(STATES[choice(request, "state", STATES, "all")])
    if (asset := number(request, "asset")) is not None:
        commands = commands.filter(asset=asset)
    if type_ := request.query_params.get("type", "").replace("\0", ""):
        commands = commands.filter(type__slug=type_)
    if "origin" in request.query_params:
        commands = commands.filter(origin=choice(request, "origin", ORIGINS, ""))
    return page(request, commands, {"id": "id"}, command_rows, newest=True)


def _detail(command: int, right: Right) -> dict[str, object]:
    row = Command.objects.select_related("type").get(pk=command)
    return command_rows(Command.objects.filter(pk=command))[0] | {"may": _may(row, right)}


def _may(command: Command, right: Right) -> list[str]:
    """The steps that somebody of this role can ask for now."""
    if not right.may(Verb.COMMAND) or right.role not in (type_ := offers.type_of(command.type)).roles:
        return []
    state, waits = State(command.state), command.go_at is None
    steps = ["second"] * (state == State.REQUESTED)
    steps += ["arm"] * (state == State.AUTHORISED and type_.dangerous and waits)
    steps += ["execute"] * (state == State.ARMED and waits)
    return steps + ["cancel"] * (state in UNSENT)


@for_tokens("commands")
class SiteCommands(APIView):
    @extend_schema(
        operation_id="list_commands", summary="List the commands of a site, newest first", parameters=_FILTERS,
        responses=shapes.paged(CommandRow),
    )  # fmt: skip
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return _listed(request, Command.objects.filter(right.within("asset__sector"), site_id=right.site_id))


@for_tokens("commands")
class AssetCommands(APIView):
    @extend_schema(
        operation_id="list_asset_commands", summary="List the commands of an asset, newest first", parameters=_FILTERS,
        responses=shapes.paged(CommandRow),
    )  # fmt: skip
    def get(self, request: Request, asset: int) -> Response:
        row, _ = asset_of(request, asset)
        return _listed(request, Command.objects.filter(asset=row))

    @extend_schema(
        operation_id="request_command",
        summary="Request a command for an asset",
        description=(
            "The command proceeds to its supervisor, or waits for the person who must confirm or arm it. A "
            "command that an interlock forbids is stored and journaled as `refused` and also answered with 201: "
            "check `state`."
        ),
        request=NewCommand,
        responses={201: CommandDetail, **REFUSALS},
    )
    def post(self, request: Request, asset: int) -> Response:
        body = checked(NewCommand, request)
        row, right = asset_of(request, asset, Verb.COMMAND)
        now = timezone.now()
        until = now + timedelta(minutes=body["minutes"]) if "minutes" in body else body.get("until")
        command = moves.request(
            row, body["type"], body["parameters"], by=actor_of(request), role=right.role, now=now, until=until,
            because=body["because"], cause=body.get("cause", ""),
        )  # fmt: skip
        return Response(_detail(command.pk, right), status=status.HTTP_201_CREATED)


@for_tokens("commands")
class AssetOffers(APIView):
    @extend_schema(
        operation_id="list_asset_command_types",
        summary="List the commands an asset accepts, and whether each could be sent now",
        responses=OfferRow(many=True),
    )
    def get(self, request: Request, asset: int) -> Response:
        row, right = asset_of(request, asset)
        offered = offers.of_asset(row)
        looks = offers.outlooks(offered, [_defaults(offer.type) for offer in offered], timezone.now())
        return Response([_offer(look, right) for look in looks])


@for_tokens("commands")
class CommandPreview(APIView):
    @extend_schema(
        operation_id="preview_command", summary="Preview a command without requesting it", request=Draft,
        responses={200: OutlookRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, asset: int) -> Response:
        body = checked(Draft, request)
        row, _ = asset_of(request, asset)
        offer = offers.find(row, body["type"])
        values = offer.type.filled(body["parameters"])
        return Response(outlook_row(offers.outlooks([offer], [values], timezone.now())[0], values))


@for_tokens("commands", "scenarios", "passages")
class CommandView(APIView):
    @extend_schema(operation_id="get_command", summary="Get a command", responses={200: CommandDetail, 404: REFUSALS[404]})
    def get(self, request: Request, command: int) -> Response:
        row, right = command_of(request, command)
        return Response(_detail(row.pk, right))


@for_tokens("commands")
class CommandJournal(APIView):
    @extend_schema(
        operation_id="list_command_journal", summary="List the journal lines of a command, newest first", parameters=PARAMETERS,
        responses=shapes.paged(shapes.Entry),
    )  # fmt: skip
    def get(self, request: Request, command: int) -> Response:
        row, _ = command_of(request, command)
        return page(request, lines_about(row.site_id, "command", [row.pk]), {"seq": "seq"}, entry_rows, newest=True)


class _Step(APIView):
    """A step that a person takes. Repeating it as the same person changes nothing."""

    step = staticmethod(moves.cancel)

    def take(self, request: Request, command: int) -> Response:
        _, right = command_of(request, command, Verb.COMMAND)
        self.step(command, by=actor_of(request), role=right.role, now=timezone.now())
        return Response(_detail(command, right))


class CommandSecond(_Step):
    step = staticmethod(moves.second)

    @extend_schema(
        operation_id="second_command", summary="Confirm a command as the second person", request=None,
        responses=_STEPPED,
    )  # fmt: skip
    def post(self, request: Request, command: int) -> Response:
        return self.take(request, command)


class CommandArming(_Step):
    step = staticmethod(moves.arm)

    @extend_schema(
        operation_id="arm_command",
        summary="Arm a dangerous command for 30 seconds",
        description="The interlocks are checked again; if one forbids the command, it ends as `refused`.",
        request=None,
        responses=_STEPPED,
    )
    def post(self, request: Request, command: int) -> Response:
        return self.take(request, command)


class CommandExecution(_Step):
    step = staticmethod(moves.execute)

    @extend_schema(
        operation_id="execute_command", summary="Execute a command that you have armed", request=None, responses=_STEPPED
    )
    def post(self, request: Request, command: int) -> Response:
        return self.take(request, command)


@for_tokens("commands")
class CommandCancellation(_Step):
    step = staticmethod(moves.cancel)

    @extend_schema(
        operation_id="cancel_command", summary="Cancel a command that has not been sent", request=None,
        responses=_STEPPED,
    )  # fmt: skip
    def post(self, request: Request, command: int) -> Response:
        return self.take(request, command)


def _defaults(type_: spec.Type) -> dict[str, float | str]:
    return {each.name: each.default for each in type_.parameters if each.default is not None}


def _offer(look: Outlook, right: Right) -> dict[str, object]:
    offer: Offer = look.offer
    type_, told = offer.type, spec.encode(offer.type)
    return {
        "type": type_.slug, "name": told["name"], "parameters": told.get("parameters", []), "schema": type_.schema(),
        "dangerous": type_.dangerous, "second_person": type_.second_person, "idempotent": type_.idempotent,
        "confirm_within": type_.confirm_within, "longest": type_.stands and type_.stands.longest,
        "proven": type_.proof is not None, "permitted": right.may(Verb.COMMAND) and right.role in type_.roles,
        "outlook": outlook_row(look, _defaults(type_)),
    }  # fmt: skip


def outlook_row(look: Outlook, parameters: spec.Values) -> dict[str, object]:
    return {
        "free": look.free, "reached": look.reached, "age": look.age, "under_way": look.under_way, "carried": look.carried,
        "blocks": [
            {"reason": each.reason.value, "sentence": {"fr": each.words.fr, "en": each.words.en}} for each in look.blocks
        ],
        "parameters": dict(parameters),
    }  # fmt: skip
