"""The Python client against a served Vigie: its README's examples, pages, refusals, and what it sends again."""

import datetime as dt
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.utils import timezone
from vigie_client import Entries, Feed, Reading, Snapshot, Vigie, VigieError

from alarms import lifecycle
from alarms.models import Alarm, Severity
from assets.models import Point
from hypervisor.models import User
from journal.actors import Actor
from journal.models import JournalEntry
from tests.factories import PASSWORD, TOKEN, make_user

CLIENT = Path(__file__).resolve().parents[2] / "clients" / "python"
ALARMS, FEED, LIVE = re.findall(r"^```python\n(.*?)^```", (CLIENT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)


def running(code, folder, **told):
    """An example of the README in a process that has the client and nothing else of ours."""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(CLIENT), **told}
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def said_by(code, folder, **told):
    process = running(code, folder, **told)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0, said
    return said


def acknowledge(city, name):
    by = Actor.of(city.users["operator"])
    lifecycle.acknowledge([city.alarms[name].pk], by=by, now=timezone.now())


def test_the_example_of_alarms_reads_what_is_open_and_acknowledges_it(city, served, token, tmp_path):
    said = said_by(ALARMS, tmp_path, VIGIE=served.url, TOKEN=token)
    assert said.startswith("Quai 4 assets, 4 open alarms\n")
    urgent = Alarm.objects.filter(site=city.site, severity__in=(Severity.CRITICAL, Severity.HIGH))
    assert set(urgent.values_list("state", flat=True)) == {"acknowledged"}
    lines = JournalEntry.objects.filter(kind="alarm.acknowledged")
    assert [(line.actor_kind, line.actor) for line in lines] == [("token", "tickets")] * urgent.count()


def test_the_example_of_a_feed_has_its_readings_taken(city, served, tmp_path):
    for number, point in enumerate(city.points.values(), 1):
        Point.objects.filter(pk=point.pk).update(address=f"J-{number}/level")
    said = said_by(FEED, tmp_path, VIGIE=served.url, FEED=city.feed.slug, FEED_TOKEN=TOKEN)
    assert said == "2 stored, 1 of an address that no point has\n"


def test_the_example_of_the_live_socket_tells_a_change(city, served, token, tmp_path):
    process = running(LIVE, tmp_path, VIGIE=served.url, TOKEN=token, SITE=city.site.slug)
    try:
        assert process.stdout.readline() == "4 alarms are open\n"
        acknowledge(city, "nord")
        assert process.stdout.readline().startswith("alarm.acknowledged operator Acknowledged: ")
    finally:
        process.kill()
        process.communicate()


def test_lists_come_page_after_page_and_filters_are_those_of_the_interface(city, served, token):
    with Vigie.with_token(served.url, token) as vigie:
        assert {alarm.id for alarm in vigie.alarms("quai", limit=1)} == {
            alarm.pk for name, alarm in city.alarms.items() if name != "other"
        }
        (one,) = vigie.alarms("quai", sector="gare")
        assert (one.severity, one.asset.code, one.sector.path) == ("high", "J-2", "nord/gare")
        assert one.raised_at == city.alarms["gare"].raised_at
        assert [asset.code for asset in vigie.assets("quai", limit=3)] == ["J-1", "J-2", "J-3", "J-4"]


def test_a_person_takes_charge_and_gives_it_back(city, served):
    make_user("camille", city.site, "operator", password=PASSWORD)
    alarm = city.alarms["sud"].pk
    with Vigie.as_person(served.url, "camille", PASSWORD) as vigie:
        assert vigie.take_charge(alarm).taken_by == "camille"
        assert vigie.comment(alarm, "J’y vais.").comments == 1
        assert vigie.release(alarm).taken_by is None
        frame = next(vigie.live("quai"))
        assert isinstance(frame, Snapshot)
        assert len(frame.alarms) == 4
    assert User.objects.get(username="camille").last_login is not None


def test_what_is_refused_says_its_status_why_and_which_field(city, served, token):
    with Vigie.with_token(served.url, token) as vigie:
        for ask, status, fields in (
            (lambda: list(vigie.alarms("quai", severity="grave")), 422, {"severity"}),
            (lambda: list(vigie.alarms("ailleurs")), 404, set()),
            (lambda: vigie.comment(city.alarms["nord"].pk, ""), 422, {"text"}),
            (lambda: vigie.take_charge(city.alarms["nord"].pk), 401, set()),
            (lambda: next(vigie.live("ailleurs")), 404, set()),
        ):
            with pytest.raises(VigieError) as refused:
                ask()
            assert (refused.value.status, set(refused.value.fields)) == (status, fields)
            assert refused.value.detail
    with Vigie.with_token(served.url, "vigie_nobody") as nobody, pytest.raises(VigieError, match="unknown"):
        nobody.sites()
    with pytest.raises(VigieError, match="401"):
        Vigie.as_person(served.url, "operator", "wrong")
    with Feed(served.url, city.feed.slug, TOKEN) as feed, pytest.raises(ValueError, match="time zone"):
        feed.push_readings([Reading("J-1/level", 1.0, dt.datetime(2026, 11, 22))])  # noqa: DTZ001


def test_a_socket_that_breaks_is_opened_again_where_it_was(city, served, token):
    def wait(_seconds):
        if served.running:
            return
        acknowledge(city, "nord")
        served.start()

    with Vigie.with_token(served.url, token, wait=wait) as vigie:
        live = vigie.live("quai")
        snapshot = next(live)
        served.kill()
        entries = next(frame for frame in live if isinstance(frame, Entries))
    assert entries.first == snapshot.seq + 1
    assert [line.kind for line in entries.lines] == ["alarm.acknowledged"]
    assert [(alarm.id, alarm.state) for alarm in entries.alarms] == [(city.alarms["nord"].pk, "acknowledged")]


class Hasty(BaseHTTPRequestHandler):
    """Puts off the first request, answers nothing to the second, takes the third; keeps the key of each."""

    keys: list[str] = []

    def do_POST(self):
        self.keys.append(self.headers["idempotency-key"])
        self.rfile.read(int(self.headers["content-length"]))
        if len(self.keys) == 2:
            self.close_connection = True
            return
        body = b'{"accepted":1,"unknown":0,"rejected":[],"rejected_count":0}' if len(self.keys) > 2 else b""
        self.send_response(202 if body else 503)
        self.send_header("Content-Length", str(len(body)))
        if not body:
            self.send_header("Retry-After", "7")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_said):
        pass


@pytest.fixture
def hasty():
    Hasty.keys.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Hasty) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_message_that_is_put_off_or_unanswered_is_sent_again_under_its_key(hasty):
    waited = []
    with Feed(hasty, "jauges", TOKEN, wait=waited.append) as feed:
        assert feed.push_readings([Reading("J-1/level", 1.2)]).accepted == 1
    assert waited == [7.0, 2.0]
    assert len(set(Hasty.keys)) == 1
    assert len(Hasty.keys) == 3


def test_what_is_put_off_for_too_long_is_refused_and_nobody_there_has_no_status(hasty, free_port):
    with Feed(hasty, "jauges", TOKEN, wait=lambda _: None, attempts=1) as feed, pytest.raises(VigieError) as refused:
        feed.push_readings([Reading("J-1/level", 1.2)])
    assert refused.value.status == 503
    nobody = Vigie.with_token(f"http://127.0.0.1:{free_port()}", "x", wait=lambda _: None)
    with nobody, pytest.raises(VigieError, match="is not reached") as unreached:
        nobody.sites()
    assert unreached.value.status is None
