"""Workbooks, GeoPackages and lines of GeoJSON as GDAL writes them, from the open data of Montpellier (tests/data/montpellier)."""

import io
import json
import sqlite3
import subprocess
import zipfile
from pathlib import Path

import pytest
import shapely

from assets.inventory import codes, failures, files, mapping, packed, reading
from assets.inventory.entries import References
from assets.inventory.failures import InventoryFailure
from assets.inventory.projection import Neighbourhood, Projection, to_degrees
from assets.inventory.table import Table

HERE = Path(__file__).resolve().parents[1] / "data/montpellier"
CAMERAS = HERE / "cctv_cameras.geojson"
NEAR = Neighbourhood((3.88, 43.61, 3.88, 43.61))
KNOWN = References(frozenset({"lamp", "camera"}), frozenset(), frozenset(), NEAR)
ANY = mapping.Mapping(fields=mapping.Fields())


def written(path: Path, form: str, *options: str, source: Path = CAMERAS) -> Path:
    subprocess.run(["ogr2ogr", "-f", form, path, source, *options], check=True, capture_output=True)
    return path


def read(path: Path, wanted: mapping.Mapping = ANY) -> Table:
    return files.parse(path.read_bytes(), wanted)


@pytest.fixture(scope="module")
def plain() -> Table:
    """The cameras as the file itself has them."""
    return read(CAMERAS)


def test_a_geopackage_in_lambert_93_holds_the_same_places(plain: Table, tmp_path: Path) -> None:
    packed_table = read(written(tmp_path / "c.gpkg", "GPKG", "-t_srs", "EPSG:2154"))
    assert (packed_table.crs, len(packed_table)) == (2154, len(plain))
    native = mapping.check({**mapping.plain(mapping.NATIVE), "fields": {"code": "@id", "kind": {"constant": "camera"}}})
    entries = reading.build(packed_table, mapping.check({**mapping.plain(native), "projection": 0, "format": ""}), KNOWN).entries
    assert [(round(one.longitude, 5), round(one.latitude, 5)) for one in entries] == [
        (round(x, 5), round(y, 5)) for x, y in zip(plain.x, plain.y, strict=True)
    ]


def test_a_geopackage_of_several_layers_asks_which(tmp_path: Path) -> None:
    path = written(tmp_path / "c.gpkg", "GPKG", "-nln", "cameras")
    written(path, "GPKG", "-update", "-nln", "mats", source=HERE / "street_light_supports.geojson")
    with pytest.raises(failures.SeveralLayers, match="cameras, mats"):
        read(path)
    assert len(read(path, mapping.Mapping(fields=mapping.Fields(), layer="cameras"))) == len(read(CAMERAS))
    with pytest.raises(failures.UnknownLayer):
        read(path, mapping.Mapping(fields=mapping.Fields(), layer="absent"))


def test_a_workbook_holds_the_columns_of_the_file(plain: Table, tmp_path: Path) -> None:
    book = read(written(tmp_path / "c.xlsx", "XLSX"))
    assert set(plain.columns) - {"@id"} <= set(book.columns)
    assert len(book) == len(plain)


def test_a_zipped_shapefile_in_lambert_93_holds_the_same_places(plain: Table, tmp_path: Path) -> None:
    written(tmp_path / "cams.shp", "ESRI Shapefile", "-t_srs", "EPSG:2154")
    with zipfile.ZipFile(tmp_path / "cams.zip", "w") as archive:
        for part in tmp_path.glob("cams.*"):
            if part.suffix != ".zip":
                archive.write(part, f"export/{part.name.upper()}")
    read_back = read(tmp_path / "cams.zip")
    assert (read_back.crs, len(read_back)) == (2154, len(plain))
    lon, lat = to_degrees(read_back.x, read_back.y, Projection(2154))
    assert lon == pytest.approx(plain.x, abs=1e-6)
    assert lat == pytest.approx(plain.y, abs=1e-6)
    assert [len(cells) for cells in read_back.columns.values()] == [len(plain)] * len(read_back.columns)


@pytest.mark.parametrize("name", ["districts", "lines"])
def test_shapes_of_a_shapefile_stand_inside_themselves(tmp_path: Path, name: str) -> None:
    ring = [[3.0, 43.0], [3.0, 44.0], [4.0, 44.0], [4.0, 43.0], [3.0, 43.0]]
    hole = [[3.1, 43.1], [3.9, 43.1], [3.9, 43.9], [3.1, 43.9], [3.1, 43.1]]
    shape = (
        {"type": "Polygon", "coordinates": [ring, hole]} if name == "districts" else {"type": "LineString", "coordinates": ring}
    )
    source = tmp_path / "s.geojson"
    feature = {"type": "Feature", "properties": {"code": "D"}, "geometry": shape}
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    written(tmp_path / "s.shp", "ESRI Shapefile", source=source)
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        for suffix in ("shp", "dbf", "prj"):
            archive.write(tmp_path / f"s.{suffix}", f"s.{suffix}")
    found = read(tmp_path / "s.zip")
    (x,), (y,) = found.x, found.y
    assert (found.crs, found.shapes, found.columns["code"]) == (4326, 1, ["D"])
    assert shapely.distance(shapely.from_geojson(json.dumps(shape)), shapely.Point(x, y)) < 1e-9


