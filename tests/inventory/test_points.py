"""Points are imported as strictly as assets, and as quickly."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from assets.inventory import failures
from assets.inventory.failures import Reason
from assets.inventory.points import apply_points, compare_points
from assets.models import Asset, AssetKind, Latest, Point, Site

HEADER = "asset_code,quantity,unit,interval,feed,address,codes,limits\n"
ROWS = (
    'L-1,lamp_state,,300,lamps,L-1/state,"{""0"": ""off"", ""2"": ""failure""}",\n'
    'L-1,power,W,300,lamps,L-1/power,,"{""max"": 120.5}"\n'
    "L-2,power,W,,,,,\n"
)
Write = Callable[[str | bytes], Path]
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def lamps(site: Site) -> Site:
    kind = AssetKind.objects.get(slug="lamp")
    for code in ("L-1", "L-2"):
        Asset.objects.create(site=site, code=code, name=code, kind=kind, longitude=2.24, latitude=48.89)
    return site


def test_points_are_made_with_their_feed_codes_and_limits(lamps: Site, write: Write) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    state, power = Point.objects.get(address="L-1/state"), Point.objects.get(address="L-1/power")
    assert (state.asset.code, state.codes, state.interval, state.feed.slug) == ("L-1", {"0": "off", "2": "failure"}, 300, "lamps")
    assert (power.unit, power.limits) == ("W", {"max": 120.5})
    bare = Point.objects.get(asset__code="L-2")
    assert (bare.feed, bare.address, bare.interval) == (None, "", 60)
    lamps.refresh_from_db()
    assert lamps.inventory_version == 2


def test_the_same_points_again_change_nothing(lamps: Site, write: Write) -> None:
    path = write(HEADER + ROWS)
    apply_points(lamps, path)
    again = apply_points(lamps, path)
    assert (again.new, again.changed, again.unchanged) == ([], [], 3)
    lamps.refresh_from_db()
    assert lamps.inventory_version == 2


def test_two_points_can_exchange_their_addresses(lamps: Site, write: Write) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    swapped = ROWS.replace("L-1/state", "@").replace("L-1/power", "L-1/state").replace("@", "L-1/power")
    assert len(apply_points(lamps, write(HEADER + swapped)).changed) == 2
    assert Point.objects.get(quantity="power", asset__code="L-1").address == "L-1/state"


BAD = (
    (",power,,,,,,\n", Reason.NO_CODE),
    ("L-9,power,,,,,,\n", Reason.UNKNOWN_ASSET),
    ("L-2,,,,,,,\n", Reason.NO_QUANTITY),
    ("L-2,lamp état,,,,,,\n", Reason.BAD_QUANTITY),
    ("L-2,power,,,,,,\n", Reason.REPEATED_POINT),
    ("L-2,a,,0,,,,\n", Reason.BAD_INTERVAL),
    ("L-2,a,,99999999999999,,,,\n", Reason.BAD_INTERVAL),
    ("L-2,a,,1.5,,,,\n", Reason.BAD_INTERVAL),
    ("L-2,a,,,nobody,x,,\n", Reason.UNKNOWN_FEED),
    ("L-2,a,,,,x,,\n", Reason.NO_FEED),
    ("L-2,a,,,lamps,L-1/state,,\n", Reason.REPEATED_ADDRESS),
    ("L-2,a,furlongs per fortnight,,,,,\n", Reason.TOO_LONG),
    ("L-2,a,,,,,[1],\n", Reason.BROKEN_JSON),
    ("L-2,a,,,,,,{\n", Reason.BROKEN_JSON),
)


@pytest.mark.parametrize(
    ("row", "reason"), BAD, ids=[f"{number}-{reason.name.lower()}" for number, (_, reason) in enumerate(BAD)]
)
def test_a_point_that_cannot_be_is_refused_and_then_nothing_is_written(
    lamps: Site, write: Write, row: str, reason: Reason
) -> None:
    path = write(HEADER + ROWS + row)
    assert [(refusal.row, refusal.reason) for refusal in compare_points(lamps, path).refused] == [(5, reason)]
    with pytest.raises(failures.RefusedRows):
        apply_points(lamps, path)
    assert not Point.objects.exists()


def test_an_address_held_by_a_point_the_file_does_not_name_is_refused(lamps: Site, write: Write) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    (refusal,) = compare_points(lamps, write(HEADER + "L-2,state,,,lamps,L-1/state,,\n")).refused
    assert refusal.sentence == "the address L-1/state of feed lamps already belongs to L-1 lamp_state"


def test_points_without_a_quantity_column_are_refused(lamps: Site, write: Write) -> None:
    with pytest.raises(failures.MissingColumn):
        compare_points(lamps, write("asset_code,name\nL-1,x\n"))


CHANGED = ROWS.replace("L-1,power,W", "L-1,power,kW")


def test_a_change_of_unit_is_shown_field_by_field_and_asks(lamps: Site, write: Write) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    (change,) = compare_points(lamps, write(HEADER + CHANGED)).changed
    assert (change.row, change.fields, change.changes_meaning) == (3, {"unit": ("W", "kW")}, True)
    with pytest.raises(failures.UnconfirmedUnits, match="L-1 power: W → kW"):
        apply_points(lamps, write(HEADER + CHANGED))
    assert Point.objects.get(address="L-1/power").unit == "W"
    apply_points(lamps, write(HEADER + CHANGED), accept_units=True)
    assert Point.objects.get(address="L-1/power").unit == "kW"


@pytest.mark.parametrize(
    ("row", "asks"),
    [
        ('L-1,lamp_state,,300,lamps,L-1/state,"{""0"": ""on"", ""2"": ""failure""}",\n', "0 = off → on"),
        ('L-1,lamp_state,,300,lamps,L-1/state,"{""2"": ""failure""}",\n', "0 = off → –"),
        ('L-1,power,,300,lamps,L-1/power,,"{""max"": 120.5}"\n', "W → –"),
        ('L-1,lamp_state,,300,lamps,L-1/state,"{""0"": ""off"", ""2"": ""failure"", ""3"": ""worn""}",\n', ""),
        ('L-1,power,W,60,lamps,L-1/other,,"{""max"": 99}"\n', ""),
        ("L-2,power,kW,,,,,\n", "W → kW"),
    ],
)
def test_whatever_makes_numbers_mean_something_else_asks_and_nothing_else_does(
    lamps: Site, write: Write, row: str, asks: str
) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    compared = compare_points(lamps, write(HEADER + row))
    assert len(compared.changed) == 1
    assert [asks in one.shown for one in compared.units] == [True] * bool(asks)


def test_a_first_unit_asks_where_there_are_readings(lamps: Site, write: Write) -> None:
    apply_points(lamps, write("asset_code,quantity\nL-1,level\nL-2,level\n"))
    point = Point.objects.get(asset__code="L-1")
    Latest.objects.create(point=point, at=NOW, received_at=NOW, value=3)
    compared = compare_points(lamps, write("asset_code,quantity,unit\nL-1,level,m\nL-2,level,m\n"))
    assert [one.shown for one in compared.units] == ["L-1 level: – → m"]


def test_what_a_file_has_no_column_for_stays_as_it_is(lamps: Site, write: Write) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    compared = compare_points(lamps, write("asset_code,quantity,interval\nL-1,power,300\nL-2,power,30\n"))
    assert (compared.unchanged, [one.fields for one in compared.changed]) == (1, [{"interval": (60, 30)}])


def test_the_asset_that_a_spreadsheet_has_renamed_is_named(lamps: Site, write: Write) -> None:
    Asset.objects.filter(code="L-1").update(code="00012")
    refused = compare_points(lamps, write("asset_code,quantity\n12,power\nl-2,power\nL-3,power\n")).refused
    assert [one.fields["other"] for one in refused] == ["00012", "L-2", ""]
    assert "but 00012 does: has a spreadsheet changed the code?" in refused[0].sentence


def test_addresses_that_a_spreadsheet_has_rewritten_are_told(lamps: Site, write: Write) -> None:
    apply_points(lamps, write("asset_code,quantity,feed,address\nL-1,power,lamps,AB-7\n"))
    rows = "asset_code,quantity,feed,address\nL-2,power,lamps,1E+05\nL-2,voltage,lamps,ab-7\n"
    assert [(one.row, one.doubt.name) for one in compare_points(lamps, write(rows)).remarks] == [(2, "POWER"), (3, "CASE")]


def test_what_is_confirmed_is_that_very_difference(lamps: Site, write: Write) -> None:
    apply_points(lamps, write(HEADER + ROWS))
    path = write(HEADER + CHANGED)
    shown = compare_points(lamps, path).digest
    Point.objects.filter(address="L-1/power").update(unit="MW")
    with pytest.raises(failures.InventoryMoved):
        apply_points(lamps, path, expected=shown, accept_units=True)
