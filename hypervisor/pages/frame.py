"""What stands around every page: import map and theme, and on the pages of a site its lamps, counts and sections."""

import json
from functools import cache
from pathlib import Path

import redis
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db.models import Count, Q
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_resolver, reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from alarms import silences
from alarms.models import Alarm, Severity
from alarms.rows import EXPLAINED, SET_ASIDE, SILENT
from assets.alphabet import alphabetical
from assets.models import Sector, Site
from assets.zones import zone_words
from hypervisor import feeds_now
from hypervisor.acting import desk_of
from hypervisor.api.silences import reader
from hypervisor.models import Role
from hypervisor.names import names_on
from hypervisor.pages.settings_pages import settings_pages
from hypervisor.pages.words import words
from hypervisor.rights import Right, Verb

THEME_COOKIE = "theme"
THEMES = ("dark", "light")

SECTIONS = (
    ("desk", "desk", gettext_lazy("Desk"), Verb.SEE),
    ("alarms", "site_alarms", gettext_lazy("Alarms"), Verb.SEE),
    ("incidents", "site_incidents", gettext_lazy("Incidents"), Verb.SEE),
    ("events", "site_events", gettext_lazy("Events"), Verb.SEE),
    ("passages", "site_passages", gettext_lazy("Passages"), Verb.SEE),
    ("commands", "site_commands", gettext_lazy("Commands"), Verb.SEE),
    ("assets", "site_assets", gettext_lazy("Assets"), Verb.SEE),
    ("on_call", "site_on_call", gettext_lazy("On call"), Verb.SEE),
    ("messages", "site_messages", gettext_lazy("Messages"), Verb.SEE),
    ("daylog", "site_daylog", gettext_lazy("Day log"), Verb.SEE),
    ("handover", "site_handover", gettext_lazy("Handover"), Verb.SEE),
    ("orders", "site_work_orders", gettext_lazy("Work orders"), Verb.SEE),
    ("reports", "site_reports", gettext_lazy("Reports"), Verb.SEE),
    ("procedures", "site_procedures", gettext_lazy("Procedures"), Verb.SEE),
    ("silences", "site_silences", gettext_lazy("Silenced"), Verb.SEE),
    ("rules", "site_rules", gettext_lazy("Rules"), Verb.RULES),
    ("maintenance", "site_maintenance", gettext_lazy("Maintenance"), Verb.MAINTENANCE),
    ("settings", "site_settings", gettext_lazy("Settings"), Verb.FEEDS),
    ("scenarios", "site_scenarios", gettext_lazy("Scenarios"), Verb.SCENARIOS),
    ("help", "site_help", gettext_lazy("Help"), Verb.SEE),
)
"""Sections of the rail: icon, name of the page's address, name on screen, the verb it asks for."""

ROLE_NAMES = {
    Role.OPERATOR: gettext_lazy("operator"),
    Role.SHIFT_SUPERVISOR: gettext_lazy("shift supervisor"),
    Role.ADMINISTRATOR: gettext_lazy("administrator"),
    Role.AUDITOR: gettext_lazy("auditor"),
}

SEVERITY_NAMES = {
    "critical": gettext_lazy("critical"),
    "high": gettext_lazy("high"),
    "medium": gettext_lazy("medium"),
    "low": gettext_lazy("low"),
}

WAITING = Q(state__in=[Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED])


def frame(request: HttpRequest) -> dict[str, object]:
    """Context of every template: `theme` and `import_map`."""
    user = getattr(request, "user", None)
    theme = user.theme if user is not None and user.is_authenticated else request.COOKIES.get(THEME_COOKIE)
    return {"theme": theme if theme in THEMES else THEMES[0], "import_map": _import_map()}


