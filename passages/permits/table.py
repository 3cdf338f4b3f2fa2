"""A file of permits into described permits: one row is one permit, judged by itself. Pure, given the words of the site.

Encodings, delimiters and what spreadsheets do are read as for an inventory (assets/inventory); failures are named alike.
"""

import datetime as dt
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from zoneinfo import ZoneInfo

from alarms.engine.calendar import DAYS
from assets.inventory import table as tables
from assets.inventory.failures import MissingColumn
from assets.inventory.mapping import NATIVE
from assets.inventory.text import tidy
from passages import plates
from passages.permits.hours import BadHours, weekly
from passages.permits.refusals import Reason, Refusal

COLUMNS = (
    "reference", "company", "contact", "plates", "gates", "valid_from", "valid_until", "hours", "purpose", "escort",
    "longest_stay", "state",
)  # fmt: skip
REQUIRED = ("reference", "company", "plates", "gates", "valid_until")
FRENCH = {
    "référence": "reference", "reference": "reference", "société": "company", "societe": "company", "entreprise": "company",
    "contact": "contact", "plaques": "plates", "immatriculations": "plates", "immatriculation": "plates", "accès": "gates",
    "acces": "gates", "début": "valid_from", "debut": "valid_from", "fin": "valid_until", "horaires": "hours", "objet": "purpose",
    "motif": "purpose", "accompagnement": "escort", "durée max": "longest_stay", "duree max": "longest_stay", "état": "state",
    "etat": "state",
}  # fmt: skip
"""Headers of a French file, in lower case; English ones are the names of the fields."""
MOST_PLATES = 200
_LIMITS = {"reference": 80, "company": 160, "contact": 200, "purpose": 300}
_YES, _NO = {"oui", "o", "yes", "y", "true", "1", "x"}, {"", "non", "n", "no", "false", "0"}
_STATES = {
    "": "active", "active": "active", "actif": "active", "valide": "active", "suspended": "suspended", "suspendue": "suspended",
    "suspendu": "suspended", "ended": "ended", "terminée": "ended", "terminé": "ended", "annulée": "ended",
}  # fmt: skip
_DAY_NAMES = {
    **{name: place for place, name in enumerate(("lun", "mar", "mer", "jeu", "ven", "sam", "dim"))},
    **{name: place for place, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
}
_WINDOW = re.compile(
    r"(?:(?P<days>[a-z ,–-]+?)\s+)?(?P<start>\d{1,2})[h:](?P<minute>\d{2})?\s*[–-]\s*(?P<end>\d{1,2})[h:](?P<last>\d{2})?"
)
_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d", "%d/%m/%Y %H:%M", "%d/%m/%Y")


class Plate(NamedTuple):
    plate: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Described:
    """A permit as a file, a message or a form says it; `gates` are slugs, None every gate; `longest_stay` in minutes."""

    reference: str
    company: str
    plates: tuple[Plate, ...]
    gates: tuple[str, ...] | None
    valid_from: dt.datetime | None
    valid_until: dt.datetime
    contact: str = ""
    purpose: str = ""
    weekly: tuple[tuple[tuple[str, ...], str, str], ...] = ()
    escort: bool = False
    longest_stay: int | None = None
    state: str = "active"

    def windows(self) -> list[dict[str, object]]:
        return [{"days": list(days), "from": start, "to": end} for days, start, end in self.weekly]


def frozen(windows: list[dict[str, object]]) -> tuple[tuple[tuple[str, ...], str, str], ...]:
    """Windows as they are stored, as a value that can be compared."""
    return tuple((tuple(each.get("days", DAYS)), str(each["from"]), str(each["to"])) for each in windows)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Read:
    permits: list[Described] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)


def read(content: bytes, gates: Collection[str], zone: ZoneInfo) -> Read:
    """Raises InventoryFailure for a file that is none."""
    table = tables.parse(content, NATIVE)
    columns = _columns(table.columns)
    result = Read(refused=[Refusal(each.row, Reason.CELLS, dict(each.fields)) for each in table.refused])
    seen: dict[str, int] = {}
    for place, row in enumerate(table.row):
        cells = {name: tidy(str(column[place] or "")) for name, column in columns.items()}
        try:
            permit = described(cells, gates, zone)
        except BadCell as wrong:
            result.refused.append(Refusal(row, wrong.reason, wrong.fields, cells.get("reference", "")[:80]))
            continue
        if permit.reference in seen:
            fields = {"reference": permit.reference, "other": seen[permit.reference]}
            result.refused.append(Refusal(row, Reason.REPEATED_REFERENCE, fields, permit.reference))
            continue
        seen[permit.reference] = row
        result.permits.append(permit)
        result.rows.append(row)
    result.refused.sort(key=lambda refusal: refusal.row)
    return result


class BadCell(Exception):
    """A cell that cannot be used. `fields` has its column as `field` where one is to blame."""

    def __init__(self, reason: Reason, **fields: object) -> None:
        super().__init__(reason)
        self.reason, self.fields = reason, fields


def _columns(found: Mapping[str, list[object]]) -> dict[str, list[object]]:
    named: dict[str, list[object]] = {}
    for header, column in found.items():
        name = header.strip().lower()
        name = FRENCH.get(name, name)
        if name in COLUMNS:
            named.setdefault(name, column)
    for name in REQUIRED:
        if name not in named:
            raise MissingColumn(field=name, column=name, columns=", ".join(list(found)[:30]))
    return named


