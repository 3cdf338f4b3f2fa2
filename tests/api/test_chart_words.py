"""No word of a chart lies on another, and none is cut off by an axis."""

import datetime as dt
from itertools import combinations

import plotly.graph_objects as go
import pytest

from hypervisor.chart_pen import LETTER, Pen
from hypervisor.evidence_charts import draw

MINUTE = 60_000_000
HOUR = 60 * MINUTE
COLOURS = {"critical": "#f00", "high": "#f80", "medium": "#ff0", "low": "#0ff", "text": "#fff", "muted": "#999"}


def iso(at) -> list[str]:
    return [dt.datetime.fromtimestamp(each / 1e6, dt.UTC).isoformat() for each in at]


def pen(*values: float) -> Pen:
    figure = go.Figure(go.Scatter(x=iso(n * MINUTE for n in range(len(values))), y=list(values)))
    return Pen(figure, iso, str, "fr", COLOURS, "#f00", (0, HOUR))


def threshold(pen: Pen, *limits: float, first_at: int = 30 * MINUTE, delay: int = 2 * MINUTE) -> Pen:
    names = ("critical", "high", "medium", "low")
    draw(pen, {"kind": "threshold", "first_at": first_at, "delay": delay}, list(zip(names, limits, strict=False)), "V")
    pen.finish()
    return pen


def words(pen: Pen) -> list[str]:
    return [each.text for each in pen.figure.layout.annotations]


def boxes(pen: Pen) -> dict[str, tuple[float, float, float, float]]:
    """Where each word stands, from 0 to 1 along both axes."""
    low, high = pen.figure.layout.yaxis.range
    found = {}
    for each in pen.figure.layout.annotations:
        if each.x == 0:
            x = 0.0
        else:
            x = dt.datetime.fromisoformat(each.x).timestamp() * 1e6 / (pen.bounds[1] - pen.bounds[0])
        y = float(each.y) if each.yref == "paper" else (each.y - low) / (high - low)
        y += (each.yshift or 0) / 150
        width = len(each.text) * LETTER
        left = x if each.xanchor == "left" else x - width
        bottom = y if each.yanchor == "bottom" else y - 0.1
        found[each.text] = (left, bottom, left + width, bottom + 0.1)
    return found


def overlapping(pen: Pen) -> list[tuple[str, str]]:
    return [
        (one, other)
        for (one, a), (other, b) in combinations(boxes(pen).items(), 2)
        if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
    ]


def test_limits_that_are_close_share_a_word_and_others_have_their_own():
    assert words(threshold(pen(230, 180, 230), 207, 195, delay=0)) == ["limite 207 V", "limite 195 V"]
    assert words(threshold(pen(230, 0, 230), 207, 195, delay=0)) == ["limite 207 V / 195 V"]
    assert words(threshold(pen(230, 0, 230), 207, 100, 90, delay=0)) == ["limite 207 V", "limite 100 V / 90 V"]


@pytest.mark.parametrize("first_at", [-40 * MINUTE, -1 * MINUTE, 0, 20 * MINUTE, 58 * MINUTE, 59 * MINUTE])
@pytest.mark.parametrize("limits", [(207, 195), (2.5, 2.0, 1.5, 1.0), (240,), (5.0, 4.99, 4.98)])
def test_no_word_lies_on_another_wherever_the_delay_and_the_limits_are(first_at, limits):
    drawn = pen(230, 0, 120, 3)
    drawn.moment(max(0, first_at), "apparue", faint=True)
    drawn.moment(min(HOUR, max(0, first_at + 2 * MINUTE)), "alarme")
    threshold(drawn, *limits, first_at=first_at, delay=2 * MINUTE)
    assert overlapping(drawn) == []
    assert all(left >= -0.001 and right <= 1.001 for left, _, right, _ in boxes(drawn).values()), boxes(drawn)


def test_three_moments_at_one_instant_are_readable():
    drawn = pen(1, 2)
    for text in ("apparue", "alarme", "limite atteinte"):
        drawn.moment(59 * MINUTE, text)
    drawn.finish()
    assert overlapping(drawn) == []


def test_the_axis_leaves_room_above_and_below_what_is_drawn():
    low, high = threshold(pen(230, 0, 230), 207).figure.layout.yaxis.range
    assert low < -15
    assert high > 250
