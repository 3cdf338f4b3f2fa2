"""The day log (main courante): a day as it was written, or what a search finds over the years; and the form for one more note."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_safe
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from assets.alphabet import in_tree
from assets.models import Sector, Site
from hypervisor import paper, rights
from hypervisor.api.daylog import day_of, readable, wanted
from hypervisor.pages.frame import around, indented
from hypervisor.rights import Right, Verb
from journal.models import JournalEntry
from journal.reading import lines_within, number_at
from journal.rows import EntryRow, entry_rows
from response.daylog import signing
from response.daylog.files import ACCEPTED
from response.daylog.rows import note_rows
from response.daylog.writing import LONGEST
from response.models import DaySignature, Note

CATEGORIES = {
    Note.Category.EVENT: gettext_lazy("event"),
    Note.Category.DUTY: gettext_lazy("duty"),
    Note.Category.ROUND: gettext_lazy("round"),
    Note.Category.INTERVENTION: gettext_lazy("intervention"),
    Note.Category.FAULT: gettext_lazy("fault"),
    Note.Category.VISIT: gettext_lazy("visit"),
    Note.Category.INSTRUCTION: gettext_lazy("instruction"),
    Note.Category.CALL: gettext_lazy("call"),
}
IMPORTANCES = {
    Note.Importance.ROUTINE: gettext_lazy("routine"),
    Note.Importance.NOTABLE: gettext_lazy("notable"),
    Note.Importance.MAJOR: gettext_lazy("major"),
}
FILTERS = ("q", "category", "importance", "sector", "from", "to", "in_summary", "mentions_me", "asset", "incident")
MOST_LINES = 3000
"""Lines of a day on one page, the newest; what the machine wrote is most of them."""
MOST_NOTES = 300
"""Notes that a search shows."""
APART = dt.timedelta(minutes=1)
"""From here on it is said that a note was written later than what it tells."""


@dataclass(slots=True)
class Block:
    """What stands together: one note, one act of a person, or lines of the machine in a row, newest first."""

    kind: str
    note: dict[str, Any] | None = None
    lines: list[EntryRow] = field(default_factory=list)


def blocks(lines: Iterable[EntryRow], notes: dict[int, dict[str, Any]]) -> list[Block]:
    """A day's lines as they stand on the page. Pure. `notes` by id; a line about an attachment is told by its note."""
    told: list[Block] = []
    for kind, group in groupby((line for line in lines if line["kind"] != "note.attached"), key=_kind):
        if kind == "note":
            told += [Block(kind, note=notes[line["about"]["note"][0]]) for line in group if line["about"]["note"][0] in notes]
        elif kind == "act":
            told += [Block(kind, lines=[line]) for line in group]
        else:
            told.append(Block(kind, lines=list(group)))
    return told


def _kind(line: EntryRow) -> str:
    if line["kind"] in ("note.written", "note.corrected"):
        return "note"
    return "act" if line["actor_kind"] == "person" else "machine"


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A note as the page's markup has it."""
    apart = parse_datetime(row["written_at"]) - parse_datetime(row["happened_at"])
    return row | {
        "late": abs(apart) >= APART,
        "category_name": CATEGORIES[row["category"]],
        "importance_name": IMPORTANCES[row["importance"]] if row["importance"] != Note.Importance.ROUTINE else "",
    }


def lines_of(right: Right, site: Site, day: dt.date) -> QuerySet[JournalEntry]:
    """The journal's lines of a day that the right covers."""
    begins, ends = signing.bounds(site, day)
    first, last = number_at(site.pk, begins), number_at(site.pk, ends) - 1
    lines = JournalEntry.objects.filter(site=site, seq__gte=first, seq__lte=last)
    return lines if right.sectors is None else lines.filter(lines_within(site.pk, right.sectors))


def _day(right: Right, site: Site, day: dt.date) -> dict[str, Any]:
    lines = lines_of(right, site, day).order_by("-seq")
    rows = entry_rows(lines[: MOST_LINES + 1])
    ids = [id_ for row in rows for id_ in row["about"].get("note", ())]
    notes = {row["id"]: shown(row) for row in note_rows(readable(right).filter(pk__in=ids))}
    signatures = list(DaySignature.objects.filter(site=site, day=day))
    newest = signatures[-1] if signatures else None
    since = newest is not None and lines.filter(seq__gt=newest.last).exclude(kind=signing.SIGNED).exists()
    return {
        "blocks": blocks(rows[:MOST_LINES], notes), "cut": len(rows) > MOST_LINES, "signature": newest, "unsigned_since": since,
        "long": len(rows) > paper.LONG,
    }  # fmt: skip


def _search(request: HttpRequest, right: Right, site: Site) -> dict[str, Any]:
    """Notes over any time. A filter that is none of ours finds nothing, and says so."""
    try:
        found = wanted(Request(request), right, site, request.user.get_username())
    except ValidationError as error:
        return {"blocks": [], "fault": " ".join(str(each) for texts in error.detail.values() for each in texts)}
    rows = note_rows(found.order_by("-number")[: MOST_NOTES + 1])
    notes = [Block("note", note=shown(row)) for row in rows[:MOST_NOTES]]
    return {"blocks": notes, "cut": len(rows) > MOST_NOTES, "found": len(notes)}


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """A day, today unless `day` says another; with any filter, what it finds. `part=lines` is what the page asks again."""
    right, the_site = rights.on_site(request, site)
    language = "en" if get_language() == "en" else "fr"
    today = timezone.localdate(timezone=ZoneInfo(the_site.timezone))
    day = min(given_day(request.GET.get("day", "")) or today, today)
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in FILTERS}
    searching = any(asked.values())
    told = _search(request, right, the_site) if searching else _day(right, the_site, day)
    context = around(request, right, the_site, "daylog") | told | {
        "day": day, "is_today": day == today, "before": day - dt.timedelta(days=1), "after": day + dt.timedelta(days=1),
        "asked": asked, "searching": searching, "language": language,
        "may_write": right.may(Verb.COMMENT), "may_sign": right.may(Verb.SIGN),
    }  # fmt: skip
    if request.GET.get("part") == "lines":
        return render(request, "daylog/_lines.html", context)
    sectors = [each for each in in_tree(Sector.objects.filter(site=the_site).defer("polygon")) if right.covers(each.path)]
    context |= {
        "categories": CATEGORIES.items(), "importances": IMPORTANCES.items(), "longest": LONGEST, "accepted": ",".join(ACCEPTED),
        "sectors": [(each.slug, indented(each)) for each in sectors], "must_place": right.sectors is not None,
    }  # fmt: skip
    return render(request, "daylog/board.html", context)


def given_day(text: str) -> dt.date | None:
    """The day an address names; None for what is none that a log may have."""
    try:
        return day_of(text, "day")
    except ValidationError:
        return None
