"""A reading belongs to a permit only when it can belong to nothing else."""

import pytest

from passages.match import Held, Kind, PermitBook, match, twins

BOOK = PermitBook([
    Held(1, "AB123CD", "FR"), Held(2, "AB125CD", "FR"), Held(3, "AB126CD", "FR"), Held(4, "GH456JK", "FR"),
    Held(5, "1234AB75", "FR"), Held(6, "HWR6677", "DE"), Held(7, "BS888BS", "FR"), Held(8, "GH456JK", "FR"),
])  # fmt: skip


def test_an_exact_plate_is_all_permits_that_have_it():
    found = match("GH456JK", BOOK)
    assert found.kind is Kind.EXACT
    assert [each.permit for each in found.found] == [4, 8]


@pytest.mark.parametrize(("read", "permit"), [("A8123CD", 1), ("ABI23CD", 1), ("GH4S6JK", 4), ("8S888BS", 7)])
def test_what_cannot_be_right_is_repaired_when_one_plate_is_left(read, permit):
    found = match(read, BOOK)
    assert found.kind is Kind.REPAIRED
    assert found.sure.permit == permit


@pytest.mark.parametrize(
    "read",
    [
        "AB128CD",  # a plate of its own, like three permits
        "AB124CD",
        "GH455JK",  # 5 for 6
        "MH456JK",  # no confusion at all
    ],
)
def test_a_plate_of_its_own_is_another_vehicle(read):
    assert match(read, BOOK).sure is None


def test_a_reading_that_may_be_two_plates_is_neither():
    book = PermitBook([Held(1, "AB103CD"), Held(2, "AB183CD")])
    found = match("AB1B3CD", book)
    assert found.kind is Kind.SEVERAL
    assert {each.permit for each in found.found} == {1, 2}
    assert match("AB1B3CD", PermitBook([Held(1, "AB103CD")])).sure is None  # the other exists, if without a permit


def test_a_lost_character_shows_the_permit_and_where_it_is_unsure():
    found = match("GH46JK", BOOK)
    assert found.kind is Kind.NEAR
    assert found.found[0].plate == "GH456JK"
    assert found.found[0].distance == pytest.approx(0.8)


def test_other_formats_are_never_repaired():
    assert match("HWR667T", BOOK).sure is None
    assert match("I234AB75", BOOK).sure is None
    assert match("I234AB75", BOOK).found[0].permit == 5


def test_a_plate_of_another_country_is_another_plate():
    assert match("HWR6677", BOOK, country="DE").kind is Kind.EXACT
    assert match("HWR6677", BOOK).kind is Kind.EXACT
    assert match("HWR6677", BOOK, country="PL").sure is None
    assert match("A8123CD", BOOK, country="IT").sure is None


def test_a_second_guess_is_shown_and_never_sure():
    found = match("ZZ999ZZ", BOOK, guesses=["GH456JK"])
    assert found.sure is None
    assert found.found[0].permit == 4


def test_an_unsure_character_costs_less():
    chars = [0.99, 0.99, 0.99, 0.99, 0.99, 0.2, 0.99]
    unsure = match("GH456XK", BOOK, chars=chars).found[0].distance
    assert unsure < match("GH456XK", BOOK).found[0].distance


def test_lorries_registered_one_after_the_other_are_twins():
    pairs = twins([Held(1, "AB125CD"), Held(2, "AB126CD"), Held(3, "XY777XY"), Held(1, "AB125CE")])
    assert [(one.plate, other.plate) for one, other, _ in pairs] == [("AB125CD", "AB126CD")]


def test_a_repaired_reading_of_a_twin_says_so():
    found = match("AB1Z5CD", PermitBook([Held(2, "AB125CD"), Held(3, "AB126CD")]))
    assert found.kind is Kind.REPAIRED
    assert found.sure.twin


@pytest.mark.parametrize("read", ["", "-", "É", "A", "A" * 12])
def test_what_is_no_plate_matches_nothing(read):
    assert match(read, BOOK).kind is Kind.NONE
