"""A recommendation is its facts, and nothing opens by the absence of an objection."""

import dataclasses
import datetime as dt
import itertools

import pytest

from passages.arrivals import consensus
from passages.match import Held, PermitBook, match
from passages.reads import Direction
from passages.recommendation import (
    Barrier,
    Holds,
    PermitView,
    Policy,
    Situation,
    Verdict,
    may_open_by_itself,
    recommend,
)
from passages.sentences import SENTENCES
from tests.passages.reading import heard

BOOK = PermitBook([Held(1, "AB123CD"), Held(2, "GH456JK"), Held(3, "GH455JK"), Held(4, "AB123CD")])
PERMIT = PermitView(1, "Dupont TP", Holds.YES, until="31/12/2026 18:00")


def _situation(*reads, book=BOOK, **known):
    together = consensus(reads or [heard("AB123CD", 0), heard("AB123CD", 1)])
    given = {
        "permits": (PERMIT,), "age": dt.timedelta(seconds=2), "gate_direction": Direction.IN, "barrier": Barrier.CLOSED,
        "barrier_stale": False, "barrier_age": dt.timedelta(seconds=3), **known,
    }  # fmt: skip
    return Situation(together, match(together.plate, book, chars=together.chars, guesses=together.guesses), **given)


def _codes(recommended):
    return [fact.code for fact in recommended.facts]


def test_a_known_contractor_is_opened_for():
    recommended = recommend(_situation())
    assert recommended.verdict is Verdict.OPEN
    assert recommended.permit == 1
    assert _codes(recommended)[0] == "permit_holds"
    assert recommended.by_itself


def test_facts_are_in_the_order_of_their_weight():
    recommended = recommend(_situation(ahead=2, refused_today=4, alarms=[("high", "Barrière en défaut", "Barrier fault")]))
    weights = [fact.weight for fact in recommended.facts]
    assert weights == sorted(weights, reverse=True)


@pytest.mark.parametrize("holds", [each for each in Holds if each is not Holds.YES])
def test_a_permit_that_does_not_hold_is_refused(holds):
    recommended = recommend(_situation(permits=(dataclasses.replace(PERMIT, holds=holds),)))
    assert recommended.verdict is Verdict.REFUSE
    assert recommended.permit is None


def test_of_two_permits_one_that_holds_is_enough():
    expired = dataclasses.replace(PERMIT, id=4, holds=Holds.EXPIRED)
    recommended = recommend(_situation(permits=(expired, PERMIT)))
    assert (recommended.verdict, recommended.permit) == (Verdict.OPEN, 1)


AGAINST = {
    "single_read": {},
    "barrier_fault": {"barrier": Barrier.FAULT},
    "barrier_unknown": {"barrier": Barrier.UNKNOWN, "barrier_age": None},
    "barrier_stale": {"barrier_stale": True},
    "barrier_open": {"barrier": Barrier.OPEN},
    "wrong_way": {"direction": Direction.OUT},
    "queue": {"ahead": 1},
    "already_inside": {"inside_since": dt.timedelta(hours=3)},
    "refused_before": {"refused_today": 3},
    "same_plate": {"same_plate": True},
    "parked": {"parked": True},
    "alarm": {"alarms": [("high", "Barrière forcée", "Barrier forced")]},
    "escort": {"permits": (dataclasses.replace(PERMIT, escort=True),)},
}


@pytest.mark.parametrize("code", sorted(AGAINST))
def test_each_objection_alone_asks_for_eyes(code):
    reads = [heard("AB123CD", 0)] if code == "single_read" else []
    recommended = recommend(_situation(*reads, **AGAINST[code]))
    assert recommended.verdict is Verdict.CHECK
    assert code in _codes(recommended)
    assert not recommended.by_itself


def test_what_was_kept_through_a_cut_never_opens():
    kept = [heard("AB123CD", at, retransmitted=True) for at in range(5)]
    recommended = recommend(_situation(*kept))
    assert recommended.verdict is Verdict.CHECK
    assert _codes(recommended)[0] == "retransmitted"


def test_one_sharp_read_is_recommended_and_never_acted_on_by_a_machine():
    recommended = recommend(_situation(heard("AB123CD", chars=(0.99,) * 7, confidence=0.99)))
    assert recommended.verdict is Verdict.OPEN
    assert not may_open_by_itself(recommended, Policy.AUTOMATIC, 0.5)


def test_a_repaired_read_is_recommended_and_never_acted_on_by_a_machine():
    recommended = recommend(_situation(heard("A8123CD", 0), heard("A8123CD", 1)))
    assert recommended.verdict is Verdict.OPEN
    assert not recommended.by_itself


def test_a_repaired_read_of_a_twin_is_looked_at():
    twins = PermitBook([Held(1, "AB125CD"), Held(2, "AB126CD")])
    recommended = recommend(_situation(heard("A8125CD", 0), heard("A8125CD", 1), book=twins))
    assert recommended.verdict is Verdict.CHECK
    assert "twin" in _codes(recommended)


def test_a_plate_without_a_permit_is_refused_once_it_is_well_read():
    assert recommend(_situation(heard("ZZ999ZZ", 0))).verdict is Verdict.CHECK
    assert recommend(_situation(heard("ZZ999ZZ", 0), heard("ZZ999ZZ", 1))).verdict is Verdict.REFUSE


def test_nobody_is_refused_for_what_was_not_read_yet():
    for age, code in ((1, "reading"), (9, "no_plate")):
        recommended = recommend(_situation(heard(""), age=dt.timedelta(seconds=age)))
        assert recommended.verdict is Verdict.CHECK
        assert _codes(recommended)[0] == code


def test_a_plate_of_an_unknown_format_is_refused_for_its_permit_not_for_its_form():
    foreign = PermitBook([Held(1, "38AAP084")])
    reads = [heard("38AAP084", 0), heard("38AAP084", 1)]
    recommended = recommend(_situation(*reads, book=foreign))
    assert recommended.verdict is Verdict.OPEN
    assert not recommended.by_itself


def test_a_machine_opens_above_its_threshold_and_where_it_may():
    recommended = recommend(_situation())
    assert may_open_by_itself(recommended, Policy.AUTOMATIC, 0.85)
    assert not may_open_by_itself(recommended, Policy.AUTOMATIC, 0.95)
    assert not may_open_by_itself(recommended, Policy.ASSISTED, 0.0)
    assert not may_open_by_itself(recommended, Policy.MANUAL, 0.0)


def test_no_combination_with_an_objection_opens():
    alone = [each for each in AGAINST.values() if each and "permits" not in each]
    for one, other in itertools.combinations(alone, 2):
        assert recommend(_situation(**{**one, **other})).verdict is not Verdict.OPEN


def test_hours_are_said_in_the_readers_language():
    permit = dataclasses.replace(PERMIT, holds=Holds.OUTSIDE_HOURS, hours=("lun–ven 07:00–18:00", "Mon–Fri 07:00–18:00"))
    fact = next(fact for fact in recommend(_situation(permits=(permit,))).facts if fact.code == "permit_outside_hours")
    assert "lun–ven" in fact.fr
    assert "Mon–Fri" in fact.en


def test_every_sentence_is_there_in_both_languages_and_names_no_plate():
    for fr, en in SENTENCES.values():
        assert fr
        assert en
        assert "plate}" not in fr + en
        assert fr.count("{") == en.count("{")
