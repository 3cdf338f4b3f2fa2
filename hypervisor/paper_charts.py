"""Charts for paper as SVG: bars with their numbers and limits, and the same in words for who does not see them. Pure."""

from collections.abc import Sequence
from html import escape

from alarms.engine.figures import number

WIDTH, HEIGHT = 680, 190
_LEFT, _RIGHT, _TOP, _FOOT = 44, 8, 12, 26
INK, QUIET = "#000", "#3b434a"


def bars(
    names: Sequence[str], values: Sequence[float], *, title: str, language: str, limits: Sequence[tuple[str, float]] = (),
    colours: Sequence[str] = (), digits: int = 0,
) -> str:  # fmt: skip
    """One bar for each name; `limits`: words and height of lines across. Its numbers are said in its description."""
    top = max([*values, *(height for _, height in limits), 1e-9]) * 1.08
    plot_width, plot_height = WIDTH - _LEFT - _RIGHT, HEIGHT - _TOP - _FOOT
    step = plot_width / max(len(names), 1)
    every = max(1, round(len(names) / 16))
    parts = [_line(_LEFT, HEIGHT - _FOOT, WIDTH - _RIGHT, HEIGHT - _FOOT, INK, "")]
    for place, (name, value) in enumerate(zip(names, values, strict=True)):
        x, tall = _LEFT + place * step, plot_height * value / top
        colour = colours[place] if colours else "#4b6a88"
        parts.append(
            f'<rect x="{x + step * 0.12:.1f}" y="{HEIGHT - _FOOT - tall:.1f}" width="{step * 0.76:.1f}" height="{tall:.1f}" '
            f'fill="{colour}" stroke="{INK}" stroke-width="0.4"/>'
        )
        middle = x + step / 2
        if place % every == 0:
            parts.append(_text(middle, HEIGHT - _FOOT + 13, name, "middle", QUIET))
        if len(names) <= 16:
            parts.append(_text(middle, HEIGHT - _FOOT - tall - 3, number(value, language, digits), "middle", INK))
    for words, height in limits:
        y = HEIGHT - _FOOT - plot_height * height / top
        parts.append(_line(_LEFT, y, WIDTH - _RIGHT, y, INK, "4 3"))
        parts.append(_text(WIDTH - _RIGHT, y - 3, f"{words} {number(height, language, 0)}", "end", INK))
    parts.append(_text(_LEFT - 6, _TOP + 6, number(top / 1.08, language, digits), "end", QUIET))
    parts.append(_text(_LEFT - 6, HEIGHT - _FOOT, "0", "end", QUIET))
    label = escape(_described(names, values, title, language, limits, digits), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{label}"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _described(
    names: Sequence[str], values: Sequence[float], title: str, language: str, limits: Sequence[tuple[str, float]], digits: int
) -> str:
    said = ", ".join(f"{name} {number(value, language, digits)}" for name, value in zip(names, values, strict=True))
    lines = "".join(f" ; {words} {number(height, language, 0)}" for words, height in limits)
    colon = ":" if language == "en" else " :"
    return f"{title}{colon} {said}{lines}"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="0.7"{dashed}/>'


def _text(x: float, y: float, words: str, anchor: str, colour: str) -> str:
    look = f'font-size="9" font-family="Inter" text-anchor="{anchor}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(words)}</text>'
