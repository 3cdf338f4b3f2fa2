"""A supervisor whose values move alarms all the time, and what anybody can tell from what it was allowed to send."""

import http.client
import json
import random
import threading
import time
from collections import Counter

from bench.stage import FEED, TOKEN

CALM, HIGH = 1.0, 99.0
"""Below and above the only limit of the walk's rule."""
SHARE = 0.02
"""Of the values of a batch that begin or end an alarm."""


class MovingLoad:
    """Sends batch after batch, each until it is accepted and under one Idempotency-Key.

    accepted    readings that were accepted, each counted once
    raises, returns   by address: how often its accepted readings began and ended an alarm
    high        addresses whose last accepted reading is above the limit
    wrong       answers that are neither 202 nor 503
    """

    def __init__(self, port: int, addresses: list[str], seed: int) -> None:
        self._port, self._addresses, self._chance = port, addresses, random.Random(seed)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send_all)
        self.accepted = self.batches = self.retries = 0
        self.raises: Counter[str] = Counter()
        self.returns: Counter[str] = Counter()
        self.high: set[str] = set()
        self.wrong: list[str] = []

    def __enter__(self) -> "MovingLoad":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(120)

    def _send_all(self) -> None:
        at = 0
        while not self._stop.is_set():
            at = max(at + 1, time.time_ns() // 1_000_000)
            movers = set(self._chance.sample(self._addresses, round(SHARE * len(self._addresses))))
            high = self.high ^ movers
            self._send(_body(self._addresses, high, at), f"batch-{at}")
            self.raises.update(movers & high)
            self.returns.update(movers - high)
            self.high = high

    def _send(self, body: str, key: str) -> None:
        headers = {"Authorization": f"Token {TOKEN}", "Content-Type": "application/json", "Idempotency-Key": key}
        while True:
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
            try:
                connection.request("POST", f"/api/v1/feeds/{FEED}/readings", body, headers)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status == 202:
                    self.accepted += json.loads(content)["accepted"]
                    self.batches += 1
                    return
                if answer.status != 503:
                    self.wrong.append(f"{answer.status} {content[:200]!r}")
            except (OSError, http.client.HTTPException):
                pass  # the web process is dead or dying: the same batch goes again, also when the walk is over
            finally:
                connection.close()
            self.retries += 1
            time.sleep(0.05)


def _body(addresses: list[str], high: set[str], at: int) -> str:
    seconds, milliseconds = divmod(at, 1000)
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{milliseconds:03d}Z"
    readings = [{"address": each, "at": moment, "value": HIGH if each in high else CALM} for each in addresses]
    return json.dumps({"readings": readings})
