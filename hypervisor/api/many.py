"""What a person does to many alarms of a site in one request, and how it is taken back.

Each alarm that allows it is moved; why the others refused is in the answer, by alarm. Somebody who names an alarm that is not
theirs to see gets 404, and nothing is moved.
"""

from collections.abc import Callable

from django.db.models import Q
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from alarms import lifecycle
from alarms.lifecycle import Outcome
from alarms.models import Alarm
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import pace, shapes
from hypervisor.api.moves import REFUSALS, checked, end_of
from hypervisor.api.problems import said
from hypervisor.rights import Verb
from hypervisor.silence_levels import level_of

_DONE = {200: shapes.Many, **REFUSALS}


def _move(
    request: Request, site: str, verb: Verb, body: dict[str, object], move: Callable[..., Outcome], **how: object
) -> Response:
    """Do it to the alarms that were named, in the person's name."""
    right = rights.of(request).on(site, verb)
    ids = sorted(set(body["ids"]))
    if Alarm.objects.filter(Q(id__in=ids), right.within(), site_id=right.site_id).count() != len(ids):
        raise Http404
    outcome = move(ids, by=actor_of(request), now=timezone.now(), **how)
    refusals = [{"id": id_, "detail": said(why)} for id_, why in outcome.refused.items()]
    return Response({"done": [alarm.pk for alarm in outcome.done], "refused": refusals})


def _described(operation: str, summary: str, body: type[Serializer]) -> Callable:
    return extend_schema(operation_id=operation, summary=summary, request=body, responses=_DONE)


class Acknowledgements(APIView):
    @_described("acknowledge_alarms", "Acknowledge many alarms", shapes.ManyAcknowledgements)
    def post(self, request: Request, site: str) -> Response:
        body = checked(shapes.ManyAcknowledgements, request)
        how = {"comment": body["comment"], "returned": body["returned"]}
        answer = _move(request, site, Verb.ACKNOWLEDGE, body, lifecycle.acknowledge, **how)
        answer.data["acknowledged"] = answer.data["done"]
        return answer


class Withdrawals(APIView):
    @_described("withdraw_acknowledgements", "Withdraw your acknowledgements within ten seconds", shapes.ManyAlarms)
    def post(self, request: Request, site: str) -> Response:
        return _move(request, site, Verb.ACKNOWLEDGE, checked(shapes.ManyAlarms, request), lifecycle.withdraw)


class Charges(APIView):
    @_described("take_alarms", "Take charge of many alarms", shapes.ManyAlarms)
    def post(self, request: Request, site: str) -> Response:
        return _move(request, site, Verb.TAKE, checked(shapes.ManyAlarms, request), lifecycle.take_charge)


class Releases(APIView):
    @_described("release_alarms", "Release many alarms", shapes.ManyAlarms)
    def post(self, request: Request, site: str) -> Response:
        others = rights.of(request).on(site).may(Verb.RELEASE_OTHERS)
        return _move(request, site, Verb.TAKE, checked(shapes.ManyAlarms, request), lifecycle.release, others=others)


class Shelvings(APIView):
    @_described("shelve_alarms", "Shelve many alarms", shapes.ManyShelvings)
    def post(self, request: Request, site: str) -> Response:
        body = checked(shapes.ManyShelvings, request)
        until, level = end_of(body, timezone.now()), level_of(rights.of(request).on(site))
        return _move(request, site, Verb.SHELVE, body, lifecycle.shelve, until=until, reason=body["reason"], level=level)


class Unshelvings(APIView):
    @_described("unshelve_alarms", "Unshelve many alarms", shapes.ManyAlarms)
    def post(self, request: Request, site: str) -> Response:
        return _move(request, site, Verb.SHELVE, checked(shapes.ManyAlarms, request), lifecycle.unshelve)


class Remarks(APIView):
    throttle_classes = [pace.Remarks, pace.Changes]

    @_described("comment_alarms", "Comment on many alarms, open or closed", shapes.ManyComments)
    def post(self, request: Request, site: str) -> Response:
        body = checked(shapes.ManyComments, request)
        return _move(request, site, Verb.COMMENT, body, lifecycle.add_comment, text=body["text"])
