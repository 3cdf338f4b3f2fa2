"""NGSI-LD: notifications and entities, normalized, concise or key-values, into readings; one attribute is one address.

Pure. Made for what is really sent: NGSIv2 types inside NGSI-LD, "normalized" files that are key-values, missing ids,
ISO intervals. What carries no reading (relationships, geometry, descriptions, dates) is passed over; what is wrong is
refused with its reason; the rest is kept. The address is `{entity id}/{attribute}` unless the mapping renames it.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from assets.feeds.decode import Malformed, bound, describe
from assets.feeds.intake import ADDRESS_LENGTH, Batch, Item
from assets.feeds.mapping import BadMapping, to_float

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
_decode = msgspec.json.Decoder().decode


class _Declared(msgspec.Struct, forbid_unknown_fields=True):
    """The members a mapping of NGSI-LD may have."""

    attributes: dict[str, str] = {}
    """attribute → name in the address; when given, other attributes are passed over."""
    ignore: list[str] = []
    id_prefix: str = ""
    """Cut from the entity's id."""


def decode(body: bytes, mapping: Mapping[str, object]) -> Batch:
    """A notification, a list of entities or one entity. A refusal's index is that of its entity.

    Raises Malformed, and BadMapping.
    """
    try:
        declared = msgspec.convert(mapping, _Declared)
    except msgspec.ValidationError as error:
        raise BadMapping(str(error)) from error
    bound(body)
    try:
        document = _decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise Malformed(describe(error)) from error
    batch = Batch([], [])
    for place, entity in enumerate(_entities(document)):
        _add(batch, place, entity, declared)
    return batch


def _entities(document: object) -> list[object]:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        if "data" in document and ("id" not in document or _type(document) == "Notification"):
            data = document["data"]
            return data if isinstance(data, list) else [data]
        return [document]
    raise Malformed("Expected an entity, a list of entities or a notification.")


def _add(batch: Batch, place: int, entity: object, declared: _Declared) -> None:
    if not isinstance(entity, dict):
        batch.refusals.add(place, "this is not an entity", entity)
        return
    identity = entity.get("id", entity.get("@id"))
    if not isinstance(identity, str) or not identity:
        batch.refusals.add(place, "the entity has no id", entity.get("type", ""))
        return
    prefix = _refusable(identity.removeprefix(declared.id_prefix))
    observed, changed = _time(entity, TIMES), _time(entity, CHANGES)
    for attribute, content in entity.items():
        if attribute in NO_READINGS or _REFERENCE.match(attribute) or attribute in declared.ignore:
            continue
        name = declared.attributes.get(attribute, "" if declared.attributes else attribute)
        if not name:
            continue
        for suffix, instance in _instances(content):
            address = _refusable(f"{prefix}/{_refusable(name)}{suffix}")
            _add_instance(batch, place, address, instance, observed, changed)


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


def _add_instance(batch: Batch, place: int, address: str, content: object, observed: str | None, changed: str | None) -> None:
    at, value = observed or changed, content
    if isinstance(content, dict):
        if _type(content) in _NOT_PROPERTIES or "object" in content or "coordinates" in content:
            return
        at = _time(content, TIMES) or observed or _time(content, CHANGES) or changed
        if "value" not in content and "vocab" not in content:
            if _type(content) == "Property":
                batch.refusals.add(place, "the Property has no value", address)
            return
        value = content.get("value", content.get("vocab"))
    if isinstance(value, list):
        _add_numbers(batch, place, address, value, at)
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
        if _DATE.match(value) or value.startswith("urn:"):
            return
    elif not isinstance(value, bool | None):
        return
    _put(batch, place, Item(address, value, at))


def _add_numbers(batch: Batch, place: int, address: str, numbers: list[object], at: str | None) -> None:
    """A list of numbers (three phases, say) is as many readings; a list of texts describes."""
    if all(isinstance(each, int | float) for each in numbers):
        for number, each in enumerate(numbers):
            value = each if isinstance(each, bool) else to_float(each)
            _put(batch, place, Item(f"{address}[{number}]", value, at))


def _put(batch: Batch, place: int, item: Item) -> None:
    if len(batch.items) == MOST_READINGS:
        raise Malformed(f"The body becomes more than {MOST_READINGS:,} readings: send smaller ones.")
    batch.items.append(item)
    batch.places.append(place)


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
