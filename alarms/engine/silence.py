"""Silence rules at work: who has not been heard for too long, on the received clock.

A feed comes before its assets: while a feed is silent they are unknown, and none of them is declared silent. Nor is
any asset of a watched feed (one that a silence rule of feeds is about) declared silent before that feed has spoken
after the asset's term: if the whole feed died, that will be told once, for the feed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER, Clock
from alarms.engine.layout import SECOND, ScopedRule, members
from alarms.engine.spec import Silence
from assets.register import Register

NO_TERM = np.iinfo(np.int64).max


class Hushes(NamedTuple):
    """Silences that began or ended, as columns; `watch` indexes the watches, `position` as in ladders.Moves."""

    position: NDArray[np.int64]
    watch: NDArray[np.int64]
    began: NDArray[np.bool_]
    at: NDArray[np.int64]
    heard: NDArray[np.int64]
    learned: NDArray[np.int64]


class Hearing(NamedTuple):
    """What is known of silence besides the readings of points, to be taken over by an engine that is built anew. All in µs.

    feed      ids of feeds, int64; the other columns are by feed
    since     when listening to it began: nobody is silent before a full period has passed since
    heard     when it was last heard, by anything; NEVER when not yet
    resumed   when its last silence ended, NEVER when there was none
    unheard   since when points that were never heard are listened to
    """

    feed: NDArray[np.int64]
    since: NDArray[np.int64]
    heard: NDArray[np.int64]
    resumed: NDArray[np.int64]
    unheard: int


class Watches:
    """K pairs of a silence rule and a subject it listens to; those of feeds come first, then those of assets.

    per watch   rule int32 (index in `rules`), subject int64 (feed row or asset row), period and interval int64 µs,
                silent bool, since int64 (when it was last heard before its silence)
    members     the point rows of each watch: member[first[k]:first[k + 1]]
    """

    def __init__(self, register: Register, rules: Sequence[ScopedRule], clock: Clock, started: int) -> None:
        self.rules = tuple(rule for rule in rules if isinstance(rule.spec, Silence))
        self.clock = clock
        self._feed, self._feed_id = register.feed, register.feed_id
        self._has_feed = (register.feed >= 0).nonzero()[0]
        built = [_watches(register, index, rule) for index, rule in enumerate(self.rules)]
        built.sort(key=lambda watch: watch.of_asset)
        self.feeds = sum(len(watch.subject) for watch in built if not watch.of_asset)
        self.rule = _joined([np.full(len(w.subject), w.rule) for w in built], np.int32)
        self.subject = _joined([w.subject for w in built], np.int64)
        self.period = _joined([w.period for w in built], np.int64)
        self.interval = _joined([w.interval for w in built], np.int64)
        self.member = _joined([w.member for w in built], np.int32)
        count = _joined([w.count for w in built], np.int64)
        self.first = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
        self.silent = np.zeros(len(self.rule), bool)
        self.since = np.zeros(len(self.rule), np.int64)
        self._told = np.zeros(len(self.rule), np.int64)
        """Of the silent: what is received after it ends the silence."""

        feeds = len(register.feed_id)
        self.unknown = np.zeros(feeds, bool)
        self.watched = np.zeros(feeds, bool)
        self.watched[self.subject[: self.feeds]] = True
        # Of what is by feed, one more at the end: for the points that have none, whose row is -1.
        self._since = np.full(feeds + 1, started)
        """Per feed: when listening to it began."""
        self._unheard = started
        """When listening to the points that were never heard began."""
        self._otherwise = np.full(feeds, NEVER)
        """Per feed: when it was last heard by something that was not applied: late, repeated, or no reading at all."""
        self._resumed = np.full(feeds + 1, NEVER)
        self._awaited = np.zeros(feeds, bool)
        self._quiet_row = np.zeros(len(register), bool)
        owner = np.repeat(np.arange(len(self.rule)), count)
        by_member = np.argsort(self.member, kind="stable")
        self._watch_of = owner[by_member]
        watches = np.bincount(self.member, minlength=len(register))
        self._start = np.concatenate(([0], np.cumsum(watches))).astype(np.int64)
        self._shortest = int(self.period.min(initial=0))
        self.next_term = NEVER

    @property
    def awaiting(self) -> bool:
        """Whether a word from some feed would change what is known."""
        return np.count_nonzero(self._awaited) > 0

    def hold(self, watch: int, since: int, told: int) -> None:
        """This subject is silent since then, and nothing that was received before `told` ended it."""
        self.silent[watch] = True
        self.since[watch], self._told[watch] = since, told
        if watch < self.feeds:
            self.unknown[self.subject[watch]] = self._awaited[self.subject[watch]] = True
        self._mark_quiet_rows()

    def listen(self, hearing: Hearing) -> None:
        """Go on from what was known; feeds that it does not know are listened to from the start on."""
        feed = {ident: row for row, ident in enumerate(self._feed_id.tolist())}
        row, place = [], []
        for index, ident in enumerate(hearing.feed.tolist()):
            if ident in feed:
                row.append(feed[ident])
                place.append(index)
        self._since[row] = hearing.since[place]
        self._otherwise[row] = hearing.heard[place]
        self._resumed[row] = hearing.resumed[place]
        self._unheard = hearing.unheard
        self.next_term = NEVER

    def hearing(self) -> Hearing:
        """What `listen` takes."""
        return Hearing(self._feed_id, self._since[:-1].copy(), self.feed_heard(), self._resumed[:-1].copy(), self._unheard)

    # -- hearing --------------------------------------------------------------------------------------------------

    def hear_otherwise(self, feeds: NDArray[np.int32], received: NDArray[np.int64]) -> None:
        """Signs of life of feeds (rows) that moved no point's clock."""
        np.maximum.at(self._otherwise, feeds, received)

    def hear_feeds(self, feeds: NDArray[np.int32], received: NDArray[np.int64]) -> tuple[list[Hushes], bool]:
        """Messages of feeds, in order: ends their silence. Also tells whether a feed came back that others waited for."""
        spoke = np.flatnonzero(self._awaited[feeds])
        if not len(spoke):
            return [], False
        self.next_term = NEVER
        self._awaited[feeds[spoke]] = False
        silent = np.flatnonzero(self.silent[: self.feeds])
        ended = []
        for watch in silent.tolist():
            later = spoke[(feeds[spoke] == self.subject[watch]) & (received[spoke] > self._told[watch])]
            if len(later):
                ended.append((later[0], watch))
            else:
                self._awaited[self.subject[watch]] = True
        if not ended:
            return [], True
        position, watch = (np.array(column, np.int64) for column in zip(*sorted(ended), strict=True))
        self._resumed[self.subject[watch]] = received[position]
        hushes = self._end(position, watch, received[position])
        self.unknown[:] = False
        self.unknown[self.subject[: self.feeds][self.silent[: self.feeds]]] = True
        return [hushes], True

    def hear_rows(self, rows: NDArray[np.int32], received: NDArray[np.int64]) -> list[Hushes]:
        """Applied readings (point rows), in order: ends the silence of their assets."""
        if len(received) and len(self.rule):
            # Readings do not always come in the order in which they were received: a term may be sooner than it was.
            self.next_term = min(self.next_term, int(received.min()) + self._shortest)
        position = self._quiet_row.take(rows).nonzero()[0]
        if not len(position):
            return []
        row = rows[position]
        place, owner, _ = members(self._start, row)
        watch = self._watch_of[place]
        heard = received[position[owner]]
        told = np.flatnonzero((watch >= self.feeds) & self.silent[watch] & (heard > self._told[watch]))
        if not len(told):
            return []
        ended, first = np.unique(watch[told], return_index=True)
        place = position[owner[told[first]]]
        hushes = self._end(place, ended, received[place])
        self._mark_quiet_rows()
        return [hushes]

    def _end(self, position: NDArray[np.int64], watch: NDArray[np.int64], at: NDArray[np.int64]) -> Hushes:
        self.silent[watch] = False
        return Hushes(position, watch, np.zeros(len(watch), bool), at, self.since[watch], at)

    def _mark_quiet_rows(self) -> None:
        self._quiet_row[:] = False
        silent = self.silent.copy()
        silent[: self.feeds] = False
        self._quiet_row[self.member[np.repeat(silent, np.diff(self.first))]] = True

    # -- the passing of time --------------------------------------------------------------------------------------

    def feed_heard(self) -> NDArray[np.int64]:
        """Per feed row: when it was last heard, by anything; NEVER when not yet."""
        heard = self._otherwise.copy()
        np.maximum.at(heard, self._feed[self._has_feed], self.clock.heard[self._has_feed])
        return heard

    def expire(self, now: int) -> list[Hushes]:
        """Declare silent who was not heard for the period that ends at or before `now`, feeds first."""
        if now < self.next_term or not len(self.rule):
            return []
        heard = self.feed_heard()
        of_feeds = slice(0, self.feeds)
        feed_base = np.maximum(heard[self.subject[of_feeds]], self._since[self.subject[of_feeds]])
        terms = np.empty(len(self.rule), np.int64)
        terms[of_feeds] = feed_base + self.period[of_feeds]
        hushes = self._begin(np.flatnonzero(~self.silent[of_feeds] & (terms[of_feeds] <= now)), feed_base, terms, now)
        self.unknown[self.subject[of_feeds][self.silent[of_feeds]]] = True
        self._awaited |= self.unknown

        base = np.empty(len(self.rule), np.int64)
        base[of_feeds] = feed_base
        if len(self.rule) > self.feeds:
            starts = self.first[self.feeds : -1] - self.first[self.feeds]
            member = self.member[self.first[self.feeds] :]
            heard_at, feed = self.clock.heard[member], self._feed[member]
            last = np.maximum(np.where(heard_at == NEVER, self._unheard, heard_at), self._resumed[feed])
            base[self.feeds :] = np.maximum.reduceat(np.maximum(last, self._since[feed]), starts)
            terms[self.feeds :] = base[self.feeds :] + self.period[self.feeds :]
            due = self.feeds + np.flatnonzero(~self.silent[self.feeds :] & (terms[self.feeds :] <= now))
            hushes += self._begin(self._not_held(due, heard, terms), base, terms, now)
        coming = terms[~self.silent & (terms > now)]
        self.next_term = int(coming.min(initial=NO_TERM))
        return hushes

    def _not_held(self, due: NDArray[np.int64], heard: NDArray[np.int64], terms: NDArray[np.int64]) -> NDArray[np.int64]:
        """Of the assets' watches that are due, those whose every watched feed has spoken since their term."""
        if not len(due):
            return due
        place, owner, _ = members(self.first, due)
        member = self.member[place]
        feed = self._feed[member]
        waits = self.watched[feed] & (self.unknown[feed] | (heard[feed] < terms[due][owner]))
        self._awaited[feed[waits]] = True
        held = np.zeros(len(due), bool)
        held[owner[waits]] = True
        return due[~held]

    def _begin(self, watch: NDArray[np.int64], base: NDArray[np.int64], terms: NDArray[np.int64], now: int) -> list[Hushes]:
        if not len(watch):
            return []
        self.silent[watch] = True
        self.since[watch] = self._told[watch] = base[watch]
        self._mark_quiet_rows()
        count = len(watch)
        return [Hushes(np.zeros(count, np.int64), watch, np.ones(count, bool), terms[watch], base[watch], np.full(count, now))]


