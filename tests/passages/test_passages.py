"""From a read to a decision to a barrier that obeyed, with all that comes between."""

import datetime as dt

import pytest

from assets.refusal import Refused
from commands.models import Command
from journal.models import JournalEntry
from passages import deciding, gates
from passages.models import Decision, Passage, PlateRead, Stay
from passages.recommendation import Verdict
from tests.passages.gatehouse import ADMIN, CHIEF, NOW, OPERATOR, SECOND, again, codes, make_gatehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return make_gatehouse()


def _decide(passage, verdict=Verdict.OPEN, by=OPERATOR, now=NOW + 2 * SECOND, **said):
    return deciding.decide(passage.pk, verdict, by=by, role="operator", now=now, **said)


def test_a_known_contractor_is_there_recommended_opened_for_and_inside(house):
    permit = house.permit("AB123CD", longest_stay=480)
    passage = house.arrive("ab-123-cd", NOW)
    assert (passage.verdict, passage.permit_id, passage.plate, passage.agreement) == ("open", permit.pk, "AB123CD", 2)
    decided = _decide(passage)
    assert decided.state == "opening"
    assert Command.objects.get(pk=decided.command_id).cause == f"passage:{passage.pk}"
    house.obey(decided, NOW + 4 * SECOND)
    assert again(passage).state == "passed"
    stay = Stay.objects.get()
    assert (stay.area, stay.left_at, stay.leave_by) == ("dalle", None, again(passage).closed_at + dt.timedelta(hours=8))
    kinds = list(JournalEntry.objects.filter(kind__startswith="passage.").order_by("seq").values_list("kind", flat=True))
    assert kinds == ["passage.arrived", "passage.judged", "passage.opened", "passage.confirmed", "passage.passed"]


def test_several_reads_of_one_arrival_are_one_passage(house):
    for at, phase in enumerate(("new", "update", "update", "end")):
        (passage,) = house.read("AB123CD" if at else "AB128CD", NOW + at * SECOND, arrival="car-7", phase=phase)
    assert Passage.objects.count() == 1
    assert (passage.plate, passage.agreement, passage.reads) == ("AB123CD", 3, 4)


def test_a_message_that_comes_again_is_one_read(house):
    for _ in range(3):
        house.hear(b'{"plate": "AB123CD", "at": "2026-11-25T09:00:00Z", "arrival": "a"}', NOW)
    assert PlateRead.objects.count() == 1
    assert Passage.objects.get().agreement == 1


def test_what_was_kept_through_a_cut_is_history_and_opens_nothing(house):
    house.permit("AB123CD")
    house.gate.policy = "automatic"
    house.gate.threshold = 0.5
    house.gate.save()
    for at in range(3):
        house.read("AB123CD", NOW + at * SECOND, retransmitted=True, arrival="old")
    passage = Passage.objects.get()
    assert (passage.state, passage.closed_at is not None, passage.by_itself) == ("left", True, False)
    with pytest.raises(Refused, match="not there"):
        _decide(passage)
    assert not Command.objects.exists()


def test_a_burst_of_a_reader_that_does_not_say_so_is_known_by_its_clock(house):
    house.permit("AB123CD")
    house.read("ZZ999ZZ", NOW)  # its clock is right
    late = NOW + dt.timedelta(minutes=20)
    body = b'{"plate": "AB123CD", "at": "2026-11-25T09:01:00Z", "confidence": 0.99}'
    (passage,) = house.hear(body, late)
    assert (passage.state, codes(passage)[0]) == ("left", "retransmitted")


def test_a_reader_in_its_factory_zone_is_told_and_dated_by_reception(house):
    house.permit("AB123CD")
    for at in range(3):
        moment = NOW + at * SECOND
        off = (moment + dt.timedelta(hours=8)).isoformat()
        (passage,) = house.hear(f'{{"plate": "AB123CD", "at": "{off}", "confidence": 0.97}}'.encode(), moment)
    assert passage.happened_at == NOW
    assert "clock_off" in codes(passage)
    assert (passage.verdict, passage.by_itself) == ("open", False)


