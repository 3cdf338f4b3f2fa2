"""What suppliers really send: clocks that change, decimal commas, bare numbers, lines, names as keys, times of their own."""

import datetime as dt
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.feeds import numerals
from assets.feeds.forms import ngsi_ld
from assets.feeds.forms.mapped import compiled
from assets.feeds.intake import Batch
from assets.feeds.mapping import BadMapping
from assets.feeds.mqtt_message import reader
from assets.feeds.ways import replay

PLAIN = {"address": "a", "value": "v", "at": "t"}
PARIS = {**PLAIN, "timezone": "Europe/Paris"}


def read(mapping: dict, document: object, received: int | None = None) -> Batch:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return compiled(mapping).decode(body, received=received).batch


def utc(item) -> str:
    return dt.datetime.fromtimestamp(item.at / 1e6, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def reasons(batch: Batch) -> list[str]:
    return [told.reason for told in batch.refusals.told]


@given(st.decimals(-(10**9), 10**9, places=3), st.decimals("0.000001", 1000, places=6).filter(bool))
def test_a_scaled_value_is_the_double_nearest_to_the_decimal_product(value, scale):
    assert numerals.scaled(str(value), scale) == float(Decimal(value) * scale)


@pytest.mark.parametrize(
    ("sent", "scale", "made"), [(2300, 0.001, 2.3), ("2300", 0.001, 2.3), (1100, 0.001, 1.1), (29, 0.1, 2.9), (7, 1, 7.0)]
)
def test_a_level_is_never_scaled_beyond_the_number_it_is(sent, scale, made):
    (item,) = read({"address": "a", "value": "v", "scale": scale}, [{"a": "x", "v": sent}]).items
    assert item.value == made


def test_a_time_that_the_clock_skipped_is_refused_and_takes_nobodys_place(tmp_path):
    rows = ["01:50;1", "02:00;2", "02:10;3", "02:50;4", "03:00;5", "03:10;6"]
    path = tmp_path / "spring.csv"
    path.write_text("gauge;local time;value\n" + "\n".join(f"A2;29/03/2026 {row}" for row in rows))
    local = {"at": "local time", "at_format": "%d/%m/%Y %H:%M", "timezone": "Europe/Paris"}
    mapping = {"address": "gauge", "value": "value", **local}
    recording = replay.read(path, mapping, ";")
    assert [item.value for _, item in recording.rows] == [1, 5, 6]
    assert all("does not exist in Europe/Paris" in told.reason for told in recording.refusals.told)


def test_the_hour_that_comes_twice_is_told_by_the_order_of_its_series():
    clock = ["01:30", "02:00", "02:30", "02:00", "02:30", "03:00"]
    batch = read(PARIS, [{"a": "x", "v": n, "t": f"2026-10-25T{each}:00"} for n, each in enumerate(clock)])
    assert [utc(item)[11:16] for item in batch.items] == ["23:30", "00:00", "00:30", "01:00", "01:30", "02:00"]


def test_an_hour_that_comes_twice_and_that_nothing_tells_is_refused_by_name():
    batch = read(PARIS, [{"a": "x", "v": 1, "t": "2026-10-25T02:30:00"}])
    assert batch.items == []
    assert "ambiguous" in reasons(batch)[0]


def test_the_end_of_a_day_is_the_midnight_of_the_next():
    for at in ("2026-11-21T24:00:00", "2026-11-21T24:00"):
        (item,) = read(PARIS, [{"a": "x", "v": 1, "t": at}]).items
        assert utc(item) == "2026-11-21T23:00:00Z"
    assert reasons(read(PARIS, [{"a": "x", "v": 1, "t": "2026-11-21T24:30:00"}]))


@pytest.mark.parametrize(
    ("sent", "value"), [("1.234,5", 1234.5), ("12,5", 12.5), ("1 234,5", 1234.5), ("1\u202f234", 1234), ("-0,75", -0.75)]
)
def test_numbers_with_a_decimal_comma(sent, value):
    (item,) = read({"address": "a", "value": "v", "decimal_comma": True}, [{"a": "x", "v": sent}]).items
    assert item.value == value


@pytest.mark.parametrize("sent", ["12.5", "0.75", "1.23", "1234.567", "1.2345"])
def test_a_decimal_point_is_never_taken_for_a_thousand(sent):
    batch = read({"address": "a", "value": "v", "decimal_comma": True}, [{"a": "x", "v": sent}])
    assert batch.items == []
    assert "decimal point" in reasons(batch)[0]


@pytest.mark.parametrize(("sent", "value"), [("+3.5", 3.5), (".5", 0.5), ("0071.50", 71.5), ("-.25", -0.25), ("1e3", 1000)])
def test_a_bare_number_is_a_number_in_a_topic_and_in_a_document(sent, value):
    batch = Batch([], [])
    reader({})(batch, 0, {"address": "meter"}, sent.encode())
    assert batch.items[0].value == value
    (item,) = read({"address": "a", "value": "v"}, [{"a": "x", "v": sent}]).items
    assert item.value == value


def test_a_byte_order_mark_is_no_failure():
    (item,) = read(PLAIN, b"\xef\xbb\xbf" + b'[{"a":"x","v":1,"t":"2026-11-22T08:00:00Z"}]').items
    assert item.value == 1


def test_documents_on_lines_are_read_like_a_list():
    body = b'{"result":{"id":"x","v":1}}\n{"result":{"id":"y","v":2}}\n'
    for mapping in ({"address": "result.id", "value": "result.v"}, {"items": "result", "address": "id", "value": "v"}):
        assert [(item.address, item.value) for item in read(mapping, body).items] == [("x", 1), ("y", 2)]


def test_the_name_of_an_item_can_be_its_address():
    document = {"stations": {"S1": {"level": 1.5}, "S2": {"level": 2.5}}}
    batch = read({"items": "stations.*", "address": "@key", "value": "level"}, document)
    assert [(item.address, item.value) for item in batch.items] == [("S1", 1.5), ("S2", 2.5)]


def test_a_file_of_one_series_goes_to_the_address_that_the_mapping_names(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("start,value\n2026-11-22T08:00:00Z,0.4\n2026-11-22T08:30:00Z,0.5\n")
    rows = replay.read(path, {"address": "=meter-1", "value": "value", "at": "start"}).rows
    assert [(item.address, item.value) for _, item in rows] == [("meter-1", 0.4), ("meter-1", 0.5)]


def test_a_number_that_is_none_costs_its_own_item_alone():
    batch = read(PLAIN, b'[{"a":"x","v":NaN,"t":"2026-11-22T08:00:00Z"},{"a":"y","v":2,"t":"2026-11-22T08:00:00Z"}]')
    assert [item.value for item in batch.items] == ["NaN", 2]  # the first is refused by name when its point is known


@pytest.mark.parametrize("pattern", ["%H:%M", "%d/%m/%Y %Z", "%d/%d/%Y"])
def test_a_pattern_that_cannot_tell_the_time_is_refused_when_it_is_written(pattern):
    with pytest.raises(BadMapping, match="at_format"):
        compiled({**PARIS, "at_format": pattern})


# --- NGSI-LD ---

BIN = {
    "id": "urn:ngsi-ld:WasteContainer:X3", "type": "WasteContainer",
    "binLoggedTime": {"type": "Property", "value": {"@type": "DateTime", "@value": "2021-06-01T09:00:00+02:00"}},
    "fillingLevel": {"type": "Property", "value": 0.4},
}  # fmt: skip


def entities(entity: dict, **mapping: object) -> Batch:
    return ngsi_ld.decode(json.dumps(entity).encode(), mapping)


def test_what_carries_another_time_is_not_stamped_with_its_reception():
    batch = entities(BIN)
    assert batch.items == []
    assert "binLoggedTime" in reasons(batch)[0]


def test_the_mapping_names_the_attribute_that_is_the_time():
    (item,) = entities(BIN, at="binLoggedTime").items
    assert (item.value, item.at) == (0.4, "2021-06-01T09:00:00+02:00")
    (item,) = entities(BIN, ignore=["binLoggedTime"]).items
    assert item.at is None


def test_times_without_an_offset_are_of_the_declared_clock():
    entity = {
        "id": "urn:ngsi-ld:AirQualityObserved:X1", "type": "AirQualityObserved",
        "dateObserved": {"type": "Property", "value": {"@type": "DateTime", "@value": "2026-11-22T11:00:00"}},
        "no2": {"type": "Property", "value": 41},
    }  # fmt: skip
    (item,) = entities(entity, timezone="Europe/Paris").items
    assert utc(item) == "2026-11-22T10:00:00Z"
    with pytest.raises(BadMapping, match="timezone"):
        entities(entity, timezone="Europe/Nowhere")


def test_a_number_written_as_a_text_is_a_number_where_its_type_or_the_mapping_says_so():
    room = {"id": "Room1", "type": "Room", "temperature": {"type": "Number", "value": "21.7", "metadata": {}}}
    assert [item.value for item in entities({"subscriptionId": "s", "data": [room]}).items] == [21.7]
    text = {"id": "Room1", "type": "Room", "temperature": {"type": "Property", "value": "21.7"}}
    assert [item.value for item in entities(text).items] == ["21.7"]
    assert [item.value for item in entities(text, numeric_texts=True).items] == [21.7]


def test_labels_of_an_entity_can_be_declared():
    lamp = {"id": "L", "type": "Streetlight", "powerState": {"type": "Property", "value": "On"}}
    assert [item.value for item in entities(lamp, codes={"on": 1}).items] == [1]
