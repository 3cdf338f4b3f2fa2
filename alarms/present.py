"""Present values: what the points of open alarms read now, their trends, and since when their feeds are silent.

The sentence of an alarm is that of its worst moment. What it would say now is told beside it, from the newest reading that the
correlator keeps of each point. A point whose feed is silent has no present value: nobody knows what it would read. Beside the
alarm of a silence is since when nothing came.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from django.db import connection

from alarms.engine.figures import key
from alarms.rows import time_text
from assets import trend
from assets.feeds.health import LATE_AFTER
from assets.instants import instant, microseconds
from assets.models import AssetKind

SHORTEST_SILENCE = 90
"""Seconds: a feed that was heard since is not silent, however short the interval that is expected of it."""
BLIND = dt.timedelta(seconds=60)
"""Beyond the last commit nobody listened, and nobody can be called silent for it: when all is silent there is one a minute."""

TRENDS = {trend.FALLING: "falling", trend.STEADY: "steady", trend.RISING: "rising"}
QUALITIES = ("good", "uncertain", "bad")

_NEWEST = """
SELECT p.id, CASE WHEN a.subject LIKE 'sector:%%' THEN a.id END,
       s.path, p.feed_id, p.unit, p.interval, c.kind_id, p.quantity, nullif(p.codes, '{}'::jsonb)::text,
       (extract(epoch FROM l.at) * 1000000)::bigint, l.value, l.quality, l.trend,
       l.rate, (extract(epoch FROM l.rate_at) * 1000000)::bigint, c.code, c.name
FROM alarms_alarm a JOIN assets_latest l ON l.point_id = coalesce(a.point_id, a.witness) JOIN assets_point p ON p.id = l.point_id
JOIN assets_asset c ON c.id = p.asset_id LEFT JOIN assets_sector s ON s.id = a.sector_id
WHERE a.site_id = %s AND a.is_open
"""
_HEARD = """
SELECT h.feed, h.heard, f.expected_interval, p.committed_at
FROM alarms_position p, unnest(p.feeds, p.heard) AS h (feed, heard) JOIN assets_feed f ON f.id = h.feed
WHERE p.site_id = %s
UNION ALL
SELECT a.feed_id, coalesce((a.evidence->>'heard')::bigint, (extract(epoch FROM a.raised_at) * 1000000)::bigint), NULL, NULL
FROM alarms_alarm a WHERE a.site_id = %s AND a.is_open AND a.state <> 'returned' AND a.feed_id IS NOT NULL
    AND a.asset_id IS NULL AND NOT a.evidence ? 'ahead'
"""
"""Who was heard when; then what alarms say of it. One that speaks without being of use is not silent: its points show how old
their last reading is."""
_SILENCES = """
SELECT a.id, s.path,
    coalesce((a.evidence->>'heard')::bigint, (extract(epoch FROM a.raised_at) * 1000000)::bigint),
    a.evidence ? 'ahead', a.raised_at
FROM alarms_alarm a LEFT JOIN assets_sector s ON s.id = a.sector_id
WHERE a.site_id = %s AND a.is_open AND a.state <> 'returned' AND a.evidence->>'kind' = 'silence'
"""
"""Alarms of a silence that lasts: by their evidence, which is told anew when somebody speaks who cannot be used."""


class PointReading(NamedTuple):
    """The newest reading of a point, and what is needed to say it. `codes` is the JSON text of a state's names, if it is one."""

    point: int
    feed: int | None
    unit: str
    interval: int
    kind: int
    quantity: str
    codes: str | None
    at: int
    value: float
    quality: int
    trend: int
    rate: float | None = None
    """Of a counter: what it consumes per hour, by the reading of `rate_at`. Where it stands says nothing."""
    rate_at: int | None = None
    code: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """What a point reads now; `paths` are the sectors of its open alarms, `silent_since` that of its feed in µs.

    alarm   the alarm of a sector whose worst point it is now: that may be another the next time
    """

    newest: PointReading
    silent_since: int | None
    paths: frozenset[str]
    alarm: int | None = None

    @property
    def key(self) -> "Key":
        return self.newest.point, self.alarm


