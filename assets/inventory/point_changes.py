"""What an import of points would change, and what of it somebody must confirm: numbers that come to mean something else. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from assets.inventory.codes import Remark
from assets.inventory.failures import Refusal, RefusedRows, UnconfirmedUnits
from assets.inventory.point_rows import Point

_SHOWN = 3


class ExistingPoint(NamedTuple):
    """A point of the site: its primary key, its words, and whether readings of it are kept."""

    id: int
    point: Point
    has_readings: bool


def renamed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """code → (before, after) of the codes that come to name another state, or none: "–"."""
    return {number: (label, after.get(number, "–")) for number, label in before.items() if after.get(number) != label}


def listed(codes: Mapping[str, tuple[Any, Any]]) -> str:
    """Of `renamed`: `1 = on → off, 2 = fault → –`."""
    return ", ".join(f"{number} = {old} → {new}" for number, (old, new) in codes.items())


class PointChange(NamedTuple):
    """A point that the file describes otherwise; `row` is its line in the file."""

    row: int
    known: ExistingPoint
    after: Point

    @property
    def before(self) -> Point:
        return self.known.point

    @property
    def fields(self) -> dict[str, tuple[object, object]]:
        """field → (before, after), of those that differ."""
        pairs = zip(Point._fields, self.before, self.after, strict=True)
        return {name: (before, after) for name, before, after in pairs if before != after}

    @property
    def changes_meaning(self) -> bool:
        """Whether the numbers of its limits, of rules and of its history come to mean something else.

        A code that names another state does so as another unit does, and another quantity as well. A first unit does where
        there are readings.
        """
        if self.before.quantity != self.after.quantity:
            return True
        if self.before.unit != self.after.unit and (self.before.unit or self.known.has_readings):
            return True
        return bool(renamed(self.before.codes, self.after.codes))

    @property
    def shown(self) -> str:
        """One line: `L-1 power: W → kW`."""
        if self.before.quantity != self.after.quantity:
            return f"{self.after.asset}: {self.before.quantity} → {self.after.quantity}"
        name = f"{self.after.asset} {self.after.quantity}"
        if self.before.unit != self.after.unit:
            return f"{name}: {self.before.unit or '–'} → {self.after.unit or '–'}"
        return f"{name}: {listed(renamed(self.before.codes, self.after.codes))}"


@dataclass(frozen=True, slots=True)
class PointDifference:
    """What an import of points would write; points that the file lacks are kept. `digest` stands for exactly this difference."""

    new: list[Point] = field(default_factory=list)
    changed: list[PointChange] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {
            "new": len(self.new), "changed": len(self.changed), "unchanged": self.unchanged, "refused": len(self.refused),
        }  # fmt: skip

    @property
    def digest(self) -> str:
        refused = [(refusal.row, refusal.reason) for refusal in self.refused]
        changed = [(one.known.id, one.before, one.after) for one in self.changed]
        return hashlib.sha256(msgspec.json.encode([self.new, changed, refused])).hexdigest()

    @property
    def units(self) -> list[PointChange]:
        """The points whose numbers come to mean something else, which somebody must confirm."""
        return [change for change in self.changed if change.changes_meaning]

    def require_applicable(self, *, accept_units: bool, without_refused: bool) -> None:
        """Raises RefusedRows, UnconfirmedUnits."""
        if self.refused and not without_refused:
            raise RefusedRows(count=len(self.refused))
        if (units := self.units) and not accept_units:
            raise UnconfirmedUnits(count=len(units), examples="; ".join(one.shown for one in units[:_SHOWN]))
