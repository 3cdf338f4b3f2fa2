"""NGSI-LD: notifications and entities, normalized, concise or key-values, into readings; one attribute is one address.

Pure. Made for what is really sent: NGSIv2 types inside NGSI-LD, "normalized" files that are key-values, missing ids,
ISO intervals. What carries no reading (relationships, geometry, descriptions, dates) is passed over; what is wrong is
refused with its reason; the rest is kept. The address is `{entity id}/{attribute}` unless the mapping renames it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from assets.feeds import intake
from assets.feeds.decode import Malformed, unmarked
from assets.feeds.decode import document as json_of
from assets.feeds.instants import BadTime
from assets.feeds.intake import ADDRESS_LENGTH, Batch, FeedBook, Intake, Item
from assets.feeds.local_time import Twice, from_iso, settle
from assets.feeds.mapping import BadMapping, zone_named
from assets.feeds.numerals import number, to_float

TIMES = ("observedAt", "dateObserved", "observationDateTime", "TimeInstant", "timestamp")
"""Where an entity or an attribute says when it was observed, best first."""
CHANGES = ("modifiedAt", "dateModified")
"""The next best: when the broker learned it."""
NO_READINGS = frozenset(
    {
        "id", "@id", "type", "@type", "@context", "scope", "name", "alternateName", "description", "dataProvider", "source",
        "owner", "seeAlso", "address", "areaServed", "location", "createdAt", "dateCreated", "unitCode", "datasetId",
        *TIMES, *CHANGES,
    }
)  # fmt: skip
"""Members of an entity that describe it."""
_NOT_PROPERTIES = {"Relationship", "ListRelationship", "GeoProperty", "LanguageProperty", "JsonProperty", "geo:json", "DateTime"}
_REFERENCE = re.compile(r"ref[A-Z]|has[A-Z]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
"""The date of the last lamp change is not a state of the lamp."""
MOST_READINGS = 100_000
"""One body may become: a list of numbers is two bytes a reading."""
_NUMBERS = frozenset({"Number", "Integer", "Float", "Double"})
"""NGSIv2 types whose value is a number, also when it was written as a text."""
_OF_ITS_LIFE = re.compile(r"^date[A-Z]|Date$")
"""Dates of what was installed, repaired, planned: they say nothing of when its values were observed."""
_OTHER_TIME = "the entity says when in {0} and nowhere when it was observed: declare `at`, or `ignore` it"


class _Declared(msgspec.Struct, forbid_unknown_fields=True):
    """The members a mapping of NGSI-LD may have."""

    attributes: dict[str, str] = {}
    """attribute → name in the address; when given, other attributes are passed over."""
    ignore: list[str] = []
    id_prefix: str = ""
    """Cut from the entity's id."""
    timezone: str = ""
    """IANA name of the clock of times that have no offset."""
    at: str = ""
    """The attribute that is the time of its entity, before those everybody uses."""
    codes: dict[str, float] = {}
    """label → number, for texts that are labels."""
    numeric_texts: bool = False
    """Whether a text that is a number is one, also where its type does not say so."""


class _Reader:
    """The mapping of one feed at work on one body."""

    def __init__(self, declared: _Declared) -> None:
        self.declared = declared
        self.zone = zone_named(declared.timezone)
        self.times = (declared.at, *TIMES) if declared.at else TIMES
        self.codes = {label.strip().casefold(): code for label, code in declared.codes.items()}
        self.batch = Batch([], [])
        self.twice: dict[int, datetime] = {}

    def put(self, place: int, address: str, value: float | bool | str | None, at: str | None) -> None:
        """Add one reading, its time read on the declared clock when it has no offset."""
        batch = self.batch
        if len(batch.items) == MOST_READINGS:
            raise Malformed(f"The body becomes more than {MOST_READINGS:,} readings: send smaller ones.")
        item = Item(address, value, at)
        if at is not None and self.zone is not None:
            try:
                item.at = float(from_iso(at, self.zone))
            except Twice as told:
                self.twice[len(batch.items)] = told.local
            except BadTime as error:
                batch.refusals.add(place, str(error), f"{address} at {at}")
                return
        batch.put(item, place)

    def value(self, text: str, kind: str) -> float | str | None:
        """A text as the number or label it is; None for a date or a URN, which are no readings."""
        if (code := self.codes.get(text.strip().casefold())) is not None:
            return code
        if _DATE.match(text) or text.startswith("urn:"):
            return None
        found = number(text) if self.declared.numeric_texts or kind in _NUMBERS else None
        return text if found is None else found


def take_in(body: bytes, mapping: Mapping[str, object], book: FeedBook, received: int, oldest: int) -> Intake:
    """As `table.Form`."""
    return intake.take_in(decode(body, mapping, received), book, received, oldest)


def decode(body: bytes, mapping: Mapping[str, object], received: int | None = None) -> Batch:
    """A notification, a list of entities or one entity. A refusal's index is that of its entity.

    Raises Malformed, and BadMapping.
    """
    try:
        declared = msgspec.convert(mapping, _Declared)
    except msgspec.ValidationError as error:
        raise BadMapping(str(error)) from error
    document = json_of(unmarked(body))
    reader = _Reader(declared)
    for place, entity in enumerate(_entities(document)):
        _add(reader, place, entity)
    if reader.zone is not None:
        settle(reader.batch, reader.twice, reader.zone, received)
    return reader.batch


