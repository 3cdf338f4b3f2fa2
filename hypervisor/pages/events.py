"""Évènements: what supervisors reported that is no measured value, which rules hear of it, and the alarms around it."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError

from alarms.rules.heard import listeners
from assets.alphabet import alphabetical
from assets.models import Asset, Feed
from hypervisor import rights
from hypervisor.api.events import FILTERS, portion, wanted
from hypervisor.models import SavedView
from hypervisor.names import names_on
from hypervisor.pages.frame import around
from hypervisor.pages.list_filters import PAGE, Asked, views_of
from hypervisor.rights import Right, Verb

NAMES = [each.name for each in FILTERS]
AROUND = dt.timedelta(minutes=10)
"""How far from an event its alarms are looked for."""
LABELS = {
    "kind": gettext_lazy("Kind of event"),
    "asset": gettext_lazy("Asset"),
    "feed": gettext_lazy("Feed"),
    "attribute": gettext_lazy("Attribute"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("Until"),
}


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The page, or its rows alone for who changes a filter (`part=rows`)."""
    right, the_site = rights.on_site(request, site)
    asked, after = Asked.of(request, NAMES), request.GET.get("after", "").replace("\0", "")
    known = Feed.objects.filter(supervisor__site=the_site).values_list("slug", "name")
    feeds = sorted(known, key=lambda row: alphabetical(row[1]))
    context = _rows(request, right, asked, after) | {
        "site": the_site, "asked": asked.values, "query": asked.query(), "after": after,
        "chips": _chips(right, asked, dict(feeds)), "may_rules": right.may(Verb.RULES),
    }  # fmt: skip
    if request.GET.get("part") == "rows":
        return render(request, "events/_rows.html", context)
    names = names_on(the_site.pk)
    context |= {
        "feeds": feeds, "kinds": sorted(listeners(the_site.pk).keys() | {row["kind"] for row in context["events"]}),
        "views": views_of(request, right, SavedView.Page.EVENTS, asked, names), "may_share": right.may(Verb.COMMENT),
    }  # fmt: skip
    return render(request, "events/board.html", around(request, right, the_site, "events") | context)


def _rows(request: HttpRequest, right: Right, asked: Asked, after: str) -> dict[str, Any]:
    """What the filters find; one that is none of ours finds nothing, and says so."""
    try:
        rows, cursor = portion(wanted(asked.request(request), right), right, after, PAGE)
    except ValidationError as error:
        return {"events": [], "next": "", "fault": " ".join(str(each) for texts in error.detail.values() for each in texts)}
    return {"events": [in_words(row) for row in rows], "next": asked.query(after=cursor) if cursor else ""}


def in_words(row: dict[str, Any]) -> dict[str, Any]:
    """An event as the table has it, with the address of the alarms of its asset around it."""
    language = "en" if get_language() == "en" else "fr"
    alarms = ""
    if row["asset"]:
        begin, end = (row["at"] + step for step in (-AROUND, AROUND))
        alarms = urlencode({"asset": row["asset"]["id"], "from": begin.isoformat(), "to": end.isoformat()})
    late = row["received_at"] - row["at"]
    return row | {
        "told": [(name, _said(value)) for name, value in sorted(row["attributes"].items())],
        "alarms": alarms, "late": abs(late) >= dt.timedelta(minutes=1),
        "heard": [{"id": rule["id"], "slug": rule["slug"], "name": rule["name"][language]} for rule in row["heard_by"]],
    }  # fmt: skip


def _said(value: object) -> object:
    return (_("yes") if value else _("no")) if isinstance(value, bool) else value


def _chips(right: Right, asked: Asked, feeds: dict[str, str]) -> list[Any]:
    def said(name: str, value: str) -> str:
        if name == "asset" and value.isascii() and value.isdigit() and len(value) < 19:
            found = Asset.objects.filter(right.within(), site_id=right.site_id, pk=int(value))
            return next((f"{each.name} ({each.code})" for each in found), value)
        return feeds.get(value, value) if name == "feed" else value

    return asked.chips(LABELS, said)
