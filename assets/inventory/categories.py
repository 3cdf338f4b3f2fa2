"""A difference as a person reviews it: what is added, moved, replaced, changed, back or absent, and what is left out of it.

Pure.
"""

from collections.abc import Collection, Iterable
from collections.abc import Mapping as Words
from typing import Any, NamedTuple, TypeVar

import numpy as np

from assets.inventory import compare
from assets.inventory.compare import AssetChange, Difference, Existing, Gone
from assets.inventory.entries import Entry
from assets.inventory.failures import LeftOutCircle, LeftOutNeeded
from assets.inventory.mapping import Authority
from assets.inventory.projection import great_circle

SERIAL = frozenset({"serial", "serial_number", "numero_serie", "num_serie", "no_serie"})
"""Attributes by which an asset of the same code is seen to be another device."""
_PLACE = 5  # decimals of a degree: a metre
_POSITION = frozenset({"longitude", "latitude", "level"})
Placed = TypeVar("Placed")


class Proposal(NamedTuple):
    """One asset that would change. `fields`: name → (before, after); `replaces`: code of the asset it stands in place of."""

    category: str
    entry: Entry
    row: int | None
    asset: int | None
    replaces: str = ""
    fields: dict[str, tuple[Any, Any]] = {}
    distance: float | None = None


def proposals(diff: Difference, authority: Authority) -> list[Proposal]:
    """Every change, in the order of the file, absent assets last."""
    pairs = _replacements(diff) if authority.gone == "retire" else {}
    told = []
    for row, entry in diff.new:
        old = pairs.get(entry.code)
        if old is None:
            told.append(Proposal("added", entry, row, None))
        else:
            told.append(Proposal("replaced", entry, row, old.id, old.entry.code, _fields(old.entry, entry)))
    told += [_changed(one) for one in diff.changed]
    told.sort(key=lambda one: one.row or 0)
    replaced = {old.id for old in pairs.values()}
    return told + [Proposal("absent", one.entry, None, one.id) for one in diff.gone if one.id not in replaced]


def without(diff: Difference, codes: Collection[str], existing: Words[str, Existing], authority: Authority) -> Difference:
    """The difference without the proposals of these codes. Raises LeftOutNeeded, LeftOutCircle."""
    if not codes:
        return diff
    left = {one.asset for one in proposals(diff, authority) if one.entry.code in codes and one.category in ("absent", "replaced")}
    kept = Difference(
        new=[one for one in diff.new if one.entry.code not in codes],
        changed=[one for one in diff.changed if one.after.code not in codes],
        unchanged=diff.unchanged,
        gone=[one for one in diff.gone if one.id not in left],
        refused=diff.refused,
    )
    wanted = {one.entry.code: (one.row, one.entry) for one in kept.new}
    wanted |= {one.after.code: (one.row, one.after) for one in kept.changed}
    for code, (_, entry) in wanted.items():
        if (above := entry.depends_on) and above not in wanted and above not in existing:
            raise LeftOutNeeded(code=code, above=above)
    for circle in compare.circles(wanted, existing):
        raise LeftOutCircle(codes=" → ".join(circle[:6]))
    return kept


Moved = tuple[str, str, Any, Any]


def meanwhile(changes: Iterable[tuple[str, str, Words[str, Any]]], existing: Words[str, Existing]) -> list[Moved]:
    """(code, field, as compared, as it stands now) of what somebody else changed of (category, code, fields) since.

    The field is "asset" when the asset itself came or went, "retired" when it was decommissioned or is back.
    """
    told: list[Moved] = []
    for category, code, fields in changes:
        known = existing.get(code)
        new = category == "added" or (category == "replaced" and "code" in fields)
        if new or known is None:
            if new != (known is None):
                told.append((code, "asset", not new, new))
            continue
        if known.retired != (category == "back"):
            told.append((code, "retired", category == "back", known.retired))
        for name, (before, _) in fields.items():
            now = getattr(known.entry, name, before)
            if now != before:
                told.append((code, name, before, now))
    return told


def _changed(one: AssetChange) -> Proposal:
    fields = {name: (getattr(one.before, name), getattr(one.after, name)) for name in one.fields if name != "retired"}
    distance = None
    if _POSITION & fields.keys():
        ends = (np.array([value]) for entry in (one.before, one.after) for value in (entry.longitude, entry.latitude))
        distance = round(float(great_circle(*ends)[0]) * 1000, 1)
    if "retired" in one.fields:
        category = "back"
    elif "kind" in fields or _other_device(one.before.attributes, one.after.attributes):
        category = "replaced"
    else:
        category = "changed" if distance is None else "moved"
    return Proposal(category, one.after, one.row, one.id, "", fields, distance)


def _other_device(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether a serial number that was known is another one now."""
    return any(name.casefold() in SERIAL and before[name] and after.get(name) not in (None, "", before[name]) for name in before)


def _fields(before: Entry, after: Entry) -> dict[str, tuple[Any, Any]]:
    names = ("code", *compare.COMPARED)
    both = {name: (getattr(before, name), getattr(after, name)) for name in names}
    return {name: (old, new) for name, (old, new) in both.items() if old != new}


def _replacements(diff: Difference) -> dict[str, Gone]:
    """New code → the absent asset it replaces: of the same kind, in the same place to a metre, and no other of either there."""
    old = _alone((_place(one.entry), one) for one in diff.gone)
    new = _alone((_place(one.entry), one) for one in diff.new)
    return {one.entry.code: old[place] for place, one in new.items() if place in old}


def _place(entry: Entry) -> tuple[str, float, float, int]:
    return entry.kind, round(entry.longitude, _PLACE), round(entry.latitude, _PLACE), entry.level


def _alone(placed: Iterable[tuple[tuple[object, ...], Placed]]) -> dict[tuple[object, ...], Placed]:
    """Those that share their place with no other."""
    found: dict[tuple[object, ...], Placed] = {}
    twice = set()
    for place, one in placed:
        if place in found:
            twice.add(place)
        found[place] = one
    return {place: one for place, one in found.items() if place not in twice}
