"""Answers 503 where this process cannot do at the moment what it would do in a few seconds."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from hypervisor.pages import refusals
from hypervisor.passwords import Busy

PASSING = (Busy,)
RETRY_AFTER = "5"
"""Seconds."""


class UnavailableMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, PASSING):
            return None
        answer = refusals.not_now(request)
        answer["Retry-After"] = RETRY_AFTER
        return answer
