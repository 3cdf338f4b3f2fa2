"""Plays the city: each second the points that are due are read and told, until stopped."""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
from numpy.typing import NDArray

from demo.city import http, ngsi, permits, pictures, plates
from demo.city.behaviour import Field
from demo.city.events import Events
from demo.city.faults import Faults
from demo.city.http import Answer, Request, as_json
from demo.city.orders import Orders
from demo.city.pulls import Pulls, iso
from demo.city.scenarios import BY_NAME, Stage
from demo.city.senders import Item, Poster, Publisher, in_json
from demo.city.sink import Sink
from demo.city.visits import Visits
from demo.city.world import World, load

TICK = 1.0


@dataclass(frozen=True)
class Choices:
    """How to play: where the files are, where the control room is, where to listen, an MQTT broker or none, chance or calm."""

    data: Path
    vigie: str
    port: int
    mqtt: str
    scenarios: bool
    seed: int


def on_delays(rules: Path) -> Callable[[str, str], float]:
    """Seconds that the site's rules of one point wait, by kind and quantity; 600 where no rule is."""
    delays: dict[tuple[str, str], float] = {}
    for rule in json.loads(rules.read_text("utf-8")) if rules.exists() else []:
        spec = rule["spec"]
        if spec["kind"] not in ("threshold", "state"):
            continue
        for kind in spec["scope"].get("kinds", []):
            delays[kind, str(spec["scope"].get("quantity"))] = float(spec.get("on_delay", 0))
    return lambda kind, quantity: delays.get((kind, quantity), 600.0)


