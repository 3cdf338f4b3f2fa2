"""Work orders (Interventions): those of a site by what is due first, and the sheet of one with its timeline, notes and photos."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from alarms.engine.wording import Bilingual
from assets.alphabet import in_tree
from assets.models import Sector, Site
from hypervisor import rights
from hypervisor.api.work_orders import BY_DUE, filtered, order_of
from hypervisor.pages.frame import around, indented
from hypervisor.rights import Right, Verb
from response.models import Contractor, WorkOrder
from response.orders.links import in_force
from response.orders.moves import LONGEST, LONGEST_REASON
from response.orders.photos import ACCEPTED
from response.orders.rows import entry_rows_of, mail_rows, order_rows
from response.orders.states import MOVE_WORDS, STATE_WORDS, WANT_REASON, Move

SHOWN = 200
"""Rows of the list, those that are due first."""
FILTERS = ("state", "contractor", "sector", "late")
MOVE_NAMES = {
    Move.ACCEPT: gettext_lazy("Accepted by the contractor"),
    Move.ARRIVE: gettext_lazy("Crew on site"),
    Move.RESTORE: gettext_lazy("Service restored"),
    Move.CLOSE: gettext_lazy("Close the order"),
    Move.REFUSE: gettext_lazy("Refused by the contractor"),
    Move.CANCEL: gettext_lazy("Cancel the order"),
    Move.REOPEN: gettext_lazy("Not restored: take it up again"),
}
ENTRY_NAMES = {"order": gettext_lazy("ordered"), "note": gettext_lazy("note"), "photo": gettext_lazy("photo")}
_STEPS = (
    ("accept", "accept_due", "accepted_at", gettext_lazy("To accept")),
    ("arrive", "arrive_due", "on_site_at", gettext_lazy("To be on site")),
    ("restore", "restore_due", "restored_at", gettext_lazy("To restore")),
)


def in_words(row: dict[str, Any]) -> dict[str, Any]:
    """An order in the reader's language, with what was promised of each step and when it was taken."""
    language = "en" if get_language() == "en" else "fr"
    steps = []
    for name, due, done, label in _STEPS:
        if row[due] or row[done]:
            late = bool(row[due]) and (row[done] or _now()) > row[due]
            steps.append({"name": name, "label": label, "due": row[due], "done": row[done], "late": late})
    return row | {"state_name": row["state_name"][language], "priority_name": row["priority_name"][language], "steps": steps}


def _now() -> str:
    return timezone.now().astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "").replace("\0", "") for name in FILTERS}


def _rows(request: HttpRequest, right: Right) -> dict[str, Any]:
    """What the filters find; one that is none of ours finds nothing, and says so."""
    try:
        found = filtered(_without_blanks(request), right)
    except ValidationError as error:
        return {"orders": [], "fault": " ".join(str(each) for texts in error.detail.values() for each in texts)}
    rows = order_rows(found.order_by(*BY_DUE)[: SHOWN + 1])
    return {"orders": [in_words(row) for row in rows[:SHOWN]], "cut": len(rows) > SHOWN}


def _without_blanks(request: HttpRequest) -> Request:
    asked = request.GET.copy()
    for name in [name for name, value in asked.items() if not value]:
        del asked[name]
    request.GET = asked
    return Request(request)


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """Open ones by what is due first, unless the filters say otherwise; `part=orders` is what the page asks again."""
    right = rights.of(request).on(site)
    asked = _asked(request)
    context = _rows(request, right) | {"asked": asked, "query": urlencode({name: each for name, each in asked.items() if each})}
    if request.GET.get("part") == "orders":
        return render(request, "orders/_rows.html", context | {"site": {"slug": site}})
    the_site = get_object_or_404(Site, pk=right.site_id)
    sectors = [each for each in in_tree(Sector.objects.filter(site=the_site).defer("polygon")) if right.covers(each.path)]
    language = "en" if get_language() == "en" else "fr"
    context |= around(request, right, the_site, "orders") | {
        "states": [(state.value, words[language]) for state, words in _both(STATE_WORDS).items()],
        "contractors": Contractor.objects.filter(site=the_site).values_list("slug", "name"),
        "sectors": [(each.slug, indented(each)) for each in sectors],
    }  # fmt: skip
    return render(request, "orders/board.html", context)


def _both(words: dict[Any, Bilingual]) -> dict[Any, dict[str, str]]:
    return {key: {"fr": each.fr, "en": each.en} for key, each in words.items()}


def entries_in_words(order: WorkOrder) -> list[dict[str, Any]]:
    """The timeline of an order, the newest first."""
    language = "en" if get_language() == "en" else "fr"
    words = {move.value: each[language] for move, each in _both(MOVE_WORDS).items()} | ENTRY_NAMES
    return [entry | {"what": words[entry["move"]]} for entry in reversed(entry_rows_of(order))]


@require_safe
@login_required
def sheet(request: HttpRequest, site: str, work_order: int) -> HttpResponse:
    """One order; `part=order` is what the page asks again."""
    here = rights.of(request).on(site)
    order, right = order_of(request, work_order)
    the_site = get_object_or_404(Site, pk=here.site_id, work_orders=order.pk)
    row = in_words(order_rows(WorkOrder.objects.filter(pk=order.pk))[0])
    may = right.may(Verb.ORDER)
    context = around(request, right, the_site, "orders") | {
        "order": row, "entries": entries_in_words(order), "may_order": may, "contractor": order.contractor,
        "moves": [(move, MOVE_NAMES[Move(move)], Move(move) in WANT_REASON) for move in row["moves"]] if may else [],
        "links": order.links.filter(in_force(timezone.now())).count() if may and not row["closed_at"] else 0,
        "longest": LONGEST,
        "mails": mail_rows(order.mails.order_by("-pk")[:3]), "longest_reason": LONGEST_REASON, "accepted": ",".join(ACCEPTED),
    }  # fmt: skip
    return render(request, "orders/_sheet.html" if request.GET.get("part") == "order" else "orders/sheet.html", context)


def of_asset(asset: int) -> dict[str, Any]:
    """Orders of an asset for its sheet: open ones first, then the last; one query."""
    rows = order_rows(WorkOrder.objects.filter(asset=asset).order_by("-pk")[:OF_ASSET])
    return {"orders": [in_words(row) for row in sorted(rows, key=lambda row: row["closed_at"] is not None)]}


OF_ASSET = 30
