"""The pages of the past over a million alarms: how long each filter of Alarmes takes, an instant, a report, a file.

python -m bench.past [--assets 75000] [--alarms 1000000] [--samples 30] [--stay] [--json FILE]

Three minutes for a million on two cores; --assets 2000 --alarms 50000 is a quick look.
"""

import contextlib
import datetime as dt
import json
import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.report import arguments, publish
from bench.stage import Stage
from tests.walks.kill import cookie_of

SITE = "les-arches"
DAYS = 365
BUDGET, OF_REPORTS = "60 / 150", "500 / –"
"""Milliseconds of server time, p50 and p99."""

FILL = """
CREATE TEMP TABLE places AS SELECT row_number() OVER (ORDER BY id) AS n, id, sector_id, kind_id, supervisor_id, name
    FROM assets_asset WHERE site_id = %(site)s;
CREATE TEMP TABLE laws AS SELECT row_number() OVER (ORDER BY v.id) AS n, v.id AS version, r.id AS rule, r.name_fr, r.name_en
    FROM alarms_ruleversion v JOIN alarms_rule r ON r.active_version_id = v.id WHERE r.site_id = %(site)s;
CREATE TEMP TABLE hands AS SELECT row_number() OVER (ORDER BY id) AS n, id, username FROM hypervisor_user;
SELECT setseed(0.5);
CREATE TEMP TABLE drawn AS SELECT n,
        1 + floor(random() * (SELECT count(*) FROM places))::int AS place,
        1 + floor(power(random(), 2) * (SELECT count(*) FROM laws))::int AS law,
        1 + floor(random() * (SELECT count(*) FROM hands))::int AS hand,
        random() AS luck,
        %(now)s::timestamptz - make_interval(secs => (%(alarms)s - n) * %(days)s * 86400.0 / %(alarms)s) AS began,
        make_interval(secs => 30 * exp(random() * 8)) AS lasted
    FROM generate_series(1, %(alarms)s) n;
ANALYZE places; ANALYZE laws; ANALYZE hands; ANALYZE drawn;
INSERT INTO alarms_alarm (site_id, rule_id, version_id, subject, asset_id, sector_id, severity, stake, state, latched,
        sentence_fr, sentence_en, evidence, raised_at, learned_at, returned_at, closed_at, acknowledged_at, acknowledged_by_id,
        shelved_reason, out_of_service_reason, cause, together, comments, occurrences, raises, chattering, seq)
    SELECT %(site)s, laws.rule, laws.version, 'asset:' || places.id, places.id, places.sector_id,
        CASE WHEN luck < 0.02 THEN 1 WHEN luck < 0.1 THEN 2 WHEN luck < 0.4 THEN 3 ELSE 4 END, 3, 'normal', false,
        laws.name_fr || ' — ' || places.name, laws.name_en || ' — ' || places.name, '{}', began, began, began + lasted,
        began + lasted, began + lasted / 2, hands.id, '', '', false, '', 0, 1, '{}', false, drawn.n
    FROM drawn JOIN places ON places.n = drawn.place JOIN laws ON laws.n = drawn.law JOIN hands ON hands.n = drawn.hand
    ORDER BY drawn.n;
INSERT INTO reports_annunciation (site_id, seq, alarm_id, rule_id, subject, asset_id, kind_id, sector_id, supervisor_id, cause,
        severity, current, at, began_at, unheard, silence, waiting_since, acknowledged_at, acknowledged_by, returned_at, acted)
    SELECT a.site_id, a.seq, a.id, a.rule_id, a.subject, a.asset_id, p.kind_id, a.sector_id, p.supervisor_id, 1,
        a.severity, a.severity, a.raised_at, a.raised_at, CASE WHEN a.seq %% 20 = 0 THEN 2 ELSE 0 END, 0, a.raised_at,
        a.acknowledged_at, h.username, a.returned_at, a.seq %% 7 = 0
    FROM alarms_alarm a JOIN places p ON p.id = a.asset_id JOIN hands h ON h.id = a.acknowledged_by_id ORDER BY a.seq
"""
FILLED = ("alarms_alarm", "reports_annunciation")


