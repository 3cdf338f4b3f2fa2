"""A feed's mapping: a few declared words that say where a supervisor's document keeps address, value, time and quality.

Pure. A path is names joined by dots; a number picks from a list; `$.` starts again at the whole document. A text with
braces is a template whose fields are paths: `{code_station}:{$.Serie.GrdSerie}`. `topic.` starts at what an MQTT topic
template caught. docs/feeds/mapping.md is the reference.
"""

import functools
import math
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from assets.feeds import instants
from assets.feeds.decode import Malformed, bound, describe
from assets.feeds.intake import ADDRESS_LENGTH, Batch, Item

_ABSENT = object()
_FIELD = re.compile(r"\{([^{}]+)\}")
_FORMATS = ("rfc3339", "s", "ms", "us")
_document = msgspec.json.Decoder()


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
    scale: float = 1.0
    decimal_comma: bool = False
    next: str = ""
    most_pages: int = 20
    parameters: dict[str, str] = {}
    headers: dict[str, str] = {}
    timeout: float = 20.0
    broker: str = ""


class Whole(msgspec.Struct, frozen=True):
    """What a path may start from beside its item: the document (`$.`) and the parts of its topic (`topic.`)."""

    document: object
    topic: Mapping[str, str] = {}


class Page(msgspec.Struct):
    """One document, decoded: its readings, and where the next one is."""

    batch: Batch
    next: str


def compiled(mapping: Mapping[str, object]) -> "Compiled":
    """The mapping, checked and ready to use; kept while it stays the same. Raises BadMapping."""
    return _compiled(msgspec.json.encode(mapping))


@functools.lru_cache(256)
def _compiled(written: bytes) -> "Compiled":
    try:
        declared = msgspec.json.decode(written, type=Declared)
    except msgspec.ValidationError as error:
        raise BadMapping(str(error)) from error
    return Compiled(declared)


class Compiled:
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
        try:
            self._zone = ZoneInfo(declared.timezone) if declared.timezone else None
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadMapping(f"`timezone` {declared.timezone!r} is not known.") from error
        if "%" in declared.at_format and self._zone is None and "%z" not in declared.at_format:
            raise BadMapping("A time pattern without %z needs a `timezone`.")
        self._items = _steps(declared.items)
        self._address = _text(declared.address)
        self._values = [(quantity, _steps(path)) for quantity, path in (declared.values or {"": declared.value}).items()]
        self._at = _steps(declared.at)
        self._next = _steps(declared.next)
        self._quality = _steps(declared.quality.field) if declared.quality else ()
        self._codes = {label.strip().casefold(): number for label, number in declared.codes.items()}

    def columns(self) -> Iterator[str]:
        """The first names of every path: the columns a table must have."""
        declared = self.declared
        paths = [declared.at, *(declared.values.values() or [declared.value]), declared.quality.field if declared.quality else ""]
        paths += _FIELD.findall(declared.address) if "{" in declared.address else [declared.address]
        yield from {path.partition(".")[0] for path in paths} - {"", "quantity", "topic", "$"}

    def decode(self, body: bytes, topic: Mapping[str, str] | None = None) -> Page:
        """One document. What is wrong with an item is its refusal. Raises Malformed when there are no items to look at."""
        bound(body)
        try:
            document = _document.decode(body)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise Malformed(describe(error)) from error
        whole = Whole(document, topic or {})
        found = _find(self._items, document, whole)
        if found is _ABSENT or found is None:
            raise Malformed(f"There is nothing at `{self.declared.items}` in the document.")
        batch = Batch([], [])
        for place, thing in enumerate(found if isinstance(found, list) else [found]):
            self.add(batch, place, thing, whole)
        following = _find(self._next, document, whole) if self._next else None
        return Page(batch, following if isinstance(following, str) else "")

    def add(self, batch: Batch, place: int, thing: object, whole: Whole) -> None:
        """Put the readings of one item, which stood at `place`, into the batch."""
        for quantity, path in self._values:
            value = _find(path, thing, whole)
            if value is _ABSENT:
                if not quantity:
                    batch.refusals.add(place, f"there is no `{self.declared.value}`", thing)
                continue
            address = self._address(thing, whole, quantity)
            if not address:
                batch.refusals.add(place, f"there is no `{self.declared.address}`", thing)
                continue
            try:
                item = Item(address, self._value(value), self._instant(thing, whole), self._quality_of(thing, whole))
            except (instants.BadTime, _Unusable) as error:
                batch.refusals.add(place, str(error), f"{address} = {value!r}")
                continue
            batch.items.append(item)
            batch.places.append(place)

    def _value(self, value: object) -> float | bool | str | None:
        if isinstance(value, str):
            code = self._codes.get(value.strip().casefold())
            if code is not None:
                return code
            number = _number(value, self.declared.decimal_comma)
            return value if number is None else number * self.declared.scale
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, int | float):
            return to_float(value) * self.declared.scale
        raise _Unusable(f"the value is {'a list' if isinstance(value, list) else 'an object'}, not a number or a text")

    def _instant(self, thing: object, whole: Whole) -> float | str | None:
        if not self._at:
            return None
        at = _find(self._at, thing, whole)
        if at is _ABSENT or at is None:
            raise instants.BadTime(f"there is no `{self.declared.at}`")
        return self._time(at)

    def _time(self, at: object) -> float | str | None:
        written = self.declared.at_format
        if written in ("s", "ms", "us"):
            number = _number(at, False) if isinstance(at, str) else at
            if isinstance(number, bool) or not isinstance(number, int | float):
                raise instants.BadTime("at is not a number")
            return to_float(number) * {"s": 1e6, "ms": 1e3, "us": 1.0}[written]
        if not isinstance(at, str):
            raise instants.BadTime("at is not a text: declare `at_format`")
        if self._zone is None and "%" not in written:
            return at
        try:
            moment = datetime.strptime(at, written) if "%" in written else datetime.fromisoformat(at)  # noqa: DTZ007
        except ValueError as error:
            raise instants.BadTime(f"at is not a time of the form {written}") from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._zone)
        try:
            return float(instants.from_datetime(moment.astimezone(UTC)))
        except OverflowError as error:
            raise instants.BadTime("at is outside of the calendar") from error

    def _quality_of(self, thing: object, whole: Whole) -> str | None:
        quality = self.declared.quality
        if quality is None:
            return None
        found = _find(self._quality, thing, whole)
        return quality.map.get(_as_text(found), quality.otherwise)


