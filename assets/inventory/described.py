"""What is stored of a comparison: counts, samples of each class of difference with row and reason, as JSON. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from assets.inventory.codes import Remark
from assets.inventory.entries import Entries, Entry
from assets.inventory.failures import InventoryFailure, Refusal
from assets.inventory.importer import Comparison
from assets.inventory.point_changes import PointChange, PointDifference
from assets.inventory.point_rows import Point

SAMPLES = 20
"""How many rows of each class of difference are shown."""


def assets(comparison: Comparison) -> dict[str, Any]:
    """Samples of each class of difference and what was detected, as JSON."""
    diff = comparison.diff
    return {
        "digest": comparison.digest,
        "detected": [
            {"what": one.what, "value": one.value, "write": one.write, "confirm": one.confirm} for one in comparison.read.detected
        ],
        "new": [{"row": row, **_shown(entry)} for row, entry in diff.new[:SAMPLES]],
        "changed": [
            {
                "row": one.row,
                "code": one.after.code,
                "fields": {
                    name: {"before": getattr(one.before, name, None), "after": getattr(one.after, name, None)}
                    for name in one.fields
                },
            }
            for one in diff.changed[:SAMPLES]
        ],
        "gone": [_shown(one.entry) for one in diff.gone[:SAMPLES]],
        "refused": [refused(one) for one in diff.refused[:SAMPLES]],
        "reasons": reasons(diff.refused),
        **_remarks(comparison.remarks),
        "far": _far(comparison.read),
        "far_count": len(comparison.read.far),
        "shapes": comparison.read.shapes,
    }


def _far(read: Entries) -> list[dict[str, Any]]:
    """What lies too far from the site, the farthest first."""
    shown = sorted(read.far, key=lambda one: -one[2])[:SAMPLES]
    rows = {row for row, _, _ in shown}
    entries = {row: entry for row, entry in zip(read.row, read.entries, strict=True) if row in rows}
    return [{"row": row, "km": round(km, 1), **_shown(entries[row])} for row, _, km in shown]


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal as JSON: the sentence, and its parts for an interface that translates it."""
    fields = {name: str(value) for name, value in refusal.fields.items()}
    return {
        "row": refusal.row,
        "code": refusal.code,
        "sentence": refusal.sentence,
        "reason": refusal.reason.name,
        "fields": fields,
    }


def remarked(remark: Remark) -> dict[str, Any]:
    """A remark on a code as JSON, likewise."""
    fields = {"code": remark.code, **remark.fields}
    return {"row": remark.row, "code": remark.code, "sentence": remark.sentence, "doubt": remark.doubt.name, "fields": fields}


def reasons(refused: Iterable[Refusal]) -> dict[str, int]:
    """How many rows are refused for each reason."""
    counts: dict[str, int] = {}
    for refusal in refused:
        counts[refusal.reason.name] = counts.get(refusal.reason.name, 0) + 1
    return counts


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "code": entry.code,
        "name": entry.name,
        "kind": entry.kind,
        "sector": entry.sector,
        "longitude": entry.longitude,
        "latitude": entry.latitude,
    }


def points(diff: PointDifference) -> dict[str, Any]:
    """Of a file of points: `units` holds the points whose numbers come to mean something else, `changed` them first."""
    units = diff.units
    first = {one.known.id for one in units}
    changed = [*units, *(one for one in diff.changed if one.known.id not in first)]
    return {
        "digest": diff.digest,
        "new": [_point(point) for point in diff.new[:SAMPLES]],
        "changed": [_change(one) for one in changed[:SAMPLES]],
        "units": [one.shown for one in units[:SAMPLES]],
        "units_count": len(units),
        "refused": [refused(one) for one in diff.refused[:SAMPLES]],
        "reasons": reasons(diff.refused),
        **_remarks(diff.remarks),
    }


def failure(failed: InventoryFailure) -> dict[str, Any]:
    """Why a whole file is refused, by name and fields, for an interface that translates the sentence."""
    return {"failure": type(failed).__name__, "fields": {name: str(value) for name, value in failed.fields.items()}}


def _point(point: Point) -> dict[str, Any]:
    names = ("unit", "interval", "feed", "address", "codes", "limits")
    return {"code": point.asset, "quantity": point.quantity, **{name: _word(getattr(point, name)) for name in names}}


def _change(change: PointChange) -> dict[str, Any]:
    return {
        "row": change.row,
        "code": change.after.asset,
        "quantity": change.after.quantity,
        "confirm": change.changes_meaning,
        "fields": {name: {"before": _word(old), "after": _word(new)} for name, (old, new) in change.fields.items()},
    }


def _word(value: object) -> object:
    """Codes and limits as a person writes them, all else as it is."""
    return (json.dumps(value, ensure_ascii=False) if value else "") if isinstance(value, dict) else value


def _remarks(found: list[Remark]) -> dict[str, Any]:
    return {"remarks": [remarked(one) for one in found[:SAMPLES]], "remarks_count": len(found)}
