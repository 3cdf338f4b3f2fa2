"""NGSI-LD, on the official examples with their defects: what is a reading is kept, what is wrong is said."""

import json
import time
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.feeds import intake
from assets.feeds.decode import Malformed
from assets.feeds.forms import ngsi_ld
from assets.feeds.mapping import BadMapping

FIWARE = Path(__file__).parent.parent / "data" / "feeds" / "fiware"
LAMP = "streetlight:guadalajara:4567"


def read(document: object, mapping: dict[str, object] | None = None) -> dict[str, tuple[object, object]]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return {item.address: (item.value, item.at) for item in ngsi_ld.decode(body, mapping or {}).items}


@pytest.mark.parametrize("form", ["example.json", "example.jsonld", "example-normalized.json", "example-normalized.jsonld"])
def test_a_street_light_reads_the_same_in_every_form(form: str) -> None:
    mapping = {
        "id_prefix": "urn:ngsi-ld:Streetlight:",
        "attributes": {"powerConsumption": "power", "powerState": "state", "voltage": "voltage", "dateLastLampChange": "x"},
    }
    observed = "2021-01-11T15:51:02+05:30"
    assert read((FIWARE / f"Streetlight.{form}").read_bytes(), mapping) == {
        f"{LAMP}/power": (10, observed), f"{LAMP}/state": ("off", observed), f"{LAMP}/voltage": (50, observed),
    }  # fmt: skip


@pytest.mark.parametrize("form", ["example.json", "example.jsonld", "example-normalized.json", "example-normalized.jsonld"])
def test_the_three_phases_of_a_feeder_are_three_addresses(form: str) -> None:
    found = read((FIWARE / f"StreetlightFeeder.{form}").read_bytes())
    identity = next(iter(found)).rpartition("/")[0]
    assert [found[f"{identity}/phaseVoltage[{phase}]"][0] for phase in range(3)] == [240, 120, 50]
    assert found[f"{identity}/totalActivePower"][0] == 30


@pytest.mark.parametrize("path", sorted(FIWARE.iterdir()), ids=lambda path: path.name)
def test_every_official_example_decodes_without_what_is_no_reading(path: Path) -> None:
    found = read(path.read_bytes())
    assert found
    names = {address.rpartition("/")[2] for address in found}
    assert not names & {"location", "areaServed", "municipalityInfo", "deviceInfo", "refStreetlightGroup", "dateLastLampChange"}


def test_a_notification_holds_several_entities_and_one_without_id_is_refused() -> None:
    body = json.dumps({
        "id": "urn:ngsi-ld:Notification:1", "type": "Notification", "subscriptionId": "urn:s",
        "notifiedAt": "2026-11-22T08:00:00Z",
        "data": [
            {"id": "a", "type": "T", "x": {"type": "Property", "value": 1, "observedAt": "2026-11-22T08:00:00Z"}},
            {"type": "T", "x": 1}, 7,
            {"id": "b", "type": "T", "x": {"type": "Property"}, "y": {"type": "Property", "value": True}},
        ],
    }).encode()  # fmt: skip
    batch = ngsi_ld.decode(body, {})
    assert [(item.address, item.value, item.at) for item in batch.items] == [
        ("a/x", 1, "2026-11-22T08:00:00Z"), ("b/y", True, None),
    ]  # fmt: skip
    assert [(told.index, told.reason) for told in batch.refusals.told] == [
        (1, "the entity has no id"), (2, "this is not an entity"), (3, "the Property has no value"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("entity", "at"),
    [
        ({"x": {"value": 1, "observedAt": "A"}, "dateObserved": "B", "modifiedAt": "C"}, "A"),
        ({"x": {"value": 1, "modifiedAt": "C"}, "dateObserved": {"type": "Property", "value": "B"}}, "B"),
        ({"x": {"value": 1}, "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": "B"}}}, "B"),
        ({"x": {"type": "Number", "value": 1, "metadata": {"timestamp": {"type": "DateTime", "value": "M"}}}}, "M"),
        ({"x": {"value": 1, "metadata": {"TimeInstant": {"value": "M"}}}, "TimeInstant": {"value": "T"}}, "M"),
        ({"x": 1, "TimeInstant": "T"}, "T"),
        ({"x": {"value": 1, "modifiedAt": "C"}, "modifiedAt": "D"}, "C"),
        ({"x": 1, "dateObserved": "2026-11-22T07:00:00Z/2026-11-22T08:00:00Z"}, "2026-11-22T08:00:00Z"),
        ({"x": 1}, None),
    ],
)
def test_the_best_time_there_is_is_taken(entity: dict[str, object], at: str | None) -> None:
    assert read({"id": "a", "type": "T", **entity}) == {"a/x": (1, at)}


