"""A chart draws no line across a time in which nothing was received, and says so there."""

import base64
import datetime as dt

import numpy as np
import pytest

from assets.history import Series
from assets.models import Point, Site
from hypervisor import charts
from tests.factories import NOON, make_asset, make_point, make_site

LOOK = charts.Look("dark", "fr", "Europe/Paris")
MINUTE = dt.timedelta(minutes=1)


def micros(moment: dt.datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def drawn(minutes: list[int], until: int, now: int = 1000, interval: int = 60) -> dict:
    """The figure of a point heard at these minutes after noon, over the period from noon to `until`."""
    site = Site.objects.first() or make_site()
    point = make_point(make_asset(site, f"J-{Point.objects.count()}"), interval=interval)
    at = np.array([micros(NOON + minute * MINUTE) for minute in minutes], np.int64)
    values = np.arange(len(minutes), dtype=float)
    series = Series("raw", at, values, values, values, np.ones(len(minutes), np.int64))
    return charts.point_figure(point, series, (NOON, NOON + until * MINUTE), LOOK, NOON + now * MINUTE)


def silences(figure: dict) -> list[tuple[str, str]]:
    return [(shape["x0"][11:16], shape["x1"][11:16]) for shape in figure["layout"].get("shapes", ())]


@pytest.mark.django_db
def test_a_silence_in_the_middle_breaks_the_line_and_is_marked():
    figure = drawn([*range(11), *range(55, 61)], 60)
    assert silences(figure) == [("13:10", "13:55")]
    packed = figure["data"][-1]["y"]  # as Plotly writes an array of numbers
    assert np.isnan(np.frombuffer(base64.b64decode(packed["bdata"]), packed["dtype"])).sum() == 1
    assert figure["data"][-1]["connectgaps"] is False
    assert "rien reçu" in figure["layout"]["shapes"][0]["label"]["text"]


@pytest.mark.django_db
def test_a_silence_that_lasts_is_marked_up_to_now_and_not_beyond():
    assert silences(drawn([*range(11)], 60, now=30)) == [("13:10", "13:30")]
    assert silences(drawn([*range(11)], 12, now=12)) == []


@pytest.mark.django_db
def test_a_slow_rhythm_is_no_silence():
    assert silences(drawn([0, 10, 20, 30], 30, interval=600)) == []


@pytest.mark.django_db
def test_a_point_that_was_never_heard_has_an_empty_chart_without_a_mark():
    assert silences(drawn([], 60)) == []
