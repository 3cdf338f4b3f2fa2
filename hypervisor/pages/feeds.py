"""The list of feeds: how each does and why, for everybody who sees the site; with its maintenance. Settings change them."""

from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from assets.alphabet import alphabetical
from assets.models import Site, Supervisor
from hypervisor import feeds_now, rights
from hypervisor.api.feeds import feed_rows
from hypervisor.pages import works
from hypervisor.pages.feed_words import STATES, reason
from hypervisor.pages.frame import around
from hypervisor.rights import Right, Verb

WORST_FIRST = ("failing", "never", "late", "clock", "unusable", "impaired", "maintenance", "ok", "disabled")


@never_cache
@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The feeds that concern whoever asks; `part=feeds` is what the page asks again and again."""
    right, the_site = rights.on_site(request, site)
    context = {"site": the_site, "feeds": _rows_in_words(right, the_site), "may_change": right.may(Verb.FEEDS)}
    if request.GET.get("part") == "feeds":
        return render(request, "feeds/_rows.html", context)
    return render(request, "feeds/board.html", around(request, right, the_site, "feeds") | context)


def _rows_in_words(right: Right, site: Site) -> list[dict[str, object]]:
    """The worst first, and by name."""
    seen = feeds_now.concerning(right.site_id, right.sectors)
    silent, now = feeds_now.silences(right.site_id), timezone.now()
    names = dict(Supervisor.objects.filter(site_id=right.site_id).values_list("slug", "name"))
    planned, zone = works.of_feeds(right, now), ZoneInfo(site.timezone)
    told = []
    for row in feed_rows(right):
        if seen is not None and row["id"] not in seen:
            continue
        state, why = row["health"]["state"], reason(row, now)
        if state == "ok" and row["id"] in silent:
            state, why = "late", silent[row["id"]]["en" if (get_language() or "fr").startswith("en") else "fr"]
        if state != "disabled" and (work := planned.get(row["id"])) is not None:
            state = "maintenance" if work.running else state
            why = " ".join(filter(None, (works.in_words(work, zone, now), why)))
        words = {"state": state, "state_name": STATES[state], "reason": why, "supervisor_name": names[row["supervisor"]]}
        told.append(row | words)
    return sorted(told, key=lambda row: (WORST_FIRST.index(row["state"]), alphabetical(row["name"])))
