"""What an alarm's evidence draws: on the chart of its point, or as a line of time when it rests on facts. Pure but for Plotly.

One function per kind of evidence; all draw with a `Pen` (`hypervisor.chart_pen`), which knows the figure, words and colours.
"""

from typing import Any

from alarms.engine.counters import begun
from hypervisor.chart_pen import Pen

_HOUR = 3_600_000_000
MOST_ROWS = 14
"""Facts drawn one above the other; the evidence has up to fifty, and says how many there were."""


def fired_at(evidence: dict[str, Any], raised_at: int) -> int:
    """When the alarm came to be as it is now: an alarm that worsened fired again, after a delay of its own."""
    if "first_at" in evidence and "delay" in evidence:
        return max(raised_at, evidence["first_at"] + evidence["delay"])
    return raised_at


def draw(pen: Pen, evidence: dict[str, Any], limits: list[tuple[str, float]], unit: str) -> None:
    """On the chart of the alarm's point: (severity, limit) of each rung, what was waited for, what was expected."""
    kind = evidence.get("kind")
    if kind in ("threshold", "forecast"):
        for name, limit in limits:
            pen.limit(limit, unit, pen.colours[name])
    if kind == "rate":
        _rate(pen, evidence, unit)
    elif kind == "forecast":
        _forecast(pen, evidence)
    elif kind == "anomaly":
        _anomaly(pen, evidence, unit)
    elif kind == "silence":
        pen.window(evidence["heard"], evidence["period"], pen.word("silence"))
    if "delay" in evidence:
        pen.window(evidence["first_at"], evidence["delay"], pen.word("delay"))


def _rate(pen: Pen, evidence: dict[str, Any], unit: str) -> None:
    at, window, value = evidence["value_at"], evidence["window"], evidence["reading"]
    begun = value - evidence["value"] * window / _HOUR
    pen.slope([(at - window, begun), (at, value)], f"{pen.word('slope')} {pen.number(evidence['value'])} {unit}/h")


def _forecast(pen: Pen, evidence: dict[str, Any]) -> None:
    at, within = evidence["value_at"], evidence["within"]
    begun = evidence["level"] - evidence["slope"] * evidence["window"] / _HOUR
    ahead = within
    if evidence.get("bounded") and evidence["slope"]:
        # As far as the trend is plausible.
        ahead = min(within, round((evidence["value"] - evidence["level"]) / evidence["slope"] * _HOUR))
    pen.slope([(at - evidence["window"], begun), (at + ahead, evidence["value"])], pen.word("trend"))
    pen.until(at + within)
    if evidence["reached_at"] is not None:
        pen.moment(evidence["reached_at"], pen.word("reached"), faint=True)


def _anomaly(pen: Pen, evidence: dict[str, Any], unit: str) -> None:
    hour, median = evidence["value_at"] // _HOUR * _HOUR, evidence["median"]
    if evidence.get("hourly"):
        hour = begun(evidence["value_at"]) - _HOUR
    away = evidence["limit"] * evidence["deviation"]
    below, above = evidence.get("low"), evidence.get("high")
    if below is None or above is None:
        below, above = median - away, median + away
    text = f"{pen.word('usual')} {pen.number(below)} – {pen.number(above)} {unit}".rstrip()
    pen.band(hour, hour + _HOUR, below, above, median, text)


def facts(evidence: dict[str, Any], names: dict[str, dict[str, str]], subject: str, pen: Pen) -> list[tuple[str, int, bool]]:
    """(row, instant, whether it counts) of what the evidence rests on, when that is facts; draws what was waited for too."""
    pick = pen.language
    match evidence.get("kind"):
        case "count":
            members = [each for each in evidence["members"] if each["at"] is not None][:MOST_ROWS]
            found = [(_called(each, names), each["at"], True) for each in members]
            if found:
                newest = max(at for _, at, _ in found)
                pen.window(newest - evidence["within"], evidence["within"], pen.word("window"))
            return found
        case "sequence":
            first, then = evidence["first"], evidence["then"]
            pen.window(first["at"], evidence["within"], pen.word("within"))
            return [(_fact(each, names, pick), each["at"], True) for each in (first, then)]
        case "missing":
            first, then = evidence["first"], evidence["then"]
            pen.window(first["at"], evidence["within"], pen.word("within"))
            came = [(_fact(then, names, pick), then["at"], True)] if then else []
            return [(_fact(first, names, pick), first["at"], True), *came]
        case "condition":
            pen.window(evidence["first_at"], evidence["delay"], pen.word("delay"))
            known = [term for term in evidence["terms"] if term["at"] is not None]
            return [(term["what"][pick], term["at"], bool(term["holds"])) for term in known]
        case "silence":
            pen.window(evidence["heard"], evidence["period"], pen.word("silence"))
            return [(f"{pen.word('heard')} · {subject}", evidence["heard"], True)]
        case "calendar":
            pen.moment(evidence["closed_at"], pen.word("closed"), faint=True)
            return [(subject, evidence["closed_at"], False)]
    return []


def instants(evidence: dict[str, Any]) -> list[int]:
    """All that such an evidence speaks of, µs: what its chart must reach."""
    seen = [each["at"] for each in (evidence.get("first"), evidence.get("then")) if each]
    members = [each["at"] for each in evidence.get("members", ())[:MOST_ROWS]]
    terms = [each["at"] for each in evidence.get("terms", ())]
    told = [evidence[name] for name in ("heard", "first_at", "closed_at") if name in evidence]
    waited = [evidence["heard"] + evidence["period"]] if "period" in evidence else []
    waited += [evidence["first"]["at"] + evidence["within"]] if evidence.get("first") else []
    return [at for at in (*seen, *members, *terms, *told, *waited) if at is not None]


def _called(member: dict[str, Any], names: dict[str, dict[str, str]]) -> str:
    known = names.get(str(member["asset"]))
    return known["name"] if known else member["subject"]


def _fact(seen: dict[str, Any], names: dict[str, dict[str, str]], language: str) -> str:
    where = _called(seen, names)
    return f"{seen['what'][language]} · {where}" if where else seen["what"][language]
