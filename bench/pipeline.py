"""The whole path under load: JSON pushed over HTTP, judged, committed; readings per second, CPU, and nothing lost.

python -m bench.pipeline [--seconds 60] [--points 14000] [--batch 1000] [--arrow] [--busy-disk] [--json FILE]
"""

import contextlib
import multiprocessing
import shutil
import socket
import tempfile
import time
from pathlib import Path

import msgspec

from bench.neighbour import busy_disk
from bench.report import arguments, publish
from bench.stage import FEED, SITE, TOKEN, Stage, wait_for

LADDER = [{"severity": "high", "limit": 95.0}, {"severity": "critical", "limit": 99.0}]
SPECS = [
    {"kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above", "limits": LADDER, "deadband": 1.0},
    {"kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "below",
     "limits": [{"severity": "medium", "limit": 1.0}], "on_delay": 5},
    {"kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
     "limits": [{"severity": "low", "limit": 90.0}], "on_delay": 30, "off_delay": 30},
]  # fmt: skip


def body(addresses: list[str], first: int, count: int, at: int, value: float) -> bytes:
    """A JSON batch of `count` readings from `first`, all at one instant (ms), as supervisors send them."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + f".{at % 1000:03d}Z"
    total = len(addresses)
    chosen = (addresses[(first + i) % total] for i in range(count))
    readings = [{"address": address, "at": stamp, "value": value + (i % 100) / 10} for i, address in enumerate(chosen)]
    return msgspec.json.encode({"readings": readings})


def arrow_body(addresses: list[str], first: int, count: int, at: int, value: float) -> bytes:
    """The same batch as an Arrow IPC stream."""
    import io

    import pyarrow as pa

    names = [addresses[(first + i) % len(addresses)] for i in range(count)]
    batch = pa.record_batch(
        {
            "address": pa.array(names),
            "at": pa.array([at * 1000] * count, pa.timestamp("us", "UTC")),
            "value": pa.array([value + (i % 100) / 10 for i in range(count)], pa.float64()),
        }
    )
    sink = io.BytesIO()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return sink.getvalue()


def push(port: int, addresses: list[str], batch: int, arrow: bool, until: float, accepted: object, refused: object) -> None:
    """One supervisor that pushes as fast as it is answered, over one kept connection."""
    make, media = (arrow_body, "application/vnd.apache.arrow.stream") if arrow else (body, "application/json")
    head = (
        f"POST /api/v1/feeds/{FEED}/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {TOKEN}\r\n"
        f"Content-Type: {media}\r\nContent-Length: "
    ).encode()
    connection = socket.create_connection(("127.0.0.1", port))
    stream = connection.makefile("rb")
    position, at = 0, int(time.time() * 1000)
    while time.time() < until:
        # Never past the last point: a point's second reading of one instant is a duplicate, accepted and not stored.
        content = make(addresses, position, min(batch, len(addresses) - position), at, 50.0)
        position += batch
        if position >= len(addresses):  # every point once per instant; instants move on a millisecond
            position, at = 0, max(at + 1, int(time.time() * 1000))
        while True:
            connection.sendall(head + str(len(content)).encode() + b"\r\n\r\n" + content)
            status, answer = read_answer(stream)
            if status == 202:
                with accepted.get_lock():
                    accepted.value += msgspec.json.decode(answer)["accepted"]
                break
            if status != 503:
                raise RuntimeError(f"{status}: {answer[:300]!r}")
            with refused.get_lock():
                refused.value += 1
            time.sleep(0.05)


def read_answer(stream) -> tuple[int, bytes]:
    status, length = int(stream.readline().split()[1]), 0
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, stream.read(length)


def stored() -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reading")
        return cursor.fetchone()[0]


def log_is_empty() -> bool:
    from assets.log import Log
    from assets.models import Site

    return Log().length(Site.objects.get(slug=SITE).id) == 0


def measure(seconds: float, points: int, batch: int, arrow: bool, clients: int, busy: bool) -> dict[str, str | int | float]:
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(points, SPECS)
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            accepted, refused = multiprocessing.Value("q", 0), multiprocessing.Value("q", 0)
            share = len(addresses) // clients
            before, began = stage.cpu(), time.time()
            crowd = [
                multiprocessing.Process(
                    target=push,
                    args=(stage.port, addresses[i * share : (i + 1) * share], batch, arrow, began + seconds, accepted, refused),
                )
                for i in range(clients)
            ]
            with busy_disk(folder) if busy else contextlib.nullcontext():
                for client in crowd:
                    client.start()
                for client in crowd:
                    client.join()
                wait_for(log_is_empty, "the correlator to catch up", 120)
            wall = time.time() - began
            spent = {name: stage.cpu()[name] - before[name] for name in before}
            kept = stored()
            if kept != accepted.value:
                raise AssertionError(f"{accepted.value} readings were accepted and {kept} are stored")
            million = accepted.value / 1e6
            return {
                "format": "Arrow" if arrow else "JSON", "disk": "busy" if busy else "quiet", "batch": batch, "clients": clients,
                "accepted": accepted.value,
                "readings/s": round(accepted.value / wall), "refused 503": refused.value,
                **{f"{name} CPU s/M": round(cpu / million, 2) for name, cpu in spent.items()},
                "all CPU s/M": round(sum(spent.values()) / million, 2),
                "correlator MB": round(stage.memory_mb("correlator")),
            }  # fmt: skip
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--points", type=int, default=14_000)
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=2)
    parser.add_argument("--arrow", action="store_true", help="Arrow IPC streams instead of JSON")
    parser.add_argument("--busy-disk", action="store_true", help="beside a neighbour that writes and syncs without a pause")
    options = parser.parse_args()
    row = measure(options.seconds, options.points, options.batch, options.arrow, options.clients, options.busy_disk)
    publish("Push to committed history, everything on this machine", [row], options.json)


if __name__ == "__main__":
    main()
