"""Every refusal of the interface as an RFC 9457 problem document."""

from http import HTTPStatus

import msgspec
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from assets.refusal import Meaning, Refused

CONTENT_TYPE = "application/problem+json"
STATUS = {Meaning.CONFLICT: 409, Meaning.NOT_FOUND: 404, Meaning.NOT_ALLOWED: 403, Meaning.INVALID: 422}


def said(refused: Refused) -> str:
    """Why, in the reader's language."""
    return refused.en if get_language() == "en" else refused.fr


def document(status: int, detail: str, **members: object) -> dict[str, object]:
    """A problem document; `members` are the extension members of RFC 9457 §3.2."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}


def problem(status: int, detail: str, **members: object) -> Response:
    return Response(document(status, detail, **members), status=status, content_type=CONTENT_TYPE)


def handler(error: Exception, context: dict[str, object]) -> Response | None:
    """REST framework's exception handler: None lets Django report what is a defect of ours."""
    if isinstance(error, Refused):
        set_rollback()
        return _refused(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    if isinstance(error, exceptions.ValidationError):
        answer = _unusable(error.detail)
    else:
        answer = problem(error.status_code, str(error.detail))
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(int(wait) + 1)
    return answer


def _refused(refused: Refused) -> Response:
    if refused.meaning is Meaning.INVALID and refused.field:
        return _unusable({refused.field: [said(refused)]})
    return problem(STATUS[refused.meaning], said(refused))


def _unusable(errors: object) -> Response:
    return problem(422, "Some fields cannot be used as sent.", errors=errors)


def plain(status: int, detail: str) -> HttpResponse:
    """A problem document from outside REST framework."""
    return HttpResponse(msgspec.json.encode(document(status, detail)), status=status, content_type=CONTENT_TYPE)


@csrf_exempt  # a supervisor that mistypes its address is told so, not asked for a form's cookie
def nothing_here(request: HttpRequest) -> HttpResponse:
    """An address below /api/ that has nothing."""
    return plain(404, "There is nothing at this address.")
