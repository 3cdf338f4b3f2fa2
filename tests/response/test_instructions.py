"""Instructions hold from a day to another, at some hours, for some positions; who has read them is known, and none changes."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from response import rota
from response.duty import positions
from response.instructions import moves
from response.instructions.moves import Draft
from response.instructions.rows import in_force, instruction_rows, is_for, standing
from response.models import Instruction, InstructionRead
from tests.factories import NOON, make_site

CHIEF, ANNA = (Actor("person", name) for name in ("chef", "anna"))
DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def site(db):
    return make_site()


def write(site, text="Ronde du quai", **told) -> Instruction:
    return moves.write(site.pk, Draft(text, told.pop("valid_from", NOON), **told), by=CHIEF, now=NOON)


def test_it_holds_from_its_beginning_until_its_end_or_until_it_is_revoked(site):
    row = write(site, valid_to=NOON + DAY)
    assert [in_force(row, NOON + each) for each in (-HOUR, 0 * HOUR, 23 * HOUR, DAY)] == [False, True, True, False]
    assert list(standing(site.pk, NOON + DAY)) == []
    revoked = moves.revoke(write(site).pk, by=CHIEF, now=NOON + HOUR)
    assert not in_force(revoked, NOON + 2 * HOUR)
    lines = list(JournalEntry.objects.order_by("seq").values_list("kind", "text_fr"))
    assert lines[0] == ("instruction.written", "Consigne n° 1 : Ronde du quai")
    assert lines[-1] == ("instruction.revoked", "Consigne n° 2 levée")


def test_it_holds_at_its_hours_alone_on_the_clocks_of_the_site(site):
    friday = dt.datetime.fromisoformat("2026-02-27T22:00")
    nights = rota.Turn(friday, friday + 8 * HOUR, "Europe/Paris", repeats=rota.weekly([4, 5]))
    row = write(site, valid_from=NOON - 5 * DAY, times=nights)
    held = [(28, 5), (28, 12), (28, 23)]
    assert [in_force(row, dt.datetime(2026, 2, *each, tzinfo=PARIS)) for each in held] == [True, False, True]
    assert in_force(row, dt.datetime(2026, 10, 25, 5, 30, tzinfo=PARIS))  # after the clocks went back


def test_it_is_for_those_who_hold_a_position_or_have_a_role(site):
    chief = positions.write(site.pk, "chef", "Chef de quart", "", 0, by=CHIEF, now=NOON)
    for_chief, for_operators, for_all = instruction_rows(
        [write(site, "a", positions=(chief,)), write(site, "b", roles=("operator",)), write(site, "c")], NOON
    )
    assert (is_for(for_chief, "operator", []), is_for(for_chief, "operator", [chief.pk])) == (False, True)
    assert (is_for(for_operators, "auditor", []), is_for(for_operators, "operator", [])) == (False, True)
    assert is_for(for_all, "auditor", [])


def test_who_has_read_it_is_told_once(site):
    row = write(site)
    assert moves.read([row.pk], by=ANNA, now=NOON) == 1
    assert moves.read([row.pk], by=ANNA, now=NOON + HOUR) == 0
    (told,) = instruction_rows(Instruction.objects.all(), NOON)
    assert [each["person"] for each in told["read_by"]] == ["anna"]
    assert (InstructionRead.objects.count(), JournalEntry.objects.filter(kind="instruction.read").count()) == (1, 1)


@pytest.mark.parametrize(
    ("text", "told", "code"),
    [(" ", {}, "instruction_length"), ("x" * 2001, {}, "instruction_length"), ("a", {"valid_to": NOON}, "instruction_over")],
)
def test_what_cannot_hold_is_refused_and_leaves_nothing(site, text, told, code):
    with pytest.raises(Refused) as refused:
        write(site, text, **told)
    assert (refused.value.code, Instruction.objects.count()) == (code, 0)
