"""Intake, without any engine: whatever was sent is accepted, unknown or rejected with a reason, and nothing else happens."""

import contextlib
import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.feeds import decode, instants, intake
from assets.feeds.forms import json as json_form
from assets.feeds.forms import lines

NOW = instants.from_datetime(datetime(2026, 11, 22, 9, tzinfo=UTC))
BOOK = intake.FeedBook({"lamp-1": 1, "lamp-2": 2, "lamp-1/state": 3}, {3: intake.labels({"0": "éteint", "1": "allumé"})}, {})

UNREADABLE = {
    b"": "Input data was truncated",
    b"[]": "Expected `object`, got `array`",
    b"{}": "missing required field `readings`",
    b'{"readings": 3}': "Expected `array`, got `int`",
    b'{"readings": [{"address": "a", "value": 1}': "truncated",
    b'{"readings": [}': "malformed",
    b'{"readings": [\xff]}': "malformed",
    b'{"readings": [NaN}': "malformed",
    b'{"readings": ' + b"[" * 200_000: "nested too deeply",
    b'{"readings": [' + b'{"x":' * 100_000: "nested too deeply",
    b'{"readings": [NaN, ' + b"[" * 100_000: "nested too deeply",
    b"\x00" * 1000: "malformed",
    b"null": "Expected `object`, got `null`",
    b'{"readings": [' + b"0," * 3_000_000 + b"0]}": "send smaller batches",
}


@pytest.mark.parametrize("body", UNREADABLE, ids=range(len(UNREADABLE)))
def test_a_body_that_cannot_be_read_says_what_is_wrong(body: bytes) -> None:
    with pytest.raises(decode.Malformed, match=UNREADABLE[body]):
        json_form.read(body)


WRONG = {
    b'{"address": "lamp-1", "value": NaN}': "value is not a number (NaN)",
    b'{"address": "lamp-1", "value": -Infinity}': "value is infinite or beyond 1e18",
    b'{"address": "lamp-1", "value": 1e400}': "value is infinite or beyond 1e18",
    b'{"address": "lamp-1", "value": 1e19}': "value is infinite or beyond 1e18",
    b'{"address": "lamp-1", "value": ' + b"9" * 5000 + b"}": "value is infinite or beyond 1e18",
    b'{"address": "lamp-1", "value": null}': "value is null",
    b'{"address": "lamp-1", "value": "12.5"}': "value is a text and the point has no codes",
    b'{"address": "lamp-1/state", "value": "on"}': "is not one of the point's codes",
    b'{"address": "lamp-1", "value": [1]}': "got `array`",
    b'{"address": "lamp-1"}': "missing required field `value`",
    b'{"value": 1}': "missing required field `address`",
    b'{"address": 7, "value": 1}': "Expected `str`, got `int`",
    b'{"address": "", "value": 1}': "address is empty",
    b'{"address": "a\\u0000b", "value": 1}': "control characters",
    b'{"address": "a\xff", "value": 1}': "not UTF-8",
    b'{"address": "\\ud800", "value": 1}': "address has control characters",
    b'{"address": "' + b"a" * 201 + b'", "value": 1}': "longer than 200 characters",
    b'{"address": "lamp-1", "value": 1, "at": "2026-11-22T08:00:00"}': "no offset",
    b'{"address": "lamp-1", "value": 1, "at": "1970-01-01T00:00:00Z"}': "before 1990",
    b'{"address": "lamp-1", "value": 1, "at": "9999-12-31T23:59:59Z"}': "in the future",
    b'{"address": "lamp-1", "value": 1, "at": "2026-11-22T09:05:01Z"}': "in the future",
    b'{"address": "lamp-1", "value": 1, "at": "yesterday"}': "not an RFC 3339 time",
    b'{"address": "lamp-1", "value": 1, "at": "2026-02-30T00:00:00Z"}': "not an RFC 3339 time",
    b'{"address": "lamp-1", "value": 1, "at": 1e300}': "since 1970",
    b'{"address": "lamp-1", "value": 1, "at": true}': "got `bool`",
    b'{"address": "lamp-1", "value": 1, "quality": "superb"}': "quality is not good, uncertain or bad",
    b'{"address": "lamp-1", "value": 1, "quality": 3}': "quality is not good, uncertain or bad",
    b'"lamp-1"': "Expected `object`, got `str`",
    b"null": "Expected `object`, got `null`",
}


