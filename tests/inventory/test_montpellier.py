"""Real files of a real city import with their defects named and their positions right."""

import datetime as dt
import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assets.inventory import failures, mapping, reading, table
from assets.inventory.entries import Entries, References
from assets.inventory.failures import Reason
from assets.inventory.importer import apply_file, compare_file
from assets.inventory.projection import Neighbourhood, great_circle
from assets.models import Asset, AssetKind, Site

ROOT = Path(__file__).resolve().parents[2]
HERE = ROOT / "tests/data/montpellier"
EXAMPLES = ROOT / "docs/examples"
WHOLE = Path(os.environ.get("VIGIE_SHARED_DATA", ROOT.parent / "shared/data")) / "montpellier"
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
NEAR = Neighbourhood((3.88, 43.61, 3.88, 43.61))
KINDS = frozenset({"lamp", "camera", "parking_meter", "traffic_light", "defibrillator"})
CAMERAS = "VilleMTP_MTP_CameraSurv.geojson"

needs_whole_files = pytest.mark.skipif(not WHOLE.exists(), reason="the whole files are not on this machine")


def example(name: str, **changes: object) -> mapping.Mapping:
    read = mapping.plain(mapping.read(EXAMPLES / f"montpellier-{name}.toml"))
    return mapping.check({key: value for key, value in {**read, **changes}.items() if value is not None})


def read(path: Path, wanted: mapping.Mapping) -> Entries:
    return reading.build(table.parse(table.load(path), wanted), wanted, References(KINDS, frozenset(), frozenset(), NEAR))


def apart(entries: Entries, reference: Path) -> Iterator[float]:
    """Metres between each asset and the same row of the file in WGS84."""
    features = json.loads(reference.read_text("utf-8"))["features"]
    lon, lat = np.array([feature["geometry"]["coordinates"] for feature in features]).T
    found = np.array([(entry.longitude, entry.latitude) for entry in entries.entries]).T
    return (great_circle(lon, lat, *found) * 1000).tolist()


def detected(entries: Entries) -> dict[str, str]:
    return {one.what: one.write for one in entries.detected if one.confirm}


def test_cameras_in_lambert_93_land_where_the_wgs84_file_has_them() -> None:
    entries = read(HERE / CAMERAS, example("cameras"))
    assert len(entries.entries) == 30
    assert max(apart(entries, HERE / "cctv_cameras.geojson")) < 2
    assert entries.entries[3][:3] == ("CAM-C104.08", "Avenue de Fès", "camera")
    assert entries.entries[0].attributes == {"Année": 2004, "LIBQUART": "HOPITAUX-FACULTES", "LIBSQUART": "Hopitaux-Facultés"}


def test_a_projection_nobody_declared_is_named_and_has_to_be_confirmed(montpellier: Site) -> None:
    undeclared = example("cameras", projection=None)
    assert detected(read(HERE / CAMERAS, undeclared)) == {"projection": "projection = 2154"}
    with pytest.raises(failures.UnconfirmedDetection, match=r"projection Lambert-93 \(EPSG:2154\)"):
        apply_file(montpellier, HERE / CAMERAS, undeclared, now=NOW)
    assert not Asset.objects.exists()
    apply_file(montpellier, HERE / CAMERAS, undeclared, now=NOW, accept_detected=True)
    assert Asset.objects.count() == 30


@pytest.mark.parametrize("projection", [4326, 3857, 27572])
def test_a_wrong_projection_is_refused_and_the_right_one_named(projection: int) -> None:
    with pytest.raises(failures.WrongProjection, match=r"as Lambert-93 \(EPSG:2154\) they would lie"):
        read(HERE / CAMERAS, example("cameras", projection=projection))


def test_street_lights_without_identifier_get_a_code_of_their_own() -> None:
    entries = read(HERE / "street_light_supports.geojson", example("street-lights"))
    codes = [entry.code for entry in entries.entries]
    assert len(set(codes)) == 30
    assert [code for code in codes if code.startswith("EP-38794109-436082704")] == [
        f"EP-38794109-436082704{suffix}" for suffix in ("", "-2", "-3", "-4")
    ]
    assert {entry.name for entry in entries.entries} >= {"Lanterne", "Point lumineux"}