class City:
    """The field, what is wrong with it, and who tells of it. The clock is an argument of every step."""

    def __init__(self, world: World, choices: Choices, client: httpx.AsyncClient, say: Callable[[str], None]) -> None:
        self.world, self._choices = world, choices
        self.field = Field(world, choices.seed)
        self.faults = Faults(world, choices.seed)
        self.events = Events(world, choices.seed)
        self.orders = Orders(world, self.faults.mend)
        self.visits = Visits(world, choices.data, self.orders, choices.seed)
        self.faults.spare(gate.asset for gate in self.visits.gates)
        delays = on_delays(choices.data / "rules.json")
        self.stage = Stage(world, self.faults, delays, self.events.plan, self.visits.scenario)
        self._phase = np.arange(len(world)) * 7919 % world.interval
        self._polled = np.isin(world.feed, [slug for slug, feed in world.feeds.items() if feed["protocol"] == "pull"])
        self._changed: list[int] = []
        self.publisher = Publisher(choices.mqtt, say) if choices.mqtt else None
        self.posters: dict[tuple[str, str], Poster] = {}
        self.readers: dict[str, Poster] = {}
        for gate in self.visits.gates:
            url = f"{choices.vigie.rstrip('/')}/api/v1/readers/{gate.reader}/reads"
            self.readers[gate.slug] = Poster(client, url, gate.token, plates.message, say, batch=1)
        for slug, feed in world.feeds.items():
            if feed["protocol"] == "pull" or (feed["protocol"] == "mqtt" and self.publisher):
                continue
            nouns = ("ngsi-ld",) if feed["protocol"] == "ngsi-ld" else ("readings", "events")
            for noun in nouns:
                wrap = ngsi.notification if noun == "ngsi-ld" else _wrapper(noun)
                url = f"{choices.vigie.rstrip('/')}/api/v1/feeds/{slug}/{noun}"
                self.posters[slug, noun] = Poster(client, url, feed["token"], in_json(wrap), say)

    def values(self, rows: NDArray[np.intp], at: float) -> NDArray[np.float64]:
        """What the points would read at an instant, faults and scenarios included."""
        usual = self.stage.bend(rows, self.field.values(rows, at), at)
        return self.faults.apply(rows, self.orders.apply(rows, usual, at))

    def latest(self, rows: NDArray[np.intp], now: float, back: int = 0) -> tuple[list[float], list[float]]:
        """Values and instants of the newest due reading of each row, or one so many back, as a polled supervisor has them."""
        interval, phase = self.world.interval[rows], self._phase[rows]
        instants = (np.floor((now - phase) / interval) - back) * interval + phase
        if not back:
            instants = np.maximum(instants, self.orders.since(rows))  # what was ordered is known at once
        values = np.empty(len(rows))
        for instant in np.unique(instants).tolist():
            mine = instants == instant
            values[mine] = self.values(rows[mine], instant)
        return values.tolist(), instants.tolist()

    def step(self, before: float, now: float) -> int:
        """Tells the newest reading that came due in (before, now] of each point, and what changed by a fault at once.

        Returns the number of readings told.
        """
        self._changed += self.faults.step(now, spontaneous=self._choices.scenarios)
        self.stage.step(now)
        self._obey(now)
        told = 0
        turn, last = (np.floor((at - self._phase) / self.world.interval) for at in (now, before))
        due = np.flatnonzero((turn > last) & ~self._polled)
        instants = turn[due] * self.world.interval[due] + self._phase[due]
        for instant in np.unique(instants).tolist():
            rows = due[instants == instant]
            told += self._send(rows, self.values(rows, instant), instant)
        # Last, because it is the newest: a reading older than its point's newest is late.
        told += self._tell_changes(now)
        for feed, event in [*self.events.between(max(before, now - 60), now), *self.events.due(now)]:
            if not self.stage.silent(feed):
                self.posters[feed, "events"].put([event])
        return told

    def take(self, supervisor: str, order: Item, now: float) -> tuple[int, Item]:
        """An order of the control room to a supervisor: status and answer."""
        if self.stage.silent(supervisor):
            return 503, {"state": "down"}
        return self.orders.take(supervisor, order, now)

    def _obey(self, now: float) -> None:
        """What was ordered happens; then vehicles see the barriers as they are."""
        for order in self.publisher.orders() if self.publisher else ():
            _, answer = self.take("lighting", order, now)
            assert self.publisher is not None
            self.publisher.answer(str(order.get("asset", "")), answer)
        self._changed += self.orders.step(now)
        barriers = np.array([gate.barrier for gate in self.visits.gates if gate.barrier >= 0], np.intp)
        read = dict(zip(barriers.tolist(), self.values(barriers, now).tolist(), strict=True)) if len(barriers) else {}
        self._changed += self.visits.step(now, read, troubled=self._choices.scenarios)
        for slug, item in self.visits.reads(now):
            self.readers[slug].put([item])

    def start(self, name: str, now: float) -> None:
        """Starts a scenario; what changes is told with the next step. Raises KeyError."""
        self._changed += self.stage.start(name, now)

    def _tell_changes(self, now: float) -> int:
        """Supervisors that speak first tell a change of state at once; the others when they are asked."""
        rows = np.array(sorted(set(self._changed)), np.intp)
        self._changed.clear()
        rows = rows[~self._polled[rows]]
        return self._send(rows, self.values(rows, now), now) if len(rows) else 0

    def _send(self, rows: NDArray[np.intp], values: NDArray[np.float64], at: float) -> int:
        feeds = self.world.feed[rows]
        for slug in np.unique(feeds).tolist():
            if self.stage.silent(slug):
                continue
            mine = feeds == slug
            chosen, read = rows[mine].tolist(), values[mine].tolist()
            protocol = self.world.feeds[slug]["protocol"]
            if protocol == "ngsi-ld":
                self.posters[slug, "ngsi-ld"].put(ngsi.entities(self.world, chosen, read, [at] * len(chosen)))
            elif protocol == "mqtt" and self.publisher:
                self._publish(chosen, read, at)
            else:
                self.posters[slug, "readings"].put(self._readings(chosen, read, at))
        return len(rows)

    def _readings(self, rows: list[int], values: list[float], at: float) -> list[Item]:
        stamp = iso(at)
        return [
            {"address": self.world.address[row], "at": stamp, "value": value} for row, value in zip(rows, values, strict=True)
        ]

    def _publish(self, rows: list[int], values: list[float], at: float) -> None:
        """One message per cabinet: its own readings and those of its lamps."""
        of: dict[str, tuple[list[int], list[float]]] = {}
        for row, value in zip(rows, values, strict=True):
            asset = self.world.assets[self.world.code[row]]
            chosen, read = of.setdefault(asset.depends_on if asset.kind == "lamp" else asset.code, ([], []))
            chosen.append(row)
            read.append(value)
        for cabinet, (chosen, read) in of.items():
            assert self.publisher is not None
            self.publisher.put(f"lighting/{cabinet}/readings", self._readings(chosen, read, at))


def _wrapper(noun: str) -> Callable[[list[Item]], Item]:
    return lambda items: {noun: items}


