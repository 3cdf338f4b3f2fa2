"""Supervisors of a site, for administrators to add, rename and delete: as their page does, and refused alike."""

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site, Supervisor
from hypervisor import rights, supervisors
from hypervisor.acting import actor_of
from hypervisor.api.duty import REFUSALS
from hypervisor.api.moves import checked
from hypervisor.rights import Verb


class SupervisorRow(s.Serializer):
    slug = s.CharField(help_text="Short name; it stays.")
    name = s.CharField()
    feeds = s.ListField(child=s.CharField(), help_text="Slugs of its feeds.")


class WantedSupervisor(s.Serializer):
    name = s.CharField(max_length=120)


def _row(supervisor: Supervisor) -> dict[str, object]:
    return {"slug": supervisor.slug, "name": supervisor.name, "feeds": [feed.slug for feed in supervisor.feeds.all()]}


class SiteSupervisors(APIView):
    @extend_schema(operation_id="list_supervisors", summary="List the supervisors of a site", responses=SupervisorRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.FEEDS)
        rows = Supervisor.objects.filter(site_id=right.site_id).prefetch_related("feeds").order_by("slug")
        return Response([_row(each) for each in rows])


class SiteSupervisor(APIView):
    @extend_schema(
        operation_id="keep_supervisor", summary="Add a supervisor, or rename one", request=WantedSupervisor,
        responses={200: SupervisorRow, **REFUSALS},
    )  # fmt: skip
    def put(self, request: Request, site: str, supervisor: str) -> Response:
        right = rights.of(request).on(site, Verb.FEEDS)
        name, told = checked(WantedSupervisor, request)["name"], {"by": actor_of(request), "now": timezone.now()}
        row = Supervisor.objects.filter(site_id=right.site_id, slug=supervisor).first()
        if row is None:
            if len(supervisor) > 60:
                raise ValidationError({"supervisor": _("60 characters at most.")})
            row = supervisors.make_supervisor(Site.objects.get(pk=right.site_id), supervisor, name, **told)
        else:
            supervisors.rename_supervisor(row, name, **told)
        return Response(_row(row))

    @extend_schema(
        operation_id="delete_supervisor", summary="Delete a supervisor",
        description="Refused while it has feeds, assets, a way for its commands or a planned maintenance.",
        responses={204: None, **REFUSALS},
    )  # fmt: skip
    def delete(self, request: Request, site: str, supervisor: str) -> Response:
        right = rights.of(request).on(site, Verb.FEEDS)
        row = Supervisor.objects.filter(site_id=right.site_id, slug=supervisor).first()
        if row is None:
            raise Http404
        supervisors.delete_supervisor(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
