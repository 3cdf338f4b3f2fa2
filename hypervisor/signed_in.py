"""Whose session it is: read anew each time, by the very checks of a request, for whatever is asked outside of one."""

from types import SimpleNamespace

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.utils.module_loading import import_string

from hypervisor.models import User


def person(session_key: str | None) -> User | AnonymousUser:
    """Nobody when they signed out, or the session expired, or the password changed since."""
    return get_user(SimpleNamespace(session=_store()(session_key)))


def _store() -> type:
    return import_string(f"{settings.SESSION_ENGINE}.SessionStore")
