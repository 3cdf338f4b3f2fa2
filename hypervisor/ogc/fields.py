"""The properties of features: what each is called, where it stands in the tables, and whether one may filter by it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """Types of JSON Schema; an instant is a string of the format date-time, an object is shown and not filtered by."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    OBJECT = "object"


@dataclass(frozen=True)
class Field:
    """One property. `lookup` leads to its value in the rows; without one it is shown, and nobody filters by it.

    `words` are what the numbers of a column are called, for what is kept as a number.
    """

    name: str
    title: str
    lookup: str = ""
    kind: Kind = Kind.STRING
    words: Mapping[int, str] = field(default_factory=dict)

    @property
    def queryable(self) -> bool:
        return bool(self.lookup) and self.kind is not Kind.OBJECT

    def schema(self) -> dict[str, object]:
        """As JSON Schema describes it."""
        if self.kind is Kind.INSTANT:
            return {"title": self.title, "type": "string", "format": "date-time"}
        words = {"enum": list(self.words.values())} if self.words else {}
        return {"title": self.title, "type": self.kind.value, **words}
