"""Why people keep assets from being commanded: works that cover them now, and assets that are out of service."""

import datetime as dt
from collections.abc import Collection, Iterable

from django.db import connection

from alarms.maintenance.windows import running
from alarms.models import Severity
from assets.models import Asset

Told = tuple[str, str, dt.datetime]
"""works or out_of_service, the reason somebody gave, and until when."""

_ABOVE = (
    "WITH RECURSIVE up (id, above) AS (SELECT id, depends_on_id FROM assets_asset WHERE id = ANY(%s) "
    "UNION SELECT up.id, a.depends_on_id FROM up JOIN assets_asset a ON a.id = up.above) "
    "SELECT id, above FROM up WHERE above IS NOT NULL"
)


def of_assets(assets: Collection[int], now: dt.datetime) -> dict[int, list[Told]]:
    """By asset (id), what locks it out now; nothing of those that nobody locked out."""
    rows = Asset.objects.filter(pk__in=assets).values_list("pk", "site_id", "sector__path", "kind__slug")
    windows = {site: running(site, now) for site in {site for _, site, _, _ in rows}}
    if not any(windows.values()):
        return {}
    above = _above(assets)
    found: dict[int, list[Told]] = {}
    for pk, site, sector, kind in rows:
        for window in windows[site]:
            # Whatever it silences, there are works: even a window that leaves critical alarms alone.
            if window.covers(Severity.LOW, pk, tuple(above.get(pk, ())), sector or "", kind):
                told = ("out_of_service" if window.alone else "works", window.reason, window.until)
                found.setdefault(pk, []).append(told)
    return found


def _above(assets: Iterable[int]) -> dict[int, list[int]]:
    """By asset, all it depends on, at any distance."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOVE, [list(assets)])
        found: dict[int, list[int]] = {}
        for pk, other in cursor.fetchall():
            found.setdefault(pk, []).append(other)
    return found
