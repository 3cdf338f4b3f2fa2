"""What a page answers where the domain refuses and the page has no place of its own to say so (`pages/refused.py`).

The interface has its own answer, a problem document (`api/problems.py`).
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from assets.refusal import Refused
from hypervisor.pages import refusals


class RefusedMiddleware:
    """Stands after the language: the page speaks the reader's."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return refusals.refused(request, exception) if isinstance(exception, Refused) else None
