"""Views of lists that people saved: a person's own and those that others share."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights, saved_views
from hypervisor.api import shapes
from hypervisor.api.alarm_filters import FILTERS, ORDER
from hypervisor.api.asked import choice
from hypervisor.api.events import FILTERS as EVENT_FILTERS
from hypervisor.api.moves import checked
from hypervisor.models import SavedView

FIELDS = {
    SavedView.Page.ALARMS: frozenset(each.name for each in [*FILTERS, ORDER]),
    SavedView.Page.EVENTS: frozenset(each.name for each in EVENT_FILTERS),
    SavedView.Page.DESK: frozenset(("severity", "scope", "kind", "named", "sector", "q", "order", "zone")),
}
"""What a view of each page may hold of a query string."""


PAGES = [page.value for page in FIELDS]


class ViewRow(s.Serializer):
    id = s.IntegerField()
    page = s.ChoiceField(PAGES)
    name = s.CharField()
    query = s.CharField(help_text="Query string of the page, and of the list of the interface.")
    shared = s.BooleanField(help_text="With everybody on the site.")
    owner = s.CharField(help_text="User name.")


class NewView(s.Serializer):
    page = s.ChoiceField(PAGES)
    name = s.CharField(max_length=60)
    query = s.CharField(max_length=1000, allow_blank=True, help_text="Query string of the page; unknown fields are left out.")
    shared = s.BooleanField(default=False)


def row_of(view: SavedView) -> dict[str, object]:
    """A view as the interface shows it."""
    return {
        "id": view.pk, "page": view.page, "name": view.name, "query": view.query, "shared": view.shared,
        "owner": view.owner.get_username(),
    }  # fmt: skip


class SiteViews(APIView):
    @extend_schema(
        operation_id="list_views",
        summary="List the saved views of a page: your own and those that others share",
        parameters=[OpenApiParameter("page", str, enum=PAGES, description="Default: `alarms`.")],
        responses={200: ViewRow(many=True)},
    )
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        page = choice(request, "page", PAGES, SavedView.Page.ALARMS)
        return Response([row_of(view) for view in saved_views.visible(right, request.user, page)])

    @extend_schema(
        operation_id="save_view",
        summary="Save a view under a name",
        description="A view of yours with this name is replaced. Sharing asks for a role that may comment.",
        request=NewView,
        responses={
            201: ViewRow,
            403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include sharing."),
            409: OpenApiResponse(shapes.ProblemDetails, description="You have too many views."),
        },
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        body = checked(NewView, request)
        view = saved_views.save(
            right, request.user, body["page"], body["name"], body["query"],
            fields=FIELDS[body["page"]], shared=body["shared"], now=timezone.now(),
        )  # fmt: skip
        return Response(row_of(view), status=status.HTTP_201_CREATED)


class ViewRemoval(APIView):
    @extend_schema(operation_id="remove_view", summary="Remove a saved view", request=None, responses={204: None})
    def delete(self, request: Request, view: int) -> Response:
        row = SavedView.objects.select_related("site").filter(pk=view).first()
        if row is None:
            raise Http404
        right = rights.of(request).on(row.site.slug)
        if not row.shared and row.owner_id != request.user.pk:
            raise Http404
        if not saved_views.may_remove(row, right, request.user):
            raise rights.PermissionDenied
        saved_views.remove(row)
        return Response(status=status.HTTP_204_NO_CONTENT)
