"""Reads of one vehicle come together, and what most of them say is what was read."""

import random

import pytest

from passages.arrivals import Near, consensus, of
from passages.reads import Direction
from tests.passages.reading import SECOND, heard


def _near(id, *, keys=(), plate="AB123CD", last=0.0, direction=Direction.UNKNOWN):
    return Near(id, frozenset(keys), plate, 1_700_000_000 * SECOND + round(last * SECOND), direction)


def test_the_readers_own_key_comes_first():
    passages = [_near(1, keys={(1, "a")}, plate="XX999XX"), _near(2, keys={(1, "b")}, last=1)]
    assert of(heard("AB123CD", 60, arrival="a"), passages) == 1  # late, and read otherwise before


def test_the_same_key_of_another_reader_is_another_vehicle():
    assert of(heard("ZZ111ZZ", 1, reader=2, arrival="a"), [_near(1, keys={(1, "a")})]) is None


def test_without_a_key_likeness_within_eight_seconds_tells():
    assert of(heard("AB128CD", 7), [_near(1)]) == 1
    assert of(heard("AB123CD", 9), [_near(1)]) is None
    assert of(heard("GH456JK", 1), [_near(1)]) is None


def test_ways_that_contradict_are_two_vehicles():
    passages = [_near(1, direction=Direction.IN)]
    assert of(heard("AB123CD", 1, direction=Direction.OUT), passages) is None
    assert of(heard("AB123CD", 1, direction=Direction.UNKNOWN), passages) == 1


def test_a_reader_that_tells_vehicles_apart_is_believed():
    assert of(heard("AB123CD", 1, arrival="b"), [_near(1, keys={(1, "a")})]) is None


def test_two_readers_of_one_gate_see_one_vehicle():
    assert of(heard("AB123CD", 1, reader=2, arrival="z"), [_near(1, keys={(1, "a")})]) == 1


def test_what_was_kept_through_a_cut_joins_nothing_of_now():
    assert of(heard("AB123CD", 1, retransmitted=True), [_near(1)]) is None


def test_most_outrank_the_surest():
    agreed = consensus([
        heard("AB123CD", 0, confidence=0.6), heard("AB123CD", 1, confidence=0.6), heard("AB128CD", 2, confidence=1.0),
    ])  # fmt: skip
    assert (agreed.plate, agreed.agreement, agreed.reads) == ("AB123CD", 2, 3)
    assert agreed.guesses[0] == "AB128CD"


def test_groups_of_likeness_outrank_what_is_repeated_elsewhere():
    reads = [heard(plate, at) for at, plate in enumerate(["AB123CD", "AB128CD", "AB123CD", "ZZ999ZZ", "ZZ999ZZ"])]
    assert consensus(reads).plate == "AB123CD"


def test_what_cannot_be_right_votes_for_what_it_stands_for():
    agreed = consensus([heard("A8123CD", 0), heard("AB123CD", 1)])
    assert (agreed.plate, agreed.agreement) == ("AB123CD", 2)


def test_one_read_sent_again_and_again_is_one_read():
    again = [heard("AB123CD", 0)] * 5
    assert consensus(again).agreement == 1


def test_previews_and_what_was_kept_are_not_of_now():
    agreed = consensus([heard("AB123CD", 0, preview=True), heard("AB123CD", 1, retransmitted=True), heard("AB123CD", 2)])
    assert (agreed.agreement, agreed.live) == (3, 1)


def test_a_read_sharp_on_every_character_is_known():
    assert consensus([heard("AB123CD", chars=(0.99,) * 7)]).sharp
    assert not consensus([heard("AB123CD", chars=(0.99,) * 6 + (0.7,))]).sharp


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_arrival_does_not_count(seed):
    reads = [heard(plate, at) for at, plate in enumerate(["AB123CD", "AB128CD", "", "A8123CD", "GH456JK"])]
    shuffled = random.Random(seed).sample(reads, len(reads))
    assert consensus(shuffled) == consensus(reads)


def test_no_plate_at_all_is_no_consensus():
    assert consensus([heard(""), heard("--")]).plate == ""
