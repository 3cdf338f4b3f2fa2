"""Why a file or a row cannot be imported, in the reader's language: the importer says it in English, by name and fields."""

import re
import tomllib
from pathlib import Path

from django.utils.translation import get_language

from alarms.engine.faults import of_decoder
from assets.inventory.failures import InventoryFailure
from assets.models import ImportRun
from hypervisor.api import reasons
from passages.models import PermitImport

_FRENCH = tomllib.loads((Path(__file__).parent / "import_texts.toml").read_text("utf-8"))
FAILURES, REASONS, DOUBTS, DETECTED, FIELDS = (_FRENCH[name] for name in ("failures", "reasons", "doubts", "detected", "fields"))
"""French sentence of an InventoryFailure by its class, of a Reason or a Doubt by its name; words of what was
detected, and of fields."""


def failure(refused: InventoryFailure) -> str:
    """Why a whole file, or its mapping, is refused."""
    return _failure(type(refused).__name__, refused.fields, str(refused))


def message(run: ImportRun | PermitImport) -> str:
    """Why a recorded import was refused or failed; empty when it was not."""
    return _failure(run.details.get("failure", ""), run.details.get("fields", {}), run.message)


def row(refused: dict) -> str:
    """Why one row is refused, of what `assets.inventory.runs.refused` stored."""
    sentence = REASONS.get(refused["reason"]) if _in_french() else None
    return sentence.format(**refused["fields"]) if sentence else refused["sentence"]


def remark(noted: dict) -> str:
    """What is odd about a code, of what `assets.inventory.runs.remarked` stored."""
    sentence = DOUBTS.get(noted["doubt"]) if _in_french() else None
    return sentence.format(**noted["fields"]) if sentence else noted["sentence"]


def changes(fields: dict[str, dict]) -> list[dict]:
    """The fields of a changed row with their `name`, the weightiest first: as JSON they have no order."""
    order = list(FIELDS)
    names = sorted(fields, key=lambda name: order.index(name) if name in order else len(order))
    return [{"name": field(name), **fields[name]} for name in names]


def field(name: str) -> str:
    """What a field is called."""
    return FIELDS.get(name, name) if _in_french() else name.replace("_", " ")


def detected(word: str) -> str:
    """What was detected, or its value."""
    return DETECTED.get(word, word) if _in_french() else word


def _failure(name: str, fields: dict[str, object], english: str) -> str:
    if not _in_french():
        return english
    if name not in FAILURES:
        return _within(english)
    return FAILURES[name].format(**{field: _within(str(value)) for field, value in fields.items()})


def _within(english: str) -> str:
    """A part of a sentence; as it is when nobody has put it into French, such as a name or what a library said."""
    for pattern, french in _FRENCH["within"].items():
        if found := re.fullmatch(pattern, english, re.DOTALL):
            return french.format(*found.groups())
    reason, at, path = english.partition(" - at `$")
    said = reasons.said(of_decoder(reason), "fr")
    return f"{path.rstrip('`').lstrip('.')} : {said}" if at and path.rstrip("`") else said


def _in_french() -> bool:
    return get_language() != "en"
