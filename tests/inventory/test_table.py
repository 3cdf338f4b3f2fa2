"""Files as people send them, and as people attack with them: a table or one clear refusal, never a crash."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.inventory import table
from assets.inventory.failures import (
    BrokenJson,
    BrokenTable,
    EmptyFile,
    InventoryFailure,
    NotGeoJson,
    Reason,
    RepeatedColumn,
    TooManyCells,
    TooManyColumns,
)
from assets.inventory.mapping import Fields, Mapping

ANY = Mapping(fields=Fields())


def geojson(*features: object, **members: object) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features, **members}).encode()


def point(x: object, y: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [x, y]}}


def test_rows_are_numbered_as_a_person_counts_lines() -> None:
    read = table.parse(b'code,name\n1,"two\nlines"\n\n2,b\n', ANY)
    assert read.columns == {"code": ["1", "2"], "name": ["two\nlines", "b"]}
    assert read.row == [2, 5]


def test_rows_with_too_many_or_too_few_cells_are_refused_alone() -> None:
    read = table.parse(b"code;name\n1;a\n2\n3;c;c\n", ANY)
    assert read.columns["code"] == ["1"]
    assert [(refusal.row, refusal.reason) for refusal in read.refused] == [(3, Reason.CELLS), (4, Reason.CELLS)]
    assert read.refused[0].sentence == "it has 1 cells, the header has 2"


def test_a_quote_that_never_ends_is_refused_with_its_line() -> None:
    with pytest.raises(BrokenTable, match="past line 2"):
        table.parse(b'code,name\n1,a\n2,"b\n3,c\n', ANY)


def test_an_endless_cell_is_refused() -> None:
    with pytest.raises(BrokenTable, match="field larger than field limit"):
        table.parse(b"code,name\n1," + b"a" * 1_000_000, ANY)


def test_a_column_that_occurs_twice_is_refused() -> None:
    with pytest.raises(RepeatedColumn):
        table.parse(b'"NOM,C,2","NOM,C,3"\n1,2\n', ANY)


def test_a_million_columns_are_refused_before_they_are_compared_with_each_other() -> None:
    with pytest.raises(TooManyColumns):
        table.parse(b",".join(b"c%d" % n for n in range(1_000_000)) + b"\n" + b"," * 999_999, ANY)


def test_features_that_each_bring_their_own_properties_are_refused() -> None:
    features = [point(2, 48, **{f"p{row}-{column}": 1 for column in range(20)}) for row in range(100)]
    with pytest.raises(TooManyColumns):
        table.parse(geojson(*features), ANY)


def test_a_file_of_empty_cells_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MAX_CELLS", 100)
    assert len(table.parse(b"a,b,c,d\n" + b",,,x\n" * 25, ANY)) == 25
    with pytest.raises(TooManyCells):
        table.parse(b"a,b,c,d\n" + b",,,x\n" * 26, ANY)
    with pytest.raises(TooManyCells):
        table.parse(geojson(*(point(2, 48, a=1, b=2, c=3, d=4) for _ in range(26))), ANY)


@pytest.mark.parametrize("data", [b"", b" \n\n", b"code,name\n", b'{"type":"FeatureCollection","features":[]}', b"\xef\xbb\xbf"])
def test_a_file_without_rows_is_refused(data: bytes) -> None:
    with pytest.raises(EmptyFile):
        table.parse(data, ANY)


@pytest.mark.parametrize(
    ("data", "failure"),
    [
        (b'{"type": "Topology", "objects": {}}', NotGeoJson),
        (b'{"type": "Feature", "features": []}', NotGeoJson),
        (b"[1, 2]", NotGeoJson),
        (b'{"type": "FeatureCollection", "features": {"a": 1}}', NotGeoJson),
        (b'{"type": "FeatureCollection", "features": [', BrokenJson),
        (b'{"type": "FeatureCollection", "features": [' + b"[" * 200_000, BrokenJson),
        (b"{" * 200_000, BrokenJson),
    ],
)
def test_json_that_is_no_collection_is_refused(data: bytes, failure: type[InventoryFailure]) -> None:
    with pytest.raises(failure):
        table.parse(data, ANY)


def test_a_bomb_of_brackets_is_one_refused_feature() -> None:
    bomb = b'{"type":"Feature","geometry":null,"properties":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    data = b'{"type":"FeatureCollection","features":[' + json.dumps(point(1, 2)).encode() + b"," + bomb + b"]}"
    try:
        read = table.parse(data, ANY)
    except BrokenJson:
        return  # also a clear answer
    assert read.row == [1]
    assert [refusal.reason for refusal in read.refused] == [Reason.BROKEN_GEOMETRY]


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": []},
        {"type": "Point", "coordinates": ["3.8", "43.6"]},
        {"type": "Point", "coordinates": [True, False]},
        {"type": "Point"},
        {"type": "Nonsense", "coordinates": [1, 2]},
        {"type": "Polygon", "coordinates": [[1, 2]]},
        {"type": "Polygon", "coordinates": []},
        {"coordinates": [1, 2]},
        [1, 2],
        "here",
    ],
)
def test_a_broken_geometry_is_refused_alone(geometry: object) -> None:
    read = table.parse(geojson(point(1, 2, a="x"), {"type": "Feature", "properties": {}, "geometry": geometry}), ANY)
    assert read.row == [1]
    assert [(refusal.row, refusal.reason) for refusal in read.refused] == [(2, Reason.BROKEN_GEOMETRY)]


@pytest.mark.parametrize("number", [b"1e999", b"NaN", b"Infinity", b"1" * 500])
def test_a_coordinate_that_is_not_finite_never_gets_through(number: bytes) -> None:
    data = geojson(point(1, 2), point("@", 2)).replace(b'"@"', number)
    try:
        read = table.parse(data, ANY)
    except BrokenJson:
        return
    assert read.row == [1]


def test_shapes_stand_where_a_point_inside_them_is() -> None:
    ring = [[0, 0], [10, 0], [10, 10], [8, 10], [8, 2], [0, 2], [0, 0]]  # an L, whose centroid may lie outside
    read = table.parse(
        geojson({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}}), ANY
    )
    assert read.shapes == 1
    assert 0 < read.x[0] < 10
    assert read.y[0] < 2 or read.x[0] > 8


def test_features_with_other_properties_share_one_table() -> None:
    read = table.parse(geojson({**point(1, 2, a="x"), "id": 7}, point(3, 4, b=2.5)), ANY)
    assert read.columns == {"a": ["x", None], "b": [None, 2.5], "@id": [7, None]}


@pytest.mark.parametrize(
    ("name", "epsg"),
    [("urn:ogc:def:crs:EPSG::2154", 2154), ("EPSG:3857", 3857), ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326), ("local grid", None)],
)
def test_the_projection_a_file_names_itself_is_heard(name: str, epsg: int | None) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    assert table.parse(geojson(point(1, 2), crs=crs), ANY).crs == epsg


@given(st.binary(max_size=400), st.sampled_from(["csv", "geojson", ""]))
def test_any_bytes_make_a_table_or_a_refusal(data: bytes, format: str) -> None:
    try:
        read = table.parse(data, Mapping(fields=Fields(), format=format))
    except InventoryFailure:
        return
    assert all(len(column) == len(read) for column in read.columns.values())


@given(st.text(alphabet='a1,;"\n\r\t|', max_size=60))
def test_any_text_makes_a_table_or_a_refusal(words: str) -> None:
    try:
        read = table.parse(words.encode(), ANY)
    except InventoryFailure:
        return
    assert all(len(column) == len(read) for column in read.columns.values())
