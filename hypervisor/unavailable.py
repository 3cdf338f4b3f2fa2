"""Answers 503 where this process could do in a few seconds what it cannot now: an engine is away, or too much waits."""

import sys
from collections.abc import Callable

import kombu.exceptions
import psycopg
import redis
from django import db
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from hypervisor import language
from hypervisor.pages import refusals
from hypervisor.passwords import Busy

ENGINE_AWAY = (
    db.OperationalError, db.InterfaceError, psycopg.OperationalError, psycopg.InterfaceError,
    redis.ConnectionError, redis.TimeoutError, redis.exceptions.OutOfMemoryError, redis.exceptions.ReadOnlyError,
    kombu.exceptions.OperationalError,
)  # fmt: skip
RETRY_AFTER = "5"
"""Seconds after which there is less to do."""
RESTARTED_AFTER = "2"
"""Seconds in which an engine is often back."""


class UnavailableMiddleware:
    """Stands right after the sessions: whatever comes later may ask for one, which is the first question to PostgreSQL."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            request.session.get(language.SESSION_KEY)
        except ENGINE_AWAY as error:
            with translation.override(language.without_session(request)):
                return answer(request, error)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer(request, exception)


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse | None:
    """The 503 of a failure that passes; None for one that does not."""
    if isinstance(error, Busy) or _took_too_long(error):
        told, after = refusals.not_now(request), RETRY_AFTER
    elif isinstance(error, ENGINE_AWAY) or _stands_by(error):
        told, after = refusals.engine_away(request), RESTARTED_AFTER
    else:
        return None
    told["Retry-After"] = after
    told["Cache-Control"] = "no-store"
    return told


def _stands_by(error: BaseException | None) -> bool:
    """Whether PostgreSQL let itself be read only, as one does whose place another takes."""
    return isinstance(getattr(error, "__cause__", None), psycopg.errors.ReadOnlySqlTransaction)


def _took_too_long(error: BaseException | None) -> bool:
    """Whether PostgreSQL gave up a statement of a page (hypervisor/asgi.py): asked again at once it would take as long."""
    return isinstance(getattr(error, "__cause__", None), psycopg.errors.QueryCanceled)


def fault(request: HttpRequest) -> HttpResponse:
    """What failed outside of a page, such as a session that could not be saved; Django asks with the failure at hand."""
    return answer(request, sys.exception()) or refusals.our_fault(request)
