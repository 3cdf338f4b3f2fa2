"""The charts of a report as Plotly figures: how many a day, how full ten minutes are, how severe, how soon answered. Pure."""

import math
from typing import Any

import numpy as np

from hypervisor.charts import Look, as_written, base_layout, local_times, tokens, translucent
from reports.columns import DAY, HOUR, SECOND, TEN_MINUTES
from reports.contents import SEVERITY_WORDS
from reports.definitions import PRIORITIES, TARGETS
from reports.figures import Figures, counted
from reports.report import Report

SEVERITIES = ("critical", "high", "medium", "low")
_WORDS = {
    "fr": {"a_day": "annonces par jour", "an_hour": "annonces par heure", "good": "cible", "most": "maximum",
           "periods": "périodes de 10 min", "in_ten": "annonces en 10 min", "more": "plus de", "share": "part des annonces",
           "is": "constaté", "wanted": "conseillé", "before": "période précédente", "minutes": "minutes", "p50": "médiane",
           "p90": "9 sur 10 en"},
    "en": {"a_day": "annunciations a day", "an_hour": "annunciations an hour", "good": "target", "most": "maximum",
           "periods": "10-minute periods", "in_ten": "annunciations in 10 min", "more": "more than",
           "share": "share of annunciations", "is": "as it is", "wanted": "advised", "before": "period before",
           "minutes": "minutes", "p50": "median", "p90": "9 of 10 within"},
}  # fmt: skip
_FEW_DAYS = 4


def charts(report: Report, look: Look) -> dict[str, dict[str, Any]]:
    """Figures by name: rate, load, severities, waits."""
    return {
        "rate": _rate(report, look), "load": _load(report, look), "severities": _severities(report, look),
        "waits": _waits(report, look),
    }  # fmt: skip


def _rate(report: Report, look: Look) -> dict[str, Any]:
    """By day, or by hour of few days; stacked by severity, with the targets as lines and the floods as bands."""
    now, words, colours = report.now, _WORDS[look.language], tokens()[look.theme]
    step, unit, target = (
        (HOUR, "an_hour", TARGETS["per_hour"]) if now.end - now.begin <= _FEW_DAYS * DAY else (DAY, "a_day", TARGETS["per_day"])
    )
    heard = report.told.heard
    at = local_times(heard.at, look.zone).astype("datetime64[h]" if step == HOUR else "datetime64[D]")
    edges = local_times(np.array([now.begin, max(now.end - 1, now.begin)]), look.zone).astype(at.dtype)
    steps = np.arange(edges[0], edges[1] + 1)
    data: list[dict[str, Any]] = []
    for number, severity in reversed(list(enumerate(SEVERITIES, start=1))):
        counts = np.bincount((at[heard.severity == number] - edges[0]).astype(int), minlength=len(steps))
        data.append({
            "type": "bar", "name": SEVERITY_WORDS[number][look.language], "x": np.datetime_as_string(steps, unit="s").tolist(),
            "y": counts.tolist(), "marker": {"color": colours[severity]}, "hovertemplate": "%{y} %{fullData.name}<extra></extra>",
        })  # fmt: skip
    layout = _layout(look) | {"barmode": "stack", "bargap": 0.15}
    layout["xaxis"] = base_layout((now.begin, now.end), look)["xaxis"]
    layout["yaxis"]["title"] = {"text": words[unit]}
    layout["shapes"] = [_line(level, colours["muted"]) for level in (target.good, target.most)]
    limits = (("good", target.good), ("most", target.most))
    layout["annotations"] = [_said(words[name], level, colours["muted"]) for name, level in limits]
    if now.floods:
        ends = local_times(np.array([edge for each in now.floods[:200] for edge in (each.begin, each.end)]), look.zone).tolist()
        layout["shapes"] += [
            {"type": "rect", "xref": "x", "yref": "paper", "x0": x0, "x1": x1, "y0": 0, "y1": 1, "line": {"width": 0},
             "fillcolor": translucent(colours["critical"], 0.25), "layer": "below"}
            for x0, x1 in zip(ends[::2], ends[1::2], strict=True)
        ]  # fmt: skip
    return {"data": data, "layout": layout}


