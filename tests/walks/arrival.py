"""The walk of test_arrival: vehicles at a gate, from their plate to the journal, through all the real processes.

By hand: python -m tests.walks.arrival [mqtt://127.0.0.1:1883]
"""

import datetime as dt
import sys
import threading
import time
from collections.abc import Callable, Sequence

import httpx

from bench.stage import Stage, wait_for
from tests.walks import alone, screen
from tests.walks.barrier import CLOSED, Barrier, OverHttp, OverMqtt

SITE, FEED, READER, TOKEN, PASSWORD = "port", "acces", "lapi-nord", "a-token-for-tests", "un-mot-de-passe-long"
ANSWER = {"field": "state", "accepted": ["ok"], "refused": ["no"], "id": "ref"}
BODY = {"gate": "{asset}", "do": "{type}", "key": "{key}"}
HTTP = {"protocol": "http", "path": "/orders", "body": BODY, "answer": ANSWER, "timeout": 2.0}
MQTT = {
    "protocol": "mqtt", "topic": "gate/{asset}/order", "answer_topic": "gate/{asset}/answers", "body": BODY, "answer": ANSWER,
    "timeout": 2.0,
}  # fmt: skip
PEOPLE = ("operateur", "collegue")
PLATES = ("AB123CD", "EF456GH", "JK789LM")


