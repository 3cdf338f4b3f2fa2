"""People at work during a walk: they acknowledge, take and comment what is open, and remember what they were promised."""

import http.client
import json
import random
import threading

ACTS = {"acknowledgement": {}, "comments": {"text": "vu"}, "charge": {}}
_TOKEN = "t" * 32


class Operator:
    """One person at the interface. `kept` are the alarms whose acknowledgement succeeded, `done` counts acts."""

    def __init__(self, port: int, site: str, cookie: str, seed: int) -> None:
        self._port, self._site, self._chance = port, site, random.Random(seed)
        self._headers = {
            "Cookie": f"sessionid={cookie}; csrftoken={_TOKEN}", "X-CSRFToken": _TOKEN, "Content-Type": "application/json",
        }  # fmt: skip
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work)
        self.kept: set[int] = set()
        self.done = 0
        self.wrong: list[str] = []

    def __enter__(self) -> "Operator":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _work(self) -> None:
        while not self._stop.wait(0.05):
            listed = self._ask("GET", f"/api/v1/sites/{self._site}/alarms?limit=50")
            if not listed:
                continue
            for alarm in self._chance.sample(listed["results"], min(5, len(listed["results"]))):
                act = self._chance.choice(list(ACTS))
                done = self._ask("POST", f"/api/v1/alarms/{alarm['id']}/{act}", ACTS[act])
                self.done += done is not None
                if done is not None and act == "acknowledgement":
                    self.kept.add(alarm["id"])

    def _ask(self, method: str, path: str, body: dict[str, str] | None = None) -> dict | None:
        """The answer's JSON when it is a success; None when the room was out for a moment or the act came too late."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            answer = connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        if answer.status < 300:
            return json.loads(content) if content else {}
        if answer.status not in (409, 429, 503):  # too late, too often, not now
            self.wrong.append(f"{method} {path}: {answer.status} {content[:300]!r}")
        return None
