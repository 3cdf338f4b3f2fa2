"""Queries of the hot path: a queryset's SQL worked out once, then asked with other values by a statement planned once.

Working out the SQL of a dozen joined columns takes Django two milliseconds and PostgreSQL four to plan it: more than to
answer it. Only for what is asked at every commit.
"""

from collections.abc import Callable

import psycopg
from django.db import connection
from django.db.models import QuerySet

_EXAMPLE = 7_205_759_403_792_700
"""Numbers from here on stand for the values in the SQL: none that a query has of its own is like them."""


class Compiled:
    """`make(*numbers)` gives a queryset of values_list; calling this with numbers gives its rows. Not for texts, nor for lists.

    JSON columns come as texts. The queryset must not depend on anything but its numbers.
    """

    def __init__(self, make: Callable[..., QuerySet], values: int) -> None:
        self._make, self._values = make, values
        self._sql = ""
        self._order: list[int | object] = []

    def __call__(self, *numbers: int) -> list[tuple]:
        if not self._sql:
            self._work_out()
        given = [numbers[place] if isinstance(place, int) else place.value for place in self._order]
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
