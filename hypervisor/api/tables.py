"""Tables for a spreadsheet: how they are written, and the readings that a chart draws."""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from assets import history
from assets.instants import instant
from hypervisor.api.moves import language_of
from hypervisor.api.points import PERIOD, isoformat, period, point_of

MOST = 20_000
"""Lines of a table that is made at once: more is no list that somebody reads, and would hold a web process."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def written(columns: Sequence[str], lines: Iterable[Sequence[object]], language: str) -> str:
    """The table, as the spreadsheets of this language open it by a double click."""
    return "\ufeff" + written_on((columns, *lines), language)


def written_on(lines: Iterable[Sequence[object]], language: str) -> str:
    """Further lines of a table."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if language == "fr" else ",")
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