def test_relationships_geometry_swapped_or_not_and_texts_in_lists_are_passed_over() -> None:
    assert read({
        "id": "a", "type": "T", "location": {"type": "GeoProperty", "value": {"type": "Point", "coordinates": [48.8, 2.3]}},
        "position": {"type": "Point", "coordinates": [2.3, 48.8]}, "observedBy": {"type": "Relationship", "object": "urn:x"},
        "refDevice": "urn:ngsi-ld:Device:1", "category": ["a", "b"], "@context": [], "x": {"value": 2, "unitCode": "CEL"},
    }) == {"a/x": (2, None)}  # fmt: skip


def test_datasets_of_one_attribute_are_addresses_of_their_own() -> None:
    entity = {"id": "a", "x": [{"type": "Property", "value": 1}, {"type": "Property", "value": 2, "datasetId": "urn:d"}]}
    assert read(entity) == {"a/x": (1, None), "a/x@urn:d": (2, None)}


@pytest.mark.parametrize("body", [b"", b"7", b'"a"', b"null", b"{", b"[" * 100_000, b'{"id": "\xff"}'])
def test_what_is_no_entity_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        ngsi_ld.decode(body, {})


def test_a_mapping_of_another_protocol_is_refused() -> None:
    with pytest.raises(BadMapping):
        ngsi_ld.decode(b"{}", {"items": "data"})


names = st.sampled_from(
    ["id", "type", "value", "data", "x", "observedAt", "metadata", "timestamp", "@value", "object", "datasetId"]
)
documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=30,
)


@given(documents)
def test_any_document_is_decoded_or_named_malformed(document: object) -> None:
    try:
        batch = ngsi_ld.decode(json.dumps(document).encode(), {})
    except Malformed:
        return
    assert len(batch.items) == len(batch.places)
    assert all(item.value is None or isinstance(item.value, bool | float | str) for item in batch.items)


LONG = "a" * 100_000
FEW_MEGABYTES = 4_000_000


def peak(document: object, book: intake.FeedBook) -> tuple[int, intake.Intake]:
    """(the most bytes that decoding and taking in this document held at once beyond the body, what came of it)"""
    body = json.dumps(document).encode()
    tracemalloc.start()
    try:
        taken = intake.take_in(ngsi_ld.decode(body, {}), book, 1_790_000_000_000_000)
        return tracemalloc.get_traced_memory()[1] - len(body), taken
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "entity",
    [
        {"id": LONG, "type": "T", "v": [0] * 5000},
        {"id": "a", "type": "T", LONG: [0] * 5000},
        {"id": "a", "type": "T", "v": [{"value": 0, "datasetId": LONG}, {"value": [0] * 5000, "datasetId": LONG}]},
    ],
)
def test_an_address_too_long_is_refused_by_name_without_a_copy_for_each_number(entity: dict[str, object]) -> None:
    held, taken = peak(entity, intake.FeedBook({}, {}, {}))
    assert taken.refusals.count >= 5000
    assert taken.refusals.told[0].reason == "address is longer than 200 characters"
    assert held < FEW_MEGABYTES


@pytest.mark.parametrize(
    "entity",
    [
        {"id": "a", "type": "T", "v": [0] * 5000, "observedAt": LONG},
        {"id": "a", "type": "T", "v": {"value": [0] * 5000, "observedAt": f"x/{LONG}"}},
    ],
)
def test_a_time_that_all_readings_share_is_not_copied_for_each(entity: dict[str, object]) -> None:
    known = {f"a/v[{number}]": number + 1 for number in range(5000)}
    held, taken = peak(entity, intake.FeedBook(known, {}, {}))
    assert taken.refusals.count == 5000
    assert taken.refusals.told[0].reason == "at is not an RFC 3339 time"
    assert held < FEW_MEGABYTES


def seconds(members: int) -> float:
    """CPU time of decoding 30,000 numbers of an attribute that has so many other members."""
    attribute = {f"member{number}": number for number in range(members)} | {"value": [0] * 30_000}
    body = json.dumps({"id": "a", "v": attribute}).encode()
    began = time.process_time()
    assert len(ngsi_ld.decode(body, {}).items) == 30_000
    return time.process_time() - began


def test_the_members_of_an_attribute_are_read_once_however_many_numbers_it_has() -> None:
    assert seconds(8000) < 10 * seconds(0)


def test_a_body_that_becomes_too_many_readings_is_refused_by_name() -> None:
    body = json.dumps({"id": "a", "v": [0] * (ngsi_ld.MOST_READINGS + 1)}).encode()
    with pytest.raises(Malformed, match="more than 100,000 readings"):
        ngsi_ld.decode(body, {})
