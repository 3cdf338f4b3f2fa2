"""A month of a contract for tests that want one, and annunciations: commitments, an exclusion, and a statement."""

import datetime as dt

from alarms.models import Alarm
from journal.actors import Actor
from reports.contracts import keeping
from reports.models import Annunciation, Exclusion
from response.models import Contract, WorkOrder
from tests.factories import NOON


def keep_month(contract: Contract, order: WorkOrder, by: Actor) -> Exclusion:
    """March 2026, frozen in April."""
    each = [{"measure": "restore", "cents": 5000, "per": "hour"}, {"measure": "availability", "target": 99.5}]
    keeping.commit(contract, {"each": each}, by=by, now=NOON)
    wanted = keeping.Wanted("access", "Voie fermée par la police", NOON, NOON + dt.timedelta(hours=1), order=order)
    added = keeping.exclude(contract, wanted, by=by, now=NOON)
    month = keeping.month_named("2026-03", contract)
    keeping.freeze(contract, month, reason="", by=by, now=month.end + dt.timedelta(days=3))
    return added


def annunciate(alarm: Alarm, first: dt.datetime, count: int) -> None:
    """So many annunciations of one alarm, a minute apart, half of them acknowledged."""
    Annunciation.objects.bulk_create(
        Annunciation(
            site=alarm.rule.site, seq=900_000 + number, alarm=alarm, rule=alarm.rule, subject=alarm.subject, asset=alarm.asset,
            kind=alarm.asset.kind, sector=alarm.sector, cause=1, severity=alarm.severity, current=alarm.severity, at=at,
            began_at=at, waiting_since=at, returned_at=at + dt.timedelta(seconds=30),
            acknowledged_at=at + dt.timedelta(seconds=20) if number % 2 else None,
        )
        for number in range(count)
        for at in (first + number * dt.timedelta(minutes=1),)
    )  # fmt: skip
