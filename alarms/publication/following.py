"""Follows the journal and has the broker of VIGIE_MQTT_OUT_URL retain how the alarms of a site are, across whatever breaks."""

import datetime as dt
import logging
from dataclasses import dataclass

import msgspec
from django.conf import settings

from alarms.models import Alarm
from alarms.publication import told
from alarms.publication.link import Link, NotPublished
from assets.feeds.broker import Broker
from assets.models import Site
from journal import followers
from journal.followers import Follower
from journal.lines import Lines
from journal.rows import entries_between

logger = logging.getLogger(__name__)

NAME = "mqtt"
BATCH = 500
"""Lines of the journal dealt with at a time."""
LONGEST_PAUSE = 30
"""Seconds between two tries to connect; the first pauses are 1, 2, 4 …"""


_EVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(slots=True)
class _Held:
    """A site's connection in this process, and when to try again."""

    link: Link | None = None
    failures: int = 0
    not_before: dt.datetime = _EVER


_held: dict[int, _Held] = {}


def of_site(site: int) -> list[Follower]:
    return [AlarmPublisher(site, NAME)] if settings.MQTT_OUT_URL else []


class AlarmPublisher(Follower):
    """A connection begins with all that is open: the broker may have forgotten, and a new one knows nothing. Then each line's
    alarms follow as they are when it is their turn. What closed while the broker was away is among the lines that wait."""

    def restless(self, now: dt.datetime) -> bool:
        held = _held.setdefault(self.site, _Held())
        return now >= held.not_before and (held.link is None or not held.link.alive)

    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        held = _held.setdefault(self.site, _Held())
        slug = Site.objects.values_list("slug", flat=True).get(pk=self.site)
        try:
            link = self._connected(held, slug, now)
            if link is None:
                return after
            upto = min(last, after + BATCH)
            if ids := _alarms(self.site, after + 1, upto):
                link.retain([*told.of_alarms(slug, ids), told.summary(self.site, slug)])
        except NotPublished as failure:
            self._failed(held, failure, now)
            return after
        if upto > after:
            followers.move(self.site, self.name, upto, now)
        return upto

    def _connected(self, held: _Held, slug: str, now: dt.datetime) -> Link | None:
        """The connection, after it was told all when it is new; None: it is not time to try. Raises NotPublished."""
        if held.link is not None and held.link.alive:
            return held.link
        if held.link is not None:
            raise NotPublished("the connection is broken")
        if now < held.not_before:
            return None
        held.link = Link(Broker.of(settings.MQTT_OUT_URL), f"vigie-alarms-{slug}", told.status_topic(slug))
        still_open = Alarm.objects.filter(site_id=self.site, is_open=True).values_list("pk", flat=True)
        held.link.retain([*told.of_alarms(slug, list(still_open)), told.summary(self.site, slug)])
        held.link.online()
        if held.failures:
            logger.warning("site %s: alarms are published over MQTT again", self.site)
        held.failures = 0
        return held.link

    def _failed(self, held: _Held, failure: NotPublished, now: dt.datetime) -> None:
        if not held.failures:  # told once, and once when it is over
            logger.warning("site %s: alarms are not published over MQTT: %s", self.site, failure)
        if held.link is not None:
            held.link.close()
            held.link = None
        held.not_before = now + dt.timedelta(seconds=min(2**held.failures, LONGEST_PAUSE))
        held.failures = min(held.failures + 1, 16)


def _alarms(site: int, first: int, last: int) -> set[int]:
    """What the lines first..last are about, of alarms."""
    if first > last:
        return set()
    return Lines(site, first, last, msgspec.json.encode(entries_between(site, first, last))).about("alarm")


def let_go() -> None:
    """End the connections of this process."""
    for held in _held.values():
        if held.link is not None:
            held.link.close()
    _held.clear()