def populate(stage: Stage, assets: int, alarms: int) -> None:
    """The pretend city with its rules, and so many closed alarms over a year, each of them annunciated once."""
    stage.manage("migrate", "--verbosity", "0")
    folder = stage.data / "city"
    os.spawnv(
        os.P_WAIT, sys.executable, [sys.executable, "-m", "demo", "generate", "--assets", str(assets), "--out", str(folder)]
    )
    stage.manage("load_demo", str(folder))
    stage.django()
    from django.db import connection

    from assets.models import Feed, Site

    Feed.objects.update(enabled=False)  # their supervisors are not there, and would be told as silent
    site = Site.objects.get(slug=SITE)
    values = {"site": site.pk, "alarms": alarms, "days": DAYS, "now": dt.datetime.now(dt.UTC)}
    with connection.cursor() as cursor, in_bulk(cursor):
        for statement in FILL.split(";"):
            cursor.execute(statement, values)


@contextlib.contextmanager
def in_bulk(cursor: Any) -> Iterator[None]:
    """Tables that are filled at once: without their indexes, which are built over all rows afterwards, and without a look at
    what each row refers to, which takes longer than the row."""
    cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '512MB'; SET work_mem = '256MB'")
    kept = "SELECT 1 FROM pg_constraint WHERE conindid = format('%%I', indexname)::regclass"
    cursor.execute(
        f"SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND NOT EXISTS ({kept})", [list(FILLED)]
    )
    indexes = cursor.fetchall()
    for name, _ in indexes:
        cursor.execute(f'DROP INDEX "{name}"')
    yield
    for _, definition in indexes:
        cursor.execute(definition)
    for table in FILLED:
        cursor.execute(f"VACUUM ANALYZE {table}")
    cursor.execute("SET session_replication_role = origin")


def filters() -> dict[str, str]:
    """What is asked for, by name; the rare and the frequent of each."""
    from alarms.models import Alarm, Rule

    used = Alarm.objects.values_list("rule__slug", "asset", "sector__slug", "acknowledged_by__username", "asset__kind__slug")
    rule, asset, sector, person, kind = used.exclude(sector=None).latest("id")
    rare = Rule.objects.filter(site__slug=SITE, active_version__isnull=False).order_by("-active_version_id").values_list("slug")
    day = dt.datetime.now(dt.UTC).date()
    month, old = day - dt.timedelta(days=30), day - dt.timedelta(days=300)
    return {
        "nothing": "", "critical": "severity=critical", "critical and high": "severity=critical,high",
        "state open (none)": "state=open", "a rule": f"rule={rule}", "the rarest rule": f"rule={rare[0][0]}",
        "a kind of rule": "rule_kind=threshold", "a kind of asset": f"kind={kind}", "a sector": f"sector={sector}",
        "an asset": f"asset={asset}", "a person": f"person={person}", "stood 24 h": "longer=1440",
        "a month": f"from={month}", "a day 300 days ago": f"from={old}&to={old}", "closed last": "order=closed_last",
        "oldest": "order=oldest", "words, frequent": "q=candelabre", "words, none, a month": f"q=zzzz&from={month}",
        "words, none": "q=zzzz", "five together": f"severity=high&sector={sector}&kind={kind}&from={old}&longer=5",
    }  # fmt: skip


def asked(stage: Stage, cookie: str, path: str) -> tuple[float, bytes]:
    """Milliseconds until an answer was there, and the answer."""
    request = urllib.request.Request(f"http://127.0.0.1:{stage.port}{path}", headers={"Cookie": f"sessionid={cookie}"})
    begun = time.monotonic()
    with urllib.request.urlopen(request, timeout=120) as answer:
        body = answer.read()
    return (time.monotonic() - begun) * 1000, body


def measured(stage: Stage, cookie: str, name: str, path: str, samples: int, budget: str = BUDGET) -> dict[str, object]:
    """CPU is what travels to another machine, and what others at work do not spoil."""
    asked(stage, cookie, path)
    before = stage.cpu()
    waits = sorted(asked(stage, cookie, path)[0] for _ in range(samples))
    spent = {process: (seconds - before[process]) * 1000 / samples for process, seconds in stage.cpu().items()}
    p50, p99 = statistics.median(waits), waits[int(len(waits) * 0.99)]
    return {
        "what": name, "samples": samples, "p50 ms": round(p50, 1), "p99 ms": round(p99, 1), "web CPU ms": round(spent["web"], 1),
        "budget ms": budget,
    }  # fmt: skip


