"""Queries of the hot path: a queryset's SQL worked out once, then asked with other values by a statement planned once.

Working out the SQL of a dozen joined columns takes Django two milliseconds and PostgreSQL seven to plan it: more than to
answer it. Only for what is asked at every commit.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.db.models import Field, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.dispatch import receiver

_EXAMPLE = 7_205_759_403_792_700
"""Numbers from here on stand for the values in the SQL: none that a query has of its own is like them."""


@receiver(connection_created)
def keep_plans(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Left to itself PostgreSQL plans a statement anew whenever it hopes for a cheaper plan, and hopes every time.

    As the connection is made: what is set inside a transaction is gone when that is rolled back.
    """
    # Django asks for none ever to be prepared; but for ours, none is.
    connection.connection.prepare_threshold = sys.maxsize
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")


@Field.register_lookup
class AnyOf(Lookup):
    """`field__any_of=list`: one statement however long the list is, where `in` is another statement for each length."""

    lookup_name = "any_of"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, self.rhs)


class Compiled:
    """`make(*values)` gives a queryset of values_list; calling this with values gives its rows.

    Values are numbers, or lists of numbers for an `any_of`; not texts. They must be few: the plan is one for all of them.
    JSON columns come as texts. The queryset must not depend on anything but its values.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], values: int) -> None:
        self._make, self._values = make, values
        self._sql = ""
        self._order: list[int | _Fixed] = []

    def __call__(self, *values: int | Sequence[int]) -> list[tuple[Any, ...]]:
        if not self._sql:
            self._work_out()
        given = [values[place] if isinstance(place, int) else place.value for place in self._order]
        connection.ensure_connection()
        # Django's own cursors put the values into the text, so that no statement is ever the same.
        with psycopg.Cursor(connection.connection) as cursor:
            return cursor.execute(self._sql, given, prepare=True).fetchall()

    def _work_out(self) -> None:
        examples = [_EXAMPLE + place for place in range(self._values)]
        sql, params = self._make(*examples).query.sql_with_params()
        self._order = [examples.index(param) if param in examples else _Fixed(param) for param in params]
        self._sql = sql


class _Fixed:
    def __init__(self, value: object) -> None:
        self.value = value
