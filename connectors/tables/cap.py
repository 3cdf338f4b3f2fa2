"""What a CAP 1.1 or 1.2 alert says, where it lies, and what a list of alerts (Atom, RSS) names. Pure."""

import datetime as dt
import math
from collections.abc import Iterator
from typing import Annotated
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring
from msgspec import Meta, Struct

MOST_LISTED = 500
"""Alerts of one list that are looked at."""
MOST_REFERENCES = 100
MOST_POINTS = 2_000
SHORT, LONG = 300, 1_000
KILOMETRES_OF_A_DEGREE = 111.2
_SPACES = ("urn:oasis:names:tc:emergency:cap:1.1", "urn:oasis:names:tc:emergency:cap:1.2")
_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
_STATUSES = ("Actual", "Exercise", "System", "Test", "Draft")
_WORDS = ("category", "event", "urgency", "severity", "certainty", "headline", "description", "instruction", "web", "senderName")
_TIMES = ("effective", "onset", "expires")


class NoAlert(ValueError):
    """This is no alert, or no list of some; says why."""


class Area(Struct, frozen=True):
    """`polygons`: rings of (latitude, longitude); `circles`: (latitude, longitude, radius in km)."""

    description: str
    codes: tuple[str, ...]
    polygons: tuple[tuple[tuple[float, float], ...], ...]
    circles: tuple[tuple[float, float, float], ...]

    def holds(self, latitude: float, longitude: float) -> bool:
        return any(_within(ring, latitude, longitude) for ring in self.polygons) or any(
            _apart(latitude, longitude, lat, lon) <= radius for lat, lon, radius in self.circles
        )


class Alert(Struct, frozen=True):
    """`key`: sender, identifier and time, as others refer to it. `said`: its info in the wanted language, else its first."""

    key: str
    identifier: str
    sender: str
    sent: dt.datetime
    status: str
    type: str
    scope: str
    references: tuple[str, ...]
    said: dict[str, str]
    expires: dt.datetime | None
    areas: tuple[Area, ...]

    @property
    def is_real(self) -> bool:
        return self.status == "Actual"


class Listed(Struct, frozen=True):
    """One entry of a list: where its alert is to be had, or the alert itself."""

    url: str
    version: str
    alert: Alert | None = None


