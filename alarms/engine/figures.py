"""Numbers as people write them: with the digits they were given, and never so rounded that a comparison reads untrue. Pure.

Arithmetic is that of decimals, as on paper: 0.8 less 0.1 is 0.7 here, and 0.7000000000000001 in floating point.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from alarms.engine.phrases import NARROW

USUAL = 2
"""Decimals a measured number is rounded to, unless more are needed to tell it from its limit."""
_LARGE = 1000
"""A number of this size is rounded to a whole one."""
_LONGEST = 18
"""Decimals, or digits before the point, beyond which a number is written with an exponent."""


def number(value: float, language: str, decimals: int) -> str:
    """ "1 234,50" in French, "1,234.50" in English; a true minus sign in both."""
    return _localized(f"{_exact(value):,.{decimals}f}", language)


def plain(value: float, language: str = "en") -> str:
    """All digits of a number and no group signs: "2.3", "1234567", "0,05" in French."""
    return _localized(_ungrouped(value), language).replace(NARROW, "").replace("\u2212", "-")


def key(value: float) -> str:
    """How the labels of a state name its code: "3" of 3.0."""
    return _ungrouped(value)


@lru_cache(maxsize=4096)
def compared(value: float, limit: float, language: str) -> tuple[str, str]:
    """A value and the limit it is compared to: the limit as it is written, the value with the decimals its side of it needs."""
    decimals = _decimals_beside(value, limit)
    if decimals > _LONGEST or max(abs(value), abs(limit)) >= 10.0**_LONGEST:
        return _localized(repr(float(value)), language), _localized(repr(float(limit)), language)
    return number(value, language, decimals), number(limit, language, decimals)


@lru_cache(maxsize=4096)
def apart(one: float, other: float, language: str) -> tuple[str, str]:
    """Two measured numbers, rounded alike; with more decimals than usual only when they would read the same."""
    return number(one, language, places := _decimals_apart(one, other)), number(other, language, places)


def less(value: float, part: float) -> float:
    """value − part, as decimals. Not finite where `value` is not."""
    return float(_exact(value) - _exact(part)) if np.isfinite(value) else value


def all_less(values: NDArray[np.float64], part: float) -> NDArray[np.float64]:
    """`less` of a column; each distinct value is worked out once."""
    if not part:
        return values
    distinct, place = np.unique(values, return_inverse=True)
    return np.array([less(value, part) for value in distinct.tolist()], np.float64)[place]


def _exact(value: float) -> Decimal:
    """The shortest decimal that reads back as this float: what was written when it came in."""
    return Decimal(repr(float(value)))


def _ungrouped(value: float) -> str:
    exact = _exact(value).normalize()
    if exact.adjusted() >= _LONGEST or _decimals(exact) > _LONGEST:
        return repr(float(value))
    return f"{exact:f}" if exact else "0"


def _decimals(exact: Decimal) -> int:
    exponent = exact.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _decimals_beside(value: float, limit: float) -> int:
    read, bound = _exact(value), _exact(limit)
    written = _decimals(bound)
    usual = max(written, USUAL if max(abs(read), abs(bound)) < _LARGE else 0)
    if max(written, _decimals(read)) <= usual:
        return max(written, _decimals(read))
    decimals = usual
    while (Decimal(f"{read:.{decimals}f}") - bound).is_signed() != (read < bound) or Decimal(f"{read:.{decimals}f}") == bound:
        decimals += 1
    return decimals


def _decimals_apart(one: float, other: float) -> int:
    left, right = _exact(one), _exact(other)
    needed = max(_decimals(left), _decimals(right))
    usual = USUAL if min(abs(left), abs(right)) < _LARGE else 0
    decimals = min(needed, usual)
    while decimals < min(needed, _LONGEST) and f"{left:.{decimals}f}" == f"{right:.{decimals}f}":
        decimals += 1
    return decimals


def _localized(text: str, language: str) -> str:
    text = text.replace("-", "\u2212")
    if text.strip("\u22120.,") == "":
        text = text.removeprefix("\u2212")
    return text if language == "en" else text.replace(",", NARROW).replace(".", ",")
