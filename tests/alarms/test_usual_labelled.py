"""A series that somebody else labelled, judged by the engine night by night: what must be found is, and little else is raised."""

import csv
from pathlib import Path

from alarms.site.usual import learned
from bench.anomaly import ANOMALY, WEEKS, Score, Town, as_was, judged, trailing_z
from bench.anomaly_series import WATER_FLOW, Labelled, micros, series_of

PATH = Path(__file__).parent.parent / "data/series/water-flow.csv"


def water_flow() -> Labelled:
    with PATH.open() as text:
        pairs = list(csv.reader(text))[1:]
    return series_of("water-flow", "published", pairs, [tuple(map(micros, each.split())) for each in WATER_FLOW])


def test_a_main_that_runs_dry_is_found_and_nothing_else_is_said_of_it():
    town = Town([water_flow()])
    ((now,),) = judged(town, ANOMALY, (6,), lambda hours, end: learned(hours, "UTC", end, WEEKS))
    ((before,),) = judged(town, ANOMALY, (6,), as_was)
    assert now == Score(strange=1, found=1, false=0, weeks=now.weeks)
    assert before.found == 1
    assert before.false > 10, "what this is worth: the medians and deviations of 0.1.0 raised three times a week for nothing"


def test_the_score_that_this_is_compared_with_is_that_of_the_seven_days_before():
    series = water_flow()
    index = 500
    week = [value for at, value in zip(series.at, series.value, strict=True) if 0 < series.at[index] - at <= 604_800_000_000]
    mean = sum(week) / len(week)
    deviation = (sum((value - mean) ** 2 for value in week) / (len(week) - 1)) ** 0.5
    assert abs(trailing_z(series).value[index] - abs(series.value[index] - mean) / deviation) < 1e-6
