"""Conduite: the control desk, whole or one pane per window; the way in, and the person's own preferences."""

import json
from dataclasses import asdict

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Case, Q, QuerySet, When, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, gettext_lazy, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alarms.lifecycle.limits import longest
from alarms.models import Alarm, Incident
from alarms.rows import SILENT, WORST_FIRST, AlarmRow, alarm_rows
from assets.models import Site
from hypervisor import rights
from hypervisor.api import shapes
from hypervisor.language import SESSION_KEY
from hypervisor.models import SavedView
from hypervisor.pages.commands import standings
from hypervisor.pages.frame import SEVERITY_NAMES, THEME_COOKIE, WAITING, around, modules
from hypervisor.pages.help import texts
from hypervisor.pages.list_filters import Asked, views_of
from hypervisor.pages.phrases import PHRASES
from hypervisor.preferences import remember
from hypervisor.rights import Right, Verb
from hypervisor.silence_levels import level_of

FIRST_SCREEN = 60
"""Rows the server renders: what a tall screen shows before the live channel has said the rest."""

FEW = 3
"""Alarms of one incident among these: in a storm it must not fill the screen."""

PANES = ("map", "list", "detail")

DESK_MODULES = {
    f"#js/{name}.js"
    for name in (
        "act", "alarms", "api", "beat", "cameras", "chart", "commands/ask", "commands/panel", "commands/rows",
        "commands/watch", "desk", "detail", "dialog", "dom", "drawer", "format", "frame", "grouping", "help", "incident",
        "incident_acts", "journal", "keys", "list", "live", "nouns/alarm", "nouns/command", "nouns/scenario_run",
        "nouns/incident", "nouns/override", "orders/ask", "orders/beside", "present", "procedures/panel", "procedures/run",
        "procedures/step", "row", "sound", "split", "steady", "store", "toast", "view", "why", "windows", "procedures/order",
        "procedures/watch", "habits", "map/geometry",
    )
}  # fmt: skip
"""Fetched together, before the browser has read which module imports which."""

COLUMNS = (
    ("glyph-cell", gettext_lazy("Severity"), "worst"),
    ("sentence", gettext_lazy("Alarm"), ""),
    ("present", gettext_lazy("Now"), ""),
    ("tags", gettext_lazy("State"), ""),
    ("where", gettext_lazy("Asset"), "place"),
    ("action", gettext_lazy("Suggested action"), ""),
    ("age", gettext_lazy("Age"), "newest oldest"),
)
"""Of the list: the cell, its head, and the orders that a press on it goes through."""
SHELVING_MINUTES = (15, 60, 120, 240, 480, 720, 1440, 2880, 4320, 10080)


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """To the person's site; one who may see none is told so."""
    sites = sorted(right.site for right in rights.of(request).by_site.values())
    if not sites:
        return render(request, "no_site.html", status=403)
    return redirect("desk", sites[0])


@require_safe
@login_required
def desk(request: HttpRequest, site: str, pane: str = "") -> HttpResponse:
    """The desk of one site; `pane` alone in its window when given."""
    right = rights.of(request).on(site)
    the_site = get_object_or_404(Site, slug=site)
    context = around(request, right, the_site, "desk")
    first = [_in_words(index, row) for index, row in enumerate(first_screen(the_site, right), 2)]
    context |= {"pane": pane, "panes": (pane,) if pane else PANES, "rows": first}
    context |= {
        "columns": [(place, str(name), orders) for place, name, orders in COLUMNS],
        "may_share": right.may(Verb.COMMENT),
    }
    if pane in ("", "list"):
        context |= {"views": views_of(request, right, SavedView.Page.DESK, Asked.of(request, ()), context["names"])}
    context |= {"standings": standings()}
    context |= acting(right, the_site.pk, context["client"])
    context["client"]["habits"] = request.user.habits
    context |= {"documentation": settings.DOCUMENTATION_URL, "tour": _tour(request, pane), "tour_asked": "tour" in request.GET}
    context |= {"preload": [url for name, url in modules().items() if name in DESK_MODULES]}
    return render(request, "desk/desk.html", context)


