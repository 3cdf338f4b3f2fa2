"""From a file of points to rows that stand by themselves; what the site has is not asked. Pure but for reading the file.

The columns are ours: asset_code, quantity, unit, interval, feed, address, codes, limits; the last two hold JSON objects.
"""

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from assets.inventory import table, text
from assets.inventory.failures import MissingColumn, Reason, Refusal
from assets.inventory.mapping import Fields, Mapping

_REQUIRED = ("asset_code", "quantity")
_OPTIONAL = ("unit", "interval", "feed", "address", "codes", "limits")
_SLUG = re.compile(r"[-a-zA-Z0-9_]{1,60}")
_LONGEST_INTERVAL = 2**31 - 1
_PLAIN = Mapping(fields=Fields(), format="csv")


class Point(NamedTuple):
    """One point as words; `feed` and `address` are "" for none, `interval` is in seconds."""

    asset: str
    quantity: str
    unit: str
    interval: int
    feed: str
    address: str
    codes: dict[str, Any]
    limits: dict[str, Any]


class PointRows(NamedTuple):
    """What a file says: (row, point) of what stands by itself, its refusals, and the fields that it has no column for."""

    rows: list[tuple[int, Point]]
    refused: list[Refusal]
    silent: frozenset[str]

    def completed(self, point: Point, known: Point | None) -> Point:
        """The point with what the file says nothing about taken from the one of the site."""
        if known is None or not self.silent:
            return point
        return point._replace(**{name: getattr(known, name) for name in self.silent})


def read(path: Path) -> PointRows:
    sheet = table.parse(table.load(path), _PLAIN)
    for name in _REQUIRED:
        if name not in sheet.columns:
            raise MissingColumn(field=name, column=name, columns=", ".join(list(sheet.columns)[:30]))
    cells = [
        [text.tidy(cell) for cell in sheet.columns[name]] if name in sheet.columns else [""] * len(sheet)
        for name in (*_REQUIRED, *_OPTIONAL)
    ]
    rows, refused = [], list(sheet.refused)
    for row, asset, quantity, unit, interval, feed, address, codes, limits in zip(sheet.row, *cells, strict=True):
        problem = _problem(asset, quantity, unit, interval, feed, address)
        labels, bounds = _object(codes), _object(limits)
        if labels is None or bounds is None:
            problem = problem or (Reason.BROKEN_JSON, {"field": "codes" if labels is None else "limits"})
        if problem is not None:
            refused.append(Refusal(row, *problem, code=asset))
        elif labels is not None and bounds is not None:
            point = Point(asset, quantity, unit, int(interval or 60), feed, address, labels, bounds)
            rows.append((row, point))
    return PointRows(rows, refused, frozenset(name for name in _OPTIONAL if name not in sheet.columns))


def _problem(
    asset: str, quantity: str, unit: str, interval: str, feed: str, address: str
) -> tuple[Reason, dict[str, object]] | None:
    """What is wrong with one row by itself, None when nothing is."""
    if not asset:
        return Reason.NO_CODE, {}
    if not quantity:
        return Reason.NO_QUANTITY, {}
    if not _SLUG.fullmatch(quantity):
        return Reason.BAD_QUANTITY, {"quantity": quantity[:60]}
    if interval and not (interval.isascii() and interval.isdigit() and 0 < int(interval[:12]) <= _LONGEST_INTERVAL):
        return Reason.BAD_INTERVAL, {"value": interval[:40]}
    if address and not feed:
        return Reason.NO_FEED, {}
    for name, word, limit in (("unit", unit, 20), ("address", address, 200)):
        if len(word) > limit:
            return Reason.TOO_LONG, {"field": name, "limit": limit}
        if not word.isprintable():
            return Reason.BAD_CHARACTER, {"field": name}
    return None


def _object(word: str) -> dict[str, Any] | None:
    if not word:
        return {}
    try:
        value = msgspec.json.decode(word, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        return None
    return None if "\\u0000" in word else value
