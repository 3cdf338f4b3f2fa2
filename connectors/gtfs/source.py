"""Asks a feed of public transport on its schedule: alerts are told as long as they are active, vehicles and delays are values."""

import asyncio
import datetime as dt
from pathlib import Path

from connectors.delivery import Delivery, iso
from connectors.failures import Gone
from connectors.publishing import Kinds, Publishing, Standing, Thing, version_of
from connectors.source import Tell
from connectors.tables.gtfs import MOST_NAMED, Alert, Feed, NoFeed, Transit, read

MOST_BYTES = 30_000_000
KINDS = Kinds("gtfs", "gtfs_alert", "gtfs_changed", "gtfs_ended", "alerts")


class GtfsSource(Publishing):
    """Its values: `alerts`, `vehicles`, `trips`, `age` of the feed in seconds, and `delay/ROUTE` of each route of the list."""

    def __init__(self, settings: Transit, delivery: Delivery | None, spool: Path) -> None:
        super().__init__(settings, delivery, spool, KINDS, MOST_BYTES)
        self._settings = settings

    async def read(self, tell: Tell) -> None:
        now = dt.datetime.now(dt.UTC)
        feed = await self._feed(now)
        self._take(feed, now)
        self.keep()
        tell("alerts", float(len(self.standing)))
        for name, value in self._values(feed, now).items():
            tell(name, value)

    async def every_value(self) -> list[tuple[str, str]]:
        now = dt.datetime.now(dt.UTC)
        feed = await self._feed(now)
        ours = [alert for alert in feed.alerts.values() if self._settings.concerns(alert)]
        active = sum(alert.stands(now) for alert in ours)
        counted = [(name, f"{value:g}") for name, value in self._values(feed, now).items()]
        shown = [(each.identifier, f"{each.said['effect']}: {each.said.get('header', '')}") for each in ours]
        return [("alerts", f"{len(feed.alerts)} published, {len(ours)} concern the site, {active} active"), *counted, *shown]

    def _values(self, feed: Feed, now: dt.datetime) -> dict[str, float]:
        values = {"vehicles": float(feed.vehicles), "trips": float(len(feed.trips))}
        if feed.at is not None:
            values["age"] = (now - feed.at).total_seconds()
        delays = {f"delay/{route}": feed.delay(route) for route in self._settings.delays}
        return values | {name: delay for name, delay in delays.items() if delay is not None}

    async def _feed(self, now: dt.datetime) -> Feed:
        """Raises Gone."""
        content = await self.fetch(self._settings.url)
        try:
            return await asyncio.to_thread(read, content, self._settings.language, now)
        except NoFeed as error:
            raise Gone(f"{self._settings.url} cannot be read: {error}") from error

    def _take(self, feed: Feed, now: dt.datetime) -> None:
        things: dict[str, Thing] = {}
        over = dict.fromkeys(feed.deleted, "left_the_list")
        for key, alert in feed.alerts.items():
            if not alert.stands(now):
                over[key] = "expired" if alert.over(now) else "not_valid_now"
            elif self._settings.concerns(alert):
                things[key] = _thing(alert, now)
        self.settle(things, over, now, whole=feed.whole)


def _thing(alert: Alert, now: dt.datetime) -> Thing:
    end = alert.end(now)
    attributes: dict[str, object] = {"identifier": alert.identifier, **alert.said}
    attributes |= {"routes": list(alert.routes[:MOST_NAMED]), "stops": list(alert.stops[:MOST_NAMED])}
    if end is not None:
        attributes["end"] = iso(end)
    again: dict[str, str] = {word: alert.said[word] for word in ("effect", "header") if word in alert.said}
    return Thing(Standing(alert.identifier, iso(end) if end is not None else "", version_of(attributes), again), attributes)
