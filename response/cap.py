"""A warning to the public as CAP 1.2 (OASIS, ITU-T X.1303 bis): a draft for whoever decides, never sent. Pure.

Status Draft is "preliminary template or draft, not actionable in its current form". What Vigie cannot know (who is to do what,
how urgent it is for people) is left unknown or said to be completed.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
CONTENT_TYPE = "application/cap+xml"
LASTS = dt.timedelta(hours=6)
MOST_POINTS = 100
"""Of a polygon: more help nobody, and a message has to be short."""
SEVERITIES = {1: "Severe", 2: "Moderate", 3: "Minor", 4: "Minor"}
"""By the severity of the worst alarm, the lowest the worst; Extreme is for people to say."""
_RESTRICTION = {
    "fr": "Projet non diffusé, à compléter et à décider par l’autorité compétente (préfet ou maire).",
    "en": "Draft, not published: to be completed and decided by the competent authority (prefect or mayor).",
}
_INSTRUCTION = {"fr": "À COMPLÉTER par l’autorité qui décide.", "en": "TO BE COMPLETED by the authority that decides."}
_LANGUAGES = {"fr": "fr-FR", "en": "en-GB"}
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Area:
    """Where it is: a name, and a ring of (longitude, latitude) or a circle around one, of so many kilometres."""

    name: str
    ring: Sequence[Point] = ()
    centre: Point | None = None
    kilometres: float = 0.5


@dataclass(frozen=True, slots=True)
class Warning:
    """What an incident says, in both languages; `address`: of the house, as a host name."""

    number: int
    site: str
    name: str
    address: str
    titles: dict[str, str]
    sentences: dict[str, Sequence[str]]
    severity: int
    began: dt.datetime
    areas: Sequence[Area]


def document(warning: Warning, now: dt.datetime) -> bytes:
    """The draft as XML; `now` and `began` with an offset, of the site's clocks."""
    ElementTree.register_namespace("", NAMESPACE)
    alert = ElementTree.Element(f"{{{NAMESPACE}}}alert")
    restriction = _RESTRICTION["fr"]
    for name, text in (
        ("identifier", f"vigie-{warning.site}-{warning.number}-{now:%Y%m%dT%H%M%S}"), ("sender", f"vigie@{warning.address}"),
        ("sent", _time(now)), ("status", "Draft"), ("msgType", "Alert"), ("source", "Vigie"), ("scope", "Restricted"),
        ("restriction", restriction), ("note", f"{restriction} {_RESTRICTION['en']}"), ("incidents", str(warning.number)),
    ):  # fmt: skip
        _put(alert, name, text)
    for language in _LANGUAGES:
        _info(alert, warning, language, now)
    ElementTree.indent(alert)
    made: bytes = ElementTree.tostring(alert, encoding="UTF-8", xml_declaration=True)
    return made


def _info(alert: ElementTree.Element, warning: Warning, language: str, now: dt.datetime) -> None:
    info = ElementTree.SubElement(alert, f"{{{NAMESPACE}}}info")
    title = _plain(warning.titles[language])
    for name, text in (
        ("language", _LANGUAGES[language]), ("category", "Infra"), ("event", title), ("urgency", "Unknown"),
        ("severity", SEVERITIES[warning.severity]), ("certainty", "Observed"), ("onset", _time(warning.began)),
        ("expires", _time(now + LASTS)), ("senderName", _plain(warning.name)), ("headline", title[:160]),
        ("description", "\n".join(_plain(each) for each in warning.sentences[language])),
        ("instruction", _INSTRUCTION[language]),
    ):  # fmt: skip
        _put(info, name, text)
    for area in warning.areas:
        place = ElementTree.SubElement(info, f"{{{NAMESPACE}}}area")
        _put(place, "areaDesc", _plain(area.name))
        if area.ring:
            _put(place, "polygon", " ".join(_point(each) for each in _closed(area.ring)))
        if area.centre is not None:
            _put(place, "circle", f"{_point(area.centre)} {area.kilometres:g}")


def _closed(ring: Sequence[Point]) -> list[Point]:
    """Few enough points, the last the first again."""
    every = -(-len(ring) // MOST_POINTS)
    points = list(ring[::every])
    return points if points[0] == points[-1] else [*points, points[0]]


def _point(point: Point) -> str:
    """CAP writes latitude first."""
    return f"{point[1]:.5f},{point[0]:.5f}"


def _time(moment: dt.datetime) -> str:
    """With an offset and without parts of a second; a Z is not allowed."""
    return moment.replace(microsecond=0).isoformat()


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable())


def _put(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = text
