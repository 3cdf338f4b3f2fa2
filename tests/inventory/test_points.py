"""Points are imported as strictly as assets, and as quickly."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assets.inventory import failures
from assets.inventory.failures import Reason
from assets.inventory.points import apply_points, compare_points
from assets.models import Asset, AssetKind, Point, Site

HEADER = "asset_code,quantity,unit,interval,feed,address,codes,limits\n"
ROWS = (
    'L-1,lamp_state,,300,lamps,L-1/state,"{""0"": ""off"", ""2"": ""failure""}",\n'
    'L-1,power,W,300,lamps,L-1/power,,"{""max"": 120.5}"\n'
    "L-2,power,W,,,,,\n"
)
Write = Callable[[str | bytes], Path]


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
