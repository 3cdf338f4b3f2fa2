"""What a move of an alarm costs: readings of which some begin or end an alarm, pushed, judged, committed, and counted.

python -m bench.moves [--readings 1000000] [--batch 1000] [--format json] [--open 0] [--json FILE]

14,000 points with a threshold each; 2 values in 100 begin or end an alarm. A first stretch in which none does says what the
readings alone cost; three with moves follow, and the clock stops when every row and every move is committed: all are counted.
Then all points raise at once and end at once, three times. `--open`: so many more points are in alarm meanwhile. Without options
pushes of 1,000 and 7,000, JSON and Arrow, and once more beside 50,000 open alarms.
"""

import argparse
import contextlib
import io
import multiprocessing
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.pipeline import log_is_empty, read_answer, stored
from bench.report import Cell, arguments, publish
from bench.stage import FEED, TOKEN, Stage, wait_for

POINTS, SHARE, CLIENTS = 14_000, 0.02, 2
SPEC = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
    "limits": [{"severity": "high", "limit": 95.0}],
}  # fmt: skip
MEDIA = {"json": "application/json", "arrow": "application/vnd.apache.arrow.stream"}
CALM, HIGH = 50.0, 99.0


@dataclass
class Crowd:
    """The points of one connection, and which of them are above their limit."""

    addresses: list[str]
    seed: int
    high: NDArray[np.bool_] = field(init=False)
    at: int = 0

    def __post_init__(self) -> None:
        self.high = np.zeros(len(self.addresses), bool)
        self._chance = np.random.default_rng(self.seed)

    def rounds(self, readings: int, share: float | bool, batch: int) -> Iterator[tuple[list[int], int]]:
        """(points, instant in ms) of each push, every point once per instant; `high` is then as they are. `share`: of the points
        that move at each instant, or where all of them go."""
        while readings > 0:
            self.at = max(self.at + 1, int(time.time() * 1000))
            count = min(readings, len(self.addresses))
            if isinstance(share, bool):
                self.high[:count] = share
            else:
                self.high[:count] ^= self._chance.random(count) < share
            for first in range(0, count, batch):
                yield list(range(first, min(first + batch, count))), self.at
            readings -= count


class Writer:
    """Writes the bodies of a crowd, as quickly as can be: what is measured is not the supervisor."""

    def __init__(self, crowd: Crowd, form: str) -> None:
        self._crowd, self._form = crowd, form
        self._text = [
            [f'{{"address":"{address}","value":{value + i % 100 / 100},"at":"' for i, address in enumerate(crowd.addresses)]
            for value in (CALM, HIGH)
        ]

    def body(self, points: list[int], at: int) -> bytes:
        high = self._crowd.high[points]
        if self._form == "arrow":
            return self._arrow(points, at, high)
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at // 1000)) + f'.{at % 1000:03d}Z"}}'
        told = (self._text[above][point] for point, above in zip(points, high.tolist(), strict=True))
        return f'{{"readings":[{f"{stamp},".join(told)}{stamp}]}}'.encode()

    def _arrow(self, points: list[int], at: int, high: NDArray[np.bool_]) -> bytes:
        import pyarrow as pa

        columns = {
            "address": pa.array([self._crowd.addresses[point] for point in points]),
            "at": pa.array([at * 1000] * len(points), pa.timestamp("us", "UTC")),
            "value": pa.array(np.where(high, HIGH, CALM) + np.array(points) % 100 / 100),
        }
        sink, batch = io.BytesIO(), pa.record_batch(columns)
        with pa.ipc.new_stream(sink, batch.schema) as writer:
            writer.write_batch(batch)
        return sink.getvalue()


def push(port: int, crowd: Crowd, readings: int, share: float | bool, batch: int, form: str, done: object) -> None:
    """One supervisor that pushes as fast as it is answered; gives its crowd back, with how many moved up and down."""
    head = (
        f"POST /api/v1/feeds/{FEED}/readings HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Token {TOKEN}\r\n"
        f"Content-Type: {MEDIA[form]}\r\nContent-Length: "
    ).encode()
    writer, before, moves = Writer(crowd, form), crowd.high.copy(), np.zeros(2, np.int64)
    with contextlib.closing(socket.create_connection(("127.0.0.1", port))) as connection:
        stream = connection.makefile("rb")
        for points, at in crowd.rounds(readings, share, batch):
            was, now = before[points], crowd.high[points]
            moves += (now & ~was).sum(), (was & ~now).sum()
            before[points] = now
            content = writer.body(points, at)
            while True:
                connection.sendall(head + str(len(content)).encode() + b"\r\n\r\n" + content)
                status, answer = read_answer(stream)
                if status == 202:
                    break
                if status != 503:
                    raise RuntimeError(f"{status}: {answer[:300]!r}")
                time.sleep(0.05)
    done.put((crowd, moves))


