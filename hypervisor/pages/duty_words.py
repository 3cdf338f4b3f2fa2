"""A turn of the rota in words: when it begins first, how it repeats, and what it does to the others."""

import datetime as dt
from typing import Any

from django.utils.dateformat import format as formatted
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from hypervisor.pages.maintenance import WEEKDAYS

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HOLIDAYS = {"any": "", "not": gettext_lazy("not on public holidays"), "only": gettext_lazy("only on public holidays")}


def turn_words(row: dict[str, Any]) -> dict[str, Any]:
    """A row of `response.duty.rows.turn_rows` with `first` and `words`."""
    starts, ends = (dt.datetime.fromisoformat(row[name]) for name in ("starts", "ends"))
    first = f"{formatted(starts, 'j F Y, H:i')}–{formatted(ends, 'H:i' if ends - starts < dt.timedelta(days=1) else 'j F, H:i')}"
    said = [_repeats(row["repeats"]), str(_HOLIDAYS[row["holidays"]]), _("instead of what is planned") if row["instead"] else ""]
    if row["excluded"]:
        said.append(ngettext("but {n} time", "but {n} times", len(row["excluded"])).format(n=len(row["excluded"])))
    return row | {"first": first, "words": ", ".join(filter(None, said))}


def _repeats(rule: str) -> str:
    if not rule:
        return _("once")
    parts = dict(part.partition("=")[::2] for part in rule.split(";"))
    days = parts.get("BYDAY", "").split(",")
    if parts.pop("FREQ") != "WEEKLY" or not set(days) <= set(_DAYS):
        return rule
    names = [str(name) for _number, name in WEEKDAYS]
    text = ", ".join(names[_DAYS.index(day)] for day in days) if len(days) < len(_DAYS) else _("every day")
    every = int(parts.get("INTERVAL", "1"))
    text += " " + _("every {n} weeks").format(n=every) if every > 1 else ""
    if until := parts.get("UNTIL"):
        text += " " + _("until {day}").format(day=formatted(dt.datetime.fromisoformat(until), "j F Y"))
    return text
