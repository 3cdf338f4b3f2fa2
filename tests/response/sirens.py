"""A relay that others wrote, and the process that drives sirens, for tests."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis
from django.conf import settings

from alarms.correlation.correlator import heartbeat_key
from assets.models import Site
from response.models import Siren
from response.siren import moves
from tests.factories import NOON
from tests.response.asking import BY

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = {"critical": {"sound": "fast", "lamp": "fast"}, "high": {"lamp": "slow"}}
FIRST = 10


class Relay:
    """jsmodbus in a process of its own. `told`: what was written into it, in order."""

    def __init__(self, node: str, port: int = 0) -> None:
        self._node = node
        self.port = port
        self.told: list[dict] = []
        self.start()

    def start(self) -> None:
        argv = [self._node, str(ROOT / "tests" / "response" / "relay.mjs"), str(self.port)]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.port = json.loads(self.process.stdout.readline())["port"]
        self._ear = threading.Thread(target=self._listen, args=[self.process], daemon=True)
        self._ear.start()

    def _listen(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            self.told.append(json.loads(line))

    @property
    def registers(self) -> list[int]:
        """Heartbeat, severity, sound, lamp, test and alarms, as they stand."""
        return self.told[-1]["registers"] if self.told else [0] * 6

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._ear.join()
        self.process.stdout.close()


def make_siren(site: Site, port: int, slug: str = "salle", *, now=NOON, enabled: bool = True, **told: object) -> Siren:
    how = {"protocol": "modbus", "host": "127.0.0.1", "port": port, "first": FIRST, "allow_private_address": True, **told}
    how["timeout"] = 1.0
    return moves.keep(site.pk, slug, name=slug.title(), settings=how, patterns=PATTERNS, enabled=enabled, by=BY, now=now)


def drive() -> subprocess.Popen:
    """`manage.py siren` on the test database."""
    given = urlsplit(os.environ["DATABASE_URL"])
    database = urlunsplit(given._replace(path=f"/{settings.DATABASES['default']['NAME']}"))
    told = {**os.environ, "DATABASE_URL": database, "VIGIE_ALLOW_PRIVATE_PULL": "1"}
    return subprocess.Popen([sys.executable, "manage.py", "siren"], cwd=ROOT, env=told)


def watched(site: Site) -> None:
    """As if the correlator of the site went on for a minute."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.set(heartbeat_key(site.pk), int(time.time() + 60) * 1_000_000, ex=60)
