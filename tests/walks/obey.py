"""The walk of test_obey: gates are opened and closed while whoever sends the commands is killed at every state.

By hand, for any number of kills: python -m tests.walks.obey --kills 200 --seed 7
"""

import argparse
import random
import signal
import threading
import time
from collections import Counter

from bench.stage import SITE, Stage, wait_for
from tests.walks import alone
from tests.walks.gates import CLOSED, OPEN, Gates
from tests.walks.harm import say

GATES = 6
INSTANTS = ("requested", "asked", "answered", "seen", "any")
"""When the worker is killed: as a command was asked for, as the supervisor obeyed, had answered, as the reading was accepted."""
BETWEEN = 4
"""Commands that end between two kills."""
MAPPING = {
    "protocol": "http", "path": "/orders", "timeout": 1.0, "body": {"gate": "{address}", "do": "{type}", "key": "{key}"},
}  # fmt: skip
KIND = {"kind": "gauge", "interlocks": [{"kind": "works"}], "always": True}
TYPES = [
    {**KIND, "slug": "open", "name": {"fr": "Ouvrir", "en": "Open"}, "confirm_within": 8.0,
     "proof": {"quantity": "water_level", "in": [OPEN]}},
    {**KIND, "slug": "close", "name": {"fr": "Fermer", "en": "Close"}, "confirm_within": 20.0, "idempotent": True,
     "proof": {"quantity": "water_level", "in": [CLOSED]}},
]  # fmt: skip


class Harm:
    """Kills the worker once at the next instant of a kind, from whichever thread meets it."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self._lock = stage, threading.Lock()
        self._instant = ""
        self.done = threading.Event()

    def plan(self, instant: str) -> None:
        self.done.clear()
        self._instant = instant

    def at(self, instant: str) -> None:
        with self._lock:
            if self._instant and self._instant in (instant, "any"):
                self._instant = ""
                self._stage.stop("commands", signal.SIGKILL)
                self.done.set()


class Desk:
    """Asks for the next command of each gate as soon as none is under way there."""

    def __init__(self, site, harm: Harm) -> None:
        self._site, self._harm = site, harm
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_all)

    def __enter__(self) -> "Desk":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _ask_all(self) -> None:
        from django.db import connections
        from django.utils import timezone

        from assets.models import Asset
        from assets.refusal import Refused
        from commands import moves
        from commands.models import Command
        from commands.states import OPEN as UNENDED
        from journal.actors import Actor

        by, asked = Actor("person", "operateur", "Poste 1"), Counter()
        gates = list(Asset.objects.filter(site=self._site).select_related("site", "sector", "kind"))
        while not self._stop.is_set():
            busy = set(Command.objects.filter(site=self._site, state__in=sorted(UNENDED)).values_list("asset_id", flat=True))
            for gate in gates:
                if gate.pk in busy:
                    continue
                try:
                    moves.request(gate, ("open", "close")[asked[gate.pk] % 2], by=by, role="operator", now=timezone.now())
                except Refused:
                    continue
                asked[gate.pk] += 1
                self._harm.at("requested")
            self._stop.wait(0.05)
        connections.close_all()


def walk(stage: Stage, kills: int, seed: int) -> dict[str, object]:
    say(f"seed {seed}, {kills} kills")
    stage.environment["VIGIE_ALLOW_PRIVATE_PULL"] = "1"
    addresses = stage.populate(GATES, [])
    from hypervisor import celery

    celery.app.set_default()
    from assets.models import Asset, Site, Supervisor
    from commands import catalogue, connectors
    from commands.models import Command
    from commands.states import OPEN as UNENDED
    from journal.actors import SYSTEM

    site, supervisor, chance = Site.objects.get(slug=SITE), Supervisor.objects.get(), random.Random(seed)
    Asset.objects.update(supervisor=supervisor)
    for type_ in TYPES:
        catalogue.write(type_)
    stage.start("web", "correlator", "follow", "commands")
    beat = _Beat()
    harm = Harm(stage)
    ended = lambda: Command.objects.filter(site=site).exclude(state__in=sorted(UNENDED)).count()  # noqa: E731
    with Gates(stage.port, harm.at) as gates, beat:
        connectors.set_up(supervisor, gates.url, MAPPING, by=SYSTEM, now=_now(), allow_private_address=True)
        for address in addresses:
            gates.say(address, CLOSED)
        with Desk(site, harm):
            for number in range(kills):
                enough = ended() + BETWEEN
                wait_for(lambda least=enough: ended() >= least, f"commands that end before kill {number + 1}", 120)
                instant = INSTANTS[number % len(INSTANTS)]
                time.sleep(chance.uniform(0, 0.3))
                harm.plan(instant)
                if not harm.done.wait(60):
                    raise TimeoutError(f"nothing came to {instant}")
                if number % 10 == 9:
                    stage.stop("follow", signal.SIGKILL)
                    stage.start("follow")
                stage.start("commands")
            say(f"{kills} kills")
        wait_for(lambda: not Command.objects.filter(site=site, state__in=sorted(UNENDED)).exists(), "all commands to end", 120)
        time.sleep(1)
    return {"seed": seed, "kills": kills} | _found(site, gates)


class _Beat:
    """Orders the sweep every second, as beat does."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._order)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _order(self) -> None:
        from celery import current_app

        while not self._stop.wait(1):
            current_app.send_task("commands.tasks.sweep", expires=2)


