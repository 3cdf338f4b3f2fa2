"""The demo: what is started, in which order, with which environment, and how it is told to be usable."""

import http.client
import json
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from hypervisor import embedded
from hypervisor.run.choices import CannotStart, Choices, say
from hypervisor.run.ports import require_free
from hypervisor.run.preparation import broker_port, city_folder, load_city, migrate
from hypervisor.run.supervision import AlreadyRunning, Child, Interruption, Supervisor, end_leftovers

ACCOUNTS = "operateur / chef / admin / auditeur, mot de passe vigie"


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
        say("Stopped.")
        return 130
    say("Stopped.")
    return 0


def _run(choices: Choices, interruption: Interruption) -> None:
    require_free(choices.port)
    data = choices.data
    (data / "log").mkdir(parents=True, exist_ok=True)
    end_leftovers(data, say)
    env = _environment(data)
    with ExitStack() as stack:
        engines = None
        if "DATABASE_URL" not in os.environ or "REDIS_URL" not in os.environ:
            say("Starting PostgreSQL and Valkey …")
            engines = stack.enter_context(embedded.Engines(data, say=say))
            interruption.hurry = engines.hurry
        migrate(choices, env)
        broker = _broker(choices, env)
        city_port = load_city(choices, env)
        env.setdefault("VIGIE_CITY_URL", f"http://127.0.0.1:{city_port}")  # the page of scenarios asks it
        children = [*broker, *_children(choices, city_port)]
        supervisor = Supervisor(data, children, engines, say, env, choices.root, interruption)
        stack.callback(supervisor.stop)
        stack.callback(lambda: say("Stopping …"))
        supervisor.start()
        supervisor.run(_Announcement(choices, supervisor.start_others))


def _environment(data: Path) -> dict[str, str]:
    key = data / "secret_key"
    if not key.exists():
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
    return {
        "VIGIE_SECRET_KEY": key.read_text().strip(),
        "VIGIE_DEBUG": "1",
        "VIGIE_ALLOW_PRIVATE_PULL": "1",  # the pretend supervisors are on this machine
        "DATABASE_URL": embedded.database_url(data),
        "REDIS_URL": embedded.redis_url(data),
        **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        "VIGIE_DATA": str(data),
        "PYTHONUNBUFFERED": "1",
    }


def _broker(choices: Choices, env: dict[str, str]) -> list[Child]:
    """The broker of the street lighting, where none is given and mosquitto is installed."""
    if "VIGIE_MQTT_URL" in env:
        return []
    program = shutil.which("mosquitto", path=f"{env.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin")
    if program is None:
        say("mosquitto is not installed, so the street lighting sends over HTTP instead of MQTT.")
        return []
    env["VIGIE_MQTT_URL"] = f"mqtt://127.0.0.1:{(port := broker_port(choices))}"
    return [Child("mosquitto", [program, "-c", _broker_configuration(choices.data, port)])]


def _children(choices: Choices, city_port: int) -> list[Child]:
    python, data = sys.executable, choices.data
    celery = [python, "-m", "celery", "-A", "hypervisor"]
    manage = [python, "manage.py"]
    city = [python, "-m", "demo", "run", "--port", str(city_port), "--data", city_folder(choices)]
    city += ["--vigie", f"http://127.0.0.1:{choices.port}"]
    return [
        Child("correlate", [*manage, "correlate"]),
        Child(
            "web",
            [python, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(choices.port), "hypervisor.asgi:application"],
        ),
        Child("worker", [*celery, "worker", "-c", "2", "-l", "WARNING", "-n", "worker@%h"], early=False),
        Child("worker-long", [*celery, "worker", "-Q", "long", "-P", "solo", "-l", "WARNING", "-n", "long@%h"], early=False),
        Child(
            "worker-commands", [*celery, "worker", "-Q", "commands", "-c", "2", "-l", "WARNING", "-n", "commands@%h"], early=False
        ),
        Child("beat", [*celery, "beat", "-l", "WARNING", "--pidfile=", "--schedule", data / "beat-schedule"], early=False),
        Child("subscribe", [*manage, "subscribe"], early=False),
        Child("follow", [*manage, "follow"], early=False),
        Child("siren", [*manage, "siren"], early=False),
        Child("city", city if choices.scenarios else [*city, "--no-scenarios"], early=False),
    ]


def _broker_configuration(data: Path, port: int) -> Path:
    path = data / "mosquitto.conf"
    path.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n"
        "max_inflight_messages 0\nmax_queued_messages 0\nset_tcp_nodelay true\n" + ("user root\n" if os.geteuid() == 0 else "")
        # A change of account would undo the kernel's promise to end it with us.
    )
    return path


class _Announcement:
    """Prints the Ready line once, when the product itself says that it is ready, and lets the other programs start then.

    They are not kept waiting for longer than 20 seconds: what is wrong with the first ones is no fault of theirs.
    """

    def __init__(self, choices: Choices, start_others: Callable[[], None]) -> None:
        self._port = choices.port
        self._logs = choices.data / "log"
        self._begun = self._asked = self._told = time.monotonic()
        self._made = False
        self._start_others = start_others

    def __call__(self) -> None:
        now = time.monotonic()
        if self._made or now - self._begun > 20:
            self._start_others()
        if self._made or now - self._asked < 0.5:
            return
        self._asked = now
        status, missing = self._ask()
        # A room without its correlator shows nothing new: wait for it, though not for ever.
        if status == 200 and (not missing or now - self._begun > 60):
            self._made = True
            say(f"Ready  http://127.0.0.1:{self._port}  {ACCOUNTS}")
        elif now - self._told > 30:
            self._told = now
            say(f"Not ready yet ({', '.join(missing) or 'no answer'}); the logs are in {self._logs}.")

    def _ask(self) -> tuple[int | None, list[str]]:
        """The status of /health/ready and what it misses; (None, []) when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=5)
        try:
            connection.request("GET", "/health/ready")
            answer = connection.getresponse()
            told = json.loads(answer.read())
            return answer.status, [*told.get("missing", []), *told.get("degraded", [])]
        except (OSError, http.client.HTTPException, ValueError):
            return None, []
        finally:
            connection.close()
