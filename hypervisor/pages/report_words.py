"""The tables of a report as a page shows them: numbers as the reader writes them, and where each row leads."""

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy, pgettext_lazy

from alarms.engine.figures import number
from hypervisor.pages.frame import SEVERITY_NAMES
from reports.rows import AnnunciationRow
from reports.tables import Cell, Row, Table, Unit, Words, told

VERDICTS = {
    "good": gettext_lazy("as it should be"),
    "bearable": gettext_lazy("bearable"),
    "bad": gettext_lazy("too much"),
}
CAUSE_NAMES = {
    "raised": pgettext_lazy("annunciation", "raised"),
    "worsened": pgettext_lazy("annunciation", "worse after it was acknowledged"),
    "back": pgettext_lazy("annunciation", "back in view"),
}
UNHEARD_NAMES = {
    "heard": "",
    "past": pgettext_lazy("annunciation", "learned afterwards"),
    "suppressed": pgettext_lazy("annunciation", "suppressed"),
    "shelved": pgettext_lazy("annunciation", "shelved"),
    "out_of_service": pgettext_lazy("annunciation", "out of service"),
}
_NUMBERS = ("count", "share", "seconds", "hours", "rate", "id", "money")


def in_words(table: Table, language: str, zone: str, query: str) -> dict[str, Any]:
    """For the templates: key, title, note, headings, rows of cells; `query` is of the report's own filters."""
    return {
        "key": table.key, "title": table.title[language], "note": table.note[language],
        "headings": [{"name": each.name[language], "number": each.unit in _NUMBERS} for each in table.headings],
        "rows": [_row(table, row, language, query) for row in table.rows],
    }  # fmt: skip


def _row(table: Table, row: Row, language: str, query: str) -> dict[str, Any]:
    units: list[Unit] = [row.units.get(place, heading.unit) for place, heading in enumerate(table.headings)]
    cells = [_cell(cell, unit, language) for cell, unit in zip(row.cells, units, strict=True)]
    leads = row.proof is not None
    criteria = urlencode({"of": table.key, **{f"of_{name}": value for name, value in (row.proof or {}).items()}})
    return {"head": cells[0], "cells": cells[1:], "proof": f"{query}&{criteria}".lstrip("&") if leads else ""}


def _cell(cell: Cell | Words, unit: Unit, language: str) -> dict[str, Any]:
    """Every member is there in each: a template looks long for one that is not."""
    value, plain = told(cell, language), {"text": "", "time": "", "verdict": "", "number": False}
    if unit == "verdict":
        return plain | {"text": VERDICTS.get(str(value), ""), "verdict": value}
    if value is None or value == "":
        return plain | {"text": "—", "number": unit in _NUMBERS}
    if unit == "instant":
        return plain | {"time": value}
    if unit == "day":
        return plain | {"text": date_format(dt.date.fromisoformat(str(value)), "SHORT_DATE_FORMAT")}
    if isinstance(value, str):
        return plain | {"text": value}
    return plain | {"text": said(value, unit, language), "number": True}


def said(value: float, unit: Unit, language: str) -> str:
    """A number as a reader of this language writes it, with its unit."""
    if unit == "share":
        return f"{number(value * 100, language, 1 if value < 0.995 else 2)} %"
    if unit == "seconds":
        return length(value, language)
    if unit == "money":
        return f"{number(value, language, 2)} €"
    if unit == "hours":
        return f"{number(value, language, 1)} h"
    if unit == "rate" and value != int(value):
        return number(value, language, 2 if value < 10 else 1)
    return number(value, language, 0)


def length(seconds: float, language: str) -> str:
    """A length of time in the two largest units that say something."""
    if seconds < 60:
        return f"{number(seconds, language, 0 if seconds >= 10 else 1)} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60):02d} s"
    if seconds < 86_400:
        return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60):02d} min"
    return f"{int(seconds // 86_400)} {'d' if language == 'en' else 'j'} {int(seconds % 86_400 // 3600)} h"


def annunciation(row: AnnunciationRow, language: str) -> dict[str, Any]:
    return {
        "seq": row.seq, "alarm": row.alarm, "at": row.at, "severity": row.severity, "severity_name": SEVERITY_NAMES[row.severity],
        "sentence": row.sentence[language], "rule": row.rule_name[language], "cause": CAUSE_NAMES[row.cause],
        "unheard": UNHEARD_NAMES[row.unheard], "acknowledged_at": row.acknowledged_at, "acknowledged_by": row.acknowledged_by,
        "returned_at": row.returned_at, "acted": row.acted,
    }  # fmt: skip
