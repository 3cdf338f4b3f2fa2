"""Pull: feeds that are asked on their schedule. What is due is found every second; one pull of a feed at a time.

Supervisors answer with a window that overlaps the last one, so only what is newer than the newest instant taken before, per
point, is appended: nothing is stored twice. What lies beyond `most_pages` is fetched on the next turns (ways.sweep). A
correction that a supervisor publishes later under the same instant is not seen (docs/feeds/pull.md).
"""

import functools
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import numpy as np
import redis
from numpy.typing import NDArray

from assets import retention
from assets.feeds import append, captured, health, intake, unknown
from assets.feeds.decode import Malformed
from assets.feeds.directory import FeedEntry, read_book, read_feeds
from assets.feeds.forms.mapped import CompiledMapping, compiled
from assets.feeds.mapping import BadMapping
from assets.feeds.request import Answered, Client, SupervisorFailed, joined, wait_of
from assets.feeds.ways import access, paging, sweep
from assets.log import LogFull
from assets.models import Protocol
from assets.readings import Readings

DUE = "pull:due"
"""Sorted set: feed id → when it is due, seconds since the epoch."""
RHYTHM = "pull:rhythm"
"""Hash: feed id → the expected interval by which it was given its next time."""
GO_ON_AFTER = 1.0
"""Seconds until a sweep that has pages left goes on."""
TRIES = 3
"""Failures in a row after which a sweep begins again at the first page: where it stopped may be good no more."""
FIRST_RETRY, LAST_RETRY = 5.0, 300.0
"""Seconds until the next attempt after a first failure, and at most (unless the feed's own rhythm is slower)."""


@functools.cache
def appender() -> append.BlockingAppender:
    """This process's connection to the log, for tasks and commands."""
    return append.BlockingAppender()


def due_feeds(now: float) -> list[int]:
    """Ids of the feeds to pull now; each is given its next time, so that asking twice does not pull twice.

    One whose settings were changed is tried at once, however long it was to wait after failures or by its rhythm. `now` in
    seconds since the epoch. Raises redis.RedisError and DatabaseError.
    """
    client = appender().redis
    feeds = {str(feed.id): feed for feed in read_feeds() if feed.protocol == Protocol.PULL and feed.enabled}
    scores = cast("list[tuple[bytes, float]]", client.zrange(DUE, 0, -1, withscores=True))
    times = {member.decode(): score for member, score in scores}
    if gone := [member for member in times if member not in feeds]:
        client.zrem(DUE, *gone)
        client.hdel(RHYTHM, *gone)
    changed = {str(feed) for feed in _set_otherwise(client, list(feeds.values()))}
    due = []
    for member, feed in feeds.items():
        turn = {member: now + feed.expected_interval}
        if member in changed:
            client.zadd(DUE, turn)
            due.append(feed.id)
        elif times.get(member, 0.0) <= now and client.zadd(DUE, turn, gt=True, ch=True):
            due.append(feed.id)
    return due


def _set_otherwise(client: redis.Redis, feeds: list[FeedEntry]) -> set[int]:
    """Ids of those whose settings or rhythm are not those by which their next time was set."""
    if not feeds:
        return set()
    rhythms = {str(feed.id): str(feed.expected_interval) for feed in feeds}
    known = cast("list[bytes | None]", client.hmget(RHYTHM, list(rhythms)))
    client.hset(RHYTHM, items=[each for pair in rhythms.items() for each in pair])
    paced = {feed.id for feed, was in zip(feeds, known, strict=True) if was not in (None, rhythms[str(feed.id)].encode())}
    return paced | health.set_otherwise(client, feeds)


def soon(feed_id: int, now: float) -> None:
    """Pull a feed at the next look, whatever its rhythm. Raises redis.RedisError."""
    appender().redis.zadd(DUE, {str(feed_id): now})


