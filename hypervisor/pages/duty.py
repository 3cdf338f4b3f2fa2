"""Relève: who holds which position, and the rota that says who is expected at each, week by week."""

import datetime as dt
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from assets.alphabet import alphabetical, in_tree
from assets.models import Sector
from hypervisor import rights
from hypervisor.api.daylog import people_of
from hypervisor.api.duty import standing
from hypervisor.pages.daylog import given_day
from hypervisor.pages.duty_words import turn_words
from hypervisor.pages.frame import ROLE_NAMES, around, indented
from hypervisor.pages.maintenance import WEEKDAYS
from hypervisor.pages.shift import pinned, shift
from hypervisor.rights import Right, Verb
from response import rota
from response.duty.rotas import turn_of
from response.duty.rows import position_rows, turn_rows
from response.duty.settings import holidays_on
from response.models import Holding, RotaTurn

TABS = (("handover", "site_handover"), ("rota", "site_rota"))
LAST_HOLDINGS = 12
"""Holdings that have ended, shown below the positions."""


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The positions, the hand-overs that wait, and the instructions; `part=pinned` is the band of the desk."""
    right, the_site = rights.on_site(request, site)
    if request.GET.get("part") == "pinned":
        return pinned(request, right, the_site)
    me, words = request.user.get_username(), request.GET.get("words", "").replace("\0", "").strip()[:200]
    context = around(request, right, the_site, "handover") | _positions(right, me) | shift(right, me, words)
    if request.GET.get("part") == "board":
        return render(request, "duty/_board.html", context)
    sectors = [each for each in in_tree(Sector.objects.filter(site=the_site).defer("polygon")) if right.covers(each.path)]
    context |= {"sectors": [(each.slug, indented(each)) for each in sectors], "role_choices": ROLE_NAMES.items()}
    context |= {"weekdays": WEEKDAYS}
    return render(request, "duty/_forms.html" if request.GET.get("part") == "forms" else "duty/board.html", context)


def _positions(right: Right, me: str) -> dict[str, Any]:
    language = "en" if get_language() == "en" else "fr"
    rows = [
        row | {"shown": row["name"][language], "mine": row["holder"] == me, "late": bool(row["expected"]) and not row["holder"]}
        for row in position_rows(standing(right.site_id), timezone.now())
    ]
    ended = Holding.objects.filter(site_id=right.site_id, until__isnull=False).select_related("position")[:LAST_HOLDINGS]
    return {
        "positions": rows, "mine": [row for row in rows if row["mine"]], "ended": ended, "tab": "handover", "me": me,
        "may_take": right.may(Verb.TAKE), "may_release": right.may(Verb.RELEASE_OTHERS), "may_duty": right.may(Verb.DUTY),
        "language": language,
    }  # fmt: skip


@require_safe
@login_required
def week(request: HttpRequest, site: str) -> HttpResponse:
    """The rota of a week, by position and day, and what it is made of."""
    right, the_site = rights.on_site(request, site)
    zone = ZoneInfo(the_site.timezone)
    asked = given_day(request.GET.get("day", "")) or timezone.localdate(timezone=zone)
    monday = asked - dt.timedelta(days=asked.weekday())
    context = around(request, right, the_site, "handover") | _week(right, monday, zone)
    context["people"] = sorted(((login, context["names"].get(login, login)) for login in people_of(right.site_id)),
                               key=lambda each: alphabetical(each[1]))  # fmt: skip
    return render(request, "duty/week.html" if request.GET.get("part") != "week" else "duty/_week.html", context)


def _week(right: Right, monday: dt.date, zone: ZoneInfo) -> dict[str, Any]:
    language = "en" if get_language() == "en" else "fr"
    days = [monday + dt.timedelta(days=number) for number in range(7)]
    positions = standing(right.site_id)
    turns: dict[int, list[RotaTurn]] = {each.pk: [] for each in positions}
    for turn in RotaTurn.objects.filter(position__in=positions):
        turns[turn.position_id].append(turn)
    midnights = [dt.datetime.combine(day, dt.time(), zone) for day in (*days, monday + dt.timedelta(days=7))]
    rows, public = [], holidays_on(right.site_id)
    for each in positions:
        found = rota.between([turn_of(turn) for turn in turns[each.pk]], midnights[0], midnights[-1], public)
        cells = [[_shown(one, begins, ends) for one in found if one.begins < ends and begins < one.ends]
                 for begins, ends in pairwise(midnights)]  # fmt: skip
        shown = each.name_en if language == "en" else each.name_fr
        rows.append(
            {
                "id": each.pk,
                "slug": each.slug,
                "shown": shown,
                "cells": cells,
                "turns": list(map(turn_words, turn_rows(turns[each.pk]))),
            }
        )
    holidays = {day for year in {days[0].year, days[-1].year} for day in public(year)}
    return {
        "rows": rows, "days": [(day, day in holidays) for day in days], "monday": monday, "tab": "rota", "language": language,
        "today": timezone.localdate(timezone=zone), "before": monday - dt.timedelta(days=7),
        "after": monday + dt.timedelta(days=7), "may_duty": right.may(Verb.DUTY),
    }  # fmt: skip


def _shown(stretch: rota.Stretch, midnight: dt.datetime, next_midnight: dt.datetime) -> dict[str, Any]:
    """A stretch as one day shows it: what began the day before by its end alone, what lasts all day by neither."""
    zone = midnight.tzinfo
    begins, ends = stretch.begins.astimezone(zone), stretch.ends.astimezone(zone)
    before, after = begins < midnight, ends >= next_midnight and begins < midnight
    hours = {"begins": "" if before else f"{begins:%H:%M}", "ends": "" if after else f"{ends:%H:%M}"}
    return hours | {"who": stretch.turn.who, "instead": stretch.turn.instead}