class Bench:
    """One Vigie of its own, with what was pushed to it so far."""

    def __init__(self, stage: Stage, addresses: list[str], batch: int, form: str) -> None:
        self._stage, self._batch, self._form = stage, batch, form
        self._crowds = [Crowd(addresses[n::CLIENTS], n) for n in range(CLIENTS)]
        self.readings, self.moves = 0, np.zeros(2, np.int64)

    def stretch(self, name: str, readings: int, share: float | bool) -> dict[str, Cell]:
        """So many readings, and all that follows from them, committed."""
        before, began, moved = self._stage.cpu(), time.time(), self.moves.sum()
        self._push(readings, share)
        wait_for(log_is_empty, "the correlator to catch up", 600)
        wall, spent = time.time() - began, self._stage.cpu()
        self._count()
        spent = {process: seconds - before[process] for process, seconds in spent.items()}
        million = readings / 1e6
        return {
            "stretch": name, "readings/s": readings / wall, "moves": int(self.moves.sum() - moved), "s": wall,
            "CPU s/M": sum(spent.values()) / million,
            **{f"{process} s/M": seconds / million for process, seconds in spent.items()},
        }  # fmt: skip

    def at_once(self, name: str, high: bool) -> dict[str, Cell]:
        """Every point goes there, in a reading each."""
        return self.stretch(name, sum(len(crowd.addresses) for crowd in self._crowds), high)

    def _push(self, readings: int, share: float | bool) -> None:
        done: multiprocessing.Queue[tuple[Crowd, NDArray[np.int64]]] = multiprocessing.Queue()
        each = readings // CLIENTS
        clients = [
            multiprocessing.Process(target=push, args=(self._stage.port, crowd, each, share, self._batch, self._form, done))
            for crowd in self._crowds
        ]
        for client in clients:
            client.start()
        answers = [done.get(timeout=600) for _ in clients]
        for client in clients:
            client.join()
        self._crowds = sorted((crowd for crowd, _ in answers), key=lambda crowd: crowd.seed)
        self.moves += sum(moves for _, moves in answers)
        self.readings += each * CLIENTS

    def _count(self) -> None:
        from journal.models import JournalEntry

        lines = [JournalEntry.objects.filter(kind=kind).count() for kind in ("alarm.raised", "alarm.returned")]
        found = (stored(), *lines)
        if found != (self.readings, *self.moves.tolist()):
            raise AssertionError(f"pushed were {self.readings} readings and {self.moves} moves, stored are {found}")


def measure(folder: Path, readings: int, batch: int, form: str, standing: int) -> list[dict[str, Cell]]:
    """One case. All are in one folder, after each other: Django looks up once where its database is."""
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(POINTS + standing, [SPEC])
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            bench = Bench(stage, addresses[:POINTS], batch, form)
            if standing:
                others = Bench(stage, addresses[POINTS:], 7_000, "json")
                others.at_once("standing", True)
                bench.readings, bench.moves = others.readings, others.moves
            rows = [bench.stretch("quiet", readings, 0.0)]
            rows += [bench.stretch(f"moving {n}", readings, SHARE) for n in (1, 2, 3)]
            bench.at_once("calm", False)
            for n in (1, 2, 3):
                rows += [bench.at_once(f"all raise {n}", True), bench.at_once(f"all end {n}", False)]
            return [{"format": form, "batch": batch, "open": standing, **row} for row in _per_move(rows)]
    finally:
        shutil.rmtree(folder / "data", ignore_errors=True)


def _per_move(rows: Sequence[dict[str, Cell]]) -> Iterator[dict[str, Cell]]:
    """With what each move cost beside the readings, whose own cost the first row tells."""
    quiet = rows[0]
    for row in rows:
        moves, million = row["moves"], row["readings/s"] * row["s"] / 1e6
        costs = {
            f"{what} µs/move": (row[f"{what} s/M"] - quiet[f"{what} s/M"]) * million / moves * 1e6 if moves else 0.0
            for what in ("CPU", "correlator", "PostgreSQL")
        }
        yield row | costs


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--readings", type=int, default=1_000_000, help="of each stretch")
    parser.add_argument("--batch", type=int, help="readings of a push; else 1,000 and 7,000")
    parser.add_argument("--format", choices=MEDIA, help="else both")
    parser.add_argument("--open", type=int, help="alarms that are open besides; else none, and once 50,000")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder:
        rows = [row for case in _cases(options) for row in measure(Path(folder), options.readings, *case)]
    publish(f"Moves of alarms: {POINTS:,} points, {SHARE:.0%} of values", rows, options.json)


def _cases(options: argparse.Namespace) -> Iterator[tuple[int, str, int]]:
    batches = [options.batch] if options.batch else [1_000, 7_000]
    for form in [options.format] if options.format else MEDIA:
        for batch in batches:
            yield batch, form, options.open or 0
    if options.open is None:
        yield batches[0], options.format or "json", 50_000


if __name__ == "__main__":
    main()