class Person:
    """Somebody at a desk: logged in, asking the public interface."""

    def __init__(self, port: int, name: str) -> None:
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=20.0)
        self._client.get("/login/")
        form = {"username": name, "password": PASSWORD, "csrfmiddlewaretoken": self._token()}
        assert self._client.post("/login/", data=form).status_code == 302

    def get(self, path: str) -> dict:
        answer = self._client.get(f"/api/v1/{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict) -> httpx.Response:
        return self._client.post(f"/api/v1/{path}", json=body, headers={"X-CSRFToken": self._token()})

    @property
    def cookie(self) -> str:
        return self._client.cookies["sessionid"]

    def _token(self) -> str:
        return self._client.cookies["csrftoken"]


def set_up(over_mqtt: str, plates: Sequence[str] = PLATES) -> None:
    """A gate with its barrier, reader, purpose and a permit for each plate, and two people, as of now."""
    from django.utils import timezone

    from assets.models import Feed
    from passages import gates, purposes
    from passages.permits import changes
    from passages.permits.table import Described, Plate
    from tests.commands.field import CHIEF, make_field
    from tests.factories import make_user

    now = timezone.now()
    field = make_field(now)
    if over_mqtt:
        mapping = {"broker": over_mqtt}
        Feed.objects.filter(slug=FEED).update(protocol="mqtt", address="gate/+/readings", mapping=mapping)
    purpose = purposes.state(
        field.site, use="deliveries", basis="public_task", statement="Vérifier que les véhicules sont autorisés et leur ouvrir.",
        assessment="AIPD 2026-04", contact="dpo@ville.example", clear_hours=24, history_days=30, not_policing=True, by=CHIEF,
        now=now,
    )  # fmt: skip
    said = {"slug": "nord", "name": "Accès nord", "asset": field.gate, "area": "dalle", "direction": "in", "purpose": purpose}
    gate = gates.save_gate(field.site, said, by=CHIEF, now=now)
    reader = {"slug": READER, "name": "LAPI nord", "source": "plain"}
    reader |= {"address": f"{over_mqtt}/gate/B-1/plates"} if over_mqtt else {}
    gates.save_reader(gate, reader, by=CHIEF, now=now)
    day = dt.timedelta(days=1)
    for number, plate in enumerate(plates, 1):
        told = {"company": "Dupont TP", "gates": ("nord",), "valid_from": now - day, "valid_until": now + day}
        changes.write(field.site, Described(reference=f"A-{number}", plates=(Plate(plate),), **told), by=CHIEF, now=now)
    for name in PEOPLE:
        make_user(name, field.site, "operator", password=PASSWORD)


def connect(barrier: Barrier, over_mqtt: str) -> None:
    from django.utils import timezone

    from assets.models import Supervisor
    from commands import connectors
    from tests.commands.field import CHIEF

    supervisor = Supervisor.objects.get(site__slug=SITE)
    mapping, now = MQTT if over_mqtt else HTTP, timezone.now()
    connectors.set_up(supervisor, over_mqtt or barrier.url, mapping, by=CHIEF, now=now, allow_private_address=True)


def reader_token() -> str:
    from django.utils import timezone

    from passages import gates
    from passages.models import Reader
    from tests.commands.field import CHIEF

    reader = Reader.objects.select_related("gate").get(slug=READER)
    return gates.new_token(reader, reader.gate, by=CHIEF, now=timezone.now())


def walk(stage: Stage, over_mqtt: str) -> dict[str, object]:
    stage.manage("migrate", "--verbosity", "0")
    stage.django()
    set_up(over_mqtt)
    stage.start("web", "correlator", "worker", "commands", "beat", "follow", *(["subscriber"] if over_mqtt else []))
    barrier: Barrier
    barrier = OverMqtt(over_mqtt) if over_mqtt else OverHttp(stage.port, (FEED, TOKEN), (READER, reader_token()))
    connect(barrier, over_mqtt)
    barrier.start()
    try:
        people = [Person(stage.port, name) for name in PEOPLE]
        wait_for(ready, "the barrier to be heard of, and the workers", 180)
        return {
            "let in": let_in(barrier, people[0], stage.port), "two at once": two_at_once(barrier, people),
            "does not obey": does_not_obey(barrier, people[0]), **_journal(),
        }  # fmt: skip
    finally:
        barrier.stop()


def let_in(barrier: Barrier, person: Person, port: int) -> dict[str, object]:
    """One vehicle that has a permit, from its plate to the closed barrier behind it; somebody lets it in at a browser."""
    with screen.screen(port, SITE, person.cookie) as page:
        begun, passage, seen = arrives(barrier, person, "AB-123-CD")
        decided = time.monotonic()
        screen.let_in(page, "AB-123-CD")
        command = person.get(f"passages/{passage}")["command"]["id"]
        confirmed = wait_for(lambda: _in(person, f"commands/{command}", "state", "confirmed"), "the field to confirm it")
        shown = time.monotonic()
        screen.is_confirmed(page)
    wait_for(lambda: person.get(f"passages/{passage}")["confirmed_at"], "the passage to hear of it")
    barrier.move(CLOSED)
    ended = wait_for(lambda: _in(person, f"passages/{passage}", "state", "passed"), "the vehicle to have passed")
    return {
        "verdict": seen["verdict"], "command": confirmed["state"], "proof": confirmed["proof"]["read"],
        "ref": confirmed["supervisor_ref"], "passage": ended["state"], "orders": len(barrier.obeyed), "actor": confirmed["actor"],
        "seconds": {
            "plate to recommendation": round(seen["_at"] - begun, 3),
            "decision to supervisor": round(barrier.obeyed[-1][0] - decided, 3),
            "decision to confirmation": round(shown - decided, 3),
        },
        "story": [line["kind"] for line in reversed(person.get(f"passages/{passage}/journal")["results"])],
        "command story": [line["kind"] for line in reversed(person.get(f"commands/{command}/journal")["results"])],
    }  # fmt: skip


def two_at_once(barrier: Barrier, people: list[Person]) -> dict[str, object]:
    """Two people decide of one vehicle in the same instant: one of them is told who was first, and it opens once."""
    _, passage, _ = arrives(barrier, people[0], "EF-456-GH")
    before, ready = len(barrier.obeyed), threading.Barrier(2)
    answers: list[httpx.Response] = []

    def decide(person: Person, verdict: dict[str, str]) -> None:
        ready.wait()
        answers.append(person.post(f"passages/{passage}/decision", verdict))

    verdicts = ({"verdict": "open"}, {"verdict": "open"})
    threads = [threading.Thread(target=decide, args=each) for each in zip(people, verdicts, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: people[0].get(f"passages/{passage}")["confirmed_at"], "the barrier to have opened")
    barrier.move(CLOSED)
    wait_for(lambda: _in(people[0], f"passages/{passage}", "state", "passed"), "the vehicle to have passed")
    told = [answer.json().get("detail", "") for answer in answers if answer.status_code == 409]
    return {"answers": sorted(each.status_code for each in answers), "orders": len(barrier.obeyed) - before, "told": told}


def does_not_obey(barrier: Barrier, person: Person) -> dict[str, object]:
    """A supervisor that says yes and a barrier that stays closed: said to be so, and sent once."""
    _, passage, _ = arrives(barrier, person, "JK-789-LM")
    barrier.obeys, before = False, len(barrier.obeyed)
    command = person.post(f"passages/{passage}/decision", {"verdict": "open"}).json()["command"]["id"]
    ended = wait_for(lambda: _in(person, f"commands/{command}", "state", "timed_out"), "its time to be over", 60)
    wait_for(lambda: "passage.not_obeyed" in _kinds(person, passage), "the passage to hear of it")
    orders, barrier.obeys = len(barrier.obeyed) - before, True
    return {"state": ended["state"], "reason": ended["reason"], "orders": orders, "may": person.get(f"passages/{passage}")["may"]}


def arrives(barrier: Barrier, person: Person, plate: str) -> tuple[float, int, dict]:
    """(when it was read, its passage, that row once it is recommended to open); two reads that agree."""
    known = {row["id"] for row in person.get(f"sites/{SITE}/passages?state=all")["results"]}
    begun = time.monotonic()
    barrier.read(plate)
    barrier.read(plate)

    def recommended() -> dict | None:
        rows = person.get(f"sites/{SITE}/passages?state=waiting")["results"]
        mine = [row for row in rows if row["id"] not in known and row["verdict"] == "open"]
        return mine[0] | {"_at": time.monotonic()} if mine else None

    seen = wait_for(recommended, f"a recommendation for {plate}")
    return begun, seen["id"], seen


def ready() -> bool:
    """Whether both workers listen and the barrier is heard of."""
    from hypervisor import celery

    return fresh() and len(celery.app.control.ping(timeout=1.0)) >= 2


def fresh() -> bool:
    from django.utils import timezone

    from assets.models import Latest

    recent = timezone.now() - dt.timedelta(seconds=5)
    return Latest.objects.filter(point__asset__code="B-1", received_at__gte=recent).exists()


def _in(person: Person, path: str, member: str, value: str) -> dict | None:
    row = person.get(path)
    return row if row[member] == value else None


def _kinds(person: Person, passage: int) -> list[str]:
    return [line["kind"] for line in person.get(f"passages/{passage}/journal")["results"]]


def _journal() -> dict[str, object]:
    """Whether the chain is whole, whether a plate is anywhere in it, and what rules were told."""
    from django.db import connection

    from assets.models import Site
    from journal.models import JournalEntry
    from journal.reading import verify

    site = Site.objects.get(slug=SITE)
    text = " ".join(f"{line.text_fr} {line.text_en} {line.details}" for line in JournalEntry.objects.filter(site=site))
    passages = JournalEntry.objects.filter(site=site, kind__startswith="passage.").count()

    def events() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM event WHERE kind LIKE 'passage_%%'")
            return cursor.fetchone()[0]

    wait_for(lambda: events() >= passages, "events to reach history")
    written = [*PLATES, *(f"{plate[:2]}-{plate[2:5]}-{plate[5:]}" for plate in PLATES)]
    plates = [plate for plate in written if plate in text]
    return {"flaws": [str(flaw) for flaw in verify(site.pk)], "plates": plates}


if __name__ == "__main__":
    broker = sys.argv[1] if len(sys.argv) > 1 else ""
    run: Callable[[Stage], dict[str, object]] = lambda stage: walk(stage, broker)  # noqa: E731
    alone.main("arrival", run)
