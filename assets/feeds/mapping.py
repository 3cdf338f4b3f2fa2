"""A feed's mapping: a few declared words that say where a supervisor's document keeps address, value, time and quality.

Pure. Paths and templates are those of `paths`, numbers those of `numerals`, times without an offset those of `local_time`.
docs/feeds/mapping.md is the reference.
"""

import functools
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from assets.feeds import decode, instants, local_time
from assets.feeds.decode import Malformed
from assets.feeds.intake import Batch, Item
from assets.feeds.numerals import number, otherwise_written, plain, scaled, to_float
from assets.feeds.paths import ABSENT, EVERY, FIELD, Template, Whole, as_text, find, items, steps

_FORMATS = ("rfc3339", "s", "ms", "us")
_NOT_COLUMNS = {"", "quantity", "topic", "$", "@", "@key", EVERY}


class BadMapping(ValueError):
    """The mapping cannot be used as written; the message names the member."""


class _Quality(msgspec.Struct, forbid_unknown_fields=True):
    field: str
    map: dict[str, str] = {}
    otherwise: str = "good"


class Declared(msgspec.Struct, forbid_unknown_fields=True):
    """The members a mapping of documents may have."""

    address: str = ""
    value: str = ""
    values: dict[str, str] = {}
    """quantity → path, for documents that hold several values in one item; the address has `{quantity}` then."""
    items: str = ""
    at: str = ""
    at_format: str = "rfc3339"
    timezone: str = ""
    quality: _Quality | None = None
    codes: dict[str, float] = {}
    scale: Decimal = Decimal(1)
    decimal_comma: bool = False
    next: str = ""
    most_pages: int = 20
    parameters: dict[str, str] = {}
    headers: dict[str, str] = {}
    timeout: float = 20.0
    broker: str = ""


class Page(msgspec.Struct):
    """One document, decoded: its readings, and where the next one is."""

    batch: Batch
    next: str


def zone_named(timezone: str) -> ZoneInfo | None:
    """The clock that a mapping declares, None for none. Raises BadMapping."""
    try:
        return ZoneInfo(timezone) if timezone else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadMapping(f"`timezone` {timezone!r} is not known.") from error


def compiled(mapping: Mapping[str, object]) -> "CompiledMapping":
    """The mapping, checked and ready to use; kept while it stays the same. Raises BadMapping."""
    return _compiled(msgspec.json.encode(mapping))


@functools.lru_cache(256)
def _compiled(written: bytes) -> "CompiledMapping":
    try:
        declared = msgspec.json.decode(written, type=Declared)
    except msgspec.ValidationError as error:
        raise BadMapping(str(error)) from error
    return CompiledMapping(declared)