def test_a_better_read_that_comes_late_changes_the_recommendation(house):
    house.permit("AB123CD")
    (passage,) = house.read("AB12CD", NOW, arrival="x", confidence=0.4)
    assert passage.verdict == "check"
    house.read("AB123CD", NOW + 3 * SECOND, arrival="x")
    (passage,) = house.read("AB123CD", NOW + 4 * SECOND, arrival="x")
    assert (passage.verdict, passage.plate) == ("open", "AB123CD")


def test_nobody_decides_twice(house):
    house.permit("AB123CD")
    passage = house.arrive("AB123CD", NOW)
    _decide(passage)
    with pytest.raises(Refused, match="Already opened by operateur"):
        _decide(passage, Verdict.REFUSE, by=CHIEF, reason="non")
    assert _decide(passage).pk == passage.pk  # the same person, again: the answer was lost
    assert Decision.objects.count() == Command.objects.count() == 1


def test_a_read_that_comes_after_the_decision_does_not_change_what_was_decided_for(house):
    permit = house.permit("AB123CD")
    passage = _decide(house.arrive("AB123CD", NOW, arrival="k"))
    house.read("ZZ999ZZ", NOW + 3 * SECOND, arrival="k")
    house.read("ZZ999ZZ", NOW + 4 * SECOND, arrival="k")
    house.read("ZZ999ZZ", NOW + 5 * SECOND, arrival="k")
    assert (again(passage).permit_id, again(passage).state) == (permit.pk, "opening")
    assert again(passage).verdict != "open"  # whoever looks sees that the reads say otherwise by now


def test_a_refusal_has_a_reason_and_so_has_opening_against_the_recommendation(house):
    passage = house.arrive("ZZ999ZZ", NOW)
    assert passage.verdict == "refuse"
    for verdict in (Verdict.REFUSE, Verdict.OPEN):
        with pytest.raises(Refused, match="reason"):
            _decide(passage, verdict)
    decided = _decide(passage, Verdict.REFUSE, reason="pas d'autorisation")
    assert decided.state == "refused"
    assert not Command.objects.exists()


def test_an_automatic_gate_opens_by_itself_and_says_so(house):
    house.permit("AB123CD")
    gates.save_gate(house.site, {"policy": "automatic", "threshold": 0.9}, by=ADMIN, now=NOW, known=house.gate)
    (first,) = house.read("AB123CD", NOW)
    assert not Decision.objects.exists()  # never on a single read
    (passage,) = house.read("AB123CD", NOW + SECOND)
    assert first.pk == passage.pk
    decision = Decision.objects.get()
    assert (decision.verdict, decision.actor_kind, passage.state) == ("open", "system", "opening")


def test_an_assisted_gate_never_opens_by_itself(house):
    house.permit("AB123CD")
    house.arrive("AB123CD", NOW)
    house.pass_time(NOW + 3 * SECOND)
    assert not Decision.objects.exists()


def test_a_barrier_that_does_not_obey_may_be_asked_again_and_never_twice_at_once(house):
    house.permit("AB123CD")
    passage = _decide(house.arrive("AB123CD", NOW))
    with pytest.raises(Refused, match="under way"):
        deciding.open_again(passage.pk, by=OPERATOR, role="operator", now=NOW + 3 * SECOND)
    Command.objects.update(state="timed_out", ended_at=NOW, sent_at=NOW)
    house.pass_time(NOW + 20 * SECOND)
    house.pass_time(NOW + 21 * SECOND)
    assert JournalEntry.objects.filter(kind="passage.not_obeyed").count() == 1
    second = deciding.open_again(passage.pk, by=OPERATOR, role="operator", now=NOW + 22 * SECOND)
    assert second.command_id != passage.command_id
    assert Command.objects.count() == 2


