"""What an inventory file says, as words: one entry per asset, checked by itself, with positions in WGS84 degrees."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from assets.inventory.failures import Refusal
from assets.inventory.projection import Neighbourhood


class Entry(NamedTuple):
    """One asset as words; "" stands for none. `attributes` is what the owner's file says beside."""

    code: str
    name: str
    kind: str
    sector: str
    depends_on: str
    supervisor: str
    longitude: float
    latitude: float
    level: int
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class References:
    """What a row may refer to, by slug, and where the site is."""

    kinds: frozenset[str]
    sectors: frozenset[str]
    supervisors: frozenset[str]
    near: Neighbourhood


@dataclass(frozen=True, slots=True)
class Detected:
    """Something the mapping does not say and the data do; `confirm` when it is too important to be assumed."""

    what: str
    value: str
    write: str
    confirm: bool

    def __str__(self) -> str:
        return f"{self.what} {self.value}" + (f" ({self.write})" if self.write else "")


@dataclass(frozen=True, slots=True)
class Entries:
    """Rows that stand by themselves, the refusals of those that do not, and what was learned on the way.

    `silent` names the fields that the file says nothing about: existing assets keep theirs.
    """

    entries: list[Entry]
    row: list[int]
    silent: frozenset[str]
    refused: list[Refusal] = field(default_factory=list)
    detected: list[Detected] = field(default_factory=list)
    far: list[tuple[int, str, float]] = field(default_factory=list)
    shapes: int = 0
