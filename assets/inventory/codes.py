"""Codes and addresses that look as if a spreadsheet had rewritten them, and such as nearly are another one: told, never refused.

Pure. A city may number its assets as it likes, so whoever compares a file reads these remarks and decides.
"""

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from assets import spreadsheets


class Doubt(enum.StrEnum):
    """What is odd about a code (the value is the sentence, fields in braces)."""

    POWER = "“{code}” is a number in powers of ten: a spreadsheet writes 100000 as 1E+05"
    DATE = "“{code}” is a date: a spreadsheet writes 3-1 as 3-Jan"
    DECIMALS = "“{code}” ends in decimals: a spreadsheet writes 12 as 12.0"
    ROUNDED = "“{code}” ends in zeros after its fifteenth digit: a spreadsheet keeps fifteen digits"
    CASE = "“{code}” and “{other}” differ only in capital letters"
    ZEROS = "“{code}” and “{other}” differ only in leading zeros, which a spreadsheet drops"


@dataclass(frozen=True, slots=True)
class Remark:
    """One doubt about the code of one row; `row` is its line in the file."""

    row: int
    doubt: Doubt
    code: str
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        return self.doubt.value.format(code=self.code, **self.fields)


def remarks(rows: Iterable[tuple[int, str]], existing: Iterable[str] = ()) -> list[Remark]:
    """The remarks on (row, code) of a file, by row; `existing` are the codes of the site."""
    read = list(rows)
    twins = Twins([*existing, *(code for _, code in read)])
    found = []
    for row, code in read:
        if how := spreadsheets.rewritten(code):
            found.append(Remark(row, Doubt[how.upper()], code))
        if other := twins.of(code):
            found.append(Remark(row, twins.doubt(code, other), code, {"other": other}))
    return found


class Twins:
    """Codes by what is left of them without capitals and leading zeros."""

    def __init__(self, codes: Iterable[str]) -> None:
        different = list(dict.fromkeys(codes))
        plain = list(map(_plain, different))
        self._near: dict[str, list[str]] = {}
        if len(set(plain)) == len(plain):  # as nearly always, also of a million codes
            return
        for code, key in zip(different, plain, strict=True):
            self._near.setdefault(key, []).append(code)

    def of(self, code: str) -> str:
        """Another code that is nearly this one, "" when there is none."""
        if not self._near:
            return ""
        return next((other for other in self._near.get(_plain(code), ()) if other != code), "")

    @staticmethod
    def doubt(code: str, other: str) -> Doubt:
        return Doubt.CASE if code.casefold() == other.casefold() else Doubt.ZEROS


def _plain(code: str) -> str:
    return spreadsheets.without_zeros(code).casefold()
