"""Silence rules at work: who has not been heard for too long, on the received clock.

A feed comes before its assets: while a feed is silent they are unknown, and none of them is declared silent. Nor is
any asset of a watched feed (one that a silence rule of feeds is about) declared silent before that feed has spoken
after the asset's term: if the whole feed died, that will be told once, for the feed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alarms.engine.clock import NEVER, Clock
from alarms.engine.layout import ScopedRule, WatchRow, members, of_kinds
from alarms.engine.spec import Silence, Spec
from alarms.engine.speech import SILENT, Speech, same
from alarms.engine.watches import NO_TERM, joined, lay_out_watches
from assets.register import Register

BEGAN, RETOLD, ENDED = range(3)
"""What became of a silence; retold: it goes on, and there is something else to say of it."""


class Hushes(NamedTuple):
    """Silences that began, ended or are to be told anew, as columns; `watch` indexes the watches, `position` as in ladders.Moves.

    ahead   by how much the clock is ahead of what speaks and cannot be used; SILENT of what says nothing
    """

    position: NDArray[np.int64]
    watch: NDArray[np.int64]
    became: NDArray[np.int8]
    at: NDArray[np.int64]
    heard: NDArray[np.int64]
    learned: NDArray[np.int64]
    ahead: NDArray[np.int64]


class Hearing(NamedTuple):
    """What is known of silence besides the readings of points, to be taken over by an engine that is built anew. All in µs.

    feed      ids of feeds, int64; the other columns are by feed
    since     when listening to it began: nobody is silent before a full period has passed since
    heard     when it was last heard, by anything; NEVER when not yet
    resumed   when its last silence ended, NEVER when there was none
    unheard   since when points that were never heard are listened to
    exact     whether no feed was heard after `heard`; else some may have been, up to the last commit
    """

    feed: NDArray[np.int64]
    since: NDArray[np.int64]
    heard: NDArray[np.int64]
    resumed: NDArray[np.int64]
    unheard: int
    exact: bool = True


class Watches:
    """K pairs of a silence rule and a subject it listens to; those of feeds come first, then those of assets.

    per watch   rule int32 (index in `rules`), subject int64 (feed row or asset row), period and interval int64 µs,
                silent bool, since int64 (when it was last heard before its silence), and of the silent: ahead int64 as in
                Hushes, spoke int64 (when it last said something that cannot be used)
    members     the point rows of each watch: member[first[k]:first[k + 1]]
    """

    def __init__(self, register: Register, rules: Sequence[ScopedRule[Spec]], clock: Clock, started: int) -> None:
        self.rules = tuple(of_kinds(rules, Silence))
        self.clock = clock
        self._feed, self._feed_id = register.feed, register.feed_id
        built = [lay_out_watches(register, index, rule) for index, rule in enumerate(self.rules)]
        built.sort(key=lambda watch: watch.of_asset)
        self.feeds = sum(len(watch.subject) for watch in built if not watch.of_asset)
        self.rule = joined([np.full(len(w.subject), w.rule) for w in built], np.int32)
        self.subject = joined([w.subject for w in built], np.int64)
        self.period = joined([w.period for w in built], np.int64)
        self.interval = joined([w.interval for w in built], np.int64)
        self.member = joined([w.member for w in built], np.int32)
        count = joined([w.points for w in built], np.int64)
        self.first = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
        self.silent = np.zeros(len(self.rule), bool)
        self.since = np.zeros(len(self.rule), np.int64)
        self._told = np.zeros(len(self.rule), np.int64)
        """Of the silent: what is received after it ends the silence."""
        self.ahead = np.full(len(self.rule), SILENT)
        self.spoke = np.full(len(self.rule), NEVER)
        self._speech = Speech(len(register.feed_id), len(register))
        self._mute_term = NO_TERM
        """When the first of those that speak without being of use has said nothing for a period."""

        feeds = len(register.feed_id)
        self.unknown = np.zeros(feeds, bool)
        self.watched = np.zeros(feeds, bool)
        self.watched[self.subject[: self.feeds]] = True
        self._since = np.full(feeds, started)
        """Per feed: when listening to it began."""
        self._unheard = started
        """When listening to the points that were never heard began."""
        self._heard = np.full(feeds, NEVER)
        """Per feed: when it was last heard, by anything; NEVER when not yet."""
        self._resumed = np.full(feeds, NEVER)
        self._awaited = np.zeros(feeds, bool)
        self._quiet_row = np.zeros(len(register), bool)
        owner = np.repeat(np.arange(len(self.rule)), count)
        by_member = np.argsort(self.member, kind="stable")
        self._watch_of = owner[by_member]
        watches = np.bincount(self.member, minlength=len(register))
        self._start = np.concatenate(([0], np.cumsum(watches))).astype(np.int64)
        self._shortest = int(self.period.min(initial=NO_TERM))
        self._soon, self._soon_term = np.empty(0, np.intp), np.empty(0, np.int64)
        """The watches whose terms ended before `_known_until` when they were looked at, by those terms."""
        self.next_term = self._known_until = NEVER

    @property
    def awaiting(self) -> bool:
        """Whether a word from some feed would change what is known."""
        return bool(np.count_nonzero(self._awaited))

    def hold(self, watch: WatchRow, since: int, told: int, ahead: int | None = None) -> None:
        """This subject is silent since then, and nothing that was received before `told` ended it; `ahead` as in its evidence."""
        self.silent[watch] = True
        self.ahead[watch] = SILENT if ahead is None else ahead
        if ahead is not None:
            self._note_spoken(watch, told)
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
        self._heard[row] = hearing.heard[place]
        self._resumed[row] = hearing.resumed[place]
        self._unheard = hearing.unheard
        self._look_again()

    def hearing(self) -> Hearing:
        """What `listen` takes."""
        return Hearing(self._feed_id, self._since.copy(), self._heard.copy(), self._resumed.copy(), self._unheard)

    def term(self, watch: int, heard: int) -> int:
        """When a subject that was heard last at an instant is silent."""
        return heard + int(self.period[watch])

    def falls(self, until: int) -> list[int]:
        """When feeds fall silent up to an instant, if nothing more is heard of them; ascending."""
        watch = (~self.silent[: self.feeds]).nonzero()[0]
        subject = self.subject[watch]
        terms = np.maximum(self._heard[subject], self._since[subject]) + self.period[watch]
        falls: list[int] = np.unique(terms[terms <= until]).tolist()
        return falls

    # -- hearing --------------------------------------------------------------------------------------------------

    def hear_otherwise(self, feeds: NDArray[np.int32], received: NDArray[np.int64]) -> None:
        """Signs of life of feeds (rows) that moved no point's clock."""
        np.maximum.at(self._heard, feeds, received)

    def hear_feeds(self, feeds: NDArray[np.int32], received: NDArray[np.int64]) -> tuple[list[Hushes], bool]:
        """Messages of feeds, in order: ends their silence. Also tells whether a feed came back that others waited for."""
        spoke = np.flatnonzero(self._awaited[feeds])
        if not len(spoke):
            return [], False
        self._look_again()
        self._awaited[feeds[spoke]] = False
        silent = np.flatnonzero(self.silent[: self.feeds])
        ended: list[tuple[int, WatchRow]] = []
        for each in silent.tolist():
            later = spoke[(feeds[spoke] == self.subject[each]) & (received[spoke] > self._told[each])]
            if len(later):
                ended.append((int(later[0]), WatchRow(each)))
            else:
                self._awaited[self.subject[each]] = True
        if not ended:
            return [], True
        position, watch = (np.array(column, np.int64) for column in zip(*sorted(ended), strict=True))
        self._resumed[self.subject[watch]] = received[position]
        hushes = self._end(position, watch, received[position])
        self.unknown[:] = False
        self.unknown[self.subject[: self.feeds][self.silent[: self.feeds]]] = True
        return [hushes], True

    def hear_rows(self, rows: NDArray[np.intp], received: NDArray[np.int64]) -> list[Hushes]:
        """Applied readings (point rows), in order: ends the silence of their assets."""
        self._hear(self._feed[rows], received)
        if len(received) and len(self.rule):
            # Readings do not always come in the order in which they were received: a term may be sooner than it was.
            self._known_until = min(self._known_until, int(received.min()) + self._shortest)
            self.next_term = min(self.next_term, self._known_until)
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

    def _hear(self, feeds: NDArray[np.int32], received: NDArray[np.int64]) -> None:
        if (received[1:] >= received[:-1]).all():
            # Of a feed that occurs several times the last assignment stands: many times quicker than `maximum.at`.
            self._heard[feeds] = np.maximum(self._heard[feeds], received)
        else:
            np.maximum.at(self._heard, feeds, received)

    def _end(self, position: NDArray[np.int64], watch: NDArray[np.int64], at: NDArray[np.int64]) -> Hushes:
        self.silent[watch] = False
        return Hushes(position, watch, np.full(len(watch), ENDED), at, self.since[watch], at, self.ahead[watch])

    def hear_unusable(self, feed: int, received: int, ahead: int, rows: Mapping[int, int]) -> list[Hushes]:
        """A message of a feed (row) of which nothing can be used, or nothing of these points (row: by how much it is ahead)."""
        self._speech.note(feed, received, ahead, rows)
        silent = self.silent.nonzero()[0]
        of_feed = silent[(silent < self.feeds) & (self.subject[silent] == feed)]
        parts = [self._watch_of[self._start[row] : self._start[row + 1]] for row in rows]
        of_rows = np.unique(np.concatenate([np.empty(0, np.int64), *parts]))
        of_rows = of_rows[(of_rows >= self.feeds) & self.silent[of_rows]]
        retold = []
        for watch in [*of_feed.tolist(), *of_rows.tolist()]:
            spoke, now_ahead = self._spoken(watch, self._told[watch])
            if now_ahead == SILENT:
                continue
            if not same(now_ahead, self.ahead[watch]):
                self.ahead[watch] = now_ahead
                retold.append(watch)
            self._note_spoken(watch, spoke)
        return self._retell(np.array(retold, np.intp), received)

    def _spoken(self, watch: int, since: int) -> tuple[int, int]:
        if watch < self.feeds:
            return self._speech.of_feed(int(self.subject[watch]), since)
        return self._speech.of_rows(self.member[self.first[watch] : self.first[watch + 1]], since)

    def _note_spoken(self, watch: int, spoke: int) -> None:
        self.spoke[watch] = spoke
        self._mute_term = min(self._mute_term, spoke + int(self.period[watch]))

    def _retell(self, watch: NDArray[np.intp], at: int) -> list[Hushes]:
        if not len(watch):
            return []
        nowhere, when = np.zeros(len(watch), np.int64), np.full(len(watch), at)
        return [Hushes(nowhere, watch, np.full(len(watch), RETOLD), when, self.since[watch], when, self.ahead[watch])]

    def _mark_quiet_rows(self) -> None:
        self._quiet_row[:] = False
        silent = self.silent & (np.arange(len(self.silent)) >= self.feeds)
        self._quiet_row[self.member[np.repeat(silent, np.diff(self.first))]] = True

    # -- the passing of time --------------------------------------------------------------------------------------

    def expire(self, now: int) -> list[Hushes]:
        """Declare silent who was not heard for the period that ends at or before `now`, feeds first."""
        fallen = self._fall_silent(now)
        if now < self.next_term or not len(self.rule):
            return fallen
        if now >= self._known_until:
            self._known_until = now + self._shortest // 2
            watch = (~self.silent).nonzero()[0]
            self._soon, self._soon_term = watch[:0], self.since[:0]
        else:
            count = self._soon_term.searchsorted(now, "right")
            watch, self._soon, self._soon_term = np.sort(self._soon[:count]), self._soon[count:], self._soon_term[count:]
            watch = watch[~self.silent[watch]]
        split = watch.searchsorted(self.feeds)
        of_feeds, feed_terms = self._expire_feeds(watch[:split], now)
        of_assets, asset_terms = self._expire_assets(watch[split:], now)
        self._await(watch, np.concatenate((feed_terms, asset_terms)), now)
        return of_feeds + of_assets + fallen

    def _fall_silent(self, now: int) -> list[Hushes]:
        """Of what spoke without being of use, tell what has said nothing at all for as long as it takes to be silent."""
        if now < self._mute_term:
            return []
        speaking = (self.silent & (self.ahead != SILENT)).nonzero()[0]
        terms = self.spoke[speaking] + self.period[speaking]
        self._mute_term = int(terms[terms > now].min(initial=NO_TERM))
        fallen = speaking[terms <= now]
        self.ahead[fallen] = SILENT
        return self._retell(fallen, now)

    def _expire_feeds(self, watch: NDArray[np.intp], now: int) -> tuple[list[Hushes], NDArray[np.int64]]:
        """Declare silent which of these watches of feeds are due; gives the terms of all."""
        if not len(watch):
            return [], np.empty(0, np.int64)
        subject = self.subject[watch]
        base = np.maximum(self._heard[subject], self._since[subject])
        terms = base + self.period[watch]
        due = (terms <= now).nonzero()[0]
        hushes = self._begin(watch[due], base[due], terms[due], now)
        self.unknown[subject[due]] = True
        self._awaited |= self.unknown
        return hushes, terms

    def _expire_assets(self, watch: NDArray[np.intp], now: int) -> tuple[list[Hushes], NDArray[np.int64]]:
        """Declare silent which of these watches of assets are due and not held; gives the terms of all."""
        if not len(watch):
            return [], np.empty(0, np.int64)
        place, _, starts = members(self.first, watch)
        member = self.member[place]
        heard, feed = self.clock.heard[member], self._feed[member]
        last = np.maximum(np.where(heard == NEVER, self._unheard, heard), self._resumed[feed])
        base = np.maximum.reduceat(np.maximum(last, self._since[feed]), starts)
        terms = base + self.period[watch]
        due = (terms <= now).nonzero()[0]
        due = due[self._not_held(watch[due], terms[due])]
        return self._begin(watch[due], base[due], terms[due], now), terms

    def _await(self, watch: NDArray[np.intp], terms: NDArray[np.int64], now: int) -> None:
        """Keep those of these watches whose terms end soon. A term only ever moves further away, so it is worked out again
        when it is reached, and all of them now and then: never 75,000 at each step."""
        soon = ((terms > now) & (terms <= self._known_until)).nonzero()[0]
        if len(soon):
            watch = np.concatenate((self._soon, watch[soon]))
            terms = np.concatenate((self._soon_term, terms[soon]))
            order = np.argsort(terms, kind="stable")
            self._soon, self._soon_term = watch[order], terms[order]
        self.next_term = min(int(self._soon_term[0]), self._known_until) if len(self._soon_term) else self._known_until

    def _look_again(self) -> None:
        """Terms may end sooner than they would have: look at all of them the next time."""
        self.next_term = self._known_until = NEVER

    def _not_held(self, watch: NDArray[np.intp], terms: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of these watches of assets, whose terms are over, have only watched feeds that have spoken since."""
        if not len(watch):
            return np.empty(0, bool)
        place, owner, _ = members(self.first, watch)
        feed = self._feed[self.member[place]]
        waits = self.watched[feed] & (self.unknown[feed] | (self._heard[feed] < terms[owner]))
        self._awaited[feed[waits]] = True
        held = np.zeros(len(watch), bool)
        held[owner[waits]] = True
        return ~held

    def _begin(self, watch: NDArray[np.intp], base: NDArray[np.int64], terms: NDArray[np.int64], now: int) -> list[Hushes]:
        if not len(watch):
            return []
        self.silent[watch] = True
        self.since[watch] = self._told[watch] = base
        self._mark_quiet_rows()
        self.ahead[watch] = SILENT
        if self._speech.any:
            for each, since in zip(watch.tolist(), base.tolist(), strict=True):
                spoke, self.ahead[each] = self._spoken(each, since)
                if spoke != NEVER:
                    self._note_spoken(each, spoke)
        count = len(watch)
        nowhere, became = np.zeros(count, np.int64), np.full(count, BEGAN)
        return [Hushes(nowhere, watch, became, terms, base, np.full(count, now), self.ahead[watch])]
