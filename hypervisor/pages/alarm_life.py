"""The life of one alarm, under a link that can be sent: what it said and why, how it went, what was done about it and by whom."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from alarms.models import Alarm
from alarms.rows import alarm_rows
from assets.event_search import Wanted, found_events
from assets.instants import instant
from assets.models import Site
from commands.models import Command
from commands.rows import command_rows
from hypervisor.api.alarm_life import commands_of, orders_of, runs_of, story
from hypervisor.api.alarms import alarm_of
from hypervisor.api.events import event_rows
from hypervisor.pages.alarms import in_words
from hypervisor.pages.events import in_words as event_in_words
from hypervisor.pages.frame import around
from hypervisor.pages.work_orders import in_words as order_in_words
from hypervisor.rights import Right, Verb
from journal.rows import EntryRow, entry_rows
from response.models import Run, WorkOrder
from response.orders.rows import order_rows
from response.procedures.rows import run_rows

MOST_EVENTS = 100
MOST = 500
"""Lines that are shown, the first ones: a chattering alarm has thousands."""
SORTS = {
    "alarm": gettext_lazy("alarm"),
    "incident": gettext_lazy("incident"),
    "command": gettext_lazy("command"),
    "work_order": gettext_lazy("work order"),
    "run": gettext_lazy("procedure"),
    "note": gettext_lazy("note"),
}
"""What a line is about, the nearest to the alarm first."""
RUN_STATES = {
    "running": gettext_lazy("running"),
    "done": pgettext_lazy("procedure", "done"),
    "abandoned": pgettext_lazy("procedure", "abandoned"),
}


@require_safe
@login_required
def life(request: HttpRequest, site: str, alarm: int) -> HttpResponse:
    """One alarm, whatever became of it; `part=story` is what the page asks again while it stands."""
    row, right = alarm_of(request, alarm)
    if row.site.slug != site:
        raise Http404
    (told,) = alarm_rows(Alarm.objects.filter(pk=row.pk), named=right.may(Verb.PLATES))
    lines = entry_rows(story(row, right).order_by("seq")[: MOST + 1])
    context: dict[str, Any] = {
        "site": row.site, "row": in_words(told, timezone.now()), "lines": [line_in_words(line) for line in lines[:MOST]],
        "cut": len(lines) > MOST, **_beside(row, right), "may_rules": right.may(Verb.RULES), "events": _events(row, right),
    }  # fmt: skip
    the_site = get_object_or_404(Site, pk=row.site_id)
    context = around(request, right, the_site, "alarms") | context
    if request.GET.get("part") == "story":
        return render(request, "alarms/_story.html", context)
    return render(request, "alarms/life.html", context)


def line_in_words(line: EntryRow) -> dict[str, Any]:
    """A line of the journal in the reader's language."""
    language = "en" if get_language() == "en" else "fr"
    sort = next((sort for sort in SORTS if sort in line["about"]), "")
    return {**line, "said": line["text"][language], "sort": sort, "sort_name": SORTS.get(sort, "")}


def _events(alarm: Alarm, right: Right) -> list[dict[str, Any]]:
    """The events that its evidence names, as far as they are still kept: those of the instant and asset of each fact."""
    facts = [*alarm.evidence.get("members", ()), alarm.evidence.get("first"), alarm.evidence.get("then")]
    moments = {(fact["asset"], instant(fact["at"])) for fact in facts if fact and fact["asset"] and fact["at"]}
    if not moments:
        return []
    ends = sorted(at for _, at in moments)
    wanted = Wanted(
        alarm.site_id, start=ends[0], end=ends[-1] + dt.timedelta(microseconds=1), sectors=right.sectors, moments=sorted(moments)
    )
    return [event_in_words(row) for row in event_rows(found_events(wanted, None, MOST_EVENTS), right)]


def _beside(alarm: Alarm, right: Right) -> dict[str, Any]:
    runs = runs_of(alarm, right)
    return done_about(commands_of(Alarm.objects.filter(pk=alarm.pk), runs, right), orders_of(alarm, right), runs)


def done_about(commands: QuerySet[Command], orders: QuerySet[WorkOrder], runs: QuerySet[Run]) -> dict[str, Any]:
    """What was done about an alarm or an incident, in the reader's language."""
    language = "en" if get_language() == "en" else "fr"
    asked = command_rows(commands.order_by("pk")[:MOST])
    followed = run_rows(runs.order_by("pk")[:MOST])
    return {
        "commands": [
            each | {"type_said": each["type_name"][language], "state_said": each["state_name"][language]} for each in asked
        ],
        "orders": [order_in_words(each) for each in order_rows(orders.order_by("pk")[:MOST])],
        "runs": [each | {"said": each["name"][language], "state_said": RUN_STATES[each["state"]]} for each in followed],
    }
