"""What the schema of the interface says of a typed row, made of its class: a field is described where it is declared."""

from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from rest_framework import serializers as s

from journal.typed_rows import Column, TypedRow, fields

_PLAIN = {int: s.IntegerField, float: s.FloatField, str: s.CharField, bool: s.BooleanField}


@cache
def shape_of(row: type[TypedRow]) -> type[s.Serializer]:
    """The serializer that describes the rows of a class, by the same name."""
    return type(row.__name__, (s.Serializer,), {name: _field(*each) for name, each in fields(row).items()})


def _field(hint: Any, column: Column) -> s.Field:
    said = {"help_text": column.help} if column.help else {}
    if get_origin(hint) in (Union, UnionType):
        (hint,) = (each for each in get_args(hint) if each is not NoneType)
        said["allow_null"] = True
    if column.choices:
        return s.ChoiceField(list(column.choices), **said)
    if column.format == "date-time":
        return s.DateTimeField(**said)
    if issubclass(hint, TypedRow):
        return shape_of(hint)(**said)
    return _PLAIN[hint](**said)
