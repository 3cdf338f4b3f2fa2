"""Entities of a site, and messages between rooms: sent, read, answered and ended."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import alarms, incidents, pace, shapes
from hypervisor.api.asked import an_id, choice, number
from hypervisor.api.duty import REFUSALS
from hypervisor.api.entity_shapes import (
    EntityMessageRow,
    EntityRow,
    NewAcknowledgement,
    NewAnswer,
    NewEnding,
    NewEntityMessage,
    WantedEntity,
)
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.models import User
from hypervisor.rights import Right, Verb
from response.entities import directory, moves
from response.entities.rows import entity_rows, message_rows
from response.models import Entity, EntityMessage

STATES = {"open": Q(closed_at=None), "all": Q()}
BOXES = ("all", "inbox", "sent")


def mine(me: str) -> Q:
    """Messages that are for an entity of mine, or that I or it sent."""
    return inbox(me) | sent(me)


def inbox(me: str) -> Q:
    return Q(recipients__entity__in=Entity.objects.filter(members__username=me))


def sent(me: str) -> Q:
    return Q(sent_by=me) | Q(sender__in=Entity.objects.filter(members__username=me))


def readable(right: Right, me: str) -> QuerySet[EntityMessage]:
    """Those that lie in the sectors that the right covers, and those of one's own."""
    if right.sectors is None:
        return EntityMessage.objects.filter(site_id=right.site_id)
    ids = EntityMessage.objects.filter(right.within() | mine(me), site_id=right.site_id).values("pk")
    return EntityMessage.objects.filter(pk__in=ids)


def filtered(request: Request, right: Right, me: str) -> QuerySet[EntityMessage]:
    """Messages that the person may see and that the query string asks for. Raises ValidationError."""
    found = readable(right, me).filter(STATES[choice(request, "state", STATES, "open")])
    box = choice(request, "box", BOXES, "all")
    if box != "all":
        found = found.filter(pk__in=EntityMessage.objects.filter(inbox(me) if box == "inbox" else sent(me)).values("pk"))
    for name in ("alarm", "incident"):
        if (id_ := number(request, name)) is not None:
            found = found.filter(**{f"{name}_id": id_})
    return found


def message_of(request: Request, message: int) -> tuple[EntityMessage, Right]:
    row = EntityMessage.objects.filter(pk=message).first()
    right = row and rights.of(request).by_site.get(row.site_id)
    if not right or not right.may(Verb.SEE) or not readable(right, request.user.get_username()).filter(pk=message).exists():
        raise Http404
    return row, right


def _entity(right: Right, slug: str, field: str) -> Entity:
    """Raises ValidationError."""
    found = Entity.objects.filter(site_id=right.site_id, slug=slug).first()
    if found is None:
        raise ValidationError({field: _("No entity of the site has this name.")})
    return found


def _acting(right: Right, entity: Entity, me: str) -> None:
    """A member may act whatever their role; for an entity without members, whoever may send. Raises PermissionDenied."""
    if not right.may(Verb.MESSAGES) and not entity.members.filter(username=me).exists():
        raise PermissionDenied


def _one(message: int, code: int = status.HTTP_200_OK) -> Response:
    return Response(message_rows(EntityMessage.objects.filter(pk=message))[0], status=code)


