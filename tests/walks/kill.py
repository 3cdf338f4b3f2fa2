"""The walk of test_kill, in a process of its own whose Django is connected to the stage: prints what came out as JSON."""

import http.client
import itertools
import json
import signal
import sys
import threading
import time

from bench.stage import FEED, SITE, TOKEN, Stage, wait_for
from tests.walks import alone
from tests.walks.desk import Desk

POINTS = 200
SPEC = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
    "limits": [{"severity": "high", "limit": 50.0}],
}  # fmt: skip


class Load:
    """A supervisor that sends every batch until it is accepted, under one Idempotency-Key each, and counts what was."""

    def __init__(self, port: int, addresses: list[str]) -> None:
        self._port, self._addresses = port, addresses
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all)
        self.accepted = self.batches = self.retries = 0

    def __enter__(self) -> "Load":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _send_all(self) -> None:
        began = time.time_ns() // 1_000_000 - 120_000
        for number in itertools.count():
            if self._stop.is_set():
                return
            # Batch after batch one more point rises above the limit, and stays there.
            readings = [
                {"address": address, "at": began + number, "value": 99.0 if place <= number else 1.0}
                for place, address in enumerate(self._addresses)
            ]
            for reading in readings:
                seconds, milliseconds = divmod(reading["at"], 1000)
                reading["at"] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03d}Z"
            self._send(json.dumps({"readings": readings}), f"batch-{number}")

    def _send(self, body: str, key: str) -> None:
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": key}
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            try:
                connection.request("POST", f"/api/v1/feeds/{FEED}/readings", body, headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 202:
                    self.accepted += json.loads(content)["accepted"]
                    self.batches += 1
                    return
                assert answer.status == 503, content
            except (OSError, http.client.HTTPException):
                pass  # the web process is dead or dying: the same batch goes again
            finally:
                connection.close()
            self.retries += 1
            self._stop.wait(0.05)


def cookie_of(user) -> str:
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from hypervisor.sessions import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def say(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def kill(stage: Stage, name: str) -> None:
    """kill -9, then start again as the supervisor of processes does."""
    say(f"kill -9 {name}")
    engine = {"PostgreSQL": stage.engines.members[0], "Valkey": stage.engines.members[1]}.get(name)
    if engine is None:
        stage.stop(name, signal.SIGKILL)
        stage.start(name)
    else:
        engine.process.kill()
        engine.process.wait()
        engine.start()
        engine.wait_ready()


def walk(stage: Stage) -> dict[str, object]:
    addresses = stage.populate(POINTS, [SPEC])
    from django.db import connection, connections

    from alarms.journal import verify
    from alarms.models import Alarm, JournalEntry
    from assets.log import Log
    from assets.models import Site
    from hypervisor.models import Grant, User

    site = Site.objects.get(slug=SITE)
    user = User.objects.create_user("operateur", password="x")
    Grant.objects.create(user=user, site=site, role="operator")
    cookie = cookie_of(user)
    stage.start("web", "correlator", "worker")
    wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
    with Desk(stage.port, SITE, cookie) as desk:
        with Load(stage.port, addresses) as load:
            for name in ("correlator", "web", "worker", "Valkey", "PostgreSQL", "correlator"):
                before = load.batches
                wait_for(lambda before=before: load.batches > before + 20, f"load before the end of {name}")
                kill(stage, name)
            connections.close_all()
            wait_for(lambda: load.batches > POINTS + 20, "every point to rise", 120)
            say("every point has risen")
        wait_for(lambda: Log().length(site.id) == 0, "the correlator to catch up")
        say("the log is empty")
        wait_for(lambda: desk.seq == JournalEntry.objects.filter(site=site).count(), "the desk to catch up")
        say("the desk has caught up")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(DISTINCT (point, at)) FROM reading")
            stored, distinct = cursor.fetchone()
        return {
            "accepted": load.accepted, "retries": load.retries, "stored": stored, "distinct": distinct,
            "alarms": Alarm.objects.count(), "raised": JournalEntry.objects.filter(kind="alarm.raised").count(),
            "flaws": [str(flaw) for flaw in verify(site.id)], "gaps": desk.gaps, "reconnections": desk.reconnections,
            "open": sorted(Alarm.objects.exclude(state="normal").values_list("id", flat=True)), "seen": sorted(desk.open),
        }  # fmt: skip


if __name__ == "__main__":
    alone.main("kill", walk)
