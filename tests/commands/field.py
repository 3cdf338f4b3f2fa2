"""A small field to command: gates, a supervisor that counts what it obeys, and readings as the correlator commits them."""

import datetime as dt
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from django.db import transaction

from assets import watches
from assets.instants import microseconds
from assets.models import Asset, Latest, Point, Site
from assets.readings import Readings
from commands import catalogue, watching
from commands.models import Command, CommandType
from journal.actors import Actor
from tests.factories import make_asset, make_feed, make_kind, make_point, make_site

OPERATOR, CHIEF = Actor("person", "operateur", "Poste 1"), Actor("person", "chef", "Poste 2")
RULE = Actor("rule", "barriere-forcee")
SECOND = dt.timedelta(seconds=1)
MAPPING = {
    "protocol": "http", "path": "/gates/{asset}/orders", "body": {"order": "{type}", "by": "{key}", "with": "{command}"},
    "answer": {"field": "state", "accepted": ["ok"], "refused": ["no"], "id": "id", "message": "why"}, "timeout": 1.0,
}  # fmt: skip


@dataclass
class Supervisor:
    """`answer` may be exchanged while it runs: what it gets is (path, headers, body), what it gives (status, body)."""

    url: str = ""
    obeyed: Counter[str] = field(default_factory=Counter)
    asked: list[dict[str, object]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answer: Callable[[str, dict[str, str], bytes], tuple[int, bytes]] = lambda *_: (202, b'{"state": "ok", "id": "S-1"}')


@contextmanager
def supervising() -> Iterator[Supervisor]:
    """A real HTTP server on the loopback interface; it obeys each key once, and answers whatever comes."""
    told = Supervisor()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.keys.append(headers.get("idempotency-key", ""))
            told.asked.append({"path": self.path, "headers": headers, "body": json.loads(body) if body else None})
            told.obeyed[headers.get("idempotency-key", "")] += 1
            status, answered = told.answer(self.path, headers, body)
            if status == 0:
                self.close_connection = True  # the line is cut before any answer
                return
            self.send_response(status)
            self.send_header("content-length", str(len(answered)))
            self.end_headers()
            self.wfile.write(answered)

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Field:
    site: Site
    gate: Asset
    opposing: Asset
    point: Point

    def read(self, value: float, now: dt.datetime, at: dt.datetime | None = None, asset: Asset | None = None) -> None:
        """A reading of a gate that was received now, committed and looked at."""
        point = self.point if asset is None else Point.objects.get(asset=asset, quantity="barrier_state")
        readings = Readings.of([point.pk], [microseconds(at or now)], [value], received=[microseconds(now)])
        with transaction.atomic():
            Latest.objects.update_or_create(point=point, defaults={"at": at or now, "received_at": now, "value": value})
            watches.note(self.site.pk, readings)
        watching.look(self.site.pk, now)


def make_field(now: dt.datetime) -> Field:
    """Two gates that face each other, closed as of now; the catalogue's commands."""
    site = make_site("port")
    feed = make_feed(site, "acces")
    make_kind("barrier", name_fr="Barrière", name_en="Barrier", domain="access")
    gates = [
        make_asset(site, code, "barrier", name=f"Barrière {code}", supervisor=feed.supervisor, attributes={"opposing": other})
        for code, other in (("B-1", "B-2"), ("B-2", "B-1"))
    ]
    points = [make_point(gate, feed, "barrier_state", unit="", interval=30) for gate in gates]
    for point in points:
        Latest.objects.create(point=point, at=now, received_at=now, value=0)
    catalogue.load(catalogue.read())
    return Field(site, *gates, points[0])


def type_of(slug: str) -> CommandType:
    return CommandType.objects.get(kind__slug="barrier", slug=slug)


def again(command: Command) -> Command:
    return Command.objects.get(pk=command.pk)