def test_placemarks_of_kml_are_rows(plain: Table, tmp_path: Path) -> None:
    path = written(tmp_path / "c.kml", "KML")
    found = read(path)
    assert list(found.x) == pytest.approx(list(plain.x))
    assert set(plain.columns) - {"@id"} <= set(found.columns) | {"name", "description"}
    with zipfile.ZipFile(tmp_path / "c.kmz", "w") as archive:
        archive.write(path, "doc.kml")
    assert len(read(tmp_path / "c.kmz")) == len(plain)


def sheet(*rows: str, styles: str = "") -> bytes:
    """A workbook of one sheet with these rows of cells."""
    cells = "".join(f'<row r="{number}">{row}</row>' for number, row in enumerate(rows, 1))
    name = "http://schemas.openxmlformats.org"
    main = f'xmlns="{name}/spreadsheetml/2006/main" xmlns:r="{name}/officeDocument/2006/relationships"'
    parts = {
        "xl/workbook.xml": f'<workbook {main}><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{cells}</sheetData></worksheet>",
        "xl/styles.xml": f"<styleSheet {main}>{styles}</styleSheet>",
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, text in parts.items():
            archive.writestr(part, text)
    return stream.getvalue()


HEADER = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in ("code", "name", "kind", "longitude", "latitude"))
STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="00000"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/></cellXfs>'
)


def row(code: str) -> str:
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'.format
    return code + text("a") + text("lamp") + "<c><v>3.88</v></c><c><v>43.61</v></c>"


def test_codes_that_a_spreadsheet_rewrote_are_named_and_hidden_zeros_come_back() -> None:
    data = sheet(
        HEADER,
        row('<c s="1"><v>46025</v></c>'),
        row('<c s="2"><v>12</v></c>'),
        row("<c><v>1.23456789012345E+17</v></c>"),
        row('<c t="inlineStr"><is><t>1,23E+12</t></is></c>'),
        row("<c><v>77</v></c>"),
        styles=STYLES,
    )
    entries = reading.build(files.parse(data, mapping.NATIVE), mapping.NATIVE, KNOWN)
    assert [one.code for one in entries.entries] == ["2026-01-03", "00012", "123456789012345000", "1,23E+12", "77"]
    remarks = codes.remarks(zip(entries.row, (one.code for one in entries.entries), strict=True), ["0077"])
    assert [(one.row, one.doubt.name) for one in remarks] == [(2, "DATE"), (4, "ROUNDED"), (5, "POWER"), (6, "ZEROS")]


def bomb() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range((packed.MAX_UNPACKED >> 24) + 1):
            part.write(bytes(1 << 24))
    return stream.getvalue()


def replaced(data: bytes, text: str) -> bytes:
    """A workbook with another first part."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(stream, "w") as new:
        for part in old.namelist():
            new.writestr(part, text if part == "xl/workbook.xml" else old.read(part))
    return stream.getvalue()


LAUGHS = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><workbook>&c;</workbook>'
REFUSED = {
    "cut": (lambda: sheet(HEADER)[:200], failures.BinaryFile),
    "other zip": (lambda: replaced(sheet(HEADER), "<workbook/>"), failures.BrokenContainer),
    "laughs": (lambda: replaced(sheet(HEADER), LAUGHS), failures.ForbiddenXml),
    "bomb": (bomb, failures.UnpackedTooLarge),
    "empty": (lambda: sheet(HEADER), failures.EmptyFile),
    "no database": (lambda: b"SQLite format 3\0" + bytes(2000), failures.BrokenContainer),
    "laughing kml": (lambda: b"<?xml version='1.0'?>" + LAUGHS.replace("workbook", "kml").encode(), failures.ForbiddenXml),
    "cut kml": (lambda: b"<kml><Placemark>", failures.BrokenContainer),
    "old workbook": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), failures.BinaryFile),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_name(name: str) -> None:
    make, failure = REFUSED[name]
    with pytest.raises(InventoryFailure) as raised:
        files.parse(make(), mapping.NATIVE)
    assert type(raised.value) is failure


def test_nothing_that_a_database_of_a_stranger_computes_is_run(tmp_path: Path) -> None:
    path = written(tmp_path / "c.gpkg", "GPKG", "-nln", "cameras")
    with sqlite3.connect(path) as database:
        database.execute("ALTER TABLE cameras ADD COLUMN grown AS (hex(zeroblob(8000000)))")
    database.close()
    assert "grown" not in read(path).columns


def test_features_one_a_line_are_read_and_a_broken_one_is_its_own_refusal(plain: Table, tmp_path: Path) -> None:
    lines = written(tmp_path / "c.geojsonl", "GeoJSONSeq").read_bytes()
    assert len(files.parse(lines, ANY)) == len(plain)
    marked = written(tmp_path / "c.geojsons", "GeoJSONSeq", "-lco", "RS=YES").read_bytes()
    assert list(files.parse(marked, ANY).x) == list(plain.x)
    broken = files.parse(lines + b'{"type": "Feature", "geom\n', ANY)
    assert (len(broken), [one.row for one in broken.refused]) == (len(plain), [len(plain) + 1])
