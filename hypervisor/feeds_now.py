"""How the feeds of a site do now, for whoever sees which: what the top bar counts, and the list of feeds tells one by one.

A feed is well when its health says so and no alarm says that it is silent. One that is switched off is none of those counted:
nobody expects anything of it.
"""

from collections.abc import Collection, Iterable
from typing import NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from alarms.models import Alarm
from assets.feeds import health
from assets.models import Feed, Point
from assets.sector_filters import within

STANDING = (Alarm.State.UNACKNOWLEDGED, Alarm.State.ACKNOWLEDGED)


class Doing(NamedTuple):
    """Whether one feed, which is switched on, is well."""

    feed: int
    well: bool


class FeedCounts(NamedTuple):
    """Of the feeds that concern somebody, and are switched on."""

    well: int
    all: int


def look(site: int) -> list[Doing]:
    """How the feeds of a site do: one query and one round trip to Valkey. Raises redis.RedisError."""
    silent = Exists(Alarm.objects.filter(feed=OuterRef("pk"), state__in=STANDING))
    found = Feed.objects.filter(supervisor__site_id=site, enabled=True).only(*health.COLUMNS).annotate(silent=silent)
    feeds = list(found)
    healths = health.of(feeds, timezone.now())
    return [Doing(feed.pk, one.state == "ok" and not feed.silent) for feed, one in zip(feeds, healths, strict=True)]


def silences(site: int) -> dict[int, dict[str, str]]:
    """What the alarms say that stand of feeds, by feed and language: a supervisor may answer, and bring nothing new."""
    alarms = Alarm.objects.filter(site_id=site, feed__isnull=False, state__in=STANDING)
    return {feed: {"fr": fr, "en": en} for feed, fr, en in alarms.values_list("feed_id", "sentence_fr", "sentence_en")}


def concerning(site: int, sectors: Collection[str] | None) -> set[int] | None:
    """The feeds that speak of something in these sectors; None for all of the site's."""
    if sectors is None:
        return None
    points = Point.objects.filter(within(sectors, "asset__sector"), asset__site_id=site, feed__isnull=False)
    return set(points.order_by().values_list("feed_id", flat=True).distinct())


def seen(sectors: Collection[str] | None) -> Q:
    """A filter of feeds: those that `concerning` tells."""
    if sectors is None:
        return Q()
    return Q(Exists(Point.objects.filter(within(sectors, "asset__sector"), feed=OuterRef("pk"))))


def counted(doing: Iterable[Doing], seen: Collection[int] | None) -> FeedCounts:
    """Of those that are `seen` (None: all)."""
    well = [one.well for one in doing if seen is None or one.feed in seen]
    return FeedCounts(sum(well), len(well))
