"""Sets up a whole Vigie of its own for a bench or a walk: engines, a site of any size, and the real processes.

with Stage(Path("/tmp/somewhere")) as stage:
    stage.populate(points=14_000, rules=3)
    stage.start("web", "correlator")
    stage.post(readings) …
"""

import contextlib
import datetime as dt
import hashlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from hypervisor import embedded

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "a-token-for-benches"
SITE, FEED = "bench", "bench-feed"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], object], what: str, timeout: float = 120.0) -> object:
    """The condition's first true value; raises TimeoutError, naming what was waited for."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        time.sleep(0.02)
    return value


class Stage:
    """One Vigie under a data directory; everything it started is stopped on exit."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = data
        self.port = free_port()
        self.engines = embedded.Engines(data, durable=durable, say=lambda _: None)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.environment = {
            **os.environ,
            "VIGIE_DATA": str(data), "DATABASE_URL": embedded.database_url(data), "REDIS_URL": embedded.redis_url(data),
            "VIGIE_DEBUG": "1", "VIGIE_ALLOW_PRIVATE_PULL": "1",
            "VIGIE_SECRET_KEY": "x" * 60, "DJANGO_SETTINGS_MODULE": "hypervisor.settings",
        }  # fmt: skip

    def __enter__(self) -> "Stage":
        self.data.mkdir(parents=True, exist_ok=True)
        self.engines.start()
        return self

    def __exit__(self, *_: object) -> None:
        from django.db import connections

        connections.close_all()  # of this very process, if it was made a client
        for name in list(self.processes):
            self.stop(name)
        self.engines.stop()

    # -- processes --------------------------------------------------------------------------------------------------

    def commands(self) -> dict[str, list[str]]:
        python = [sys.executable]
        return {
            "web": [*python, "-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "-v", "0", "hypervisor.asgi:application"],
            "correlator": [*python, "manage.py", "correlate"],
            "spare": [*python, "manage.py", "correlate"],
            "worker": [*python, "-m", "celery", "-A", "hypervisor", "worker", "-c", "1", "--loglevel", "WARNING"],
            "commands": [
                *(*python, "-m", "celery", "-A", "hypervisor", "worker", "-Q", "commands", "-P", "threads", "-c", "4"),
                *("--loglevel", "WARNING"),
            ],
            "follow": [*python, "manage.py", "follow"],
            "beat": [*python, "-m", "celery", "-A", "hypervisor", "beat", "--pidfile=", "--schedule", str(self.data / "beat")],
            "subscriber": [*python, "manage.py", "subscribe"],
        }

    def start(self, *names: str) -> None:
        """Start processes and wait until the web process answers, if it is among them."""
        for name in names:
            with (self.data / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    self.commands()[name], cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT
                )
        if "web" in names:
            wait_for(self.answers, "the web process")

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self, name: str, number: int = signal.SIGTERM) -> None:
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def log_of(self, name: str) -> str:
        return (self.data / f"{name}.log").read_text(errors="replace")

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; raises with its output when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"manage.py {' '.join(arguments)}: {done.stdout}{done.stderr}")
        return done.stdout

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far of every process, children included, by name."""
        members = {name: process.pid for name, process in self.processes.items()}
        members |= {engine.name: engine.process.pid for engine in self.engines.members}
        return {name: sum(_cpu(each) for each in family(pid)) for name, pid in members.items()}

    def memory_mb(self, name: str) -> float:
        return psutil.Process(self.processes[name].pid).memory_info().rss / 1e6

    # -- the site ---------------------------------------------------------------------------------------------------

    def django(self) -> None:
        """Make this very process a client of the stage's database."""
        os.environ.update(self.environment)
        import django

        django.setup()

    def populate(self, points: int, specs: list[dict[str, object]], assets: int = 0) -> list[str]:
        """Migrate, then create the site with `points` points (addresses returned) on as many assets, or on `assets` of them."""
        self.manage("migrate", "--verbosity", "0")
        self.django()
        from alarms.rules import activate, write_rule
        from assets.models import Asset, AssetKind, Feed, Point, Site, Supervisor

        now = dt.datetime.now(dt.UTC)
        site = Site.objects.create(slug=SITE, name="Bench", longitude=2.24, latitude=48.89)
        supervisor = Supervisor.objects.create(site=site, slug="all", name="All")
        feed = Feed.objects.create(
            supervisor=supervisor, slug=FEED, name="Feed", protocol="push", token_hash=hashlib.sha256(TOKEN.encode()).hexdigest()
        )
        kind = AssetKind.objects.create(slug="gauge", name_fr="Jauge", name_en="Gauge", domain="water", glyph="gauge")
        made = Asset.objects.bulk_create(
            [
                Asset(site=site, code=f"A-{i}", name=f"Jauge {i}", kind=kind, longitude=2.2 + i % 300 / 4e3, latitude=48.88)
                for i in range(max(points, assets))
            ],
            batch_size=5000,
        )
        addresses = [f"a{i}/level" for i in range(points)]
        Point.objects.bulk_create(
            [
                Point(asset=asset, quantity="water_level", unit="m", feed=feed, address=address)
                for asset, address in zip(made, addresses, strict=False)
            ],
            batch_size=5000,
        )
        for number, spec in enumerate(specs):
            activate(write_rule(site, f"rule-{number}", f"Règle {number}", f"Rule {number}", spec, now=now), now=now)
        return addresses


def operator() -> object:
    """A person who may watch the site of a stage that was populated."""
    from assets.models import Site
    from hypervisor.models import Grant, User

    user = User.objects.create_user("bench", password="x")
    Grant.objects.create(user=user, site=Site.objects.get(slug=SITE), role="operator")
    return user


def family(pid: int) -> Iterator[psutil.Process]:
    """A process and all its descendants that still live."""
    with contextlib.suppress(psutil.NoSuchProcess):
        parent = psutil.Process(pid)
        yield parent
        yield from parent.children(recursive=True)


def _cpu(process: psutil.Process) -> float:
    """CPU seconds of a process and of its dead children."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return times.user + times.system
