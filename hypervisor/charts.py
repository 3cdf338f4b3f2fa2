"""Charts as Plotly figures: the readings of a point, and why an alarm fired, drawn on them. Pure but for the colours' file.

Times are shown in the site's zone (Plotly knows none, so they are given as local times); colours are those of the screens,
read from the one file that names them.
"""

import dataclasses
import datetime as dt
import functools
import html
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from alarms.engine.counters import consumed
from alarms.engine.figures import plain
from alarms.models import Alarm, Severity
from assets.history import Series
from assets.models import Point
from assets.zones import zone_words
from hypervisor import evidence_charts
from hypervisor.chart_pen import LETTER, Pen

THEMES = ("dark", "light")
_WORDS = {
    "fr": {"range": "étendue", "mean": "moyenne", "value": "valeur", "silent": "rien reçu"},
    "en": {"range": "range", "mean": "mean", "value": "value", "silent": "nothing received"},
}
_TICKS = {
    "fr": [(60_000, "%H:%M:%S"), (86_400_000, "%H:%M\n%d/%m/%Y"), (None, "%d/%m\n%Y")],
    "en": [(60_000, "%H:%M:%S"), (86_400_000, "%H:%M\n%d %b %Y"), (None, "%d %b\n%Y")],
}
_SEPARATORS = {"fr": ",\u202f", "en": ".,"}
_HOUR = 3_600_000_000
_STEPS = {"minute": 60_000_000, "hour": _HOUR}
SILENT_AFTER = 3
"""Expected intervals without a reading after which a chart shows a silence."""


@dataclass(frozen=True, slots=True)
class Look:
    """For whom a chart is drawn: theme dark or light, language fr or en, IANA name of the site's zone."""

    theme: str
    language: str
    zone: str


def point_figure(
    point: Point, series: Series, period: tuple[dt.datetime, dt.datetime], look: Look, now: dt.datetime
) -> dict[str, Any]:
    """The readings of a point as {"data", "layout"}; states as steps, roll-ups as a mean in a band from least to most. The line
    breaks where nothing was received, up to `now`."""
    figure = _figure(point, series, period, look, now)
    return _plain(figure)


def alarm_figure(
    alarm: Alarm, point: Point, series: Series, period: tuple[dt.datetime, dt.datetime], look: Look, now: dt.datetime
) -> dict[str, Any]:
    """The same, with what the alarm's evidence says: limits, slope, trend or what was expected, the time it waited, and the
    moment it fired. Of a counter whose consumption was unusual, that consumption hour by hour."""
    if alarm.evidence.get("hourly"):
        series, unit = _consumption(series), f"{point.unit}/h"
        figure = _figure(point, series, period, look, now, unit)
    else:
        figure, unit = _figure(point, series, period, look, now), point.unit
    pen = _pen(figure, alarm, (_micros(period[0]), _micros(period[1])), look)
    evidence_charts.draw(pen, alarm.evidence, _limits(alarm, point, alarm.evidence), as_written(unit))
    _fired(pen, alarm)
    pen.finish()
    return _plain(figure)