class CompiledMapping:
    """A mapping whose paths have been read."""

    def __init__(self, declared: Declared) -> None:
        self.declared = declared
        if not declared.address:
            raise BadMapping("Give `address`.")
        if bool(declared.value) == bool(declared.values):
            raise BadMapping("Give either `value` or `values`.")
        if declared.values and "{quantity}" not in declared.address:
            raise BadMapping("With `values`, the address is a template with {quantity}.")
        if declared.at_format not in _FORMATS and "%" not in declared.at_format:
            raise BadMapping(f"`at_format` is one of {', '.join(_FORMATS)}, or a pattern such as %d/%m/%Y %H:%M.")
        self._zone = zone_named(declared.timezone)
        if "%" in declared.at_format:
            try:
                local_time.check_pattern(declared.at_format)
            except ValueError as error:
                raise BadMapping(f"`at_format` {declared.at_format!r} cannot be used: {error}.") from error
            if self._zone is None and "%z" not in declared.at_format:
                raise BadMapping("A time pattern without %z needs a `timezone`.")
        self._items = steps(declared.items)
        self._address = Template(declared.address)
        self._values = [(quantity, steps(path)) for quantity, path in (declared.values or {"": declared.value}).items()]
        self._at = steps(declared.at)
        self._next = steps(declared.next)
        self._quality = steps(declared.quality.field) if declared.quality else ()
        self._codes = {label.strip().casefold(): code for label, code in declared.codes.items()}

    def columns(self) -> Iterator[str]:
        """The first names of every path: the columns a table must have."""
        declared = self.declared
        paths = [declared.at, *(declared.values.values() or [declared.value]), declared.quality.field if declared.quality else ""]
        if "{" in declared.address:
            paths += FIELD.findall(declared.address)
        elif not declared.address.startswith("="):
            paths.append(declared.address)
        yield from {path.partition(".")[0] for path in paths} - _NOT_COLUMNS

    def decode(self, body: bytes, topic: Mapping[str, str] | None = None, received: int | None = None) -> Page:
        """One document, or one on each line. What is wrong with an item is its refusal.

        `received` (µs) tells the two hours apart that the clock shows in autumn, while the second is still to come. Raises
        Malformed when there are no items to look at.
        """
        batch, following, place = Batch([], []), "", 0
        twice: dict[int, datetime] = {}
        for document in decode.documents(body):
            whole = Whole(document, topic or {})
            if EVERY not in self._items and find(self._items, document, whole) in (ABSENT, None):
                raise Malformed(f"There is nothing at `{self.declared.items}` in the document.")
            for named, thing in items(self._items, whole):
                self.add(batch, place, thing, named, twice)
                place += 1
            found = find(self._next, document, whole) if self._next else None
            following = found if isinstance(found, str) else following
        self.settle(batch, twice, received)
        return Page(batch, following)

    def settle(self, batch: Batch, twice: Mapping[int, datetime], received: int | None) -> None:
        """Give the items at these indices, whose local time came twice, their time, or refuse them."""
        if self._zone is not None:
            local_time.settle(batch, twice, self._zone, received)

    def add(self, batch: Batch, place: int, thing: object, whole: Whole, twice: dict[int, datetime]) -> None:
        """Put the readings of one item, which stood at `place`, into the batch; `settle` must tell those in `twice` apart."""
        for quantity, path in self._values:
            value = find(path, thing, whole)
            if value is ABSENT:
                if not quantity:
                    batch.refusals.add(place, f"there is no `{self.declared.value}`", thing)
                continue
            address = self._address.fill(thing, whole, quantity)
            if not address:
                batch.refusals.add(place, self._address.missing(thing, whole, quantity), thing)
                continue
            try:
                item = Item(address, self._value(value), None, self._quality_of(thing, whole))
                item.at = self._instant(thing, whole)
            except local_time.Twice as told:
                twice[len(batch.items)] = told.local
            except (instants.BadTime, _Unusable) as error:
                batch.refusals.add(place, str(error), f"{address} = {value!r}")
                continue
            batch.put(item, place)

    def _value(self, value: object) -> float | bool | str | None:
        declared = self.declared
        if isinstance(value, str):
            if (code := self._codes.get(value.strip().casefold())) is not None:
                return code
            if (digits := plain(value, declared.decimal_comma)) is not None:
                return scaled(digits, declared.scale)
            if reason := otherwise_written(value, declared.decimal_comma):
                raise _Unusable(reason)
            return value
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return to_float(value) if declared.scale == 1 else scaled(value, declared.scale)
        raise _Unusable(f"the value is {'a list' if isinstance(value, list) else 'an object'}, not a number or a text")

    def _instant(self, thing: object, whole: Whole) -> float | str | None:
        if not self._at:
            return None
        at = find(self._at, thing, whole)
        if at is ABSENT or at is None:
            raise instants.BadTime(f"there is no `{self.declared.at}`")
        return self._time(at)

    def _time(self, at: object) -> float | str | None:
        written = self.declared.at_format
        if written in ("s", "ms", "us"):
            count = number(at) if isinstance(at, str) else at
            if isinstance(count, bool) or not isinstance(count, int | float):
                raise instants.BadTime("at is not a number")
            return to_float(count) * {"s": 1e6, "ms": 1e3, "us": 1.0}[written]
        if not isinstance(at, str):
            raise instants.BadTime("at is not a text: declare `at_format`")
        if "%" in written:
            return float(local_time.from_pattern(at, written, self._zone))
        return at if self._zone is None else float(local_time.from_iso(at, self._zone))

    def _quality_of(self, thing: object, whole: Whole) -> str | None:
        quality = self.declared.quality
        if quality is None:
            return None
        found = find(self._quality, thing, whole)
        return quality.map.get(as_text(found), quality.otherwise)


class _Unusable(ValueError):
    pass
