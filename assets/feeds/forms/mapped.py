"""Mapped: a document that we did not define, read as the mapping of its feed says.

Pure. What a mapping may say is in `mapping`; a document is made of bytes by its form (`DOCUMENTS`), its items are found by
`paths`, their values are those of `values`, their times those of `stamps`. docs/feeds/mapping.md is the reference.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from assets.feeds import decode, instants, intake, local_time, signature
from assets.feeds.decode import Malformed
from assets.feeds.forms import csv, xml
from assets.feeds.intake import Batch, FeedBook, Intake, Item
from assets.feeds.mapping import BadMapping, Cursor, Declared, Offset, declared
from assets.feeds.paths import ABSENT, EVERY, FIELD, Template, Whole, as_text, find, items, places, steps
from assets.feeds.stamps import Stamp
from assets.feeds.values import Silent, Unusable, compiled_value

MOST_ALSO = 20
MOST_READINGS = 1_000_000
"""One document may become: several values of an item, and several parts, multiply what was sent."""
_NOT_COLUMNS = {"", "quantity", "topic", "$", "@", "@key", EVERY}
_SHARED = frozenset(
    {
        "also", "next", "paging", "parameters", "headers", "credentials", "signature", "broker", "form", "delimiter", "columns",
        "timezone", "most_pages", "timeout",
    }
)  # fmt: skip
"""Members of the whole document, which `also` does not say again."""


def _json(body: bytes, _: Declared) -> list[object]:
    return decode.documents(body)


def _text(body: bytes, _: Declared) -> list[object]:
    """A label or a number, as a PLC publishes it. Raises Malformed."""
    try:
        return [decode.unmarked(body).decode().strip()]
    except UnicodeDecodeError as error:
        raise Malformed(decode.describe(error)) from error


DOCUMENTS: Mapping[str, Callable[[bytes, Declared], list[object]]] = MappingProxyType(
    {"json": _json, "csv": csv.documents, "xml": xml.documents, "text": _text}
)
"""Form of a document → how its bytes are read. All raise Malformed."""


class Page(msgspec.Struct):
    """One document, decoded: its readings, and where the next one is."""

    batch: Batch
    next: str
    cursor: str = ""
    """What stands at the cursor of the paging."""
    items: int = 0


def take_in(body: bytes, mapping: Mapping[str, object], book: FeedBook, received: int, oldest: int) -> Intake:
    """As `table.Form`."""
    return intake.take_in(compiled(mapping).decode(body, received=received).batch, book, received, oldest)


def compiled(mapping: Mapping[str, object]) -> "CompiledMapping":
    """The mapping, checked and ready to use; kept while it stays the same. Raises BadMapping."""
    return _compiled(msgspec.json.encode(mapping))


@functools.lru_cache(256)
def _compiled(written: bytes) -> "CompiledMapping":
    return CompiledMapping(declared(written))


class _Part:
    """What is read of a document by one set of paths."""

    def __init__(self, said: Declared, *, further: bool = False) -> None:
        """`further`: it is one of `also`, whose items may not be there. Raises BadMapping."""
        if not said.address:
            raise BadMapping("Give `address`.")
        if bool(said.value) == bool(said.values):
            raise BadMapping("Give either `value` or `values`.")
        if said.values and "{quantity}" not in said.address:
            raise BadMapping("With `values`, the address is a template with {quantity}.")
        self.said, self.further = said, further
        self.items, self.address = steps(said.items), Template(said.address)
        self.values = [compiled_value(quantity, one, said) for quantity, one in (said.values or {"": said.value}).items()]
        self.stamp = Stamp(said)
        self.when = [(steps(path), frozenset([one] if isinstance(one, str) else one)) for path, one in said.when.items()]
        self.quality = steps(said.quality.field) if said.quality else ()

    def columns(self) -> Iterator[str]:
        said = self.said
        paths = [*([] if "{" in said.at else [said.at]), said.quality.field if said.quality else ""]
        for template in (said.address, said.at):
            if "{" in template:
                paths += FIELD.findall(template)
        if not said.address.startswith("=") and "{" not in said.address:
            paths.append(said.address)
        firsts = [value.path for value in self.values if value.absent is None] + [steps(path) for path in paths]
        yield from {first[0] for first in firsts if first} - _NOT_COLUMNS

    def found(self, whole: Whole) -> Iterator[tuple[Whole, object]]:
        """The items of a document. Raises Malformed when it has nothing where they stand."""
        if EVERY not in self.items:
            found = find(self.items, whole.document, whole)
            if found in (ABSENT, None):
                if self.further:
                    return
                raise Malformed(f"There is nothing at `{self.said.items}` in the document.")
            if self.said.lists:
                rows = places(found)
                if rows is None:
                    raise Malformed(f"What stands at `{self.said.items}` are no lists of one length.")
                yield from ((whole, row) for row in rows)
                return
        for named, thing in items(self.items, whole):
            if thing is not ABSENT or not self.further:
                yield named, thing

    def add(self, batch: Batch, place: int, thing: object, whole: Whole, twice: dict[int, datetime]) -> None:
        if self.when and not self._meant(thing, whole):
            return
        for one in self.values:
            value = find(one.path, thing, whole)
            if value is ABSENT and one.absent is not None:
                value = one.absent
            if value is ABSENT:
                if not (one.quantity or self.further):
                    batch.refusals.add(place, f"there is no `{one.written}`", thing)
                continue
            address = self.address.fill(thing, whole, one.quantity)
            if not address:
                batch.refusals.add(place, self.address.missing(thing, whole, one.quantity), thing)
                continue
            try:
                item = Item(address, one.of(value, thing, whole), None, self._quality_of(thing, whole))
                item.at = self.stamp.of(thing, whole)
            except local_time.Twice as told:
                twice[len(batch.items)] = told.local
            except Silent:
                continue
            except (instants.BadTime, Unusable) as error:
                batch.refusals.add(place, str(error), f"{address} = {value!r}")
                continue
            batch.put(item, place)

    def _meant(self, thing: object, whole: Whole) -> bool:
        """Whether the item is one of those that `when` speaks of."""
        for path, texts in self.when:
            found = find(path, thing, whole)
            if found is ABSENT or found is None or found == "":
                told = "" in texts
            else:
                text = str(found).lower() if isinstance(found, bool) else as_text(found)
                told = "*" in texts or (text != "" and text in texts)
            if not told:
                return False
        return True

    def _quality_of(self, thing: object, whole: Whole) -> str | None:
        quality = self.said.quality
        if quality is None:
            return None
        return quality.map.get(as_text(find(self.quality, thing, whole)), quality.otherwise)


class CompiledMapping:
    """A mapping whose paths have been read."""

    def __init__(self, said: Declared) -> None:
        """Raises BadMapping."""
        self.declared = said
        if said.form not in DOCUMENTS:
            raise BadMapping(f"`form` is one of {', '.join(DOCUMENTS)}.")
        if len(said.delimiter) > 1:
            raise BadMapping("`delimiter` is one character.")
        signature.checked(said.signature)
        self._parts = [_Part(said), *_further(said)]
        self._zone = self._parts[0].stamp.zone
        self._next = steps(said.next)
        self._cursor = steps(said.paging.path) if isinstance(said.paging, Cursor) else ()
        if isinstance(said.paging, Cursor | Offset) and not said.paging.parameter:
            raise BadMapping("`paging` needs the `parameter` of the URL that it changes.")

    def columns(self) -> Iterator[str]:
        """The first names of every path: the columns a table must have."""
        yield from self._parts[0].columns()

    def decode(self, body: bytes, topic: Mapping[str, str] | None = None, received: int | None = None) -> Page:
        """One document, or one on each line. What is wrong with an item is its refusal.

        `received` (µs) tells the two hours apart that the clock shows in autumn, while the second is still to come. Raises
        Malformed when there are no items to look at.
        """
        page, place, twice = Page(Batch([], []), ""), 0, dict[int, datetime]()
        for document in DOCUMENTS[self.declared.form](body, self.declared):
            whole = Whole(document, topic or {})
            for part in self._parts:
                for named, thing in part.found(whole):
                    part.add(page.batch, place, thing, named, twice)
                    place += 1
                    if len(page.batch.items) > MOST_READINGS:
                        raise Malformed(f"The document becomes more than {MOST_READINGS} readings: send smaller ones.")
            found = find(self._next, document, whole) if self._next else None
            page.next = found if isinstance(found, str) else page.next
            if self._cursor:
                page.cursor = as_text(find(self._cursor, document, whole))
        page.items = place
        self.settle(page.batch, twice, received)
        return page

    def settle(self, batch: Batch, twice: Mapping[int, datetime], received: int | None) -> None:
        """Give the items at these indices, whose local time came twice, their time, or refuse them."""
        if self._zone is not None:
            local_time.settle(batch, twice, self._zone, received)

    def add(self, batch: Batch, place: int, thing: object, whole: Whole, twice: dict[int, datetime]) -> None:
        """Put the readings of one item, which stood at `place`, into the batch; `settle` must tell those in `twice` apart."""
        self._parts[0].add(batch, place, thing, whole, twice)


def _further(said: Declared) -> Iterator[_Part]:
    """The parts of `also`: what they do not say is as the mapping says. Raises BadMapping."""
    if len(said.also) > MOST_ALSO:
        raise BadMapping(f"`also` has more than {MOST_ALSO} parts.")
    for number, more in enumerate(said.also):
        if wrong := {*more} & _SHARED:
            raise BadMapping(f"`also.{number}` cannot say {', '.join(sorted(wrong))} again.")
        own = {"value", "values", "items", "lists"} if {"value", "values"} & {*more} else set()
        kept = {name: value for name, value in msgspec.to_builtins(said).items() if name not in own | {"also"}}
        try:
            part = _Part(declared(msgspec.json.encode({**kept, **more})), further=True)
        except BadMapping as error:
            raise BadMapping(f"`also.{number}`: {error}") from error
        yield part
