"""What the law asks of reading plates: a purpose stated first, proof of what was erased, a person's data handed out or erased."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import gate_shapes as told_as
from hypervisor.api import shapes
from hypervisor.api.moves import checked
from hypervisor.api.paging import PARAMETERS, page
from hypervisor.api.passage_shapes import Searched
from hypervisor.api.passages import REFUSALS
from hypervisor.rights import Verb
from journal.rows import time_text
from passages import persons, purposes
from passages.models import Erasure, Purpose


def purpose_row(purpose: Purpose) -> dict[str, object]:
    names = ("use", "basis", "statement", "assessment", "contact", "clear_hours", "history_days", "stated_by", "withdrawn_by")
    return {name: getattr(purpose, name) for name in names} | {
        "id": purpose.pk, "site": purpose.site.slug, "stated_at": time_text(purpose.stated_at),
        "withdrawn_at": time_text(purpose.withdrawn_at), "gates": [gate.slug for gate in purpose.gates.all()],
    }  # fmt: skip


class SitePurposes(APIView):
    @extend_schema(
        operation_id="list_plate_purposes",
        summary="List the purposes of plate reading, newest first",
        responses=told_as.PurposeRow(many=True),
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        found = Purpose.objects.filter(site_id=right.site_id).select_related("site").prefetch_related("gates")
        return Response([purpose_row(purpose) for purpose in found])

    @extend_schema(
        operation_id="state_plate_purpose",
        summary="Create a purpose: why plates are read, on which legal basis, for how long",
        description="A gate reads nothing without one. A commune may not read plates for policing.",
        request=told_as.NewPurpose,
        responses={201: told_as.PurposeRow, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.GATES)
        body = checked(told_as.NewPurpose, request)
        purpose = purposes.state(Site.objects.get(pk=right.site_id), **body, by=actor_of(request), now=timezone.now())
        return Response(purpose_row(purpose), status=201)


class PurposeTemplates(APIView):
    @extend_schema(
        operation_id="list_plate_purpose_templates", summary="List the template statements, one for each use",
        responses=told_as.TemplateRow(many=True),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        return Response([{"use": use, "statement": both} for use, both in purposes.templates().items()])


class PurposeView(APIView):
    @extend_schema(
        operation_id="withdraw_plate_purpose",
        summary="End a purpose and erase what was read under it",
        description="Gates under the purpose stop reading plates. Repeating the request changes nothing.",
        request=None,
        responses={200: told_as.PurposeRow, **REFUSALS},
    )
    def delete(self, request: Request, purpose: int) -> Response:
        row = Purpose.objects.filter(pk=purpose).first()
        if row is None:
            raise Http404
        rights.of(request).at(row.site_id, None, Verb.GATES)
        return Response(purpose_row(purposes.withdraw(purpose, by=actor_of(request), now=timezone.now())))


class Erasures(APIView):
    @extend_schema(
        operation_id="list_erasures", summary="List the proofs of erased plates, newest first", parameters=PARAMETERS,
        responses=shapes.paged(told_as.ErasureRow),
    )  # fmt: skip
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        return page(request, Erasure.objects.filter(site_id=right.site_id), {"id": "id"}, _erasures, newest=True)


def _erasures(found: object) -> list[dict[str, object]]:
    names = ("why", "passages", "reads", "pictures", "digest", "seq")
    return [{name: getattr(row, name) for name in names} | {"id": row.pk, "at": time_text(row.at)} for row in found]


class PlateCopy(APIView):
    @extend_schema(
        operation_id="hand_out_plate",
        summary="Get a copy of all that is stored about a plate",
        description="To be given to the holder of the vehicle. The request is recorded in the journal.",
        request=Searched,
        responses={200: {"type": "object", "additionalProperties": True}, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.GATES)
        plate = persons.given(checked(Searched, request)["plate"])
        return Response(persons.handed_out(right.site_id, plate, by=actor_of(request), now=timezone.now()))


class PlateErasure(APIView):
    @extend_schema(
        operation_id="erase_plate",
        summary="Erase a plate whose passages are over",
        description="Erases what is stored in clear, and returns a proof of it.",
        request=Searched,
        responses={200: told_as.Erased, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.GATES)
        plate = persons.given(checked(Searched, request)["plate"])
        return Response({"passages": persons.erase_of(right.site_id, plate, by=actor_of(request), now=timezone.now())})
