"""The control desk in a real browser, over 75,000 assets: how soon it is usable, how soon it tells, how smooth it stays.

python -m bench.desk [--assets 75000] [--samples 200] [--json FILE]
"""

import datetime as dt
import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.latency import Supervisor, under_load
from bench.pipeline import body
from bench.report import arguments, publish
from bench.stage import FEED, TOKEN, Stage, wait_for
from tests.conftest import CHROMIUM_ARGUMENTS
from tests.walks.kill import cookie_of

SITE = "les-arches"
BURST, STORM = 1_000, 5_000
RATE = 14_000
"""Readings a second of the normal load, one of each point."""
OPENINGS = 7
PAGES = (
    "",
    "list",
    "assets",
    "assets?q=candelabre&part=rows",
    "assets/imports",
    "settings",
    "settings/people",
    "settings/sectors",
)
WATCH = """
(() => {
  localStorage.setItem("vigie.grouping", "flat"); // a row per alarm: gathered under an incident, a storm paints next to nothing
  window.bench = {marks: {}, rows: {}, tasks: []};
  const mark = (name) => { bench.marks[name] ??= performance.now(); };
  const note = (list) => bench.tasks.push(...list.getEntries().map((each) => each.duration));
  new PerformanceObserver(note).observe({type: "longtask"});
  new MutationObserver((changes) => {
    for (const {target} of changes) {
      if (target.id === "link" && target.dataset.state === "live") mark("live");
      if (target.id === "map" && target.dataset.state === "ready") requestAnimationFrame(() => mark("map"));
      const id = target.dataset?.id;
      if (id && !bench.rows[id]) requestAnimationFrame(() => { bench.rows[id] ??= performance.timeOrigin + performance.now(); });
    }
  }).observe(document, {subtree: true, attributes: true, attributeFilter: ["data-state", "data-id"]});
})()
"""


