"""Tokens of programs, for administrators: which there are, making one, revoking it."""

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from assets.models import Site
from hypervisor import rights, tokens
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.commands import REFUSALS
from hypervisor.api.moves import checked
from hypervisor.api.render import instant
from hypervisor.models import ApiToken
from hypervisor.rights import Verb

MAY, ROLES = list(ApiToken.May.values), [role.value for role in tokens.ROLES]


class NewApiToken(s.Serializer):
    name = s.CharField(max_length=60, help_text="Names it in the journal: `planning-nuit`.")
    may = s.ListField(child=s.ChoiceField(MAY), min_length=1, help_text="What it is for.")
    role = s.ChoiceField(ROLES, default="operator", help_text="It commands what this role may.")
    ends_at = s.DateTimeField(help_text="Within a year.")


class ApiTokenRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    name = s.CharField()
    may = s.ListField(child=s.ChoiceField(MAY))
    role = s.ChoiceField(ROLES)
    hint = s.CharField(help_text="Its last characters.")
    created_at = s.DateTimeField()
    created_by = s.CharField()
    ends_at = s.DateTimeField()
    used_at = s.DateTimeField(allow_null=True, help_text="To the minute.")
    revoked_at = s.DateTimeField(allow_null=True)
    revoked_by = s.CharField(allow_blank=True)
    in_force = s.BooleanField()


class CreatedApiToken(shapes.Token, ApiTokenRow):
    """A token as it is, and the token itself."""


class SiteTokens(APIView):
    @extend_schema(operation_id="list_api_tokens", summary="List the program tokens of a site", responses=ApiTokenRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.USERS)
        return Response([_row(each) for each in ApiToken.objects.filter(site=right.site_id).select_related("site")])

    @extend_schema(
        operation_id="create_api_token",
        summary="Create a token for a program",
        description="The token is returned only once. The journal names its actions by the name of the token.",
        request=NewApiToken,
        responses={201: CreatedApiToken, **REFUSALS},
    )
    def post(self, request: Request, site: str) -> Response:
        right, told = rights.of(request).on(site, Verb.USERS), checked(NewApiToken, request)
        of = Site.objects.get(pk=right.site_id)
        row, token = tokens.create(of, **told, by=actor_of(request), now=timezone.now())
        return Response(_row(row) | {"token": token}, status=status.HTTP_201_CREATED)


class ApiTokenView(APIView):
    @extend_schema(
        operation_id="revoke_api_token",
        summary="Revoke a token",
        description="The token stops working at once. Repeating the request changes nothing.",
        responses={204: None},
    )
    def delete(self, request: Request, api_token: int) -> Response:
        row = ApiToken.objects.filter(pk=api_token).first()
        if row is None:
            raise Http404
        rights.of(request).at(row.site_id, None, Verb.USERS)
        tokens.revoke(row, by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


def _row(row: ApiToken) -> dict[str, object]:
    return {
        "id": row.pk, "site": row.site.slug, "name": row.name, "may": row.may, "role": row.role, "hint": row.token_hint,
        "created_at": instant(row.created_at), "created_by": row.created_by, "ends_at": instant(row.ends_at),
        "used_at": instant(row.used_at), "revoked_at": instant(row.revoked_at), "revoked_by": row.revoked_by,
        "in_force": row.revoked_at is None and row.ends_at > timezone.now(),
    }  # fmt: skip