class _Built(NamedTuple):
    rule: int
    of_asset: bool
    subject: NDArray[np.int64]
    period: NDArray[np.int64]
    interval: NDArray[np.int64]
    member: NDArray[np.int32]
    count: NDArray[np.int64]


def _watches(register: Register, index: int, rule: ScopedRule) -> _Built:
    """The subjects of one silence rule that have an expected rhythm."""
    spec, of_asset = rule.spec, rule.spec.of == "asset"
    subject_of = (register.asset if of_asset else register.feed)[rule.rows]
    if of_asset:
        rhythm = register.interval[rule.rows]
        expected = rhythm > 0
        subject, owner = np.unique(subject_of, return_inverse=True)
        interval = np.full(len(subject), NO_TERM)
        np.minimum.at(interval, owner[expected], rhythm[expected])
    else:
        subject, owner = np.unique(subject_of, return_inverse=True)
        interval = np.where(register.feed_interval[subject] > 0, register.feed_interval[subject], NO_TERM)
    kept = interval != NO_TERM
    order = np.argsort(owner, kind="stable")
    member = rule.rows[order][kept[owner[order]]]
    period = np.maximum(np.rint(interval[kept] * spec.factor), round(spec.minimum * SECOND)).astype(np.int64)
    count = np.bincount(owner, minlength=len(subject))[kept]
    return _Built(index, of_asset, subject[kept].astype(np.int64), period, interval[kept], member, count)


def _joined(columns: Sequence[NDArray], dtype: type) -> NDArray:
    return np.concatenate([np.empty(0, dtype), *columns]).astype(dtype)
