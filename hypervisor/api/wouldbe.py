"""Would-be alarms as the interface shows them: with what their evidence names, so that a page can say why as of a real alarm."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet

from alarms import pseudonyms
from alarms.backtests.rows import would_be_rows
from alarms.models import WouldBeAlarm
from assets.models import Point
from hypervisor.api import naming
from hypervisor.rights import Right

_POINT = "point:"


def rows(right: Right) -> Callable[[QuerySet[WouldBeAlarm]], list[dict[str, Any]]]:
    """How a page of them is read: the rows of would_be_rows with `version`, `unit`, `codes` and `named`; three queries more."""

    def read(found: QuerySet[WouldBeAlarm]) -> list[dict[str, Any]]:
        alarms = list(found.select_related("asset", "version"))
        points = _points(right, alarms)
        told = naming.named(right, *(alarm.evidence for alarm in alarms))
        shown = [
            row | {
                "version": alarm.version and alarm.version.number,
                "unit": point.unit if (point := points.get(alarm.subject)) else "",
                "codes": naming.codes(point), "named": naming.kept(told, alarm.evidence),
            }
            for row, alarm in zip(would_be_rows(alarms), alarms, strict=True)
        ]  # fmt: skip
        return pseudonyms.revealed_in(shown)

    return read


def _points(right: Right, alarms: list[WouldBeAlarm]) -> dict[str, Point]:
    """Subject → the point it is, for who may see it."""
    wanted = {int(alarm.subject.removeprefix(_POINT)) for alarm in alarms if alarm.subject.startswith(_POINT)}
    if not wanted:
        return {}
    found = Point.objects.select_related("asset__kind").filter(
        right.within("asset__sector"), pk__in=wanted, asset__site_id=right.site_id
    )
    return {f"{_POINT}{point.pk}": point for point in found}
