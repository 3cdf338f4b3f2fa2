"""What we encode reads back the same through another implementation of the standard."""

import mapbox_vector_tile
import numpy as np
import shapely
from hypothesis import given
from hypothesis import strategies as st

from assets.mvt import LINE, POLYGON, Layer, shape_commands, varint

RAW = {"y_coord_down": True}
units = st.integers(-96, 4192)


def decoded(layer: Layer) -> list[dict]:
    return mapbox_vector_tile.decode(layer.encode(), default_options=RAW)[layer.name]["features"]


def with_shapes(*geometries: shapely.Geometry) -> Layer:
    layer = Layer("shapes")
    for shape, commands in shape_commands(np.array(geometries)):
        if commands:
            layer.add(shape, commands, b"")
    return layer


def test_a_layer_without_features_is_no_bytes() -> None:
    assert Layer("empty").encode() == b""


@given(st.lists(st.tuples(units, units, st.integers(0, 2**40)), min_size=1, max_size=30))
def test_points_keep_their_place_and_their_id(points: list[tuple[int, int, int]]) -> None:
    layer = Layer("points")
    columns = np.array(points, dtype=np.float64)
    layer.add_points(columns[:, 0], columns[:, 1], [b""] * len(points), [point[2] for point in points])
    assert [(*feature["geometry"]["coordinates"], feature["id"]) for feature in decoded(layer)] == points


def test_properties_keep_their_type_and_empty_ones_are_left_out() -> None:
    layer = Layer("points")
    kept = {"name": "Quai d'été", "level": -2, "big": 2**40, "ratio": 0.5, "lit": True}
    tags = layer.tags([*kept.items(), ("no", None), ("void", "")])
    layer.add_points(np.zeros(1), np.zeros(1), [tags], [1])
    assert decoded(layer)[0]["properties"] == kept


def test_a_value_written_once_is_shared_by_the_features_that_have_it() -> None:
    layer = Layer("points")
    tags = [layer.tags((("kind", "lamp"),)) for _ in range(500)]
    layer.add_points(np.zeros(500), np.zeros(500), tags, range(500))
    assert layer.encode().count(b"lamp") == 1


@given(st.lists(st.lists(st.tuples(units, units), min_size=2, max_size=20, unique=True), min_size=1, max_size=5))
def test_lines_of_several_parts_read_back_point_for_point(parts: list[list[tuple[int, int]]]) -> None:
    layer = with_shapes(shapely.MultiLineString(parts))
    geometry = decoded(layer)[0]["geometry"]
    read = [geometry["coordinates"]] if geometry["type"] == "LineString" else geometry["coordinates"]
    assert [[tuple(point) for point in part] for part in read] == parts


def test_a_polygon_keeps_its_hole_and_its_neighbour_whatever_their_first_winding() -> None:
    ring = shapely.Polygon([(0, 0), (0, 400), (400, 400), (400, 0)], [[(100, 100), (200, 100), (200, 200), (100, 200)]])
    both = shapely.MultiPolygon([ring, shapely.box(1000, 1000, 1100, 1100)])
    feature = decoded(with_shapes(both))[0]
    assert shapely.geometry.shape(feature["geometry"]).equals(both)


def test_mixed_shapes_stay_with_their_own_feature() -> None:
    found = shape_commands(np.array([shapely.box(0, 0, 9, 9), shapely.LineString([(0, 0), (5, 5)]), shapely.box(3, 3, 7, 7)]))
    assert [shape for shape, _ in found] == [POLYGON, LINE, POLYGON]
    assert len(decoded(with_shapes(shapely.box(0, 0, 9, 9), shapely.box(3, 3, 7, 7)))) == 2


def test_what_is_smaller_than_a_unit_has_no_commands() -> None:
    tiny = np.array([shapely.box(1, 1, 1.2, 1.2), shapely.LineString([(4, 4), (4.1, 4.1)])])
    assert [commands for _, commands in shape_commands(tiny)] == [b"", b""]


@given(st.integers(0, 2**63 - 1))
def test_a_varint_says_its_number_in_groups_of_seven_bits(number: int) -> None:
    out = varint(number)
    assert sum((byte & 127) << (7 * place) for place, byte in enumerate(out)) == number
    assert all(byte > 127 for byte in out[:-1])
    assert out[-1] < 128