class Front:
    """What the city answers over HTTP: polls, pictures and the instructor's orders."""

    def __init__(self, city: City, clock: Callable[[], float]) -> None:
        self._city, self._clock = city, clock
        pulls = Pulls(city.world, lambda rows, back: city.latest(rows, clock(), back))
        self._polls = {
            "/building/units": ("building", pulls.building),
            "/transport/equipment": ("transport", pulls.transport),
            "/api/v2/hydrometrie/observations_tr": ("hydrology", pulls.hydrology),
            "/energy/values": ("energy", pulls.energy),
        }
        self._sink = Sink()
        self._cameras: dict[str, pictures.Camera] = {}
        self._entries = [gate.slug for gate in city.visits.gates if gate.way == "in"]

    async def __call__(self, request: Request) -> Answer:
        if request.path in self._polls and request.method == "GET":
            feed, answer = self._polls[request.path]
            if self._city.stage.silent(feed):
                return Answer(503, b"{}", headers={"retry-after": "30"})
            return answer(request)
        if request.path.startswith("/scenarios"):
            return self._scenario(request)
        if request.path.startswith("/cameras/"):
            return self._picture(request)
        if request.path.endswith("/orders") and request.method == "POST":
            return self._order(request)
        if request.path == "/sms" and request.method == "POST":
            return self._sink.take(request, self._clock())
        if request.path == "/messages":
            return self._sink.told()
        if request.path == "/access/permits":
            return as_json(permits.document(self._city.visits.passes, self._entries, self._clock()))
        if request.path == "/":
            return as_json({"site": self._city.world.site["slug"], "points": len(self._city.world)})
        return as_json({"error": "not found"}, 404)

    def _order(self, request: Request) -> Answer:
        supervisor = request.path.removesuffix("/orders").strip("/")
        feed = self._city.world.feeds.get(supervisor)
        if feed is None or request.headers.get("authorization") != f"Token {feed['token']}":
            return as_json({"state": "denied", "why": "unknown supervisor or token"}, 401)
        try:
            order = json.loads(request.body)
        except ValueError:
            order = None
        if not isinstance(order, dict):
            return as_json({"state": "denied", "why": "an order is a JSON object"}, 400)
        status, answer = self._city.take(supervisor, order, self._clock())
        return as_json(answer, status)

    def _scenario(self, request: Request) -> Answer:
        name = request.path.removeprefix("/scenarios").strip("/")
        if request.method == "POST" and "origin" in request.headers:
            return as_json({"error": "not for browsers: ask the control room"}, 403)
        if request.method == "POST":
            if name not in BY_NAME:
                return as_json({"error": f"no scenario {name!r}", "known": list(BY_NAME)}, 404)
            self._city.start(name, self._clock())
            return as_json(self._city.stage.document(self._clock()), 202)
        return as_json(self._city.stage.document(self._clock())) if not name else as_json({"error": "not found"}, 404)

    def _picture(self, request: Request) -> Answer:
        code, _, form = request.path.removeprefix("/cameras/").rpartition(".")
        asset = self._city.world.assets.get(code)
        if asset is None or asset.kind not in ("camera", "anpr_camera") or form not in ("mjpeg", "png", "jpg"):
            return as_json({"error": "no such camera"}, 404)
        camera = self._cameras.setdefault(code, pictures.Camera(code, self._city.world.site["seed"]))
        row = self._city.world.rows.get((code, "camera_state"))

        def online() -> bool:
            return row is None or self._city.values(np.array([row]), self._clock())[0] == 1.0

        if form == "mjpeg":
            kind = f"multipart/x-mixed-replace; boundary={pictures.BOUNDARY}"
            return Answer(content_type=kind, stream=pictures.motion(camera, self._clock, online))
        return Answer(body=camera.frame(self._clock(), online=online()), content_type="image/png")


def play(choices: Choices) -> int:
    """Plays until interrupted; 1 with a sentence when it cannot begin."""

    def say(line: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)

    try:
        asyncio.run(_play(choices, say))
    except OSError as error:
        print(f"demo: port {choices.port}: {error.strerror}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


async def _play(choices: Choices, say: Callable[[str], None]) -> None:
    world = load(choices.data)
    async with httpx.AsyncClient(timeout=20.0, trust_env=False) as client:
        city = City(world, choices, client, say)
        server = await http.serve(Front(city, time.time), choices.port)
        if city.publisher:
            city.publisher.start()
        async with server, asyncio.TaskGroup() as tasks:
            for poster in [*city.posters.values(), *city.readers.values()]:
                tasks.create_task(poster.run())
            here = f"http://127.0.0.1:{choices.port}"
            say(f"city of {len(world.assets)} assets and {len(world)} points on {here}, telling {choices.vigie}")
            await _beat(city, say)


async def _beat(city: City, say: Callable[[str], None]) -> None:
    before = 0.0  # at the start everybody tells what they know
    told, reported = 0, time.monotonic()
    while True:
        now = time.time()
        if now > before:
            told += city.step(before, now)
            before = now
        if time.monotonic() - reported >= 60:
            waiting = sum(poster.waiting for poster in city.posters.values())
            say(f"{told / 60:.0f} readings/s pushed, {waiting} waiting, {city.faults.held} points at fault")
            told, reported = 0, time.monotonic()
        await asyncio.sleep(max(0.05, TICK - (time.time() - now)))
