"""Takes an asset itself out of service, whatever its rules are, and puts it back: a window of that asset alone, critical too.

What is in alarm there is silent at once, what comes meanwhile as it comes; at the end all that still stands asks again.
"""

import datetime as dt

from django.db.models import Q, QuerySet

from alarms.maintenance import moves, upkeep
from alarms.models import MaintenanceWindow
from assets.models import Asset
from journal.actors import Actor


def take_out(asset: Asset, *, until: dt.datetime, reason: str, by: Actor, now: dt.datetime) -> MaintenanceWindow:
    """Silence every alarm of an asset until then; said again, it is until then instead. Raises Refused."""
    wanted = MaintenanceWindow(
        site_id=asset.site_id, asset=asset, reason=reason, critical=True, starts_at=now, ends_at=until, out_of_service=True
    )
    row = standing(now).filter(asset=asset).first()
    if row is None:
        window = moves.plan(wanted, by=by, now=now)
    else:
        wanted.starts_at = row.starts_at
        window = moves.change(row.pk, wanted, by=by, now=now)
    upkeep.turn(window.pk, now)
    return window


def put_back(asset: Asset, *, by: Actor, now: dt.datetime) -> None:
    """What stands there is back in view, unacknowledged. Idempotent."""
    for window in standing(now).filter(asset=asset):
        moves.cancel(window.pk, by=by, now=now)


def standing(now: dt.datetime) -> QuerySet[MaintenanceWindow]:
    """Assets that are out of service, with who said so."""
    alive = Q(ends_at__gt=now, cancelled_at=None, out_of_service=True)
    return MaintenanceWindow.objects.filter(alive).select_related("site", "asset__sector", "created_by").order_by("id")
