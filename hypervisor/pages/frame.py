"""What stands around every page: import map and theme, and on the pages of a site its lamps, counts and sections."""

import json
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.db.models import Count, Q
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import get_resolver, reverse
from django.utils.translation import gettext_lazy

from alarms.models import Alarm, Severity
from assets.models import Feed, Site
from hypervisor.api.moves import DESK
from hypervisor.models import Role
from hypervisor.pages.words import words
from hypervisor.rights import Right, Verb

THEME_COOKIE = "theme"
THEMES = ("dark", "light")

SECTIONS = (
    ("desk", "desk", gettext_lazy("Desk"), Verb.SEE),
    ("assets", "site_assets", gettext_lazy("Assets"), Verb.SEE),
    ("rules", "site_rules", gettext_lazy("Rules"), Verb.RULES),
    ("maintenance", "site_maintenance", gettext_lazy("Maintenance"), Verb.MAINTENANCE),
    ("settings", "site_settings", gettext_lazy("Settings"), Verb.FEEDS),
    ("scenarios", "site_scenarios", gettext_lazy("Scenarios"), Verb.SCENARIOS),
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

SILENT = Q(shelved_until__isnull=False) | Q(suppressed_by__isnull=False) | Q(out_of_service_until__isnull=False)
WAITING = Q(state__in=[Alarm.State.UNACKNOWLEDGED, Alarm.State.RETURNED])


def frame(request: HttpRequest) -> dict[str, object]:
    """Context of every template: `theme` and `import_map`."""
    user = getattr(request, "user", None)
    theme = user.theme if user is not None and user.is_authenticated else request.COOKIES.get(THEME_COOKIE)
    return {"theme": theme if theme in THEMES else THEMES[0], "import_map": _import_map()}


def around(request: HttpRequest, right: Right, site: Site, section: str) -> dict[str, object]:
    """Context of a page of one site, for `framed.html`; two queries."""
    alarms = Alarm.objects.filter(~Q(state=Alarm.State.NORMAL), right.within(), site=site)
    totals = alarms.aggregate(
        shelved=Count("pk", Q(shelved_until__isnull=False) | Q(out_of_service_until__isnull=False)),
        suppressed=Count("pk", Q(suppressed_by__isnull=False)),
        feeds_unwell=Count("feed", Q(feed__isnull=False) & ~Q(state=Alarm.State.RETURNED), distinct=True),
        **{f"open_{severity.label}": Count("pk", ~SILENT & Q(severity=severity)) for severity in Severity},
        **{f"waiting_{severity.label}": Count("pk", ~SILENT & WAITING & Q(severity=severity)) for severity in Severity},
    )
    feeds = Feed.objects.filter(supervisor__site=site, enabled=True).count()
    person = request.user.get_full_name() or request.user.get_username()
    return {
        "site": site,
        "person": person,
        "desk": request.session.get(DESK, ""),
        "role_name": ROLE_NAMES[Role(right.role)],
        "lamps": [
            {
                "severity": severity.label,
                "name": SEVERITY_NAMES[severity.label],
                "letter": str(SEVERITY_NAMES[severity.label])[0].upper(),
                "open": totals[f"open_{severity.label}"],
                "waiting": totals[f"waiting_{severity.label}"],
            }
            for severity in Severity
        ],
        "counts": {**totals, "feeds": feeds, "feeds_well": max(0, feeds - totals["feeds_unwell"])},
        "sections": [
            {"icon": icon, "name": label, "url": reverse(address, args=[site.slug]), "here": icon == section}
            for icon, address, label, verb in SECTIONS
            if right.may(verb) and address in get_resolver().reverse_dict and (icon != "scenarios" or site.demo)
        ],
        "words": words(),
        "client": {
            "me": request.user.get_username(),
            "person": person,
            "verbs": sorted(right.verbs()),
            "feeds": feeds,
            "site": {
                "slug": site.slug,
                "name": site.name,
                "timezone": site.timezone,
                "longitude": site.longitude,
                "latitude": site.latitude,
                "zoom": site.zoom,
                "version": site.inventory_version,
            },
            "plotly": static("lib/plotly/plotly-cartesian.min.js"),
        },
    }


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
