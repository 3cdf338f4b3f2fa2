"""The order of names in a list, as a reader of French or English looks for them: accents and capitals aside, numbers as numbers.

Pure. The database sorts by bytes or by a locale of its own, so lists of names are sorted here, and in the browser by
`static/js/alphabet.js`, which gives the same order.
"""

import re
from collections.abc import Iterable
from typing import Protocol, TypeVar

from assets.spelling import folded

Order = tuple[tuple[tuple[int, int, str], ...], str]
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "Oe", "æ": "ae", "Æ": "Ae"})
_PIECES = re.compile(r"[0-9]{1,18}|[^0-9]+")


class Nested(Protocol):
    """What is in a tree of names: a path of slugs, joined by `/`, and its own name."""

    path: str
    name: str


_Nested = TypeVar("_Nested", bound=Nested)


def alphabetical(name: str) -> Order:
    """A key to sort by: `Eau`, `Éclairage`, `Écran 2`, `Écran 10`, `Égout`."""
    pieces = _PIECES.findall(folded(name.translate(_LIGATURES)).strip())
    return tuple((0, int(piece), "") if piece[0] in "0123456789" else (1, 0, piece) for piece in pieces), name


def in_tree(rows: Iterable[_Nested]) -> list[_Nested]:
    """Each followed by what is nested in it, brothers in the order of their names."""
    every = list(rows)
    names = {row.path: row.name for row in every}

    def order(row: _Nested) -> list[Order]:
        slugs = row.path.split("/")
        above = ("/".join(slugs[: depth + 1]) for depth in range(len(slugs)))
        return [alphabetical(names.get(path, path)) for path in above]

    return sorted(every, key=order)
