"""Work orders: every pair of state and move, due by the hours that count, numbered without a gap, late once, each move whole."""

import datetime as dt
import itertools
import json
import threading

import pytest
from django.db import connections

from alarms.models import Severity
from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from response.models import OrderEntry, WorkOrder
from response.orders import contracts, moves, proposal, states
from response.orders.states import Move, State, after
from response.orders.terms import Priority, Terms, due
from tests.factories import NOON, make_asset, make_sector, make_site
from tests.response.ordering import BY, OFFICE, TERMS, make_contract, make_contractor, make_order

MINUTE = dt.timedelta(minutes=1)
PARIS = "Europe/Paris"


@pytest.fixture
def site(db):
    return make_site()


@pytest.fixture
def contract(site):
    return make_contract(make_contractor(site))


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_each_move_in_each_state_is_made_or_refused_or_was_made_already(state, move):
    legal = {
        "ordered": {"accept": "accepted", "refuse": "refused", "arrive": "on_site", "cancel": "cancelled"},
        "accepted": {"accept": "accepted", "arrive": "on_site", "restore": "restored", "cancel": "cancelled"},
        "on_site": {"arrive": "on_site", "restore": "restored", "cancel": "cancelled"},
        "restored": {"restore": "restored", "close": "closed", "reopen": "accepted"},
        "closed": {"close": "closed"}, "refused": {"refuse": "refused"}, "cancelled": {"cancel": "cancelled"},
    }[state]  # fmt: skip
    if move in legal:
        assert after(state, move) == legal[move]
        return
    with pytest.raises(Refused) as refused:
        after(state, move)
    assert refused.value.code == "not_in_this_state"
    assert states.STATE_WORDS[state].fr in refused.value.fr


def local(text: str) -> dt.datetime:
    from zoneinfo import ZoneInfo

    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(PARIS))


@pytest.mark.parametrize(
    ("ordered", "minutes", "expected"),
    [
        ("2026-03-27T17:00", 60, "2026-03-27T18:00"),  # Friday: to the very end of the day
        ("2026-03-27T17:00", 120, "2026-03-30T09:00"),  # over the weekend on which the clocks are put forward
        ("2026-10-23T17:30", 60, "2026-10-26T08:30"),  # and back
        ("2026-03-28T11:00", 30, "2026-03-30T08:30"),  # ordered when nothing counts
        ("2026-05-01T10:00", 60, "2026-05-04T09:00"),  # a day that counts for nothing
    ],
)
def test_only_the_hours_of_the_contract_count_on_the_clocks_of_the_site(ordered, minutes, expected):
    hours = OFFICE | {"exceptions": [{"date": "2026-05-01"}]}
    assert due(Terms(accept=minutes), hours, PARIS, local(ordered)).accept == local(expected)


@pytest.mark.parametrize(
    ("ordered", "expected"), [("2026-03-28T22:00", "2026-03-29T05:00"), ("2026-10-24T22:00", "2026-10-25T03:00")]
)
def test_hours_at_night_are_as_long_as_they_are_when_the_clocks_change(ordered, expected):
    nights = {"weekly": [{"from": "20:00", "to": "06:00"}]}
    assert due(Terms(arrive=360), nights, PARIS, local(ordered)).arrive == local(expected)
    assert due(Terms(arrive=360, at_all_hours=True), OFFICE, PARIS, local(ordered)).arrive == local(expected)


def test_what_is_promised_only_in_hours_that_never_come_is_never_due():
    assert due(Terms(accept=5), {"dates": [{"from": "2020-01-01", "to": "2020-01-02"}]}, PARIS, NOON).accept is None


def test_an_order_is_numbered_journaled_in_both_languages_and_due_by_its_contract(site, contract):
    asset = make_asset(site, sector=make_sector(site))
    order = make_order(asset, contract)
    assert (order.number, order.sector, order.due_at) == (1, asset.sector, NOON + 15 * MINUTE)
    assert (order.arrive_due, order.restore_due) == (NOON + 60 * MINUTE, NOON + 240 * MINUTE)
    line = JournalEntry.objects.get(seq=order.seq)
    assert line.text_fr == "Intervention n° 1, commandée à Citelux, priorité urgente — J-1 : Éclairage éteint"
    assert line.text_en == "Work order No 1, ordered from Citelux, urgent priority — J-1: Éclairage éteint"
    assert (line.ids("work_order"), line.ids("asset")) == ([order.pk], [asset.pk])
    assert make_order(asset, contract, NOON + dt.timedelta(seconds=20)).pk == order.pk
    assert make_order(asset, contract, NOON + 2 * MINUTE).number == 2
    assert list(verify(site.pk)) == []