@dataclass(frozen=True, slots=True)
class Silence:
    """Of the alarm of a silence that lasts: since when (µs) nothing came, or nothing of use (`speaks`).

    raised_at   which of its occurrences this is: the alarm may begin anew before the next word of it
    """

    alarm: int
    silent_since: int
    speaks: bool
    raised_at: dt.datetime
    paths: frozenset[str]

    @property
    def key(self) -> "Key":
        return None, self.alarm


Key = tuple[int | None, int | None]
"""Point, and the alarm of a sector whose worst it is; or no point, and the alarm of a silence."""


def read(site: int, now: dt.datetime) -> dict[Key, Present | Silence]:
    """What is told beside open alarms: of each point that tells how one stands and that was ever read, and of each silence; in
    three queries."""
    with connection.cursor() as cursor:
        cursor.execute(_SILENCES, [site])
        silences = [
            Silence(alarm, heard, speaks, raised_at, frozenset([path] if path else []))
            for alarm, path, heard, speaks, raised_at in cursor.fetchall()
        ]
        cursor.execute(_NEWEST, [site])
        rows = cursor.fetchall()
    found: dict[Key, Present | Silence] = {each.key: each for each in silences}
    return found | _points(rows, silent_feeds(site, now)) if rows else found


def _points(rows: Iterable[tuple[Any, ...]], silent: Mapping[int, int]) -> dict[Key, Present]:
    paths: dict[Key, set[str]] = {}
    newest: dict[Key, PointReading] = {}
    for point, alarm, path, *known in rows:
        paths.setdefault((point, alarm), set()).update([path] if path else [])
        newest[point, alarm] = PointReading(point, *known)
    return {
        key: Present(each, None if each.feed is None else silent.get(each.feed), frozenset(paths[key]), key[1])
        for key, each in newest.items()
    }


def silent_feeds(site: int, now: dt.datetime) -> dict[int, int]:
    """Since when (µs) the feeds of a site that are silent were last heard, in one query: those whose silence is an alarm, and
    those that missed three messages, whatever rule is about them."""
    with connection.cursor() as cursor:
        cursor.execute(_HEARD, [site, site])
        rows = cursor.fetchall()
    found = {}
    for feed, heard, interval, committed in rows:
        if interval is None:
            found.setdefault(feed, heard)
            continue
        listened = min(now, committed + BLIND) if committed else now
        if 0 < heard < microseconds(listened) - max(LATE_AFTER * interval, SHORTEST_SILENCE) * 1_000_000:
            found[feed] = heard
    return found


def present_rows(present: Iterable[Present | Silence]) -> Iterator[dict[str, Any]]:
    """What an API or a socket says of present values; one query when some are states."""
    kinds: Mapping[int, Mapping[str, Any]] | None = None
    for each in present:
        if isinstance(each, Silence):
            since = time_text(instant(each.silent_since))
            raised = time_text(each.raised_at)
            yield {"point": None, "alarm": each.alarm, "raised_at": raised, "silent_since": since, "speaks": each.speaks}
            continue
        newest, names = each.newest, None
        if newest.codes:
            kinds = kinds or _templates()
            names = _state(newest, kinds[newest.kind].get(newest.quantity, {}))
        row = {
            "point": newest.point, "at": time_text(instant(newest.at)), "value": newest.value, "unit": newest.unit,
            "interval": newest.interval, "state": names, "trend": _trend(newest),
            "alarm": each.alarm, "of": each.alarm and {"code": newest.code, "name": newest.name},
            "rate": newest.rate, "rate_at": newest.rate_at and time_text(instant(newest.rate_at)),
            "quality": QUALITIES[newest.quality], "silent_since": each.silent_since and time_text(instant(each.silent_since)),
        }  # fmt: skip
        yield row


def _trend(newest: PointReading) -> str | None:
    """None of a state, and of a counter, which always rises."""
    return None if newest.codes or newest.rate is not None else TRENDS.get(newest.trend)


def _templates() -> dict[int, dict[str, Any]]:
    """The point templates of each kind, by its id and their quantity."""
    kinds = AssetKind.objects.values_list("pk", "points")
    return {pk: {template["quantity"]: template for template in templates} for pk, templates in kinds}


def _state(newest: PointReading, template: Mapping[str, Any]) -> dict[str, str] | None:
    """The name of the state a point is in, in both languages; None for a number without one."""
    code = key(newest.value)
    french = msgspec.json.decode(newest.codes or "{}").get(code)
    return None if french is None else {"fr": french, "en": template.get("codes_en", {}).get(code, french)}
