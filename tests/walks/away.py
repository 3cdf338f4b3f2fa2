"""The walk of test_away, in a process of its own: requests go on while PostgreSQL and Valkey are stopped and started again."""

import http.client
import threading
import time
from collections.abc import Callable

from bench.stage import SITE, Stage, wait_for
from tests.walks import alone
from tests.walks.kill import cookie_of, say

SPEC = {
    "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
    "limits": [{"severity": "high", "limit": 50.0}],
}  # fmt: skip
PAGES = (f"/sites/{SITE}/", f"/sites/{SITE}/assets", f"/api/v1/sites/{SITE}/alarms", "/api/v1/me", f"/tiles/{SITE}/key.json")
TOKEN = "t" * 32


class Visitor:
    """A person's browser that asks for page after page and acknowledges in between; every answer is kept."""

    def __init__(self, port: int, cookie: str, acknowledgement: str) -> None:
        self._port, self._cookie, self._acknowledgement = port, cookie, acknowledgement
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_all)
        self.answers: list[tuple[str, int, str | None, str | None]] = []
        """Address, status, Retry-After, Content-Type."""

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _ask_all(self) -> None:
        while not self._stop.is_set():
            for address in PAGES:
                self._ask("GET", address)
            self._ask("POST", self._acknowledgement)

    def _ask(self, method: str, address: str) -> None:
        headers = {
            "Cookie": f"sessionid={self._cookie}; csrftoken={TOKEN}; language=en", "X-CSRFToken": TOKEN,
            "Content-Type": "application/json",
        }  # fmt: skip
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        connection.request(method, address, "{}" if method == "POST" else None, headers)
        answer = connection.getresponse()
        answer.read()
        told = (f"{method} {address}", answer.status, answer.getheader("Retry-After"), answer.getheader("Content-Type"))
        self.answers.append(told)
        connection.close()

    def sees(self, status: int) -> Callable[[], bool]:
        """Whether each address was answered so from now on."""
        begun = len(self.answers)
        return lambda: len({address for address, seen, *_ in self.answers[begun:] if seen == status}) == len(PAGES) + 1


def walk(stage: Stage) -> dict[str, object]:
    addresses = stage.populate(3, [SPEC])
    from django.db import connections

    from alarms.models import Alarm
    from assets.models import Site
    from bench.latency import Supervisor
    from bench.pipeline import body
    from hypervisor.models import Grant, User

    user = User.objects.create_user("operateur", password="x")
    Grant.objects.create(user=user, site=Site.objects.get(slug=SITE), role="operator")
    cookie = cookie_of(user)
    stage.start("web", "correlator")
    Supervisor(stage.port).push(body(addresses, 0, 3, int(time.time() * 1000), 99.0))
    alarm = wait_for(Alarm.objects.first, "an alarm")
    connections.close_all()
    with Visitor(stage.port, cookie, f"/api/v1/alarms/{alarm.pk}/acknowledgement") as visitor:
        wait_for(visitor.sees(200), "every page before")
        postgresql, valkey = stage.engines.members
        say("PostgreSQL ends")
        postgresql.process.kill()
        postgresql.process.wait()
        wait_for(visitor.sees(503), "every page to say so")
        postgresql.start()
        postgresql.wait_ready()
        wait_for(visitor.sees(200), "every page again")
        say("Valkey ends")
        valkey.process.kill()
        valkey.process.wait()
        asked = len(visitor.answers)
        wait_for(lambda: len(visitor.answers) > asked + 3 * (len(PAGES) + 1), "pages without Valkey")
        valkey.start()
        valkey.wait_ready()
        wait_for(visitor.sees(200), "every page at the end")
    return {"answers": visitor.answers}


if __name__ == "__main__":
    alone.main("away", walk)
