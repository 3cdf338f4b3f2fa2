"""A warning to the public that somebody else decides: the draft of an incident, as CAP 1.2."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from hypervisor.api import shapes
from hypervisor.api.incidents import incident_of
from hypervisor.rights import Verb
from response import warning
from response.cap import CONTENT_TYPE


class IncidentCap(APIView):
    @extend_schema(
        operation_id="get_incident_cap",
        summary="Get a draft warning about an incident, as CAP 1.2",
        description="Its status is Draft and it is sent to nobody: the competent authority completes and decides it. For whoever "
        "may take the incident in hand and sees all of its alarms.",
        responses={
            (200, CONTENT_TYPE): OpenApiTypes.BINARY,
            403: OpenApiResponse(shapes.ProblemDetails, description="Your role, or your sectors, do not include this."),
            404: OpenApiResponse(shapes.ProblemDetails, description="No such incident, or not yours to see."),
        },
    )
    def get(self, request: Request, incident: int) -> HttpResponse:
        row, _right = incident_of(request, incident, Verb.TAKE)
        answer = HttpResponse(warning.draft(row, timezone.now()), content_type=CONTENT_TYPE)
        answer["Content-Disposition"] = f'attachment; filename="projet-{row.site.slug}-{row.number}.cap.xml"'
        return answer
