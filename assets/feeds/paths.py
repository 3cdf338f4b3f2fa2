"""Paths and templates of a mapping: how a declared text reaches into a supervisor's document.

Pure. A path is names joined by dots; a name with a dot of its own stands in single quotes, and a number picks from a list. A path
starts at the item (`@` is the item itself), at the whole document (`$`), at what an MQTT topic template caught (`topic`), or
is the name an item has in its object (`@key`). Where several `*` led to the item, `@1` is the member at the first of them and
`@key1` its name.
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
_STEP = re.compile(r"'([^']*)'(?:\.|\Z)|([^.]*)(?:\.|\Z)")
_STARTS = frozenset({"$", "topic", "@", KEY, *(f"{at}{level}" for at in ("@", KEY) for level in range(1, 10))})
_NUMBER = re.compile(r"-?\d{1,9}", re.ASCII)
_QUANTITY = ("quantity",)

Steps = tuple[str, ...]


class Whole(msgspec.Struct, frozen=True):
    """What a path may start from beside its item: the document, the parts of its topic, and the item's name in its object."""

    document: object
    topic: Mapping[str, str] = {}
    key: str = ""
    members: tuple[tuple[str, object], ...] = ()
    """(name, member) at each `*` on the way to the item."""


def steps(path: str) -> Steps:
    if "'" not in path:
        return tuple(path.split(".")) if path else ()
    found, at = [], 0
    while at < len(path):
        match = _STEP.match(path, at)
        assert match is not None  # the second way takes anything
        found.append(match[1] if match[1] is not None else match[2])
        at = match.end()
    return tuple(found)


def find(path: Steps, thing: object, whole: Whole) -> object:
    """What stands at a path, ABSENT when nothing does."""
    if path and path[0] in _STARTS:
        thing, path = _start(path[0], thing, whole), path[1:]
    for step in path:
        if isinstance(thing, dict):
            thing = thing.get(step, ABSENT)
        elif isinstance(thing, list) and _NUMBER.fullmatch(step) and -len(thing) <= int(step) < len(thing):
            thing = thing[int(step)]
        else:
            return ABSENT
    return thing


def _start(name: str, thing: object, whole: Whole) -> object:
    """What a path starts at whose first name is one of `_STARTS`."""
    match name:
        case "$":
            return whole.document
        case "topic":
            return whole.topic
        case "@":
            return thing
        case "@key":
            return whole.key
    level = int(name[-1]) - 1
    if level >= len(whole.members):
        return ABSENT
    return whole.members[level][0 if name.startswith(KEY) else 1]


def items(path: Steps, whole: Whole) -> Iterator[tuple[Whole, object]]:
    """The items at a path with what their own paths start from; ABSENT where a member has none. What is no list is one item."""
    if EVERY not in path:
        found = find(path, whole.document, whole)
        yield from ((whole, each) for each in (found if isinstance(found, list) else [found]))
        return
    at = path.index(EVERY)
    yield from _members(path[at + 1 :], find(path[:at], whole.document, whole), whole)


def _members(path: Steps, holder: object, whole: Whole) -> Iterator[tuple[Whole, object]]:
    """The items below each member of what a `*` stands for; `path` is what follows it."""
    if isinstance(holder, list):
        members = [(str(number), member) for number, member in enumerate(holder)]
    else:
        members = list(holder.items()) if isinstance(holder, dict) else [("", ABSENT)]
    for key, member in members:
        named = Whole(whole.document, whole.topic, key, (*whole.members, (key, member)))
        if EVERY in path and member is not ABSENT:
            at = path.index(EVERY)
            yield from _members(path[at + 1 :], find(path[:at], member, named), named)
            continue
        found = find(path, member, named)
        yield from ((named, each) for each in (found if isinstance(found, list) else [found]))


def places(found: object) -> list[dict[str, object]] | None:
    """The items of an object of lists: at each place what each list has there. None when they are none of one length."""
    if not isinstance(found, dict):
        return None
    lists = {name: each for name, each in found.items() if isinstance(each, list)}
    if len({len(each) for each in lists.values()}) != 1:
        return None
    return [dict(zip(lists, row, strict=True)) for row in zip(*lists.values(), strict=True)]


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