def test_parking_meters_are_read_from_windows_1252_with_their_hidden_position() -> None:
    entries = read(HERE / "VilleMTP_MTP_Horodateurs_2011.csv", example("parking-meters"))
    assert (len(entries.entries), entries.refused, detected(entries)) == (31, [], {})
    street = next(entry for entry in entries.entries if entry.attributes["NUMERO"] == "806")
    assert (street.name, street.longitude, street.latitude) == ("Rue Trente Deuxième", 3.8706581, 43.6058034)


def test_what_the_parking_meters_do_not_say_of_themselves_is_detected() -> None:
    bare = example("parking-meters", encoding=None, delimiter=None, decimal=None, projection=None, format=None)
    entries = read(HERE / "VilleMTP_MTP_Horodateurs_2011.csv", bare)
    assert detected(entries) == {"encoding": 'encoding = "cp1252"'}
    assert {one.what: one.value for one in entries.detected} == {
        "format": "csv", "encoding": "Windows-1252", "delimiter": ",", "decimal sign": "comma", "projection": "WGS84 (EPSG:4326)",
    }  # fmt: skip


def test_parking_meters_declared_as_utf8_are_refused() -> None:
    with pytest.raises(failures.NotInEncoding, match="the file reads as Windows-1252"):
        read(HERE / "VilleMTP_MTP_Horodateurs_2011.csv", example("parking-meters", encoding="utf-8"))


def test_junctions_at_zero_zero_are_refused_and_the_others_placed() -> None:
    entries = read(HERE / "VilleMTP_MTP_Signalisation.csv", example("traffic-signals"))
    assert len(entries.entries) == 26
    assert {refusal.reason for refusal in entries.refused} == {Reason.ZERO_POSITION}
    assert len(entries.refused) == 4
    assert entries.entries[0].name == "Passage Piéton / Pont De Lavérune"
    assert not entries.far


def test_defibrillators_with_line_breaks_in_their_cells_keep_their_rows() -> None:
    entries = read(HERE / "VilleMTP_MTP_Defibrillateurs.csv", example("defibrillators"))
    names = {entry.code: entry.name for entry in entries.entries}
    assert names["DEF-22"] == "Plateau sportif de Grammont Terrain 9, 10, 11"
    assert names["DEF-1"] == "Maison de la Prévention Santé"
    assert (entries.row[2], entries.row[3], entries.row[-1]) == (4, 6, 16)


@needs_whole_files
def test_all_street_lights_and_cameras_import_once(montpellier: Site) -> None:
    lights, cameras = WHOLE / "street_light_supports.geojson", WHOLE / "raw/VilleMTP_MTP_CameraSurv" / CAMERAS
    for path, name, count in ((lights, "street-lights", 29_969), (cameras, "cameras", 141)):
        diff = apply_file(montpellier, path, example(name), now=NOW).diff
        assert (len(diff.new), diff.refused, diff.gone) == (count, [], [])
    again = compare_file(montpellier, lights, example("street-lights")).diff
    assert (again.unchanged, again.empty) == (29_969, True), "cameras came between and took nothing away"
    assert Asset.objects.filter(site=montpellier, retired_at=None).count() == 30_110


@needs_whole_files
def test_every_camera_lands_within_two_metres() -> None:
    entries = read(WHOLE / "raw/VilleMTP_MTP_CameraSurv" / CAMERAS, example("cameras"))
    distances = list(apart(entries, WHOLE / "cctv_cameras.geojson"))
    assert len(distances) == 141
    assert max(distances) < 2


@needs_whole_files
@pytest.mark.parametrize(
    ("file", "name", "rows", "refused"),
    [
        ("VilleMTP_MTP_Horodateurs_2011/VilleMTP_MTP_Horodateurs_2011.csv", "parking-meters", 823, 0),
        ("VilleMTP_MTP_Signalisation/VilleMTP_MTP_Signalisation.csv", "traffic-signals", 369, 4),
        ("VilleMTP_MTP_Defibrillateurs/VilleMTP_MTP_Defibrillateurs.csv", "defibrillators", 167, 0),
    ],
)
def test_the_other_raw_files_are_read_whole(file: str, name: str, rows: int, refused: int) -> None:
    entries = read(WHOLE / "raw" / file, example(name))
    assert (len(entries.entries), len(entries.refused), len(entries.far)) == (rows, refused, 0)


def test_the_examples_name_kinds_of_the_catalogue(catalogue: None) -> None:
    assert set(AssetKind.objects.values_list("slug", flat=True)) >= KINDS
