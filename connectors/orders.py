"""Takes orders over HTTP, from whoever has the token: `POST /orders {"address": …, "value": …}`.

An order is answered once the device was told. Written is not obeyed: that is for the next reading to show. An order that may
have arrived and was not answered is not answered here either: the connection is closed, and whoever asked waits for the field.
"""

import asyncio
import hmac
import json
import logging
import math
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from connectors.failures import Failed, Refused, Unanswered
from connectors.settings import OrderSettings

logger = logging.getLogger(__name__)

LONGEST = 64 * 1024
KEYS = 10_000
"""Orders whose answers are remembered: the same key again is answered as before, and nothing is written."""
PATIENCE = 60.0

Write = Callable[[str, float], Awaitable[None]]
Answer = tuple[int, dict[str, str]]


class Orders:
    """Where orders are taken. `write` runs in the loop, one order of a key at a time."""

    def __init__(self, settings: OrderSettings, write: Write) -> None:
        """Raises BadSettings."""
        self._settings, self._write, self._token = settings, write, settings.value()
        self._answers: dict[str, Future[Answer]] = {}
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: ThreadingHTTPServer | None = None

    def open(self) -> int:
        """Begin, from within the loop; the port it listens on. Raises OSError."""
        self._loop = asyncio.get_running_loop()
        orders = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 15

            def do_POST(self) -> None:
                told = orders.take(self)
                self.close_connection = True
                if told is None:
                    return
                body = json.dumps(told[1], ensure_ascii=False).encode()
                self.send_response(told[0])
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.send_header("connection", "close")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Orders are logged by what becomes of them."""

        self._server = ThreadingHTTPServer((self._settings.host, self._settings.port), Handler)
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, name="orders", daemon=True).start()
        return int(self._server.server_address[1])

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()

    # --- in a thread of the request ---

    def take(self, request: BaseHTTPRequestHandler) -> Answer | None:
        """What to answer; None where nothing can be said."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "token" or not hmac.compare_digest(token.strip().encode(), self._token.encode()):
            return 401, {"state": "refused", "why": "send the token of the orders as `Authorization: Token …`"}
        if request.path != "/orders":
            return 404, {"state": "refused", "why": "orders are sent to /orders"}
        try:
            length = int(request.headers.get("content-length", ""))
            if not 0 <= length <= LONGEST:
                return 413, {"state": "refused", "why": f"an order has {LONGEST} bytes at most"}
            order = json.loads(request.rfile.read(length))
            address, value = order["address"], float(order["value"])
        except (ValueError, KeyError, TypeError, OverflowError, RecursionError, OSError):
            return 422, {"state": "refused", "why": 'an order is {"address": text, "value": number}'}
        if not isinstance(address, str) or not math.isfinite(value):
            return 422, {"state": "refused", "why": 'an order is {"address": text, "value": number}'}
        return self._once(request.headers.get("idempotency-key", "")[:200], address, value)

    def _once(self, key: str, address: str, value: float) -> Answer | None:
        with self._lock:
            answer = self._answers.get(key) if key else None
            if answer is None:
                assert self._loop is not None
                answer = asyncio.run_coroutine_threadsafe(self._obey(address, value), self._loop)
                if key:
                    self._answers[key] = answer
                    if len(self._answers) > KEYS:
                        self._answers.pop(next(iter(self._answers)))
        try:
            return answer.result(PATIENCE)
        except (Unanswered, TimeoutError):
            return None
        except Failed:
            with self._lock:
                self._answers.pop(key, None)  # it did not arrive: the same order may be tried again
            return 502, {"state": "failed", "why": str(answer.exception())[:300]}

    async def _obey(self, address: str, value: float) -> Answer:
        try:
            await self._write(address, value)
        except Refused as error:
            logger.warning("the order %s = %g is refused: %s", address[:200], value, error)
            return 422, {"state": "refused", "why": str(error)[:300]}
        except (Failed, Unanswered) as error:
            logger.warning("the order %s = %g: %s", address[:200], value, error)
            raise
        logger.info("%s = %g was written", address, value)
        return 200, {"state": "written"}
