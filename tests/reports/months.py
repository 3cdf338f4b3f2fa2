"""A month of a contract for tests that want one: commitments, an exclusion, and a statement."""

import datetime as dt

from journal.actors import Actor
from reports.contracts import keeping
from reports.models import Exclusion
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
