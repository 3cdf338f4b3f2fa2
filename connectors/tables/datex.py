"""What a DATEX II publication of situations (v2 or v3) says, where each record lies, and what of it concerns the site. Pure."""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Annotated
from xml.etree.ElementTree import Element

from msgspec import Meta, Struct

from connectors.tables.documents import LONG, SHORT, NoDocument, child, children, document, instant, local, space, text
from connectors.tables.places import Point, covers, point, touches
from connectors.tables.publisher import Publisher

MOST_POINTS = 20_000
"""Of one record."""
_SPACES = ("http://datex2.eu/schema/2/", "http://datex2.eu/schema/3/")
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_SAID = {
    "probability": ("probabilityOfOccurrence",),
    "severity": ("severity",),
    "cause": ("cause", "causeType"),
    "constriction": ("impact", "trafficConstrictionType"),
    "lanes_restricted": ("impact", "numberOfLanesRestricted"),
    "lanes_open": ("impact", "numberOfOperationalLanes"),
    "source": ("source", "sourceIdentification"),
    "version_time": ("situationRecordVersionTime",),
}
"""Attributes that stand as they are, by their paths below the record."""
_ROADS = ("roadNumber", "roadName")
_RANKS = {"to": 1, "coordinatesForDisplay": 2, "locationForDisplay": 2}
_ROAD_NAMES = ("linkName", "localLinkName")
"""What a name of a TPEG point is of, when it is a road's."""


class NoSituations(ValueError):
    """This is no publication of situations; says why."""


class Place(Struct, frozen=True):
    """Where a record lies: `shown` is a point of it; areas are rings. `codes`: its Alert-C locations."""

    lines: tuple[tuple[Point, ...], ...]
    areas: tuple[tuple[Point, ...], ...]
    shown: Point | None
    roads: tuple[str, ...]
    codes: tuple[str, ...]


NOWHERE = Place((), (), None, (), ())


class Record(Struct, frozen=True):
    """A record of a situation. `said`: what its event says of it; `ended`: why it is over, where it says so itself."""

    identifier: str
    version: str
    is_real: bool
    ended: str
    status: str
    start: dt.datetime | None
    end: dt.datetime | None
    periods: tuple[tuple[dt.datetime | None, dt.datetime | None], ...]
    place: Place
    said: dict[str, str]

    def over(self, now: dt.datetime) -> str:
        """Why it does not stand any more; empty when it does, or is still to come."""
        return self.ended or ("expired" if self.end is not None and self.end <= now else "")

    def stands(self, now: dt.datetime) -> bool:
        """Whether it is valid now: planned ones are not, and of those with periods, only within one of them."""
        if self.over(now) or self.status == "planned":
            return False
        if self.status == "active":
            return True
        begun = self.start is None or self.start <= now
        return begun and (not self.periods or any(_within(now, period) for period in self.periods))


class Publication(Struct, frozen=True):
    """`whole`: all that stands is in it, not only what changed. `nameless`: records without an id, which nobody can follow."""

    at: dt.datetime | None
    whole: bool
    records: dict[str, Record]
    nameless: int


