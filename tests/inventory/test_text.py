"""Encodings, delimiters, headers and numbers as real files write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.inventory import text
from assets.inventory.failures import (
    BinaryFile,
    NotInEncoding,
    UnknownEncoding,
    UnsupportedEncoding,
    WrongEncoding,
)

FRENCH = "Année;Hôtel de Ville, près de l’Écusson;Réseau à 20 °C;Œuvre;Château d'Eau"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "cp850", "mac-roman"])
def test_the_encoding_of_french_text_is_told(encoding: str) -> None:
    words = FRENCH if encoding != "cp850" else FRENCH.replace("’", "'").replace("Œ", "O")
    decoded, found, certain = text.decode(words.encode(encoding), None)
    assert (decoded, found) == (words, encoding)
    assert certain == (encoding == "utf-8"), "only UTF-8 is certain: nothing else looks like it"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_settles_the_encoding_and_is_not_a_letter(encoding: str) -> None:
    decoded, _, certain = text.decode(FRENCH.encode(encoding), None)
    assert decoded == FRENCH
    assert certain


def test_a_utf8_file_declared_as_windows_is_refused_with_a_word_that_shows_it() -> None:
    with pytest.raises(WrongEncoding, match="“Année” would be read as “AnnÃ©e”"):
        text.decode(FRENCH.encode(), "windows-1252")


def test_a_windows_file_declared_as_utf8_is_refused_with_the_byte_and_the_line() -> None:
    with pytest.raises(NotInEncoding, match=r"byte 0xE9 on line 2 .* reads as Windows-1252"):
        text.decode(b"code;lieu\n1;Ann\xe9e\n", "utf-8")


def test_latin_1_and_windows_1252_pass_for_each_other_where_they_agree() -> None:
    assert text.decode("Hôtel".encode("cp1252"), "latin-1") == ("Hôtel", "iso8859-1", True)


def test_latin_1_is_refused_where_windows_1252_has_signs_that_it_lacks() -> None:
    with pytest.raises(WrongEncoding):
        text.decode("l’Hôtel à 3 €".encode("cp1252"), "latin-1")


def test_a_broken_utf8_file_is_refused_rather_than_read_as_something_else() -> None:
    with pytest.raises(UnknownEncoding, match="byte 0xFF on line 2"):
        text.decode("Année à côté des élèves\n".encode() + b"\xff\xfe\n", None)


@pytest.mark.parametrize("data", [b"PK\x03\x04\0\0", b"code,name\n1,a\0b\n"])
def test_a_file_with_nul_bytes_is_no_text(data: bytes) -> None:
    with pytest.raises(BinaryFile):
        text.decode(data, None)


@pytest.mark.parametrize("name", ["klingon", "utf-7", "base64"])
def test_an_encoding_we_do_not_read_is_refused_by_name(name: str) -> None:
    with pytest.raises(UnsupportedEncoding):
        text.decode(b"x", name)


@given(st.binary(max_size=300))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded, encoding, _ = text.decode(data, None)
    except (BinaryFile, UnknownEncoding):
        return
    assert encoding in text.ENCODINGS
    assert "\0" not in decoded


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        ("CAR_LIEU,C,254;CAR_ANNEE,N,4,0;X,N,19,8\nPasserelle;1999;767686,3955\nLibre;2004;766830,9042\n", ";"),
        ('"ID","NOM,C,30","X"\n1,"Rue, du Pont","3,87"\n2,Quai,"3,88"\n', ","),
        ("code\tname\n1\ta, b; c\n", "\t"),
        ("code|name\n1|a\n", "|"),
    ],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(head: str, delimiter: str) -> None:
    assert text.detect_delimiter(head) == delimiter


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Nom,C,254", "Nom"),
        ("POINT_X,N,19,8", "POINT_X"),
        (" ID ", "ID"),
        ("Rue, ville", "Rue, ville"),
        ("F05_DATE,C,16", "F05_DATE"),
    ],
)
def test_dbase_types_are_no_part_of_a_column_name(cell: str, name: str) -> None:
    assert text.plain_header(cell) == name


@pytest.mark.parametrize("cell", ["", "  ", "#N/A", "#N/D", "NULL", "#VALEUR!", " #N/A "])
def test_what_spreadsheets_write_for_nothing_is_nothing(cell: str) -> None:
    assert text.tidy(cell) == ""


def test_tidy_text_is_one_composed_line() -> None:
    assert text.tidy(" Cafe\u0301\n de  la\tGare\u00a0") == "Café de la Gare"


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [
        ("3,87925827808276", ",", 3.87925827808276),
        ("1 234 567,5", ",", 1234567.5),
        ("1\u202f234,5", ",", 1234.5),
        ("-12.5e-1", ".", -1.25),
        ("−3", ".", -3.0),
        (".5", ".", 0.5),
    ],
)
def test_numbers_are_read_as_people_write_them(cell: str, decimal: str, value: float) -> None:
    assert text.number(cell, decimal) == value


@pytest.mark.parametrize("cell", ["", "nan", "inf", "1e999", "1_000", "0x10", "١٢", "1,2,3", "1.2.3", "--1", "12a", "1,5"])
def test_what_is_no_number_is_none(cell: str) -> None:
    assert text.number(cell, ".") is None


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from([".", ","]))
def test_every_finite_float_survives_its_writing(value: float, decimal: str) -> None:
    assert text.number(repr(value).replace(".", decimal), decimal) == value


@given(st.lists(st.text(alphabet="0123456789.,-+e _\u0663", max_size=8), max_size=6), st.sampled_from([".", ","]))
def test_the_quick_way_through_a_column_agrees_with_the_careful_one(cells: list[str], decimal: str) -> None:
    quick = text.plain_numbers(cells, decimal)
    if quick is not None:
        careful = [text.number(cell, decimal) if cell else math.nan for cell in cells]
        assert [repr(value) for value in quick] == [repr(value) for value in careful]
