"""Plates as text: normal forms, formats, and what a wrong character may stand for."""

import pytest

from passages import plates


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("ab-123-cd", "AB123CD"), (" TÖL HH 12 ", "TOLHH12"), ("AB·123·CD 75", "AB123CD75"), ("京A12345", "A12345"),
        ("ＡＢ１２３", "AB123"), ("", ""), ("---", ""), ("A" * 40, "A" * 12),
    ],
)  # fmt: skip
def test_a_plate_has_one_normal_form(raw, normal):
    assert plates.normalised(raw) == normal


@pytest.mark.parametrize(
    ("plate", "country", "name"),
    [
        ("AB123CD", "FR", "SIV"), ("AB123CD", "", "SIV"), ("WW123AB", "FR", "WW"), ("SS123AB", "FR", ""),
        ("AB000CD", "FR", ""), ("AI123CD", "FR", ""), ("AB123CD", "IT", "IT"), ("1234AB75", "FR", "FNI"),
        ("12AB2A", "FR", "FNI"), ("1234AB99", "FR", ""), ("101CD1234", "FR", "diplomatic"), ("1234BCD", "ES", "ES"),
        ("1ABC234", "BE", "BE"), ("GE123456", "CH", "CH"), ("C00D", "", ""), ("38AAP084", "TR", ""),
    ],
)  # fmt: skip
def test_formats_are_told_by_country(plate, country, name):
    assert plates.format_of(plate, country) == name


@pytest.mark.parametrize(
    ("said", "code"),
    [("DEU", "DE"), ("fr", "FR"), ("eu-fr", "FR"), ("us-mo", "US"), ("46", ""), ("", ""), ("uk", "GB"), ("Frankreich", "")],
)
def test_readers_name_countries_in_many_ways(said, code):
    assert plates.country_code(said) == code


@pytest.mark.parametrize(
    ("read", "may_be"),
    [
        ("A8123CD", ["AB123CD"]),
        ("ABI23CD", ["AB123CD"]),
        ("AB123C5", ["AB123CS"]),
        ("AB1B3CD", ["AB103CD", "AB183CD"]),
        ("A0123CD", ["AB123CD", "AD123CD", "AG123CD", "AQ123CD"]),
        ("AB123CD", []),  # nothing is wrong with it: it is a plate of its own
        ("AB12CD", []),
        ("A3123CD", []),  # a 3 is taken for no letter
    ],
)
def test_a_character_of_the_wrong_type_stands_for_what_is_taken_for_it(read, may_be):
    assert plates.possible(read) == may_be
