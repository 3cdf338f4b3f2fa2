"""Answers that are made while they are sent: rows are read a portion at a time, so that a million of them need no memory."""

from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from hypervisor.api.alarm_filters import Order

PORTION = 2_000
"""Rows that are read at once."""


class Streamed(StreamingHttpResponse):
    """Of an iterator that asks the database: each of its steps is taken in the request's own thread, which has the connection."""

    async def __aiter__(self) -> AsyncGenerator[bytes, None]:
        steps, end = iter(self.streaming_content), object()
        while (part := await sync_to_async(next)(steps, end)) is not end:
            yield part


def portions(rows: QuerySet, order: Order, shape: Callable[[QuerySet], list[Any]]) -> Iterator[list[Any]]:
    """All rows of a queryset, so many at a time: each portion begins after the last row of the one before."""
    found = order(rows)
    last: tuple[Any, int] | None = None
    while True:
        keys = list((found if last is None else found.filter(order.after(*last))).values_list(order.moment, "pk")[:PORTION])
        if not keys:
            return
        yield shape(order(rows.model.objects.filter(pk__in=[pk for _, pk in keys])))
        last = keys[-1]