def facts_figure(alarm: Alarm, names: dict[str, dict[str, str]], look: Look) -> dict[str, Any]:
    """An alarm that rests on facts and not on one point's readings: each fact on a line of its own, against the time.

    `names` are those of `hypervisor.api.naming`. Without an evidence that speaks of instants, `data` is empty.
    """
    import plotly.graph_objects as go

    told = evidence_charts.instants(alarm.evidence)
    if not told:
        return {"data": [], "layout": {}}
    told.append(_micros(alarm.raised_at))
    first, last = min(told), max(told)
    margin = max((last - first) // 12, 60_000_000)
    bounds = (first - margin, last + margin)
    figure = go.Figure(layout=base_layout(bounds, look) | {"yaxis": {"automargin": True, "showgrid": False, "zeroline": False}})
    pen = _pen(figure, alarm, bounds, look)
    colours = pen.colours
    rows = evidence_charts.facts(alarm.evidence, names, _subject(alarm), pen)
    marks = [pen.colour if counts else colours["ground"] for _, _, counts in rows]
    marker = {"size": 10, "color": marks, "line": {"color": pen.colour, "width": 2}}
    x = pen.local([at for _, at, _ in rows])
    figure.add_trace(go.Scatter(x=x, y=[as_written(name) for name, _, _ in rows], mode="markers", marker=marker, hoverinfo="x+y"))
    figure.update_yaxes(autorange="reversed", linecolor=colours["line-strong"], type="category")
    _fired(pen, alarm)
    return _plain(figure)


def _subject(alarm: Alarm) -> str:
    """What the alarm is about, by name."""
    named = alarm.asset or alarm.feed or alarm.sector
    return named.name if named else alarm.subject


def _pen(figure, alarm: Alarm, bounds: tuple[int, int], look: Look) -> Pen:
    colours = tokens()[look.theme]
    return Pen(
        figure=figure, local=lambda at: local_times(np.array(at, np.int64), look.zone).tolist(),
        number=lambda value: _number(value, look),
        language=look.language, colours=colours, colour=colours[Severity(alarm.severity).label], bounds=bounds,
    )  # fmt: skip


def _fired(pen: Pen, alarm: Alarm) -> None:
    raised = _micros(alarm.raised_at)
    fired = evidence_charts.fired_at(alarm.evidence, raised)
    if fired - raised > 1_000_000:
        pen.moment(raised, pen.word("raised"), faint=True)
    pen.moment(fired, pen.word("fired"))


def _consumption(series: Series) -> Series:
    """What a counter consumed in each hour, from its beginning to its end; the least of a minute or hour is its first reading."""
    _, began, rate = consumed(np.zeros(len(series.at), np.int64), series.at, series.minimum)
    # Each hour twice, a µs before it ends the second time: its line is level, and that of the next begins beside it.
    at, rate = np.column_stack((began, began + _HOUR - 1)).ravel(), np.repeat(rate, 2)
    return Series("raw", at, rate, rate, rate, np.ones(len(at), np.int64))


def _figure(
    point: Point, series: Series, period: tuple[dt.datetime, dt.datetime], look: Look, now: dt.datetime, unit: str | None = None
):
    """`unit` where what is shown is not the reading itself."""
    import plotly.graph_objects as go  # half a second and 30 MB: only for who draws

    words, colours = _WORDS[look.language], tokens()[look.theme]
    unit = point.unit if unit is None else unit
    figure = go.Figure(layout=_layout(point, period, look, unit))
    silences = _silences(point, series, (period[0], min(period[1], now)))
    series = _broken(series, [begin for begin, _ in silences])
    at = local_times(series.at, look.zone)
    state = bool(point.codes)
    line = {"color": colours["text"], "width": 1.5, "shape": "hv" if state else "linear"}
    if series.resolution != "raw" and not state:
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "connectgaps": False}
        figure.add_trace(go.Scatter(x=at, y=series.minimum, **edge))
        fill = {"fill": "tonexty", "fillcolor": translucent(colours["muted"], 0.35)}
        figure.add_trace(go.Scatter(x=at, y=series.maximum, name=words["range"], **edge | fill))
    # A rolled-up state has no mean that means something: the highest code of the minute is shown.
    shown = series.maximum if state else series.mean
    hover = f"%{{y}} {as_written(unit)}<extra></extra>".replace(" <", "<")
    name = words["value"] if series.resolution == "raw" or state else words["mean"]
    figure.add_trace(go.Scatter(x=at, y=shown, mode="lines", line=line, name=name, hovertemplate=hover, connectgaps=False))
    span = _micros(period[1]) - _micros(period[0])
    for begin, end in silences:
        told = words["silent"] if end - begin >= len(words["silent"]) * LETTER * span else ""
        _hatch(figure, (begin, end), told, look)
    return figure


def _silences(point: Point, series: Series, period: tuple[dt.datetime, dt.datetime]) -> list[tuple[int, int]]:
    """The times, µs, in which nothing was heard of the point for longer than its rhythm excuses, those at both ends included."""
    first, last = _micros(period[0]), _micros(period[1])
    patience = SILENT_AFTER * max(point.interval * 1_000_000, _STEPS.get(series.resolution, 0))
    edges = np.concatenate([[first], series.at, [last]])
    gaps = np.flatnonzero(np.diff(edges) > patience) if len(series.at) else []
    return [(int(edges[place]), int(edges[place + 1])) for place in gaps]


def _broken(series: Series, after: list[int]) -> Series:
    """The series with a row of nothing behind each of these instants, so that no line is drawn across a silence."""
    places = np.searchsorted(series.at, after, side="right")
    inserted = {name: np.insert(getattr(series, name).astype(float), places, np.nan) for name in ("minimum", "maximum", "mean")}
    return dataclasses.replace(series, at=np.insert(series.at, places, after), **inserted)


def _hatch(figure, silence: tuple[int, int], told: str, look: Look) -> None:
    """Mark a silence; `told` is empty where it is too short for a word."""
    x0, x1 = local_times(np.array(silence), look.zone).tolist()
    colour = tokens()[look.theme]["muted"]
    figure.add_vrect(
        x0=x0, x1=x1, line_width=0, fillcolor=translucent(colour, 0.16), layer="below",
        label={"text": told, "textposition": "top center", "font": {"size": 11, "color": colour}},
    )  # fmt: skip


