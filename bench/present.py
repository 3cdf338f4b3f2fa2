"""What present values cost: CPU of each process with 50 desks watching, while nothing is in alarm and while 5,000 points are.

python -m bench.present [--alarms 5000] [--desks 50] [--seconds 40] [--json FILE]

Every point is read every ten seconds in both halves; in the second one each reading is told to each desk.
"""

import asyncio
import multiprocessing
import shutil
import tempfile
import threading
import time
from pathlib import Path

from websockets.asyncio.client import connect

from bench.latency import Supervisor
from bench.pipeline import SPECS, body
from bench.report import arguments, publish
from bench.stage import SITE, Stage, operator, wait_for
from tests.walks.kill import cookie_of

INTERVAL = 10
"""Seconds between two readings of a point."""
CALM, ALARM = 50.0, 96.0


def crowd(port: int, cookie: str, desks: int, stop: object, told: object) -> None:
    """Desks in one process; puts (frames of present values, bytes of them) that one of them got until it was told to stop."""
    asyncio.run(_crowd(port, cookie, desks, stop, told))


async def _crowd(port: int, cookie: str, desks: int, stop: object, told: object) -> None:
    url = f"ws://127.0.0.1:{port}/ws/sites/{SITE}/live?version=2"
    headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"sessionid={cookie}"}
    counts = [0, 0]

    async def desk(counting: bool) -> None:
        async with connect(url, additional_headers=headers, max_size=2**22, open_timeout=60) as socket:
            while True:
                text = await socket.recv(decode=False)
                if counting and text.startswith(b'{"type":"present"'):
                    counts[0] += 1
                    counts[1] += len(text)

    tasks = [asyncio.create_task(desk(number == 0)) for number in range(desks)]
    await asyncio.to_thread(stop.wait)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    told.put(tuple(counts))


class Supply(threading.Thread):
    """Pushes a tenth of the points each second, each time with other values; `level` decides whether they are in alarm."""

    def __init__(self, port: int, addresses: list[str]) -> None:
        super().__init__(daemon=True)
        self.level, self.done = CALM, threading.Event()
        self._supervisor, self._addresses = Supervisor(port), addresses

    def run(self) -> None:
        turn, share = 0, max(1, len(self._addresses) // INTERVAL)
        while not self.done.wait(1.0):
            first = turn % INTERVAL * share
            # Below the next limit whatever the place in the batch adds (up to 9.9): the alarms stand, and nothing else moves.
            value = self.level if self.level == CALM else 95.1 + turn % 7 / 100
            self._supervisor.push(flat(self._addresses[first : first + share], int(time.time() * 1000), value))
            turn += 1


def flat(addresses: list[str], at: int, value: float) -> bytes:
    """A batch in which every point reads the same."""
    return b'{"readings":[%s]}' % b",".join(
        body([address], 0, 1, at, value).removeprefix(b'{"readings":[').removesuffix(b"]}") for address in addresses
    )


def measured(stage: Stage, seconds: int) -> dict[str, float]:
    """Percent of a core that each process took over some seconds."""
    before, began = stage.cpu(), time.monotonic()
    wait_for(lambda: time.monotonic() - began >= seconds, "the time", seconds + 60)
    span = time.monotonic() - began
    return {name: 100 * (spent - before[name]) / span for name, spent in stage.cpu().items()}


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--alarms", type=int, default=5_000)
    parser.add_argument("--desks", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=40)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(options.alarms, [SPECS[0]])
            from alarms.models import Alarm

            user = operator()
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            stop, told = multiprocessing.Event(), multiprocessing.Queue()
            desks = multiprocessing.Process(target=crowd, args=(stage.port, cookie_of(user), options.desks, stop, told))
            desks.start()
            supply = Supply(stage.port, addresses)
            supply.start()
            measured(stage, 3 * INTERVAL)
            calm = measured(stage, options.seconds)
            supply.level = ALARM
            wait_for(lambda: Alarm.objects.exclude(state="normal").count() >= options.alarms, "the alarms", 120)
            measured(stage, 2 * INTERVAL)
            storm = measured(stage, options.seconds)
            supply.done.set()
            stop.set()
            frames, size = told.get(timeout=60)
            desks.join()
            publish(
                f"Present values of {options.alarms:,} alarms for {options.desks} desks, each read every {INTERVAL} s",
                [
                    {"process": name, "% of a core, no alarm": round(calm[name], 1), "all in alarm": round(storm[name], 1),
                     "more": round(storm[name] - calm[name], 1)}
                    for name in calm
                ] + [{"process": "one desk", "% of a core, no alarm": None, "all in alarm": None,
                      "more": f"{frames} frames, {size / 1e6:.1f} MB"}],
                options.json,
            )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