def pull_feed(feed_id: int, now: float) -> None:
    """Pull one feed, if it is still there, enabled and not being pulled. Its failures are written to its health."""
    feed = next((feed for feed in read_feeds() if feed.id == feed_id), None)
    if feed is None or not feed.enabled or feed.protocol != Protocol.PULL:
        return
    client = appender().redis
    # Longer than any pull can last; ends by itself should this process be killed.
    lock = client.lock(f"feed:{feed.id}:pulling", timeout=900, blocking=False)
    if not lock.acquire():
        return
    try:
        _attempt(feed, client, now)
    finally:
        if lock.owned():
            lock.release()


def _attempt(feed: FeedEntry, client: redis.Redis, now: float) -> None:
    tally = health.Tally()
    try:
        whole = _turn(feed, compiled(feed.mapping), client, tally)
    except LogFull:
        client.zadd(DUE, {str(feed.id): now + LogFull.retry_after})  # not the supervisor's failure
        return
    except (SupervisorFailed, Malformed, BadMapping) as error:
        failures = health.failing(client, feed, str(error))
        if failures % TRIES == 0:
            sweep.begin_again(client, feed.id)
        asked = wait_of(error.retry_after, now) if isinstance(error, SupervisorFailed) else 0.0
        client.zadd(DUE, {str(feed.id): now + min(asked or retry_delay(failures, feed.expected_interval), 3600)})
        return
    health.working(client, feed)
    if not whole:
        client.zadd(DUE, {str(feed.id): now + GO_ON_AFTER})
    unknown.keep(tally.flush(client), datetime.now(UTC))


