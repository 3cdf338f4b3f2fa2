"""Authentication by the session of the pages; a caller without one is told so with 401, not 403."""

from drf_spectacular.authentication import SessionScheme
from rest_framework.authentication import SessionAuthentication
from rest_framework.request import Request


class Session(SessionAuthentication):
    def authenticate_header(self, request: Request) -> str:
        return "Session"


class Scheme(SessionScheme):
    target_class = "hypervisor.api.session.Session"
    priority = 1

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """One description, however the server that makes it is set."""
        told = "Session cookie from the login page; named `sessionid` in debug mode, without TLS."
        return {"type": "apiKey", "in": "cookie", "name": "__Host-sessionid", "description": told}
