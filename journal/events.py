"""Tells the site's log what lines of the journal say, so that rules judge it like anything else that happens.

A follower: what a line tells becomes events in the log once, whatever is killed in between. The bookmark is saved after the
events are in the log; the log remembers the number of the last line it took.
"""

import datetime as dt
from abc import abstractmethod
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import ClassVar

from django.db.models import Q

from assets import log
from assets.instants import microseconds
from assets.log import Event, LogFull
from assets.models import Asset
from journal import followers, live
from journal.followers import Follower
from journal.models import JournalEntry

BATCH = 200
"""Lines looked at in one go."""


class EventFollower(Follower):
    """What a room tells the log of its lines. `kinds`: how the kinds of lines begin that are told at all."""

    kinds: ClassVar[tuple[str, ...]]

    @abstractmethod
    def events(self, line: JournalEntry, codes: Mapping[int, str], received: int) -> list[Event]:
        """The events of one line. `codes`: of the assets that lines are about, by id; `received`: µs."""

    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        """Append the events of the next lines; `after` itself while the log is full."""
        upto = min(last, after + BATCH)
        theirs = reduce(or_, (Q(kind__startswith=kind) for kind in self.kinds))
        lines = list(JournalEntry.objects.filter(theirs, site_id=self.site, seq__gt=after, seq__lte=upto).order_by("seq"))
        assets = {id_ for line in lines for id_ in line.ids("asset")}
        codes = dict(Asset.objects.filter(pk__in=assets).values_list("pk", "code"))
        reached, end = after, live.state(self.site)
        for line in lines:
            try:
                log.shared().append_numbered(self.site, self.name, line.seq, end, self.events(line, codes, microseconds(now)))
            except LogFull:
                break
            reached = line.seq
        else:
            reached = upto
        if reached > after:
            followers.move(self.site, self.name, reached, now)
        return reached
