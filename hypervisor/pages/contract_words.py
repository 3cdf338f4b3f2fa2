"""Contracts and their months in the reader's language, as the templates show them."""

import datetime as dt
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from alarms.engine.calendar import DAYS
from assets.instants import instant
from assets.models import Site
from hypervisor.pages import report_words
from hypervisor.pages.contractor_forms import DAYS as DAY_NAMES
from hypervisor.pages.contractor_forms import minutes_words
from reports.contracts import statement, tables
from reports.contracts.commitments import Commitments, formula, money
from reports.contracts.reckoning import Item
from reports.contracts.statement import Difference, Month
from reports.models import Exclusion, Statement
from response.models import Contract
from response.orders.terms import PRIORITY_WORDS, Priority
from response.rota import REGIONS

SHOWN = 300
"""Lines of proof on the page, what was missed first; all of them are in the CSV."""
_FIRST = {"late": 0, "missed": 1, "waiting": 2, "kept": 3}


def brief(row: Contract, last: Statement | None, language: str) -> dict[str, Any]:
    kinds = [kind.name_en if language == "en" else kind.name_fr for kind in row.kinds.all()]
    return {
        "id": row.pk, "reference": row.reference, "contractor": row.contractor.name, "starts_on": row.starts_on,
        "ends_on": row.ends_on, "scope": kinds + [sector.name for sector in row.sectors.all()], "last": frozen(last, language),
    }  # fmt: skip


def frozen(row: Statement | None, language: str) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "month": f"{row.month:%Y-%m}", "name": tables.month_words(row.month)[language], "version": row.version,
        "owed": money(row.cents)[language], "made_at": row.made_at, "made_by": row.made_by,
    }  # fmt: skip


def promised(row: Contract, language: str) -> dict[str, Any]:
    """Terms by priority, and the hours that count."""
    terms = []
    for each in Priority:
        if (told := row.terms.get(each.value)) is not None:
            words = PRIORITY_WORDS[each]
            name = words.en if language == "en" else words.fr
            times = [minutes_words(told.get(step)) for step in ("accept", "arrive", "restore")]
            terms.append((name, *times, told.get("at_all_hours", False)))
    return {"terms": terms, "hours": _hours(row)}


def _hours(row: Contract) -> list[str]:
    said = [
        f"{', '.join(str(DAY_NAMES[day]) for day in DAYS if day in each.get('days', DAYS))} : "
        f"{each.get('from', '00:00')} – {each.get('to', '24:00')}"
        for each in row.hours.get("weekly", ())
    ] or [_("every hour")]
    said += [_("closed or other hours on {day}").format(day=each["date"]) for each in row.hours.get("exceptions", ())]
    if row.holidays:
        region = REGIONS.get(row.holidays, "France")
        said.append(_("but on the public holidays of {region}").format(region=region))
    return said


def commitments(told: Commitments, language: str) -> list[dict[str, Any]]:
    return [
        {
            "place": place, "number": place + 1, "name": tables.name_of(each)[language],
            "target": tables.target_of(each)[language], "formula": formula(each)[language],
        }
        for place, each in enumerate(told.each)
    ]  # fmt: skip


def exclusion(row: Exclusion, language: str) -> dict[str, Any]:
    return {
        "id": row.pk, "kind": tables.KIND_WORDS[row.kind][language], "why": row.why, "begins_at": row.begins_at,
        "ends_at": row.ends_at, "asset": row.asset.code if row.asset else None, "order": row.order.number if row.order else None,
        "by": row.added_by, "at": row.added_at, "line": row.seq,
        "withdrawn_at": row.withdrawn_at, "withdrawn_by": row.withdrawn_by,
    }  # fmt: skip


def month(told: Month, site: Site, language: str) -> dict[str, Any]:
    """All that the page and the paper show of a month."""
    items = sorted(told.items, key=lambda item: (item.commitment, _FIRST[item.outcome], -item.late, -item.counted, item.id))
    things = {(each.noun, each.id): each for each in told.things}
    rows = [_item(item, things[item.noun, item.id], told, site, language) for item in items[:SHOWN]]
    return {
        "summary": [words[language] for words in tables.summary(told)], "made_at": told.made_at, "reached": told.reached,
        "over": told.over, "owed": money(told.cents)[language], "assets": told.assets, "down_rules": told.down_rules,
        "limited": money(told.uncapped)[language] if told.uncapped != told.cents else "",
        "commitments": report_words.in_words(tables.commitments(told), language, told.zone, ""),
        "failed_after": told.commitments.failed_after, "items": rows, "count": len(items), "shown": SHOWN,
        "exclusions": [_left_out(each, language) for each in told.exclusions],
    }  # fmt: skip


def _item(item: Item, thing: statement.Thing, told: Month, site: Site, language: str) -> dict[str, Any]:
    of_order = item.noun == "work_order"
    length = report_words.length
    return {
        "number": item.commitment + 1, "name": tables.name_of(told.commitments.each[item.commitment])[language],
        "of_order": of_order, "thing": f"{pgettext('number', 'No')} {thing.name}" if of_order else thing.name, "more": thing.more,
        "url": reverse("work_order" if of_order else "asset_sheet", args=[site.slug, item.id]),
        "outcome": item.outcome, "outcome_name": tables.OUTCOME_WORDS[item.outcome][language],
        "bad": item.outcome in ("late", "missed"), "begin": instant(item.begin * statement.MICRO),
        "end": instant(item.end * statement.MICRO), "allowed": length(item.allowed, language) if item.allowed else "—",
        "counted": length(item.counted, language), "excluded": length(item.excluded, language) if item.excluded else "—",
        "late": length(item.late, language) if item.late else "—", "units": item.units or "—", "lines": thing.lines,
        "alarms": [(alarm, reverse("alarm_life", args=[site.slug, alarm])) for alarm in thing.alarms[:5]],
    }  # fmt: skip


def _left_out(row: statement.LeftOut, language: str) -> dict[str, Any]:
    return {
        "id": row.id, "kind": tables.KIND_WORDS[row.kind][language], "why": row.why,
        "begins_at": dt.datetime.fromisoformat(row.begins_at), "ends_at": dt.datetime.fromisoformat(row.ends_at),
        "asset": row.asset, "order": row.order, "by": row.by, "at": dt.datetime.fromisoformat(row.at), "line": row.line,
    }  # fmt: skip


def differences(found: list[Difference], before: Month, after: Month, language: str) -> list[dict[str, Any]]:
    rows = []
    for each in found[:SHOWN]:
        told = (before if each.commitment < len(before.commitments.each) else after).commitments.each[each.commitment]
        costs = [None if cents is None else money(cents)[language] for cents in (each.cents_before, each.cents_after)]
        rows.append({
            "number": each.commitment + 1, "name": tables.name_of(told)[language], "noun": each.noun, "thing": each.name,
            "before": _said(each.before, each.noun, language), "after": _said(each.after, each.noun, language), "costs": costs,
        })  # fmt: skip
    return rows


def _said(text: str | None, noun: str, language: str) -> str:
    """What one side says of an item: its outcome and its times in words."""
    if text is None:
        return "—"
    if noun == "result":
        return text
    outcome, counted, late, excluded = text.split()
    said = [tables.OUTCOME_WORDS[outcome][language], _("counted {time}").format(time=report_words.length(int(counted), language))]
    if int(late):
        said.append(_("late by {time}").format(time=report_words.length(int(late), language)))
    if int(excluded):
        said.append(_("excluded {time}").format(time=report_words.length(int(excluded), language)))
    return ", ".join(said)
