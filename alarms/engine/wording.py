"""The words all specs are written with: severities, scopes, texts in two languages, and the error that names a field."""

from __future__ import annotations

import math
import string
from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct, field

from alarms.engine.faults import Fault, Faulty

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
"""Weakest first. A severity's rank is its place here plus one; rank 0 is no alarm."""
RANK: dict[str, int] = {severity: rank for rank, severity in enumerate(SEVERITIES, start=1)}


def rank_of(severity: str | None) -> int:
    """0 for no alarm."""
    return 0 if severity is None else RANK[severity]


Stake = Literal["life", "environment", "continuity", "goods"]
STAKES: tuple[str, ...] = get_args(Stake)
"""What is lost when nobody answers, the gravest first: people, what cannot be cleaned up, a service that stops, things."""

PLACEHOLDERS = frozenset({
    "asset", "quantity", "value", "limit", "duration", "state", "feed", "severity",
    "count", "within", "first", "then", "forecast", "expected",
})  # fmt: skip

Seconds = Annotated[float, Meta(ge=0, le=30 * 86_400)]
Slug = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(min_length=1, max_length=500)]
Text = Annotated[str, Meta(min_length=1, max_length=4_000)]


class Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict on the way in: an unknown field is a typing mistake of the administrator, not something to ignore."""


class Bilingual(Part, frozen=True):
    fr: Line
    en: Line


class BilingualText(Part, frozen=True):
    fr: Text
    en: Text


class Message(Bilingual, frozen=True):
    """The sentence of the alarm, with placeholders such as {asset} or {value}; see PLACEHOLDERS."""

    def __post_init__(self) -> None:
        for text in (self.fr, self.en):
            for _, name, conversion, convert in string.Formatter().parse(text):
                if name is None:
                    continue
                if name not in PLACEHOLDERS or conversion or convert:
                    raise Faulty(Fault.NO_PLACEHOLDER, name=name, names=", ".join(sorted(PLACEHOLDERS)))


class Scope(Part, frozen=True):
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
    """Raises Faulty when a text of this JSON (as msgspec writes it) has a NUL character, which no database keeps."""
    if b"\\u0000" in document.replace(b"\\\\", b""):
        raise Faulty(Fault.NUL)


def finite(what: str, number: float | None) -> None:
    """Raises Faulty when a number that was given is none."""
    if number is not None and not math.isfinite(number):
        raise Faulty(Fault.NOT_FINITE, what=what)
