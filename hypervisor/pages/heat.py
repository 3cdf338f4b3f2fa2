"""Heat of a period: how often each asset and sector called, on the map and as two lists."""

import datetime as dt
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alarms.models import SEVERITY_NUMBERS, Severity
from assets.models import Site
from hypervisor import rights
from hypervisor.pages.frame import SEVERITY_NAMES, around
from reports import heat, periods

LISTED = 50
"""Assets in the list; the map has more."""


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The last seven days with this one, or from a day to another (`from`, `to`); `severity` may be given several times."""
    right, now = rights.of(request).on(site), timezone.now()
    the_site = get_object_or_404(Site, pk=right.site_id)
    zone = the_site.timezone
    first, last, wrong = request.GET.get("from", ""), request.GET.get("to", ""), ""
    today = now.astimezone(ZoneInfo(zone)).date()
    period = periods.between((today - dt.timedelta(days=6)).isoformat(), today.isoformat(), zone)
    if first or last:
        try:
            period = periods.between(first or last, last or first, zone)
        except periods.BadPeriod:
            wrong = _("This is no period: two days in their order, at most 400 days apart. The last seven days are shown.")
    chosen = [name for name in request.GET.getlist("severity") if name in SEVERITY_NUMBERS]
    found = heat.of_period(right.site_id, period, [SEVERITY_NUMBERS[name] for name in chosen], right.sectors)
    places = [[round(each.asset.longitude, 6), round(each.asset.latitude, 6), each.count] for each in reversed(found.assets)]
    listed = [
        {"asset": each.asset, "count": each.count, "severity": Severity(each.worst).label,
         "severity_name": SEVERITY_NAMES[Severity(each.worst).label]}
        for each in found.assets[:LISTED]
    ]  # fmt: skip
    context = around(request, right, the_site, "alarms") | {
        "period": period, "heat": found, "listed": listed, "sectors": found.sectors[:LISTED], "places": places, "wrong": wrong,
        "severities": [(each.label, SEVERITY_NAMES[each.label], each.label in chosen) for each in Severity],
    }  # fmt: skip
    return render(request, "alarms/heat.html", context)