def around(request: HttpRequest, right: Right, site: Site, here: str) -> dict[str, object]:
    """Context of a page of one site, for `framed.html`; four queries, two more for whoever is confined to sectors."""
    alarms = Alarm.objects.filter(Q(is_open=True), right.within(), site=site)
    totals = alarms.aggregate(
        shelved=Count("pk", SET_ASIDE),
        suppressed=Count("pk", EXPLAINED),
        **{f"open_{severity.label}": Count("pk", ~SILENT & Q(severity=severity)) for severity in Severity},
        **{f"waiting_{severity.label}": Count("pk", ~SILENT & WAITING & Q(severity=severity)) for severity in Severity},
    )
    names = names_on(site.pk)
    person = request.user.get_full_name() or request.user.get_username()
    return {
        "site": site,
        "confined": _confined_to(right),
        "person": person,
        "names": names,
        "desk": desk_of(request),
        "role_name": ROLE_NAMES[Role(right.role)],
        "lamps": _lamps(totals),
        "silenced": silences.count(reader(right), timezone.now()),
        "counts": totals,
        "feeds_counted": _feeds(right),
        "sections": [
            section
            | {
                "here": section["icon"] == here,
                "counted": section["icon"] == "silences",
                "waiting": section["icon"] == "messages",
            }
            for section in sections(site, right)
        ],
        "settings_pages": settings_pages(site, right) if here == "settings" else [],
        "words": words(),
        "client": {
            "me": request.user.get_username(),
            "person": person,
            "names": names,
            "verbs": sorted(right.verbs()),
            "confined": right.sectors is not None,
            "site": {
                "slug": site.slug,
                "name": site.name,
                "timezone": site.timezone,
                "zone": zone_words(site.timezone, get_language() or "fr"),
                "longitude": site.longitude,
                "latitude": site.latitude,
                "zoom": site.zoom,
                "version": site.inventory_version,
            },
            "plotly": static("lib/plotly/plotly-cartesian.min.js"),
        },
    }


def sections(site: Site, right: Right) -> list[dict[str, object]]:
    """Those that the person may open: `icon`, `name` and `url`, in the order of the rail."""
    known = get_resolver().reverse_dict
    return [
        {"icon": icon, "name": label, "url": reverse(address, args=[site.slug])}
        for icon, address, label, verb in SECTIONS
        if right.may(verb) and address in known and (icon != "scenarios" or site.demo)
    ]


def _lamps(totals: dict[str, int]) -> list[dict[str, object]]:
    """One for each severity, worst first: how many alarms are open, and how many of these wait to be acknowledged."""
    return [
        {
            "severity": severity.label,
            "name": SEVERITY_NAMES[severity.label],
            "letter": str(SEVERITY_NAMES[severity.label])[0].upper(),
            "open": totals[f"open_{severity.label}"],
            "waiting": totals[f"waiting_{severity.label}"],
        }
        for severity in Severity
    ]


def indented(sector: Sector) -> str:
    """The name of a sector in a list of choices, further in for each it is nested in."""
    return f"{'— ' * sector.path.count('/')}{sector.name}"


def _confined_to(right: Right) -> list[str]:
    """Names of the sectors beyond which the person sees nothing; empty: they see the whole site. One query, for them alone."""
    if right.sectors is None:
        return []
    names = dict(Sector.objects.filter(site_id=right.site_id, path__in=right.sectors).values_list("path", "name"))
    within = [path for path in names if not any(path.startswith(f"{other}/") for other in names)]
    return sorted((names[path] for path in within), key=alphabetical) or [_("none")]


def _feeds(right: Right) -> feeds_now.FeedCounts | None:
    """None while nobody can tell."""
    try:
        return feeds_now.counted(feeds_now.look(right.site_id), feeds_now.concerning(right.site_id, right.sectors))
    except redis.RedisError:
        return None


def modules() -> dict[str, str]:
    """Name → address of every module a page may import; looked up again at each request while debugging."""
    return _modules.__wrapped__() if settings.DEBUG else _modules()


def _import_map() -> str:
    return json.dumps({"imports": modules()})


@cache
def _modules() -> dict[str, str]:
    """Every module of ours by the name package.json gives it under Node, `#js/list.js`, and the library that is one."""
    root = Path(finders.find("js"))
    ours = sorted(path.relative_to(root).as_posix() for path in root.rglob("*.js") if "tests" not in path.relative_to(root).parts)
    return {f"#js/{path}": static(f"js/{path}") for path in ours} | {"maplibre-gl": static("lib/maplibre-gl/maplibre-gl.mjs")}
