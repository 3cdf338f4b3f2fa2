"""What happens in the worlds of wide_worlds.py, for Hypothesis: readings, events, waits."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from tests.engine.wide_worlds import Event
from tests.engine.worlds import (
    START,
    TICK,
    Hear,
    Reading,
    Wait,
    scripts,
)


@st.composite
def events(draw: st.DrawFn, now: int) -> Event:
    return Event(
        kind=draw(st.sampled_from(["door", "plate"])),
        asset=draw(st.sampled_from([1, 1, 2, 3, 4, None])),
        feed=draw(st.integers(1, 2)),
        at=now - draw(st.sampled_from([0, 0, 0, 0, 0, TICK, 3 * TICK, 40 * TICK, -TICK, -31 * TICK])),
        received=now,
        attributes=draw(
            st.sampled_from([{}, {"plate": "AB", "ok": True}, {"plate": "AB", "ok": True}, {"plate": "CD", "ok": False}])
        ),
        cut=draw(st.booleans()),
    )


@st.composite
def wide_scripts(draw: st.DrawFn, points: int) -> list[Reading | Wait | Hear | Event]:
    """A script of readings with events strewn in; some come late, and some from the future."""
    script: list[Reading | Wait | Hear | Event] = []
    for entry in draw(scripts(points)):
        script.append(entry)
        now = entry.received if isinstance(entry, Reading | Hear) else entry.now
        if draw(st.booleans()):
            script.append(draw(events(now)))
    return script


@st.composite
def steady_scripts(draw: st.DrawFn, points: int) -> list[Reading | Wait | Hear | Event]:
    """One or two points that speak every ten seconds or so, mostly at once: windows fill, trends show."""
    script: list[Reading | Wait | Hear | Event] = []
    now, level = START, 0.0
    speaking = draw(st.integers(1, min(points, 2)))
    for _ in range(draw(st.integers(10, 60))):
        now += draw(st.sampled_from([TICK, TICK, TICK, 2 * TICK, 4 * TICK, TICK // 10]))
        level += draw(st.sampled_from([0.0, 0.5, 0.5, 1.0, -0.5, -1.0]))
        late = draw(st.sampled_from([0, 0, 0, 0, TICK, 30 * TICK]))
        if draw(st.integers(0, 7)) == 0:
            script.append(Wait(now))
        point, value = draw(st.integers(1, speaking)), draw(st.sampled_from([level, level, level, math.nan]))
        script.append(Reading(point, now - late, value, draw(st.sampled_from([0, 0, 0, 1, 2])), now, draw(st.booleans())))
    return script


@st.composite
def meter_scripts(draw: st.DrawFn, points: int) -> list[Reading | Wait | Hear | Event]:
    """Meters that speak once or twice an hour or so, restart, answer nothing and come back."""
    script: list[Reading | Wait | Hear | Event] = []
    now, shown = START, [4.0] * points
    for _ in range(draw(st.integers(4, 30))):
        now += draw(st.sampled_from([180, 180, 179, 181, 90, 360, 366, 60, 1, 540])) * TICK
        for point in range(points):
            shown[point] += draw(st.sampled_from([0.0, 1.0, 1.0, 2.0, 5.0, 5.0, -0.25]))
            if draw(st.integers(0, 9)) == 0:
                shown[point] = 0.0
            value = draw(st.sampled_from([shown[point]] * 8 + [0.0, 900.0]))
            quality = draw(st.sampled_from([0] * 8 + [2]))
            script.append(Reading(point + 1, now, value, quality, now, draw(st.booleans())))
        if draw(st.integers(0, 7)) == 0:
            script.append(Wait(now))
    return script


@st.composite
def eventful_scripts(draw: st.DrawFn, points: int) -> list[Reading | Wait | Hear | Event]:
    """Mostly events, and time that passes."""
    script: list[Reading | Wait | Hear | Event] = []
    now = START
    for _ in range(draw(st.integers(5, 50))):
        now += draw(st.sampled_from([0, TICK, TICK, 3 * TICK, 9 * TICK]))
        what = draw(st.integers(0, 6))
        if what == 0:
            script.append(Wait(now))
        elif what == 1:
            point, value = draw(st.integers(1, points)), draw(st.sampled_from([0.0, 1.0, 3.0]))
            script.append(Reading(point, now - draw(st.sampled_from([0, 0, TICK])), value, 0, now, draw(st.booleans())))
        else:
            script.append(draw(events(now)))
    return script
