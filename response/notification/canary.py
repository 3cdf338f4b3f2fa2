"""A message for nobody walks the way of all messages every five minutes, so that it is known when the way is cut; the only
writer of Canary.

The sweep begins it, the outbox binds it, a worker claims it and hands it to a sink of our own; it arrives only while the
followers that begin escalations go on. Each arrival tells the site's log that the next is expected: a rule of the pack, judged by
the correlator, which needs none of these processes, raises an alarm when that one does not come.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import transaction

from assets import log
from assets.instants import microseconds
from assets.log import Event, LogFull
from assets.models import Site
from journal.following import heartbeat_age
from journal.models import Bookmark, JournalEntry
from response.models import Canary
from response.notification import following, outbox
from response.notification.outbox import Claimed

EVERY = dt.timedelta(minutes=5)
LATE = dt.timedelta(minutes=10)
"""After its last arrival."""
FOLLOWED_WITHIN = dt.timedelta(minutes=1)
"""How long a line may wait for the follower that begins escalations, and that follower for its next sign."""
ADDRESS = "canary"


@dataclass(frozen=True, slots=True)
class CanaryState:
    """When it last began and arrived; `late`: messages do not leave as they should."""

    begun_at: dt.datetime
    arrived_at: dt.datetime | None
    late: bool


def sweep(site: Site, now: dt.datetime) -> bool:
    """Begin a walk once the last began long enough ago, wherever that one is."""
    with transaction.atomic():
        row = Canary.objects.select_for_update().filter(site=site).first()
        if row is not None and now < row.begun_at + EVERY:
            return False
        row = row or Canary(site=site)
        row.walks, row.begun_at = row.walks + 1, now
        row.save()
        outbox.put_canary(site.pk, now)
    return True


def arrive(claimed: Claimed, clock: Callable[[], dt.datetime]) -> None:
    """It has come to the end of its way, unless the followers do not go on or the log takes nothing."""
    site, now = claimed.messages[0].site_id, clock()
    if not _followed(site, now):
        _not_yet(claimed, "followers_away", now)
        return
    try:
        log.shared().append_events(site, log.OWN, _events(now))
    except LogFull:
        _not_yet(claimed, "log_full", now)
        return
    with transaction.atomic():
        outbox.sent(claimed, "", now)
        Canary.objects.filter(site=site).update(arrived_at=now)


def state(site: int, now: dt.datetime) -> CanaryState | None:
    """None: it has not begun yet."""
    return states([site], now).get(site)


def states(sites: list[int], now: dt.datetime) -> dict[int, CanaryState]:
    """By site, of those where it has begun."""
    return {
        row.site_id: CanaryState(row.begun_at, row.arrived_at, now > (row.arrived_at or row.begun_at) + LATE)
        for row in Canary.objects.filter(site__in=sites)
    }


def _not_yet(claimed: Claimed, reason: str, now: dt.datetime) -> None:
    if not outbox.try_again(claimed, reason, now):
        outbox.give_up(claimed, reason, now)


def _events(now: dt.datetime) -> list[Event]:
    """That it is there, and an instant later that the next one is expected."""
    at = microseconds(now)
    told = [("canary_arrived", at), ("canary_expected", at + 1)]
    return [Event(ADDRESS, each, max(at, each), kind, None, {"canary": "messages"}) for kind, each in told]


def _followed(site: int, now: dt.datetime) -> bool:
    """Whether escalations begin: somebody runs the followers, and no line has waited long for them."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2.0) as client:
        age = heartbeat_age(client)
    if age is None or age > FOLLOWED_WITHIN.total_seconds():
        return False
    place = Bookmark.objects.filter(site_id=site, follower=following.NAME).first()
    if place is None:
        return False
    waiting = JournalEntry.objects.filter(site_id=site, seq__gt=place.seq).order_by("seq").first()
    return waiting is None or waiting.at > now - FOLLOWED_WITHIN
