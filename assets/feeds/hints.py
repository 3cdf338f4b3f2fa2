"""What may be written in a mapping, from the message itself: the paths of lists, and those inside of one item. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from assets.feeds.decode import Malformed
from assets.feeds.forms.mapped import DOCUMENTS
from assets.feeds.mapping import BadMapping, Declared, declared
from assets.feeds.paths import ABSENT, Whole, find, items, steps

MOST = 60
DEEPEST = 8
_SHOWN = 40


class Hint(msgspec.Struct, frozen=True):
    """A path, and what stands there in this message."""

    path: str
    sample: str


class Hints(msgspec.Struct):
    """`lists`: where items may stand. `values`: paths of an item."""

    lists: list[Hint] = []
    values: list[Hint] = []


def hints(mapping: Mapping[str, object], message: str) -> Hints:
    """What a message offers to a mapping, as far as that one is written; nothing when the message cannot be read."""
    try:
        said = declared(msgspec.json.encode(mapping))
    except (BadMapping, TypeError):
        said = Declared()
    try:
        [document, *_] = DOCUMENTS.get(said.form, DOCUMENTS["json"])(message.encode(), said) or [None]
    except (Malformed, UnicodeEncodeError):
        return Hints()
    whole = Whole(document)
    lists = [Hint(path, f"{len(found)}") for path, found in _walk(document, "", 0) if isinstance(found, list) and path][:MOST]
    thing = next((each for _, each in items(steps(said.items), whole)), ABSENT)
    if thing is ABSENT:
        thing = find((), document, whole)
    if isinstance(thing, list):
        thing = thing[0] if thing else None
    leaves = [(path, found) for path, found in _walk(thing, "", 0) if path and not isinstance(found, dict | list)]
    shown = [Hint(path, _short(found)) for path, found in leaves[:MOST]]
    if thing is not document and isinstance(document, dict):
        above = [(path, found) for path, found in _walk(document, "", 0) if path and not isinstance(found, dict | list)]
        shown += [Hint(f"$.{path}", _short(found)) for path, found in above if not _inside(path, said.items)][: MOST // 2]
    return Hints(lists, shown[:MOST])


def _inside(path: str, holder: str) -> bool:
    start = holder.split(".*")[0].split("*")[0]
    return bool(start) and path.startswith(start)


def _walk(thing: object, path: str, depth: int) -> Iterator[tuple[str, object]]:
    yield path, thing
    if depth >= DEEPEST:
        return
    if isinstance(thing, dict):
        for name, each in list(thing.items())[:MOST]:
            yield from _walk(each, _joined(path, str(name)), depth + 1)
    elif isinstance(thing, list) and thing:
        for place, each in enumerate(thing[:2] if not isinstance(thing[0], dict | list) else thing[:1]):
            yield from _walk(each, _joined(path, str(place)), depth + 1)


def _joined(path: str, name: str) -> str:
    written = f"'{name}'" if "." in name or not name else name
    return f"{path}.{written}" if path else written


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
