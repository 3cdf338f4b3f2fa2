"""Coordinates nobody named: told by where they would land."""

import numpy as np
import pytest
from pyproj import Transformer

from assets.inventory.failures import (
    AmbiguousProjection,
    PositionsElsewhere,
    UndeclaredProjection,
    UnknownProjection,
    WrongProjection,
)
from assets.inventory.projection import KNOWN, Neighbourhood, Projection, detect, to_degrees, verify

MONTPELLIER = Neighbourhood((3.81, 43.57, 3.94, 43.65))
NOWHERE = Neighbourhood(None)
LON, LAT = np.linspace(3.82, 3.93, 40), np.linspace(43.58, 43.64, 40)


def projected(epsg: int, lon: np.ndarray = LON, lat: np.ndarray = LAT) -> tuple[np.ndarray, np.ndarray]:
    return Transformer.from_crs(4326, epsg, always_xy=True).transform(lon, lat)


@pytest.mark.parametrize("epsg", [epsg for epsg in KNOWN if epsg not in (2975, 5490, 2972)])
def test_each_projection_in_use_is_told_from_the_others_near_the_site(epsg: int) -> None:
    x, y = projected(epsg)
    assert detect(x, y, MONTPELLIER) == Projection(epsg)
    lon, lat = to_degrees(x, y, Projection(epsg))
    assert np.abs(lon - LON).max() < 2e-5
    assert np.abs(lat - LAT).max() < 2e-5


def test_latitude_before_longitude_is_told() -> None:
    assert detect(LAT, LON, MONTPELLIER) == Projection(4326, swapped=True)
    x, y = projected(2154)
    assert detect(y, x, MONTPELLIER) == Projection(2154, swapped=True)


def test_degrees_are_told_without_knowing_where_the_site_is() -> None:
    assert detect(LON, LAT, NOWHERE) == Projection(4326)


def test_metres_that_could_be_two_projections_are_not_chosen_between() -> None:
    x, y = projected(2154)
    with pytest.raises(AmbiguousProjection, match=r"Lambert-93.*Web Mercator"):
        detect(x, y, NOWHERE)


def test_a_few_absurd_positions_do_not_hide_the_projection() -> None:
    x, y = projected(2154)
    x[:8], y[:8] = 0, 0
    x[8:12], y[8:12] = np.nan, 1e300
    assert detect(x, y, MONTPELLIER) == Projection(2154)


def test_metres_that_land_nowhere_near_are_refused() -> None:
    with pytest.raises(UnknownProjection, match=r"such as 12, 34"):
        detect(np.full(3, 12.0), np.full(3, 34.0), MONTPELLIER)


def test_a_declaration_the_data_contradict_is_refused_with_the_better_one() -> None:
    x, y = projected(2154)
    with pytest.raises(WrongProjection, match=r"declared as WGS84 .* as Lambert-93"):
        verify(x, y, Projection(4326), MONTPELLIER)
    with pytest.raises(WrongProjection, match=r"as WGS84 \(EPSG:4326\) with latitude first they would lie 0 km"):
        verify(LAT, LON, Projection(4326), MONTPELLIER)


def test_positions_of_another_town_are_refused_when_no_projection_is_better() -> None:
    with pytest.raises(PositionsElsewhere):
        verify(LON + 20, LAT + 20, Projection(4326), MONTPELLIER)


def test_a_declaration_that_fits_passes() -> None:
    verify(*projected(3943), Projection(3943), MONTPELLIER)
    verify(LON - 70, LAT, Projection(4326), NOWHERE)


def test_a_number_that_is_no_projection_is_refused() -> None:
    with pytest.raises(UndeclaredProjection):
        to_degrees(LON, LAT, Projection(9))