def _layout(point: Point, period: tuple[dt.datetime, dt.datetime], look: Look, unit: str) -> dict[str, Any]:
    colours = tokens()[look.theme]
    vertical: dict[str, Any] = {"gridcolor": colours["line"], "linecolor": colours["line-strong"], "zeroline": False}
    vertical |= {"title": {"text": _quantity(point, look, unit)}, "automargin": True}
    if point.codes:
        labels = _codes(point, look)
        vertical |= {"tickvals": [float(code) for code in labels], "ticktext": [as_written(label) for label in labels.values()]}
    return base_layout((_micros(period[0]), _micros(period[1])), look) | {"yaxis": vertical}


def base_layout(period: tuple[int, int], look: Look) -> dict[str, Any]:
    """The layout of every chart but its vertical axis; the period in µs."""
    colours = tokens()[look.theme]
    axis = {"gridcolor": colours["line"], "linecolor": colours["line-strong"], "zeroline": False}
    bounds = local_times(np.array(period), look.zone).tolist()
    ticks = [{"dtickrange": [None, most], "value": form} for most, form in _TICKS[look.language][:1]]
    ticks += [{"dtickrange": [60_000, 86_400_000], "value": _TICKS[look.language][1][1]}]
    ticks += [{"dtickrange": [86_400_000, None], "value": _TICKS[look.language][2][1]}]
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colours["muted"], "family": "Inter, system-ui, sans-serif", "size": 12},
        "margin": {"l": 48, "r": 12, "t": 24, "b": 40},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"bgcolor": colours["raised"], "font": {"color": colours["text"]}},
        "separators": _SEPARATORS[look.language],
        "xaxis": {**axis, "type": "date", "range": bounds, "tickformatstops": ticks, "automargin": True,
                  "title": {"text": _axis(look), "standoff": 8}},
    }  # fmt: skip


def _quantity(point: Point, look: Look, unit: str) -> str:
    name = _template(point).get(f"name_{look.language}", point.quantity)
    return as_written(f"{name} ({unit})" if unit else name)


def as_written(text: str) -> str:
    """Plotly draws links, breaks and bold letters where a text has tags of HTML: the names of things have none."""
    return html.escape(text, quote=False)


def _codes(point: Point, look: Look) -> dict[str, str]:
    labels = _template(point).get("codes_en", point.codes) if look.language == "en" else point.codes
    return {code: labels.get(code, label) for code, label in point.codes.items()}


def _template(point: Point) -> dict[str, Any]:
    return next((each for each in point.asset.kind.points if each["quantity"] == point.quantity), {})


def _limits(alarm: Alarm, point: Point, evidence: dict[str, Any]) -> list[tuple[str, float]]:
    """(severity, limit) of each rung of the rule as it was, a point's own limits looked up; at least what it fired on."""
    rungs = []
    for rung in alarm.version.spec.get("limits", []):
        limit = rung.get("limit")
        if isinstance(limit, dict):
            limit = point.limits.get(limit["point"])
        if limit is not None:
            rungs.append((rung["severity"], float(limit)))
    if rungs or "limit" not in evidence:
        return rungs
    return [(Severity(alarm.severity).label, evidence["limit"])]


def _number(value: float, look: Look) -> str:
    return plain(float(f"{value:.6g}"), look.language)


def _axis(look: Look) -> str:
    words = zone_words(look.zone, look.language)
    return words[:1].upper() + words[1:]


def local_times(at: NDArray[np.int64], zone: str) -> NDArray[np.str_]:
    """µs since the epoch → local times of the zone without an offset, as Plotly wants them.

    An array, for Plotly looks at each element of a list: a day of minutes took five times as long.
    """
    hours, where = np.unique(at // _HOUR, return_inverse=True)
    known = ZoneInfo(zone)
    # Offsets change on the hour everywhere that a city has supervisors.
    offsets = [dt.datetime.fromtimestamp(hour * 3600, known).utcoffset() for hour in hours.tolist()]
    shift = np.array([offset // dt.timedelta(microseconds=1) for offset in offsets], np.int64)
    local = at + shift[where] if len(at) else at
    return np.datetime_as_string(local.astype("datetime64[us]"), unit="ms")


def _micros(moment: dt.datetime) -> int:
    return (moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


def _plain(figure) -> dict[str, Any]:
    drawn = figure.to_plotly_json()
    return {"data": drawn["data"], "layout": drawn["layout"]}


@functools.cache
def tokens() -> dict[str, dict[str, str]]:
    """Colour by name, for each theme; the light theme says only what differs."""
    text = (settings.BASE_DIR / "static" / "css" / "tokens.css").read_text("utf-8")
    before, _, light = text.partition('[data-theme="light"]')
    pattern = re.compile(r"--([\w-]+):\s*(#[0-9a-fA-F]{3,8})\s*;")
    dark = dict(pattern.findall(before))
    return {"dark": dark, "light": dark | dict(pattern.findall(light))}


def translucent(colour: str, opacity: float) -> str:
    digits = colour.lstrip("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    red, green, blue = (int(digits[place : place + 2], 16) for place in (0, 2, 4))
    return f"rgba({red},{green},{blue},{opacity})"
