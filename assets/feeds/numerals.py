"""Numbers as supervisors write them, and what a scale makes of them: the double nearest to the decimal product.

Pure. 2300 × 0.001 is 2.3. Multiplied as doubles it is 2.3000000000000003, which exceeds a limit of 2.3.
"""

import math
import re
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

import numpy as np
from numpy.typing import NDArray

LONGEST = 100
"""Characters a written number may have."""
_EXPONENT = r"(?:[eE][-+]?\d{1,5})?"
_POINT = re.compile(rf"[-+]?(?:\d+(?:\.\d*)?|\.\d+){_EXPONENT}", re.ASCII)
_COMMA = re.compile(rf"[-+]?(?:\d+(?:,\d*)?|,\d+){_EXPONENT}", re.ASCII)
_SPACES = " \u00a0\u2009\u202f'’"
_GROUPED_POINT = re.compile(rf"[-+]?[1-9]\d{{0,2}}([{_SPACES}])\d{{3}}(?:\1\d{{3}})*(?:\.\d*)?", re.ASCII)
_GROUPED_COMMA = re.compile(rf"[-+]?[1-9]\d{{0,2}}([.{_SPACES}])\d{{3}}(?:\1\d{{3}})*(?:,\d*)?", re.ASCII)
# Wide enough for the exact product of a written number and a scale: it is rounded once, when it becomes a double.
_EXACT = Context(prec=2 * LONGEST, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
LARGEST_SCALED = 1e300


def plain(written: str, decimal_comma: bool = False) -> str | None:
    """The number as `float` and `Decimal` read it, None when the text is none.

    `+3.5`, `.5` and `0071.50` are numbers. Digits may be grouped by threes with spaces of any width or apostrophes. With
    `decimal_comma` the decimal sign is a comma, and a point groups by threes; `12.5` is then no number.
    """
    text = written.strip()
    if not text or len(text) > LONGEST:
        return None
    text = text.replace("−", "-")
    if (_COMMA if decimal_comma else _POINT).fullmatch(text):
        return text.replace(",", ".")
    if (_GROUPED_COMMA if decimal_comma else _GROUPED_POINT).fullmatch(text):
        grouping = _SPACES + "." if decimal_comma else _SPACES
        return text.translate(dict.fromkeys(map(ord, grouping))).replace(",", ".")
    return None


def number(written: str, decimal_comma: bool = False) -> float | None:
    """The number a text says, None when it says none."""
    digits = plain(written, decimal_comma)
    return None if digits is None else float(digits)


def otherwise_written(text: str, decimal_comma: bool) -> str:
    """Why a text is no number although it is one with the other decimal sign; empty when it is none either."""
    if decimal_comma and plain(text) is not None:
        return f"value {text.strip()!r} has a decimal point, and the mapping declares `decimal_comma`"
    if not decimal_comma and "," in text and plain(text, decimal_comma=True) is not None:
        return f"value {text.strip()!r} has a decimal comma: declare `decimal_comma` in the mapping"
    return ""


def scaled(value: float | str, scale: Decimal) -> float:
    """value × scale, rounded once, to the nearest double; `value` is a number or a text from `plain`."""
    if isinstance(value, str):
        return float(_EXACT.multiply(Decimal(value), scale))
    rough = to_float(value)
    if not abs(rough) < LARGEST_SCALED:  # NaN and infinite too: beyond what is taken anyhow
        return rough * float(scale)
    return float(_EXACT.multiply(Decimal(value) if isinstance(value, int) else Decimal(repr(value)), scale))


def to_float(number: int | float) -> float:
    """The number as a float; a whole number that is too large for one is infinite, which intake refuses by name."""
    try:
        return float(number)
    except OverflowError:
        return math.inf


def widened(narrow: NDArray[np.floating]) -> NDArray[np.float64]:
    """Floats of 16 or 32 bits as float64: those with a fraction are the shortest decimal that each stands for.

    2.3 is 2.299999952316284 in 32 bits. Beyond 1e-6 to 1e15 a number is taken as it is.
    """
    wide = narrow.astype(np.float64)
    with np.errstate(all="ignore"):
        size = np.abs(wide)
        exponent = np.floor(np.log10(size))
        todo = (size >= 1e-6) & (size < 1e15) & (wide != np.rint(wide))
        for digits in range(1, 10):
            if not todo.any():
                break
            places = digits - 1 - exponent
            up, down = 10.0 ** np.clip(places, 0, 22), 10.0 ** np.clip(-places, 0, 22)
            decimal = np.rint(wide * up / down) * down / up
            found = todo & (decimal.astype(narrow.dtype) == narrow)
            wide[found] = decimal[found]
            todo &= ~found
    return wide