@pytest.mark.parametrize(
    "item", [item for item in WRONG if b"NaN" not in item and b"Infinity" not in item], ids=range(len(WRONG) - 2)
)
def test_a_wrong_line_is_told_with_its_reason_and_the_good_ones_are_kept(item: bytes) -> None:
    assert_told(lines.read(b'{"address": "lamp-2", "value": 1}\n' + item), 1, WRONG[item])


@pytest.mark.parametrize("item", [item for item in WRONG if b"ud800" not in item], ids=range(len(WRONG) - 1))
def test_a_wrong_reading_is_told_with_its_reason_and_the_good_ones_are_kept(item: bytes) -> None:
    good = b'{"address": "lamp-2", "value": 1}'
    assert_told(json_form.read(b'{"readings": [' + good + b", " + item + b", " + good + b"]}"), 2, WRONG[item])


def assert_told(batch: intake.Batch, accepted: int, reason: str) -> None:
    taken = intake.take_in(batch, BOOK, NOW)
    assert (taken.accepted, taken.unknown_count, taken.refusals.count) == (accepted, 0, 1)
    [told] = taken.refusals.told
    assert told.index == 1
    assert reason in told.reason


def test_what_may_be_left_out_has_a_meaning() -> None:
    batch = json_form.read(b'{"readings": [{"address": "lamp-1", "value": true}, {"address": "lamp-1", "value": 2, "at": null}]}')
    taken = intake.take_in(batch, BOOK, NOW).readings
    assert taken.value.tolist() == [1, 2]
    assert taken.at.tolist() == [NOW, NOW]
    assert taken.quality.tolist() == [0, 0]
    assert taken.received.tolist() == [NOW, NOW]


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-22T08:00:00Z", "2026-11-22T08:00:00+00:00", "2026-11-22T09:00:00+01:00", "2026-11-22T02:30:00-05:30",
        "2026-11-22T08:00:00.000Z", "2026-11-22T08:00:00.000000000Z", "2026-11-22 08:00:00Z", "2026-11-22T08:00Z",
        1795334400, 1795334400.0, 1795334400000, 1795334400000000,
    ],
)  # fmt: skip
@pytest.mark.parametrize("count", [1, 100])
def test_one_instant_has_many_spellings(at: str | float, count: int) -> None:
    assert instants.column([at] * count, NOW).tolist() == [1795334400000000] * count


zones = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=zones)  # noqa: DTZ001
texts = st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", fullmatch=True)
times = moments.map(datetime.isoformat) | texts | st.floats(allow_nan=False) | st.none()


@given(st.lists(times, max_size=20) | st.lists(moments.map(datetime.isoformat), min_size=16, max_size=20))
def test_a_column_of_times_says_what_each_time_says_alone(ats: list[str | float | None]) -> None:
    alone = [instants._or_unreadable(at, NOW) for at in ats]
    assert instants.column(ats, NOW).tolist() == alone


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
nearly_readings = st.fixed_dictionaries(
    {}, optional={
        "address": st.sampled_from(["lamp-1", "lamp-2", "lamp-1/state", "lamp-9"]) | st.text(max_size=5) | json_values,
        "value": st.floats() | st.sampled_from(["Allumé", "allumé ", "x"]) | json_values,
        "at": times | json_values,
        "quality": st.sampled_from(["good", "bad", 0, 1, 2, 3]) | json_values,
    },
)  # fmt: skip


