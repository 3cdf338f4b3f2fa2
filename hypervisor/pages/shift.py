"""What Relève shows of a shift: hand-overs with their facts and what changed since, and the instructions in force."""

from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assets.models import Site
from hypervisor import rights
from hypervisor.api.assets import search
from hypervisor.api.duty import standing as standing_positions
from hypervisor.api.handover import handover_of, readable
from hypervisor.pages import works
from hypervisor.pages.frame import ROLE_NAMES, SEVERITY_NAMES, around
from hypervisor.rights import Right, Verb
from response.duty.rows import position_rows
from response.handover.facts import SECTIONS, Changes, Facts, changed, gather
from response.handover.moves import PENDING, facts_of
from response.instructions.rows import instruction_rows, is_for, standing
from response.models import HandOver, Holding

TITLES = {
    "alarms": gettext_lazy("Open alarms"),
    "incidents": gettext_lazy("Incidents and their next step"),
    "commands": gettext_lazy("Commands not confirmed"),
    "runs": gettext_lazy("Procedures under way"),
    "silences": gettext_lazy("Shelved, out of service, maintenance"),
    "overrides": gettext_lazy("Overrides"),
    "feeds": gettext_lazy("Feeds that are not well"),
    "instructions": gettext_lazy("Instructions in force"),
    "notes": gettext_lazy("Notable lines of the day log"),
}
LAST = 8
"""Hand-overs that are over, shown below."""


def sections(facts: Facts, language: str) -> list[dict[str, Any]]:
    """The facts in the order of the page, in the reader's language; an empty section is one word."""
    found = []
    for name in SECTIONS:
        section = getattr(facts, name)
        rows = [] if section is None else [_fact(each, language) for each in section.facts]
        total = 0 if section is None else section.total
        found.append({"name": name, "title": TITLES[name], "known": section is not None, "total": total, "rows": rows})
        found[-1]["more"] = total - len(rows)
    return found


def _fact(fact: Any, language: str) -> dict[str, Any]:
    return {
        "text": getattr(fact.text, language), "severity": fact.severity, "severity_name": SEVERITY_NAMES.get(fact.severity or ""),
        "at": fact.at, "until": fact.until, "who": fact.who, "more": getattr(fact.more, language) if fact.more else "",
    }  # fmt: skip


def changes_told(changes: Changes, language: str) -> list[dict[str, Any]]:
    """What changed since it was given, section by section."""
    return [
        {
            "title": TITLES[name], "appeared": [_fact(each, language) for each in changes.appeared.get(name, ())],
            "gone": [_fact(each, language) for each in changes.gone.get(name, ())],
        }
        for name in SECTIONS
        if name in changes.appeared or name in changes.gone
    ]  # fmt: skip


def figures(facts: Facts) -> list[str]:
    told = facts.figures
    said = [
        ngettext("{n} alarm raised", "{n} alarms raised", told.raised).format(n=told.raised),
        ngettext("{n} acknowledged", "{n} acknowledged", told.acknowledged).format(n=told.acknowledged),
    ]
    if told.median is not None:
        minutes, seconds = divmod(round(told.median), 60)
        text = f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"
        said.append(_("acknowledged after {time}, median").format(time=text))
    return said


def told(handover: HandOver, facts: Facts, changes: Changes | None, language: str) -> dict[str, Any]:
    """A hand-over as `handover/_facts.html` shows it."""
    position = handover.position
    return {
        "row": handover, "shown": position.name_en if language == "en" else position.name_fr,
        "severities": [(name, label, *facts.severities[name]) for name, label in SEVERITY_NAMES.items()],
        "sections": sections(facts, language), "figures": figures(facts),
        "changes": changes_told(changes, language) if changes is not None else [],
    }  # fmt: skip


def pending(right: Right, me: str) -> list[dict[str, Any]]:
    """Hand-overs that wait, each with what changed since; nothing for whoever sees only some sectors."""
    if right.sectors is not None:
        return []
    language, now = "en" if get_language() == "en" else "fr", timezone.now()
    found = []
    for each in HandOver.objects.filter(site_id=right.site_id, **PENDING).select_related("position"):
        facts = facts_of(each)
        since = changed(facts, gather(right.site_id, each.since, now))
        found.append(told(each, facts, since, language) | {"mine": each.given_by == me})
    return found


def instructions(right: Right, me: str, words: str = "") -> list[dict[str, Any]]:
    """Instructions that stand and have these words, those in force first: for whom, who read them, and whether I have."""
    now = timezone.now()
    mine = Holding.objects.filter(site_id=right.site_id, holder=me, until=None).values_list("position_id", flat=True)
    found = readable(right).filter(pk__in=standing(right.site_id, now).values("pk"))
    if words:
        query = search(words)
        found = found.filter(search=query) if query else found.none()
    language, held = "en" if get_language() == "en" else "fr", set(mine)
    rows = []
    for row in instruction_rows(found, now):
        whom = [each["name"][language] for each in row["positions"]] + [str(ROLE_NAMES[role]) for role in row["roles"]]
        read = any(each["person"] == me for each in row["read_by"])
        rows.append(row | {"for_me": is_for(row, right.role, held), "whom": whom, "read": read})
    return sorted(rows, key=lambda row: (not row["in_force"], not row["for_me"], -row["number"]))


def shift(right: Right, me: str, words: str = "") -> dict[str, Any]:
    """What the board shows beside the positions; `words`: of the instructions that are looked for."""
    past: list[HandOver] = []
    if right.sectors is None:
        over = HandOver.objects.filter(site_id=right.site_id, accepted_at__isnull=False)
        past = list(over.defer("facts", "changes").select_related("position")[:LAST])
    rows = instructions(right, me)
    unread = [row for row in rows if row["in_force"] and row["for_me"] and row["must_read"] and not row["read"]]
    return {
        "pending": pending(right, me),
        "past": past,
        "instructions": instructions(right, me, words) if words else [row for row in rows if row not in unread],
        "words_asked": words,
        "unread": unread,
        "whole": right.sectors is None,
    }


def pinned(request: HttpRequest, right: Right, site: Site) -> HttpResponse:
    """The band of the desk: what is in force for this person, the positions that are theirs to take now, and maintenance."""
    me, language = request.user.get_username(), "en" if get_language() == "en" else "fr"
    rows = [row for row in instructions(right, me) if row["in_force"] and row["for_me"]]
    awaited = [
        position["name"][language]
        for position in position_rows(standing_positions(right.site_id), timezone.now())
        if position["holder"] != me and any(one["who"] == me for one in position["expected"])
    ]
    context = {
        "rows": rows,
        "awaited": awaited if right.may(Verb.TAKE) else [],
        "may_read": right.may(Verb.TAKE),
        "site": right.site,
        "works": works.band(right, ZoneInfo(site.timezone)),
    }
    return render(request, "duty/_pinned.html", context)


@require_safe
@login_required
def sheet(request: HttpRequest, site: str, handover: int) -> HttpResponse:
    """One hand-over, to read again or to print."""
    row = handover_of(request, handover)
    right, the_site = rights.on_site(request, site)
    language = "en" if get_language() == "en" else "fr"
    facts = facts_of(row)
    changes = None if row.changes is None else msgspec.convert(row.changes, Changes)
    context = around(request, right, the_site, "handover")
    context |= {"handover": told(row, facts, changes, language), "tab": "handover", "sheet": True}
    return render(request, "duty/sheet.html", context)
