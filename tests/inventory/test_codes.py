"""What spreadsheets do to a file is undone where that can be, and told where it cannot."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from assets import spreadsheets
from assets.inventory import codes, mapping
from assets.inventory.codes import Doubt
from assets.inventory.importer import apply_file, compare_file
from assets.models import Asset, Site

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
Write = Callable[[str | bytes], Path]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", "!"])
@pytest.mark.parametrize("head", ["sep={}\r\n", "sep={}\n", '"sep={}"\r\n', "\ufeffSEP={}\r", "sep={};;;\n"])
def test_a_first_line_names_the_delimiter_and_is_not_a_row(site: Site, write: Write, head: str, delimiter: str) -> None:
    cells = [["code", "name", "kind", "longitude", "latitude"], ["A1", "Porte", "door", "2.24", "48.89"], ["A2"]]
    text = head.format(delimiter) + "".join(delimiter.join(row) + "\n" for row in cells)
    comparison = compare_file(site, write(text), mapping.NATIVE)
    assert [(one.row, one.entry.code, one.entry.name) for one in comparison.diff.new] == [(3, "A1", "Porte")]
    assert [one.row for one in comparison.diff.refused] == [4]


def test_a_first_line_that_only_looks_so_is_a_row() -> None:
    assert [spreadsheets.named_delimiter(line) for line in ("sep=\n", "sep", "sep=ab\n", "separator=;\n", "a,sep=;")] == [""] * 5


@pytest.mark.parametrize(
    ("code", "doubt"),
    [
        *((code, Doubt.POWER) for code in ("1E+05", "1.23E+11", "1,23E+11", "1e-03", "4.5e16")),
        *(
            (code, Doubt.DATE)
            for code in ("03/01/2026", "3-janv", "3-Jan", "mars-03", "Mar-03", "2026-01-03", "1-déc.", "12-févr-26")
        ),
        ("2026-01-03 00:00:00", Doubt.DATE),
        *((code, Doubt.DECIMALS) for code in ("12.0", "12,00")),
        *((code, Doubt.ROUNDED) for code in ("1234567890123450", "123456789012345000")),
    ],
)
def test_a_code_that_a_spreadsheet_has_rewritten_is_told(code: str, doubt: Doubt) -> None:
    assert [(one.row, one.doubt) for one in codes.remarks([(2, code), (3, "LMP-7")])] == [(2, doubt)]


@pytest.mark.parametrize(
    "code",
    ["LMP-1", "12", "E05", "12E5", "DEC-01", "MAR-3", "EP-38865099-435848588", "CAM-C59.04", "1.2.3", "3-1", "A-janv", "été", ""],
)
def test_a_code_like_any_other_is_not(code: str) -> None:
    assert codes.remarks([(2, code)]) == []


def test_codes_that_nearly_are_another_one_are_told_with_it() -> None:
    found = codes.remarks([(2, "lmp-1"), (3, "LMP-1"), (4, "12"), (5, "cam-7"), (6, "LMP-10")], ["00012", "CAM-007", "cam-7"])
    assert [(one.row, one.doubt, one.fields["other"]) for one in found] == [
        (2, Doubt.CASE, "LMP-1"), (3, Doubt.CASE, "lmp-1"), (4, Doubt.ZEROS, "00012"), (5, Doubt.ZEROS, "CAM-007"),
    ]  # fmt: skip


def test_a_file_is_compared_with_what_the_site_has_already(site: Site, write: Write) -> None:
    head = "code,name,kind,longitude,latitude\n"
    apply_file(site, write(head + "00012,a,door,2.24,48.89\n"), mapping.NATIVE, now=NOW)
    compared = compare_file(site, write(head + "12,a,door,2.24,48.89\n1E+05,b,door,2.24,48.89\n"), mapping.NATIVE)
    assert [str(one.sentence) for one in compared.remarks] == [
        "“12” and “00012” differ only in leading zeros, which a spreadsheet drops",
        "“1E+05” is a number in powers of ten: a spreadsheet writes 100000 as 1E+05",
    ]
    assert Asset.objects.count() == 1


@pytest.mark.parametrize("cell", ["#NAME?", "#NOM?", "#NULL!"])
def test_a_cell_in_which_a_spreadsheet_failed_is_no_code(site: Site, write: Write, cell: str) -> None:
    compared = compare_file(site, write(f"code,kind,longitude,latitude\n{cell},door,2.24,48.89\n"), mapping.NATIVE)
    assert [one.sentence for one in compared.diff.refused] == ["it has no code"]