@given(st.lists(nearly_readings | json_values, max_size=30), st.booleans())
def test_what_was_accepted_unknown_and_rejected_add_up_to_what_was_sent(sent: list[object], as_lines: bool) -> None:
    if as_lines:
        body = b"\n".join(json.dumps(one).encode() for one in sent)
        batch = lines.read(body)
    else:
        batch = json_form.read(json.dumps({"readings": sent}).encode())
    taken = intake.take_in(batch, BOOK, NOW)
    assert taken.accepted + taken.unknown_count + taken.refusals.count == len(sent)
    assert len(taken.refusals.told) == min(taken.refusals.count, intake.TOLD)
    assert all(told.reason and 0 <= told.index < len(sent) for told in taken.refusals.told)
    assert sum(seen for seen, _ in taken.unknown.values()) == taken.unknown_count
    assert np.isfinite(taken.readings.value).all()


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_named_malformed(body: bytes) -> None:
    with contextlib.suppress(decode.Malformed):
        json_form.read(body)
    lines.read(body)


item = st.builds(
    intake.Item, address=st.sampled_from(["lamp-1", "lamp-1/state"]), value=st.none() | st.floats() | st.booleans() | st.text(),
    at=times, quality=st.none() | st.text(max_size=3) | st.integers(-1, 4),
)  # fmt: skip


@given(st.lists(item, max_size=20))
def test_an_item_is_kept_exactly_when_there_is_no_reason_against_it(items: list[intake.Item]) -> None:
    taken = intake.take_in(intake.Batch(items), BOOK, NOW)
    reasons = [intake.why_not(one, BOOK, NOW)[0] for one in items]
    assert taken.accepted == reasons.count("")
    assert [told.reason for told in taken.refusals.told] == [reason for reason in reasons if reason][: intake.TOLD]


def test_unknown_addresses_are_gathered_with_their_last_value() -> None:
    items = [intake.Item("new", value) for value in (1.0, "on", True)] + [
        intake.Item(f"n{number}", 1.0) for number in range(2000)
    ]
    taken = intake.take_in(intake.Batch(items), BOOK, NOW)
    assert taken.unknown["new"] == (3, "True")
    assert taken.unknown_count == 2003
    assert len(taken.unknown) == intake.UNKNOWN_KEPT


def test_the_clock_of_a_supervisor_may_be_five_minutes_ahead() -> None:
    ahead = [NOW + instants.FUTURE, NOW + instants.FUTURE + 1]
    taken = intake.take_in(intake.Batch([intake.Item("lamp-1", 1.0, at) for at in ahead]), BOOK, NOW)
    assert taken.accepted == 1


def test_of_a_batch_none_of_which_can_be_used_the_clock_is_told_when_it_is_at_fault() -> None:
    book, minute = intake.FeedBook({"a": 1, "b": 2}, {}, {}), 60_000_000

    def told(*items: intake.Item) -> tuple[int | None, dict[int, int]]:
        taken = intake.take_in(intake.Batch(list(items)), book, NOW)
        return taken.clock, dict(taken.ahead)

    ahead, further = (intake.Item("a", 1.0, float(NOW + minutes * minute)) for minutes in (7, 9))
    assert told(further, ahead) == (9 * minute, {1: 9 * minute})
    assert told(ahead, intake.Item("b", 1.0)) == (None, {1: 7 * minute})
    assert told(intake.Item("a", 1.0, 0.0)) == (-NOW, {1: -NOW})
    assert told(intake.Item("a", None), intake.Item("z", 1.0)) == (0, {})
    assert told(intake.Item("a", 1.0, "yesterday"), intake.Item("z", 1.0, float(NOW + 9 * minute))) == (0, {})
    assert told(intake.Item("b", 1.0)) == (None, {})
    assert told() == (None, {})


def test_duplicates_and_late_readings_are_kept_in_the_order_sent() -> None:
    week = timedelta(days=7) // timedelta(microseconds=1)
    items = [intake.Item("lamp-1", float(number), at) for number, at in enumerate([NOW, NOW, NOW - week])]
    readings = intake.take_in(intake.Batch(items), BOOK, NOW).readings
    assert readings.at.tolist() == [NOW, NOW, NOW - week]
    assert readings.value.tolist() == [0, 1, 2]


def test_an_item_as_sent_is_small_and_typed() -> None:
    assert msgspec.json.decode(b'{"address": "a", "value": 1, "more": {}}', type=intake.Item) == intake.Item("a", 1.0)
