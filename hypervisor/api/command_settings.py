"""What a site allows of the catalogue of commands, how its supervisors are reached, and what its rules command by themselves."""

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Rule
from assets.models import Asset, Site, Supervisor
from commands import catalogue, connectors, reactions
from commands.models import CommandType, Connector, Reaction, SiteChoice
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.command_shapes import Choice, ConnectorRow, NewConnector, NewReaction, ReactionRow, TypeRow
from hypervisor.api.commands import REFUSALS
from hypervisor.api.moves import checked
from hypervisor.rights import Verb


class SiteTypes(APIView):
    @extend_schema(
        operation_id="list_command_types", summary="List the command types of a site",
        responses=TypeRow(many=True),
    )  # fmt: skip
    def get(self, request: Request, site: str) -> Response:
        return Response(type_rows(rights.of(request).on(site).site_id))


class SiteType(APIView):
    @extend_schema(
        operation_id="choose_command_type", summary="Enable a command type on a site, or allow it to be automatic",
        description="An automatic type may be sent by rules and procedures without a person.",
        request=Choice, responses={200: TypeRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, type: int) -> Response:
        right = rights.of(request).on(site, Verb.FEEDS)
        body = checked(Choice, request)
        row = CommandType.objects.select_related("kind").filter(pk=type).first()
        if row is None:
            raise Http404
        catalogue.choose(right.site_id, row, **body, by=actor_of(request), now=timezone.now())
        return Response(next(each for each in type_rows(right.site_id, type)))


class SiteConnectors(APIView):
    @extend_schema(
        operation_id="list_connectors", summary="List the command connectors of a site",
        responses=ConnectorRow(many=True),
    )  # fmt: skip
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.FEEDS)
        supervisors = Supervisor.objects.filter(site=right.site_id).select_related("connector")
        return Response([connector_row(each) for each in supervisors])


def _supervisor(request: Request, site: str, supervisor: str) -> Supervisor:
    right = rights.of(request).on(site, Verb.FEEDS)
    row = Supervisor.objects.filter(site=right.site_id, slug=supervisor).first()
    if row is None:
        raise Http404
    return row


class SiteConnector(APIView):
    @extend_schema(
        operation_id="set_up_connector", summary="Set the command connector of a supervisor", request=NewConnector,
        responses={200: ConnectorRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, supervisor: str) -> Response:
        row, told = _supervisor(request, site, supervisor), checked(NewConnector, request)
        known = Connector.objects.filter(supervisor=row).first()
        told["address"], told["mapping"] = connectors.with_secrets(known, told["address"], told["mapping"])
        connectors.set_up(row, **told, by=actor_of(request), now=timezone.now())
        return Response(connector_row(Supervisor.objects.select_related("connector").get(pk=row.pk)))

    @extend_schema(operation_id="remove_connector", summary="Delete the command connector of a supervisor", responses={204: None})
    def delete(self, request: Request, site: str, supervisor: str) -> Response:
        row = Connector.objects.filter(supervisor=_supervisor(request, site, supervisor)).first()
        if row is not None:
            connectors.remove(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConnectorToken(APIView):
    @extend_schema(
        operation_id="rotate_connector_token", summary="Replace the token with which a supervisor answers commands",
        description="The token is returned only once; the old one stops working at once. Answers are sent to "
            "`…/connectors/{supervisor}/answers`.", request=None,
        responses={201: shapes.Token, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, site: str, supervisor: str) -> Response:
        row = Connector.objects.select_related("supervisor").filter(supervisor=_supervisor(request, site, supervisor)).first()
        if row is None:
            raise Http404
        token = connectors.new_token(row, by=actor_of(request), now=timezone.now())
        return Response({"token": token}, status=status.HTTP_201_CREATED)


class SiteReactions(APIView):
    @extend_schema(
        operation_id="list_reactions", summary="List the commands that rules send automatically", responses=ReactionRow(many=True)
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response([_reaction(each) for each in _reactions(right.site_id)])


class SiteReaction(APIView):
    @extend_schema(
        operation_id="write_reaction",
        summary="Set the command that a rule sends automatically",
        description="Only command types that are automatic on the site are sent, once per alarm and within a minute of "
        "its raise.",
        request=NewReaction,
        responses={200: ReactionRow, **REFUSALS},
    )
    def put(self, request: Request, site: str, rule: str) -> Response:
        right, told = rights.of(request).on(site, Verb.RULES), checked(NewReaction, request)
        if not Rule.objects.filter(site=right.site_id, slug=rule).exists():
            raise Http404
        row = reactions.write(Site.objects.get(pk=right.site_id), rule, **told, by=actor_of(request), now=timezone.now())
        return Response(_reaction(row))

    @extend_schema(
        operation_id="delete_reaction", summary="Remove the command that a rule sends automatically", responses={204: None}
    )
    def delete(self, request: Request, site: str, rule: str) -> Response:
        right = rights.of(request).on(site, Verb.RULES)
        row = _reactions(right.site_id).filter(rule=rule).first()
        if row is None:
            raise Http404
        reactions.remove(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _reactions(site: int) -> QuerySet[Reaction]:
    return Reaction.objects.filter(site=site).select_related("scenario", "site")


def _reaction(row: Reaction) -> dict[str, object]:
    return {
        "rule": row.rule, "type": row.type, "parameters": row.parameters, "minutes": row.minutes,
        "scenario": row.scenario and row.scenario.slug, "enabled": row.enabled,
    }  # fmt: skip


def type_rows(site: int, only: int | None = None) -> list[dict[str, object]]:
    """The types that assets of the site can be given, or one of the catalogue."""
    kinds = Asset.objects.filter(site=site, retired_at=None).order_by().values("kind").distinct()
    rows = CommandType.objects.select_related("kind").order_by("kind__slug", "slug")
    rows = rows.filter(kind__in=kinds) if only is None else rows.filter(pk=only)
    choices = {choice.type_id: choice for choice in SiteChoice.objects.filter(site=site)}
    return [
        {"id": row.pk, "kind": row.kind.slug, "type": row.slug, "name": row.spec["name"], "spec": row.spec, "own": row.own,
         "enabled": row.enabled and (row.pk not in choices or choices[row.pk].enabled),
         "automatic": row.pk in choices and choices[row.pk].automatic}
        for row in rows
    ]  # fmt: skip


def connector_row(supervisor: Supervisor) -> dict[str, object]:
    """How a supervisor is reached with commands, without its secrets."""
    known = getattr(supervisor, "connector", None)
    told = {"supervisor": supervisor.slug, "name": supervisor.name}
    if known is None:
        return told | {"address": None, "mapping": None, "enabled": False, "allow_private_address": False, "token_hint": None}
    return told | {
        "address": connectors.without_password(known.address), "mapping": connectors.without_secrets(known.mapping),
        "enabled": known.enabled, "allow_private_address": known.allow_private_address, "token_hint": known.token_hint or None,
    }  # fmt: skip
