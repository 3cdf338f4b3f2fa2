"""A supervisor whose clock is off: measured, named, and set right by an administrator."""

import datetime as dt

import pytest

from assets.feeds import health, instants
from assets.feeds.forms import json
from assets.feeds.intake import FeedBook
from assets.models import Feed
from hypervisor.pages.feed_words import clock
from tests.feeds.city import Pusher

NOW = instants.from_datetime(dt.datetime(2026, 11, 22, 8, tzinfo=dt.UTC))
AHEAD = b'{"readings": [{"address": "a", "at": "2026-11-22T08:07:00Z", "value": 1}, {"address": "a", "value": 2}]}'


def test_a_clock_that_is_set_right_moves_the_times_it_says_and_no_others() -> None:
    wrong = json.take_in(AHEAD, {}, FeedBook({"a": 1}, {}, {}), NOW, 0)
    assert wrong.accepted == 1
    right = json.take_in(AHEAD, {}, FeedBook({"a": 1}, {}, {}, 420_000_000), NOW, 0)
    assert right.readings.at.tolist() == [NOW, NOW]


def test_a_reading_that_is_refused_is_judged_by_our_clock_too() -> None:
    body = b'{"readings": [{"address": "a", "at": "2026-11-22T08:14:00Z", "value": 1}]}'
    taken = json.take_in(body, {}, FeedBook({"a": 1}, {}, {}, 420_000_000), NOW, 0)
    assert [told.reason for told in taken.refusals.told] == ["at is in the future by more than 5 minutes"]


@pytest.mark.parametrize(
    ("lag", "interval", "named"),
    [(None, 60, ""), (2.0, 60, ""), (-4.0, 60, ""), (-42.0, 60, "ahead"), (600.0, 60, "behind"), (600.0, 900, "")],
)
def test_a_clock_is_named_when_its_times_cannot_be_right(lag: float | None, interval: float, named: str) -> None:
    from django.utils import translation

    with translation.override("en"):
        told = clock(lag, interval)
    assert named in told
    assert bool(told) == bool(named)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("valkey")
def test_how_far_a_clock_is_off_is_measured(feed: Feed, supervisor: Pusher) -> None:
    at = (dt.datetime.now(dt.UTC) + dt.timedelta(seconds=42)).isoformat()
    assert supervisor.push({"readings": [{"address": "lamp-1", "at": at, "value": 1}]}).status == 202
    supervisor.flush()
    [told] = health.read([feed.pk])
    assert told.lag == pytest.approx(-42, abs=5)
