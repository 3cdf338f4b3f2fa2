"""What a CAP 1.1 or 1.2 alert says, where it lies, and what a list of alerts (Atom, RSS) names. Pure."""

import datetime as dt
from collections.abc import Iterator
from typing import Annotated
from xml.etree.ElementTree import Element

from msgspec import Meta, Struct

from connectors.tables.documents import LONG, SHORT, NoDocument, children, document, instant, local, space, text
from connectors.tables.places import Point, apart, point, within
from connectors.tables.publisher import Publisher

MOST_LISTED = 500
"""Alerts of one list that are looked at."""
MOST_REFERENCES = 100
MOST_POINTS = 2_000
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
    polygons: tuple[tuple[Point, ...], ...]
    circles: tuple[tuple[float, float, float], ...]

    def holds(self, latitude: float, longitude: float) -> bool:
        return any(within(ring, latitude, longitude) for ring in self.polygons) or any(
            apart(latitude, longitude, lat, lon) <= radius for lat, lon, radius in self.circles
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


class Warnings(Publisher, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A publisher of alerts: one alert or a list of them (Atom, RSS) at `url`; all of them, or those that concern the site."""

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
        root = document(content)
    except NoDocument as error:
        raise NoAlert(str(error)) from error
    if local(root) == "alert":
        return _alert(root, language)
    if local(root) in ("feed", "rss", "RDF"):
        return list(_listed(root, language))
    raise NoAlert(f"it begins with {local(root)[:60]!r}, and is neither an alert nor a list in Atom or RSS")


def _listed(root: Element, language: str) -> Iterator[Listed]:
    entries = [each for each in root.iter() if local(each) in ("entry", "item")]
    for entry in entries[:MOST_LISTED]:
        inside = next((each for each in entry.iter() if local(each) == "alert"), None)
        version = text(entry, "updated") or text(entry, "pubDate") or text(entry, "date")
        if inside is not None:
            alert = _alert(inside, language)
            yield Listed(alert.key, version, alert)
        elif url := _link(entry):
            yield Listed(url, version)


def _link(entry: Element) -> str:
    """That of type CAP, else the first: RSS has its address as text, Atom as an attribute."""
    links = [each for each in entry if local(each) in ("link", "enclosure")]
    links.sort(key=lambda each: "cap" not in (each.get("type") or ""))
    return next((url for each in links if (url := (each.get("href") or each.get("url") or each.text or "").strip())), "")


def _alert(root: Element, language: str) -> Alert:
    if space(root) not in _SPACES:
        raise NoAlert(f"it is an alert of {space(root)[:80]!r}, not of CAP 1.1 or 1.2")
    identifier, sender = _needed(root, "identifier"), _needed(root, "sender")
    sent_text, status, type_ = _needed(root, "sent"), _needed(root, "status"), _needed(root, "msgType")
    sent = instant(sent_text)
    if sent is None:
        raise NoAlert(f"`sent` is no instant with its offset: {sent_text[:60]!r}")
    if status not in _STATUSES or type_ not in _TYPES:
        raise NoAlert(f"status {status[:30]!r} or msgType {type_[:30]!r} is none of CAP")
    infos = list(children(root, "info"))
    info = next((each for each in infos if text(each, "language").lower().startswith(language.lower())), None)
    info = info if info is not None else infos[0] if infos else None
    said, expires, areas = {}, None, tuple[Area, ...]()
    if info is not None:
        longest = {"description": LONG, "instruction": LONG}
        said = {word: found[: longest.get(word, SHORT)] for word in (*_WORDS, *_TIMES) if (found := text(info, word))}
        expires = instant(text(info, "expires"))
        areas = tuple(_area(each) for each in children(info, "area"))
    references = tuple(text(root, "references").split()[:MOST_REFERENCES])
    return Alert(
        f"{sender},{identifier},{sent_text}", identifier, sender, sent, status, type_, text(root, "scope"), references, said,
        expires, areas,
    )  # fmt: skip


def _area(area: Element) -> Area:
    codes = tuple(text(each, "value") for each in children(area, "geocode"))
    rings = tuple(filter(None, (_ring(each.text or "") for each in children(area, "polygon"))))
    circles = tuple(filter(None, (_circle(each.text or "") for each in children(area, "circle"))))
    return Area(text(area, "areaDesc")[:SHORT], codes, rings, circles)


def _ring(written: str) -> tuple[Point, ...]:
    try:
        points = tuple(point(*pair.partition(",")[::2]) for pair in written.split()[:MOST_POINTS])
    except ValueError:
        return ()
    return points if len(points) >= 4 else ()


def _circle(written: str) -> tuple[float, float, float] | None:
    try:
        centre, radius = written.split()
        return *point(*centre.partition(",")[::2]), float(radius)
    except ValueError:
        return None


def _needed(element: Element, name: str) -> str:
    found = text(element, name)
    if not found:
        raise NoAlert(f"the alert has no `{name}`")
    return found[:SHORT]