class _Unusable(ValueError):
    pass


def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split(".")) if path else ()


def _find(steps: tuple[str, ...], thing: object, whole: Whole) -> object:
    if steps and steps[0] == "$":
        thing, steps = whole.document, steps[1:]
    elif steps and steps[0] == "topic":
        thing, steps = whole.topic, steps[1:]
    for step in steps:
        if isinstance(thing, dict):
            thing = thing.get(step, _ABSENT)
        elif isinstance(thing, list) and step.lstrip("-").isdigit() and -len(thing) <= int(step) < len(thing):
            thing = thing[int(step)]
        else:
            return _ABSENT
    return thing


def _text(written: str) -> Callable[[object, Whole, str], str]:
    """A template or a path, as a function (item, whole, quantity) → text; "" when a part is missing."""
    if "{" not in written:
        steps = _steps(written)
        return lambda thing, whole, quantity: _as_text(_find(steps, thing, whole))
    parts = list(_template(written))

    def fill(thing: object, whole: Whole, quantity: str) -> str:
        filled = []
        for literal, steps in parts:
            part = quantity if steps == ("quantity",) and quantity else _as_text(_find(steps, thing, whole))
            if steps and not part:
                return ""
            # Many items may share a part: of one that makes the address too long, no more than intake needs to refuse it.
            filled += (literal, part[: ADDRESS_LENGTH + 1] if steps else "")
        return "".join(filled)

    return fill


def _template(written: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    end = 0
    for match in _FIELD.finditer(written):
        yield written[end : match.start()], _steps(match[1])
        end = match.end()
    yield written[end:], ()


def _as_text(thing: object) -> str:
    if isinstance(thing, str):
        return thing
    if isinstance(thing, int) and not isinstance(thing, bool):
        return str(thing)
    if isinstance(thing, float) and thing.is_integer() and abs(thing) < 1e15:
        return str(int(thing))
    return ""


def _number(text: str, decimal_comma: bool) -> float | None:
    plain = text.strip()
    if decimal_comma:
        plain = plain.replace(".", "").replace(",", ".")
    if not re.fullmatch(r"[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?", plain):
        return None
    return float(plain)


def to_float(number: int | float) -> float:
    """The number as a float; a whole number that is too large for one is infinite, which intake refuses by name."""
    try:
        return float(number)
    except OverflowError:
        return math.inf
