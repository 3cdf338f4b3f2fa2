"""The windows of a site as they run now, and what each of them covers."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q

from alarms.maintenance.times import Period, Schedule
from alarms.models import MaintenanceWindow, Severity
from assets.sector_paths import lies_in


@dataclass(frozen=True, slots=True)
class Running:
    """A window under way. `sector` is a path, `kind` a slug, `by` the id of who planned it; `alone`: its asset and no other.
    One about a `feed` or a `supervisor` is about no asset."""

    id: int
    until: dt.datetime
    reason: str
    critical: bool
    asset: int | None
    sector: str | None
    kind: str | None
    by: int | None
    alone: bool
    feed: int | None = None
    supervisor: int | None = None

    @property
    def of_feeds(self) -> bool:
        return self.feed is not None or self.supervisor is not None

    def covers(self, severity: int, asset: int, above: tuple[int, ...], sector: str, kind: str) -> bool:
        """Whether an alarm this severe is silenced: of an asset that depends on `above`, in a sector, of a kind."""
        if self.of_feeds or (severity == Severity.CRITICAL and not self.critical):
            return False
        if self.asset is not None and self.asset != asset and (self.alone or self.asset not in above):
            return False
        if self.sector is not None and not lies_in(sector, (self.sector,)):
            return False
        return self.kind is None or self.kind == kind

    def covers_feed(self, severity: int, feed: int, supervisor: int | None) -> bool:
        """Whether an alarm this severe about a feed as a whole, of this supervisor, is silenced."""
        if severity == Severity.CRITICAL and not self.critical:
            return False
        return self.of_feeds and feed == (self.feed or feed) and supervisor == (self.supervisor or supervisor)


def schedule(window: MaintenanceWindow) -> Schedule:
    """`window` with its site."""
    zone = ZoneInfo(window.site.timezone)
    return Schedule(window.starts_at, window.ends_at, zone, window.weekdays, window.start_time, window.end_time)


def planned(site: int, now: dt.datetime) -> list[MaintenanceWindow]:
    """Windows that run now, or may yet."""
    alive = MaintenanceWindow.objects.filter(Q(ends_at=None) | Q(ends_at__gt=now), site_id=site, cancelled_at=None)
    return list(alive.select_related("site", "sector", "kind").order_by("id"))


_ANY = (
    "SELECT 1 FROM alarms_maintenancewindow WHERE site_id = %s AND cancelled_at IS NULL AND starts_at <= %s "
    "AND (ends_at IS NULL OR ends_at > %s) LIMIT 1"
)


def running(site: int, now: dt.datetime) -> list[Running]:
    """What silences alarms now; what ends last comes first. Asked at every batch that raises: mostly there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_ANY, [site, now, now])
        if cursor.fetchone() is None:
            return []
    found = [(window, schedule(window).at(now)) for window in planned(site, now) if window.starts_at <= now]
    under_way = [as_running(window, period) for window, period in found if period is not None]
    return sorted(under_way, key=lambda each: (each.until, -each.id), reverse=True)


def as_running(window: MaintenanceWindow, period: Period) -> Running:
    return Running(
        window.pk, period.end, window.reason, window.critical, window.asset_id, window.sector and window.sector.path,
        window.kind and window.kind.slug, window.created_by_id, window.out_of_service, window.feed_id, window.supervisor_id,
    )  # fmt: skip


def covered(window: MaintenanceWindow) -> Q:
    """A filter of the alarms a window is about, whatever their state."""
    about = Q(site_id=window.site_id) if window.critical else Q(~Q(severity=Severity.CRITICAL), site_id=window.site_id)
    if window.feed_id is not None:
        return about & Q(asset=None, feed_id=window.feed_id)
    if window.supervisor_id is not None:
        return about & Q(asset=None, feed__supervisor_id=window.supervisor_id)
    about &= Q(asset__isnull=False)
    if window.asset_id is not None:
        alone = window.out_of_service
        about &= Q(asset_id=window.asset_id) if alone else Q(asset_id__in=_with_dependents(window.asset_id))
    if window.sector is not None:
        about &= Q(sector__path=window.sector.path) | Q(sector__path__startswith=f"{window.sector.path}/")
    if window.kind_id is not None:
        about &= Q(asset__kind_id=window.kind_id)
    return about


def _with_dependents(asset: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE down (id) AS (SELECT %s::bigint "
            "UNION SELECT a.id FROM assets_asset a JOIN down ON a.depends_on_id = down.id) SELECT id FROM down",
            [asset],
        )
        return [id_ for (id_,) in cursor.fetchall()]
