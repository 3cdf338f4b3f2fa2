"""Paths and templates of a mapping: how a declared text reaches into a supervisor's document.

Pure. A path is names joined by dots; a number picks from a list. It starts at the item (`@` is the item itself), at the whole
document (`$`), at what an MQTT topic template caught (`topic`), or is the name an item has in its object (`@key`).
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from assets.feeds.intake import ADDRESS_LENGTH

ABSENT = object()
KEY = "@key"
EVERY = "*"
"""As a name of the path of items: each member of the object, or of the list, that stands there."""
FIELD = re.compile(r"\{([^{}]+)\}")
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_QUANTITY = ("quantity",)

Steps = tuple[str, ...]


class Whole(msgspec.Struct, frozen=True):
    """What a path may start from beside its item: the document, the parts of its topic, and the item's name in its object."""

    document: object
    topic: Mapping[str, str] = {}
    key: str = ""


def steps(path: str) -> Steps:
    return tuple(path.split(".")) if path else ()


def find(path: Steps, thing: object, whole: Whole) -> object:
    """What stands at a path, ABSENT when nothing does."""
    if path:
        match path[0]:
            case "$":
                thing, path = whole.document, path[1:]
            case "topic":
                thing, path = whole.topic, path[1:]
            case "@":
                path = path[1:]
            case "@key":
                thing, path = whole.key, path[1:]
    for step in path:
        if isinstance(thing, dict):
            thing = thing.get(step, ABSENT)
        elif isinstance(thing, list) and _NUMBER.fullmatch(step) and -len(thing) <= int(step) < len(thing):
            thing = thing[int(step)]
        else:
            return ABSENT
    return thing


def items(path: Steps, whole: Whole) -> Iterator[tuple[Whole, object]]:
    """The items at a path with what their own paths start from; ABSENT where a member has none. What is no list is one item."""
    if EVERY not in path:
        found = find(path, whole.document, whole)
        yield from ((whole, each) for each in (found if isinstance(found, list) else [found]))
        return
    at = path.index(EVERY)
    holder = find(path[:at], whole.document, whole)
    if isinstance(holder, list):
        members = [(str(number), member) for number, member in enumerate(holder)]
    else:
        members = list(holder.items()) if isinstance(holder, dict) else [("", ABSENT)]
    for key, member in members:
        named = Whole(whole.document, whole.topic, key)
        found = find(path[at + 1 :], member, named)
        yield from ((named, each) for each in (found if isinstance(found, list) else [found]))


class Template:
    """The declared address: a path, a text with paths in braces, or `=` and the address itself."""

    def __init__(self, written: str) -> None:
        if written.startswith("="):
            self._parts: list[tuple[str, str, Steps]] = [(written[1:], "", ())]
            return
        if "{" not in written:
            self._parts = [("", written, steps(written))]
            return
        self._parts = []
        end = 0
        for match in FIELD.finditer(written):
            self._parts.append((written[end : match.start()], match[1], steps(match[1])))
            end = match.end()
        self._parts.append((written[end:], "", ()))

    def fill(self, thing: object, whole: Whole, quantity: str) -> str:
        """The text, "" when a part is missing."""
        filled: list[str] = []
        for literal, _, path in self._parts:
            part = quantity if path == _QUANTITY and quantity else as_text(find(path, thing, whole)) if path else ""
            if path and not part:
                return ""
            # Many items may share a part: of one that makes the address too long, no more than intake needs to refuse it.
            filled += (literal, part[: ADDRESS_LENGTH + 1])
        return "".join(filled)

    def missing(self, thing: object, whole: Whole, quantity: str) -> str:
        """Why `fill` returned nothing: the first part that cannot be a part of an address."""
        for _, written, path in self._parts:
            if not path or (path == _QUANTITY and quantity):
                continue
            found = find(path, thing, whole)
            if found is ABSENT or found is None:
                return f"there is no `{written}`"
            if found == "":
                return f"`{written}` is empty"
            if not as_text(found):
                return f"`{written}` is {kind(found)}, not a text or a whole number"
        return "the address is empty"


def as_text(thing: object) -> str:
    """A text or a whole number as a text, "" for everything else."""
    if isinstance(thing, str):
        return thing
    if isinstance(thing, int) and not isinstance(thing, bool):
        return str(thing)
    if isinstance(thing, float) and thing.is_integer() and abs(thing) < 1e15:
        return str(int(thing))
    return ""


def kind(thing: object) -> str:
    """What a JSON value is, in a word for the supervisor's people."""
    if isinstance(thing, bool):
        return "true or false"
    if thing is None:
        return "null"
    names = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return names.get(type(thing), "nothing")