def _entities(document: object) -> list[object]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        if "data" in document and ("id" not in document or _type(document) == "Notification"):
            data = document["data"]
            return data if isinstance(data, list) else [data]
        return [document]
    raise Malformed("Expected an entity, a list of entities or a notification.")


def _add(reader: _Reader, place: int, entity: object) -> None:
    batch, declared = reader.batch, reader.declared
    if not isinstance(entity, dict):
        batch.refusals.add(place, "this is not an entity", entity)
        return
    identity = entity.get("id", entity.get("@id"))
    if not isinstance(identity, str) or not identity:
        batch.refusals.add(place, "the entity has no id", entity.get("type", ""))
        return
    prefix = _refusable(identity.removeprefix(declared.id_prefix))
    observed, changed = _time(entity, reader.times), _time(entity, CHANGES)
    strange = "" if observed or changed else _other_time(entity, declared)
    for attribute, content in entity.items():
        if attribute in NO_READINGS or _REFERENCE.match(attribute) or attribute in declared.ignore:
            continue
        name = declared.attributes.get(attribute, "" if declared.attributes else attribute)
        if not name:
            continue
        for suffix, instance in _instances(content):
            address = _refusable(f"{prefix}/{_refusable(name)}{suffix}")
            _add_instance(reader, place, address, instance, (observed, changed, strange))


def _refusable(text: str) -> str:
    """As much of a text as makes an address too long, so that intake refuses it by name and nobody copies the rest."""
    return text[: ADDRESS_LENGTH + 1]


def _instances(content: object) -> Iterator[tuple[str, object]]:
    """The instances of one attribute: several when it has datasets."""
    if not isinstance(content, list) or not any(isinstance(each, dict) for each in content):
        yield "", content
        return
    for each in content:
        dataset = each.get("datasetId") if isinstance(each, dict) else None
        yield (f"@{_refusable(dataset)}" if isinstance(dataset, str) else ""), each


def _add_instance(reader: _Reader, place: int, address: str, content: object, times: tuple[str | None, str | None, str]) -> None:
    """`times` are those of the entity: when it was observed, when it was changed, and the name of one that says neither."""
    observed, changed, strange = times
    at, value, kind, batch = observed or changed, content, "", reader.batch
    if isinstance(content, dict):
        if _type(content) in _NOT_PROPERTIES or "object" in content or "coordinates" in content:
            return
        at, kind = _time(content, reader.times) or observed or _time(content, CHANGES) or changed, _type(content)
        if "value" not in content and "vocab" not in content:
            if _type(content) == "Property":
                batch.refusals.add(place, "the Property has no value", address)
            return
        value = content.get("value", content.get("vocab"))
    if isinstance(value, list):
        if at is None and strange:
            batch.refusals.add(place, _OTHER_TIME.format(strange), address)
        else:
            _add_numbers(reader, place, address, value, at)
        return
    if isinstance(value, dict):
        if "@value" not in value or str(value.get("@type", "")).endswith(("DateTime", "Date", "Time")):
            return
        value = value["@value"]
    if value == "urn:ngsi-ld:null":
        value = None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = to_float(value)
    elif isinstance(value, str):
        if (value := reader.value(value, kind)) is None:
            return
    elif not isinstance(value, bool | None):
        return
    if at is None and strange:
        batch.refusals.add(place, _OTHER_TIME.format(strange), address)
        return
    reader.put(place, address, value, at)


def _add_numbers(reader: _Reader, place: int, address: str, numbers: list[object], at: str | None) -> None:
    """A list of numbers (three phases, say) is as many readings; a list of texts describes."""
    values = [each for each in numbers if isinstance(each, int | float)]
    if len(values) == len(numbers):
        for number, each in enumerate(values):
            value = each if isinstance(each, bool) else to_float(each)
            reader.put(place, f"{address}[{number}]", value, at)


def _other_time(entity: Mapping[str, object], declared: _Declared) -> str:
    """The first attribute whose value is an instant and that nobody told to pass over; empty when there is none."""
    for attribute, content in entity.items():
        if attribute in NO_READINGS or attribute in declared.ignore or _OF_ITS_LIFE.search(attribute):
            continue
        if not isinstance(content, dict):
            continue
        value = content.get("value")
        kind = str(value.get("@type", "")) if isinstance(value, dict) else _type(content)
        if kind.endswith("DateTime"):
            return attribute
    return ""


def _type(content: Mapping[str, object]) -> str:
    kind = content.get("type", content.get("@type"))
    return kind if isinstance(kind, str) else ""


def _time(content: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    """The first time among the members of that name, or in NGSIv2 metadata; of an interval, its end."""
    metadata = content.get("metadata")
    for name in names:
        for holder in (content, metadata if isinstance(metadata, dict) else {}):
            found = holder.get(name)
            if isinstance(found, dict):
                found = found.get("value")
            if isinstance(found, dict):
                found = found.get("@value")
            if isinstance(found, str) and found:
                return found.rpartition("/")[2]
    return None
