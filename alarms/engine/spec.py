"""What a rule may say: the closed set of typed specs, their JSON form, and the errors an administrator reads.

To add a kind: a Struct with its tag here, its name in `Spec`, and the part of the engine that runs it.
"""

from __future__ import annotations

import math
import string
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct, field

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[str, ...] = get_args(Severity)
"""Weakest first. A severity's rank is its place here plus one; rank 0 is no alarm."""
RANK = {severity: rank for rank, severity in enumerate(SEVERITIES, start=1)}

PLACEHOLDERS = frozenset({"asset", "quantity", "value", "limit", "duration", "state", "feed", "severity"})

Seconds = Annotated[float, Meta(ge=0, le=30 * 86_400)]
Slug = Annotated[str, Meta(min_length=1, max_length=200)]
Line = Annotated[str, Meta(min_length=1, max_length=500)]


class SpecError(ValueError):
    """A spec that cannot be used. `path` names the field ("limits[0].limit", "" for the whole), `reason` says why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}" if path else reason)
        self.path = path
        self.reason = reason


class _Part(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Strict on the way in: an unknown field is a typing mistake of the administrator, not something to ignore."""


class Bilingual(_Part):
    fr: Line
    en: Line


class Message(Bilingual):
    """The sentence of the alarm, with placeholders such as {asset} or {value}; see PLACEHOLDERS."""

    def __post_init__(self) -> None:
        for text in (self.fr, self.en):
            for _, name, conversion, convert in string.Formatter().parse(text):
                if name is None:
                    continue
                if name not in PLACEHOLDERS or conversion or convert:
                    raise ValueError(f"{{{name}}} is not one of {', '.join(sorted(PLACEHOLDERS))}")


class Scope(_Part):
    """Which points a rule is about; every condition given must hold, an empty one holds for all.

    `sectors` includes what is nested in them; a point matches `tags` when its asset has all of them, `attributes` when
    all are equal. Resolved to register rows outside the engine (`scope.rows_in_scope` does it over plain columns).
    """

    kinds: tuple[Slug, ...] = ()
    sectors: tuple[Slug, ...] = ()
    quantity: Slug | None = None
    tags: tuple[Slug, ...] = ()
    attributes: dict[str, str | int | float | bool] = field(default_factory=dict)
    assets: tuple[Slug, ...] = ()


class PointLimit(_Part):
    """The limit is a value of the point itself, by name; a point without it is not judged at this level."""

    point: Slug


class Limit(_Part):
    """One rung of a threshold's ladder. `clear` is where it ends; without it, the deadband away from the limit."""

    severity: Severity
    limit: float | PointLimit
    clear: float | PointLimit | None = None


class Codes(_Part):
    """One rung of a state's ladder: the values that are this severe."""

    severity: Severity
    codes: Annotated[tuple[float, ...], Meta(min_length=1, max_length=64)] = field(name="in")


class _Rule(_Part, kw_only=True):
    """What every rule says.

    `cause`: whether its alarms explain those of what depends on their asset; unsaid, the high and the critical ones do.
    `settling`: how long after each other such alarms may come, or go, and still be told as one (docs/adr/0005).
    """

    scope: Scope
    message: Message | None = None
    suggested_action: Bilingual | None = None
    cause: bool | None = None
    settling: Annotated[float, Meta(ge=0, le=3600)] = 30.0


class Threshold(_Rule, tag_field="kind", tag="threshold", kw_only=True):
    """A value beyond a limit: docs/reference/rules/threshold.md."""

    direction: Literal["above", "below"]
    limits: Annotated[tuple[Limit, ...], Meta(min_length=1, max_length=4)]
    deadband: Annotated[float, Meta(ge=0)] = 0.0
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        _distinct_severities(self.limits)
        _finite("deadband", self.deadband)
        outward = 1 if self.direction == "above" else -1
        numbers = []
        for rung in sorted(self.limits, key=lambda rung: RANK[rung.severity]):
            if isinstance(rung.limit, float):
                _finite("limit", rung.limit)
                numbers.append(outward * rung.limit)
            if isinstance(rung.clear, float):
                _finite("clear", rung.clear)
                if isinstance(rung.limit, float) and outward * rung.clear > outward * rung.limit:
                    raise ValueError(f"the {rung.severity} limit would clear beyond itself, at {rung.clear:g}")
        if numbers != sorted(set(numbers)):
            raise ValueError(f"a more severe limit must lie further {self.direction} a less severe one")


class State(_Rule, tag_field="kind", tag="state", kw_only=True):
    """A value among given codes: docs/reference/rules/state.md."""

    values: Annotated[tuple[Codes, ...], Meta(min_length=1, max_length=4)]
    on_delay: Seconds = 0.0
    off_delay: Seconds = 0.0

    def __post_init__(self) -> None:
        _needs_quantity(self.scope)
        _distinct_severities(self.values)
        codes = [code for rung in self.values for code in rung.codes]
        for code in codes:
            _finite("code", code)
        if len(codes) != len(set(codes)):
            raise ValueError("a code is given twice")


class Silence(_Rule, tag_field="kind", tag="silence", kw_only=True):
    """Nothing heard for too long: docs/reference/rules/silence.md."""

    of: Literal["asset", "feed"]
    severity: Severity
    factor: Annotated[float, Meta(ge=1, le=10_000)] = 3.0
    minimum: Seconds = 0.0


Spec = Threshold | State | Silence


def decode(document: bytes | str | dict[str, Any]) -> Spec:
    """A spec from JSON text or from already parsed JSON. Raises SpecError, which names the field and the reason."""
    try:
        if isinstance(document, dict):
            return msgspec.convert(document, Spec)
        return msgspec.json.decode(document, type=Spec)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at `$")
        raise SpecError(path.rstrip("`").lstrip("."), reason) from error
    except msgspec.DecodeError as error:
        raise SpecError("", f"not JSON: {error}") from error


def encode(spec: Spec) -> bytes:
    """JSON text; `decode(encode(spec)) == spec`."""
    return msgspec.json.encode(spec)


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a spec, for the API's description and for the editor."""
    return msgspec.json.schema(Spec)


def _needs_quantity(scope: Scope) -> None:
    if scope.quantity is None:
        raise ValueError("scope.quantity is required: which quantity of the assets is judged")


def _distinct_severities(rungs: tuple[Limit, ...] | tuple[Codes, ...]) -> None:
    severities = [rung.severity for rung in rungs]
    if len(severities) != len(set(severities)):
        raise ValueError("a severity is given twice")


def _finite(what: str, number: float) -> None:
    if not math.isfinite(number):
        raise ValueError(f"{what} must be a finite number")
