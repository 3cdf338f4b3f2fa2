"""Every refusal of the interface as an RFC 9457 problem document."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

CONTENT_TYPE = "application/problem+json"


def problem(status: int, detail: str, **members: object) -> Response:
    """A problem document; `members` are the extension members of RFC 9457 §3.2."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **members}
    return Response(body, status=status, content_type=CONTENT_TYPE)


def handler(error: Exception, context: dict[str, object]) -> Response | None:
    """DRF's exception handler: None lets Django report what is a defect of ours."""
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    if isinstance(error, exceptions.ValidationError):
        answer = problem(422, "Some fields cannot be used as sent.", errors=error.detail)
    else:
        answer = problem(error.status_code, str(error.detail))
    if header := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        answer["Retry-After"] = str(int(wait) + 1)
    return answer
