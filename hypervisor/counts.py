"""How many rows a list has, where to count them all would keep a person waiting."""

import json
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import QueryCanceled


def capped(rows: QuerySet[Any, Any], within: int) -> int | None:
    """How many there are; None when the database has not counted them within so many milliseconds."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(within)])
            return rows.count()
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise


def estimated(rows: QuerySet[Any, Any]) -> int:
    """How many the planner expects."""
    (found,) = json.loads(rows.order_by().values("pk").explain(format="json"))
    return int(found["Plan"]["Plan Rows"])


def in_round_figures(number: int) -> int:
    """To its first two figures: an estimate is no better."""
    unit = 10 ** max(0, len(str(number)) - 2)
    return round(number / unit) * unit
