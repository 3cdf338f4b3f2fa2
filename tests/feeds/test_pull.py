"""Pull: real servers are asked on their schedule, less often while they fail, and what fails is said once."""

import contextlib
import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import redis

from assets import log, tasks
from assets.feeds import request
from assets.feeds.ways import pull
from assets.models import Feed
from hypervisor.celery import app as celery
from tests.feeds.city import make_feed, point_of
from tests.feeds.pulling import MAPPING, NOW, in_log, page, pulled_from, state
from tests.feeds.supervisors import Asked, Reply, Supervisor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "private_addresses_allowed")]
GZIP = {"content-encoding": "gzip"}


def test_a_pulled_supervisor_whose_clock_is_ahead_is_named(served: Supervisor) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    today = datetime.now(UTC).isoformat()
    answers = iter((tomorrow, tomorrow, today, today))
    served.answer = lambda asked: Reply(
        json.dumps({"data": [{"station": "lamp-1", "h": 1, "at": next(answers)}], "next": None}).encode()
    )
    feed = pulled_from(served)
    for _ in range(2):
        pull.pull_feed(feed.id, NOW)
        assert (state(feed).state, round(state(feed).ahead / 3.6e9)) == ("clock", 24)
    told = [packed.opened().unusable for packed in log.shared().read(feed.supervisor.site_id, "0", 100, 1)]
    assert [list(each.points) for each in told] == [[point_of(feed, "lamp-1")]] * 2
    pull.pull_feed(feed.id, NOW)
    assert state(feed).state == "ok"
    pull.pull_feed(feed.id, NOW)  # nothing new is no sign that something is wrong
    assert state(feed).state == "ok"


@pytest.mark.parametrize(
    "reply",
    [Reply(status=204), Reply(status=205), Reply(b"", 200), Reply(b" \r\n", 200), Reply(gzip.compress(b""), 200, GZIP)],
    ids=["204", "205", "empty", "blank", "gzipped nothing"],
)
def test_an_answer_without_content_is_no_failure(served: Supervisor, reply: Reply) -> None:
    served.answer = lambda asked: reply
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00")))
    assert (state(feed).state, state(feed).failures) == ("ok", 0)
    pull.pull_feed(feed.id, NOW)
    assert in_log(feed).value.tolist() == [1]


def test_what_did_not_change_is_not_sent_again(served: Supervisor) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.headers.get("if-none-match") == '"v1"':
            return Reply(status=304)
        return Reply(page(("lamp-1", 1, "08:00")), headers={"etag": '"v1"', "last-modified": "Sun, 22 Nov 2026 08:00:00 GMT"})

    served.answer = answer
    feed = pulled_from(served)
    for _ in range(3):
        pull.pull_feed(feed.id, NOW)
    assert [asked.headers.get("if-none-match") for asked in served.asked] == [None, '"v1"', '"v1"']
    assert served.asked[1].headers["if-modified-since"] == "Sun, 22 Nov 2026 08:00:00 GMT"
    assert state(feed).state == "ok"
    Feed.objects.filter(id=feed.id).update(address=f"{served.url}/other")
    pull.pull_feed(feed.id, NOW)
    assert "if-none-match" not in served.asked[-1].headers


