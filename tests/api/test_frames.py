"""The frames of the live socket: cut to size without a gap, filtered by sector, and always JSON."""

import json
from operator import itemgetter

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from hypervisor import frames
from journal.lines import Lines
from journal.nouns import Noun

SECTORS = (None, "nord", "nord/gare", "nord-est", "sud")


class Thing(Noun):
    """Whose rows say where they lie; of those that have none here `elsewhere` does."""

    def __init__(self, name: str, elsewhere: dict[int, str | None]) -> None:
        super().__init__(name)
        self._elsewhere = elsewhere

    def by_id(self, ids):
        return []

    def open_rows(self, site, sectors):
        return []

    def places(self, ids):
        return {id_: self._elsewhere[id_] for id_ in ids}


def row(id_: int, seq: int, path: str | None = None, size: int = 10) -> dict:
    sector = path and {"slug": path, "name": path, "path": path}
    return {"id": id_, "seq": seq, "sector": sector, "sentence": {"fr": "é—" * (size // 2), "en": ""}}


def line(seq: int, alarm: int | None, size: int = 10) -> dict:
    return {"seq": seq, "about": {"alarm": [alarm]} if alarm else {"feed": [1]}, "text": {"fr": "…" * size, "en": ""}}


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


def by_noun(rows: list[dict]) -> dict[str, bytes]:
    return {noun: msgspec.json.encode(rows) for noun in ("alarm", "incident")}


@given(changes())
def test_pages_cover_the_range_once_and_in_order_and_keep_every_row(change):
    first, last, rows, lines, _ = change
    told = [json.loads(f) for f in frames.entries(first, last, msgspec.json.encode(lines), by_noun(rows))]
    reached = first - 1
    for page in told:
        assert page["from"] == reached + 1
        reached = page["to"]
        assert all(page["from"] <= each["seq"] <= reached for each in [*page["rows"].get("alarm", ()), *page["entries"]])
    assert reached == last
    assert [each for page in told for each in page["entries"]] == lines
    for noun in ("alarm", "incident"):
        told_of = [each for page in told for each in page["rows"].get(noun, ())]
        assert sorted(told_of, key=itemgetter("id")) == sorted(rows, key=itemgetter("id"))


@given(changes())
def test_no_frame_is_larger_than_a_page_and_one_number(change):
    first, last, rows, lines, _ = change
    largest = max((len(msgspec.json.encode(each)) for each in rows + lines), default=0)
    for frame in frames.entries(first, last, msgspec.json.encode(lines), by_noun(rows)):
        assert len(frame.encode()) <= frames.PAGE + 3 * largest + 200
        assert frame.encode() == str(frame).encode("utf-8")


@given(changes(), st.sets(st.sampled_from(["nord", "sud", "nord/gare"]), min_size=1))
def test_who_is_confined_sees_their_sectors_and_only_lines_that_speak_of_them(change, own):
    _, _, rows, lines, gone = change
    elsewhere = {alarm: SECTORS[alarm % len(SECTORS)] for alarm in gone}
    encoded, told = [Raw(msgspec.json.encode(each)) for each in rows], Lines(1, 1, 1, msgspec.json.encode(lines))
    shown = Thing("alarm", elsewhere).within(tuple(own), encoded, told)
    kept = [json.loads(bytes(raw)) for raw in shown.rows]
    said = json.loads(told.readable({"alarm": shown.readable}))

    def mine(path: str | None) -> bool:
        return path is not None and any(f"{path}/".startswith(f"{each}/") for each in own)

    seen = {each["id"] for each in rows if mine(each["sector"] and each["sector"]["path"])}
    assert [each["id"] for each in kept] == [each["id"] for each in rows if each["id"] in seen]
    seen |= {alarm for alarm, path in elsewhere.items() if mine(path)}
    assert said == [each for each in lines if seen & {*each["about"].get("alarm", ())}]


def test_a_row_of_another_number_goes_with_the_end():
    lines, old = [line(seq, 1, 4000) for seq in range(10, 60)], row(7, 3)
    *pages, end = [json.loads(frame) for frame in frames.entries(10, 59, msgspec.json.encode(lines), by_noun([old]))]
    assert pages
    assert all(page["rows"] == {} for page in pages)
    assert end["rows"] == {"alarm": [old], "incident": [old]}


def test_a_snapshot_is_paged_and_only_its_last_page_says_so():
    rows = {"alarm": [row(n, n, size=4000) for n in range(100)], "incident": [row(n, n) for n in range(3)]}
    pages = [json.loads(frame) for frame in frames.snapshot(100, rows)]
    assert [page["more"] for page in pages] == [True] * (len(pages) - 1) + [False]
    for noun, its in rows.items():
        assert [each for page in pages for each in page["rows"].get(noun, ())] == its
    assert {page["seq"] for page in pages} == {100}
    assert len(pages) > 2


def test_an_empty_snapshot_is_one_frame():
    assert [json.loads(frame) for frame in frames.snapshot(7, {"alarm": []})] == [
        {"type": "snapshot", "version": 2, "seq": 7, "more": False, "rows": {}}
    ]
