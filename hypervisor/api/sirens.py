"""Sirens of a site, for administrators to keep and to try."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import pace
from hypervisor.api.duty import REFUSALS
from hypervisor.api.moves import checked
from hypervisor.api.siren_shapes import SirenRow, WantedSiren
from hypervisor.rights import Verb
from response.models import Siren
from response.siren import moves
from response.siren.rows import siren_rows


def siren_of(request: Request, siren: int) -> Siren:
    row = Siren.objects.select_related("site").filter(pk=siren).first()
    if row is None:
        raise Http404
    rights.of(request).on(row.site.slug, Verb.SIRENS)
    return row


def _one(siren: int) -> Response:
    return Response(siren_rows(Siren.objects.filter(pk=siren))[0])


class SiteSirens(APIView):
    @extend_schema(operation_id="list_sirens", summary="List the sirens of a site", responses=SirenRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.SIRENS)
        return Response(siren_rows(Siren.objects.filter(site_id=right.site_id)))


class SiteSiren(APIView):
    @extend_schema(
        operation_id="keep_siren", summary="Add a siren, or replace how one is driven", request=WantedSiren,
        responses={200: SirenRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.SIRENS)
        told = checked(WantedSiren, request)
        if len(slug) > 60:
            raise ValidationError({"slug": _("60 characters at most.")})
        patterns = {name: dict(each) for name, each in told["patterns"].items()}
        row = moves.keep(
            right.site_id, slug, name=told["name"], settings=told["settings"], patterns=patterns, enabled=told["enabled"],
            by=actor_of(request), now=timezone.now(),
        )  # fmt: skip
        return _one(row.pk)

    @extend_schema(operation_id="delete_siren", summary="Delete a siren", responses={204: None, **REFUSALS})
    def delete(self, request: Request, site: str, slug: str) -> Response:
        right = rights.of(request).on(site, Verb.SIRENS)
        row = Siren.objects.filter(site_id=right.site_id, slug=slug).first()
        if row is None:
            raise Http404
        moves.delete(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class SirenTest(APIView):
    throttle_classes = [pace.Changes]

    @extend_schema(
        operation_id="test_siren", summary="Have a siren sound and shine for five seconds", request=None,
        responses={200: SirenRow, **REFUSALS},
    )  # fmt: skip
    def post(self, request: Request, siren: int) -> Response:
        row = siren_of(request, siren)
        moves.test(row.pk, by=actor_of(request), now=timezone.now())
        return _one(row.pk)
