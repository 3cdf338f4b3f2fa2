"""A connector's mapping: a few declared words that say how a supervisor is asked, and what its answer means. Pure.

Texts have fields in braces: {address} {asset} {type} {command} {key} {until}, {attribute.NAME} of the asset and
{parameter.NAME}. A text that is one field alone keeps the value's type. What is filled into a path or a topic is quoted, so that
no parameter leads elsewhere. docs/commands.md is the reference.
"""

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import Meta

from commands.faults import Contrary, Unusable
from commands.wording import Part, Slug, Words

FIELD = re.compile(r"\{([a-z_]+(?:\.[-a-zA-Z0-9_]{1,60})?)\}")
PLAIN = frozenset({"address", "asset", "type", "command", "key", "until"})
LONGEST_ID, LONGEST_MESSAGE = 120, 300
MOST_KEYS = 20
"""Of one answer: some supervisors keep the marks of everybody who passed an order on."""
_TOPIC = re.compile(r"[/+#\0]")
Timeout = Annotated[float, Meta(ge=0.2, le=60)]


_NO_END = Words("la commande ne dure pas jusqu’à une échéance", "it does not stand until an end")
_NO_ADDRESS = Words("le point qui prouve la commande n’en a pas", "the point that proves the command has none")


class BadAnswerMapping(Unusable):
    """The mapping cannot be used as written."""


class CannotAsk(ValueError):
    """The order lacks what the mapping needs; the message names it."""

    def __init__(self, said: Words) -> None:
        super().__init__(said.en)
        self.said = said


class Answer(Part, frozen=True, kw_only=True):
    """What an answer means. `field` is the path, by dots, of the word that decides; without it the status alone does.

    Asked for an answer, any word but these has failed; of what comes later by itself, only a word of `failed` has: others are no
    answer yet.
    """

    statuses: tuple[int, ...] = (200, 201, 202, 204)
    field: str = ""
    accepted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    id: str = ""
    message: str = ""

    def __post_init__(self) -> None:
        if bool(self.field) != bool(self.accepted):
            raise Contrary("« field » et « accepted » vont ensemble", "“field” and “accepted” go together")


class Other(Part, frozen=True, kw_only=True):
    """What is asked otherwise for one type of command."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = None
    path: str | None = None
    topic: str | None = None
    body: Any = None


class Http(Part, frozen=True, tag_field="protocol", tag="http", kw_only=True):
    """One request for one command, below the connector's address. An answer that comes later names the command by the {key} that
    was sent: in the header `key_header`, or at `correlation`, a path in its body."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: Annotated[str, Meta(min_length=1, max_length=400)]
    headers: dict[str, str] = {}
    body: Any = None
    answer: Answer = Answer()
    timeout: Timeout = 5.0
    correlation: str = ""
    key_header: Annotated[str, Meta(pattern=r"^[-A-Za-z0-9]{1,60}\Z")] = "Idempotency-Key"
    types: dict[Slug, Other] = {}
    clock: Literal["own", "reception"] = "own"


class Mqtt(Part, frozen=True, tag_field="protocol", tag="mqtt", kw_only=True):
    """One message for one command; the answer comes on another topic and names the command: in its correlation data (MQTT 5), or
    at `correlation`, a path in its body, the {key} that was sent."""

    topic: Annotated[str, Meta(min_length=1, max_length=400)]
    body: Any = None
    answer_topic: Annotated[str, Meta(max_length=400)] = ""
    correlation: str = ""
    answer: Answer = Answer()
    timeout: Timeout = 5.0
    types: dict[Slug, Other] = {}
    clock: Literal["own", "reception"] = "own"


