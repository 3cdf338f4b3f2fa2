"""Gates that obey, and the supervisor that speaks for them: it counts what it obeys, and sends what each gate reads."""

import datetime as dt
import http.client
import json
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from bench.stage import FEED, TOKEN

CLOSED, OPEN = 0.0, 1.0
POSITIONS = {"open": OPEN, "close": CLOSED}


class Gates:
    """A real HTTP server for orders, and a feed that is pushed until it is accepted.

    at(point, name)   is called at instants at which somebody may want to do harm: "asked" before an order is answered,
                      "answered" after, "seen" when the reading that proves it was accepted

    obeyed   how often each key was obeyed; `order` of a key: (address, type)
    read     when the reading of a key was accepted
    """

    def __init__(self, port: int, at: Callable[[str], None]) -> None:
        self._port, self._at = port, at
        self.obeyed: Counter[str] = Counter()
        self.order: dict[str, tuple[str, str]] = {}
        self.read: dict[str, dt.datetime] = {}
        self._values: queue.Queue[tuple[str, float, str] | None] = queue.Queue()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        serve = {"target": self._server.serve_forever, "kwargs": {"poll_interval": 0.01}}
        self._threads = [threading.Thread(**serve), threading.Thread(target=self._push_all)]

    def __enter__(self) -> "Gates":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._values.put(None)
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(120)

    def say(self, address: str, value: float) -> None:
        """Let a gate say where it is, without an order."""
        self._values.put((address, value, ""))

    def _handler(gates) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                order = json.loads(self.rfile.read(int(self.headers["content-length"])))
                key = self.headers["idempotency-key"]
                gates.obeyed[key] += 1
                gates.order[key] = (order["gate"], order["do"])
                gates._values.put((order["gate"], POSITIONS[order["do"]], key))
                gates._at("asked")
                try:
                    self.send_response(202)
                    self.send_header("content-length", "0")
                    self.end_headers()
                    self.wfile.flush()
                except OSError:
                    return  # who asked is dead
                gates._at("answered")

            def log_message(self, *args: object) -> None:
                pass

        return Handler

    def _push_all(self) -> None:
        while (told := self._values.get()) is not None:
            address, value, key = told
            self._push(address, value)
            if key:
                self.read[key] = dt.datetime.now(dt.UTC)
                self._at("seen")

    def _push(self, address: str, value: float) -> None:
        at = time.time_ns() // 1_000_000
        body = json.dumps({"readings": [{"address": address, "value": value, "at": at / 1000}]})
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": f"{address}-{at}"}
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            try:
                connection.request("POST", f"/api/v1/feeds/{FEED}/readings", body, headers)
                answer = connection.getresponse()
                answer.read()
                if answer.status == 202:
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            time.sleep(0.05)
