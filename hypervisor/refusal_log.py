"""Writes to the log who was refused what: a person who tries what is not theirs is worth a look."""

import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


class RefusalLogMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 403:
            who = request.user.get_username() if request.user.is_authenticated else "somebody not signed in"
            logger.warning("refused: %r may not %s %r", who, request.method, request.path)
        return response
