"""Pull: feeds that are asked on their schedule. What is due is found every second; one pull of a feed at a time.

Supervisors answer with a window that overlaps the last one, so only what is newer than the newest instant taken before, per
point, is appended: nothing is stored twice. A correction that a supervisor publishes later under the same instant is not
seen (docs/feeds/pull.md).
"""

import functools
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import redis

from assets import retention
from assets.feeds import append, health, intake, unknown
from assets.feeds.decode import Malformed
from assets.feeds.directory import FeedEntry, read_book, read_feeds
from assets.feeds.mapping import BadMapping, Compiled, compiled
from assets.feeds.request import Client, SupervisorFailed
from assets.log import LogFull
from assets.models import Protocol
from assets.readings import Readings

DUE = "pull:due"
"""Sorted set: feed id → when it is due, seconds since the epoch."""
FIRST_RETRY, LAST_RETRY = 5.0, 300.0
"""Seconds until the next attempt after a first failure, and at most (unless the feed's own rhythm is slower)."""


@functools.cache
def appender() -> append.BlockingAppender:
    """This process's connection to the log, for tasks and commands."""
    return append.BlockingAppender()


def due_feeds(now: float) -> list[int]:
    """Ids of the feeds to pull now; each is given its next time, so that asking twice does not pull twice.

    `now` in seconds since the epoch. Raises redis.RedisError and DatabaseError.
    """
    client = appender().redis
    feeds = {str(feed.id): feed for feed in read_feeds() if feed.protocol == Protocol.PULL and feed.enabled}
    times = {member.decode(): score for member, score in client.zrange(DUE, 0, -1, withscores=True)}
    if gone := [member for member in times if member not in feeds]:
        client.zrem(DUE, *gone)
    due = []
    for member, feed in feeds.items():
        if times.get(member, 0.0) <= now and client.zadd(DUE, {member: now + feed.expected_interval}, gt=True, ch=True):
            due.append(feed.id)
    return due


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
        _pull(feed, compiled(feed.mapping), client, tally)
    except LogFull:
        client.zadd(DUE, {feed.id: now + LogFull.retry_after})  # not the supervisor's failure
        return
    except (SupervisorFailed, Malformed, BadMapping) as error:
        failures = health.failing(client, feed.id, feed.slug, str(error))
        wait = getattr(error, "retry_after", None) or retry_delay(failures, feed.expected_interval)
        client.zadd(DUE, {feed.id: now + min(wait, 3600)})
        return
    health.working(client, feed.id, feed.slug)
    unknown.keep(tally.flush(client), datetime.now(UTC))


def retry_delay(failures: int, interval: float, spread: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds to wait after that many failures in a row: doubling, spread so that feeds of one supervisor do not march."""
    return min(FIRST_RETRY * 2 ** min(failures - 1, 20), max(LAST_RETRY, interval)) * spread(0.8, 1.2)


def _pull(feed: FeedEntry, mapping: Compiled, client: redis.Redis, tally: health.Tally) -> None:
    state = f"feed:{feed.id}:pull"
    validators = client.hgetall(state)
    if validators.get(b"address") != feed.address.encode():
        validators = {}
    conditions = {
        name: validators[kept].decode("latin-1")
        for name, kept in (("if-none-match", b"etag"), ("if-modified-since", b"last_modified"))
        if validators.get(kept)
    }
    book = read_book(feed.id)
    declared = mapping.declared
    taken: list[intake.Intake] = []
    with Client(allow_private=feed.may_pull_privately, timeout=declared.timeout) as requests:
        first = answer = requests.get(feed.address, {**declared.headers, **conditions}, declared.parameters)
        seen = {answer.url}
        while answer.body is not None:
            page = mapping.decode(answer.body)
            received = health.now_micros()
            taken.append(intake.take_in(page.batch, book, received, retention.oldest(received)))
            following = page.next or answer.next
            if not following or following in seen or len(seen) >= declared.most_pages:
                break
            seen.add(following)
            answer = requests.get_next(answer.url, following, declared.headers)
    _store(feed, taken, tally)
    if first.body is None:
        return
    kept = {"address": feed.address, "etag": first.etag[:500], "last_modified": first.last_modified[:100]}
    client.hset(state, mapping=kept)


def _store(feed: FeedEntry, taken: list[intake.Intake], tally: health.Tally) -> None:
    """Append what is new of all pages in one step: were half of them kept, the older half would never be asked for again."""
    readings = in_time_order(Readings.concatenate(each.readings for each in taken))
    points, row = np.unique(readings.point, return_inverse=True)
    before = np.array(appender().newest(feed.id, points.tolist()), np.int64)
    fresh = readings.take(readings.at > before[row]) if len(readings) else readings
    if len(fresh):
        newest = before.copy()
        np.maximum.at(newest, row, readings.at)
        pairs = dict(zip(points.tolist(), newest.tolist(), strict=True))
        appender().append_newer(feed.site, feed.id, append.cut_readings(fresh), pairs)
    tally.note(feed.id, health.now_micros(), accepted=len(fresh))
    for each in taken:
        tally.note(
            feed.id, health.now_micros(), accepted=0, unknown=each.unknown_count, rejected=each.refusals.count,
            told=each.refusals.told, addresses=each.unknown,
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
