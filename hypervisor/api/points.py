"""The readings of a point, as columns for whoever draws or analyses them."""

import datetime as dt

import numpy as np
from django.http import Http404
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from numpy.typing import NDArray
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from alarms.models import Alarm
from assets import history
from assets.models import Point
from hypervisor import charts, rights
from hypervisor.api import shapes
from hypervisor.api.alarms import alarm_of as found_alarm
from hypervisor.api.asked import choice
from hypervisor.api.naming import named
from hypervisor.charts import Look

DAY = dt.timedelta(days=1)
FIRST_YEAR, LAST_YEAR = 1900, 2200
"""Charts look around a period, and no calendar goes on beyond the years 1 and 9999."""
_INSTANT = "ISO 8601 with an offset, or seconds since the epoch."
PERIOD = [
    OpenApiParameter("from", str, description=f"{_INSTANT} Default: one day before `to`."),
    OpenApiParameter("to", str, description=f"{_INSTANT} Exclusive. Default: now."),
    OpenApiParameter(
        "resolution",
        str,
        enum=list(history.RESOLUTIONS),
        description="Default: `auto`, which is raw for hours and minutes for days.",
    ),
]
LOOK = [
    OpenApiParameter("theme", str, enum=["dark", "light"], description="Default: yours."),
    OpenApiParameter("language", str, enum=["fr", "en"], description="Default: yours."),
]


def point_of(request: Request, point: int) -> Point:
    """The point, with its asset; 404 when unknown or not the person's to see."""
    row = Point.objects.select_related("asset__site", "asset__sector", "asset__kind").filter(pk=point).first()
    if row is None:
        raise Http404
    asset = row.asset
    rights.of(request).at(asset.site_id, asset.sector and asset.sector.path)
    return row


def period(request: Request) -> tuple[dt.datetime, dt.datetime, str]:
    """(start, end, resolution) as asked. Raises ValidationError."""
    asked = request.query_params
    end = _moment("to", asked.get("to")) or timezone.now()
    start = _moment("from", asked.get("from")) or end - DAY
    if start >= end:
        raise ValidationError({"from": _("The period ends before it begins.")})
    resolution = choice(request, "resolution", history.RESOLUTIONS, "auto")
    return start, end, resolution


def _moment(name: str, text: str | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        if text.lstrip("-").replace(".", "", 1).isdigit():
            moment = dt.datetime.fromtimestamp(float(text), dt.UTC)
        else:
            # A plus sign of the offset that was not escaped arrives as a space.
            moment = parse_datetime(text.replace(" ", "+") if "T" in text else text)
        if moment is not None and moment.tzinfo is not None:
            moment = moment.astimezone(dt.UTC)  # PostgreSQL takes no offset beyond 16 hours
    except (ValueError, OverflowError, OSError):
        moment = None
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValidationError(
            {
                name: _("ISO 8601 with an offset, or seconds since the epoch. Years {first} to {last}.").format(
                    first=FIRST_YEAR, last=LAST_YEAR
                )
            }
        )
    return moment


def look(request: Request, zone: str) -> Look:
    """How the person wants charts to look. Raises ValidationError."""
    theme = choice(request, "theme", tuple(charts.THEMES), request.user.theme)
    language = choice(request, "language", ("fr", "en"), "en" if request.LANGUAGE_CODE == "en" else "fr")
    return Look(theme, language, zone)


def isoformat(at: NDArray[np.int64]) -> list[str]:
    """µs since the epoch → ISO 8601 in UTC, to the millisecond."""
    return [f"{text}Z" for text in np.datetime_as_string(at.astype("datetime64[us]"), unit="ms").tolist()]


class Readings(APIView):
    @extend_schema(
        operation_id="list_readings",
        summary="Get the readings of a point over a period, as columns",
        description=f"At most {history.MAX_ROWS} rows, oldest first; the period is half-open. A raw series has count 1.",
        parameters=[
            *PERIOD,
            OpenApiParameter("times", str, enum=["iso", "epoch"], description="Default: `iso`; `epoch` is in milliseconds."),
        ],
        responses=shapes.Columns,
    )
    def get(self, request: Request, point: int) -> Response:
        row = point_of(request, point)
        series = history.series(row.pk, *period(request))
        epoch = choice(request, "times", ("iso", "epoch"), "iso") == "epoch"
        return Response(
            {"point": row.pk, "resolution": series.resolution, "at": series.at / 1000 if epoch else isoformat(series.at),
             "minimum": series.minimum, "maximum": series.maximum, "mean": series.mean, "count": series.count}
        )  # fmt: skip


class PointChart(APIView):
    @extend_schema(
        operation_id="get_point_chart",
        summary="Get a Plotly chart of a point over a period",
        parameters=[*PERIOD, *LOOK],
        responses=shapes.Figure,
    )
    def get(self, request: Request, point: int) -> Response:
        row = point_of(request, point)
        start, end, resolution = period(request)
        series = history.series(row.pk, start, end, resolution)
        return Response(charts.point_figure(row, series, (start, end), look(request, row.asset.site.timezone), timezone.now()))


class AlarmChart(APIView):
    @extend_schema(
        operation_id="get_alarm_chart",
        summary="Get a Plotly chart of why an alarm fired",
        description="For a rule about events and other facts, such as a count, the chart shows these facts over time.",
        parameters=[PERIOD[0], PERIOD[1], *LOOK],
        responses=shapes.Figure,
    )
    def get(self, request: Request, alarm: int) -> Response:
        row, right = found_alarm(request, alarm)
        appearance = look(request, row.site.timezone)
        about = row.point_id or row.evidence.get("point")  # of a sector's alarm, whose value it tells
        point = Point.objects.select_related("asset__kind").filter(pk=about).first()
        if point is None:
            return Response(charts.facts_figure(row, named(right, row.evidence)["assets"], appearance))
        start, end = _around(request, row)
        series = history.series(point.pk, start, end)
        return Response(charts.alarm_figure(row, point, series, (start, end), appearance, timezone.now()))


def _around(request: Request, alarm: Alarm) -> tuple[dt.datetime, dt.datetime]:
    """From well before it began until it ended or now: as long before as it lasted, half an hour at least; a day of a counter
    whose hours are judged."""
    end = _moment("to", request.query_params.get("to")) or alarm.closed_at or alarm.returned_at or timezone.now()
    lasted = max(end - alarm.raised_at, DAY if alarm.evidence.get("hourly") else dt.timedelta(minutes=30))
    margin = min(lasted, 7 * DAY)
    start = _moment("from", request.query_params.get("from")) or alarm.raised_at - margin
    return min(start, end - dt.timedelta(minutes=1)), end + margin / 10
