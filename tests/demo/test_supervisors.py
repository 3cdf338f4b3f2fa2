"""The pretend supervisors over real sockets: polls answered in the promised shapes, posts repeated until they are taken."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import paho.mqtt.client as paho
import pytest

from assets.feeds.forms import ngsi_ld
from assets.feeds.forms.mapped import compiled
from demo.city import http
from demo.city.http import Answer, Request
from demo.city.play import Choices, City, Front
from demo.city.world import Unreadable, load

NOON = 1_795_345_200.0

pytestmark = pytest.mark.asyncio


@dataclass
class ControlRoom:
    """Takes posts as the product does: remembers them, or refuses the first of them with 503."""

    refuse: int = 0
    bodies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    async def __call__(self, request: Request) -> Answer:
        if self.refuse:
            self.refuse -= 1
            return Answer(503, b"{}", headers={"retry-after": "0.05"})
        self.bodies.setdefault(request.path, []).append(json.loads(request.body))
        self.tokens[request.path] = request.headers["authorization"]
        return Answer(202, b"{}")

    def readings(self, feed: str) -> list[dict[str, Any]]:
        return [item for body in self.bodies.get(f"/api/v1/feeds/{feed}/readings", []) for item in body["readings"]]


@dataclass
class Played:
    """A city with a clock that the test moves, its HTTP client, and the control room it tells."""

    city: City
    room: ControlRoom
    client: httpx.AsyncClient
    now: float = NOON
    said: list[str] = field(default_factory=list)

    def to(self, now: float) -> int:
        before, self.now = self.now, now
        return self.city.step(before, now)


@asynccontextmanager
async def _playing(folder: Path, port: int, room_port: int, room: ControlRoom, mqtt: str = "") -> AsyncIterator[Played]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        said: list[str] = []
        city = City(load(folder), Choices(folder, f"http://127.0.0.1:{room_port}", port, mqtt, False, 1), client, said.append)
        played = Played(city, room, client, said=said)
        serving = await http.serve(Front(city, lambda: played.now), port)
        listening = await http.serve(room, room_port)
        posting = [asyncio.create_task(poster.run()) for poster in city.posters.values()]
        yield played
        for task in posting:
            task.cancel()
        await asyncio.gather(*posting, return_exceptions=True)
        for server in (serving, listening):
            server.close()


@pytest.fixture
async def played(small_city: Path, free_port: Callable[[], int]) -> AsyncIterator[Played]:
    async with _playing(small_city, free_port(), free_port(), ControlRoom()) as played:
        yield played


async def _until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def _pull(played: Played, feed: str) -> tuple[list[Any], list[int]]:
    """All pages of a pulled feed, read with the product's own mapping: its items and the status of each page."""
    described = played.city.world.feeds[feed]
    mapping = compiled(described["mapping"])
    url, items, statuses = described["address"].replace("{city}", ""), [], []
    while url:
        answer = await played.client.get(url)
        page = mapping.decode(answer.content)
        assert page.batch.refusals.count == 0
        items += page.batch.items
        statuses.append(answer.status_code)
        url = page.next
    return items, statuses


@pytest.mark.parametrize("feed", ["building", "transport", "energy", "hydrology"])
async def test_a_pull_gives_every_point_of_the_feed(played: Played, feed: str) -> None:
    items, _ = await _pull(played, feed)
    world = played.city.world
    assert {item.address for item in items} == {world.address[row] for row in world.of(feed)}


async def test_river_levels_come_as_hubeau_gives_them(small_city: Path, played: Played) -> None:
    url = "/api/v2/hydrometrie/observations_tr?grandeur_hydro=H&size=1"
    answer = await played.client.get(url)
    document = answer.json()
    stations = len(played.city.world.of("hydrology"))
    assert answer.status_code == (206 if stations > 1 else 200)
    observation = document["data"][0]
    assert observation["grandeur_hydro"] == "H"
    assert 0 <= observation["resultat_obs"] < 3_000
    items, _ = await _pull(played, "hydrology")
    assert Counter(item.address for item in items)[items[0].address] == 3
    assert max(item.value for item in items) < 3.0


async def test_meters_answer_not_modified_until_a_value_is_new(played: Played) -> None:
    first = await played.client.get("/energy/values?size=5")
    again = await played.client.get("/energy/values?size=5", headers={"If-None-Match": first.headers["etag"]})
    played.now += 120
    later = await played.client.get("/energy/values?size=5", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, later.status_code) == (200, 304, 200)
    assert again.content == b""


async def test_every_pushed_point_is_told_once_per_interval(played: Played) -> None:
    world = played.city.world
    played.to(NOON + 1)
    for second in range(2, 62):
        played.to(NOON + second)
    await _until(lambda: not any(poster.waiting for poster in played.city.posters.values()))
    quick = [world.address[row] for row in world.of("power") if world.interval[row] == 30]
    await _until(lambda: len([r for r in played.room.readings("power") if r["address"] in set(quick)]) >= 2 * len(quick))
    told = Counter(reading["address"] for reading in played.room.readings("power"))
    assert {told[address] for address in quick} <= {2, 3}


