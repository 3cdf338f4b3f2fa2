"""What forbids a command: every kind of interlock against facts, each with a sentence in both languages."""

import pytest

from commands.interlocks import Facts, InterlockReading, Lockout, blocks
from commands.spec import Condition, LocalMode, OutOfService, Proof, Stale, Type, Unknown, Works
from commands.wording import Words

UNTIL = Words("28/11/2026 18:00", "2026-11-28 18:00")
STATE = ("asset", "barrier_state")
FRONT = ("attribute:opposing", "barrier_state")
FACING = Condition(
    of="attribute:opposing", quantity="barrier_state", codes=(1.0,), because=Words("Ouverte en face", "Open opposite")
)


def blocked(interlock, *, lockouts=(), **readings: InterlockReading) -> list[tuple[str, str]]:
    type_ = Type(
        kind="barrier", slug="open", name=Words("Ouvrir", "Open"), proof=Proof(quantity="barrier_state", codes=(1.0,)),
        interlocks=(interlock,),
    )  # fmt: skip
    places = {"state": STATE, "front": FRONT, "mode": ("asset", "control_mode")}
    facts = Facts(tuple(lockouts), {places[name]: (read,) for name, read in readings.items()})
    return [(each.reason.value, each.words.en) for each in blocks(type_, facts)]


@pytest.mark.parametrize(
    ("interlock", "facts", "expected"),
    [
        (Works(), {"lockouts": [Lockout("works", "câbles", UNTIL)]},
         [("lock_out_tag_out", "Works under way until 2026-11-28 18:00 (câbles).")]),
        (Works(), {"lockouts": [Lockout("out_of_service", "panne", UNTIL)]}, []),
        (OutOfService(), {"lockouts": [Lockout("out_of_service", "panne", UNTIL)]},
         [("out_of_service", "Out of service until 2026-11-28 18:00 (panne).")]),
        (Unknown(), {"state": InterlockReading(None, 0, 30)}, [("stale_state", "State unknown: never read.")]),
        (Unknown(), {"state": InterlockReading(5, 0, 30, silent=True)}, [("stale_state", "State unknown: its feed is silent.")]),
        (Unknown(), {"state": InterlockReading(5, 0, 30)}, []),
        (Unknown(), {}, [("stale_state", "State unknown: never read.")]),
        (Stale(), {"state": InterlockReading(89, 0, 10)}, []),
        (Stale(), {"state": InterlockReading(91, 0, 10)}, [("stale_state", "State unknown: last read 2 min ago.")]),
        (Stale(factor=10), {"state": InterlockReading(250, 0, 30)}, []),
        (LocalMode(quantity="control_mode", codes=(0.0,)), {"mode": InterlockReading(3, 0, 30)},
         [("blocked_by_mode", "The asset is in local mode.")]),
        (LocalMode(quantity="control_mode", codes=(0.0,)), {"mode": InterlockReading(3, 1, 30)}, []),
        (LocalMode(quantity="control_mode", codes=(0.0,)), {}, []),
        (FACING, {"front": InterlockReading(3, 1, 30, asset="B-2")}, [("blocked_by_interlock", "Open opposite (B-2).")]),
        (FACING, {"front": InterlockReading(3, 0, 30, asset="B-2")}, []),
        (FACING, {"front": InterlockReading(None, 0, 30, asset="B-2")}, [("stale_state", "“barrier state” is not known (B-2).")]),
        (FACING, {}, []),
    ],
)  # fmt: skip
def test_each_interlock_says_what_it_forbids(interlock, facts, expected):
    assert blocked(interlock, **facts) == expected


def test_a_type_of_its_own_says_all_that_forbids_it_in_its_order():
    type_ = Type(kind="lamp", slug="on", name=Words("Allumer", "On"), interlocks=(OutOfService(), Works()))
    both = Facts((Lockout("works", "a", UNTIL), Lockout("out_of_service", "b", UNTIL)))
    assert [each.reason.value for each in blocks(type_, both)] == ["out_of_service", "lock_out_tag_out"]
