"""What a room offers of each of its nouns. settings.NOUNS names one class for each: nothing else in the journal, in the live
channel or in the socket knows which nouns there are.

A row of a noun is the one the API gives. It has `id`, `seq` (the number of the journal line that changed it last) and, unless it
is of the whole site, `sector` with its `path`. Without `closed_at`, or with null in it, a desk takes it to be open, unless its
page judges otherwise (`static/js/store.js`).
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec
from django.conf import settings
from django.db.models import QuerySet
from django.utils.module_loading import import_string
from msgspec import Raw, Struct

from assets.sector_paths import lies_in
from journal.lines import Lines

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Row(Protocol):
    """A row as the API has it, read by the names of its fields: every noun has its own shape (`journal/typed_rows.py`)."""

    def __getitem__(self, name: str, /) -> Any: ...


class VisibleChange(NamedTuple):
    """What of a change is for whoever sees only some sectors."""

    rows: list[Raw]
    readable: Collection[int]
    """Ids of the things whose lines they may read."""
    gone: Collection[int]
    """Ids of the things that they may have seen and see no longer."""


class _Sector(Struct):
    path: str


class _Placed(Struct):
    id: int
    sector: _Sector | None = None


_placed = msgspec.json.Decoder(_Placed).decode


class Noun(ABC):
    """One noun of a room; `name` is its key in settings.NOUNS, and what the lines about it call it."""

    label: "str | _StrPromise" = ""
    """What a person calls several of them, translated; empty: the name."""
    named: bool = False
    """Whether a person may read some of them for being named in them, wherever they lie: who sees only some sectors is told live
    that some have changed, and asks the interface for what is theirs."""

    def __init__(self, name: str) -> None:
        self.name = name

    @abstractmethod
    def by_id(self, ids: Collection[int]) -> Sequence[Row]:
        """Rows of these ids in any order, as they may leave the house: pseudonyms in them are not named."""

    @abstractmethod
    def open_rows(self, site: int, sectors: Collection[str] | None) -> Sequence[Row]:
        """Rows of what is open now, the most urgent first, as whoever sees these sectors (paths; None: the site) may read it."""

    def changed(self, lines: Lines, before: Mapping[str, Sequence[Row]]) -> Sequence[Row]:
        """Rows, as they are now, of what these lines changed. `before`: the rows of the nouns above this one in settings.NOUNS.

        Asked at every commit: answer without a query when the lines are not about this noun. As it stands, whatever the lines
        are about has changed.
        """
        about = lines.about(self.name)
        return self.by_id(about) if about else []

    def places(self, ids: Collection[int]) -> Mapping[int, str | None]:
        """Paths of the sectors of things that lines are about and that changed again later, so that they have no row here."""
        return {}

    def readable(self, site: int, sectors: Collection[str]) -> Collection[int] | QuerySet[Any] | None:
        """Ids of all things, open or not, whose lines whoever sees these sectors may read in the journal (a subquery may be);
        None: nobody's."""
        return None

    def within(self, sectors: Collection[str], rows: list[Raw], lines: Lines) -> VisibleChange:
        """What of these rows and lines is for whoever sees these sectors. As it stands, the sector in a row decides; a line of
        kind `<name>.moved` says that its things may have left the sectors they were in.
        """
        placed = [(raw, _placed(raw)) for raw in rows]
        seen = [(raw, row.id) for raw, row in placed if row.sector is not None and lies_in(row.sector.path, sectors)]
        ids = {id_ for _, id_ in seen}
        without = lines.about(self.name) - {row.id for _, row in placed}
        readable = {id_ for id_, path in self.places(without).items() if lies_in(path, sectors)} if without else set()
        return VisibleChange([raw for raw, _ in seen], ids | readable, lines.about(self.name, f"{self.name}.moved") - ids)


def names() -> list[str]:
    return list(settings.NOUNS)


def noun(name: str) -> Noun:
    """Raises KeyError for a name that is none of settings.NOUNS."""
    found: Noun = import_string(settings.NOUNS[name])(name)
    return found


def every() -> Sequence[Noun]:
    """All of them, in the order of settings.NOUNS."""
    return _every(tuple(settings.NOUNS.items()))


@lru_cache(maxsize=4)  # asked at every commit
def _every(listed: tuple[tuple[str, str], ...]) -> Sequence[Noun]:
    return [import_string(path)(name) for name, path in listed]


def rows(name: str, ids: Collection[int]) -> Sequence[Row]:
    """Rows of the things of a noun, as they may leave the house; none of a noun that no room offers."""
    return noun(name).by_id(ids) if name in settings.NOUNS and ids else []
