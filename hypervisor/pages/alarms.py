"""Alarmes: every alarm there ever was, by filters that stand in the address; what is shown is what is exported."""

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from alarms.lifecycle.outlook import Act
from alarms.models import Alarm, Rule
from alarms.rows import AlarmRow, alarm_rows
from assets.alphabet import alphabetical, in_tree
from assets.models import Asset, AssetKind, Sector, Site
from hypervisor import rights
from hypervisor.api.alarm_filters import FILTERS, ORDERS, RULE_KINDS, filtered
from hypervisor.api.bulk import VERBS
from hypervisor.api.paging import portion
from hypervisor.counts import capped, estimated, in_round_figures
from hypervisor.models import SavedView, User
from hypervisor.names import names_on
from hypervisor.pages.frame import SEVERITY_NAMES, around, indented
from hypervisor.pages.list_filters import PAGE, Asked, views_of
from hypervisor.pages.rule_labels import KINDS
from hypervisor.rights import Right, Verb

COUNTED = 10_000
"""Beyond these it is said that there are more: counting a million rows takes longer than showing a page."""
COUNT_WITHIN = 250
"""Milliseconds after which it is said how many the database thinks there are: the rare among a million is found late."""
NAMES = [each.name for each in FILTERS] + ["order"]
STATES = {
    "open": gettext_lazy("open"),
    "unacknowledged": gettext_lazy("unacknowledged"),
    "acknowledged": gettext_lazy("acknowledged"),
    "returned": gettext_lazy("back to normal, to acknowledge"),
    "shelved": gettext_lazy("shelved"),
    "out_of_service": gettext_lazy("out of service"),
    "suppressed": gettext_lazy("suppressed"),
    "normal": gettext_lazy("closed"),
}
"""What the page offers of the states that the interface knows, and how a row's state is told."""
ORDER_NAMES = {
    "newest": gettext_lazy("newest first"),
    "oldest": gettext_lazy("oldest first"),
    "closed_last": gettext_lazy("last closed first"),
    "closed_first": gettext_lazy("first closed first"),
}
DURATIONS = (
    ("5", gettext_lazy("5 min")), ("30", gettext_lazy("30 min")), ("60", gettext_lazy("1 h")), ("240", gettext_lazy("4 h")),
    ("480", gettext_lazy("8 h")), ("1440", gettext_lazy("24 h")), ("10080", gettext_lazy("7 days")),
)  # fmt: skip
MORE = ("rule_kind", "rule", "person", "from", "to", "ended_from", "ended_to", "longer", "shorter", "order")
"""Filters that are folded away unless one of them is set."""
ACTS = {
    Act.ACKNOWLEDGE: gettext_lazy("Acknowledge"),
    Act.TAKE: gettext_lazy("Take in charge"),
    Act.SHELVE: gettext_lazy("Shelve"),
    Act.COMMENT: gettext_lazy("Comment"),
}
LABELS = {
    "q": gettext_lazy("Words"),
    "state": gettext_lazy("State"),
    "severity": gettext_lazy("Severity"),
    "kind": gettext_lazy("Kind"),
    "asset": gettext_lazy("Asset"),
    "sector": gettext_lazy("Sector"),
    "rule": gettext_lazy("Rule"),
    "rule_kind": gettext_lazy("Kind of rule"),
    "person": gettext_lazy("Person"),
    "incident": gettext_lazy("Incident"),
    "suppressed_by": gettext_lazy("Suppressed by"),
    "from": gettext_lazy("Began from"),
    "to": gettext_lazy("Began until"),
    "ended_from": gettext_lazy("Closed from"),
    "ended_to": gettext_lazy("Closed until"),
    "longer": gettext_lazy("At least"),
    "shorter": gettext_lazy("Less than"),
    "order": gettext_lazy("Order"),
}


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The page; its rows alone for who changes a filter (`part=rows`), or how many there are (`part=count`)."""
    right = rights.of(request).on(site)
    asked = Asked.of(request, NAMES)
    part, after = request.GET.get("part"), request.GET.get("after", "").replace("\0", "")
    if part == "count":
        return render(request, "alarms/_count.html", _counted(request, right, asked))
    the_site = get_object_or_404(Site, pk=right.site_id)
    names = names_on(the_site.pk)
    choices = _choices(right, names)
    context = _rows(request, right, asked, after) | {
        "site": the_site, "asked": asked.values, "query": asked.query(), "after": after, "names": names,
        "export": asked.query(state=asked.values.get("state", "all")), "chips": _chips(right, asked, choices),
    }  # fmt: skip
    if part == "rows":
        return render(request, "alarms/_rows.html", context)
    context |= choices | {
        "states": STATES.items(), "orders": ORDER_NAMES.items(), "durations": DURATIONS, "severity_names": SEVERITY_NAMES.items(),
        "more": any(name in asked.values for name in MORE),
        "severities": asked.several("severity"), "views": views_of(request, right, SavedView.Page.ALARMS, asked, names),
        "may_share": right.may(Verb.COMMENT),
        "acts": [(act.value, name) for act, name in ACTS.items() if right.may(VERBS[act])],
        "durations_of_shelving": DURATIONS[1:5],
    }  # fmt: skip
    return render(request, "alarms/board.html", around(request, right, the_site, "alarms") | context)


def _counted(request: HttpRequest, right: Right, asked: Asked) -> dict[str, Any]:
    """How many there are, up to a bound, or about how many; nothing for filters that are none of ours."""
    try:
        alarms = filtered(asked.request(request), right, timezone.now(), state="all")
    except ValidationError:
        return {"total": None}
    total = capped(alarms[: COUNTED + 1], COUNT_WITHIN)
    if total is None:
        return {"total": in_round_figures(estimated(alarms)), "estimated": True}
    return {"total": min(total, COUNTED), "more": total > COUNTED}


def _rows(request: HttpRequest, right: Right, asked: Asked, after: str) -> dict[str, Any]:
    """What the filters find; one that is none of ours finds nothing, and says so."""
    now = timezone.now()
    order = ORDERS.get(asked.values.get("order", "newest"), ORDERS["newest"])
    try:
        wanted = asked.request(request, limit=str(PAGE), **({"after": after} if after else {}))
        alarms = filtered(wanted, right, now, state="all").filter(order.within)
        named = right.may(Verb.PLATES)
        rows, cursor = portion(
            wanted, alarms, order.keys, lambda some: alarm_rows(some, named=named), newest=order.newest, moments=[order.moment]
        )
    except ValidationError as error:
        return {"rows": [], "next": "", "fault": " ".join(str(each) for texts in error.detail.values() for each in texts)}
    return {"rows": [in_words(row, now) for row in rows], "next": asked.query(after=cursor) if cursor else ""}


def in_words(row: AlarmRow, now: dt.datetime) -> dict[str, Any]:
    """A row as the table has it."""
    language = "en" if get_language() == "en" else "fr"
    ended = row.returned_at or row.closed_at
    stood = (parse_datetime(ended) if ended else now) - parse_datetime(row.first_raised_at)
    return {
        "alarm": row, "sentence": row.sentence[language], "rule_name": row.rule_name[language],
        "severity_name": SEVERITY_NAMES[row.severity], "state_name": _state(row), "stood": in_short(stood), "stands": not ended,
    }  # fmt: skip


def _state(row: AlarmRow) -> str:
    """Of an open one how it is set aside says more than whether somebody acknowledged it."""
    if row.state != Alarm.State.NORMAL:
        if row.out_of_service_until:
            return str(STATES["out_of_service"])
        if row.shelved_until:
            return str(STATES["shelved"])
        if row.suppressed_by:
            return str(STATES["suppressed"])
    return str(STATES[row.state])


def in_short(length: dt.timedelta) -> str:
    """41 s, 2 min, 3 h 05, 2 j: as `format.age` in static/js/format.js."""
    seconds = max(0, int(length.total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if not minutes:
        return _("{n} s").format(n=seconds)
    if not hours:
        return _("{n} min").format(n=minutes)
    return _("{n} h {minutes}").format(n=hours, minutes=f"{minutes % 60:02}") if not days else _("{n} d").format(n=days)


def _choices(right: Right, names: dict[str, str]) -> dict[str, Any]:
    """What the filters offer; four queries."""
    place = 2 if get_language() == "en" else 1
    here = Asset.objects.filter(right.within(), site_id=right.site_id, kind=OuterRef("pk"))
    kinds = AssetKind.objects.filter(Exists(here)).values_list("slug", "name_fr", "name_en")
    sectors = in_tree(Sector.objects.filter(site_id=right.site_id).defer("polygon"))
    rules = Rule.objects.filter(site_id=right.site_id).values_list("slug", "name_fr", "name_en")
    people = User.objects.filter(grants__site=right.site_id).values_list("username", flat=True)
    return {
        "kinds": _by_name([(row[0], row[place]) for row in kinds]),
        "sectors": [(each.slug, indented(each)) for each in sectors if right.covers(each.path)],
        "rules": _by_name([(row[0], row[place]) for row in rules]),
        "rule_kinds": _by_name([(kind, KINDS[kind][place - 1]) for kind in RULE_KINDS]),
        "people": _by_name([(login, names.get(login, login)) for login in people]),
    }


def _by_name(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(pairs, key=lambda pair: alphabetical(pair[1]))


def _chips(right: Right, asked: Asked, choices: dict[str, Any]) -> list[Any]:
    """The filters that are set, in words."""
    tables: dict[str, dict[str, Any]] = {
        "kind": dict(choices["kinds"]), "sector": {slug: name.lstrip("— ") for slug, name in choices["sectors"]},
        "rule": dict(choices["rules"]), "rule_kind": dict(choices["rule_kinds"]), "person": dict(choices["people"]),
        "state": STATES, "severity": SEVERITY_NAMES, "order": ORDER_NAMES, "longer": dict(DURATIONS), "shorter": dict(DURATIONS),
    }  # fmt: skip

    def said(name: str, value: str) -> str:
        if name == "asset":
            found = Asset.objects.filter(right.within(), site_id=right.site_id, pk=int(value)) if value.isdigit() else []
            return next((f"{each.name} ({each.code})" for each in found), value)
        if name in ("longer", "shorter") and value not in tables[name]:
            return _("{n} min").format(n=value)
        if name not in tables:
            return value
        return ", ".join(str(tables[name].get(each, each)) for each in value.split(","))

    return asked.chips(LABELS, said)
