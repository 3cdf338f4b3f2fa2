"""The frames of the live socket: cut to size without a gap, filtered by sector, and always JSON."""

import json

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from hypervisor import frames

SECTORS = (None, "nord", "nord/gare", "nord-est", "sud")


def row(id_: int, seq: int, path: str | None = None, size: int = 10) -> dict:
    sector = path and {"slug": path, "name": path, "path": path}
    return {"id": id_, "seq": seq, "sector": sector, "sentence": {"fr": "é—" * (size // 2), "en": ""}}


def line(seq: int, alarm: int | None, size: int = 10) -> dict:
    return {"seq": seq, "alarm": alarm, "text": {"fr": "…" * size, "en": ""}}


@st.composite
def changes(draw):
    """Lines first..last and the rows they left behind, some of an alarm that moved again later."""
    first = draw(st.integers(1, 1000))
    lines, last_of, gone = [], {}, set()
    for seq in range(first, first + draw(st.integers(1, 60))):
        alarm = draw(st.one_of(st.none(), st.integers(1, 12)))
        lines.append(line(seq, alarm, draw(st.integers(0, 8000))))
        if alarm is not None:
            last_of[alarm] = seq
    gone = draw(st.sets(st.sampled_from(sorted(last_of)))) if last_of else set()
    rows = [
        row(alarm, seq, draw(st.sampled_from(SECTORS)), draw(st.integers(0, 30_000)))
        for alarm, seq in last_of.items() if alarm not in gone
    ]  # fmt: skip
    return first, lines[-1]["seq"], rows, lines, gone


@given(changes())
def test_pages_cover_the_range_once_and_in_order_and_keep_every_row(change):
    first, last, rows, lines, _ = change
    told = [json.loads(f) for f in frames.entries(first, last, msgspec.json.encode(rows), msgspec.json.encode(lines))]
    reached = first - 1
    for page in told:
        assert page["from"] == reached + 1
        reached = page["to"]
        assert all(page["from"] <= each["seq"] <= reached for each in page["alarms"] + page["entries"])
    assert reached == last
    assert [each for page in told for each in page["entries"]] == lines
    assert sorted(each["id"] for page in told for each in page["alarms"]) == sorted(each["id"] for each in rows)


@given(changes())
def test_no_frame_is_larger_than_a_page_and_one_number(change):
    first, last, rows, lines, _ = change
    largest = max((len(msgspec.json.encode(each)) for each in rows + lines), default=0)
    for frame in frames.entries(first, last, msgspec.json.encode(rows), msgspec.json.encode(lines)):
        assert len(frame.encode()) <= frames.PAGE + 2 * largest + 200
        assert frame.encode() == str(frame).encode("utf-8")


@given(changes(), st.sets(st.sampled_from(["nord", "sud", "nord/gare"]), min_size=1))
def test_who_is_confined_sees_their_sectors_and_only_lines_that_speak_of_them(change, own):
    _, _, rows, lines, gone = change
    alarms, told = msgspec.json.encode(rows), msgspec.json.encode(lines)
    assert frames.spoken_of(alarms, told) == gone
    elsewhere = {alarm: SECTORS[alarm % len(SECTORS)] for alarm in gone}
    kept, said = map(json.loads, frames.within(tuple(own), alarms, told, elsewhere))

    def mine(path: str | None) -> bool:
        return path is not None and any(f"{path}/".startswith(f"{each}/") for each in own)

    seen = {each["id"] for each in rows if mine(each["sector"] and each["sector"]["path"])}
    assert [each["id"] for each in kept] == [each["id"] for each in rows if each["id"] in seen]
    seen |= {alarm for alarm, path in elsewhere.items() if mine(path)}
    assert said == [each for each in lines if each["alarm"] in seen]


def test_a_snapshot_is_paged_and_only_its_last_page_says_so():
    rows = [row(n, n, size=4000) for n in range(100)]
    pages = [json.loads(frame) for frame in frames.snapshot(100, rows)]
    assert [page["more"] for page in pages] == [True] * (len(pages) - 1) + [False]
    assert [each["id"] for page in pages for each in page["alarms"]] == list(range(100))
    assert {page["seq"] for page in pages} == {100}
    assert len(pages) > 2


def test_an_empty_snapshot_is_one_frame():
    assert [json.loads(frame) for frame in frames.snapshot(7, [])] == [
        {"type": "snapshot", "seq": 7, "more": False, "alarms": []}
    ]
