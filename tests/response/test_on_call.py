"""Who is on call: turns, layers, holidays and overrides, on clocks that change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from response.notification import oncall, spec
from response.notification.oncall import Override, Watch
from response.rota import REGIONS

PARIS = ZoneInfo("Europe/Paris")
WEEK = dt.timedelta(days=7)


def at(text: str) -> dt.datetime:
    """An instant by the clocks of Paris."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


def rota(*layers: dict, **told: object) -> spec.Rota:
    return spec.read(spec.Rota, {"name": "Astreinte", "layers": list(layers), **told})


WEEKLY = {"people": ["ana", "bob", "eve"], "starts": "2026-01-05T08:00:00"}


def test_people_take_turns_at_the_hand_over_and_begin_again_after_the_last():
    weekly = rota(WEEKLY)
    asked = [
        "2026-01-05T07:59",
        "2026-01-05T08:00",
        "2026-01-12T07:59",
        "2026-01-12T08:00",
        "2026-01-19T08:00",
        "2026-01-26T08:00",
    ]
    assert [oncall.on_call(weekly, PARIS, (), at(each)) for each in asked] == ["", "ana", "ana", "bob", "eve", "ana"]


@pytest.mark.parametrize("starts", ["2026-03-23T08:00:00", "2026-10-19T08:00:00"])
def test_a_hand_over_stays_at_eight_when_the_clocks_change(starts):
    """On 29 March they go forward, on 25 October back."""
    weekly, first = rota(WEEKLY | {"starts": starts}), at(starts)
    after = dt.datetime.fromisoformat(starts) + WEEK
    turns = oncall.timeline(weekly, PARIS, (), first, at((after + WEEK).isoformat()))
    assert [(turn.starts.astimezone(PARIS).hour, turn.person) for turn in turns] == [(8, "ana"), (8, "bob")]
    assert turns[0].ends - turns[0].starts == WEEK + dt.timedelta(hours=-1 if "-03-" in starts else 1)


def test_a_hand_over_in_the_hour_that_comes_twice_is_made_once():
    nightly = rota(WEEKLY | {"starts": "2026-10-24T02:30:00", "every_days": 1})
    turns = oncall.timeline(nightly, PARIS, (), at("2026-10-24T12:00"), at("2026-10-25T12:00"))
    assert [turn.person for turn in turns] == ["ana", "bob"]


def test_the_upper_layer_decides_in_its_hours():
    nights = {"people": ["nina"], "starts": "2026-01-05T00:00:00", "hours": [{"start": "20:00:00", "end": "06:00:00"}]}
    both = rota(WEEKLY, nights)
    asked = ["2026-01-13T19:59", "2026-01-13T20:00", "2026-01-14T05:59", "2026-01-14T06:00"]
    assert [oncall.on_call(both, PARIS, (), at(each)) for each in asked] == ["bob", "nina", "nina", "bob"]


def test_holidays_have_their_own_people():
    whole = {"weekdays": [1, 2, 3, 4, 5, 6, 7]}
    holidays = {"people": ["hugo"], "starts": "2026-01-05T00:00:00", "days": "holidays", "hours": [whole]}
    both = rota(WEEKLY, holidays, holidays=["2026-06-24"])
    asked = ["2026-05-14T12:00", "2026-05-15T12:00", "2026-06-24T12:00"]  # Ascension, the day after, the town's own
    people = [oncall.on_call(both, PARIS, (), at(each)) for each in asked]
    assert [person == "hugo" for person in people] == [True, False, True]


def test_an_override_is_on_top_and_of_two_the_later_one():
    weekly = rota(WEEKLY)
    overrides = [
        Override(at("2026-01-06T08:00"), at("2026-01-08T08:00"), "zoe"),
        Override(at("2026-01-07T08:00"), at("2026-01-09T08:00"), "yan"),
    ]
    turns = oncall.timeline(weekly, PARIS, overrides, at("2026-01-05T08:00"), at("2026-01-12T08:00"))
    assert [turn.person for turn in turns] == ["ana", "zoe", "yan", "ana"]
    assert turns[1] == Watch(at("2026-01-06T08:00"), at("2026-01-07T08:00"), "zoe")


def test_a_time_at_which_nobody_is_on_call_is_told_as_such():
    days = rota(
        {"people": ["ana"], "starts": "2026-01-05T00:00:00", "hours": [{"weekdays": [1], "start": "08:00:00", "end": "18:00:00"}]}
    )
    turns = oncall.timeline(days, PARIS, (), at("2026-01-05T00:00"), at("2026-01-06T00:00"))
    assert [(turn.person, turn.starts.astimezone(PARIS).hour) for turn in turns] == [("", 0), ("ana", 8), ("", 18)]


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        ({"people": []}, "length >= 1"),
        ({"starts": "2026-01-05T08:00:00+01:00"}, "without an offset"),
        ({"every_days": 0}, ">= 1"),
        ({"every_days": 1, "hours": [{}]}, "whole weeks"),
        ({"colour": "red"}, "unknown field"),
    ],
)
def test_what_cannot_be_a_rota_is_refused_by_name(layer, said):
    with pytest.raises(spec.BadDocument, match=said):
        rota(WEEKLY | layer)


@pytest.mark.parametrize(
    ("region", "day"),
    [("57", "2026-04-03T12:00"), ("6AE", "2026-12-26T12:00"), ("972", "2026-05-22T12:00"), ("974", "2026-12-20T12:00")],
)
def test_a_region_has_its_own_holidays(region, day):
    """Good Friday and 26 December in Alsace-Moselle, the abolition of slavery overseas."""
    hugo = {"people": ["hugo"], "starts": "2026-01-05T00:00:00", "days": "holidays", "hours": [{}]}
    people = [oncall.on_call(rota(WEEKLY, hugo, **told), PARIS, (), at(day)) for told in ({"region": region}, {})]
    assert [person == "hugo" for person in people] == [True, False]
    assert oncall.on_call(rota(WEEKLY, hugo, region=region), PARIS, (), at("2026-07-14T12:00")) == "hugo"


def test_the_regions_of_the_form_are_those_of_the_document():
    assert {*spec.Region.__args__} == {"", *REGIONS}
