"""Headers that every answer has: nothing is kept by a browser or a proxy unless its view says so, and no device is lent out.

A desk is used by one shift after the other: what one person saw must not come back by the Back button of the next.
"""

from collections.abc import Callable

from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings
from django.http import HttpRequest, HttpResponse

KEPT_BY_NOBODY = "no-store"
NO_DEVICES = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "bluetooth", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "hid",
        "magnetometer", "microphone", "midi", "payment", "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip


def attached(content: bytes, media_type: str, disposition: str) -> HttpResponse:
    """A file that somebody sent in, as what it was found to be and as nothing else: it runs nothing."""
    answer = HttpResponse(content, content_type=media_type)
    answer["Content-Disposition"] = disposition
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


class HeadersMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", KEPT_BY_NOBODY)
        response.headers.setdefault("Permissions-Policy", NO_DEVICES)
        return response


class PolicyMiddleware(CSPMiddleware):
    """The content policy of the pages, and a wider one for the administration, whose scripts are a library's."""

    def get_policy_parts(self, request: HttpRequest, response: HttpResponse, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith("/admin/"):
            parts.replace = settings.ADMINISTRATION_POLICY
        return parts