class Warnings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A publisher of alerts: one alert or a list of them (Atom, RSS) at `url`; all of them, or those that concern the site."""

    name: Annotated[str, Meta(pattern=r"^[-\w.]{1,60}\Z")]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
    every: Annotated[float, Meta(ge=0.1, le=86_400)] = 60.0
    timeout: Annotated[float, Meta(ge=0.5, le=60)] = 10.0
    language: str = "fr"
    asset: Annotated[str, Meta(max_length=60)] = ""
    codes: list[str] = []
    """Values of geocodes that concern the site: an INSEE code, a zone of the weather service."""
    place: Annotated[list[float], Meta(min_length=2, max_length=2)] | None = None
    """Longitude and latitude of the site."""
    hosts: list[str] = []
    """Other hosts from which the alerts of the list are fetched, beside that of `url`."""

    def concerns(self, alert: Alert) -> bool:
        if not self.codes and self.place is None:
            return True
        return any(self._reaches(area) for area in alert.areas)

    def _reaches(self, area: Area) -> bool:
        placed = self.place is not None and area.holds(self.place[1], self.place[0])
        return placed or bool(set(self.codes) & set(area.codes))


def read(content: bytes, language: str) -> Alert | list[Listed]:
    """An alert, or the entries of a list. Raises NoAlert."""
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NoAlert(f"it is no XML that is read: {str(error)[:200]}") from error
    if _name(root) == "alert":
        return _alert(root, language)
    if _name(root) in ("feed", "rss", "RDF"):
        return list(_listed(root, language))
    raise NoAlert(f"it begins with {_name(root)[:60]!r}, and is neither an alert nor a list in Atom or RSS")


def _listed(root: Element, language: str) -> Iterator[Listed]:
    entries = [each for each in root.iter() if _name(each) in ("entry", "item")]
    for entry in entries[:MOST_LISTED]:
        inside = next((each for each in entry.iter() if _name(each) == "alert"), None)
        version = _text(entry, "updated") or _text(entry, "pubDate") or _text(entry, "date")
        if inside is not None:
            alert = _alert(inside, language)
            yield Listed(alert.key, version, alert)
        elif url := _link(entry):
            yield Listed(url, version)


def _link(entry: Element) -> str:
    """That of type CAP, else the first: RSS has its address as text, Atom as an attribute."""
    links = [each for each in entry if _name(each) in ("link", "enclosure")]
    links.sort(key=lambda each: "cap" not in (each.get("type") or ""))
    return next((url for each in links if (url := (each.get("href") or each.get("url") or each.text or "").strip())), "")


def _alert(root: Element, language: str) -> Alert:
    space = root.tag.partition("}")[0].removeprefix("{")
    if space not in _SPACES:
        raise NoAlert(f"it is an alert of {space[:80]!r}, not of CAP 1.1 or 1.2")
    identifier, sender = _needed(root, "identifier"), _needed(root, "sender")
    sent_text, status, type_ = _needed(root, "sent"), _needed(root, "status"), _needed(root, "msgType")
    sent = _instant(sent_text)
    if sent is None:
        raise NoAlert(f"`sent` is no instant with its offset: {sent_text[:60]!r}")
    if status not in _STATUSES or type_ not in _TYPES:
        raise NoAlert(f"status {status[:30]!r} or msgType {type_[:30]!r} is none of CAP")
    infos = [each for each in root if _name(each) == "info"]
    info = next((each for each in infos if _text(each, "language").lower().startswith(language.lower())), None)
    info = info if info is not None else infos[0] if infos else None
    said, expires, areas = {}, None, tuple[Area, ...]()
    if info is not None:
        longest = {"description": LONG, "instruction": LONG}
        said = {word: text[: longest.get(word, SHORT)] for word in (*_WORDS, *_TIMES) if (text := _text(info, word))}
        expires = _instant(_text(info, "expires"))
        areas = tuple(_area(each) for each in info if _name(each) == "area")
    references = tuple(_text(root, "references").split()[:MOST_REFERENCES])
    return Alert(
        f"{sender},{identifier},{sent_text}", identifier, sender, sent, status, type_, _text(root, "scope"), references, said,
        expires, areas,
    )  # fmt: skip


def _area(area: Element) -> Area:
    codes = tuple(_text(each, "value") for each in area if _name(each) == "geocode")
    rings = tuple(filter(None, (_ring(each.text or "") for each in area if _name(each) == "polygon")))
    circles = tuple(filter(None, (_circle(each.text or "") for each in area if _name(each) == "circle")))
    return Area(_text(area, "areaDesc")[:SHORT], codes, rings, circles)


def _ring(text: str) -> tuple[tuple[float, float], ...]:
    try:
        points = tuple(_point(pair) for pair in text.split()[:MOST_POINTS])
    except ValueError:
        return ()
    return points if len(points) >= 4 else ()


def _circle(text: str) -> tuple[float, float, float] | None:
    try:
        centre, radius = text.split()
        return *_point(centre), float(radius)
    except ValueError:
        return None


def _point(pair: str) -> tuple[float, float]:
    latitude, longitude = map(float, pair.split(","))
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError(pair)
    return latitude, longitude


def _within(ring: tuple[tuple[float, float], ...], latitude: float, longitude: float) -> bool:
    """By the even-odd rule, in degrees: areas of warnings are small beside the Earth."""
    inside = False
    for (lat, lon), (next_lat, next_lon) in zip(ring, (*ring[1:], ring[0]), strict=True):
        if (lat > latitude) != (next_lat > latitude) and longitude < (next_lon - lon) * (latitude - lat) / (next_lat - lat) + lon:
            inside = not inside
    return inside


def _apart(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Kilometres between two places."""
    north, other = math.radians(latitude), math.radians(other_latitude)
    east = math.radians(other_longitude - longitude)
    square = math.sin((other - north) / 2) ** 2 + math.cos(north) * math.cos(other) * math.sin(east / 2) ** 2
    return math.degrees(2 * math.asin(min(1.0, math.sqrt(square)))) * KILOMETRES_OF_A_DEGREE


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _text(element: Element, name: str) -> str:
    """Of the first child of this name, its blanks made one."""
    found = next((each for each in element if _name(each) == name), None)
    return " ".join((found.text or "").split()) if found is not None else ""


def _needed(element: Element, name: str) -> str:
    text = _text(element, name)
    if not text:
        raise NoAlert(f"the alert has no `{name}`")
    return text[:SHORT]


def _instant(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return at.astimezone(dt.UTC) if at.tzinfo is not None and 1990 <= at.year < 2200 else None
