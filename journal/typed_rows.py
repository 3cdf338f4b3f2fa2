"""A row of a noun as one typed class: what is read of the database, what is encoded, and what the schema of the interface says.

A field of a row is named twice: in its table and in its class. `Column` says where its value comes from, where that is not a
column of the same name; `Rows` reads a queryset by it, and `hypervisor/api/row_shapes.py` describes it by it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Annotated, Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from django.db.models import QuerySet
from msgspec import Struct

from journal.rows import time_text


class TypedRow(Struct, gc=False):
    """Of any noun. Its fields are read by name too, as those of a row that is a mapping are."""

    def __getitem__(self, name: str) -> Any:
        if name not in self.__struct_fields__:
            raise KeyError(name)
        return getattr(self, name)


class Bilingual(TypedRow):
    """A sentence or a name in both languages."""

    fr: str
    en: str


RowT = TypeVar("RowT", bound=TypedRow)


@dataclass(frozen=True)
class Column:
    """Where the value of a field comes from, and what the schema says of it.

    lookups   of the queryset; none: the field's own name
    make      makes the value of what the lookups give, of one that gives null nothing; None: it is what the one lookup gives
    document  whether the one lookup is of JSON, which a statement that is planned once gives as text
    choices   all it can be, of a text
    format    of a text, as JSON Schema names it
    """

    lookups: tuple[str, ...] = ()
    make: Callable[..., object] | None = None
    help: str = ""
    document: bool = False
    choices: tuple[str, ...] = ()
    format: str = ""


def of(*lookups: str, help: str = "") -> Column:
    """The value of a lookup as it is."""
    return Column(lookups, help=help)


def made(make: Callable[..., object], *lookups: str, help: str = "") -> Column:
    """What `make` makes of the values of these lookups."""
    return Column(lookups, make, help)


def text(*lookups: str) -> Column:
    """A text in both languages, French first."""
    return Column(lookups, Bilingual)


def moment(help: str = "") -> Column:
    """An instant, written as ISO 8601 in UTC to the millisecond."""
    return Column((), time_text, help, format="date-time")


def one_of(names: dict[int, str], *lookups: str, help: str = "") -> Column:
    """A number of the database by its name."""
    return Column(lookups, names.__getitem__, help, choices=tuple(names.values()))


def fields(row: type[TypedRow]) -> dict[str, tuple[Any, Column]]:
    """Type and column of each field, in order."""
    hints = get_type_hints(row, include_extras=True)
    found = {}
    for name in row.__struct_fields__:
        hint = hints[name]
        column = Column()
        if get_origin(hint) is Annotated:
            hint, *notes = get_args(hint)
            column = next((note for note in notes if isinstance(note, Column)), column)
        found[name] = (hint, column)
    return found


class RowReader(Generic[RowT]):
    """Makes the rows of a class of what a queryset reads: `lookups` are what its values_list must name, in order."""

    def __init__(self, row: type[RowT]) -> None:
        self._row = row
        columns = {name: column for name, (_, column) in fields(row).items()}
        needed = {name: column.lookups or (name,) for name, column in columns.items()}
        self.lookups = tuple(dict.fromkeys(lookup for lookups in needed.values() for lookup in lookups))
        place = {lookup: index for index, lookup in enumerate(self.lookups)}
        self._first = itemgetter(*(place[lookups[0]] for lookups in needed.values()))
        making = [
            (index, column.make, [place[lookup] for lookup in needed[name]])
            for index, (name, column) in enumerate(columns.items())
            if column.make is not None
        ]
        self._of_one = [(index, make, places[0]) for index, make, places in making if len(places) == 1]
        self._of_several = [(index, make, itemgetter(*places)) for index, make, places in making if len(places) > 1]
        self._documents = [place[needed[name][0]] for name, column in columns.items() if column.document]

    def read(self, queryset: QuerySet[Any, Any]) -> list[RowT]:
        """The rows of a queryset, in its order, in one query."""
        return [self._of(values) for values in queryset.values_list(*self.lookups)]

    def of_planned(self, lines: Iterable[Sequence[Any]]) -> list[RowT]:
        """The rows of what a `journal.compiled.Compiled` gives: its JSON is text."""
        rows = []
        for line in lines:
            values = list(line)
            for place in self._documents:
                values[place] = None if values[place] is None else msgspec.json.decode(values[place])
            rows.append(self._of(values))
        return rows

    def _of(self, values: Sequence[Any]) -> RowT:
        arguments = list(self._first(values))
        for index, make, place in self._of_one:
            if (value := values[place]) is not None:
                arguments[index] = make(value)
        for index, make, several in self._of_several:
            arguments[index] = make(*several(values))
        return self._row(*arguments)
