"""The words all specs are written with: severities, scopes, texts in two languages, and the error that names a field."""

from __future__ import annotations

import math
import string
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
"""Weakest first. A severity's rank is its place here plus one; rank 0 is no alarm."""
RANK = {severity: rank for rank, severity in enumerate(SEVERITIES, start=1)}

PLACEHOLDERS = frozenset({
    "asset", "quantity", "value", "limit", "duration", "state", "feed", "severity",
    "count", "within", "first", "then", "forecast", "expected",
})  # fmt: skip

Seconds = Annotated[float, Meta(ge=0, le=30 * 86_400)]
Slug = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(min_length=1, max_length=500)]
Text = Annotated[str, Meta(min_length=1, max_length=4_000)]


class SpecError(ValueError):
    """A spec that cannot be used. `path` names the field ("limits[0].limit", "" for the whole), `reason` says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict on the way in: an unknown field is a typing mistake of the administrator, not something to ignore."""


class Bilingual(Part):
    fr: Line
    en: Line


class BilingualText(Part):
    fr: Text
    en: Text


class Message(Bilingual):
    """The sentence of the alarm, with placeholders such as {asset} or {value}; see PLACEHOLDERS."""

    def __post_init__(self) -> None:
        for text in (self.fr, self.en):
            for _, name, conversion, convert in string.Formatter().parse(text):
                if name is None:
                    continue
                if name not in PLACEHOLDERS or conversion or convert:
                    raise ValueError(f"{{{name}}} is not one of {', '.join(sorted(PLACEHOLDERS))}")


class Scope(Part):
    """Which points a rule is about; every condition given must hold, an empty one holds for all.

    `sectors` includes what is nested in them; a point matches `tags` when its asset has all of them, `attributes` when
    all are equal. Resolved to register rows outside the engine (`scope.rows_in_scope` does it over plain columns).
    """

    kinds: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    sectors: Annotated[tuple[Slug, ...], Meta(max_length=200)] = ()
    quantity: Slug | None = None
    tags: Annotated[tuple[Slug, ...], Meta(max_length=50)] = ()
    attributes: Annotated[dict[str, str | int | float | bool], Meta(max_length=50)] = field(default_factory=dict)
    assets: Annotated[tuple[Slug, ...], Meta(max_length=1_000)] = ()


def storable(document: bytes) -> None:
    """Raises ValueError when a text of this JSON (as msgspec writes it) has a NUL character, which no database keeps."""
    if b"\\u0000" in document.replace(b"\\\\", b""):
        raise ValueError("a text has a NUL character")


def finite(what: str, number: float | None) -> None:
    """Raises ValueError when a number that was given is none."""
    if number is not None and not math.isfinite(number):
        raise ValueError(f"{what} must be a finite number")
