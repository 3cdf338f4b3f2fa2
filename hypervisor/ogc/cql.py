"""CQL2, the language of filters (OGC API Features part 3), as a condition over the properties that a layer lets be filtered by.

The text is parsed by cql2; what it says is read here, name by name from a list, and nothing of it reaches SQL but as a value.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cql2
import shapely
from django.db.models import BooleanField, DateTimeField, F, FloatField, Func, Q, TextField, Value
from django.db.models.functions import Lower

from hypervisor.ogc.fields import Field, Kind
from hypervisor.ogc.times import instant

LONGEST = 8_000
"""Characters of a filter."""
DEEPEST = 16
"""Brackets in brackets, and one NOT after the other: the parser goes as deep as it is told to, on the stack of the process."""
GEOMETRY = "geometry"
_LITERAL = re.compile(r"""'(?:[^']|'')*'|"[^"]*\"""")
_REPEATED = re.compile(rf"(?:\bnot\b[\s(]*){{{DEEPEST}}}", re.IGNORECASE)
_ARITHMETIC = re.compile(r"[*/^%+]|-(?![\d.])|\b(?:div|mod)\b", re.IGNORECASE)
_OPERATORS = {"=": "=", "<>": "<>", "<": "<", ">": ">", "<=": "<=", ">=": ">="}
_SWAPPED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
_TIMES = {"t_after", "t_before", "t_during", "t_intersects", "t_equals", "t_disjoint"}

Node = Any
Area = Callable[[shapely.Geometry], Q]


class BadFilter(Exception):
    """It cannot be read, or asks for what the layer does not offer; the message says which."""


class _Holds(Func):
    """A comparison of SQL: what is null is neither equal to anything nor different from it, as CQL2 has it."""

    output_field = BooleanField()
    template = "(%(expressions)s)"


def from_text(text: str) -> Node:
    """What a filter of cql2-text says, as cql2-json. Raises BadFilter."""
    _bounded(text)
    bare = _LITERAL.sub("''", text)
    if _ARITHMETIC.search(bare):
        raise BadFilter("nothing is calculated here: compare a property with a value.")
    if _depth(bare) > DEEPEST or _REPEATED.search(bare):
        raise BadFilter(f"more than {DEEPEST} brackets in each other.")
    try:
        return cql2.parse_text(text).to_json()
    except (cql2.ParseError, cql2.ValidationError, RecursionError) as error:
        raise BadFilter("it is no CQL2: " + " ".join(str(error).split())[:200]) from error