def populate(stage: Stage, assets: int) -> list[str]:
    """The demo city, and a feed of our own with one point on each of as many assets as alarms and load need; their addresses."""
    stage.manage("migrate", "--verbosity", "0")
    folder = stage.data / "city"
    generate = [sys.executable, "-m", "demo", "generate", "--assets", str(assets), "--out", str(folder)]
    os.spawnv(os.P_WAIT, sys.executable, generate)
    stage.manage("load_demo", str(folder))
    stage.django()
    from alarms.rules import activate, write_rule
    from assets.models import Asset, Feed, Point, Site, Supervisor

    site, now = Site.objects.get(slug=SITE), dt.datetime.now(dt.UTC)
    Feed.objects.update(enabled=False)  # their supervisors are not there, and would be told as silent
    supervisor = Supervisor.objects.create(site=site, slug="bench", name="Bench")
    token = hashlib.sha256(TOKEN.encode()).hexdigest()
    feed = Feed.objects.create(supervisor=supervisor, slug=FEED, name="Bench", protocol="push", token_hash=token)
    wanted = STORM + BURST + RATE
    # Nothing hangs on them: what depends on an asset in alarm is silent, and would not be painted.
    leaves = Asset.objects.filter(site=site, dependents=None).order_by("pk")
    chosen = list(leaves[:: max(1, leaves.count() // wanted)][:wanted])
    if len(chosen) < wanted:
        raise SystemExit(f"{wanted:,} assets on which nothing depends are needed: ask for more with --assets")
    addresses = [f"{asset.code}/bench_level" for asset in chosen]
    Point.objects.bulk_create(
        [
            Point(asset=asset, quantity="bench_level", unit="m", feed=feed, address=address)
            for asset, address in zip(chosen, addresses, strict=True)
        ]
    )
    spec = {"kind": "threshold", "scope": {"quantity": "bench_level"}, "direction": "above",
            "limits": [{"severity": "high", "limit": 90.0}], "deadband": 1.0}  # fmt: skip
    activate(write_rule(site, "bench", "Niveau d'essai", "Bench level", spec, now=now), now=now)
    return addresses


def openings(page, url: str) -> list[dict[str, object]]:
    """The desk opened again and again in one browser, whose cache is warm after the first."""
    waits: dict[str, list[float]] = {"live": [], "map": []}
    for number in range(OPENINGS + 1):
        page.goto(url)
        page.wait_for_function("bench.marks.live && bench.marks.map", timeout=60_000)
        marks = page.evaluate("bench.marks")
        if number:
            for name, wait in waits.items():
                wait.append(marks[name])
    names = {"live": "desk opened → list live", "map": "desk opened → map drawn, alarms on it"}
    return [_row(names[name], wait, 2_000) for name, wait in waits.items()]


def painted(page, stage: Stage, addresses: list[str], load: str) -> dict[str, object]:
    """One reading at a time, from its 202 to the frame after its row was written."""
    from alarms.models import Alarm

    supervisor, waits = Supervisor(stage.port), []
    for address in addresses:
        known = set(page.evaluate("Object.keys(bench.rows)"))
        supervisor.push(body([address], 0, 1, int(time.time() * 1000), 97.0))
        accepted = time.time() * 1000
        wait_for(lambda: set(page.evaluate("Object.keys(bench.rows)")) - known, f"the row of {address}")  # noqa: B023
        alarm = Alarm.objects.get(point__address=address)
        waits.append(page.evaluate("(id) => bench.rows[id]", str(alarm.pk)) - accepted)
    return _row(f"reading accepted → row painted, {load}", waits, 250)


def burst(page, stage: Stage, addresses: list[str], name: str) -> list[dict[str, object]]:
    """All at once, until the list tells of them: what the page computed for it in all its tasks, and the longest of them."""
    before = int(page.locator("#grid").get_attribute("aria-rowcount")) - 1
    page.evaluate("bench.tasks.length = 0")
    console = page.context.new_cdp_session(page)
    console.send("Performance.enable")
    begun = _computed(console)
    Supervisor(stage.port).push(body(addresses, 0, len(addresses), int(time.time() * 1000), 97.0))
    told = "(n) => document.getElementById('grid').ariaRowCount >= n"
    page.wait_for_function(told, arg=before + len(addresses) + 1, timeout=60_000)
    longest = _tasks(page, f"{name}: longest task")
    computed = {"what": f"{name}: script, style, layout", "samples": 1, "p50 ms": round(_computed(console) - begun, 1),
                "p99 ms": None, "budget ms": None}  # fmt: skip
    console.detach()
    return [computed, longest]


def _computed(console) -> float:
    """Milliseconds the page's main thread has spent on scripts, styles and layout since it was opened."""
    known = {each["name"]: each["value"] for each in console.send("Performance.getMetrics")["metrics"]}
    return 1000 * sum(known[name] for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration"))


def listed(page, stage: Stage, url: str, addresses: list[str]) -> list[dict[str, object]]:
    """The list in a window of its own, without the map: what is left of a burst."""
    page.goto(url)
    page.wait_for_function("bench.marks.live && document.getElementById('grid').ariaRowCount > 1", timeout=60_000)
    return [*burst(page, stage, addresses, f"list alone, {len(addresses):,} changes"), scrolled(page)]


def scrolled(page) -> dict[str, object]:
    """The whole list by the wheel, a screen at a time."""
    page.locator("#grid").hover()
    page.evaluate("bench.tasks.length = 0")
    for turn in range(120):
        page.mouse.wheel(0, 900 if turn % 40 < 30 else -1_400)
        page.evaluate("() => new Promise(requestAnimationFrame)")
    return _tasks(page, "alarms scrolled: longest task")


def served(stage: Stage, cookie: str) -> list[dict[str, object]]:
    """Each page's own time: from its request to its first byte, one at a time."""
    rows = []
    for path in PAGES:
        waits = []
        for number in range(16):
            request = urllib.request.Request(
                f"http://127.0.0.1:{stage.port}/sites/{SITE}/{path}", headers={"Cookie": f"sessionid={cookie}"}
            )
            begun = time.monotonic()
            with urllib.request.urlopen(request, timeout=20) as answer:
                answer.read(1)
            if number:
                waits.append((time.monotonic() - begun) * 1000)
        rows.append(_row(f"page /{path}", waits, 200))
    return rows


def _row(name: str, waits: list[float], budget: int) -> dict[str, object]:
    waits = sorted(waits)
    return {
        "what": name, "samples": len(waits), "p50 ms": round(statistics.median(waits), 1),
        "p99 ms": round(waits[int(len(waits) * 0.99)], 1), "budget ms": budget,
    }  # fmt: skip


def _tasks(page, name: str) -> dict[str, object]:
    """Tasks over 50 ms are all a browser tells of; 0 says there was none."""
    page.evaluate("() => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 200)))")
    tasks = page.evaluate("bench.tasks")
    longest = max(tasks, default=0)
    return {"what": name, "samples": len(tasks), "p50 ms": None, "p99 ms": round(longest, 1), "budget ms": 50}


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--assets", type=int, default=75_000)
    parser.add_argument("--samples", type=int, default=200)
    options = parser.parse_args()
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("VIGIE_CHROMIUM") or next(filter(None, map(shutil.which, names)))
    folder = Path(tempfile.mkdtemp(prefix="vigie-bench-"))
    try:
        with Stage(folder / "data") as stage:
            addresses = populate(stage, options.assets)
            from hypervisor.models import User

            cookie = cookie_of(User.objects.get(username="admin"))
            stage.start("web", "correlator")
            wait_for(lambda: "ready after" in stage.log_of("correlator"), "the correlator")
            rows = served(stage, cookie)
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_ARGUMENTS)
                context = browser.new_context(viewport={"width": 1920, "height": 1080}, locale="fr-FR", bypass_csp=True)
                host = f"http://127.0.0.1:{stage.port}"
                context.add_cookies([{"name": "sessionid", "value": cookie, "url": host}])
                context.add_init_script(WATCH)
                page = context.new_page()
                rows += openings(page, f"{host}/sites/{SITE}/")
                singles, rest = addresses[: 2 * options.samples], addresses[2 * options.samples :]
                rows.append(painted(page, stage, singles[: options.samples], "idle"))
                with under_load(stage.port, addresses[-RATE:], RATE):
                    rows.append(painted(page, stage, singles[options.samples :], f"{RATE:,} readings/s"))
                rows += burst(page, stage, rest[:BURST], f"{BURST:,} changes in one batch")
                rest = rest[BURST : STORM - 2 * options.samples]
                rows += burst(page, stage, rest, f"{len(rest):,} more")
                rows.append(scrolled(page))
                alone = context.new_page()
                page.close()
                rows += listed(alone, stage, f"{host}/sites/{SITE}/list", addresses[STORM : STORM + BURST])
                browser.close()
            publish(f"The desk over {options.assets:,} assets, drawn without a graphics card", rows, options.json)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
