"""Pull: real servers are asked on their schedule; what is new is taken once, and what fails is said once."""

import contextlib
import gzip
import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from assets import log, tasks
from assets.feeds import guard, health, pull, request, sweep
from assets.models import Feed, Site, UnknownAddress
from assets.readings import Readings
from hypervisor.celery import app as celery
from tests.feeds.city import make_feed, point_of
from tests.feeds.supervisors import Asked, Reply, Supervisor, supervisor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey")]
NOW = 1_795_340_000.0
GZIP = {"content-encoding": "gzip"}
MAPPING = {"items": "data", "address": "station", "value": "h", "at": "at", "next": "next"}


@pytest.fixture(autouse=True)
def private_addresses_allowed(settings: object) -> None:
    settings.ALLOW_PRIVATE_PULL = True


@pytest.fixture
def served() -> Iterator[Supervisor]:
    with supervisor(lambda asked: Reply(page())) as running:
        yield running


def page(*rows: tuple[str, float, str], following: str | None = None) -> bytes:
    data = [{"station": station, "h": level, "at": f"2026-11-22T{at}:00Z"} for station, level, at in rows]
    return json.dumps({"data": data, "next": following}).encode()


def pulled_from(served: Supervisor, **fields: object) -> Feed:
    mapping = fields.pop("mapping", MAPPING)
    return make_feed(
        "rivers", "pull", address=f"{served.url}/levels?size=3", mapping=mapping, allow_private_address=True, **fields
    )


def in_log(feed: Feed) -> Readings:
    entries = log.shared().read(feed.supervisor.site_id, "0", 100, 1)
    return Readings.concatenate(entry.opened().readings for entry in entries)


def state(feed: Feed) -> health.FeedHealth:
    return health.read([feed.id])[0]


def test_pages_are_followed_and_what_is_new_is_appended_oldest_first(served: Supervisor) -> None:
    def answer(asked: Asked) -> Reply:
        if "cursor" in asked.path:
            return Reply(page(("lamp-1", 2, "08:10"), ("lamp-1", 1, "08:00"), ("lamp-9", 1, "08:00")))
        following = f"{served.url}/levels?cursor=2"
        return Reply(page(("lamp-1", 3, "08:20"), ("lamp-1", 2, "08:10"), ("lamp-2", 7, "08:20"), following=following), 206)

    served.answer = answer
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    taken = in_log(feed)
    first, second = point_of(feed, "lamp-1"), point_of(feed, "lamp-2")
    assert [(point, value) for point, value in zip(taken.point, taken.value, strict=True) if point == first] == [
        (first, 1), (first, 2), (first, 3),
    ]  # fmt: skip
    assert taken.value[taken.point == second].tolist() == [7]
    assert (state(feed).state, state(feed).accepted, state(feed).unknown) == ("ok", 4, 1)
    assert UnknownAddress.objects.get().address == "lamp-9"


def test_a_window_asked_again_is_stored_once(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00"), ("lamp-1", 2, "08:10")))
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    pull.pull_feed(feed.id, NOW)
    served.answer = lambda asked: Reply(page(("lamp-1", 2, "08:10"), ("lamp-1", 3, "08:20")))
    pull.pull_feed(feed.id, NOW)
    assert in_log(feed).value.tolist() == [1, 2, 3]


def test_the_link_header_is_followed_too(served: Supervisor) -> None:
    def answer(asked: Asked) -> Reply:
        if asked.path == "/two":
            return Reply(page(("lamp-1", 1, "08:00")))
        return Reply(page(("lamp-1", 2, "08:10")), headers={"link": '</two>; rel="next"'})

    served.answer = answer
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    assert in_log(feed).value.tolist() == [1, 2]


def numbered(served: Supervisor, levels: Sequence[float], hour: str = "08") -> Callable[[Asked], Reply]:
    """A supervisor of as many pages as levels, one reading of lamp-1 a minute each; each page names the next."""

    def answer(asked: Asked) -> Reply:
        number = int(asked.path.partition("page=")[2] or 0)
        following = f"{served.url}/levels?page={number + 1}" if number + 1 < len(levels) else None
        return Reply(page(("lamp-1", levels[number], f"{hour}:{levels[number]:02g}"), following=following))

    return answer


@pytest.mark.parametrize("levels", [range(30), range(29, -1, -1)], ids=["oldest first", "newest first"])
def test_what_lies_beyond_the_most_pages_of_a_turn_is_fetched_on_the_next(served: Supervisor, levels: range) -> None:
    served.answer = numbered(served, levels)
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 7})
    assert pull.due_feeds(NOW) == [feed.id]
    for turn in range(5):
        pull.pull_feed(feed.id, NOW + turn)
        assert (pull.due_feeds(NOW + turn + 1) == [feed.id]) == (turn < 4)
        assert len(served.asked) <= 7 * (turn + 1)
    assert sorted(in_log(feed).value.tolist()) == list(range(30))
    assert (state(feed).state, state(feed).accepted) == ("ok", 30)


