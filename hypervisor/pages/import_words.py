"""Why a file or a row cannot be imported, in the reader's language: the importer says it in English, by name and fields."""

import re
import tomllib
from pathlib import Path

from django.utils.translation import get_language

from assets.inventory.failures import InventoryFailure
from assets.models import ImportRun
from hypervisor.api import reasons

_FRENCH = tomllib.loads((Path(__file__).parent / "import_texts.toml").read_text("utf-8"))
FAILURES, REASONS, DETECTED = (_FRENCH[name] for name in ("failures", "reasons", "detected"))
"""French sentence of an InventoryFailure by its class, of a Reason by its name, and word of what was detected."""


def failure(refused: InventoryFailure) -> str:
    """Why a whole file, or its mapping, is refused."""
    return _failure(type(refused).__name__, refused.fields, str(refused))


def message(run: ImportRun) -> str:
    """Why a recorded import was refused or failed; empty when it was not."""
    return _failure(run.details.get("failure", ""), run.details.get("fields", {}), run.message)


def row(refused: dict) -> str:
    """Why one row is refused, of what `assets.inventory.runs.refused` stored."""
    sentence = REASONS.get(refused["reason"]) if _in_french() else None
    return sentence.format(**refused["fields"]) if sentence else refused["sentence"]


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
    said = reasons.said(reason, "fr")
    return f"{path.rstrip('`').lstrip('.')} : {said}" if at and path.rstrip("`") else said


def _in_french() -> bool:
    return get_language() != "en"
