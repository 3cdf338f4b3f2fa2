"""What a GTFS-Realtime feed says: alerts that stand and what they affect, vehicles, and the delays of trips by route. Pure."""

import datetime as dt
from collections.abc import Iterator
from statistics import fmean
from typing import Annotated

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as feeds
from msgspec import Meta, Struct

from connectors.tables.documents import LONG, SHORT
from connectors.tables.publisher import Publisher

MOST_NAMED = 50
"""Routes or stops that one event names."""
LATEST = 4_102_444_800
"""The year 2100, in seconds since 1970: what is later is a mistake."""


class NoFeed(ValueError):
    """This is no GTFS-Realtime feed; says why."""


class Alert(Struct, frozen=True):
    """`periods`: when it is active (start, end); without any, always. `everywhere`: it is of an agency or a kind of route."""

    identifier: str
    periods: tuple[tuple[dt.datetime | None, dt.datetime | None], ...]
    routes: tuple[str, ...]
    stops: tuple[str, ...]
    everywhere: bool
    said: dict[str, str]

    def stands(self, now: dt.datetime) -> bool:
        return not self.periods or any(_holds(period, now) for period in self.periods)

    def end(self, now: dt.datetime) -> dt.datetime | None:
        """When the period that it is in ends; None where that is not said."""
        return next((period[1] for period in self.periods if _holds(period, now)), None)

    def over(self, now: dt.datetime) -> bool:
        """Whether all of its periods are past."""
        return bool(self.periods) and all(end is not None and end <= now for _, end in self.periods)


class Trip(Struct, frozen=True):
    """One update of a trip. `delay`: seconds at its next stop; None where it is not said."""

    route: str
    delay: float | None


class Feed(Struct, frozen=True):
    """`whole`: all that there is, not only what changed."""

    at: dt.datetime | None
    whole: bool
    alerts: dict[str, Alert]
    deleted: frozenset[str]
    vehicles: int
    trips: tuple[Trip, ...]

    def delay(self, route: str) -> float | None:
        """Mean delay of the route's trips, in seconds."""
        delays = [trip.delay for trip in self.trips if trip.route == route and trip.delay is not None]
        return fmean(delays) if delays else None


class Transit(Publisher, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A feed of alerts, vehicles or trips, or of all of them. Alerts of all routes and stops, or of those that are named."""

    routes: list[str] = []
    stops: list[str] = []
    delays: Annotated[list[Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=500)] = []
    """Routes whose mean delay is a value."""

    def concerns(self, alert: Alert) -> bool:
        if alert.everywhere or not (self.routes or self.stops):
            return True
        return bool(set(self.routes) & set(alert.routes) or set(self.stops) & set(alert.stops))


def read(content: bytes, language: str, now: dt.datetime) -> Feed:
    """Raises NoFeed."""
    try:
        message = feeds.FeedMessage.FromString(content)
    except DecodeError as error:
        raise NoFeed(f"it is no message of GTFS-Realtime, or not all of one: {str(error)[:200]}") from error
    header = message.header
    if not header.gtfs_realtime_version:
        raise NoFeed("it has no header of GTFS-Realtime")
    entities = [entity for entity in message.entity if not entity.is_deleted]
    alerts = [_alert(entity.id, entity.alert, language) for entity in entities if entity.HasField("alert")]
    vehicles = {entity.vehicle.vehicle.id or entity.id for entity in entities if entity.HasField("vehicle")}
    trips = [_trip(entity.trip_update, now) for entity in entities if entity.HasField("trip_update")]
    return Feed(
        _instant(header.timestamp), header.incrementality == feeds.FeedHeader.FULL_DATASET,
        {alert.identifier: alert for alert in alerts}, frozenset(entity.id for entity in message.entity if entity.is_deleted),
        len(vehicles), tuple(trips),
    )  # fmt: skip


def _alert(identifier: str, alert: feeds.Alert, language: str) -> Alert:
    entities = alert.informed_entity
    routes = dict.fromkeys(route for each in entities if (route := each.route_id or each.trip.route_id))
    stops = dict.fromkeys(each.stop_id for each in entities if each.stop_id)
    said = {
        "cause": feeds.Alert.Cause.Name(alert.cause),
        "effect": feeds.Alert.Effect.Name(alert.effect),
        "severity": feeds.Alert.SeverityLevel.Name(alert.severity_level),
        "header": _spoken(alert.header_text, language)[:SHORT],
        "description": _spoken(alert.description_text, language)[:LONG],
        "url": _spoken(alert.url, language)[:SHORT],
        "agencies": ", ".join(dict.fromkeys(each.agency_id for each in entities if each.agency_id))[:SHORT],
    }
    periods = tuple((_instant(period.start), _instant(period.end)) for period in alert.active_period)
    everywhere = any(not (each.route_id or each.trip.route_id or each.trip.trip_id or each.stop_id) for each in entities)
    return Alert(
        identifier[:SHORT], periods, tuple(routes), tuple(stops), everywhere or not entities,
        {word: found for word, found in said.items() if found},
    )  # fmt: skip


def _trip(update: feeds.TripUpdate, now: dt.datetime) -> Trip:
    if update.trip.schedule_relationship in (feeds.TripDescriptor.CANCELED, feeds.TripDescriptor.DELETED):
        return Trip(update.trip.route_id, None)
    if update.HasField("delay"):
        return Trip(update.trip.route_id, float(update.delay))
    delays = list(_delays(update))
    ahead = next((delay for delay, at in delays if at is None or at >= now), None)
    return Trip(update.trip.route_id, ahead if ahead is not None else delays[-1][0] if delays else None)


def _delays(update: feeds.TripUpdate) -> Iterator[tuple[float, dt.datetime | None]]:
    """The delay at each stop for which it is said, and when the vehicle comes there."""
    for stop in update.stop_time_update:
        for event in (stop.arrival, stop.departure):
            if event.HasField("delay"):
                yield float(event.delay), _instant(event.time)
                break


def _spoken(text: feeds.TranslatedString, language: str) -> str:
    """In the wanted language, else in none, else in the first."""
    found = [each for each in text.translation if each.text.strip()]
    wanted = [each for each in found if each.language.lower().startswith(language.lower())]
    plain = [each for each in found if not each.language]
    return " ".join((wanted or plain or found)[0].text.split()) if found else ""


def _holds(period: tuple[dt.datetime | None, dt.datetime | None], now: dt.datetime) -> bool:
    start, end = period
    return (start is None or start <= now) and (end is None or now < end)


def _instant(seconds: int) -> dt.datetime | None:
    return dt.datetime.fromtimestamp(seconds, dt.UTC) if 0 < seconds < LATEST else None
