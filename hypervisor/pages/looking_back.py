"""Retour en arrière: the alarms of the city on the map and in a list as they stood at an instant; nothing can be done there."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from alarms.models import Severity
from assets.models import Site
from hypervisor import rights
from hypervisor.api.alarm_filters import instant_of
from hypervisor.pages.daylog import given_day
from hypervisor.pages.frame import SEVERITY_NAMES, around
from reports import looking_back

HEIGHT = 20
"""Of the highest bar of a day, in the units of the drawing."""


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The page of one day of the site; `at` or `day` says which, without them it is today and now."""
    right, now = rights.of(request).on(site), timezone.now()
    the_site = get_object_or_404(Site, pk=right.site_id)
    zone = ZoneInfo(the_site.timezone)
    today = now.astimezone(zone).date()
    at = min(_given(request, right.site_id) or now, now)
    day = min(given_day(request.GET.get("day", "")) or at.astimezone(zone).date(), today)
    start, end = (dt.datetime.combine(day + dt.timedelta(days=more), dt.time(), zone).astimezone(dt.UTC) for more in (0, 1))
    if not start <= at < end:
        at = start + (end - start) / 2
    bins = looking_back.by_bin(right.site_id, start, end, right.sectors)
    highest = max(bins, default=0)
    bars = [{"x": number, "y": HEIGHT * (1 - count / highest), "height": HEIGHT * count / highest, "count": count}
            for number, count in enumerate(bins) if count]  # fmt: skip
    context = around(request, right, the_site, "alarms") | {
        "day": day, "today": today, "before": day - dt.timedelta(days=1), "after": day + dt.timedelta(days=1),
        "at": at, "start": start, "last": min(end, now), "end": end,
        "bars": bars, "width": len(bins), "height": HEIGHT, "heard": sum(bins),
        "severities": [(each.label, SEVERITY_NAMES[each.label]) for each in Severity],
    }  # fmt: skip
    return render(request, "alarms/looking_back.html", context)


def _given(request: HttpRequest, site: int) -> dt.datetime | None:
    """The instant of the address; what is none is as if nothing was given."""
    if not (text := request.GET.get("at", "")):
        return None
    try:
        return instant_of(text.replace("\0", ""), "at", site, last=False)
    except ValidationError:
        return None