class SiteEntities(APIView):
    @extend_schema(operation_id="list_entities", summary="List the entities of a site", responses=EntityRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return Response(entity_rows(Entity.objects.filter(site_id=right.site_id)))


class SiteEntity(APIView):
    @extend_schema(
        operation_id="keep_entity", summary="Add an entity, or replace what is known of one", request=WantedEntity,
        responses={200: EntityRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, entity: str) -> Response:
        right = rights.of(request).on(site, Verb.ENTITIES)
        told = checked(WantedEntity, request)
        if len(entity) > 60:
            raise ValidationError({"entity": _("60 characters at most.")})
        names = set(told.pop("members"))
        members = list(User.objects.filter(grants__site_id=right.site_id, username__in=names, is_active=True).distinct())
        if len(members) < len(names):
            raise ValidationError({"members": _("One of them has no account on this site.")})
        row = directory.keep(right.site_id, entity, **told, members=members, by=actor_of(request), now=timezone.now())
        return Response(entity_rows(Entity.objects.filter(pk=row.pk))[0])


class SiteEntityMessages(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="list_entity_messages",
        summary="List the messages and questions between rooms, newest first",
        description="Those of your sectors; and those that are for an entity of yours, or that you or it sent.",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATES), description="Default: `open`."),
            OpenApiParameter("box", str, enum=list(BOXES), description="`inbox`: for an entity of yours. Default: `all`."),
            an_id("alarm", "Id of an alarm."),
            an_id("incident", "Id of an incident."),
            *PARAMETERS,
        ],
        responses=shapes.paged(EntityMessageRow),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        found = filtered(request, right, request.user.get_username())
        return page(request, found, {"number": "number"}, message_rows, newest=True)

    @extend_schema(
        operation_id="send_entity_message",
        summary="Send a message or a question to entities",
        description="With `form` and `due_at` it is a question, which those of `must_answer` must answer until then.",
        request=NewEntityMessage,
        responses={201: EntityMessageRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.MESSAGES)
        draft = _draft(request, right, checked(NewEntityMessage, request))
        made = moves.send(right.site_id, draft, by=actor_of(request), now=timezone.now())
        return _one(made.pk, status.HTTP_201_CREATED)


def _draft(request: Request, right: Right, told: dict[str, Any]) -> moves.Draft:
    """Raises ValidationError, Http404."""
    found = {each.slug: each for each in Entity.objects.filter(site_id=right.site_id, slug__in=told["to"], retired_at=None)}
    if unknown := sorted(set(told["to"]) - set(found)):
        raise ValidationError({"to": _("No entity of the site is called {name}.").format(name=unknown[0])})
    if strangers := sorted(set(told["must_answer"]) - set(found)):
        raise ValidationError({"must_answer": _("{name} is not in `to`.").format(name=strangers[0])})
    about: dict[str, Any] = {}
    if id_ := told.get("alarm"):
        about["alarm"], its = alarms.alarm_of(request, id_)
        if its.site_id != right.site_id:
            raise ValidationError({"alarm": _("It is of another site.")})
        about["sector"] = about["alarm"].sector
    if id_ := told.get("incident"):
        about["incident"], its = incidents.incident_of(request, id_)
        if its.site_id != right.site_id:
            raise ValidationError({"incident": _("It is of another site.")})
    sender = _entity(right, told["sender"], "sender") if told["sender"] else None
    return moves.Draft(
        told["text"].replace("\0", ""), tuple(found.values()), tuple(found[slug] for slug in set(told["must_answer"])),
        told["form"], told["due_at"], sender=sender, **about,
    )  # fmt: skip


class EntityMessageView(APIView):
    @extend_schema(
        operation_id="get_entity_message", summary="Get a message or question and what was answered",
        responses={200: EntityMessageRow, 404: REFUSALS[404]},
    )  # fmt: skip
    def get(self, request: Request, entity_message: int) -> Response:
        return _one(message_of(request, entity_message)[0].pk)


class EntityMessageAcknowledgements(APIView):
    @extend_schema(
        operation_id="acknowledge_entity_message", summary="State that a message was read, in the name of an entity",
        request=NewAcknowledgement, responses={200: EntityMessageRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, entity_message: int) -> Response:
        row, right = message_of(request, entity_message)
        entity = _entity(right, checked(NewAcknowledgement, request)["entity"], "entity")
        _acting(right, entity, request.user.get_username())
        moves.acknowledge(row.pk, entity, by=actor_of(request), now=timezone.now())
        return _one(row.pk)


class EntityMessageAnswers(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="answer_entity_message",
        summary="Answer a question in the name of an entity",
        description="Once: the same answer again changes nothing. For an entity without members, say in `spoken_by` who said so.",
        request=NewAnswer,
        responses={200: EntityMessageRow, **REFUSALS},
    )
    def post(self, request: Request, entity_message: int) -> Response:
        row, right = message_of(request, entity_message)
        told = checked(NewAnswer, request)
        entity = _entity(right, told["entity"], "entity")
        _acting(right, entity, request.user.get_username())
        note, spoken_by = (told[name].replace("\0", "") for name in ("note", "spoken_by"))
        moves.answer(
            row.pk, entity, told["answer"], note=note, spoken_by=spoken_by, by=actor_of(request), now=timezone.now()
        )  # fmt: skip
        return _one(row.pk)


class EntityMessageEnding(APIView):
    @extend_schema(
        operation_id="end_entity_message", summary="End or recall a message you sent", request=NewEnding,
        responses={200: EntityMessageRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, entity_message: int) -> Response:
        row, right = message_of(request, entity_message)
        told = checked(NewEnding, request)
        moves.end(
            row.pk, told["ending"], reason=told["reason"].replace("\0", ""), others=right.may(Verb.RELEASE_OTHERS),
            by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
        return _one(row.pk)