def test_each_step_has_its_time_and_who_and_what_is_due_next(site, contract):
    order = make_order(make_asset(site), contract)
    crew = Actor("token", "gmao")
    walk = [("accept", order.arrive_due), ("arrive", order.restore_due), ("restore", None), ("close", None)]
    for number, (move, following) in enumerate(walk, 1):
        row = moves.move(order.pk, Move(move), by=crew, now=NOON + number * MINUTE, external_ref="OT-7")
        assert (move, row.due_at) == (move, following)
    assert [row.accepted_at, row.on_site_at, row.restored_at, row.closed_at] == [NOON + n * MINUTE for n in range(1, 5)]
    assert row.external_ref == "OT-7"
    entries = OrderEntry.objects.filter(order=order).values_list("move", "by_kind", "by")
    assert list(entries) == [("order", "person", "operateur"), *((move, "token", "gmao") for move, _ in walk)]


def test_what_is_repeated_keeps_the_first_time_and_writes_no_line(site, contract):
    order = make_order(make_asset(site), contract)
    first = moves.move(order.pk, Move.ACCEPT, by=BY, now=NOON + MINUTE)
    again = moves.move(order.pk, Move.ACCEPT, by=Actor("token", "gmao"), now=NOON + 2 * MINUTE)
    assert (again.accepted_at, again.seq) == (first.accepted_at, first.seq)


def test_a_refusal_a_cancellation_and_taking_it_up_again_want_a_reason(site, contract):
    order = make_order(make_asset(site), contract)
    for move in ("refuse", "cancel", "reopen"):
        with pytest.raises(Refused, match="reason"):
            moves.move(order.pk, Move(move), text="  ", by=BY, now=NOON)
    for move in ("arrive", "restore"):
        moves.move(order.pk, Move(move), by=BY, now=NOON + MINUTE)
    row = moves.move(order.pk, Move.REOPEN, text="toujours éteint", by=BY, now=NOON + 2 * MINUTE)
    assert (row.state, row.on_site_at, row.restored_at, row.reason) == ("accepted", None, None, "toujours éteint")
    assert row.due_at == row.arrive_due


def test_an_order_is_told_to_be_late_once_for_each_step_and_by_which(site, contract):
    order = make_order(make_asset(site), contract)
    assert moves.sweep(site.pk, NOON + 14 * MINUTE) == 0
    assert [moves.sweep(site.pk, NOON + 15 * MINUTE), moves.sweep(site.pk, NOON + 16 * MINUTE)] == [1, 0]
    line = JournalEntry.objects.get(kind="work_order.late")
    assert line.text_fr == "Intervention n° 1, en retard : non acceptée dans le délai, Citelux"
    assert json.loads(line.details)["step"] == "accept"
    moves.move(order.pk, Move.ACCEPT, by=BY, now=NOON + 70 * MINUTE)
    assert moves.sweep(site.pk, NOON + 71 * MINUTE) == 1
    order.refresh_from_db()
    assert order.late_since == order.arrive_due


def test_one_order_that_catches_up_says_so_only_when_no_other_of_the_asset_is_late(site, contract):
    asset = make_asset(site)
    first, second = make_order(asset, contract), make_order(asset, contract, fault="Mât penché")
    moves.sweep(site.pk, NOON + 15 * MINUTE)
    said = []
    for order in (first, second):
        row = moves.move(order.pk, Move.CANCEL, text="doublon", by=BY, now=NOON + 20 * MINUTE)
        said.append(json.loads(JournalEntry.objects.get(seq=row.seq).details)["caught_up"])
    assert said == [False, True]


