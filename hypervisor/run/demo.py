"""The demo: what is started, in which order, with which environment, and how it is told to be usable."""

import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from hypervisor import embedded, processes
from hypervisor.run.supervision import AlreadyRunning, Child, Interruption, Supervisor, end_leftovers

DEFAULT_ASSETS = 75_000
_CITY_PORT_OFFSET = 8
ACCOUNTS = "operateur / chef / admin / auditeur, mot de passe vigie"


class CannotStart(Exception):
    """The demo cannot run; the message is one sentence for who started it."""


@dataclass(frozen=True)
class Choices:
    root: Path
    port: int
    assets: int | None  # None: as many as are there, else DEFAULT_ASSETS
    data: Path
    scenarios: bool


def run(choices: Choices) -> int:
    """Run the demo until Ctrl-C or SIGTERM; the exit status, 1 after a sentence on standard error when it cannot run."""
    interruption = Interruption()
    interruption.install()
    try:
        _run(choices, interruption)
    except (CannotStart, AlreadyRunning, embedded.EngineError) as error:
        print(f"script/demo: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"script/demo: {error.strerror or error}: {error.filename or choices.data}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130
    _say("Stopped.")
    return 0


def _run(choices: Choices, interruption: Interruption) -> None:
    _require_free(choices.port)
    data = choices.data
    (data / "log").mkdir(parents=True, exist_ok=True)
    end_leftovers(data, _say)
    env = _environment(data)
    with ExitStack() as stack:
        engines = None
        if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
            _say("Starting PostgreSQL and Valkey …")
            engines = stack.enter_context(embedded.Engines(data, say=_say))
            interruption.hurry = engines.hurry
        _migrate(choices, env)
        city_port = _load_city(choices, env)
        children = _children(choices, env, city_port)
        supervisor = Supervisor(data, children, engines, _say, env, choices.root, interruption)
        stack.callback(supervisor.stop)
        stack.callback(lambda: _say("Stopping …"))
        supervisor.start()
        supervisor.run(_Announcement(choices))


def _environment(data: Path) -> dict[str, str]:
    key = data / "secret_key"
    if not key.exists():
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return {
        "VIGIE_SECRET_KEY": key.read_text().strip(),
        "VIGIE_DEBUG": "1",
        "VIGIE_DEMO": "1",
        "VIGIE_ALLOW_PRIVATE_PULL": "1",  # the pretend supervisors are on this machine
        "DATABASE_URL": embedded.database_url(data),
        "REDIS_URL": embedded.redis_url(data),
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "VIGIE_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
    }


def _children(choices: Choices, env: dict[str, str], city_port: int) -> list[Child]:
    python, data = sys.executable, choices.data
    celery = [python, "-m", "celery", "-A", "hypervisor"]
    manage = [python, "manage.py"]
    city = [python, "-m", "demo", "run", "--port", str(city_port), "--data", _city_folder(choices)]
    city += ["--vigie", f"http://127.0.0.1:{choices.port}"]
    children = []
    broker = shutil.which("mosquitto", path=f"{env.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    if "VIGIE_MQTT_URL" not in env:
        if broker is None:
            _say("mosquitto is not installed, so the supervisors of the city that speak MQTT stay silent.")
        else:
            env["VIGIE_MQTT_URL"] = f"mqtt://127.0.0.1:{(mqtt_port := _free_port())}"
            children.append(Child("mosquitto", [broker, "-c", _broker_configuration(data, mqtt_port)]))
    return [
        *children,
        Child("correlate", [*manage, "correlate"]),
        Child(
            "web",
            [python, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(choices.port), "hypervisor.asgi:application"],
        ),
        Child("worker", [*celery, "worker", "-c", "2", "-l", "WARNING"]),
        Child("beat", [*celery, "beat", "-l", "WARNING", "--pidfile=", "--schedule", data / "beat-schedule"]),
        Child("subscribe", [*manage, "subscribe"]),
        Child("city", city if choices.scenarios else [*city, "--no-scenarios"]),
    ]


def _migrate(choices: Choices, env: dict[str, str]) -> None:
    """Bring the database to the present models; a start that finds the very migrations of the last one saves seconds."""
    names = [str(path.relative_to(choices.root)) for path in sorted(choices.root.glob("*/migrations/*.py"))]
    packages = (choices.root / "requirements.lock").read_text()  # some bring migrations of their own
    applied = hashlib.sha256("\n".join([*names, packages, env["DATABASE_URL"]]).encode()).hexdigest()
    marker = choices.data / "migrated"
    if marker.exists() and marker.read_text() == applied and _has(env["DATABASE_URL"], "django_migrations"):
        return
    _step(choices, env, "Preparing the database", "migrate", ["manage.py", "migrate", "--no-input"])
    marker.write_text(applied)


def _load_city(choices: Choices, env: dict[str, str]) -> int:
    """Generate the city and load it, unless that was done already; the loopback port of its supervisors.

    The port is part of the feeds' addresses, so it is kept from one start to the next as long as it is free.
    """
    marker, folder = choices.data / "city.json", _city_folder(choices)
    made = json.loads(marker.read_text()) if marker.exists() and _has(env["DATABASE_URL"], "assets_site") else None
    if made is not None and choices.assets not in (None, made["assets"]):
        raise CannotStart(
            f"{choices.data} holds a city of {made['assets']} assets: choose another --data for {choices.assets}, or delete it."
        )
    if made is not None and _is_free(made["port"]):
        return made["port"]
    preferred = choices.port + _CITY_PORT_OFFSET
    port = preferred if preferred < 65536 and _is_free(preferred) else _free_port()
    assets = made["assets"] if made is not None else choices.assets or DEFAULT_ASSETS
    if made is None:
        generate = ["-m", "demo", "generate", "--assets", str(assets), "--out", str(folder)]
        _step(choices, env, f"Inventing a city of {assets} assets", "generate", generate)
    load = ["manage.py", "load_demo", str(folder), "--city", f"http://127.0.0.1:{port}"]
    _step(choices, env, "Loading the city", "load", load)
    marker.write_text(json.dumps({"assets": assets, "port": port}))
    return port


def _city_folder(choices: Choices) -> Path:
    return choices.data / "city"


def _has(url: str, table: str) -> bool:
    """Whether a table exists and has rows."""
    with psycopg.connect(url) as session:
        if session.execute("SELECT to_regclass(%s)", [table]).fetchone()[0] is None:
            return False
        return bool(session.execute(sql.SQL("SELECT EXISTS (SELECT 1 FROM {})").format(sql.Identifier(table))).fetchone()[0])


def _step(choices: Choices, env: dict[str, str], what: str, name: str, arguments: list[str]) -> None:
    """Run one command of the set-up to its end, its output in log/NAME.log, and the last of it in the error."""
    begun = time.monotonic()
    _say(f"{what} …")
    log = choices.data / "log" / f"{name}.log"
    log.unlink(missing_ok=True)
    process = processes.spawn([sys.executable, *arguments], log=log, cwd=choices.root, env=env)
    try:
        code = _follow(process, what, begun, log)
    except BaseException:
        processes.signal_group(process.pid, signal.SIGKILL)
        process.wait()
        raise
    if code:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise CannotStart(f"{what.lower()} failed (status {code}); {log} ends:\n{tail}")
    if (took := time.monotonic() - begun) > 3:
        _say(f"{what}: done in {took:.0f} s.")


def _follow(process: subprocess.Popen[bytes], what: str, begun: float, log: Path) -> int:
    """Wait for the end of a step, saying every ten seconds how far it has come."""
    while True:
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            lines = log.read_text(errors="replace").strip().splitlines() or [""]
            _say(f"{what}: {time.monotonic() - begun:.0f} s … {lines[-1][:100]}")


class _Announcement:
    """Prints the Ready line once, when the product itself says that it is ready."""

    def __init__(self, choices: Choices) -> None:
        self._port = choices.port
        self._logs = choices.data / "log"
        self._begun = self._asked = time.monotonic()
        self._made = False

    def __call__(self) -> None:
        now = time.monotonic()
        if self._made or now - self._asked < 0.3:
            return
        self._asked = now
        if self._is_ready():
            self._made = True
            _say(f"Ready  http://127.0.0.1:{self._port}  {ACCOUNTS}")
        elif now - self._begun > 60:
            self._begun = now
            _say(f"Not ready yet; the logs are in {self._logs}.")

    def _is_ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except PermissionError:
            raise CannotStart(f"Port {port} may not be opened by this account: choose one above 1023 with --port.") from None
        except OSError:
            raise CannotStart(f"Port {port} is in use: choose another with --port, or stop what listens there.") from None


def _is_free(port: int) -> bool:
    try:
        _require_free(port)
    except CannotStart:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _broker_configuration(data: Path, port: int) -> Path:
    path = data / "mosquitto.conf"
    path.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n"
        # A change of account would undo the kernel's promise to end it with us.
        + ("user root\n" if os.geteuid() == 0 else "")
    )
    return path


def _say(line: str) -> None:
    print(line, flush=True)
