"""Sessions in the database, each with the person who logged in, so that people can see and end their own."""

import datetime as dt

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.http import HttpRequest

from hypervisor.models import Session, User

LOGIN = "login"
"""Key in a session of where and when its login was."""

_BROWSERS = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
_SYSTEMS = {"Windows": "Windows", "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Mac OS": "macOS", "Linux": "Linux"}


class SessionStore(DatabaseStore):
    """Django's own store; a row has its person in a column besides."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, object]) -> Session:
        row = super().create_model_instance(data)
        row.user_id = data.get(SESSION_KEY)
        if login := data.get(LOGIN):
            row.began_at = dt.datetime.fromisoformat(login["at"])
            row.address, row.browser = login["address"], login["browser"]
        return row


def begin(request: HttpRequest, address: str, now: dt.datetime) -> None:
    """Note in a session that has just been opened when, from where and with which browser, and when it ends."""
    browser = browser_named(request.headers.get("User-Agent", ""))
    request.session[LOGIN] = {"at": now.isoformat(), "address": address[:45], "browser": browser}
    # An instant, and not a duration, which every change of the session would begin anew.
    request.session.set_expiry(now + dt.timedelta(seconds=settings.SESSION_COOKIE_AGE))


def of_person(user: User, now: dt.datetime) -> QuerySet[Session]:
    """The sessions of a person that are open, newest first."""
    return user.sessions.filter(expire_date__gt=now).order_by("-began_at")


def end_others(user: User, kept: str | None) -> int:
    """End all sessions of a person but the one with this key; how many there were."""
    ended, _rows = user.sessions.exclude(session_key=kept).delete()
    return ended


def browser_named(agent: str) -> str:
    """`Firefox · Windows` from a User-Agent header; empty when it says neither."""
    browser = next((name for part, name in _BROWSERS.items() if part in agent), "")
    system = next((name for part, name in _SYSTEMS.items() if part in agent), "")
    return " · ".join(filter(None, (browser, system)))