def described(cells: Mapping[str, str], gates: Collection[str], zone: ZoneInfo) -> Described:
    """The permit that one row's cells describe, by the names of COLUMNS, or a form's fields. Raises BadCell."""
    for name, limit in _LIMITS.items():
        if len(cells.get(name, "")) > limit:
            raise BadCell(Reason.TOO_LONG, field=name, limit=limit)
    for name in ("reference", "company"):
        if not cells[name]:
            raise BadCell(Reason.EMPTY, field=name)
    start = _moment(cells["valid_from"], zone, last=False) if cells.get("valid_from") else None
    if not cells["valid_until"]:
        raise BadCell(Reason.EMPTY, field="valid_until")
    end = _moment(cells["valid_until"], zone, last=True)
    if start is not None and end <= start:
        raise BadCell(Reason.ENDS_BEFORE)
    return Described(
        reference=cells["reference"], company=cells["company"], contact=cells.get("contact", ""),
        purpose=cells.get("purpose", ""), plates=_plates(cells["plates"]), gates=_gates(cells["gates"], gates),
        valid_from=start, valid_until=end, weekly=frozen(_windows(cells.get("hours", ""))),
        escort=_flag("escort", cells.get("escort", "")), longest_stay=_minutes(cells.get("longest_stay", "")),
        state=_state(cells.get("state", "")),
    )  # fmt: skip


def _plates(cell: str) -> tuple[Plate, ...]:
    """ "AB-123-CD, DE:HH X 12": an optional country before each."""
    found: dict[str, Plate] = {}
    for part in filter(None, map(str.strip, re.split(r"[;,|/]", cell))):
        country, colon, said = part.rpartition(":")
        plate = plates.normalised(said)
        code = plates.country_code(country) if colon else ""
        if len(plate) < plates.SHORTEST or (colon and not code):
            raise BadCell(Reason.NO_PLATE, value=part[:40])
        found[plate] = Plate(plate, code)
    if not found:
        raise BadCell(Reason.EMPTY, field="plates")
    if len(found) > MOST_PLATES:
        raise BadCell(Reason.TOO_MANY_PLATES, limit=MOST_PLATES)
    return tuple(found[plate] for plate in sorted(found))


def _gates(cell: str, known: Collection[str]) -> tuple[str, ...] | None:
    if cell.strip() in ("*", "tous", "toutes", "all"):
        return None
    wanted = sorted(set(filter(None, map(str.strip, re.split(r"[;,|]", cell)))))
    for slug in wanted:
        if slug not in known:
            raise BadCell(Reason.UNKNOWN_GATE, gate=slug[:60])
    if not wanted:
        raise BadCell(Reason.EMPTY, field="gates")
    return tuple(wanted)


def _moment(cell: str, zone: ZoneInfo, *, last: bool) -> dt.datetime:
    """A day, or a day and a time, on the site's clock; a day that ends something is meant with its evening."""
    for pattern in _FORMATS:
        try:
            found = dt.datetime.strptime(cell, pattern)  # noqa: DTZ007 - it is a time on the site's clock
        except ValueError:
            continue
        if not 2000 <= found.year < 2200:
            break
        if last and "%H" not in pattern:
            found += dt.timedelta(days=1)
        return found.replace(tzinfo=zone).astimezone(dt.UTC)
    raise BadCell(Reason.NO_DATE, value=cell[:40])


def _windows(cell: str) -> list[dict[str, object]]:
    """ "lun-ven 7h-18h; sam 08:00-12:00"."""
    windows: list[dict[str, object]] = []
    for part in filter(None, map(str.strip, cell.lower().split(";"))):
        match = _WINDOW.fullmatch(part)
        if match is None:
            raise BadCell(Reason.NO_HOURS, value=part[:40])
        days = [DAYS[place] for place in _days(match["days"] or "lun-dim", part)]
        start, end = f"{int(match['start']):02}:{match['minute'] or '00'}", f"{int(match['end']):02}:{match['last'] or '00'}"
        windows.append({"days": days, "from": start, "to": end})
    try:
        return weekly(windows)
    except BadHours as error:
        raise BadCell(Reason.NO_HOURS, value=cell[:40]) from error


def _days(said: str, part: str) -> Iterator[int]:
    places: set[int] = set()
    for piece in filter(None, re.split(r"[ ,]+", said.replace("–", "-"))):
        first, _, last = piece.partition("-")
        if first[:3] not in _DAY_NAMES or (last and last[:3] not in _DAY_NAMES):
            raise BadCell(Reason.NO_HOURS, value=part[:40])
        start, end = _DAY_NAMES[first[:3]], _DAY_NAMES[(last or first)[:3]]
        places.update(place % 7 for place in range(start, end + 1 if end >= start else end + 8))
    yield from sorted(places)


def _flag(name: str, cell: str) -> bool:
    if cell.lower() not in _YES | _NO:
        raise BadCell(Reason.NO_FLAG, field=name, value=cell[:40])
    return cell.lower() in _YES


def _minutes(cell: str) -> int | None:
    """Minutes; "8h" and "8 h 30" too."""
    if not cell:
        return None
    match = re.fullmatch(r"(?:(\d{1,3})\s*h)?\s*(\d{1,5})?\s*(?:min|mn)?", cell.lower())
    if match is None or not any(match.groups()):
        raise BadCell(Reason.NO_DURATION, value=cell[:40])
    return int(match[1] or 0) * 60 + int(match[2] or 0) or None


def _state(cell: str) -> str:
    if cell.lower() not in _STATES:
        raise BadCell(Reason.NO_STATE, value=cell[:40])
    return _STATES[cell.lower()]
