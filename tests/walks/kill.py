"""The walk of test_kill, in a process of its own whose Django is connected to the stage: prints what came out as JSON.

By hand, for any number of kills: python -m tests.walks.kill --kills 200 --seed 7
"""

import argparse
import random
import time
from collections import Counter

from bench.stage import SITE, Stage, wait_for
from tests.journal.receiver import Receiver, receiving
from tests.walks import alone, harm
from tests.walks.desk import Desk
from tests.walks.harm import say
from tests.walks.moving import MovingLoad
from tests.walks.operators import Operator

POINTS = 200
SPEC = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
    "limits": [{"severity": "high", "limit": 50.0}],
}  # fmt: skip
BATCHES, ACTS = 15, 5
"""Batches accepted and acts answered between two kills: the room is at work when the next one comes."""


def cookie_of(user) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from hypervisor.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def people(site) -> list[str]:
    """The sessions of two operators."""
    from hypervisor.models import Grant, User

    users = [User.objects.create_user(f"operateur{number}", password="x") for number in range(2)]
    for user in users:
        Grant.objects.create(user=user, site=site, role="operator")
    return [cookie_of(user) for user in users]


def walk(stage: Stage, kills: int, seed: int) -> dict[str, object]:
    with receiving() as receiver:
        return _walk(stage, kills, seed, receiver)


def _walk(stage: Stage, kills: int, seed: int, receiver: Receiver) -> dict[str, object]:
    say(f"seed {seed}, {kills} kills")
    chance = random.Random(seed)
    addresses = stage.populate(POINTS, [SPEC])
    from django.db import connections
    from django.utils import timezone

    from assets.log import Log
    from assets.models import Site
    from journal.actors import SYSTEM
    from journal.models import Bookmark, JournalEntry
    from journal.webhooks import moves

    site = Site.objects.get(slug=SITE)
    cookies = people(site)
    webhook = moves.create(site.pk, "Ville", receiver.url, by=SYSTEM, now=timezone.now())
    stage.start(*harm.PROCESSES)
    ready = lambda: any("ready after" in stage.log_of(name) for name in ("correlator", "spare"))  # noqa: E731
    wait_for(ready, "a correlator")
    with Desk(stage.port, SITE, cookies[0]) as desk:
        with (
            MovingLoad(stage.port, addresses, seed) as load,
            Operator(stage.port, SITE, cookies[0], seed) as first,
            Operator(stage.port, SITE, cookies[1], seed + 1) as second,
        ):
            for what, names in harm.plan(chance, kills):
                _at_work(load, [first, second], f"before the {what} of {names}")
                receiver.answers.extend(chance.choices((204, 500), k=2))
                harm.do(stage, what, names, chance)
            _at_work(load, [first, second], "after the last kill")
        connections.close_all()
        wait_for(lambda: Log().length(site.id) == 0, "the correlator to catch up")
        say("the log is empty")
        _catch_up(desk, JournalEntry.objects.filter(site=site))
        ledger, bookmark = site.ledger, Bookmark.objects.filter(site=site, follower=moves.name_of(webhook.pk))
        wait_for(lambda: ledger.refresh_from_db() or bookmark.filter(seq=ledger.seq).exists(), "the webhook to catch up", 180)
        say("the webhook has caught up")
        told = {"untold": _untold(site, webhook.pk, receiver), "told": len(receiver.numbers())}
        return {"seed": seed} | _said(load) | _found(site, addresses, load, [first, second], desk) | told


def _catch_up(desk: Desk, lines) -> None:
    try:
        wait_for(lambda: desk.seq == lines.count(), "the desk to catch up", 120)
    except TimeoutError as late:
        stands = f"it is at {desk.seq} of {lines.count()} after {desk.reconnections} connections, the last ended by {desk.ended}"
        raise TimeoutError(f"{late}: {stands}") from late
    say("the desk has caught up")


def _at_work(load: MovingLoad, operators: list[Operator], when: str) -> None:
    batches, acts = load.batches + BATCHES, sum(each.done for each in operators) + ACTS
    wait_for(lambda: load.batches >= batches and sum(each.done for each in operators) >= acts, f"a room at work {when}")


def _said(load: MovingLoad) -> dict[str, object]:
    """What the supervisor was promised."""
    return {"accepted": load.accepted, "retries": load.retries, "moves": load.raises.total() + load.returns.total()}


def _found(site, addresses: list[str], load: MovingLoad, operators: list[Operator], desk: Desk) -> dict[str, object]:
    """What the database holds of it, and how far it differs."""
    from django.db import connection

    from alarms.models import Alarm
    from assets.models import Point
    from journal.models import JournalEntry
    from journal.reading import verify

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT (point, at)) FROM reading")
        stored, distinct = cursor.fetchone()
    address_of = dict(Point.objects.filter(address__in=addresses).values_list("pk", "address"))
    counted: dict[str, Counter[str]] = {"raised": Counter(), "returned": Counter()}
    lines = list(JournalEntry.objects.filter(site=site, kind__startswith="alarm."))
    point_of = dict(Alarm.objects.filter(site=site).values_list("pk", "point_id"))
    for line in lines:
        what = line.kind.removeprefix("alarm.").removesuffix("_past")
        if what in counted:
            counted[what][address_of[point_of[line.ids("alarm")[0]]]] += 1
    standing = Alarm.objects.filter(site=site, state__in=["unacknowledged", "acknowledged"])
    told = {line.ids("alarm")[0] for line in lines if line.kind == "alarm.acknowledged"}
    return {
        "stored": stored, "distinct": distinct,
        "raises": _differences(load.raises, counted["raised"]), "returns": _differences(load.returns, counted["returned"]),
        "standing": sorted({address_of[point] for point in standing.values_list("point_id", flat=True)} ^ load.high),
        "forgotten": sorted(set().union(*(each.kept for each in operators)) - told),
        "acknowledged": sum(len(each.kept) for each in operators),
        "wrong": [answer for each in (load, *operators) for answer in each.wrong],
        "flaws": [str(flaw) for flaw in verify(site.id)], "gaps": desk.gaps, "reconnections": desk.reconnections,
        "open": sorted(Alarm.objects.exclude(state="normal").values_list("id", flat=True)), "seen": sorted(desk.open),
    }  # fmt: skip


def _untold(site, webhook: int, receiver: Receiver) -> dict[str, object]:
    """How what the webhook was told differs from the journal since its creation: in order, and each line once or more, always the
    same under the same id."""
    from journal.models import JournalEntry

    created = JournalEntry.objects.get(site=site, kind="webhook.created").seq
    numbers = list(JournalEntry.objects.filter(site=site, seq__gte=created).order_by("seq").values_list("seq", flat=True))
    bodies: dict[str, set[bytes]] = {}
    for headers, body in receiver.messages:
        bodies.setdefault(headers["webhook-id"], set()).add(body)
    told = list(dict.fromkeys(receiver.numbers()))
    return {
        "lost": sorted(set(numbers) - set(told)), "out of order": told != sorted(told),
        "changed": [id_ for id_, sent in bodies.items() if len(sent) > 1],
    }  # fmt: skip


def _differences(expected: Counter[str], counted: Counter[str]) -> dict[str, tuple[int, int]]:
    """address → (expected, counted) where they differ."""
    return {each: (expected[each], counted[each]) for each in expected | counted if expected[each] != counted[each]}


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=20)
    asked.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    choices = asked.parse_args()
    alone.main("kill", lambda stage: walk(stage, choices.kills, choices.seed))
