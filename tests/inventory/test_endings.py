"""Every comparison and import comes to an end that is recorded, whatever the file holds and whatever is raised."""

import datetime as dt
import gzip
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.inventory import mapping, runs, table
from assets.inventory.failures import InventoryFailure, RecordTooLong
from assets.models import Asset, ImportRun, Site

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
PLAIN = "code,name,kind,longitude,latitude\nL-1,Été,lamp,2.24,48.89\n"
Write = Callable[[str | bytes], Path]


def ended(site: Site, path: Path, use: mapping.Mapping = mapping.NATIVE) -> ImportRun:
    run = runs.compare(runs.Order(site, path, use), clock=lambda: NOW)
    stored = ImportRun.objects.get(pk=run.pk)
    assert stored.finished_at == NOW
    return stored


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
def test_a_file_in_any_unicode_is_read_with_its_mark_or_without(site: Site, write: Write, codec: str) -> None:
    run = ended(site, write(PLAIN.encode(codec)))
    assert (run.state, run.new) == (ImportRun.State.COMPARED, 1)
    assert run.details["new"][0]["name"] == "Été"


def test_excels_unicode_text_is_read_with_its_tabs_and_commas(site: Site, write: Write) -> None:
    text = PLAIN.replace(",", "\t").replace(".", ",").replace("\n", "\r\n")
    run = ended(site, write(text.encode("utf-16")))
    assert (run.new, run.details["new"][0]["longitude"]) == (1, 2.24)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (PLAIN.encode("utf-16") + b"x", "begins as UTF-16, but byte"),
        (b"\xef\xbb\xbfcode\n\xe9\n", "begins as UTF-8, but byte 0xE9 on line 2"),
        (PLAIN.encode().replace(b"Lamp", b"L\0mp").replace(b"lamp", b"la\0mp"), "NUL bytes"),
        (gzip.compress(PLAIN.encode(), mtime=0), "a gzip archive"),
        (b"PK\x03\x04" + b"x" * 50, "a ZIP archive or a workbook"),
        (b"%PDF-1.7\n" + PLAIN.encode(), "a PDF document"),
        (b"\xff\xfe", "holds no row"),
        (b"sep=;\r\n", "holds no row"),
        (b"\n\n\n", "holds no row"),
        (b'"' * 4001, "cannot be read past line"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_name(site: Site, write: Write, content: bytes, said: str) -> None:
    run = ended(site, write(content))
    assert (run.state, said in run.message) == (ImportRun.State.REFUSED, True), run.message


def test_a_file_in_utf_16_that_is_declared_as_windows_is_refused_and_its_words_are_stored(site: Site, write: Write) -> None:
    declared = mapping.check({"encoding": "cp1252", "fields": {"longitude": "longitude", "latitude": "latitude"}})
    run = ended(site, write(PLAIN.encode("utf-16")), declared)
    assert run.state == ImportRun.State.REFUSED
    assert "Windows-1252, but the file is in UTF-16: “code" in run.message


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\n\n"])
def test_line_ends_may_be_mixed(site: Site, write: Write, end: str) -> None:
    rows = f"code,kind,longitude,latitude\r\nA,lamp,2.24,48.89{end}B,lamp,2.24,48.89\rC,lamp,2.24,48.89\n\r\nD,lamp,2.24,48.89"
    assert ended(site, write(rows)).new == 4


@pytest.mark.parametrize("filling", [b",", b"a", b'"\n",', b";a"])
def test_a_row_of_50_mb_is_refused_at_once(filling: bytes) -> None:
    data = b"code,kind,longitude,latitude\nA,lamp,2.24,48.89\n" + filling * (50_000_000 // len(filling))
    began = time.process_time()
    with pytest.raises(InventoryFailure):
        table.parse(data, mapping.NATIVE)
    assert time.process_time() - began < 10


def test_a_row_too_long_is_told_with_the_line_on_which_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "LONGEST_RECORD", 100)
    assert len(table.parse(b"a,b\n" + b"1,2\n" * 90, mapping.NATIVE)) == 90
    with pytest.raises(RecordTooLong, match="begins on line 3"):
        table.parse(b"a,b\n1,2\n3," + b"x" * 100, mapping.NATIVE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    head=st.sampled_from([b"", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"\xef\xbb\xbf", b"sep=;\n"]),
    body=st.one_of(
        st.binary(max_size=200),
        st.text(max_size=80).map(lambda text: PLAIN + text).map(lambda text: text.encode("utf-16-le", "surrogatepass")),
    ),
)
def test_whatever_is_sent_ends(site: Site, tmp_path: Path, head: bytes, body: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(head + body)
    ended(site, path)


def test_a_comparison_that_fails_for_a_mistake_of_ours_ends_too(
    site: Site, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mistake(Exception):
        pass

    def broken(*_: object) -> None:
        raise Mistake("\0")

    monkeypatch.setattr(runs, "compare_file", broken)
    with pytest.raises(Mistake):
        runs.compare(runs.Order(site, write(PLAIN), mapping.NATIVE), clock=lambda: NOW)
    assert ImportRun.objects.get().state == ImportRun.State.FAILED
    assert ImportRun.objects.get().finished_at == NOW


def test_a_run_whose_worker_was_killed_is_ended_and_one_under_way_is_not(site: Site, write: Write) -> None:
    order = runs.Order(site, write(PLAIN), mapping.NATIVE)
    lost = runs.announce(order, ImportRun.State.COMPARED, lambda: NOW - runs.LONGEST - dt.timedelta(minutes=1))
    under_way = runs.announce(order, ImportRun.State.RUNNING, lambda: NOW - dt.timedelta(minutes=20))
    assert runs.end_lost(lambda: NOW) == 1
    lost.refresh_from_db()
    under_way.refresh_from_db()
    assert (lost.state, lost.finished_at, "begin again" in lost.message) == (ImportRun.State.FAILED, NOW, True)
    assert under_way.finished_at is None
    assert not Asset.objects.exists()