async def test_readings_of_a_point_are_told_in_the_order_of_their_time(played: Played) -> None:
    for second in range(0, 300, 7):
        if second == 35:
            played.city.start("storm", played.now + 0.4)
        if second == 140:
            played.city.start("recovery", played.now + 0.4)
        played.to(NOON + second + 0.6)
    await _until(lambda: not any(poster.waiting for poster in played.city.posters.values()))
    await _until(lambda: len(played.room.readings("access")) > 50)
    newest: dict[str, str] = {}
    for feed in ("power", "access", "tunnel"):
        for reading in played.room.readings(feed):
            assert newest.get(reading["address"], "") < reading["at"].replace("Z", ".000Z" if "." not in reading["at"] else "Z")
            newest[reading["address"]] = reading["at"].replace("Z", ".000Z" if "." not in reading["at"] else "Z")


async def test_the_product_reads_the_weather_notifications(played: Played) -> None:
    world = played.city.world
    played.to(NOON + 121)
    path = "/api/v1/feeds/environment/ngsi-ld"
    await _until(lambda: path in played.room.bodies)
    batch = ngsi_ld.decode(json.dumps(played.room.bodies[path][0]).encode(), {})
    assert batch.refusals.count == 0
    assert {item.address for item in batch.items} <= {world.address[row] for row in world.of("environment")}
    assert played.room.tokens[path] == f"Token {world.feeds['environment']['token']}"


async def test_what_was_refused_for_now_is_sent_again_and_nothing_is_lost(small_city: Path, free_port: Callable[[], int]) -> None:
    async with _playing(small_city, free_port(), free_port(), ControlRoom(refuse=12)) as played:
        told = played.to(NOON + 60)
        ngsi = sum(int(world_feed == "environment") for world_feed in played.city.world.feed.tolist())
        await _until(lambda: played.room.refuse == 0 and not any(p.waiting for p in played.city.posters.values()))
        pushed = [feed for feed, noun in played.city.posters if noun == "readings"]
        await _until(lambda: sum(len(played.room.readings(feed)) for feed in pushed) >= told - ngsi)
        assert sum(len(played.room.readings(feed)) for feed in pushed) <= told
        assert any("answers 503" in line for line in played.said)


async def test_a_stopped_escalator_is_seen_in_the_next_poll_and_recovers(played: Played) -> None:
    started = await played.client.post("/scenarios/escalator-stop")
    assert started.status_code == 202
    played.now += 40
    states = [item.value for item in (await _pull(played, "transport"))[0] if item.address.endswith("/run_state")]
    assert states.count(2.0) == 1
    await played.client.post("/scenarios/recovery")
    states = [item.value for item in (await _pull(played, "transport"))[0] if item.address.endswith("/run_state")]
    assert states.count(2.0) == 0


async def test_a_silent_supervisor_tells_nothing_and_the_others_go_on(played: Played) -> None:
    await played.client.post("/scenarios/silent-supervisor")
    for minute in range(1, 6):
        played.to(NOON + 60 * minute)
    await _until(lambda: len(played.room.readings("power")) > 0)
    assert played.room.readings("safety") == []
    listed = (await played.client.get("/scenarios")).json()["scenarios"]
    assert {each["name"] for each in listed if each["running"]} == {"silent-supervisor"}


async def test_an_unknown_scenario_and_a_browser_are_turned_away(played: Played) -> None:
    assert (await played.client.post("/scenarios/earthquake")).status_code == 404
    refused = await played.client.post("/scenarios/storm", headers={"Origin": "http://elsewhere"})
    assert refused.status_code == 403
    assert played.city.faults.held == 0


async def test_a_camera_shows_a_picture_that_moves(played: Played) -> None:
    first = await played.client.get("/cameras/CAM-00001.png")
    played.now += 1
    second = await played.client.get("/cameras/CAM-00001.png")
    assert first.content.startswith(b"\x89PNG")
    assert first.content != second.content
    async with played.client.stream("GET", "/cameras/CAM-00001.mjpeg") as stream:
        assert stream.headers["content-type"].startswith("multipart/x-mixed-replace")
        async for piece in stream.aiter_bytes():
            assert b"image/png" in piece
            break
    assert (await played.client.get("/cameras/CAM-99999.png")).status_code == 404


async def test_the_lighting_is_published_per_cabinet_when_there_is_a_broker(
    small_city: Path, free_port: Callable[[], int], mosquitto: str
) -> None:
    arrived: list[paho.MQTTMessage] = []
    listener = paho.Client(paho.CallbackAPIVersion.VERSION2)
    subscribed = asyncio.Event()
    loop = asyncio.get_running_loop()
    listener.on_connect = lambda client, *_: client.subscribe("lighting/+/readings", qos=1)
    listener.on_subscribe = lambda *_: loop.call_soon_threadsafe(subscribed.set)
    listener.on_message = lambda _client, _data, message: arrived.append(message)
    listener.connect("127.0.0.1", int(mosquitto.rpartition(":")[2]))
    listener.loop_start()
    try:
        async with asyncio.timeout(10):
            await subscribed.wait()
        async with _playing(small_city, free_port(), free_port(), ControlRoom(), mqtt=mosquitto) as played:
            assert played.city.publisher is not None
            played.city.publisher.start()
            played.to(NOON + 1000)
            world = played.city.world
            await _until(lambda: sum(len(json.loads(message.payload)) for message in arrived) >= len(world.of("lighting")))
            played.city.publisher.stop()
        mapping = compiled(world.feeds["lighting"]["mapping"])
        told = {item.address for message in arrived for item in mapping.decode(message.payload).batch.items}
        assert told == {world.address[row] for row in world.of("lighting")}
    finally:
        listener.disconnect()
        listener.loop_stop()


async def test_a_world_that_was_never_generated_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="holds no generated city"):
        load(tmp_path)
