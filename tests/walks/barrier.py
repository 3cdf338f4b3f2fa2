"""A barrier and its plate reader, and the supervisor that speaks for them: over HTTP or over MQTT, and nothing of it is ours."""

import datetime as dt
import http.client
import json
import queue
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

CLOSED, OPEN = 0.0, 1.0
ADDRESS, OPPOSING = "B-1/barrier_state", "B-2/barrier_state"
Order = dict[str, str]


class Barrier:
    """Obeys each order, counts it, and says what it reads: every second, and at once when it moves. A base for both protocols.

    obeyed   the orders in the order in which they came, with the instant (monotonic) of each
    obeys    whether the barrier does what its supervisor accepts
    accepted when (monotonic) the newest position was accepted by the control room
    """

    def __init__(self) -> None:
        self.obeyed: list[tuple[float, Order]] = []
        self.obeys = True
        self.position = CLOSED
        self.accepted = 0.0
        self._known: float | None = None
        self._told: queue.Queue[float | None] = queue.Queue()
        self._teller = threading.Thread(target=self._tell_all)

    def obey(self, order: Order) -> dict[str, str]:
        self.obeyed.append((time.monotonic(), order))
        if self.obeys:
            self.move(OPEN if order["do"] == "open" else CLOSED)
        return {"state": "ok", "ref": f"S-{len(self.obeyed)}", "key": order["key"]}

    def move(self, position: float) -> None:
        self.position = position
        self._told.put(position)

    def tell(self, value: float) -> None:
        """Hand one reading to the feed."""
        raise NotImplementedError

    def read(self, plate: str) -> None:
        """Hand one read of the plate reader to the control room."""
        raise NotImplementedError

    def start(self) -> None:
        self._told.put(self.position)
        self._teller.start()

    def stop(self) -> None:
        self._told.put(None)
        self._teller.join(30)

    def _tell_all(self) -> None:
        while True:
            try:
                value = self._told.get(timeout=1.0)
            except queue.Empty:
                value = self.position
            if value is None:
                return
            moved = value != self._known
            self.tell(value)
            if moved:
                self._known, self.accepted = value, time.monotonic()


def readings(value: float) -> list[dict[str, object]]:
    """What the barrier reads, and the one that faces it, which stays closed: an interlock asks for both."""
    at = time.time_ns() / 1e9
    return [{"address": address, "value": each, "at": at} for address, each in ((ADDRESS, value), (OPPOSING, CLOSED))]


def plate_read(plate: str) -> bytes:
    at = dt.datetime.now(dt.UTC).isoformat()  # two reads, and not one that was sent twice
    return json.dumps({"plate": plate, "confidence": 0.97, "direction": "in", "at": at}).encode()


class OverHttp(Barrier):
    """Orders come as requests; readings and reads leave as requests, each with the token of its own."""

    def __init__(self, vigie: int, feed: tuple[str, str], reader: tuple[str, str]) -> None:
        super().__init__()
        self._vigie, self._feed, self._reader = vigie, feed, reader
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.obey))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def start(self) -> None:
        self._serving.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()

    def tell(self, value: float) -> None:
        slug, token = self._feed
        self._post(f"/api/v1/feeds/{slug}/readings", token, json.dumps({"readings": readings(value)}).encode())

    def read(self, plate: str) -> None:
        slug, token = self._reader
        self._post(f"/api/v1/readers/{slug}/reads", token, plate_read(plate))

    def _post(self, path: str, token: str, body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._vigie, timeout=10)
        try:
            connection.request("POST", path, body, {"Authorization": f"Token {token}", "Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status == 202, answer.read()
        finally:
            connection.close()


def _handler(obey: Callable[[Order], dict[str, str]]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = json.dumps(obey(json.loads(self.rfile.read(int(self.headers["content-length"]))))).encode()
            self.send_response(202)
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    return Handler


class OverMqtt(Barrier):
    """Orders, answers, readings and reads are messages of one broker."""

    def __init__(self, broker: str) -> None:
        super().__init__()
        parts = urlsplit(broker)
        self.url, self.ready = broker, threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="barrier", protocol=paho.MQTTv5)
        self._client.on_connect = lambda *_: self._client.subscribe("gate/+/order", qos=1)
        self._client.on_subscribe = lambda *_: self.ready.set()
        self._client.on_message = self._on_message
        self._client.connect(str(parts.hostname), int(parts.port or 1883))

    def start(self) -> None:
        self._client.loop_start()
        assert self.ready.wait(10)
        super().start()

    def stop(self) -> None:
        super().stop()
        self._client.disconnect()
        self._client.loop_stop()

    def tell(self, value: float) -> None:
        self._client.publish("gate/B-1/readings", json.dumps(readings(value)), qos=1)

    def read(self, plate: str) -> None:
        self._client.publish("gate/B-1/plates", plate_read(plate), qos=1)

    def _on_message(self, client: paho.Client, data: object, message: paho.MQTTMessage) -> None:
        answer, properties = self.obey(json.loads(message.payload)), Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = message.properties.CorrelationData
        client.publish(message.properties.ResponseTopic, json.dumps(answer), qos=1, properties=properties)
