"""Pages of a pulled supervisor: all are followed, over several turns when they are many, and nothing is lost or taken twice."""

from collections.abc import Callable, Sequence

import pytest

from assets.feeds.ways import pull, sweep
from assets.models import UnknownAddress
from tests.feeds.city import point_of
from tests.feeds.pulling import MAPPING, NOW, in_log, page, pulled_from, state
from tests.feeds.supervisors import Asked, Reply, Supervisor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("valkey", "private_addresses_allowed")]


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
    assert sorted(in_log(feed).value.tolist()) == list(range(1, 27))  # although each page holds what another held before


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
    assert sorted(in_log(feed).value.tolist()) == list(range(1, 11))
    assert (state(feed).state, state(feed).accepted) == ("ok", 10)


def test_a_newest_first_sweep_that_begins_again_appends_the_old_pages_and_nothing_twice(served: Supervisor) -> None:
    every = numbered(served, range(30, 0, -1))
    served.answer = every
    feed = pulled_from(served, mapping={**MAPPING, "most_pages": 4})
    for turn in range(6):
        pull.pull_feed(feed.id, NOW)
        served.answer = lambda asked: Reply(status=500)
        for _ in range(pull.TRIES if turn in (1, 3) else 1):
            pull.pull_feed(feed.id, NOW)
        served.answer = every
    for _ in range(12):
        pull.pull_feed(feed.id, NOW)
    assert sorted(in_log(feed).value.tolist()) == list(range(1, 31))
    assert state(feed).accepted == 30


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