def test_of_a_long_past_that_is_known_no_more_is_asked_than_one_turn(served: Supervisor) -> None:
    served.answer = numbered(served, range(30, 0, -1))
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 4})
    for _ in range(9):
        pull.pull_feed(feed.id, NOW)
    served.asked.clear()
    served.answer = numbered(served, range(32, 0, -1))
    pull.pull_feed(feed.id, NOW)
    assert pull.due_feeds(NOW + 2) == [feed.id]  # its own rhythm alone
    assert len(served.asked) == 4
    assert sorted(in_log(feed).value.tolist()) == list(range(1, 33))


def test_what_comes_while_a_sweep_goes_on_is_taken_with_the_next(served: Supervisor) -> None:
    served.answer = numbered(served, range(20, 0, -1))
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 8})
    pull.pull_feed(feed.id, NOW)
    served.answer = numbered(served, range(26, 0, -1))
    for _ in range(6):
        pull.pull_feed(feed.id, NOW)
    assert sorted(set(in_log(feed).value.tolist())) == list(range(1, 27))


def test_a_place_that_is_good_no_more_is_given_up_and_nothing_is_lost(served: Supervisor) -> None:
    every = numbered(served, range(10, 0, -1))
    served.answer = every
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 4})
    pull.pull_feed(feed.id, NOW)
    served.answer = lambda asked: Reply(status=410) if "page=4" in asked.path else every(asked)
    for _ in range(pull.TRIES):
        pull.pull_feed(feed.id, NOW)
    assert (state(feed).state, state(feed).last_error) == ("failing", "answered 410 Gone")
    served.answer = every
    for _ in range(3):
        pull.pull_feed(feed.id, NOW)
    assert set(in_log(feed).value.tolist()) == set(range(1, 11))
    assert state(feed).state == "ok"


def test_a_full_log_between_two_turns_loses_no_page(served: Supervisor, settings: object) -> None:
    served.answer = numbered(served, range(10, 0, -1))
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 4})
    room = settings.LOG_MAX_ENTRIES
    for turn in range(6):
        settings.LOG_MAX_ENTRIES = room if turn % 2 else 0
        pull.pull_feed(feed.id, NOW)
    assert sorted(in_log(feed).value.tolist()) == list(range(1, 11))


def test_pages_without_an_end_are_bounded_and_told(served: Supervisor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_TURNS", 3)
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00"), following=f"{served.url}/levels?page={len(served.asked)}"))
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 4})
    for turn in range(3):
        pull.pull_feed(feed.id, NOW)
        assert len(served.asked) == 4 * (turn + 1)
    assert (state(feed).state, state(feed).pages_left) == ("impaired", 12)
    pull.pull_feed(feed.id, NOW)
    assert served.asked[-4].path == "/levels?size=3"
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00")))
    pull.pull_feed(feed.id, NOW)
    assert (state(feed).state, state(feed).pages_left) == ("ok", 0)


@pytest.mark.parametrize("circle", ["/levels?same", "/levels?size=3"])
def test_pages_in_a_circle_end(served: Supervisor, circle: str) -> None:
    served.answer = lambda asked: Reply(page(("lamp-1", 1, "08:00"), following=circle))
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    assert len(served.asked) <= 2
    assert state(feed).state == "ok"


def test_pages_that_bring_nothing_are_not_followed_for_ever(served: Supervisor) -> None:
    served.answer = lambda asked: Reply(page(following=f"{served.url}/levels?page={len(served.asked)}"))
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 4})
    for _ in range(2):
        pull.pull_feed(feed.id, NOW)
    asked = [each.path.partition("?")[2] for each in served.asked]
    assert asked == ["size=3", "page=1", "page=2", "page=3", "size=3", "page=5", "page=6", "page=7"]


def test_an_unchanged_first_page_does_not_hide_what_is_new_on_the_last(served: Supervisor) -> None:
    """Oldest first, the first page never changes."""
    newest = 2

    def answer(asked: Asked) -> Reply:
        if "page=1" in asked.path:
            return Reply(page(("lamp-1", newest, f"08:0{newest}")))
        if asked.headers.get("if-none-match"):
            return Reply(status=304)
        return Reply(page(("lamp-1", 1, "08:01"), following=f"{served.url}/levels?page=1"), headers={"etag": '"first"'})

    served.answer = answer
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    newest = 3
    pull.pull_feed(feed.id, NOW)
    assert in_log(feed).value.tolist() == [1, 2, 3]


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


