"""What a table of a report is, wherever it is shown: page, CSV, mail. Pure."""

from typing import Literal

import msgspec

Unit = Literal["text", "count", "share", "seconds", "hours", "instant", "day", "rate", "verdict", "id", "money"]
Cell = str | int | float | None


class Words(msgspec.Struct, frozen=True):
    """In both languages; a cell that is Words is told in the reader's."""

    fr: str
    en: str

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.fr


class Heading(msgspec.Struct, frozen=True):
    """`key` names the column in CSV. Shares are 0 to 1, money euros, seconds and hours floats, instants ISO 8601 in UTC."""

    key: str
    name: Words
    unit: Unit = "count"


class Row(msgspec.Struct, frozen=True):
    """Cells in order of the headings; `units` where one differs from its column's; `proof`: criteria of what it is made of."""

    cells: tuple[Cell | Words, ...]
    proof: dict[str, str | int] | None = None
    units: dict[int, Unit] = {}


class Table(msgspec.Struct, frozen=True):
    """`note` says how it is counted."""

    key: str
    title: Words
    note: Words
    headings: tuple[Heading, ...]
    rows: list[Row]


def told(cell: Cell | Words, language: str) -> Cell:
    return cell[language] if isinstance(cell, Words) else cell