def _load(report: Report, look: Look) -> dict[str, Any]:
    """How many ten-minute periods had how many annunciations; what is beyond the flood in one bar."""
    words, colours, now = _WORDS[look.language], tokens()[look.theme], report.now
    most = report.definitions.flood_above
    tens = np.minimum(counted(report.told.heard.at, now.begin, now.end, TEN_MINUTES), most + 1)
    counts = np.bincount(tens, minlength=most + 2).tolist()
    names = [*map(str, range(most + 1)), f"{words['more']} {most}"]
    marks = [colours["muted"]] * (most + 1) + [colours["critical"]]
    layout = _layout(look)
    layout["xaxis"] |= {"type": "category", "title": {"text": words["in_ten"], "standoff": 8}}
    # Quiet nights are thousands, floods a few: on a scale of powers both can be seen.
    layout["yaxis"] |= {"type": "log", "title": {"text": words["periods"]}, "rangemode": "nonnegative", "dtick": 1}
    bars = {"type": "bar", "x": names, "y": [count or None for count in counts], "marker": {"color": marks}, "text": counts,
            "textposition": "outside", "cliponaxis": False, "hovertemplate": "%{y} × %{x}<extra></extra>"}  # fmt: skip
    top = math.log10(max([*counts, 10])) * 1.12
    layout["yaxis"]["range"] = [-0.2, top]
    return {"data": [bars] if any(counts) else [], "layout": layout}


def _severities(report: Report, look: Look) -> dict[str, Any]:
    """What it is against what is advised, and what it was."""
    words, colours = _WORDS[look.language], tokens()[look.theme]
    names = [SEVERITY_WORDS[number][look.language] for number in range(1, 5)]
    bars = [("is", _spread(report.now), [colours[severity] for severity in SEVERITIES], None),
            ("wanted", list(PRIORITIES.values()), "rgba(0,0,0,0)", colours["muted"])]  # fmt: skip
    if report.before is not None:
        bars.append(("before", _spread(report.before), translucent(colours["muted"], 0.5), None))
    data = [
        {"type": "bar", "name": words[name], "x": names, "y": shares,
         "hovertemplate": "%{fullData.name} : %{y:.1%}<extra></extra>",
         "marker": {"color": colour, "line": {"color": edge or colours["line-strong"], "width": 1}}}
        for name, shares, colour, edge in bars
    ]  # fmt: skip
    layout = _layout(look) | {"barmode": "group"}
    layout["xaxis"] |= {"type": "category"}
    layout["yaxis"] |= {"tickformat": ".0%", "title": {"text": words["share"]}}
    return {"data": data if report.now.annunciated else [], "layout": layout}


def _waits(report: Report, look: Look) -> dict[str, Any]:
    """Minutes until an acknowledgement, by severity: the median and the ninth decile."""
    words, colours, waits = _WORDS[look.language], tokens()[look.theme], report.now.acknowledged
    names = [SEVERITY_WORDS[number][look.language] for number in range(1, 5)]
    data = []
    for key, opacity in (("p50", 1.0), ("p90", 0.45)):
        seconds = [getattr(waits[number], key) for number in range(1, 5)]
        data.append({
            "type": "bar", "name": words[key], "x": names, "y": [None if each is None else each / 60 for each in seconds],
            "marker": {"color": [translucent(colours[severity], opacity) for severity in SEVERITIES],
                       "line": {"color": colours["line-strong"], "width": 1}},
            "hovertemplate": f"%{{fullData.name}} : %{{y:.1f}} {as_written(words['minutes'])}<extra></extra>",
        })  # fmt: skip
    layout = _layout(look) | {"barmode": "group"}
    layout["xaxis"] |= {"type": "category"}
    layout["yaxis"] |= {"title": {"text": words["minutes"]}}
    return {"data": data if waits[0].count else [], "layout": layout}


def _spread(figures: Figures) -> list[float]:
    return [figures.severities[number] / max(figures.annunciated, 1) for number in range(1, 5)]


def _layout(look: Look) -> dict[str, Any]:
    """Of a chart whose horizontal axis may be of names."""
    base = base_layout((0, SECOND), look)
    axis = {name: value for name, value in base["xaxis"].items() if name in ("gridcolor", "linecolor", "zeroline")}
    return base | {"xaxis": axis | {"automargin": True}, "yaxis": {**axis, "automargin": True}, "hovermode": "closest"}


def _line(level: float, colour: str) -> dict[str, Any]:
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level, "y1": level,
            "line": {"color": colour, "width": 1, "dash": "dash"}}  # fmt: skip


def _said(text: str, level: float, colour: str) -> dict[str, Any]:
    return {"xref": "paper", "x": 1, "y": level, "text": text, "showarrow": False, "xanchor": "right", "yanchor": "bottom",
            "font": {"color": colour, "size": 11}}  # fmt: skip
