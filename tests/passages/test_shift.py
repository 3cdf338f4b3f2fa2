"""A shift of two hundred vehicles at four gates, two operators at once and a gate by itself: none is lost or decided twice."""

import datetime as dt
import threading
from collections import Counter
from dataclasses import dataclass

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from assets.models import Asset, Latest
from assets.refusal import Refused
from commands.models import Command
from hypervisor import celery
from journal.actors import Actor
from journal.models import JournalEntry
from passages import closing, deciding, gates, stays
from passages.models import Decision, Gate, Passage, Reader
from passages.recommendation import Verdict
from tests.factories import make_asset, make_point, make_user
from tests.passages.gatehouse import ADMIN, CHIEF, NOW, OPERATOR, SECOND, Gatehouse, make_gatehouse

VEHICLES, EVERY = 200, 20 * SECOND
OBEYS_AFTER, PASSES_AFTER = 3 * SECOND, 8 * SECOND
LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"


def plate(number: int) -> str:
    """Plates of the French series that nobody takes for one another."""

    def pair(first: int, second: int) -> str:
        return LETTERS[first % 23] + LETTERS[second % 23]

    return f"{pair(number, number * 7)}{number * 37 % 900 + 100}{pair(number * 11, number * 5)}"


@dataclass
class Shift:
    house: Gatehouse
    gates: list[Gate]
    readers: list[Reader]

    def arrive(self, number: int, now: dt.datetime) -> Passage:
        """The vehicle of this number at its gate, whose barrier was heard of just now."""
        place = number % len(self.gates)
        self.reads(self.gates[place], 0, now)
        for at in (now, now + SECOND / 2):
            (passage,) = self.house.read(plate(number), at, reader=self.readers[place], arrival=f"v{number}")
        return passage

    def reads(self, gate: Gate, value: int, now: dt.datetime) -> None:
        Latest.objects.filter(point__asset=gate.asset).update(at=now, received_at=now, value=value)

    def let_through(self, passage: Passage, now: dt.datetime) -> None:
        """The barrier opens and closes behind the vehicle, if it was told to open."""
        command = Passage.objects.get(pk=passage.pk).command_id
        if command is None:
            return
        for value, at in ((1, now + OBEYS_AFTER), (0, now + PASSES_AFTER)):
            Command.objects.filter(pk=command).update(state="confirmed", ended_at=now + OBEYS_AFTER, sent_at=now)
            self.reads(passage.gate, value, at)
            closing.sweep(self.house.site.pk, at + SECOND)


@pytest.fixture
def shift(transactional_db: None, valkey: object) -> Shift:
    celery.app.set_default()  # as the web process does, for whoever decides in a thread
    house = make_gatehouse()
    house.permit(*(plate(number) for number in range(VEHICLES) if number % 10 not in (7, 8)), gates=None)
    Asset.objects.filter(site=house.site).update(attributes={})  # no gate faces another
    gates_, readers = [house.gate], [house.reader]
    for number in range(1, 4):
        barrier = make_asset(house.site, f"C-{number}", "barrier", supervisor=house.field.gate.supervisor)
        point = make_point(barrier, house.field.point.feed, "barrier_state", unit="", interval=30)
        Latest.objects.create(point=point, at=NOW, received_at=NOW, value=0)
        said = {"slug": f"acces-{number}", "name": f"Accès {number}", "asset": barrier, "area": "dalle", "direction": "in"}
        said |= {"purpose": house.purpose, "policy": "automatic" if number == 3 else "assisted", "threshold": 0.9}
        gates_.append(gates.save_gate(house.site, said, by=ADMIN, now=NOW))
        wanted = {"slug": f"lapi-{number}", "name": f"LAPI {number}", "source": "plain"}
        readers.append(gates.save_reader(gates_[-1], wanted, by=ADMIN, now=NOW))
    return Shift(house, gates_, readers)


def both_decide(passage: Passage, now: dt.datetime) -> list[str]:
    """Two operators press their key at the same instant: who was told that it is done, and who that another did it."""
    told, together = [], threading.Barrier(2)

    def press(by: Actor) -> None:
        verdict, reason = (Verdict.OPEN, "") if passage.verdict == "open" else (Verdict.REFUSE, "unknown")
        together.wait(10)
        try:
            deciding.decide(passage.pk, verdict, by=by, role="operator", now=now, reason=reason)
            told.append(by.name)
        except Refused as refused:
            told.append(refused.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(by,)) for by in (OPERATOR, CHIEF)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(told)


def test_two_hundred_vehicles_are_each_decided_once_and_the_journal_tells_the_same(shift):
    now, answers, nobody = NOW, Counter(), set()
    for number in range(VEHICLES):
        now = NOW + number * EVERY
        passage = shift.arrive(number, now)
        if number % 10 == 8:
            nobody.add(passage.pk)
        else:
            answers.update([len({"operateur", "chef"} & set(both_decide(passage, now + SECOND)))])
            shift.let_through(passage, now + SECOND)
        closing.sweep(shift.house.site.pk, now + 10 * SECOND)
    closing.sweep(shift.house.site.pk, now + dt.timedelta(minutes=15))

    passages = list(Passage.objects.select_related("gate", "decision"))
    assert len(passages) == VEHICLES, "none is lost, and no two are one"
    assert Counter(passage.gate.slug for passage in passages) == dict.fromkeys(("nord", "acces-1", "acces-2", "acces-3"), 50)
    by_itself = Decision.objects.filter(actor_kind="system")
    assert {each.passage.gate.slug for each in by_itself} == {"acces-3"}
    assert answers == {1: VEHICLES - len(nobody) - by_itself.count(), 0: by_itself.count()}, "one of two, or the gate itself"
    decided = {each.passage_id: each.verdict for each in Decision.objects.all()}
    assert decided.keys() == {passage.pk for passage in passages} - nobody
    states = Counter(passage.state for passage in passages)
    verdicts = Counter(decided.values())
    assert states == {"passed": verdicts["open"], "refused": verdicts["refuse"], "left": len(nobody)}
    followed = {(each.recommended == "open", each.verdict == "open") for each in Decision.objects.all()}
    assert followed == {(True, True), (False, False)}, "each was decided as it was recommended when the keys were pressed"
    assert verdicts["open"] > VEHICLES // 2
    assert Command.objects.count() == verdicts["open"], "one order for each, and none for whoever was refused"

    lines = JournalEntry.objects.filter(kind__startswith="passage.")
    told = Counter(lines.values_list("kind", flat=True))
    assert told["passage.arrived"] == VEHICLES
    assert (told["passage.opened"], told["passage.refused"]) == (verdicts["open"], verdicts["refuse"])
    assert (told["passage.passed"], told["passage.left"]) == (states["passed"], states["left"])
    (area,) = stays.occupancy(shift.house.site.pk)
    assert area["inside"] == told["passage.passed"]


def test_the_queue_asks_as_much_for_two_hundred_that_wait_as_for_one(shift):
    site = shift.house.site
    client = Client()
    client.force_login(make_user("guet", site, "operator"))
    paths = (f"/sites/{site.slug}/passages", f"/api/v1/sites/{site.slug}/passages?state=open&limit=500")

    def asked() -> list[int]:
        found = []
        for path in paths:
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(path).status_code == 200
            found.append(len(queries))
        return found

    shift.arrive(0, NOW)
    one = asked()
    for number in range(1, VEHICLES):
        shift.arrive(number, NOW + number * SECOND)
    waiting = client.get(paths[1]).json()
    assert len(waiting["results"]) >= VEHICLES * 3 // 4, "all but those of the gate that opens by itself"
    assert asked() == one
    assert max(one) <= 12, one
