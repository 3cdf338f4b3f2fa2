"""Authentication of programs by a token, at the addresses that are for tokens: each view names which rights it takes."""

from collections.abc import Callable
from typing import TypeVar

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.views import APIView

from hypervisor import tokens
from hypervisor.api.session import Session
from hypervisor.tokens import Program

View = TypeVar("View", bound=type[APIView])


class Token(BaseAuthentication):
    """`Authorization: Token …` of a program; its rights are of one site, and end with it."""

    def authenticate(self, request: Request) -> tuple[Program, None] | None:
        token = self.sent(request)
        if token is None:
            return None
        row = tokens.known(token, timezone.now())
        if row is None:
            raise AuthenticationFailed("This token is unknown, was revoked, or has ended.")
        if not set(row.may) & request.parser_context["view"].token_rights:
            raise PermissionDenied("This token is not for this address.")
        program = Program(row)
        request._request.vigie_rights = program.rights()
        return program, None

    def sent(self, request: Request) -> str | None:
        """The token of a request; None when it says who asks in another way."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "token" else None

    def authenticate_header(self, request: Request) -> str:
        return "Token"


def for_tokens(*may: str) -> Callable[[View], View]:
    """Let tokens for any of these use a view, beside people."""

    def opened(view: View) -> View:
        view.authentication_classes = [Session, Token]
        view.token_rights = frozenset(may)
        return view

    return opened


class Scheme(OpenApiAuthenticationExtension):
    target_class = "hypervisor.api.token.Token"
    name = "programToken"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        told = "`Token …` of a program; made by an administrator at `…/api-tokens`."
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": told}
