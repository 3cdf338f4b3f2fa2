"""Scénarios: what an administrator of a demo site can make happen in the pretend city, which runs beside and listens on HTTP."""

import datetime as dt

import httpx
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from assets.models import Site
from hypervisor import rights
from hypervisor.pages.frame import around
from hypervisor.rights import Right, Verb

PATIENCE = 5.0
"""Seconds: the city is on this machine or the next."""
MOST_SENT = 12
"""Messages of the pretend SMS provider that are shown."""


class CityAway(Exception):
    """The pretend city does not answer, or not what it should."""


def _site(request: HttpRequest, site: str) -> tuple[Right, Site]:
    right, the_site = rights.on_site(request, site, Verb.SCENARIOS)
    if not the_site.demo:
        raise Http404
    return right, the_site


def _ask(method: str, path: str) -> dict[str, object]:
    """The city's answer. Raises CityAway."""
    try:
        answer = httpx.request(method, f"{settings.CITY_URL.rstrip('/')}/{path}", timeout=PATIENCE, trust_env=False)
        answer.raise_for_status()
        return answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise CityAway(str(error)) from error


@require_safe
@login_required
def scenarios(request: HttpRequest, site: str) -> HttpResponse:
    """What can happen and what happens now; `part=list` is what the page asks again and again."""
    right, the_site = _site(request, site)
    language = "en" if get_language() == "en" else "fr"
    try:
        told, sent = _ask("GET", "scenarios"), _ask("GET", "messages")["messages"]
    except CityAway:
        told, sent = None, []
    listed = told["scenarios"] if told else ()
    rows = [
        one | {"title": one["title"][language], "description": one["description"][language], "left": _left(one["seconds_left"])}
        for one in listed
    ]
    context: dict[str, object] = {
        "site": the_site,
        "rows": rows,
        "away": told is None,
        "at_fault": told and told["points_at_fault"],
        "sent": [each | {"at": dt.datetime.fromisoformat(each["at"])} for each in sent[:MOST_SENT]],
    }
    if request.GET.get("part") == "list":
        return render(request, "scenarios/_list.html", context)
    return render(request, "scenarios/scenarios.html", around(request, right, the_site, "scenarios") | context)


def _left(seconds: float | None) -> str:
    seconds = round(seconds or 0)
    return f"{seconds} s" if seconds < 120 else f"{round(seconds / 60)} min"


@require_POST
@login_required
def start(request: HttpRequest, site: str, name: str) -> HttpResponse:
    _right, _the_site = _site(request, site)
    try:
        _ask("POST", f"scenarios/{name}")
    except CityAway:
        messages.error(request, _("The pretend city does not answer: nothing was started."))
    return redirect("site_scenarios", site)
