"""What happens once before the demo runs: migrations, and a city invented and loaded."""

import hashlib
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from hypervisor import processes
from hypervisor.run.choices import CannotStart, Choices, say
from hypervisor.run.ports import free_port, is_free

DEFAULT_ASSETS = 75_000
_CITY_PORT_OFFSET = 8
MADE = "city.json"


def migrate(choices: Choices, env: dict[str, str]) -> None:
    """Bring the database to the present models; a start that finds the very migrations of the last one saves seconds."""
    names = [str(path.relative_to(choices.root)) for path in sorted(choices.root.glob("*/migrations/*.py"))]
    packages = (choices.root / "requirements.lock").read_text()  # some bring migrations of their own
    applied = hashlib.sha256("\n".join([*names, packages, env["DATABASE_URL"]]).encode()).hexdigest()
    marker = choices.data / "migrated"
    if marker.exists() and marker.read_text() == applied and _has(env["DATABASE_URL"], "django_migrations"):
        return
    _step(choices, env, "Preparing the database", "migrate", ["manage.py", "migrate", "--no-input"])
    marker.write_text(applied)


def load_city(choices: Choices, env: dict[str, str]) -> int:
    """Generate the city and load it, unless that was done already; the loopback port of its supervisors.

    The port is part of the addresses of feeds and connectors, as the broker's is, so it is kept from one start to the next as
    long as it is free.
    """
    folder = city_folder(choices)
    made = _made(choices) if _has(env["DATABASE_URL"], "assets_site") else None
    broker = env.get("VIGIE_MQTT_URL", "")
    if made is not None and choices.assets not in (None, made["assets"]):
        raise CannotStart(
            f"{choices.data} holds a city of {made['assets']} assets: choose another --data for {choices.assets}, or delete it."
        )
    if made is not None and is_free(made["port"]) and made.get("mqtt") == broker:
        return made["port"]
    preferred = made["port"] if made is not None else choices.port + _CITY_PORT_OFFSET
    port = preferred if preferred < 65536 and is_free(preferred) else free_port()
    assets = made["assets"] if made is not None else choices.assets or DEFAULT_ASSETS
    if made is None:
        generate = ["-m", "demo", "generate", "--assets", str(assets), "--out", str(folder)]
        _step(choices, env, f"Inventing a city of {assets} assets", "generate", generate)
    load = ["manage.py", "load_demo", str(folder), "--city", f"http://127.0.0.1:{port}", "--mqtt", broker]
    _step(choices, env, "Loading the city", "load", load)
    (choices.data / MADE).write_text(json.dumps({"assets": assets, "port": port, "mqtt": broker}))
    return port


def broker_port(choices: Choices) -> int:
    """A loopback port for the broker: that of the last start, as long as it is free, since connectors name it."""
    url = ((_made(choices) or {}).get("mqtt") or "").rpartition(":")[2]
    return int(url) if url.isdigit() and is_free(int(url)) else free_port()


def _made(choices: Choices) -> dict[str, Any] | None:
    """What the last start loaded."""
    marker = choices.data / MADE
    return json.loads(marker.read_text()) if marker.exists() else None


def city_folder(choices: Choices) -> Path:
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
    say(f"{what} …")
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
        say(f"{what}: done in {took:.0f} s.")


def _follow(process: subprocess.Popen[bytes], what: str, begun: float, log: Path) -> int:
    """Wait for the end of a step, saying every ten seconds how far it has come."""
    while True:
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            lines = log.read_text(errors="replace").strip().splitlines() or [""]
            say(f"{what}: {time.monotonic() - begun:.0f} s … {lines[-1][:100]}")