def _tour(request: HttpRequest, pane: str) -> str:
    """The steps of the tour as JSON, for whoever has not seen it or asks for it; empty for all others."""
    if pane or (request.user.toured and "tour" not in request.GET):
        return ""
    return json.dumps([asdict(step) for step in texts(get_language() or "fr").tour])


def acting(right: Right, site: int, client: dict[str, object]) -> dict[str, object]:
    """What the dialogs of acts on alarms and incidents need; for how long one may silence goes to the page's modules too."""
    mine = longest(site)[level_of(right)]
    client["longest"] = {severity.label: round(span.total_seconds() / 60) for severity, span in mine.items()}
    return {
        "may": {str(verb): True for verb in right.verbs()},
        "durations": [(n, _duration(n)) for n in SHELVING_MINUTES],
        "phrases": PHRASES,
    }


def first_screen(site: Site, right: Right) -> list[AlarmRow]:
    """Rows that stand until the live channel has said the rest: what is not silenced, the worst first, and
    of each incident a few. Folding alarms under their incidents is for the browser alone: `static/js/grouping.js`."""
    alarms = Alarm.objects.filter(Q(is_open=True), ~SILENT, right.within(), site=site)
    return alarm_rows(_few_of_each(alarms).order_by(*WORST_FIRST, "-raised_at", "-id")[:FIRST_SCREEN])


_PLACE = Window(
    RowNumber(),
    partition_by="incident",
    order_by=["severity", Case(When(WAITING, then=0), default=1), "stake", "-raised_at", "-id"],
)


def _few_of_each(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """Those of no living incident, and the first of each: its worst, those that wait before the others."""
    alone = Q(incident=None) | Q(incident__state=Incident.State.CLOSED)
    return alarms.annotate(place=_PLACE).filter(alone | Q(place__lte=FEW))


def _in_words(index: int, alarm: AlarmRow) -> dict[str, object]:
    """One row in the words of `_alarm_row.html`, as `static/js/row.js` fills it."""
    language = "en" if get_language() == "en" else "fr"
    asset, sector, action = alarm.asset, alarm.sector, alarm.suggested_action
    return {
        "alarm": alarm,
        "index": index,
        "severity_name": SEVERITY_NAMES[alarm.severity],
        "sentence": alarm.sentence[language],
        "code": asset.code if asset else alarm.feed_name,
        "sector": sector and sector.name,
        "action": action[language] if action else "",
        "tag": pgettext("alarm", "ended") if alarm.state == Alarm.State.RETURNED else "",
        "who": alarm.taken_by,
        "often": _("chattering ×{n}").format(n=alarm.occurrences) if alarm.chattering else "",
    }


def _duration(minutes: int) -> str:
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes % size == 0:
            count = minutes // size
            text = ngettext("{n} day", "{n} days", count) if unit == "d" else ngettext("{n} hour", "{n} hours", count)
            return text.format(n=count)
    return _("{n} min").format(n=minutes)


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Language and theme: kept with the account, and in the browser for the page where nobody has logged in yet. The name of
    the desk is the session's: another window of this browser is the same desk."""
    wanted = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(wanted if safe else settings.LOGIN_URL)
    told = _told_preferences(request)
    for name in told.keys() & {SESSION_KEY, THEME_COOKIE}:
        answer.set_cookie(name, told[name], max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE)
    if request.user.is_authenticated:  # a stranger's choices stay in the browser: no row is written for them
        remember(request, told)
    return answer


def _told_preferences(request: HttpRequest) -> dict[str, str]:
    """What was sent, by the interface's own rules. Raises BadRequest."""
    sent = {name: request.POST[name] for name in shapes.Preferences().fields if name in request.POST}
    preferences = shapes.Preferences(data=sent)
    if not preferences.is_valid():
        raise BadRequest(str(preferences.errors))
    return preferences.validated_data
