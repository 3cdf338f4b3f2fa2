"""XML of publishers, read without trusting it: no document type, no entity, and names without their namespace."""

import datetime as dt
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

AT_ONCE = 65_536
"""Bytes between which other threads get their turn."""
DEEPEST = 100
"""Elements in one another: nobody writes more, and all that walks a tree may recurse."""
SHORT, LONG = 300, 1_000


class NoDocument(ValueError):
    """This is no XML that is read; says why."""


class _Shallow(TreeBuilder):
    _depth = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise NoDocument(f"its elements are nested more than {DEEPEST} deep")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def document(content: bytes) -> Element:
    """The root element. Raises NoDocument."""
    parser = DefusedXMLParser(target=_Shallow(), forbid_dtd=True)
    try:
        for start in range(0, len(content), AT_ONCE):
            parser.feed(content[start : start + AT_ONCE])
        root: Element = parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NoDocument(f"it is no XML that is read: {str(error)[:200]}") from error
    return root


def local(element: Element) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def space(element: Element) -> str:
    """The namespace of an element."""
    return str(element.tag).rpartition("}")[0].removeprefix("{")


def children(element: Element, name: str) -> Iterator[Element]:
    return (each for each in element if local(each) == name)


def child(element: Element | None, *path: str) -> Element | None:
    """The first child of this name, of the first child of the next name, and so on."""
    for name in path:
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def text(element: Element | None, *path: str) -> str:
    """Of the first child on the path, its blanks made one."""
    found = child(element, *path)
    return " ".join((found.text or "").split()) if found is not None else ""


def instant(written: str) -> dt.datetime | None:
    """In UTC; None for what is no instant with its offset."""
    try:
        at = dt.datetime.fromisoformat(written)
    except ValueError:
        return None
    return at.astimezone(dt.UTC) if at.tzinfo is not None and 1990 <= at.year < 2200 else None
