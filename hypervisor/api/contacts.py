"""A person's own contacts: added, confirmed by a code, tried and removed; administrators see and remove those of others."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.moves import checked
from hypervisor.api.notification_shapes import AddedContact, ContactRow, ContactSecret, GivenCode, NewContact
from hypervisor.rights import Right, Verb
from response.models import Contact, Means
from response.notification import contacts
from response.notification.rows import contact_row

_REFUSALS = {
    403: OpenApiResponse(shapes.ProblemDetails, description="Your role does not include this."),
    404: OpenApiResponse(shapes.ProblemDetails, description="No such contact, or not yours."),
    409: OpenApiResponse(shapes.ProblemDetails, description="Not as things stand; nothing was changed."),
    422: OpenApiResponse(shapes.ProblemDetails, description="Something given does not fit; nothing was changed."),
}


def contact_of(request: Request, id_: int, *, others: bool = False) -> tuple[Contact, Right]:
    """A person's own contact; `others`: also another's, for administrators. Raises Http404."""
    contact = Contact.objects.select_related("person", "site").filter(pk=id_).first()
    if contact is None:
        raise Http404
    right = rights.of(request).on(contact.site.slug)
    if contact.person_id != request.user.pk and not (others and right.may(Verb.NOTIFICATION)):
        raise Http404
    return contact, right


def allowed(right: Right, means: str) -> None:
    """Apprise reaches whatever its URL says: for administrators. Raises PermissionDenied."""
    if means == Means.APPRISE and not right.may(Verb.NOTIFICATION):
        raise PermissionDenied


class SiteContacts(APIView):
    @extend_schema(
        operation_id="list_contacts",
        summary="List your contacts on a site",
        parameters=[OpenApiParameter("person", str, description="User name of another person; for administrators.")],
        responses=ContactRow(many=True),
    )
    def get(self, request: Request, site: str) -> Response:
        person = request.query_params.get("person", request.user.get_username())
        verb = Verb.SEE if person == request.user.get_username() else Verb.NOTIFICATION
        right = rights.of(request).on(site, verb)
        rows = Contact.objects.filter(site_id=right.site_id, person__username=person.replace("\0", ""))
        return Response([contact_row(row) for row in rows.select_related("person", "site").order_by("id")])

    @extend_schema(
        operation_id="add_contact",
        summary="Add a contact of yours, which is sent a code",
        description="It receives nothing but the code until the code is returned.",
        request=NewContact,
        responses={201: AddedContact, **_REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site)
        body = checked(NewContact, request)
        allowed(right, body["means"])
        now = timezone.now()
        row = contacts.add(
            right.site_id, request.user.pk, request.user.get_username(), body["means"], body["address"], by=actor_of(request),
            now=now,
        )  # fmt: skip
        told = contact_row(row) | {"secret": contacts.new_secret_of(row, now=now)}
        return Response(told, status=status.HTTP_201_CREATED)


class ContactView(APIView):
    @extend_schema(operation_id="get_contact", summary="Get a contact", responses={200: ContactRow, 404: _REFUSALS[404]})
    def get(self, request: Request, contact: int) -> Response:
        return Response(contact_row(contact_of(request, contact, others=True)[0]))

    @extend_schema(
        operation_id="remove_contact",
        summary="Remove a contact",
        description="One that waits for its code stays until the code is over: codes cannot be sent here and there at will.",
        responses={204: None, 404: _REFUSALS[404], 409: _REFUSALS[409]},
    )
    def delete(self, request: Request, contact: int) -> Response:
        row, _right = contact_of(request, contact, others=True)
        contacts.remove(row, row.person.get_username(), by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class ContactCode(APIView):
    @extend_schema(
        operation_id="send_contact_code",
        summary="Send another code to a contact of yours",
        description="At most one a minute; the code before is no longer accepted.",
        request=None,
        responses={200: ContactRow, **_REFUSALS},
    )
    def post(self, request: Request, contact: int) -> Response:
        row = contacts.send_code(contact_of(request, contact)[0], now=timezone.now())
        return Response(contact_row(row))


class ContactVerification(APIView):
    @extend_schema(
        operation_id="verify_contact",
        summary="Return the code that a contact of yours received",
        description="After five wrong codes another one is needed.",
        request=GivenCode,
        responses={200: ContactRow, **_REFUSALS},
    )
    def post(self, request: Request, contact: int) -> Response:
        row, _right = contact_of(request, contact)
        code = checked(GivenCode, request)["code"]
        row = contacts.verify(row, code, request.user.get_username(), by=actor_of(request), now=timezone.now())
        return Response(contact_row(Contact.objects.select_related("person", "site").get(pk=row.pk)))


class ContactTest(APIView):
    @extend_schema(
        operation_id="test_contact",
        summary="Send a test message to a contact of yours",
        request=None,
        responses={202: None, **_REFUSALS},
    )
    def post(self, request: Request, contact: int) -> Response:
        contacts.test(contact_of(request, contact)[0], now=timezone.now())
        return Response(status=status.HTTP_202_ACCEPTED)


class ContactSecretView(APIView):
    @extend_schema(
        operation_id="renew_contact_secret",
        summary="Replace the secret that signs a webhook of yours",
        request=None,
        responses={201: ContactSecret, **_REFUSALS},
    )
    def post(self, request: Request, contact: int) -> Response:
        row, _right = contact_of(request, contact)
        secret = contacts.renew_secret(row, request.user.get_username(), by=actor_of(request), now=timezone.now())
        return Response({"secret": secret}, status=status.HTTP_201_CREATED)
