"""10,000 alarms at once with 50 desks connected: when they are committed, and when every desk has them all.

python -m bench.burst [--alarms 10000] [--desks 50] [--json FILE]
"""

import asyncio
import json
import multiprocessing
import re
import shutil
import tempfile
import time
from pathlib import Path

import msgspec
from websockets.asyncio.client import connect

from bench.latency import Supervisor
from bench.pipeline import SPECS, body
from bench.report import arguments, publish
from bench.stage import SITE, Stage, operator, wait_for
from tests.walks.kill import cookie_of

_RANGE = re.compile(rb'{"type":"entries","from":(\d+),"to":(\d+),')


def crowd(port: int, cookie: str, desks: int, alarms: int, ready: object, done: object) -> None:
    """Desks in one process; puts the instant (time.time) at which each has all the alarms."""
    asyncio.run(_crowd(port, cookie, desks, alarms, ready, done))


async def _crowd(port: int, cookie: str, desks: int, alarms: int, ready: object, done: object) -> None:
    url = f"ws://127.0.0.1:{port}/ws/sites/{SITE}/live?version=2"
    headers = {"Origin": f"http://127.0.0.1:{port}", "Cookie": f"sessionid={cookie}"}
    connected = asyncio.Barrier(desks + 1)

    async def desk(reads: bool) -> float:
        """Consistent once the numbers have come without a gap; the one that `reads` counts every row, too."""
        async with connect(url, additional_headers=headers, max_size=2**22, open_timeout=60) as socket:
            while (frame := json.loads(await socket.recv()))["type"] != "pulse":
                pass
            began = reached = frame["seq"]
            await connected.wait()
            seen: set[int] = set()
            while True:
                text = await socket.recv(decode=False)
                # Parsing every row for every desk would measure this process.
                if (told := _RANGE.match(text)) is None:
                    continue
                first, last = map(int, told.groups())
                if first > reached + 1:
                    raise ValueError(f"a gap: {first} after {reached}")
                reached = max(reached, last)
                if reads:
                    seen.update(row["id"] for row in msgspec.json.decode(text)["rows"].get("alarm", ()))
                if reached - began >= alarms and (not reads or len(seen) >= alarms):
                    return time.time()

    tasks = [asyncio.create_task(desk(number == 0)) for number in range(desks)]
    await connected.wait()
    ready.set()
    done.put(await asyncio.gather(*tasks))


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--alarms", type=int, default=10_000)
    parser.add_argument("--desks", type=int, default=50)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(options.alarms, [SPECS[0]])
            from journal.models import JournalEntry

            user = operator()
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            ready, done = multiprocessing.Event(), multiprocessing.Queue()
            desks = multiprocessing.Process(
                target=crowd, args=(stage.port, cookie_of(user), options.desks, options.alarms, ready, done)
            )
            desks.start()
            ready.wait()
            content = body(addresses, 0, options.alarms, int(time.time() * 1000), 96.0)
            Supervisor(stage.port).push(content)
            accepted = time.time()
            wait_for(lambda: JournalEntry.objects.filter(kind="alarm.raised").count() >= options.alarms, "the commit")
            committed = time.time()
            arrived = done.get(timeout=120)
            desks.join()
            publish(
                "A burst of alarms",
                [
                    {
                        "alarms": options.alarms, "desks": options.desks, "committed s": round(committed - accepted, 2),
                        "first desk s": round(min(arrived) - accepted, 2), "every desk s": round(max(arrived) - accepted, 2),
                    }
                ],
                options.json,
            )  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