def test_parameters_and_headers_of_the_mapping_are_sent_and_gzip_is_read(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(gzip.compress(page(("lamp-1", 1, "08:00"))), headers={"content-encoding": "gzip"})
    feed = pulled_from(served, mapping={**MAPPING, "parameters": {"sort": "desc"}, "headers": {"X-Key": "secret"}})
    pull.pull_feed(feed.id, NOW)
    assert served.asked[0].path == "/levels?size=3&sort=desc"
    assert served.asked[0].headers["x-key"] == "secret"
    assert len(in_log(feed)) == 1


FAILURES: dict[str, Callable[[Asked], Reply]] = {
    "answered 500 Internal Server Error": lambda asked: Reply(status=500),
    "answered 404 Not Found": lambda asked: Reply(status=404),
    "more than 5 redirects": lambda asked: Reply(status=302, headers={"location": "/again"}),
    "only http and https": lambda asked: Reply(status=302, headers={"location": "file:///etc/passwd"}),
    "answered 302 Found, without a Location": lambda asked: Reply(status=302),
    "answered 308 Permanent Redirect, without": lambda asked: Reply(status=308, headers={"location": ""}),
    "malformed": lambda asked: Reply(b"<html>maintenance</html>"),
    "nothing at `data`": lambda asked: Reply(b"{}"),
    "Content-Encoding br": lambda asked: Reply(b"x", headers={"content-encoding": "br"}),
    "not gzip": lambda asked: Reply(b"<html>", headers={"content-encoding": "gzip"}),
    "is larger than": lambda asked: Reply(gzip.compress(b" " * (request.MOST_BYTES + 1)), headers={"content-encoding": "gzip"}),
    "answer is larger": lambda asked: Reply(b" " * (request.MOST_BYTES + 1)),
}


def test_what_goes_wrong_is_in_the_health_and_said_once_until_it_works_again(
    served: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "assets.feeds")
    feed = pulled_from(served)
    for number, (said, answer) in enumerate(FAILURES.items(), 1):
        served.answer = answer
        pull.pull_feed(feed.id, NOW)
        now = state(feed)
        assert (now.state, now.failures) == ("failing", number)
        assert said in now.last_error
    assert len(in_log(feed)) == 0
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00")))
    pull.pull_feed(feed.id, NOW)
    assert state(feed).state == "ok"
    said_about_it = [record.getMessage() for record in caplog.records if record.name.startswith("assets.feeds")]
    assert said_about_it == [
        "feed rivers fails: answered 500 Internal Server Error", f"feed rivers works again after {len(FAILURES)} failures",
    ]  # fmt: skip


def test_a_server_that_does_not_listen_or_does_not_answer_is_a_failure(free_port: Callable[[], int]) -> None:
    feed = make_feed("rivers", "pull", address=f"http://127.0.0.1:{free_port()}/", mapping=MAPPING, allow_private_address=True)
    pull.pull_feed(feed.id, NOW)
    assert "cannot be reached" in state(feed).last_error
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        Feed.objects.filter(id=feed.id).update(address=address, mapping={**MAPPING, "timeout": 0.2})
        pull.pull_feed(feed.id, NOW)
    assert "no answer within 0.2 s" in state(feed).last_error


def test_a_full_log_is_not_the_supervisors_failure_and_nothing_is_lost(served: Supervisor, settings: object) -> None:
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00")), headers={"etag": '"v1"'})
    feed = pulled_from(served)
    settings.LOG_MAX_ENTRIES = 0
    pull.pull_feed(feed.id, NOW)
    assert state(feed).state == "never"
    settings.LOG_MAX_ENTRIES = 10
    pull.pull_feed(feed.id, NOW)
    assert in_log(feed).value.tolist() == [1]


def test_a_feed_is_due_once_per_interval(served: Supervisor) -> None:
    feed = pulled_from(served, expected_interval=60)
    make_feed("other", "push")
    assert pull.due_feeds(NOW) == [feed.id]
    assert pull.due_feeds(NOW) == []
    assert pull.due_feeds(NOW + 59) == []
    assert pull.due_feeds(NOW + 60) == [feed.id]
    Feed.objects.filter(id=feed.id).update(enabled=False)
    assert pull.due_feeds(NOW + 200) == []
    pull.pull_feed(feed.id, NOW)
    assert served.asked == []


def test_after_a_failure_the_feed_is_asked_again_soon_then_less_and_less(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(status=503, headers={"retry-after": "7"})
    feed = pulled_from(served, expected_interval=600)
    assert pull.due_feeds(NOW) == [feed.id]
    pull.pull_feed(feed.id, NOW)
    assert pull.due_feeds(NOW + 6.9) == []
    assert pull.due_feeds(NOW + 7) == [feed.id]
    delays = [pull.retry_delay(failures, 60, spread=lambda low, high: 1.0) for failures in (1, 2, 3, 7, 50)]
    assert delays == [5, 10, 20, 300, 300]


@pytest.mark.parametrize(
    "change", [{"address": "http://127.0.0.1:9/moved"}, {"mapping": {**MAPPING, "value": "level"}}, {"expected_interval": 60}]
)
def test_after_its_settings_were_changed_a_feed_that_failed_is_tried_at_once_and_once(served: Supervisor, change: dict) -> None:
    served.answer = lambda asked: Reply(status=503, headers={"retry-after": "3000"})
    feed = pulled_from(served, expected_interval=600)
    assert pull.due_feeds(NOW) == [feed.id]
    pull.pull_feed(feed.id, NOW)
    assert pull.due_feeds(NOW + 10) == []
    Feed.objects.filter(pk=feed.pk).update(**change)
    assert [pull.due_feeds(NOW + second) for second in (11, 12)] == [[feed.id], []]


@pytest.mark.parametrize(
    "written", ["Sun, 22 Nov 2026 08:13:20 GMT", "Sunday, 22-Nov-26 08:13:20 GMT", "Sun Nov 22 08:13:20 2026", "40"]
)
def test_what_the_supervisor_asks_to_wait_is_waited_as_seconds_or_as_a_date(served: Supervisor, written: str) -> None:
    now = 1_795_335_160.0
    served.answer = lambda asked: Reply(status=429, headers={"retry-after": written})
    feed = pulled_from(served, expected_interval=600)
    assert pull.due_feeds(now) == [feed.id]
    pull.pull_feed(feed.id, now)
    assert pull.due_feeds(now + 39.9) == []
    assert pull.due_feeds(now + 40) == [feed.id]


@pytest.mark.parametrize("written", ["Sun, 22 Nov 1026 08:13:20 GMT", "Tue, 99 Foo 2026", "0", "\xff", "Sun, 22 Nov 99999"])
def test_a_date_that_is_past_or_none_asks_for_no_wait(written: str) -> None:
    assert request.wait_of(written, NOW) == 0


def test_an_hour_is_the_longest_wait_whatever_was_asked(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(status=503, headers={"retry-after": "Sun, 22 Nov 9026 08:13:20 GMT"})
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    assert pull.due_feeds(NOW + 3599) == []
    assert pull.due_feeds(NOW + 3600) == [feed.id]


@pytest.mark.parametrize("wait", ["\u00b2", "9" * 5000, "-1", "1e3"])
def test_a_wait_that_is_no_number_is_not_waited_for(served: Supervisor, wait: str) -> None:
    served.answer = lambda asked: Reply(status=503, headers={"retry-after": wait})
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    assert (state(feed).state, state(feed).last_error) == ("failing", "answered 503 Service Unavailable")


def test_a_supervisor_that_sends_a_byte_now_and_then_does_not_hold_a_worker() -> None:
    ended = threading.Event()

    def drip(server: socket.socket) -> None:
        taken, _ = server.accept()
        with taken, contextlib.suppress(OSError):
            while not ended.wait(0.05):
                taken.send(b"H")

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as other:
        dripping = other.submit(drip, server)
        began = time.monotonic()
        with (
            request.Client(allow_private=True, timeout=0.5) as client,
            pytest.raises(request.SupervisorFailed, match="no answer"),
        ):
            client.get(f"http://127.0.0.1:{server.getsockname()[1]}/", {})
        assert time.monotonic() - began < 5
        ended.set()
        dripping.result(5)


def test_two_pulls_of_one_feed_never_overlap(served: Supervisor, valkey: redis.Redis) -> None:
    feed = pulled_from(served)
    with valkey.lock(f"feed:{feed.id}:pulling", timeout=60):
        pull.pull_feed(feed.id, NOW)
        assert served.asked == []
    pull.pull_feed(feed.id, NOW)
    assert len(served.asked) == 1


def test_the_beat_starts_the_pulls_that_are_due(served: Supervisor, settings: object, valkey: redis.Redis) -> None:
    pulled_from(served)
    assert "assets.tasks.pull_due_feeds" in celery.tasks
    tasks.pull_due_feeds()
    assert valkey.llen("celery") == 1
    tasks.pull_due_feeds()
    assert valkey.llen("celery") == 1
