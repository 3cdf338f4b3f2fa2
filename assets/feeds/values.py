"""What a mapping makes of one value: words, numbers as they are written, bits of a status word, units, scale and offset.

Pure. What is sent becomes a number, a label that the point's own codes may know, or is refused with its reason.
"""

from decimal import Decimal
from fractions import Fraction

from assets.feeds import units
from assets.feeds.mapping import BadMapping, Declared, Value
from assets.feeds.numerals import LARGEST_SCALED, otherwise_written, plain, scaled, to_float
from assets.feeds.paths import Template, Whole, as_text, kind, steps
from assets.feeds.payload import Field, NotThere, Unreadable

MOST_BITS = 64


class Unusable(ValueError):
    """A value of which no reading can be made; the message says why, in words for the supervisor's people."""


class Silent(Unusable):
    """The item does not speak of this value: it is passed over."""


class CompiledValue:
    """One value of a mapping, checked; `quantity` is its name among several, "" when it is the only one."""

    def __init__(self, quantity: str, said: str | Value, declared: Declared) -> None:
        """Raises BadMapping."""
        one = Value(path=said) if isinstance(said, str) else said
        self.quantity, self.written = quantity, one.path
        self.name = f"values.{quantity}" if quantity else "value"
        if not one.path:
            raise BadMapping(f"Give the `path` of `{self.name}`.")
        self.path = steps(one.path)
        codes = declared.codes if one.codes is None else one.codes
        self.codes = {label.strip().casefold(): code for label, code in codes.items()}
        self.comma = declared.decimal_comma if one.decimal_comma is None else one.decimal_comma
        self.absent = declared.absent if one.absent is None else one.absent
        self.bits = _bits(one.bits, self.name)
        self.scale = declared.scale if one.scale is None else one.scale
        self.offset = declared.offset if one.offset is None else one.offset
        unit, to = declared.unit if one.unit is None else one.unit, declared.to if one.to is None else one.to
        self.to = to or ("" if "{" in unit else unit)
        self._unit = Template(unit) if "{" in unit else None
        if self._unit is not None and not self.to:
            raise BadMapping(f"`{self.name}`: a `unit` that the item says needs `to`, the unit of the point.")
        self.unit = "" if self._unit else unit
        self._ways: dict[str, tuple[Fraction, Fraction]] = {}
        if self.to:
            try:
                units.known(self.to)
                self._way(self.unit or self.to)
            except units.NoSuchUnit as error:
                raise BadMapping(f"`{self.name}`: {error}.") from error
        # What nearly all mappings say is decided once, so that reading a number costs what it always did.
        self._simple = not (self.to or self.offset or self.bits)
        self._only_scaled = self._simple and not self.codes
        self._as_sent = self._simple and self.scale == 1

    def of(self, value: object, thing: object, whole: Whole) -> float | bool | str | None:
        """What is made of a value as it stands in its item. Raises Unusable."""
        if isinstance(value, str):
            return self._of_text(value, thing, whole)
        if self._only_scaled and type(value) is not bool and isinstance(value, int | float):
            return to_float(value) if self._as_sent else scaled(value, self.scale)
        if self.codes and (code := self.codes.get(_label(value))) is not None:
            return code
        if isinstance(value, bool) or value is None:
            if self.bits is not None:
                raise Unusable(f"the value is {kind(value)}, not a status word")
            return value
        if isinstance(value, int | float):
            return self._number(value, "", thing, whole)
        raise Unusable(f"the value is {'a list' if isinstance(value, list) else 'an object'}, not a number or a text")

    def _of_text(self, text: str, thing: object, whole: Whole) -> float | str:
        if (code := self.codes.get(text.strip().casefold())) is not None:
            return code
        if self.bits is not None and text.strip()[:2].lower() in ("0x", "0b"):
            try:
                return self._number(int(text.strip()[: MOST_BITS + 2], 0), "", thing, whole)
            except ValueError as error:
                raise Unusable(f"value {text[:40]!r} is no status word") from error
        if (digits := plain(text, self.comma)) is not None:
            return self._number(digits, "", thing, whole)
        if reason := otherwise_written(text, self.comma):
            raise Unusable(reason)
        if self.to and (parts := units.apart(text)) is not None:
            if (digits := plain(parts[0], self.comma)) is not None:
                return self._number(digits, parts[1], thing, whole)
            if reason := otherwise_written(parts[0], self.comma):
                raise Unusable(reason)
        if self.bits is not None:
            raise Unusable(f"value {text[:40]!r} is no status word")
        return text

    def _number(self, number: int | float | str, unit: str, thing: object, whole: Whole) -> float:
        """`number` is one, or the digits of one; `unit` is what its text says it is in."""
        if self._simple:
            return scaled(number, self.scale)
        if self.bits is not None:
            number = self._field(number)
        if self.to and not unit:
            unit = self.unit
            if self._unit is not None:
                unit = self._unit.fill(thing, whole, "")
            if not unit:
                raise Unusable("the value has no unit: declare the `unit` in which it is sent")
        rough = float(number)
        if not abs(rough) < LARGEST_SCALED:
            return rough
        exact = Fraction(number if isinstance(number, str | int) else repr(number)) * Fraction(self.scale) + Fraction(self.offset)
        if self.to:
            try:
                ratio, base = self._way(unit)
            except units.NoSuchUnit as error:
                raise Unusable(str(error)) from error
            exact = exact * ratio + base
        return float(exact)

    def _field(self, number: int | float | str) -> int:
        """The bits of a status word, as a whole number."""
        assert self.bits is not None
        whole = Decimal(number if isinstance(number, str | int) else repr(number))
        if whole != whole.to_integral_value() or abs(whole) >= 2**MOST_BITS:
            raise Unusable("the value is no status word: it is not a whole number of 64 bits")
        low, high = self.bits
        return int(whole) >> low & (1 << high - low + 1) - 1

    def _way(self, unit: str) -> tuple[Fraction, Fraction]:
        if unit not in self._ways:
            if len(self._ways) > 100:
                self._ways.clear()
            self._ways[unit] = units.conversion(unit, self.to)
        return self._ways[unit]


class ValueOfBytes(CompiledValue):
    """A value that stands in a payload: what its bytes say is then read as a number that was sent."""

    def __init__(self, quantity: str, said: Value, declared: Declared) -> None:
        """Raises BadMapping."""
        super().__init__(quantity, said, declared)
        assert said.bytes is not None
        self._piece = Field(said.bytes, declared.encoding, declared.tags, self.name)

    def of(self, value: object, thing: object, whole: Whole) -> float | bool | str | None:
        if not isinstance(value, str):
            raise Unusable(f"the payload is {kind(value)}, not a text")
        try:
            number = self._piece.of(value)
        except NotThere as error:
            raise Silent(str(error)) from error
        except Unreadable as error:
            raise Unusable(str(error)) from error
        return super().of(number, thing, whole)


def compiled_value(quantity: str, said: str | Value, declared: Declared) -> CompiledValue:
    """One value of a mapping, checked. Raises BadMapping."""
    if isinstance(said, Value) and said.bytes is not None:
        return ValueOfBytes(quantity, said, declared)
    return CompiledValue(quantity, said, declared)


def _label(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return as_text(value)


def _bits(said: int | tuple[int, int] | None, name: str) -> tuple[int, int] | None:
    if said is None:
        return None
    low, high = (said, said) if isinstance(said, int) else said
    if not 0 <= low <= high < MOST_BITS:
        raise BadMapping(f"`{name}`: `bits` is a number from 0 to {MOST_BITS - 1}, or the lowest and the highest of several.")
    return low, high
