"""Alarms as a file, by the filters and rights of their list: a table for a spreadsheet, columns for whoever computes."""

from collections.abc import Callable, Iterable, Iterator

from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from msgspec import structs
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from alarms.rows import AlarmRow, alarm_rows
from hypervisor import rights
from hypervisor.api import columns
from hypervisor.api.alarm_filters import FILTERS, ORDER, ORDERS, filtered
from hypervisor.api.asked import choice
from hypervisor.api.moves import language_of
from hypervisor.api.streamed import Streamed, portions
from hypervisor.api.tables import written, written_on
from hypervisor.rights import Verb

MOST = 200_000
"""Lines of a table of alarms: with more of them than a spreadsheet opens, ask for Parquet or for less."""
MOST_IN_COLUMNS = 1_000_000
"""Lines of a file of columns, which are a tenth of the bytes."""

_COLUMNS = (
    "id", "severity", "eased_to", "state", "sentence", "rule", "asset", "asset_name", "sector", "feed", "raised_at",
    "first_raised_at", "returned_at", "closed_at", "acknowledged_at", "acknowledged_by", "taken_at", "taken_by", "shelved_until",
    "shelved_reason", "out_of_service_until", "out_of_service_reason", "suppressed_by", "occurrences", "incident",
)  # fmt: skip
_PEOPLE = "People in events (plates, badges) are named for whoever may read plates; for anybody else they are pseudonyms."


class AlarmTable(APIView):
    @extend_schema(
        operation_id="list_alarms_as_csv",
        summary="Export the alarms of a site as CSV",
        description="UTF-8 with a byte order mark; separated by semicolons in French, by commas in English. A request for more "
        f"than {MOST:,} lines is refused: narrow the filter. Cells that a spreadsheet would take for a formula begin with an "
        f"apostrophe. {_PEOPLE}",
        parameters=[*FILTERS, ORDER],
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, site: str) -> HttpResponseBase:
        language = language_of(request)
        return _exported(
            request, site, MOST, "csv", "text/csv; charset=utf-8",
            lambda portions: _as_text(portions, language),
        )  # fmt: skip


class AlarmColumns(APIView):
    @extend_schema(
        operation_id="list_alarms_as_parquet",
        summary="Export the alarms of a site as Parquet",
        description="The rows and columns of the CSV, with times as instants in UTC. At most "
        f"{MOST_IN_COLUMNS:,} lines. {_PEOPLE}",
        parameters=[*FILTERS, ORDER],
        responses={(200, columns.MEDIA_TYPE): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, site: str) -> HttpResponseBase:
        language = language_of(request)
        return _exported(
            request, site, MOST_IN_COLUMNS, "parquet", columns.MEDIA_TYPE,
            lambda portions: columns.parquet(_COLUMNS, ([_cells(row, language) for row in rows] for rows in portions)),
        )  # fmt: skip


def _exported(
    request: Request,
    site: str,
    most: int,
    ending: str,
    media_type: str,
    form: Callable[[Iterable[list[AlarmRow]]], Iterator[bytes]],
) -> HttpResponseBase:
    """The alarms that the query string asks for as a file, made and sent a portion at a time. Raises ValidationError."""
    right = rights.of(request).on(site)
    order = ORDERS[choice(request, "order", ORDERS, "newest")]
    alarms = filtered(request, right, timezone.now()).filter(order.within)
    if alarms[: most + 1].count() > most:
        raise ValidationError(
            {"state": _("More than {most:,} alarms: ask for fewer by period, severity, sector or words.").format(most=most)}
        )
    named = right.may(Verb.PLATES)
    answer = Streamed(form(portions(alarms, order, lambda some: alarm_rows(some, named=named))), content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="{site}-alarms.{ending}"'
    return answer


def _as_text(portions: Iterable[list[AlarmRow]], language: str) -> Iterator[bytes]:
    yield written(_COLUMNS, (), language).encode()
    for rows in portions:
        yield written_on((_cells(row, language) for row in rows), language).encode()


def _cells(row: AlarmRow, language: str) -> list[object]:
    cells = structs.asdict(row) | {
        "sentence": row.sentence[language],
        "asset": row.asset and row.asset.code,
        "asset_name": row.asset and row.asset.name,
        "sector": row.sector and row.sector.name,
        "incident": row.incident and row.incident.number,
    }
    return [cells[column] for column in _COLUMNS]
