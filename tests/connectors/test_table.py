"""Registers become values and values registers, as the table of a device says; neighbours are asked for together."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.tables.modbus import MOST, OutOfRange, Register, blocks


def register(**said) -> Register:
    return Register(**{"address": "x", "at": 0, **said})


@pytest.mark.parametrize(
    ("said", "words", "value"),
    [
        ({}, [65535], 65535),
        ({"type": "i16"}, [65535], -1),
        ({"type": "u32"}, [0x0001, 0x0002], 65538),
        ({"type": "u32", "words": "little"}, [0x0002, 0x0001], 65538),
        ({"bytes": "little"}, [0x3412], 0x1234),
        ({"type": "f32"}, [0x41C8, 0x0000], 25.0),
        ({"type": "f32", "words": "little"}, [0x0000, 0x41C8], 25.0),
        ({"type": "f32", "bytes": "little"}, [0xC841, 0x0000], 25.0),
        ({"type": "f64"}, [0x3FF0, 0, 0, 0], 1.0),
        ({"type": "i64"}, [0xFFFF] * 4, -1),
        ({"scale": 0.1, "offset": -40}, [653], 25.3),
        ({"type": "i16", "scale": 0.01}, [0xFC18], -10.0),
        ({"bits": 3}, [0b1000], 1),
        ({"bits": (4, 6)}, [0b0101_0000], 5),
        ({"type": "i16", "bits": 15}, [0x8000], 1),
        ({"codes": {"2": 0, "7": 1}}, [7], 1),
        ({"kind": "coil"}, [True], 1),
        ({"kind": "discrete"}, [False], 0),
    ],
)
def test_a_register_says_what_its_table_says(said, words, value):
    assert register(**said).value(words) == value


def test_a_number_that_is_none_is_passed_on_to_be_refused_by_name():
    assert math.isnan(register(type="f32").value([0x7FC0, 0]))


@given(
    st.sampled_from(["u16", "i16", "u32", "i32", "f32", "f64"]), st.sampled_from(["big", "little"]),
    st.sampled_from(["big", "little"]), st.integers(0, 3000), st.sampled_from([1.0, 0.1, 0.5, 10.0]),
)  # fmt: skip
def test_what_is_written_reads_as_it_was_meant(type_, words, bytes_, raw, scale):
    one = register(type=type_, words=words, bytes=bytes_, scale=scale, writable=True)
    value = one.value(register(type=type_, words=words, bytes=bytes_, writable=True).written(raw))
    assert one.value(one.written(value)) == value


@pytest.mark.parametrize(
    ("said", "value", "why"),
    [
        ({}, 65536, "does not fit"), ({}, -1, "does not fit"), ({"maximum": 80}, 81, "not from"), ({"minimum": 5}, 4, "not from"),
        ({"kind": "coil"}, 2, "neither 0 nor 1"), ({}, math.inf, "not from"), ({"type": "f32"}, 1e300, "does not fit"),
    ],
)  # fmt: skip
def test_a_value_that_the_register_does_not_take_is_refused(said, value, why):
    with pytest.raises(OutOfRange, match=why):
        register(**said, writable=True).written(value)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"bits": 16}, "bits"), ({"type": "f32", "bits": 1}, "no bits"), ({"kind": "coil", "bits": 0}, "one bit"),
        ({"kind": "coil", "type": "u32"}, "one bit"), ({"kind": "input", "writable": True}, "can be written"),
        ({"bits": 1, "writable": True}, "can be written"), ({"scale": 0.0}, "scale"), ({"at": 65535, "type": "u32"}, "65535"),
        ({"type": "bool"}, "bits"), ({"bits": (6, 4)}, "bits"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_meant_is_refused(said, why):
    with pytest.raises(ValueError, match=why):
        register(**said)


def test_neighbours_are_asked_for_together_and_no_request_is_longer_than_the_protocol_allows():
    asked = blocks([register(address=str(at), at=at) for at in (0, 1, 2, 10, 12, 300)])
    assert [(block.at, block.count) for block in asked] == [(0, 3), (10, 1), (12, 1), (300, 1)]
    assert [(block.at, block.count) for block in blocks([register(at=at) for at in (10, 12)], bridge=1)] == [(10, 3)]
    many = blocks([register(address=str(at), at=at) for at in range(1000)])
    assert max(block.count for block in many) == MOST["holding"]
    assert sum(len(block.registers) for block in many) == 1000


def test_a_register_inside_another_is_read_with_it():
    [block] = blocks([register(address="word", at=5, type="u32"), register(address="flag", at=5, bits=0)])
    assert [(one.address, value) for one, value in block.values([1, 2])] == [("flag", 1), ("word", 65538)]
