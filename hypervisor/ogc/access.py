"""Who asks for layers: a person by their session, or a program by a token in whichever way its GIS can send one."""

import base64
import binascii

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from hypervisor.api.token import Token


class AnyToken(Token):
    """`Token …`, `Bearer …`, or the password of HTTP Basic with any user name: QGIS and GDAL keep one of these for a server."""

    def sent(self, request: Request) -> str | None:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        match scheme.lower():
            case "token" | "bearer":
                return given.strip()
            case "basic":
                try:
                    return base64.b64decode(given, validate=True).decode().partition(":")[2]
                except (binascii.Error, UnicodeDecodeError):
                    return ""
        return None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Vigie"'  # Basic would have a browser ask for a password that no person has


class OwnChoice(BaseContentNegotiation):
    """The views choose what they answer with, by `f` before Accept; refusals are problem documents whatever is accepted."""

    def select_parser(self, request: Request, parsers: list[object]) -> object:
        return parsers[0]

    def select_renderer(
        self, request: Request, renderers: list[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type
