"""Keeps with the alarm of a sector which of its points is the worst now: its sentence stays that of the worst moment.

No line is written, and the alarm's row is told no other: what reads now is told beside it (`alarms.present`), every two seconds.
"""

from collections.abc import Iterable

from django.db import connection

from alarms.site.survey import Survey
from alarms.verdicts.open_alarms import OpenAlarms
from assets import statements


def follow(site: Survey, known: OpenAlarms, worst: Iterable[tuple[int, str, int]]) -> None:
    """Bring the open alarms in line with (version, sector, point) as the engine has it. In the correlator's transaction."""
    changed: dict[int, int] = {}
    for version, sector, point in worst:
        rule = site.rules[version]
        draft = None if rule.shadow else known.open_one((rule.rule, f"sector:{sector}"))
        if draft is not None and draft.witness != point:
            changed[draft.id] = draft.witness = point
    if not changed:
        return
    columns = statements.array("bigint", list(changed)), statements.array("bigint", list(changed.values()))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE alarms_alarm a SET witness = n.witness FROM unnest(%s::bigint[], %s::bigint[]) AS n (id, witness) "
            "WHERE a.id = n.id",
            columns,
        )
