"""The chart of one point over a day, of 14,000 that each have a day of minutes, while 14,000 readings/s are stored.

python -m bench.chart [--samples 300] [--points 14000] [--rate 14000] [--json FILE]
"""

import datetime as dt
import random
import shutil
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.latency import row, under_load
from bench.pipeline import SPECS
from bench.report import arguments, publish
from bench.stage import Stage, operator, wait_for
from tests.walks.kill import cookie_of

MINUTES = 24 * 60
_LAY = (
    "INSERT INTO rollup_minute (point, at, minimum, maximum, total, count) "
    "SELECT p, m, 40 + p %% 10, 60 + p %% 10, 3000, 60 FROM generate_series(%s::timestamptz, %s, '1 minute') m, "
    "unnest(%s::bigint[]) p ORDER BY m, p"
)


def lay(points: list[int], last: dt.datetime) -> None:
    """A day of closed minutes up to `last`, in the order in which the correlator would have stored them."""
    from django.db import connection

    from assets.instants import microseconds
    from assets.partitions import DAY, Partitions

    known, first = Partitions(), last - dt.timedelta(minutes=MINUTES - 1)
    for moment in (first, last):
        known.for_day("rollup_minute", microseconds(moment) // DAY * DAY, microseconds(last))
    with connection.cursor() as cursor:
        for minute in range(0, MINUTES, 60):
            begin = first + dt.timedelta(minutes=minute)
            cursor.execute(_LAY, [begin, begin + dt.timedelta(minutes=59), points])
        cursor.execute("ANALYZE rollup_minute")


def queried(points: list[int], last: dt.datetime, samples: int) -> list[float]:
    """Milliseconds of the query alone."""
    from assets import history

    waits = []
    for point in random.Random(1).choices(points, k=samples):
        begun = time.monotonic()
        series = history.series(point, last - dt.timedelta(days=1), last + dt.timedelta(minutes=1))
        waits.append((time.monotonic() - begun) * 1000)
        if len(series.at) < MINUTES:
            raise ValueError(f"point {point}: {len(series.at)} minutes of {MINUTES}")
    return waits


def charted(port: int, cookie: str, points: list[int], last: dt.datetime, samples: int) -> list[float]:
    """Milliseconds of the whole answer of the web process, a Plotly figure."""
    waits, period = [], f"from={(last - dt.timedelta(days=1)):%Y-%m-%dT%H:%M:%SZ}&to={last:%Y-%m-%dT%H:%M:%SZ}"
    for point in random.Random(2).choices(points, k=samples):
        url = f"http://127.0.0.1:{port}/api/v1/points/{point}/chart?{period}"
        begun = time.monotonic()
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": f"sessionid={cookie}"}), timeout=20) as answer:
            answer.read()
        waits.append((time.monotonic() - begun) * 1000)
    return waits


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    for name, default in (("samples", 300), ("points", 14_000), ("rate", 14_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = stage.populate(options.points, [SPECS[0]])
            from assets.models import Point

            user = operator()
            points = list(Point.objects.order_by("id").values_list("id", flat=True))
            last = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) - dt.timedelta(minutes=2)
            lay(points, last)
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            cookie, name = cookie_of(user), f"at {options.rate:,} readings/s"
            with under_load(stage.port, addresses, options.rate):
                rows = [
                    {"what": "the query"} | row(name, queried(points, last, options.samples)),
                    {"what": "the page's request"} | row(name, charted(stage.port, cookie, points, last, options.samples)),
                ]
            publish("A day of one point", rows, options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