def test_what_is_closed_is_never_late(site, contract):
    order = make_order(make_asset(site), contract)
    moves.move(order.pk, Move.REFUSE, text="hors marché", by=BY, now=NOON)
    assert moves.sweep(site.pk, NOON + dt.timedelta(days=9)) == 0


def test_proposed_is_the_contract_most_particular_to_the_asset_with_the_reason(site):
    nord = make_sector(site)
    lamp = make_asset(site, "L-1", "lamp", sector=make_sector(site, "gare", nord))
    general, other = make_contractor(site, "general"), make_contractor(site, "autre")
    make_contract(general, "G-1")
    make_contract(other, "X-1", kinds=[make_asset(site, "C-1", "camera").kind])
    make_contract(other, "OLD", kinds=[lamp.kind], ends_on=NOON.date() - dt.timedelta(days=1))
    make_contract(
        make_contractor(site, "citelux"), "ECL", kinds=[lamp.kind], sectors=[nord], terms=TERMS | {"high": {"arrive": 90}}
    )
    lamp = type(lamp).objects.select_related("site", "kind", "sector").get(pk=lamp.pk)
    best, *others = proposal.proposals(lamp, Severity.HIGH, NOON)
    assert (best.contract.reference, best.priority, [each.contract.reference for each in others]) == ("ECL", "high", ["G-1"])
    assert best.reason.fr == "contrat ECL : lamp, Nord ; alarme haute, priorité haute"
    assert others[0].priority == "urgent"  # it has no high: the next more urgent one
    assert others[0].reason.en == "contract G-1: any asset, the whole site; high alarm, urgent priority"


def test_a_priority_the_contract_does_not_have_and_a_retired_contractor_are_refused(site, contract):
    asset = make_asset(site)
    with pytest.raises(Refused, match="priority"):
        make_order(asset, contract, priority=Priority.LOW)
    contract.contractor = make_contractor(site, retired=True)
    with pytest.raises(Refused, match="retired"):
        make_order(asset, contract)
    assert not WorkOrder.objects.exists()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"terms": {}}, "terms"), ({"terms": {"soon": {}}}, "terms"), ({"terms": {"urgent": {"accept": 0}}}, "terms"),
        ({"terms": {"urgent": {"accept": 10**9}}}, "terms"), ({"hours": {"weekly": [{"from": "25:00"}]}}, "hours"),
        ({"hours": {"every": "day"}}, "hours"), ({"ends_on": dt.date(2025, 1, 1)}, "ends_on"),
        ({"reference": "ECL-26"}, "reference"),
    ],
)  # fmt: skip
def test_a_contract_that_cannot_be_kept_is_refused_by_its_field(site, contract, told, field):
    values = {"reference": "B-2", "terms": TERMS, "starts_on": NOON.date(), **told}
    with pytest.raises(Refused) as refused:
        contracts.keep_contract(contract.contractor, contracts.Wanted(**values), by=BY, now=NOON)
    assert refused.value.field == field


def together(*works):
    """Each in a thread of its own, begun at once."""
    barrier, errors = threading.Barrier(len(works)), []

    def run(work):
        barrier.wait(10)
        try:
            work()
        except Refused as refused:
            errors.append(refused.code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[work]) for work in works]
    for each in threads:
        each.start()
    for each in threads:
        each.join(20)
    return errors


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gap_and_two_people_at_once_move_an_order_once(transactional_db, valkey):
    site = make_site()
    contract, asset = make_contract(make_contractor(site)), make_asset(site)
    together(*(lambda n=n: make_order(asset, contract, fault=f"Panne {n}") for n in range(6)))
    assert sorted(WorkOrder.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6]
    order = WorkOrder.objects.first()
    people = [Actor("person", name) for name in ("ana", "bob")]
    assert together(*(lambda by=by: moves.move(order.pk, Move.ACCEPT, by=by, now=NOON) for by in people)) == []
    assert OrderEntry.objects.filter(order=order, move="accept").count() == 1
    end = [lambda: moves.move(order.pk, Move.CANCEL, text="erreur", by=BY, now=NOON),
           lambda: moves.move(order.pk, Move.RESTORE, by=BY, now=NOON)]  # fmt: skip
    assert together(*end) == ["not_in_this_state"]
    assert list(verify(site.pk)) == []
