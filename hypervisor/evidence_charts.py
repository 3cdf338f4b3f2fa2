"""What an alarm's evidence draws: on the chart of its point, or as a line of time when it rests on facts. Pure but for Plotly.

One function per kind of evidence; all draw with a `Pen`, which knows the figure, the words and the colours.
"""

from dataclasses import dataclass
from typing import Any

from alarms.engine.figures import plain

_WORDS = {
    "fr": {"limit": "limite", "delay": "temporisation", "fired": "alarme", "raised": "apparue", "silence": "attente",
           "window": "fenêtre", "slope": "pente", "trend": "tendance", "reached": "limite atteinte", "usual": "habituel",
           "within": "délai", "first": "d’abord", "then": "puis", "until": "fin prévue", "heard": "dernière mesure",
           "closed": "fin des heures", "opens": "reprise"},
    "en": {"limit": "limit", "delay": "delay", "fired": "alarm", "raised": "raised", "silence": "waiting",
           "window": "window", "slope": "slope", "trend": "trend", "reached": "limit reached", "usual": "usual",
           "within": "time given", "first": "first", "then": "then", "until": "expected end", "heard": "last heard",
           "closed": "hours ended", "opens": "in force again"},
}  # fmt: skip
_HOUR = 3_600_000_000
MOST_ROWS = 14
"""Facts drawn one above the other; the evidence has up to fifty, and says how many there were."""


@dataclass(frozen=True, slots=True)
class Pen:
    """Draws on a Plotly figure; instants are µs since the epoch, `local` makes the site's local times of them.

    bounds    the period shown, µs
    colour    of the alarm's severity; `colours` by name
    """

    figure: Any
    local: Any
    number: Any
    language: str
    colours: dict[str, str]
    colour: str
    bounds: tuple[int, int]

    def word(self, key: str) -> str:
        return _WORDS[self.language][key]

    def moment(self, at: int, text: str, *, faint: bool = False) -> None:
        """A line across the chart, its word above: before a faint one and after another, as the two may be near."""
        (x,) = self.local([at])
        style = {"width": 1, "dash": "dot"} if faint else {"width": 2}
        self.figure.add_vline(x=x, line={"color": self.colour, **style})
        anchor = "right" if self._place(at) > (0.06 if faint else 0.88) else "left"
        self.figure.add_annotation(
            x=x, y=1, yref="paper", yanchor="bottom", xanchor=anchor, text=text, showarrow=False, font={"color": self.colour}
        )

    def window(self, start: int, length: int, text: str) -> None:
        """A length of time, its word at the foot and on the side where there is room for it."""
        if length <= 0:
            return
        x0, x1 = self.local([start, start + length])
        self.figure.add_vrect(x0=x0, x1=x1, fillcolor=self.colour, opacity=0.15, line_width=0)
        right = self._place(start + length) > 0.4
        self.figure.add_annotation(
            x=x1 if right else x0, xanchor="right" if right else "left", y=0, yref="paper", yanchor="bottom", text=text,
            showarrow=False, font={"color": self.colour},
        )  # fmt: skip

    def limit(self, value: float, text: str, colour: str) -> None:
        self.figure.add_hline(
            y=value, line={"color": colour, "width": 1.5, "dash": "dash"}, annotation_text=text,
            annotation_position="top left", annotation_font_color=colour,
        )  # fmt: skip

    def slope(self, points: list[tuple[int, float]], text: str) -> None:
        """A straight line through two points of the chart."""
        line = {"color": self.colour, "width": 2, "dash": "dash"}
        self.figure.add_scatter(
            x=self.local([at for at, _ in points]), y=[value for _, value in points], mode="lines", line=line, name=text,
            hoverinfo="skip",
        )  # fmt: skip
        at, value = points[-1]
        (x,) = self.local([at])
        self.figure.add_annotation(
            x=x, y=value, xanchor="right", yanchor="bottom", text=text, showarrow=False, font={"color": self.colour}
        )

    def band(self, start: int, end: int, low: float, high: float, middle: float, text: str) -> None:
        """What was expected between two instants: a band around its middle."""
        x0, x1 = self.local([start, end])
        colour = self.colours["muted"]
        self.figure.add_shape(type="rect", x0=x0, x1=x1, y0=low, y1=high, fillcolor=colour, opacity=0.2, line_width=0)
        self.figure.add_shape(type="line", x0=x0, x1=x1, y0=middle, y1=middle, line={"color": colour, "width": 2})
        self.figure.add_annotation(
            x=x0, y=middle, xanchor="left", yanchor="bottom", text=text, showarrow=False, font={"color": colour}
        )

    def until(self, at: int) -> None:
        """Let the chart reach as far as this."""
        if at > self.bounds[1]:
            begin, end = self.local([self.bounds[0], at + (at - self.bounds[0]) // 20])
            self.figure.update_xaxes(range=[begin, end])

    def _place(self, at: int) -> float:
        return (at - self.bounds[0]) / max(1, self.bounds[1] - self.bounds[0])


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
            pen.limit(limit, f"{pen.word('limit')} {plain(limit, pen.language)} {unit}".rstrip(), pen.colours[name])
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
    away = evidence["limit"] * evidence["deviation"]
    below = median if evidence["direction"] == "above" else median - away
    above = median if evidence["direction"] == "below" else median + away
    pen.band(hour, hour + _HOUR, below, above, median, f"{pen.word('usual')} {pen.number(median)} {unit}".rstrip())


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
