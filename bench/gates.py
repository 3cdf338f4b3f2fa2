"""From a plate that was read to the recommendation at a desk, from a decision to the order at its supervisor, and from the
field's own word to the desk.

python -m bench.gates [--samples 40] [--seconds 35] [--json FILE]

A vehicle takes some five seconds: a sweep has to hear that the barrier opened, and another that it closed behind it.
"""

import json
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bench.latency import row
from bench.report import arguments, publish
from bench.stage import Stage, wait_for
from tests.walks import arrival
from tests.walks.barrier import CLOSED, OverHttp

LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"


def plates(number: int) -> list[str]:
    """Plates of the French series that nobody takes for one another."""

    def letters(first: int, second: int) -> str:
        return LETTERS[first % 23] + LETTERS[second % 23]

    return [f"{letters(n, n * 7)}{n * 37 % 900 + 100}{letters(n * 11, n * 5)}" for n in range(number)]


class Desk:
    """A control desk that notes when it was told what: `seen` waits for a row of a noun and gives the instant (monotonic)."""

    def __init__(self, port: int, cookie: str) -> None:
        self._url = f"ws://127.0.0.1:{port}/ws/sites/{arrival.SITE}/live?version=2"
        self._headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"sessionid={cookie}"}
        self._rows: list[tuple[float, str, dict]] = []
        self._came, self._stop = threading.Condition(), threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "Desk":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def seen(self, noun: str, wanted: Callable[[dict], bool], timeout: float = 30.0) -> tuple[float, dict]:
        def found() -> tuple[float, dict] | None:
            return next(((at, told) for at, of, told in self._rows if of == noun and wanted(told)), None)

        with self._came:
            if not self._came.wait_for(found, timeout):
                raise TimeoutError(f"the desk was not told of the {noun}")
            return found()  # type: ignore[return-value]

    def _listen(self) -> None:
        with connect(self._url, additional_headers=self._headers, max_size=2**22) as socket:
            while not self._stop.is_set():
                try:
                    frame = json.loads(socket.recv(timeout=0.2))
                except TimeoutError:
                    continue
                except WebSocketException:
                    return
                at = time.monotonic()
                with self._came:
                    self._rows += [(at, noun, told) for noun, rows in frame.get("rows", {}).items() for told in rows]
                    self._came.notify_all()


def measure(stage: Stage, samples: int, seconds: float) -> list[dict[str, str | int | float]]:
    stage.manage("migrate", "--verbosity", "0")
    stage.django()
    known = plates(samples)
    arrival.set_up("", known)
    stage.start("web", "correlator", "worker", "commands", "beat", "follow")
    barrier = OverHttp(stage.port, (arrival.FEED, arrival.TOKEN), (arrival.READER, arrival.reader_token()))
    arrival.connect(barrier, "")
    barrier.start()
    person = arrival.Person(stage.port, arrival.PEOPLE[0])
    waits: dict[str, list[float]] = {"recommended": [], "sent": [], "shown": []}
    try:
        wait_for(arrival.ready, "the barrier to be heard of, and the workers", 180)
        with Desk(stage.port, person.cookie) as desk:
            until = time.monotonic() + seconds
            for plate in known:
                _one(desk, barrier, person, plate, waits)
                if time.monotonic() > until:
                    break
    finally:
        barrier.stop()
    return [
        row("plate read accepted → recommendation at the desk", waits["recommended"]),
        row("decision asked for → order at its supervisor", waits["sent"]),
        row("field's reading accepted → confirmed at the desk", waits["shown"]),
    ]


def _one(desk: Desk, barrier: OverHttp, person: arrival.Person, plate: str, waits: dict[str, list[float]]) -> None:
    shown = f"{plate[:2]}-{plate[2:5]}-{plate[5:]}"
    barrier.read(shown)
    barrier.read(shown)
    accepted, before = time.monotonic(), len(barrier.obeyed)
    done = {told["id"] for _, noun, told in desk._rows if noun == "passage" and told["closed_at"]}
    at, passage = desk.seen("passage", lambda told: told["id"] not in done and told["verdict"] == "open" and told["reads"] >= 2)
    waits["recommended"].append((at - accepted) * 1000)
    asked = time.monotonic()
    answer = person.post(f"passages/{passage['id']}/decision", {"verdict": "open"})
    assert answer.status_code == 200, answer.text
    command = answer.json()["command"]["id"]
    wait_for(lambda: len(barrier.obeyed) > before, "the order")
    waits["sent"].append((barrier.obeyed[-1][0] - asked) * 1000)
    at, _ = desk.seen("command", lambda told: told["id"] == command and told["state"] == "confirmed")
    waits["shown"].append((at - barrier.accepted) * 1000)
    barrier.move(CLOSED)
    desk.seen("passage", lambda told: told["id"] == passage["id"] and told["state"] == "passed")


def main() -> None:
    parser = arguments("From a plate to the recommendation, from a decision to its order, from the field's word to the desk.")
    parser.add_argument("--samples", type=int, default=40, help="vehicles at most")
    parser.add_argument("--seconds", type=float, default=35.0, help="after which no other vehicle comes")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            load = os.getloadavg()[0]
            rows = measure(stage, options.samples, options.seconds)
            publish(f"Gates and commands (load average {load:.1f} before, {os.getloadavg()[0]:.1f} after)", rows, options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