def deep(stage: Stage, cookie: str) -> str:
    """The cursor of a page some way down the list, as a person gets there."""

    path, after = f"/api/v1/sites/{SITE}/alarms?state=all&limit=500", ""
    for _ in range(20):
        after = json.loads(asked(stage, cookie, path)[1])["next"]
        path = after
    return after.rpartition("after=")[2]


def exported(stage: Stage, cookie: str) -> list[dict[str, object]]:
    """Of critical alarms alone, one in fifty: all of a million take ten minutes."""
    rows = []
    for ending in ("csv", "parquet"):
        took, body = asked(stage, cookie, f"/api/v1/sites/{SITE}/alarms.{ending}?state=all&severity=critical")
        rows.append({"what": f"{ending} of critical, {len(body) / 1e6:.1f} MB, web {stage.memory_mb('web'):.0f} MB", "samples": 1,
                     "p50 ms": round(took), "p99 ms": None, "web CPU ms": None, "budget ms": None})  # fmt: skip
    return rows


def reported(stage: Stage, cookie: str, samples: int) -> list[dict[str, object]]:
    """Days that are over as rows, then packed."""
    from django.utils import timezone

    from assets.models import Site
    from reports import annunciations, packing

    report, site = f"/sites/{SITE}/reports?part=report&period=30_days", Site.objects.get(slug=SITE).pk
    rows = [measured(stage, cookie, "report of 30 days, nothing packed", report, min(samples, 5), OF_REPORTS)]
    begun = time.monotonic()
    while packing.pack(site, annunciations.NAME, timezone.now()):
        pass
    took = (time.monotonic() - begun) * 1000
    rows.append({"what": "all days packed", "samples": 1, "p50 ms": round(took), "p99 ms": None, "web CPU ms": None,
                 "budget ms": None})  # fmt: skip
    return [*rows, measured(stage, cookie, "report of 30 days", report, samples, OF_REPORTS)]


def looked_back(stage: Stage, cookie: str, samples: int) -> list[dict[str, object]]:
    """An instant of the past, near and far, and the page of its day."""
    rows = []
    for days in (1, 30, 300):
        at = (dt.datetime.now(dt.UTC) - dt.timedelta(days=days)).isoformat(timespec="seconds").replace("+00:00", "Z")
        path = f"/api/v1/sites/{SITE}/instant?at={at}"
        stood = len(json.loads(asked(stage, cookie, path)[1])["alarms"])
        rows.append(measured(stage, cookie, f"{days} days ago: {stood} alarms stood", path, samples))
    return [*rows, measured(stage, cookie, "the page of that day", f"/sites/{SITE}/looking-back?at={at}", samples)]


def main() -> None:
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--assets", type=int, default=75_000)
    parser.add_argument("--alarms", type=int, default=1_000_000)
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--stay", action="store_true", help="serve until interrupted, to look at the pages")
    options = parser.parse_args()
    with Stage(Path(tempfile.mkdtemp(prefix="vigie-bench-")) / "data") as stage:
        populate(stage, options.assets, options.alarms)
        from hypervisor.models import User

        cookie = cookie_of(User.objects.get(username="admin"))
        stage.start("web")
        page = f"/sites/{SITE}/alarms"
        rows = [measured(stage, cookie, name, f"{page}?{query}", options.samples) for name, query in filters().items()]
        rows.append(measured(stage, cookie, "10,000 rows down", f"{page}?after={deep(stage, cookie)}", options.samples))
        rows.append(measured(stage, cookie, "its number, of all", f"{page}?part=count", options.samples))
        rows.append(measured(stage, cookie, "its number, of critical", f"{page}?severity=critical&part=count", options.samples))
        rows += looked_back(stage, cookie, options.samples)
        rows += reported(stage, cookie, options.samples)
        rows += exported(stage, cookie)
        publish(f"The page of {options.assets:,} assets and {options.alarms:,} past alarms", rows, options.json)
        while options.stay:
            time.sleep(1)


if __name__ == "__main__":
    main()