Declared = Http | Mqtt


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be said to a supervisor."""

    command: int
    key: str
    type: str
    asset: str
    address: str
    attributes: Mapping[str, object]
    parameters: Mapping[str, float | str]
    until: str = ""
    """ISO 8601; of what stands until an end."""

    def value(self, name: str) -> object:
        """Of a field of a text. Raises CannotAsk."""
        group, _, member = name.partition(".")
        if group == "attribute":
            found = self.attributes.get(member)
            if not isinstance(found, str | int | float):
                raise CannotAsk(Words(f"l’équipement n’a pas l’attribut « {member} »", f"the asset has no attribute {member!r}"))
            return found
        if group == "parameter":
            if member not in self.parameters:
                raise CannotAsk(
                    Words(f"la commande n’a pas le paramètre « {member} »", f"the command has no parameter {member!r}")
                )
            found = self.parameters[member]
            return int(found) if isinstance(found, float) and found.is_integer() else found
        value = getattr(self, group)
        if value == "":
            lacks = _NO_END if group == "until" else _NO_ADDRESS
            raise CannotAsk(Words(f"« {group} » manque : {lacks.fr}", f"there is no {group}: {lacks.en}"))
        return value


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    body: bytes
    answer_topic: str


@dataclass(frozen=True, slots=True)
class Said:
    """What an answer came to. `failed`: it says neither yes nor no."""

    outcome: Literal["accepted", "refused", "failed"]
    id: str = ""
    message: str = ""


def compiled(mapping: Mapping[str, object]) -> Declared:
    """The mapping, checked; kept while it stays the same. Raises BadMapping."""
    return _compiled(msgspec.json.encode(mapping))


@functools.lru_cache(256)
def _compiled(written: bytes) -> Declared:
    if rb"\u0000" in written:
        raise BadAnswerMapping(Words("un texte a un caractère NUL (U+0000)", "a text has a NUL character (U+0000)"))
    try:
        declared: Declared = msgspec.json.decode(written, type=Declared)
    except msgspec.ValidationError as error:
        raise BadAnswerMapping.of_decoder(error) from error
    address = declared.path if isinstance(declared, Http) else declared.topic
    texts = [address, *(text for other in declared.types.values() for text in (other.path, other.topic) if text)]
    if isinstance(declared, Http):
        for path in (each for each in texts if not each.startswith("/") or each.startswith("//")):
            raise BadAnswerMapping(Words(
                f"{path[:60]!r} doit commencer par un seul « / » : c’est sous l’adresse du connecteur",
                f"{path[:60]!r} must begin with one “/”: it is below the connector’s address",
            ), "path")  # fmt: skip
    for text in [*texts, *_texts(declared.body), *(text for other in declared.types.values() for text in _texts(other.body))]:
        _check(text)
    return declared


def _texts(body: object) -> list[str]:
    if isinstance(body, str):
        return [body]
    if isinstance(body, dict):
        return [text for member in body.values() for text in _texts(member)]
    return [text for member in body for text in _texts(member)] if isinstance(body, list) else []


def _check(text: str) -> None:
    for name in FIELD.findall(text):
        group, _, member = name.partition(".")
        if (group not in PLAIN or member) and (group not in ("attribute", "parameter") or not member):
            raise BadAnswerMapping(Words(
                f"{{{name}}} n’est pas un des champs qu’un texte peut avoir", f"{{{name}}} is none of the fields a text may have"
            ))  # fmt: skip


def request(declared: Http, order: Order) -> Request:
    """What to ask over HTTP. Raises CannotAsk."""
    other = declared.types.get(order.type, Other())
    body = declared.body if other.body is None else other.body
    path = FIELD.sub(lambda name: quote(str(order.value(name[1])), safe=""), other.path or declared.path)
    if {".", ".."} & set(path.split("/")):
        raise CannotAsk(Words("une partie du chemin remonterait", "a part of the path would lead upwards"))
    headers = {**declared.headers, declared.key_header: order.key}
    if body is not None:
        headers.setdefault("content-type", "application/json")
    content = None if body is None else msgspec.json.encode(_fill(body, order))
    return Request(other.method or declared.method, path, headers, content)


def message(declared: Mqtt, order: Order) -> Message:
    """What to publish. Raises CannotAsk."""
    other = declared.types.get(order.type, Other())
    body = declared.body if other.body is None else other.body

    def topic(text: str) -> str:
        return FIELD.sub(lambda name: _TOPIC.sub("_", str(order.value(name[1]))), text)

    return Message(topic(other.topic or declared.topic), msgspec.json.encode(_fill(body, order)), topic(declared.answer_topic))


def answer_filter(declared: Mqtt) -> str:
    """What is subscribed to for the answers to any command: its fields stand for one level each. Empty: nobody answers."""
    levels = declared.answer_topic.split("/") if declared.answer_topic else []
    return "/".join("+" if FIELD.search(level) else level for level in levels)


def _fill(body: object, order: Order) -> object:
    if isinstance(body, str):
        alone = FIELD.fullmatch(body)
        if alone is not None:
            return order.value(alone[1])
        return FIELD.sub(lambda name: str(order.value(name[1])), body)
    if isinstance(body, dict):
        return {name: _fill(member, order) for name, member in body.items()}
    return [_fill(member, order) for member in body] if isinstance(body, list) else body


def read(answer: Answer, status: int, body: bytes | bytearray) -> Said:
    """What an answer means; one that cannot be read has failed, and so has one that says neither yes nor no."""
    document = _document(body)
    told = {"id": _text(document, answer.id)[:LONGEST_ID], "message": _text(document, answer.message)[:LONGEST_MESSAGE]}
    if 400 <= status < 500 and status not in (408, 425, 429):
        return Said("refused", **told | {"message": told["message"] or f"HTTP {status}"})
    if status not in answer.statuses:
        return Said("failed", **told | {"message": told["message"] or f"HTTP {status}"})
    if not answer.field:
        return Said("accepted", **told)
    word = _text(document, answer.field)
    if word in answer.accepted:
        return Said("accepted", **told)
    if word in answer.refused:
        return Said("refused", **told | {"message": told["message"] or word})
    if word in answer.failed:
        return Said("failed", **told | {"message": told["message"] or word})
    said = f"`{answer.field}` = {word!r}" if word else f"`{answer.field}` is missing"
    return Said("failed", **told | {"message": told["message"] or said[:LONGEST_MESSAGE]})


def read_later(answer: Answer, body: bytes | bytearray) -> Said | None:
    """What an answer that came by itself means; None while it says nothing that ends the waiting: `queued`, or nonsense."""
    said = read(answer, answer.statuses[0] if answer.statuses else 200, body)
    if said.outcome == "failed" and _text(_document(body), answer.field) not in answer.failed:
        return None
    return said


def keys_at(body: bytes | bytearray, correlation: str) -> list[str]:
    """The keys that an answer names in its body: the text at a path, or those of the list that stands there. Empty: none."""
    document = _document(body)
    found = at(document, correlation) if correlation else None
    if isinstance(found, list):
        return [each[:LONGEST_ID] for each in found[:MOST_KEYS] if isinstance(each, str) and each.isprintable()]
    key = _text(document, correlation)[:LONGEST_ID]
    return [key] if key else []


def _document(body: bytes | bytearray) -> object:
    try:
        return msgspec.json.decode(body) if body.strip() else None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def at(document: object, path: str) -> object:
    """What stands at a path of names and numbers joined by dots, None when nothing does."""
    for step in path.split("."):
        if isinstance(document, dict):
            document = document.get(step)
        elif isinstance(document, list) and step.isascii() and step.isdigit() and int(step) < len(document):
            document = document[int(step)]
        else:
            return None
    return document


def _text(document: object, path: str) -> str:
    found = at(document, path) if path else None
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer():
        found = int(found)
    return "".join(each for each in str(found) if each.isprintable()) if isinstance(found, str | int | float) else ""
