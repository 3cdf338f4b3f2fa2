"""From a reading that was accepted to the alarm's frame at a desk, committed first: idle, and under 14,000 readings/s.

python -m bench.latency [--samples 300] [--rate 14000] [--busy-disk] [--json FILE]
"""

import json
import multiprocessing
import shutil
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from websockets.sync.client import connect

from bench.neighbour import busy_disk
from bench.pipeline import SPECS, body, read_answer
from bench.report import arguments, publish
from bench.stage import FEED, SITE, TOKEN, Stage, operator, wait_for
from tests.walks.kill import cookie_of

WATCHED = 2000
"""Points of their own for the alarms, so that the load never touches them."""


class Supervisor:
    """One kept connection that pushes batches."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rb")
        self._head = (
            f"POST /api/v1/feeds/{FEED}/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {TOKEN}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()

    def push(self, content: bytes) -> float:
        """Send one batch; the monotonic instant at which its 202 arrived."""
        self._socket.sendall(self._head + str(len(content)).encode() + b"\r\n\r\n" + content)
        status, answer = read_answer(self._stream)
        if status != 202:
            raise RuntimeError(f"{status}: {answer[:200]!r}")
        return time.monotonic()


def steady(port: int, addresses: list[str], rate: int, stop: object) -> None:
    """`rate` readings a second in batches of 1,000, on time."""
    supervisor, position, due = Supervisor(port), 0, time.monotonic()
    while not stop.is_set():
        supervisor.push(body(addresses, position, 1000, int(time.time() * 1000), 50.0))
        position = (position + 1000) % len(addresses)
        due += 1000 / rate
        time.sleep(max(0.0, due - time.monotonic()))


@contextmanager
def under_load(port: int, addresses: list[str], rate: int) -> Iterator[None]:
    """While `steady` goes on in a process of its own, from its third second on."""
    stop = multiprocessing.Event()
    load = multiprocessing.Process(target=steady, args=(port, addresses, rate, stop))
    load.start()
    try:
        time.sleep(3)
        yield
    finally:
        stop.set()
        load.join()


def sample(stage: Stage, cookie: str, addresses: list[str], samples: int) -> list[float]:
    """Milliseconds of each alarm, one at a time."""
    supervisor, waits = Supervisor(stage.port), []
    url = f"ws://127.0.0.1:{stage.port}/ws/sites/{SITE}/live?version=2"
    headers = {"Origin": f"http://127.0.0.1:{stage.port}", "Cookie": f"sessionid={cookie}"}
    with connect(url, additional_headers=headers, max_size=2**22) as desk:
        while json.loads(desk.recv())["type"] != "pulse":
            pass
        for address in addresses[:samples]:
            accepted = supervisor.push(body([address], 0, 1, int(time.time() * 1000), 97.0))
            while True:
                frame = json.loads(desk.recv(timeout=20))
                if frame["type"] == "entries" and "alarm" in frame["rows"]:
                    break
            waits.append((time.monotonic() - accepted) * 1000)
            time.sleep(0.02)
    return waits


def row(name: str, waits: list[float]) -> dict[str, str | int | float]:
    waits.sort()
    return {
        "load": name, "samples": len(waits), "p50 ms": round(statistics.median(waits), 1),
        "p99 ms": round(waits[int(len(waits) * 0.99)], 1), "worst ms": round(waits[-1], 1),
    }  # fmt: skip


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--samples", type=int, default=300)
    parser.add_argument("--rate", type=int, default=14_000)
    parser.add_argument("--busy-disk", action="store_true", help="beside a neighbour that writes and syncs without a pause")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(14_000 + WATCHED, [SPECS[0]])
            user = operator()
            cookie = cookie_of(user)
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            watched = addresses[14_000:]
            with busy_disk(folder) if options.busy_disk else nullcontext():
                rows = [row("idle", sample(stage, cookie, watched, options.samples))]
                with under_load(stage.port, addresses[:14_000], options.rate):
                    rows.append(
                        row(f"{options.rate:,} readings/s", sample(stage, cookie, watched[options.samples :], options.samples))
                    )
            publish("Reading accepted to alarm at the desk", rows, options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