def test_the_queue_is_told_and_empties(house):
    house.permit("AB123CD")
    house.permit("GH456JK", reference="A-2")
    first = house.arrive("AB123CD", NOW)
    second = house.arrive("GH456JK", NOW + 10 * SECOND)
    assert "queue" in codes(second)
    assert second.verdict == "check"
    house.obey(_decide(first, now=NOW + 12 * SECOND), NOW + 14 * SECOND)
    house.pass_time(NOW + 25 * SECOND)
    assert again(second).verdict == "open"


def test_a_vehicle_that_nobody_decided_on_leaves_the_queue_in_the_end(house):
    passage = house.arrive("AB123CD", NOW)
    house.pass_time(NOW + dt.timedelta(seconds=200))
    assert again(passage).closed_at is None
    house.pass_time(NOW + dt.timedelta(seconds=302))
    assert (again(passage).state, again(passage).closed_at is None) == ("left", False)


def test_a_second_vehicle_behind_the_first_is_tailgating(house):
    house.permit("AB123CD")
    first = house.arrive("AB123CD", NOW, arrival="a")
    opened = _decide(first)
    house.read("ZZ999ZZ", NOW + 5 * SECOND, arrival="b")
    house.read("ZZ999ZZ", NOW + 7 * SECOND, arrival="b", phase="end")
    house.obey(opened, NOW + 6 * SECOND)
    house.pass_time(NOW + 60 * SECOND)
    assert JournalEntry.objects.filter(kind="passage.tailgated").count() == 1


def test_a_vehicle_inside_is_told_once_when_its_time_is_over(house):
    from passages import stays

    house.permit("AB123CD", longest_stay=60)
    house.obey(_decide(house.arrive("AB123CD", NOW)), NOW + 3 * SECOND)
    for minutes in (30, 62, 63):
        stays.sweep(house.site.pk, NOW + dt.timedelta(minutes=minutes))
    assert JournalEntry.objects.filter(kind="passage.overstayed").count() == 1
    assert stays.occupancy(house.site.pk) == [{"area": "dalle", "inside": 1, "overstayed": 1}]


def test_an_exit_ends_the_stay_and_a_second_entry_is_looked_at(house):
    house.permit("AB123CD")
    house.obey(_decide(house.arrive("AB123CD", NOW)), NOW + 3 * SECOND)
    later = NOW + dt.timedelta(hours=1)
    house.field.read(0, later)
    again_there = house.arrive("AB123CD", later)
    assert "already_inside" in codes(again_there)
    wanted = {"slug": "sortie", "name": "Sortie nord", "asset": house.field.opposing, "area": "dalle", "direction": "out",
              "purpose": house.purpose}  # fmt: skip
    out = gates.save_gate(house.site, wanted, by=ADMIN, now=NOW)
    reader = gates.save_reader(out, {"slug": "lapi-sortie", "name": "LAPI sortie", "source": "plain"}, by=ADMIN, now=NOW)
    leaving = later + dt.timedelta(hours=1)
    house.field.read(0, leaving, asset=house.field.opposing)
    (passage,) = house.read("AB123CD", leaving, reader=reader, phase="end")
    house.pass_time(leaving + 60 * SECOND)
    assert again(passage).state == "passed"
    assert Stay.objects.get().exit_id == passage.pk


def test_a_vehicle_going_the_wrong_way_is_told_once(house):
    for at in range(3):
        house.read("AB123CD", NOW + at * SECOND, direction="out")
    assert JournalEntry.objects.filter(kind="passage.wrong_way").count() == 1
    assert Passage.objects.get().verdict == "check"


def test_reads_outside_the_gates_own_zones_count_for_nothing(house):
    house.gate.zones = ["gate"]
    house.gate.save()
    assert house.read("AB123CD", NOW, zone="kerb") == []
    assert len(house.read("AB123CD", NOW, zone="gate")) == 1


def test_a_message_that_is_none_is_counted_with_its_reason(house):
    assert house.hear(b'{"plat": 3}', NOW) == []
    house.reader.refresh_from_db()
    assert (house.reader.refused, "plat" in house.reader.refusal) == (1, True)