def _now():
    from django.utils import timezone

    return timezone.now()


def _found(site, gates: Gates) -> dict[str, object]:
    """What the database holds of it, and how far it differs from what the gates did."""
    from django.db import connection

    from commands.models import Command
    from journal.models import JournalEntry
    from journal.reading import verify

    commands = {command.key: command for command in Command.objects.filter(site=site).select_related("type")}
    success = ("confirmed", "confirmed_late")
    overtaken = {key for key, at in gates.read.items() if commands[key].state not in success and _overtaken(commands[key], at)}
    told: Counter[tuple[int, str]] = Counter()
    for line in JournalEntry.objects.filter(site=site, kind__startswith="command."):
        told[line.ids("command")[0], line.kind.replace(".", "_", 1)] += 1
    wait_for(lambda: _events(connection) >= sum(told.values()), "events to reach history")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (attributes->>'command')::bigint, CASE WHEN attributes ? 'late' THEN 'command_confirmed_late' ELSE kind END, "
            "count(*) FROM event WHERE kind LIKE 'command_%%' AND kind <> 'command_requested' GROUP BY 1, 2"
        )
        heard = Counter({(command, kind): count for command, kind, count in cursor.fetchall()})
    return {
        "commands": len(commands),
        "states": Counter(f"{each.type.slug} {each.state} {each.reason}".strip() for each in commands.values()),
        "twice": [key for key, count in gates.obeyed.items() if count > 1 and not commands[key].type.type().idempotent],
        "again": sum(count > 1 for count in gates.obeyed.values()),
        "lies": [key for key, each in commands.items() if each.state in success and key not in gates.obeyed],
        "lost": [key for key in gates.read if commands[key].state not in success and key not in overtaken],
        "overtaken": len(overtaken),
        "unknown": sorted(set(gates.obeyed) - set(commands)),
        "unsent": sum(key not in gates.obeyed for key in commands),
        "events": {str(each): (told[each], heard[each]) for each in told | heard if told[each] != heard[each]},
        "flaws": [str(flaw) for flaw in verify(site.id)],
    }  # fmt: skip


def _overtaken(command, read_at) -> bool:
    """Whether it had ended before its reading came and the gate had been sent another: what moves then is no answer to it."""
    newer = type(command).objects.filter(asset=command.asset_id, pk__gt=command.pk, sent_at__isnull=False)
    return command.ended_at < read_at and newer.exists()


def _events(connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM event WHERE kind LIKE 'command_%%' AND kind <> 'command_requested'")
        return cursor.fetchone()[0]


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--kills", type=int, default=10)
    asked.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000)
    choices = asked.parse_args()
    alone.main("obey", lambda stage: walk(stage, choices.kills, choices.seed))