def retry_delay(failures: int, interval: float, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait after that many failures in a row: doubling, spread so that feeds of one supervisor do not march."""
    doubled: float = FIRST_RETRY * 2 ** min(failures - 1, 20)
    return min(doubled, max(LAST_RETRY, interval)) * spread(0.8, 1.2)


def _turn(feed: FeedEntry, mapping: CompiledMapping, client: redis.Redis, tally: health.Tally) -> bool:
    """Read the next pages of a sweep and append what is new of them; whether the sweep ended with them."""
    under_way = sweep.load(client, feed)
    pages = _read_pages(feed, mapping, under_way)
    readings = Readings.concatenate(page.readings for page in pages)
    before = append.floor_key(feed.id) if under_way.floored else append.newest_key(feed.id)
    newer = readings.at > _newest(before, readings.point)
    under_way.turns += 1
    fresh = newer & ~sweep.appended(client, feed.id, readings) if under_way.floored else newer
    in_last = newer[-len(pages[-1].readings) :] if pages and len(pages[-1].readings) else newer[:0]
    ended = not under_way.following or sweep.is_over(pages, bool(in_last.any()))
    paused = not ended and under_way.turns < sweep.MOST_TURNS
    if paused and not under_way.floored:
        sweep.raise_floor(client, feed.id, under_way)
    _store(feed, pages, in_time_order(readings.take(fresh)), tally)
    if paused:
        sweep.note_appended(client, feed.id, readings.take(fresh))
        sweep.pause(client, feed.id, under_way)
    else:
        sweep.end(client, feed.id, under_way)
        health.note_pages_left(client, feed, 0 if ended else under_way.turns * mapping.declared.most_pages)
    return not paused


def _read_pages(feed: FeedEntry, mapping: CompiledMapping, under_way: sweep.Sweep) -> list[intake.Intake]:
    """The next `most_pages`, or fewer when the supervisor has no more; `under_way` then says what follows them."""
    book, declared = read_book(feed.id, feed.clock_ahead), mapping.declared
    taken: list[intake.Intake] = []
    credentials = declared.credentials
    context = access.certificate_of(credentials)
    with Client(allow_private=feed.may_pull_privately, timeout=declared.timeout, context=context) as requests:
        try:
            opened, answer = _first_page(feed, mapping, under_way, requests)
        except SupervisorFailed as error:
            if error.status != 401 or not access.forget(credentials):
                raise
            opened, answer = _first_page(feed, mapping, under_way, requests)
        if not under_way.following and answer.body is not None:
            under_way.etag, under_way.last_modified = answer.etag, answer.last_modified
        under_way.see(answer.url)
        under_way.following = ""
        while answer.body is not None:
            received = health.now_micros()
            if captured.wanted(feed, received):
                captured.keep(appender().redis, feed.id, answer.body, "", received)
            page = mapping.decode(answer.body, received=received)
            taken.append(intake.take_in(page.batch, book, received, retention.oldest(received)))
            following = paging.following(declared.paging, page, answer.url, opened.parameters) or (
                joined(answer.url, page.next) if page.next else answer.next
            )
            if not following or not under_way.see(following):
                break
            # That the first page did not change says nothing of the others.
            under_way.etag = under_way.last_modified = ""
            if len(taken) >= declared.most_pages:
                under_way.following = following
                break
            answer = requests.get_next(following, feed.address, {**declared.headers, **opened.headers}, opened.parameters)
    return taken


def _first_page(
    feed: FeedEntry, mapping: CompiledMapping, under_way: sweep.Sweep, requests: Client
) -> tuple[access.Access, Answered]:
    """Where the sweep goes on, or its beginning, with what opens the supervisor."""
    declared = mapping.declared
    opened = access.access(declared.credentials, requests)
    headers = {**declared.headers, **opened.headers}
    if under_way.following:
        return opened, requests.get_next(under_way.following, feed.address, headers, opened.parameters)
    parameters = {**declared.parameters, **paging.first(declared.paging), **opened.parameters}
    return opened, requests.get(feed.address, {**headers, **under_way.conditions()}, parameters)


def _newest(key: str, points: NDArray[np.int64]) -> NDArray[np.int64]:
    """What was taken before, µs, for each of these points as they stand."""
    each, row = np.unique(points, return_inverse=True)
    return np.array(appender().newest(key, each.tolist()), np.int64)[row]


def _store(feed: FeedEntry, pages: list[intake.Intake], fresh: Readings, tally: health.Tally) -> None:
    """Append what is new of all pages in one step: were half of them kept, the older half would never be asked for again."""
    usable = any(each.accepted for each in pages)
    clock = None if usable else max((each.clock for each in pages if each.clock is not None), default=None)
    ahead = {point: by for each in pages for point, by in each.ahead.items()}
    unusable = append.part_unusable(health.now_micros(), clock, ahead)
    if len(fresh):
        points, row = np.unique(fresh.point, return_inverse=True)
        newest = np.array(appender().newest(append.newest_key(feed.id), points.tolist()), np.int64)
        np.maximum.at(newest, row, fresh.at)
        pairs = dict(zip(points.tolist(), newest.tolist(), strict=True))
        appender().append_newer(feed.site, feed.id, append.cut_readings(fresh) + unusable, pairs)
    elif unusable:
        appender().append(feed.site, feed.id, unusable)
    tally.note(feed.id, health.now_micros(), accepted=len(fresh), usable=usable, clock=clock)
    for each in pages:
        tally.note(
            feed.id, health.now_micros(), accepted=0, unknown=each.unknown_count, rejected=each.refusals.count,
            told=each.refusals.told, addresses=each.unknown, lag=each.lag,
        )  # fmt: skip


def in_time_order(readings: Readings) -> Readings:
    """Oldest first, one reading per point and instant: many supervisors answer newest first, and pages overlap."""
    order = np.lexsort((readings.point, readings.at))
    ordered = readings.take(order)
    repeated = np.zeros(len(order), bool)
    repeated[1:] = (ordered.at[1:] == ordered.at[:-1]) & (ordered.point[1:] == ordered.point[:-1])
    return ordered.take(~repeated) if repeated.any() else ordered


def now_seconds() -> float:
    """The clock of the edges: seconds since the epoch."""
    return time.time()
