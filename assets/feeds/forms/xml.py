"""XML: elements as objects by their names without prefix, attributes as `@name`, what stands beside them as `#text`.

Pure. An element that has neither attributes nor children is its text; several of one name are a list. A document that declares
a type or entities is refused whole: no supplier needs them, and what they expand to has no end.
"""

from xml.parsers import expat

from assets.feeds.decode import MOST_VALUES, Malformed
from assets.feeds.mapping import Declared

DEEPEST = 100


class _Builder:
    def __init__(self) -> None:
        self.root: dict[str, object] = {}
        self._open: list[tuple[str, dict[str, object], list[str]]] = [("", self.root, [])]
        self._count = 0

    def refuse(self, *_: object) -> None:
        raise Malformed("The XML declares a document type or entities: send it without.")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1 + len(attributes)
        if self._count > MOST_VALUES or len(self._open) > DEEPEST:
            raise Malformed(f"The XML has more than {MOST_VALUES} values, or more than {DEEPEST} levels: send smaller ones.")
        said = {f"@{_bare(key)}": value for key, value in attributes.items() if not key.startswith("xmlns")}
        self._open.append((_bare(name), dict(said), []))

    def text(self, data: str) -> None:
        self._open[-1][2].append(data)

    def end(self, _: str) -> None:
        name, members, texts = self._open.pop()
        text = "".join(texts).strip()
        if members and text:
            members["#text"] = text
        content: object = members or text
        holder = self._open[-1][1]
        known = holder.get(name)
        if known is None:
            holder[name] = content
        elif isinstance(known, list):
            known.append(content)
        else:
            holder[name] = [known, content]


def _bare(name: str) -> str:
    return name.rpartition(":")[2]


def documents(body: bytes, declared: Declared) -> list[object]:
    """One document, an object with the root element. Raises Malformed."""
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = builder.refuse
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Malformed(f"The body is no XML: {error}.") from error
    except (ValueError, LookupError) as error:
        raise Malformed(f"The XML is in an encoding that is not read: {error}.") from error
    return [builder.root]