def test_credentials_do_not_follow_to_another_origin(served: Supervisor) -> None:
    with supervisor(lambda asked: Reply(page())) as other:
        served.answer = lambda asked: Reply(status=302, headers={"location": f"{other.url}/elsewhere"})
        feed = pulled_from(served, mapping={**MAPPING, "headers": {"X-Key": "secret"}})
        pull.pull_feed(feed.id, NOW)
        served.answer = lambda asked: Reply(page(following=f"{other.url}/page"))
        pull.pull_feed(feed.id, NOW)
        assert [asked.path for asked in other.asked] == ["/elsewhere", "/page"]
        other.answer = lambda asked: Reply(page(following="" if "third" in asked.path else "/third"))
        pull.pull_feed(feed.id, NOW)
        assert other.asked[-1].path == "/third"
        assert not any("x-key" in asked.headers for asked in other.asked)


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


def test_a_failed_page_loses_nothing_of_the_pages_before(served: Supervisor) -> None:
    served.answer = lambda asked: (
        Reply(status=500) if "two" in asked.path else Reply(page(("lamp-1", 3, "08:20"), following="/two"))
    )
    feed = pulled_from(served)
    pull.pull_feed(feed.id, NOW)
    assert len(in_log(feed)) == 0
    served.answer = lambda asked: Reply(
        page(("lamp-1", 2, "08:10")) if "two" in asked.path else page(("lamp-1", 3, "08:20"), following="/two")
    )
    pull.pull_feed(feed.id, NOW)
    assert in_log(feed).value.tolist() == [2, 3]


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


def test_a_private_address_is_refused_unless_feed_and_site_allow_it(served: Supervisor, settings: object) -> None:
    feed = pulled_from(served)
    for installation, site, own, allowed in (
        (False, False, True, False), (True, False, False, False), (False, True, False, False), (False, True, True, True),
    ):  # fmt: skip
        served.asked.clear()
        settings.ALLOW_PRIVATE_PULL = installation
        Site.objects.update(allow_private_pull=site)
        Feed.objects.update(allow_private_address=own)
        pull.pull_feed(feed.id, NOW)
        assert (len(served.asked) == 1) == allowed
        if not allowed:
            assert "private, local or reserved address" in state(feed).last_error


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "192.0.2.1",
        "::7f00:1", "::ffff:0:7f00:1", "64:ff9b:1::a00:1", "fec0::1",
    ],
)  # fmt: skip
def test_what_is_not_the_public_internet_is_known_in_every_disguise(host: str) -> None:
    assert not guard.is_public(host)


@pytest.mark.parametrize("host", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "185.199.108.153"])
def test_public_addresses_are_allowed(host: str) -> None:
    assert guard.is_public(host)


@pytest.mark.parametrize("host", ["localhost", "127.1", "0x7f000001", "2130706433", "0", "[::1]", "[::ffff:127.0.0.1]"])
def test_other_spellings_of_loopback_are_refused_when_connecting(host: str, served: Supervisor) -> None:
    port = served.url.rpartition(":")[2]
    with request.Client(allow_private=False, timeout=2) as client, pytest.raises(request.SupervisorFailed):
        client.get(f"http://{host}:{port}/", {})
    assert served.asked == []


def test_a_name_that_resolves_differently_the_second_time_gains_nothing(
    served: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is resolved once per connection, and that very address is connected to."""
    port = int(served.url.rpartition(":")[2])
    answers = iter(["93.184.215.14", "127.0.0.1"])
    connected = []

    def rebinding(host: str, *args: object, **kwargs: object) -> list[tuple[object, ...]]:
        return [(2, 1, 6, "", (next(answers), port))]

    def connect(address: tuple[str, int], *args: object, **kwargs: object) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("socket.getaddrinfo", rebinding)
    monkeypatch.setattr("socket.create_connection", connect)
    with request.Client(allow_private=False, timeout=2) as client:
        for _ in range(2):
            with pytest.raises(request.SupervisorFailed):
                client.get(f"http://rebinding.example:{port}/", {})
    assert connected == ["93.184.215.14"]
    assert served.asked == []


@pytest.mark.parametrize(
    "url", ["", "ftp://example.org/", "http://", "file:///etc/passwd", "http://\x00/", "http://[", "gopher://x"]
)
def test_a_url_that_is_none_is_a_failure_in_words(url: str) -> None:
    with request.Client(allow_private=True, timeout=1) as client, pytest.raises(request.SupervisorFailed):
        client.get(url, {})
