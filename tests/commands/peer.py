"""Kinto, a REST server that others wrote, as the supervisor of a barrier: it keeps what it is told and says it when asked.

Its way of writing, of authenticating and of refusing is its own: https://docs.kinto-storage.org.
"""

import base64
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

RECORDS = "/v1/buckets/quai/collections/gates/records"
SETTINGS = """
[app:main]
use = egg:kinto
kinto.storage_backend = kinto.core.storage.memory
kinto.permission_backend = kinto.core.permission.memory
kinto.cache_backend = kinto.core.cache.memory
kinto.userid_hmac_secret = of-a-test
multiauth.policies = basicauth
kinto.includes =
[server:main]
use = egg:waitress#main
host = 127.0.0.1
port = {port}
[loggers]
keys = root
[handlers]
keys = console
[formatters]
keys = plain
[logger_root]
level = WARNING
handlers = console
[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain
[formatter_plain]
format = %(message)s
"""


def credentials(password: str = "s3cret") -> str:
    return "Basic " + base64.b64encode(f"vigie:{password}".encode()).decode()


@dataclass
class Peer:
    url: str

    def ask(self, method: str, path: str, body: object = None) -> dict[str, object]:
        """Raises urllib.error.HTTPError."""
        content = None if body is None else json.dumps(body).encode()
        headers = {"authorization": credentials(), "content-type": "application/json"}
        with urllib.request.urlopen(
            urllib.request.Request(self.url + path, content, headers, method=method), timeout=10
        ) as answer:
            return json.load(answer)

    def says(self, gate: str, state: int) -> None:
        """What somebody does at the barrier itself."""
        self.ask("PUT", f"{RECORDS}/{gate}", {"data": {"state": state}})

    def state(self, gate: str) -> object:
        return self.ask("GET", f"{RECORDS}/{gate}")["data"]["state"]


@contextmanager
def peer(folder: Path) -> Iterator[Peer]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    config = folder / "kinto.ini"
    config.write_text(SETTINGS.format(port=port))
    with (folder / "kinto.log").open("wb") as log:
        process = subprocess.Popen(
            [Path(sys.executable).with_name("kinto"), "start", "--ini", config], stdout=log, stderr=subprocess.STDOUT
        )
    try:
        told = Peer(f"http://127.0.0.1:{port}")
        _wait_for(port, process, folder / "kinto.log")
        told.ask("PUT", "/v1/buckets/quai")
        told.ask("PUT", "/v1/buckets/quai/collections/gates")
        told.says("B-1", 0)
        yield told
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"Kinto did not listen: {log.read_text(errors='replace')}")
