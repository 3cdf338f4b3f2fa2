"""What leaves the house follows the journal: a follower keeps the number of the last line it has dealt with, and misses none.

A follower is a name and `deal`. It saves its bookmark in the transaction that saves what it did, or after what it did outside
has arrived: killed in between, it does it again. Rooms name their followers in settings.FOLLOWERS.
"""

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from typing import ClassVar

from django.conf import settings
from django.utils.module_loading import import_string

from journal import live
from journal.models import Bookmark, Ledger


class Follower(ABC):
    """One that deals with the journal of one site, line after line, at its own pace."""

    from_the_first_line: ClassVar[bool] = False
    """Whether a new one deals with what was journaled before it was there."""

    def __init__(self, site: int, name: str) -> None:
        self.site = site
        self.name = name

    def restless(self, now: dt.datetime) -> bool:
        """Whether it is to deal also while no line is new: it lost a connection, say, and what it told may be forgotten there.
        Asked at each look: answer without a query."""
        return False

    @abstractmethod
    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        """Deal with some of the lines after `after` up to `last`, in order; the number of the last one that is dealt with.

        `after` itself: not now, come again. Whatever it raises is a defect of its own: it is told, and tried again later.
        """


def of_site(site: int) -> list[Follower]:
    """Who follows the journal of a site, as it is set now."""
    sources: list[Callable[[int], list[Follower]]] = [import_string(path) for path in settings.FOLLOWERS]
    return [follower for source in sources for follower in source(site)]


def bookmark(follower: Follower, now: dt.datetime) -> int:
    """Number of the last line it has dealt with. One that is new begins with the lines that come after it, unless it
    says otherwise."""
    row = Bookmark.objects.filter(site_id=follower.site, follower=follower.name).first()
    if row is None:
        start = {"seq": 0 if follower.from_the_first_line else live.state(follower.site), "moved_at": now}
        row, _ = Bookmark.objects.get_or_create(site_id=follower.site, follower=follower.name, defaults=start)
    return row.seq


def move(site: int, name: str, seq: int, now: dt.datetime) -> None:
    """The follower has dealt with every line up to this number."""
    Bookmark.objects.update_or_create(site_id=site, follower=name, defaults={"seq": seq, "moved_at": now})


def hold(site: int, name: str) -> None:
    """Until the end of this transaction the follower moves no further, but for whoever else holds it."""
    Bookmark.objects.select_for_update().filter(site_id=site, follower=name).first()


def forget(site: int, name: str) -> None:
    """There is no such follower any more."""
    Bookmark.objects.filter(site_id=site, follower=name).delete()


def standing(sites: Collection[int]) -> Iterator[tuple[Follower, int | None, int]]:
    """(follower, number of the last line it has dealt with, number of the journal's last line) of all followers of these sites;
    None: it has not begun."""
    ends = dict(Ledger.objects.filter(site_id__in=sites).values_list("site_id", "seq"))
    rows = {(row.site_id, row.follower): row.seq for row in Bookmark.objects.filter(site_id__in=sites)}
    for site in sites:
        for follower in of_site(site):
            yield follower, rows.get((site, follower.name)), ends.get(site, 0)


def lags(sites: Collection[int]) -> dict[tuple[int, str], int]:
    """Lines that each follower of these sites has not dealt with yet, by (site, name)."""
    return {
        (follower.site, follower.name): 0 if reached is None else max(0, end - reached)
        for follower, reached, end in standing(sites)
    }
