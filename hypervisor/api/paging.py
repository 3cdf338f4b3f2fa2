"""Keyset pages: a cursor names the last row seen, so that a page neither repeats nor skips when rows come and go."""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

LIMIT, MOST = 100, 500

PARAMETERS = [
    OpenApiParameter("after", str, description="Cursor of the page, from `next` of the previous page."),
    OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, description="Rows per page."),
]


Shape = Callable[[QuerySet], list[dict[str, Any]]]


def page(
    request: Request, rows: QuerySet, keys: dict[str, str], shape: Shape, *, newest: bool, moments: Collection[str] = ()
) -> Response:
    """One page of what `rows` selects: {"results", "next"}, as `portion` reads it."""
    found, cursor = portion(request, rows, keys, shape, newest=newest, moments=moments)
    following = None
    if cursor is not None:
        following = f"{request.path}?{urlencode(request.query_params.dict() | {'after': cursor})}"
    return Response({"results": found, "next": following})


def portion(
    request: Request, rows: QuerySet, keys: dict[str, str], shape: Shape, *, newest: bool, moments: Collection[str] = ()
) -> tuple[list[Any], str | None]:
    """The rows after the cursor that the query string names, and the cursor of those that follow; None: there are no more.

    `keys` are the lookups that order it, unique together, and the member of a row each one is found in; descending when
    `newest`. `shape` reads the page and makes its rows. `moments` are the keys that are instants: rows tell them to the
    millisecond, a cursor to the microsecond. Raises ValidationError for a cursor or a limit that is not one.
    """
    limit = limit_of(request)
    if cursor := request.query_params.get("after"):
        try:
            values = dict(zip(keys, _decode(cursor, len(keys)), strict=True))
            values |= {key: _moment(values[key]) for key in moments}
            rows = rows.filter(_beyond(list(keys), list(values.values()), "lt" if newest else "gt"))
        except ValueError as error:  # a text where the list has numbers
            raise serializers.ValidationError({"after": _("Not a cursor of this list.")}) from error
    found = shape(rows.order_by(*(f"-{key}" if newest else key for key in keys))[: limit + 1])
    if len(found) <= limit:
        return found, None
    found = found[:limit]
    last = {key: found[-1][member] for key, member in keys.items()}
    if moments:
        exact = rows.model.objects.values_list(*moments).get(pk=found[-1]["id"])
        last |= {key: moment.isoformat() for key, moment in zip(moments, exact, strict=True)}
    return found, _encode(list(last.values()))


def limit_of(request: Request) -> int:
    """Rows of a page that the query string asks for. Raises ValidationError."""
    text = request.query_params.get("limit", str(LIMIT))
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= MOST:
        raise serializers.ValidationError({"limit": _("A whole number from 1 to {most}.").format(most=MOST)})
    return int(text)


def _beyond(keys: list[str], values: list[object], lookup: str) -> Q:
    """(a, b) > (x, y) as a >= x AND (a > x OR (a = x AND b > y)): by the first alone an index finds where to begin."""
    key, value = keys[0], values[0]
    beyond = Q(**{f"{key}__{lookup}": value})
    if len(keys) == 1:
        return beyond
    return Q(**{f"{key}__{lookup}e": value}) & (beyond | Q(**{key: value}) & _beyond(keys[1:], values[1:], lookup))


def _moment(value: object) -> dt.datetime:
    """Raises ValueError for what is no instant."""
    moment = dt.datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError("no offset")
    return moment


def _encode(values: list[object]) -> str:
    if len(values) == 1 and isinstance(values[0], int):
        return str(values[0])
    return base64.urlsafe_b64encode(msgspec.json.encode(values)).decode().rstrip("=")


def _decode(cursor: str, length: int) -> list[object]:
    if length == 1 and cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        return [int(cursor)]
    try:
        values = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=list[int | str])
    except (binascii.Error, ValueError, msgspec.DecodeError) as error:
        raise serializers.ValidationError({"after": _("Not a cursor of this list.")}) from error
    if len(values) != length or any(isinstance(value, str) and "\0" in value for value in values):
        raise serializers.ValidationError({"after": _("Not a cursor of this list.")})
    return values
