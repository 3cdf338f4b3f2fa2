"""The register of what is silenced: every shelving, time out of service, maintenance, suppression, feed that is switched off
and rule that does not speak.

Read only. A silence stands here for as long as it lasts, also when its alarm has closed meanwhile: the next one takes it over.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection
from django.db.models import Count, Q

from alarms.maintenance.lines import about_words
from alarms.maintenance.windows import schedule
from alarms.models import Alarm, MaintenanceWindow, Rule
from alarms.rows import alarm_rows
from assets.models import Asset, Feed
from journal.reading import lines_about


class Sort(StrEnum):
    SHELVED = "shelved"
    OUT_OF_SERVICE = "out_of_service"
    MAINTENANCE = "maintenance"
    FEED = "feed"
    SUPPRESSED = "suppressed"
    RULE = "rule"


OPEN = Q(is_open=True)
BY_HAND = Q(shelved_until__isnull=False) | Q(out_of_service_until__isnull=False, maintenance=None)
"""Alarms that a person silenced, closed ones too; what a window silences is told by the window."""


@dataclass(frozen=True, slots=True)
class Silence:
    """What one person, cause or rule keeps silent.

    in_force  it silences now; else it is planned, or its rule is retired or in shadow
    closed    it lasts while its alarm is closed
    about     what is silent, in both languages; None where the reader may not know
    alarm     id: of the silenced alarm, or of the cause; `window`, `feed` and `rule` (their slugs) likewise
    next      when a maintenance that is not under way begins
    alarms    open alarms that are silent by it now
    """

    sort: Sort
    in_force: bool
    closed: bool = False
    about: dict[str, str] | None = None
    severity: str | None = None
    asset: dict[str, object] | None = None
    sector: dict[str, object] | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    next: dt.datetime | None = None
    by: str | None = None
    reason: str = ""
    alarms: int = 0
    alarm: int | None = None
    window: int | None = None
    feed: str | None = None
    rule: str | None = None

    @property
    def path(self) -> str | None:
        """Path of the sector it lies in."""
        return None if self.sector is None else str(self.sector["path"])


@dataclass(frozen=True, slots=True)
class Reader:
    """Whose register it is: filters of the alarms, windows and feeds of a site that they may see."""

    site: int
    alarms: Q
    windows: Q
    feeds: Q


def register(reader: Reader, now: dt.datetime) -> list[Silence]:
    """All that the reader may see: what is in force first, then by its end."""
    site, seen = reader.site, reader.alarms
    found = [*_by_hand(Q(seen, site_id=site)), *_maintenance(Q(reader.windows, site_id=site), seen, now)]
    found += _feeds(Q(reader.feeds, supervisor__site_id=site))
    found += [*_causes(site, seen), *_rules(site)]
    last = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda each: (not each.in_force, each.closed, each.next or each.until or last))


def count(reader: Reader, now: dt.datetime) -> int:
    """How many a person put in force, for the number that stands on every page; one query."""
    alarms = Alarm.objects.filter(BY_HAND, reader.alarms, site_id=reader.site)
    windows = MaintenanceWindow.objects.filter(reader.windows, site_id=reader.site, cancelled_at=None, running_until__gt=now)
    feeds = Feed.objects.filter(reader.feeds, supervisor__site_id=reader.site, enabled=False)
    one, *others = (rows.order_by().values("pk") for rows in (alarms, windows, feeds))
    return one.union(*others, all=True).count()


def of_asset(asset: Asset, now: dt.datetime) -> list[Silence]:
    """What silences an asset now, or alarms of it."""
    above = _above(asset)
    about = Q(asset=asset) | Q(asset__in=above, out_of_service=False) | Q(asset=None)
    within = list(_paths(asset.sector and asset.sector.path))
    about &= Q(feed=None, supervisor=None)
    covers = about & (Q(sector=None) | Q(sector__path__in=within)) & (Q(kind=None) | Q(kind=asset.kind_id))
    windows = [each for each in _maintenance(Q(covers, site_id=asset.site_id), Q(asset=asset), now) if each.in_force]
    suppressed = Alarm.objects.filter(OPEN, asset=asset, suppressed_by__isnull=False)
    explained = [
        Silence(Sort.SUPPRESSED, True, about=row.sentence, alarm=row.suppressed_by, alarms=1) for row in alarm_rows(suppressed)
    ]
    heard_through = Q(pk__in=asset.points.filter(feed__isnull=False).values("feed"))
    return [*windows, *_by_hand(Q(asset=asset)), *_feeds(heard_through), *explained]


def _by_hand(which: Q) -> Iterator[Silence]:
    alarms = Alarm.objects.filter(BY_HAND, which)
    since = {pk: moments for pk, *moments in alarms.values_list("pk", "shelved_at", "out_of_service_at")}
    if not since:
        return
    for row in alarm_rows(alarms.order_by("id")):
        shelved_at, out_at = since.get(row.id, (None, None))
        closed = row.state == Alarm.State.NORMAL
        told = {
            "closed": closed, "about": row.sentence, "severity": row.severity, "asset": row.asset,
            "sector": row.sector, "alarms": int(not closed), "alarm": row.id,
        }  # fmt: skip
        if row.shelved_until is not None:
            until, by, reason = row.shelved_until, row.shelved_by, row.shelved_reason
            yield Silence(Sort.SHELVED, True, since=shelved_at, until=_instant(until), by=by, reason=reason, **told)
        if row.out_of_service_of == "alarm":
            until, by, reason = row.out_of_service_until, row.out_of_service_by, row.out_of_service_reason
            yield Silence(Sort.OUT_OF_SERVICE, True, since=out_at, until=_instant(until), by=by, reason=reason, **told)


def _instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


_READ = ("site", "asset__kind", "asset__sector", "sector", "kind", "supervisor", "feed", "created_by")


def _maintenance(which: Q, seen: Q, now: dt.datetime) -> Iterator[Silence]:
    alive = Q(cancelled_at=None) & (Q(ends_at=None) | Q(ends_at__gt=now))
    windows = list(MaintenanceWindow.objects.filter(which, alive).select_related(*_READ).order_by("id"))
    if not windows:
        return
    held = Alarm.objects.filter(OPEN, seen, maintenance__in=[each.pk for each in windows])
    silenced = dict(held.order_by().values_list("maintenance").annotate(Count("pk")))
    for window in windows:
        times, asset, sector = schedule(window), window.asset, window.sector or (window.asset and window.asset.sector)
        current = times.at(now) if window.starts_at <= now else None
        coming = times.after(now) if current is None else None
        if current is None and coming is None:
            continue
        yield Silence(
            Sort.OUT_OF_SERVICE if window.out_of_service else Sort.MAINTENANCE, current is not None,
            about=dict(zip(("fr", "en"), about_words(window), strict=True)),
            asset=asset and {"id": asset.pk, "code": asset.code, "name": asset.name},
            sector=sector and {"slug": sector.slug, "name": sector.name, "path": sector.path},
            since=current.start if current else None, until=(current or coming).end, next=coming and coming.start,
            by=window.created_by and window.created_by.username, reason=window.reason,
            alarms=silenced.get(window.pk, 0), window=window.pk,
        )  # fmt: skip


def _feeds(which: Q) -> Iterator[Silence]:
    """Feeds that are switched off: what they spoke of alarms nobody. Who switched one off is in the journal."""
    off = list(Feed.objects.filter(which, enabled=False).select_related("supervisor").order_by("name", "id"))
    if not off:
        return
    lines = lines_about(off[0].supervisor.site_id, "feed", [feed.pk for feed in off])
    switched = lines.filter(kind="feed.changed", details__contains='"enabled"').order_by("seq")
    last = {feed: line for line in switched for feed in line.ids("feed")}
    for feed in off:
        line = last.get(feed.pk)
        since, by = (line.at, line.actor) if line else (None, None)
        yield Silence(Sort.FEED, True, about={"fr": feed.name, "en": feed.name}, since=since, by=by, feed=feed.slug)


def _causes(site: int, seen: Q) -> Iterator[Silence]:
    """One for each cause: in a storm it keeps thousands silent. Of a cause the reader may not see only the number is told."""
    silent = Alarm.objects.filter(OPEN, seen, site_id=site, suppressed_by__isnull=False)
    counted = dict(silent.order_by().values_list("suppressed_by").annotate(Count("pk")))
    if not counted:
        return
    known = {row.id: row for row in alarm_rows(Alarm.objects.filter(seen, pk__in=counted))}
    for cause, number in counted.items():
        row = known.get(cause)
        if row is None:
            yield Silence(Sort.SUPPRESSED, True, alarms=number)
            continue
        yield Silence(
            Sort.SUPPRESSED, True, about=row.sentence, severity=row.severity, asset=row.asset, sector=row.sector,
            since=_instant(row.raised_at), alarms=number, alarm=cause,
        )  # fmt: skip


def _rules(site: int) -> Iterator[Silence]:
    """Rules that were written and do not speak: retired, or in shadow."""
    mute = Rule.objects.filter(site_id=site, built_in=False, state__in=[Rule.State.RETIRED, Rule.State.SHADOW])
    for rule in mute.order_by("name_fr", "id"):
        yield Silence(Sort.RULE, False, about={"fr": rule.name_fr, "en": rule.name_en}, reason=rule.state, rule=rule.slug)


def _paths(path: str | None) -> Iterable[str]:
    """The path of a sector, and those of the sectors it is nested in."""
    parts = path.split("/") if path else []
    return ("/".join(parts[:length]) for length in range(1, len(parts) + 1))


def _above(asset: Asset) -> list[int]:
    """Ids of what it depends on, however far up."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE up (id) AS (SELECT %s::bigint UNION "
            "SELECT a.depends_on_id FROM assets_asset a JOIN up ON a.id = up.id WHERE a.depends_on_id IS NOT NULL) "
            "SELECT id FROM up",
            [asset.pk],
        )
        return [id_ for (id_,) in cursor.fetchall() if id_ != asset.pk]
