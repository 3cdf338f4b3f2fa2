"""Events among readings, read while they are judged: the same as all at once, however they are cut."""

import random

import numpy as np
import pytest
from django.db import transaction

from alarms.backtests import runs
from alarms.pseudonyms import Pseudonyms
from alarms.site import interleaving
from assets import events as stored
from assets.instants import instant, microseconds
from assets.log import Event
from assets.partitions import Partitions
from assets.readings import Readings
from tests.factories import NOON, make_asset, make_feed, make_rule, make_site

SECOND = 1_000_000
NOBODY = Pseudonyms(0, {})
"""These events speak of nobody."""


def readings(at: list[int]) -> Readings:
    return Readings.of(list(range(1, len(at) + 1)), at, [0.0] * len(at))


def event(at: int, asset: int | None = None, kind: str = "plate_read") -> tuple[int, Event]:
    return 1, Event("a", at, at, kind, asset, {})


def flat(steps) -> list[tuple[str, int]]:
    """What the engine hears, one after another."""
    heard = []
    for batch, happenings in steps:
        places = [each.place for each in happenings]
        for place in range(len(batch) + 1):
            heard += [("event", each.at) for each, where in zip(happenings, places, strict=True) if where == place]
            heard += [("reading", int(batch.at[place]))] if place < len(batch) else []
    return heard


@pytest.mark.parametrize("seed", range(20))
def test_every_event_comes_before_the_first_reading_that_is_newer_however_few_a_step_may_hold(monkeypatch, seed):
    chance = random.Random(seed)
    batches = [readings([chance.randrange(50) for _ in range(chance.randrange(6))]) for _ in range(6)]
    events = [event(at) for at in sorted(chance.randrange(60) for _ in range(20))]
    whole = flat(interleaving.interleaved(batches, events, NOBODY))
    assert sorted(at for what, at in whole if what == "event") == [each.at for _, each in events]
    monkeypatch.setattr(interleaving, "MOST", chance.randrange(1, 5))
    steps = list(interleaving.interleaved(batches, events, NOBODY))
    assert flat(steps) == whole
    assert max(len(happenings) for _, happenings in steps) <= interleaving.MOST


def test_no_more_events_are_read_than_the_readings_so_far_ask_for():
    taken = []

    def coming():
        for at in range(0, 1000, 10):
            taken.append(at)
            yield event(at)

    steps = interleaving.interleaved([readings([15]), readings([25])], coming(), NOBODY)
    _, happenings = next(steps)
    assert ([each.at for each in happenings], taken) == ([0, 10], [0, 10, 20])


@pytest.fixture
def history(valkey):
    """Stores events of one site; answers the site and an asset."""
    site = make_site()
    asset = make_asset(site)
    feed = make_feed(site)

    def store(instants: list[int], kind: str = "plate_read") -> None:
        known = Partitions()
        known.refresh()
        with transaction.atomic():
            rows = [(feed.pk, Event("a", at, at + number, kind, asset.pk, {})) for number, at in enumerate(instants)]
            stored.write_events(site.pk, rows, known, microseconds(NOON))

    return site, store


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", [1, 2, 3, 7, 100])
def test_pages_of_events_lose_none_and_repeat_none_also_of_one_instant(history, page):
    site, store = history
    first = microseconds(NOON)
    instants = [first, first, first, first + 1, first + 2, first + 2, first + 90_000 * SECOND, first + 90_000 * SECOND]
    store(instants)
    store([first + 1], kind="other")
    found = list(stored.events_between(site.pk, NOON, None, ["plate_read"], page))
    assert [each.at for _, each in found] == instants
    before = stored.events_between(site.pk, NOON, instant(first + 2), ["plate_read"], page)
    assert [each.at for _, each in before] == instants[:4]


@pytest.mark.django_db(transaction=True)
def test_a_trial_of_events_alone_tells_how_far_it_is_and_holds_few_at_once(history, monkeypatch):
    site, store = history
    first = microseconds(NOON)
    store([first + number * SECOND for number in range(100)])
    thrice = {"kind": "count", "scope": {}, "of": {"event": "plate_read"}, "by": "asset", "within": 10,
              "distinct": "occurrence", "limits": [{"severity": "low", "at_least": 3}]}  # fmt: skip
    rule = make_rule(site, "thrice", thrice)

    def tried() -> tuple[dict, list[int]]:
        order = runs.order(rule, NOON, instant(first + 200 * SECOND), now=instant(first + 300 * SECOND))
        shares = []
        monkeypatch.setattr(runs._Teller, "__call__", lambda self, share, readings: shares.append(share))
        runs.run(order.pk, lambda: NOON)
        order.refresh_from_db()
        assert order.state == "done"
        return order.figures, shares

    whole, _ = tried()
    monkeypatch.setattr(interleaving, "MOST", 10)
    figures, shares = tried()
    assert figures == whole
    assert whole["draft"]["count"] == 1
    assert len(shares) >= 10
    assert np.all(np.diff(shares) > 0)
