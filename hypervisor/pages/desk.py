"""Conduite: the control desk, whole or one pane per window; the way in, and the person's own preferences."""

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, When, Window
from django.db.models.functions import Coalesce, RowNumber
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from alarms.incidents.rows import incident_rows
from alarms.models import Alarm, Incident, Severity
from alarms.rows import alarm_rows
from assets.models import Site
from hypervisor import rights
from hypervisor.api import shapes
from hypervisor.language import SESSION_KEY
from hypervisor.pages.frame import SEVERITY_NAMES, SILENT, THEME_COOKIE, WAITING, around, modules
from hypervisor.preferences import remember
from hypervisor.rights import Right

FIRST_SCREEN = 60
"""Rows the server renders: what a tall screen shows before the live channel has said the rest."""

IN_VIEW = 3
"""Critical alarms shown of a folded incident."""

PANES = ("map", "list", "detail")

DESK_MODULES = {
    f"#js/{name}.js"
    for name in (
        "act", "api", "beat", "cameras", "chart", "desk", "detail", "dom", "format", "frame", "grouping", "incident",
        "incident_acts", "journal", "keys", "list", "live", "row", "sound", "split", "store", "toast", "view", "why", "windows",
    )
}  # fmt: skip
"""Fetched together, before the browser has read which module imports which."""

SHELVING_MINUTES = (15, 60, 240, 480, 1440, 2880, 10080)


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
    first = first_screen(the_site, right)
    context = around(request, right, the_site, "desk")
    context |= {"pane": pane, "panes": (pane,) if pane else PANES, "alarms": first, "rows": list(map(_told, enumerate(first, 2)))}
    context |= {"columns": (_("severity"), _("alarm"), _("state"), _("asset"), _("suggested action"), _("age"))}
    context |= {"may": {str(verb): True for verb in right.verbs()}, "durations": [(n, _duration(n)) for n in SHELVING_MINUTES]}
    context |= {"preload": [url for name, url in modules().items() if name in DESK_MODULES]}
    return render(request, "desk/desk.html", context)


def first_screen(site: Site, right: Right) -> list[dict[str, object]]:
    """Rows of the list before the live channel has said the rest, as `static/js/grouping.js` arranges them: incidents that are
    not closed stand for their alarms, of which three critical ones are shown. In three queries."""
    alarms = Alarm.objects.filter(~Q(state=Alarm.State.NORMAL), ~SILENT, right.within(), site=site)
    heads = [_head(row) for row in incident_rows(_in_sight(site, right)[:FIRST_SCREEN], right.within())]
    rows = alarm_rows(_few_of_each(alarms).order_by("severity", "-raised_at", "-id")[:FIRST_SCREEN])
    rows += heads
    rows.sort(key=lambda row: str(row["raised_at"]), reverse=True)
    rows.sort(key=lambda row: _RANK[row["severity"]])
    return rows[:FIRST_SCREEN]


_RANK = {severity.label: severity.value for severity in Severity}


_PLACE = Window(
    RowNumber(),
    partition_by="incident",
    order_by=[Case(When(WAITING, then=0), default=1), "-raised_at", "-id"],
)


def _few_of_each(alarms: QuerySet[Alarm]) -> QuerySet[Alarm]:
    """Those of no living incident, and the critical ones of each: the first three that wait, then its newest."""
    alone = Q(incident=None) | Q(incident__state=Incident.State.CLOSED)
    shown = alarms.filter(alone | Q(severity=Severity.CRITICAL)).annotate(place=_PLACE)
    return shown.filter(alone | Q(place__lte=IN_VIEW))


def _in_sight(site: Site, right: Right) -> QuerySet[Incident]:
    """The living incidents that the list has something to say of, the worst first: an alarm that is not suppressed, or an end
    to confirm."""
    theirs = Alarm.objects.filter(right.within(), incident_id=OuterRef("pk"))
    under_way = theirs.exclude(state=Alarm.State.NORMAL)
    audible, over = Exists(under_way.filter(suppressed_by=None)), Exists(theirs) & ~Exists(under_way)
    worst = [Subquery(alarms.order_by("severity").values("severity")[:1]) for alarms in (under_way, theirs)]
    living = Incident.objects.filter(audible | over, ~Q(state=Incident.State.CLOSED), site=site)
    return living.order_by(Coalesce(*worst), "-joined_at", "-id")


def _head(incident: dict) -> dict[str, object]:
    return {"story": incident, "severity": incident["severity"], "raised_at": incident["joined_at"]}


def _told(numbered: tuple[int, dict]) -> dict[str, object]:
    """One row in the words of `_alarm_row.html`, as `static/js/row.js` fills it."""
    index, alarm = numbered
    language = "en" if get_language() == "en" else "fr"
    if "story" in alarm:
        return {"index": index, "severity_name": SEVERITY_NAMES[alarm["severity"]]} | _story(alarm, language)
    asset, sector = alarm["asset"], alarm["sector"]
    return {
        "alarm": alarm,
        "index": index,
        "severity_name": SEVERITY_NAMES[alarm["severity"]],
        "sentence": alarm["sentence"][language],
        "code": asset["code"] if asset else alarm["feed"],
        "sector": sector and sector["name"],
        "action": (alarm["suggested_action"] or {}).get(language, ""),
        "tag": _("back") if alarm["state"] == Alarm.State.RETURNED else "",
        "who": alarm["taken_by"],
        "often": _("chattering ×{n}").format(n=alarm["occurrences"]) if alarm["chattering"] else "",
    }


def _story(head: dict, language: str) -> dict[str, object]:
    story, counts = head["story"], head["story"]["counts"]
    waiting, silenced = counts["unacknowledged"], counts["suppressed"]
    critical = counts["critical"]
    told = [ngettext("{n} critical", "{n} critical ones", critical).format(n=critical)] if critical else []
    if waiting != counts["open"]:
        told.append(_several(_("{n} open"), pgettext("several", "{n} open"), counts["open"]))
    if waiting:
        told.append(_("{n} unacked").format(n=waiting))
    return {
        "alarm": {"id": f"i{story['id']}", "severity": head["severity"], "state": story["state"]},
        "folds": True,
        "number": _("Incident {number}").format(number=story["number"]),
        "sentence": story["title"][language],
        "sector": " · ".join(told),
        "action": (story["procedure"] or {}).get(language, ""),
        "tag": "" if counts["open"] else _("to close"),
        "who": story["owner"],
        "silenced": silenced and _several(_("{n} suppressed"), pgettext("several", "{n} suppressed"), silenced),
    }


def _several(one: str, many: str, count: int) -> str:
    return (many if count > 1 else one).format(n=count)


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