def from_json(text: str) -> Node:
    """What a filter of cql2-json says. Raises BadFilter."""
    _bounded(text)
    if _depth(text.replace("[", "(").replace("{", "(").replace("]", ")").replace("}", ")")) > 4 * DEEPEST:
        raise BadFilter("too many brackets in each other.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadFilter("it is no JSON.") from error


def _bounded(text: str) -> None:
    if len(text) > LONGEST or "\0" in text:
        raise BadFilter(f"at most {LONGEST} characters.")


def _depth(text: str) -> int:
    deepest = depth = 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        deepest = max(deepest, depth)
    return deepest


class Reading:
    """One filter over the fields of one layer; `area` makes a condition of a geometry in the filter's reference system."""

    def __init__(self, fields: Mapping[str, Field], area: Area) -> None:
        self._fields = fields
        self._area = area

    def condition(self, node: Node) -> Q:
        """Raises BadFilter."""
        if isinstance(node, bool):
            return Q() if node else Q(pk__in=())
        match node:
            case {"op": str(operator), "args": [*args]}:
                return self._operation(operator.lower(), args)
        raise BadFilter("a condition is expected.")

    def _operation(self, operator: str, args: Sequence[Node]) -> Q:
        match operator, args:
            case "and" | "or", [_, _, *_]:
                parts = [self.condition(each) for each in args]
                return Q(*parts, _connector=operator.upper())
            case "not", [negated]:
                return ~self.condition(negated)
            case (("=" | "<>" | "<" | ">" | "<=" | ">="), [left, right]):
                return self._compared(operator, left, right)
            case "isnull", [{"property": name}]:
                return Q(**{f"{self._field(name).lookup}__isnull": True})
            case "between", [{"property": name}, low, high]:
                return self._against(">=", name, low) & self._against("<=", name, high)
            case "in", [left, [*values]]:
                return Q(*(self._compared("=", left, value) for value in values), _connector=Q.OR) if values else Q(pk__in=())
            case "like", [left, pattern]:
                return self._like(left, pattern)
            case "s_intersects" | "s_within" | "s_disjoint", [_, _]:
                meets = self._meets(*args)
                return ~meets if operator == "s_disjoint" else meets
            case operator, [{"property": name}, moment] if operator in _TIMES:
                return self._when(operator, name, moment)
        raise BadFilter(f"{operator} is not offered so.")

    def _field(self, name: object) -> Field:
        field = self._fields.get(str(name))
        if field is None or not field.queryable:
            raise BadFilter(f"{str(name)[:60]} is no property to filter by: {', '.join(self._offered())}.")
        return field

    def _offered(self) -> list[str]:
        return [name for name, field in self._fields.items() if field.queryable]

    def _compared(self, operator: str, left: Node, right: Node) -> Q:
        match left, right:
            case {"property": name}, value:
                return self._against(operator, name, value)
            case value, {"property": name}:
                return self._against(_SWAPPED[operator], name, value)
            case {"op": "casei", "args": [{"property": name}]}, {"op": "casei", "args": [str(value)]}:
                field = self._text(name)
                return Q(_Holds(Lower(field.lookup), Lower(Value(value)), arg_joiner=f" {_OPERATORS[operator]} "))
        raise BadFilter("a property is compared with a value.")

    def _against(self, operator: str, name: object, value: Node) -> Q:
        field = self._field(name)
        if field.words and operator not in ("=", "<>"):
            raise BadFilter(f"{field.name} has words, which have no order: = <> IN.")
        return Q(_Holds(F(field.lookup), _value(field, value), arg_joiner=f" {_OPERATORS[operator]} "))

    def _like(self, left: Node, pattern: Node) -> Q:
        match left, pattern:
            case {"property": name}, str():
                return Q(_Holds(F(self._text(name).lookup), Value(_escaped(pattern)), arg_joiner=" LIKE "))
            case {"op": "casei", "args": [{"property": name}]}, {"op": "casei", "args": [str(letters)]}:
                return Q(_Holds(F(self._text(name).lookup), Value(_escaped(letters)), arg_joiner=" ILIKE "))
        raise BadFilter("LIKE compares a text property with a pattern.")

    def _text(self, name: object) -> Field:
        field = self._field(name)
        if field.kind is not Kind.STRING or field.words:
            raise BadFilter(f"{field.name} is no free text.")
        return field

    def _meets(self, left: Node, right: Node) -> Q:
        if isinstance(right, Mapping) and "property" in right:
            left, right = right, left
        if not isinstance(left, Mapping) or left.get("property") != GEOMETRY or not isinstance(right, Mapping):
            raise BadFilter(f"the property {GEOMETRY} is compared with a geometry.")
        try:
            if "bbox" in right:
                corners = [float(each) for each in right["bbox"]]
                area = shapely.box(*(corners if len(corners) == 4 else corners[:2] + corners[3:5]))
            else:
                area = shapely.geometry.shape(right)
            if not shapely.is_valid(area):
                raise BadFilter("a polygon crosses itself.")
            return self._area(area)
        except BadFilter:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, shapely.errors.ShapelyError) as error:
            raise BadFilter(f"no geometry to compare with: {str(error)[:100]}") from error

    def _when(self, operator: str, name: object, moment: Node) -> Q:
        field = self._field(name)
        if field.kind is not Kind.INSTANT:
            raise BadFilter(f"{field.name} is no time.")
        first, last = _period(moment)
        match operator:
            case "t_after":
                return _beyond(field, ">", last)
            case "t_before":
                return _beyond(field, "<", first)
            case "t_during" if first != last or first is None:
                return _beyond(field, ">", first, True) & _beyond(field, "<", last, True)
            case "t_intersects" | "t_equals" if operator == "t_intersects" or first == last:
                return _beyond(field, ">=", first, True) & _beyond(field, "<=", last, True)
            case "t_disjoint":
                return _beyond(field, "<", first) | _beyond(field, ">", last)
        raise BadFilter(f"{operator} is not offered so.")


def _beyond(field: Field, operator: str, moment: dt.datetime | None, unless_given: bool = False) -> Q:
    """What lies beyond an instant; an open end has nothing beyond it, and holds nothing back when it bounds a period."""
    if moment is None:
        return Q() if unless_given else Q(pk__in=())
    return Q(_Holds(F(field.lookup), Value(moment, DateTimeField()), arg_joiner=f" {operator} "))


def _period(node: Node) -> tuple[dt.datetime | None, dt.datetime | None]:
    match node:
        case {"timestamp": str(text)}:
            at = _moment(text)
            return at, at
        case {"date": str(text)}:
            return _moment(text), _moment(text, last=True)
        case {"interval": [str(first), str(last)]}:
            return (None if first == ".." else _moment(first)), (None if last == ".." else _moment(last, last=True))
    raise BadFilter("a TIMESTAMP, a DATE or an INTERVAL is expected.")


def _moment(text: str, *, last: bool = False) -> dt.datetime:
    try:
        return instant(text, last=last)
    except ValueError as error:
        raise BadFilter(f"{text[:40]} is no instant with its offset.") from error


def _value(field: Field, node: Node) -> Value:
    """A value as the column has it. Raises BadFilter."""
    if field.words:
        for number, word in field.words.items():
            if word == node:
                return Value(number)
        raise BadFilter(f"{field.name} is one of {', '.join(field.words.values())}.")
    match field.kind, node:
        case Kind.INSTANT, {"timestamp": str(text)} | {"date": str(text)} | str(text):
            return Value(_moment(text), DateTimeField())
        case Kind.STRING, str():
            return Value(node, TextField())
        case Kind.BOOLEAN, bool():
            return Value(node, BooleanField())
        case ((Kind.INTEGER | Kind.NUMBER), int() | float()) if not isinstance(node, bool):
            return Value(float(node), FloatField())
    raise BadFilter(f"{field.name} is compared with a {field.kind.value}.")


def _escaped(pattern: str) -> str:
    """PostgreSQL refuses a pattern that ends in the sign that escapes."""
    bare = len(pattern) - len(pattern.rstrip("\\"))
    return pattern + "\\" if bare % 2 else pattern
