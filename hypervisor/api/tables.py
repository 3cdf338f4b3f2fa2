"""Tables for a spreadsheet: alarms by the list's own filters and rights, and the readings that a chart draws."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from msgspec import structs
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from alarms.rows import AlarmRow, alarm_rows
from assets import history
from assets.instants import instant
from hypervisor import rights
from hypervisor.api.alarms import FILTERS, filtered
from hypervisor.api.moves import language_of
from hypervisor.api.points import PERIOD, isoformat, period, point_of

MOST = 20_000
"""Lines of a table: more is no list that somebody reads, and would hold a web process."""

_COLUMNS = (
    "id", "severity", "eased_to", "state", "sentence", "rule", "asset", "asset_name", "sector", "feed", "raised_at",
    "first_raised_at", "returned_at", "closed_at", "acknowledged_at", "acknowledged_by", "taken_at", "taken_by", "shelved_until",
    "shelved_reason", "out_of_service_until", "out_of_service_reason", "suppressed_by", "occurrences", "incident",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AlarmTable(APIView):
    @extend_schema(
        operation_id="list_alarms_as_csv",
        summary="Export the alarms of a site as CSV, newest first",
        description="UTF-8 with a byte order mark; separated by semicolons in French, by commas in English. A request for more "
        f"than {MOST:,} lines is refused: narrow the filter. Cells that a spreadsheet would take for a formula begin with an "
        "apostrophe.",
        parameters=FILTERS,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, site: str) -> HttpResponse:
        alarms = filtered(request, rights.of(request).on(site))
        if alarms[: MOST + 1].count() > MOST:
            raise ValidationError({"state": f"More than {MOST:,} alarms: ask for fewer by state, severity, sector or words."})
        language = language_of(request)
        rows = alarm_rows(alarms.order_by("-raised_at", "-id"))
        answer = HttpResponse(
            written(_COLUMNS, (_cells(row, language) for row in rows), language), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = f'attachment; filename="{site}-alarms.csv"'
        return answer


def written(columns: Sequence[str], lines: Iterable[Sequence[object]], language: str) -> str:
    """The table, as the spreadsheets of this language open it by a double click."""
    text = io.StringIO("﻿")
    text.seek(1)
    writer = csv.writer(text, delimiter=";" if language == "fr" else ",")
    writer.writerow(columns)
    writer.writerows([_cell(cell, language) for cell in line] for line in lines)
    return text.getvalue()


def _cell(cell: object, language: str) -> object:
    """A number as the spreadsheets of this language read it, a word without harm; what was not a number is empty."""
    if not isinstance(cell, float):
        return harmless(cell)
    return "" if math.isnan(cell) else format(cell, ".10g").replace(".", "," if language == "fr" else ".")


def harmless(cell: object) -> object:
    """The cell, with an apostrophe before what a spreadsheet would take for a formula: strangers' words end up in sentences."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _cells(row: AlarmRow, language: str) -> list[object]:
    cells = structs.asdict(row) | {
        "sentence": row.sentence[language],
        "asset": row.asset and row.asset.code,
        "asset_name": row.asset and row.asset.name,
        "sector": row.sector and row.sector.name,
        "incident": row.incident and row.incident.number,
    }
    return [cells[column] for column in _COLUMNS]


_READINGS = ("at", "local_time", "minimum", "maximum", "mean", "count")


class ReadingTable(APIView):
    @extend_schema(
        operation_id="list_readings_as_csv",
        summary="Export the readings of a point over a period as CSV",
        description="The rows of a chart of this period, oldest first, with the time in UTC and in the site's time zone. At most "
        f"{history.MAX_ROWS:,} lines. UTF-8 with a byte order mark; separated by semicolons with decimal commas in French, by "
        "commas in English.",
        parameters=PERIOD,
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, point: int) -> HttpResponse:
        row = point_of(request, point)
        series = history.series(row.pk, *period(request))
        zone = ZoneInfo(row.asset.site.timezone)
        local = [f"{instant(at).astimezone(zone):%Y-%m-%d %H:%M:%S}" for at in series.at.tolist()]
        columns = (
            isoformat(series.at),
            local,
            series.minimum.tolist(),
            series.maximum.tolist(),
            series.mean.tolist(),
            series.count.tolist(),
        )
        text = written(_READINGS, zip(*columns, strict=True), language_of(request))
        answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
        name = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in f"{row.asset.code}-{row.quantity}")
        answer["Content-Disposition"] = f'attachment; filename="{name}.csv"'
        return answer
