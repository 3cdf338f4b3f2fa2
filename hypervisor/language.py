"""Chooses the language of a request: the person's own choice, then the browser's, then French."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

SESSION_KEY = "language"


class LanguageMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.session.get(SESSION_KEY)
        if chosen not in dict(settings.LANGUAGES):
            chosen = without_session(request)
        with translation.override(chosen):
            request.LANGUAGE_CODE = chosen
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", chosen)
            return response


def without_session(request: HttpRequest) -> str:
    """The language of a person who cannot be known at the moment, or has not chosen."""
    chosen = request.COOKIES.get(SESSION_KEY)
    return chosen if chosen in dict(settings.LANGUAGES) else translation.get_language_from_request(request)