class Roadside(Publisher, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A publisher of situations; all of them, or those in the box, on the roads, or at the Alert-C locations."""

    box: Annotated[list[float], Meta(min_length=4, max_length=4)] | None = None
    """West, south, east, north."""
    roads: list[str] = []
    codes: list[str] = []

    def __post_init__(self) -> None:
        """Raises ValueError."""
        if self.box is not None and not (-180 <= self.box[0] < self.box[2] <= 180 and -90 <= self.box[1] < self.box[3] <= 90):
            raise ValueError("`box` is west, south, east, north, in degrees")

    def concerns(self, record: Record) -> bool:
        place = record.place
        if self.box is None and not self.roads and not self.codes:
            return True
        wanted = {road_key(road) for road in self.roads}
        if set(self.codes) & set(place.codes) or any(road_key(road) in wanted for road in place.roads):
            return True
        if self.box is None:
            return False
        west, south, east, north = self.box
        box = (west, south, east, north)
        return any(touches(box, line) for line in place.lines) or any(covers(box, area) for area in place.areas)


def road_key(road: str) -> str:
    """What roads are compared by: `A 9`, `a9` and `A0009` are one."""
    return re.sub(r"(?<=\D)0+(?=\d)", "", re.sub(r"[\s_-]", "", road.upper()))


def read(content: bytes, language: str) -> Publication:
    """Raises NoSituations."""
    try:
        root = document(content)
    except NoDocument as error:
        raise NoSituations(str(error)) from error
    publications = [each for each in root.iter() if local(each) in ("payloadPublication", "payload", "situationPublication")]
    if not publications:
        raise NoSituations(f"it begins with {local(root)[:60]!r}, and has no publication of DATEX II")
    ours = [each for each in publications if (_type(each) or local(each)).lower() == "situationpublication"]
    if not ours:
        raise NoSituations(f"it publishes {_type(publications[0])[:60]!r}, not situations")
    records: dict[str, Record] = {}
    nameless = 0
    for situation in (each for publication in ours for each in children(publication, "situation")):
        if not space(situation).startswith(_SPACES):
            raise NoSituations(f"it is of {space(situation)[:80]!r}, not of DATEX II v2 or v3")
        elements = list(children(situation, "situationRecord"))
        nameless += sum(not each.get("id") for each in elements)
        for record in _records(situation, [each for each in elements if each.get("id")], language):
            if record.identifier not in records or _newer(record, records[record.identifier]):
                records[record.identifier] = record
    return Publication(instant(text(ours[0], "publicationTime")), _is_whole(root), records, nameless)


def _records(situation: Element, elements: list[Element], language: str) -> Iterator[Record]:
    """Many publishers say where a situation lies in its first record alone: those without a place lie there too."""
    locations = [_first(each, "locationReference", "groupOfLocations") for each in elements]
    places = [_place(location, language) for location in locations]
    first = next((place for place in places if place != NOWHERE), NOWHERE)
    for element, location, place in zip(elements, locations, places, strict=True):
        yield _record(situation, element, location, place if place != NOWHERE else first, language)


def _newer(record: Record, other: Record) -> bool:
    """Of two with one id, the higher version counts."""
    one, two = record.version, other.version
    return int(one) > int(two) if one.isdecimal() and two.isdecimal() else one > two


def _is_whole(root: Element) -> bool:
    words = {local(each): text(each) for each in root.iter() if local(each) in ("updateMethod", "codedExchangeProtocol")}
    return words.get("updateMethod") != "singleElementUpdate" and not words.get("codedExchangeProtocol", "").startswith("delta")


def _record(situation: Element, record: Element, location: Element | None, place: Place, language: str) -> Record:
    validity = child(record, "validity")
    times = child(validity, "validityTimeSpecification")
    status = text(validity, "validityStatus")
    cycle = child(record, "management", "lifeCycleManagement")
    ended = "suspended" if status == "suspended" else ""
    for word, why in (("end", "ended"), ("cancel", "cancelled")):
        ended = why if text(cycle, word) in ("true", "1") else ended
    periods = tuple(
        (instant(text(each, "startOfPeriod")), instant(text(each, "endOfPeriod")))
        for each in (children(times, "validPeriod") if times is not None else ())
    )
    said = _said(situation, record, language) | _where(record, location, language)
    if place.shown is not None:
        said |= {"latitude": f"{place.shown[0]:.6f}", "longitude": f"{place.shown[1]:.6f}"}
    if place.roads:
        said["roads"] = ", ".join(place.roads)[:SHORT]
    for word, at in (("start", text(times, "overallStartTime")), ("end", text(times, "overallEndTime"))):
        if instant(at) is not None:
            said[word] = at
    return Record(
        (record.get("id") or "")[:SHORT], (record.get("version") or "")[:30],
        text(situation, "headerInformation", "informationStatus") in ("real", ""), ended, status,
        instant(text(times, "overallStartTime")), instant(text(times, "overallEndTime")), periods, place, said,
    )  # fmt: skip


def _first(element: Element, *names: str) -> Element | None:
    """The first child of the first name that there is: v3 and v2 differ."""
    return next((found for name in names if (found := child(element, name)) is not None), None)


def _within(now: dt.datetime, period: tuple[dt.datetime | None, dt.datetime | None]) -> bool:
    start, end = period
    return (start is None or start <= now) and (end is None or now < end)


def _said(situation: Element, record: Element, language: str) -> dict[str, str]:
    """The attributes of its event, but for where it lies and until when."""
    said = {"situation": situation.get("id") or "", "type": _type(record)}
    said["detail"] = ", ".join(dict.fromkeys(text(each) for each in record if local(each).endswith("Type") and text(each)))
    said |= {word: text(record, *path) for word, path in _SAID.items()}
    said["severity"] = said["severity"] or text(situation, "overallSeverity")
    said["source"] = said["source"] or _spoken(child(record, "source", "sourceName"), language)
    said["cause_description"] = _spoken(child(record, "cause", "causeDescription"), language)
    said["information"] = text(situation, "headerInformation", "informationStatus")
    said["confidentiality"] = text(situation, "headerInformation", "confidentiality")
    comments = [
        _spoken(child(each, "comment"), language)
        for each in children(record, "generalPublicComment")
        if text(each, "commentType") != "locationDescriptor"
    ]
    said["comment"] = "; ".join(filter(None, comments))
    return {word: found[: LONG if word == "comment" else SHORT] for word, found in said.items() if found}


def _where(record: Element, location: Element | None, language: str) -> dict[str, str]:
    """In words."""
    words = [
        _spoken(child(each, "comment"), language)
        for each in children(record, "generalPublicComment")
        if text(each, "commentType") == "locationDescriptor"
    ]
    for each in location.iter() if location is not None else ():
        if local(each) == "locationDescription" or (local(each) == "name" and not _is_road(each)):
            words.append(_spoken(each, language))
    where = "; ".join(dict.fromkeys(filter(None, words)))[:SHORT]
    return {"where": where} if where else {}


def _is_road(name: Element) -> bool:
    return any(text(each) in _ROAD_NAMES for each in name if local(each).endswith("DescriptorType"))


def _spoken(element: Element | None, language: str) -> str:
    """What stands in the wanted language, else in the first that does, else as it is."""
    if element is None:
        return ""
    said = child(element, "descriptor")
    said = said if said is not None else element
    values = child(said, "values")
    spoken = [each for each in children(values, "value") if text(each)] if values is not None else []
    wanted = [each for each in spoken if (each.get("lang") or "").lower().startswith(language.lower())]
    return text((wanted or spoken or [said])[0])


def _type(element: Element) -> str:
    """Its xsi:type, without the prefix of its namespace."""
    return (element.get(_TYPE) or "").rpartition(":")[2]


def _place(location: Element | None, language: str) -> Place:
    if location is None:
        return NOWHERE
    shape, elements = _shape(location), list(location.iter())
    points = [each for _, each in sorted(shape.points, key=lambda one: one[0])]
    shown = points[0] if points else shape.lines[0][0] if shape.lines else _middle(shape.areas[0]) if shape.areas else None
    names = [each for each in elements if local(each) in _ROADS or (local(each) == "name" and _is_road(each))]
    roads = dict.fromkeys(_spoken(each, language) for each in names)
    codes = dict.fromkeys(text(each) for each in elements if local(each) == "specificLocation")
    lines = (*((single,) for single in points), *shape.lines)
    return Place(lines, tuple(shape.areas), shown, tuple(filter(None, roads)), tuple(filter(None, codes)))


class _Shape(Struct):
    """What is drawn of a location. `points`: with their rank, the lowest of which is to be shown."""

    points: list[tuple[int, Point]] = []
    lines: list[tuple[Point, ...]] = []
    areas: list[tuple[Point, ...]] = []


def _shape(location: Element) -> _Shape:
    """In the order of the document, however deep: the last point of a line after its first, what is for display after all."""
    shape, left, count = _Shape(), [(location, 0, False)], 0
    while left and count < MOST_POINTS:
        element, rank, in_area = left.pop()
        name = local(element)
        rank = max(rank, _RANKS.get(name, 0))
        in_area = in_area or "Polygon" in name
        if name == "posList":
            found = _posts(element)
        elif name == "openlrPolygonCorners":
            found = tuple(filter(None, (_coordinates(each) for each in element)))
        else:
            if (single := _coordinates(element)) is not None:
                shape.points.append((rank, single))
                count += 1
            left += [(each, rank, in_area) for each in reversed(element)]
            continue
        count += len(found)
        if in_area and len(found) >= 3:
            shape.areas.append(found)
        elif found:
            shape.lines.append(found)
    return shape


def _coordinates(element: Element) -> Point | None:
    try:
        return point(text(element, "latitude"), text(element, "longitude"))
    except ValueError:
        return None


def _posts(element: Element) -> tuple[Point, ...]:
    """The points of a `posList`: latitude first."""
    numbers = (element.text or "").split()
    step = 3 if element.get("srsDimension") == "3" else 2
    pairs = list(zip(numbers[::step], numbers[1::step], strict=False))[:MOST_POINTS]
    try:
        return tuple(point(latitude, longitude) for latitude, longitude in pairs)
    except ValueError:
        return ()


def _middle(ring: tuple[Point, ...]) -> Point:
    return sum(lat for lat, _ in ring) / len(ring), sum(lon for _, lon in ring) / len(ring)
