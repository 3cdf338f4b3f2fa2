"""Réglages, silences: for how long an alarm may be silenced at most, by its severity and by who does it."""

import datetime as dt

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alarms.lifecycle.limits import MAINTENANCE, OFFERED, Level, longest, said
from alarms.models import Severity, SilenceLimit
from assets.models import Site
from hypervisor import changes, rights
from hypervisor.acting import actor_of
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.rights import Verb

LEVELS = {
    Level.OPERATOR: gettext_lazy("Shelving by an operator"),
    Level.SUPERVISOR: gettext_lazy("Shelving by a shift supervisor"),
    Level.SERVICE: pgettext_lazy("silence limits", "Out of service"),
    Level.PLANNED_BY_SUPERVISOR: gettext_lazy("Maintenance planned by a shift supervisor"),
    Level.PLANNED_BY_ADMINISTRATOR: gettext_lazy("Maintenance planned by an administrator"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def limits(request: HttpRequest, site: str) -> HttpResponse:
    """Show the limits of the site, and change them."""
    right, the_site = rights.on_site(request, site, Verb.RULES)
    if request.method == "POST":
        _change(request, the_site)
        return redirect("silence_settings", site)
    known, pick = longest(the_site.pk), int(get_language() == "en")
    rows = [
        {
            "name": name,
            "cells": [_cell(level, severity, span, pick) for severity, span in known[level].items()],
            "span": len(Severity) - len(known[level]) + 1,
        }
        for level, name in LEVELS.items()
    ]
    context = around(request, right, the_site, "settings") | {
        "tab": "silences", "rows": rows, "severities": [SEVERITY_NAMES[severity.label] for severity in Severity],
    }  # fmt: skip
    return render(request, "configuration/silences.html", context)


def _cell(level: Level, severity: Severity, chosen: dt.timedelta, pick: int) -> dict[str, object]:
    spans = OFFERED if chosen in OFFERED else sorted([*OFFERED, chosen])
    below = level in MAINTENANCE and severity == Severity.HIGH
    severities = SEVERITY_NAMES[severity.label] if not below else _("high and less severe")
    return {
        "field": _field(level, severity), "name": f"{LEVELS[level]}, {severities}",
        "choices": [(_minutes(span), said(span)[pick], span == chosen) for span in spans],
    }  # fmt: skip


def _field(level: Level, severity: Severity) -> str:
    return f"{level}-{severity.label}"


def _minutes(span: dt.timedelta) -> int:
    return round(span.total_seconds() / 60)


def _change(request: HttpRequest, site: Site) -> None:
    """Store what differs; what is not one of the offered durations is left as it is."""
    offered = {str(_minutes(span)): span for span in OFFERED}
    known, changed = longest(site.pk), []
    with transaction.atomic():
        for level in Level:
            for severity in known[level]:
                span = offered.get(request.POST.get(_field(level, severity), ""))
                if span is None or span == known[level][severity]:
                    continue
                where = {"site": site, "level": level, "severity": severity}
                SilenceLimit.objects.update_or_create(**where, defaults={"minutes": _minutes(span)})
                changed.append((level, severity, span))
        if changed:
            changes.told_of_silence_limits(site, changed, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The longest silences were changed.") if changed else _("Nothing was changed."))
