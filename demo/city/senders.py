"""Supervisors that speak first: HTTP posts with a buffer that outlives refusals, and MQTT publications."""

import asyncio
import json
import queue
from collections import deque
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

BATCH = 2_000
KEPT = 200_000
"""Items a supervisor buffers while the control room is away; the oldest are given up beyond."""

Item = dict[str, object]
Say = Callable[[str], None]
Encode = Callable[[list[Item]], tuple[bytes, str]]
"""The body and the media type of some items."""


def in_json(wrap: Callable[[list[Item]], Item]) -> Encode:
    """Items as one document of JSON."""
    return lambda items: (json.dumps(wrap(items), ensure_ascii=False).encode(), "application/json")


class Poster:
    """Posts items of one feed in order, in batches. What is refused for now (503, no connection) is kept and sent again."""

    def __init__(
        self, client: httpx.AsyncClient, url: str, token: str, encode: Encode, say: Say, batch: int = BATCH
    ) -> None:  # fmt: skip
        self._client, self._url, self._encode, self._say, self._batch = client, url, encode, say, batch
        self._token = token
        self._items: deque[Item] = deque(maxlen=KEPT)
        self._wake = asyncio.Event()
        self._well = True
        self.sent = 0
        self.refused = 0

    def put(self, items: list[Item]) -> None:
        self._items += items
        self._wake.set()

    @property
    def waiting(self) -> int:
        return len(self._items)

    async def run(self) -> None:
        pause = 1.0
        while True:
            if not self._items:
                self._wake.clear()
                await self._wake.wait()
            batch = [self._items.popleft() for _ in range(min(self._batch, len(self._items)))]
            wait = await self._post(batch, pause)
            if wait is None:
                pause = 1.0
                continue
            self._items.extendleft(reversed(batch))
            await asyncio.sleep(wait)
            pause = min(15.0, pause * 2)

    async def _post(self, batch: list[Item], pause: float) -> float | None:
        """None when the batch is done with, else the seconds to wait before it is sent again."""
        body, media_type = self._encode(batch)
        headers = {"Authorization": f"Token {self._token}", "Content-Type": media_type}
        try:
            answer = await self._client.post(self._url, content=body, headers=headers)
        except httpx.TransportError as error:
            self._tell(False, f"{type(error).__name__}, retrying")
            return pause
        if answer.status_code in (429, 500, 502, 503, 504):
            self._tell(False, f"answers {answer.status_code}, retrying")
            try:
                return min(60.0, float(answer.headers.get("retry-after", pause)))
            except ValueError:
                return pause
        if answer.is_success:
            self.sent += len(batch)
            self._tell(True, "takes our data again")
        else:
            self.refused += len(batch)
            self._tell(False, f"refuses our data: {answer.status_code} {answer.text[:160]}")
        return None

    def _tell(self, well: bool, what: str) -> None:
        """One line when it breaks, one when it recovers."""
        if well != self._well:
            self._say(f"{urlsplit(self._url).path}: {what}")
        self._well = well


class Publisher:
    """Publishes over MQTT with QoS 1; the client library repeats what the broker has not confirmed. Takes orders, too."""

    def __init__(self, url: str, say: Say) -> None:
        parts = urlsplit(url)
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="demo-lighting", clean_session=False)
        if parts.username:
            self._client.username_pw_set(parts.username, parts.password)
        self._client.max_queued_messages_set(20_000)
        self._say = say
        self._orders: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._client.on_connect, self._client.on_message = self._on_connect, self._on_message
        self._client.on_disconnect = lambda _client, _data, _flags, code, _more: say(f"mqtt: disconnected ({code})")
        self._address = (parts.hostname or "127.0.0.1", parts.port or 1883)
        self.sent = 0

    def start(self) -> None:
        """Connects in the background, again and again."""
        self._client.reconnect_delay_set(1, 15)
        self._client.connect_async(*self._address)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def orders(self) -> Iterator[Item]:
        """What was ordered since the last time."""
        while not self._orders.empty():
            yield self._orders.get()

    def answer(self, asset: str, answer: Item) -> None:
        self._client.publish(f"lighting/{asset}/answers", json.dumps(answer), qos=1)

    def _on_connect(self, client: paho.Client, data: object, flags: object, code: object, more: object) -> None:
        self._say(f"mqtt: connected ({code})")
        client.subscribe("lighting/+/orders", qos=1)

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        try:
            order = json.loads(message.payload)
        except ValueError:
            return  # nobody's order
        if isinstance(order, dict):
            self._orders.put(order)

    def put(self, topic: str, items: list[Item]) -> None:
        self._client.publish(topic, json.dumps(items), qos=1)
        self.sent += len(items)
