"""Draws on the chart of an alarm, so that no word lies on another and none is cut off.

Words have lanes of their own: moments above the plot, then inside its top; lengths of time at its foot; limits at the left,
above their lines. The vertical axis leaves room for them. In a lane a word goes to the side where it is free, or a line further.
Limits so close that their words would touch share one. Widths are those of the narrowest chart, the drawer of a small screen.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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
LETTER = 1 / 66
"""Of the width of the narrowest chart: about 440 pixels, of which a letter takes 6.7."""
_LINE = 0.105
"""Of its height: the 150 pixels of a plot hold nine lines and a half."""
_ABOVE, _WITHIN = "above", "within"
_Side = tuple[str, float]
"""(anchor, place along the time axis from 0 to 1)"""


@dataclass(slots=True)
class Pen:
    """Draws on a Plotly figure; instants are µs since the epoch, `local` makes the site's local times of them.

    bounds    the period shown, µs
    colour    of the alarm's severity; `colours` by name
    """

    figure: Any
    local: Callable[[Iterable[int]], list[str]]
    number: Callable[[float], str]
    language: str
    colours: dict[str, str]
    colour: str
    bounds: tuple[int, int]
    _taken: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    """By lane: from where to where words stand."""
    _limits: list[tuple[float, str, str]] = field(default_factory=list)
    """(value, unit, colour)"""

    def word(self, key: str) -> str:
        return _WORDS[self.language][key]

    def moment(self, at: int, text: str, *, faint: bool = False) -> None:
        """A line across the chart, its word above: before a faint one and after another, as the two may be near."""
        (x,) = self.local([at])
        style = {"width": 1, "dash": "dot"} if faint else {"width": 2}
        self.figure.add_vline(x=x, line={"color": self.colour, **style})
        place = self._place(at)
        sides = [("right", place), ("left", place)] if faint else [("left", place), ("right", place)]
        lane, (anchor, _) = self._free((_ABOVE, _WITHIN), sides, text)
        self._write(x, anchor, text, y=1, yanchor="bottom" if lane == _ABOVE else "top")

    def window(self, start: int, length: int, text: str) -> None:
        """A length of time, its word at the foot and on the side where there is room for it."""
        if length <= 0:
            return
        x0, x1 = self.local([start, start + length])
        self.figure.add_vrect(x0=x0, x1=x1, fillcolor=self.colour, opacity=0.15, line_width=0)
        first = self._place(max(start, self.bounds[0]))
        last = self._place(min(start + length, self.bounds[1]))
        sides = [("right", last), ("left", first), ("left", last), ("right", first)]
        lane, (anchor, place) = self._free(("foot", "foot 2"), sides, text)
        (x,) = self.local([round(self.bounds[0] + place * (self.bounds[1] - self.bounds[0]))])
        self._write(x, anchor, text, y=0, yanchor="bottom", yshift=0 if lane == "foot" else 13)

    def limit(self, value: float, unit: str, colour: str) -> None:
        """A line across the chart; `finish` writes its word."""
        self.figure.add_hline(y=value, line={"color": colour, "width": 1.5, "dash": "dash"})
        self._limits.append((value, unit, colour))

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
        fits = self._place(start) + len(text) * LETTER <= 1
        self.figure.add_annotation(
            x=x0 if fits else x1, y=middle, xanchor="left" if fits else "right", yanchor="bottom", text=text, showarrow=False,
            font={"color": colour},
        )  # fmt: skip

    def until(self, at: int) -> None:
        """Let the chart reach as far as this."""
        if at > self.bounds[1]:
            self.bounds = self.bounds[0], at + (at - self.bounds[0]) // 20
            self.figure.update_xaxes(range=self.local(self.bounds))

    def finish(self) -> None:
        """Give the vertical axis room for the lanes, and write the limits."""
        seen = [*self._values(), *(value for value, _, _ in self._limits)]
        if not seen:
            return
        low, high = min(seen), max(seen)
        span = (high - low) or abs(high) or 1.0
        foot = _LINE * (2 if "foot 2" in self._taken else 1 if "foot" in self._taken else 0.5)
        top = _LINE * (bool(self._limits) + (_WITHIN in self._taken or self._hatched()) + 0.3)
        whole = span / (1 - foot - top)
        self.figure.update_yaxes(range=[low - foot * whole, high + top * whole])
        for group in self._close(_LINE * 1.15 * whole):
            self._name(group)

    def _name(self, group: list[tuple[float, str, str]]) -> None:
        """One word above the highest of some limits."""
        told = " / ".join(f"{plain(value, self.language)} {unit}".rstrip() for value, unit, _ in group)
        colour = group[0][2] if len(group) == 1 else self.colours["text"]
        self.figure.add_annotation(
            x=0, xref="x domain", xanchor="left", y=group[0][0], yanchor="bottom", text=f"{self.word('limit')} {told}",
            showarrow=False, font={"color": colour},
        )  # fmt: skip

    def _close(self, apart: float) -> list[list[tuple[float, str, str]]]:
        """The limits from the highest, those together that are not this far apart."""
        groups: list[list[tuple[float, str, str]]] = []
        for limit in sorted(dict.fromkeys(self._limits), key=lambda each: -each[0]):
            if groups and groups[-1][-1][0] - limit[0] < apart:
                groups[-1].append(limit)
            else:
                groups.append([limit])
        return groups

    def _values(self) -> list[float]:
        drawn = [value for trace in self.figure.data if trace.y is not None for value in trace.y]
        shapes = [each for shape in self.figure.layout.shapes if shape.yref in (None, "y") for each in (shape.y0, shape.y1)]
        return [float(value) for value in (*drawn, *shapes) if value is not None and math.isfinite(value)]

    def _hatched(self) -> bool:
        """Whether a silence has its word at the top."""
        return any(shape.label.text for shape in self.figure.layout.shapes)

    def _write(self, x: str, anchor: str, text: str, **where: object) -> None:
        font = {"color": self.colour}
        self.figure.add_annotation(x=x, xanchor=anchor, yref="paper", text=text, showarrow=False, font=font, **where)

    def _free(self, lanes: Iterable[str], sides: list[_Side], text: str) -> tuple[str, _Side]:
        """The first lane and side where a word lies on no other and is not cut off, and takes it; else the first of all."""
        lanes = list(lanes)
        width = len(text) * LETTER
        for lane in lanes:
            for anchor, place in sides:
                begin, end = (place, place + width) if anchor == "left" else (place - width, place)
                free = all(end <= first or begin >= last for first, last in self._taken.get(lane, ()))
                if free and begin >= 0 and end <= 1:
                    self._taken.setdefault(lane, []).append((begin, end))
                    return lane, (anchor, place)
        return lanes[0], sides[0]

    def _place(self, at: int) -> float:
        return (at - self.bounds[0]) / max(1, self.bounds[1] - self.bounds[0])
