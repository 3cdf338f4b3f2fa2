"""Both coordinates in one column, rows picked from a national file, and the layouts that French cities share."""

import pytest

from assets.inventory import files, layouts, mapping, positions, reading
from assets.inventory.entries import References
from assets.inventory.failures import BrokenMapping, NoRowPicked, Reason
from assets.inventory.projection import Neighbourhood

KNOWN = References(
    frozenset({"lamp", "ev_charger", "pump", "water_meter"}), frozenset(), frozenset(), Neighbourhood((3.88, 43.61, 3.88, 43.61))
)
PLACES = {
    "POINT (3.88 43.61)": (3.88, 43.61), "SRID=4326;POINT(3.88 43.61)": (3.88, 43.61), "[3.88, 43.61]": (3.88, 43.61),
    "3.88,43.61": (3.88, 43.61), "3,88 ; 43,61": (3.88, 43.61), "3,88 43,61": (3.88, 43.61), "(-3.88;43.61)": (-3.88, 43.61),
    '{"type": "Point", "coordinates": [3.88, 43.61]}': (3.88, 43.61), "3,88,43,61": None, "POINT (3.88)": None, "ici": None,
    "POINT EMPTY": None, "3.88": None, '{"type": "Point"': None,
}  # fmt: skip
IRVE = (
    "nom_station,id_pdc_itinerance,code_insee_commune,coordonneesXY,puissance_nominale\n"
    'Comédie,FRS34E1,34172,"[3.879, 43.608]",22\nVieux-Port,FRS13E1,13055,"[5.37, 43.295]",50\n'
)


@pytest.mark.parametrize("cell", PLACES)
def test_a_cell_with_both_coordinates_is_a_place_or_none(cell: str) -> None:
    assert positions.of(cell) == (None if PLACES[cell] is None else pytest.approx(PLACES[cell]))


def built(text: str, wanted: mapping.Mapping) -> reading.Entries:
    return reading.build(files.parse(text.encode(), wanted), wanted, KNOWN)


def test_a_commune_is_picked_from_the_national_file_of_charging_points() -> None:
    entries = built(IRVE, layouts.picked(layouts.read("irve"), "", ["34172"])).entries
    assert [(one.code, one.name, one.kind, one.longitude, one.latitude) for one in entries] == [
        ("FRS34E1", "Comédie", "ev_charger", 3.879, 43.608)
    ]
    with pytest.raises(NoRowPicked, match="99999 in the column code_insee_commune"):
        built(IRVE, layouts.picked(layouts.read("irve"), "", ["99999"]))
    with pytest.raises(BrokenMapping):
        layouts.picked(layouts.read("eclext"), "", ["34172"])


def test_water_works_are_read_in_lambert_93_and_unknown_functions_refused_one_by_one() -> None:
    text = "idouvrage;x;y;fnouvaep\nO1;770929,1;6279458,2;01\nO2;770930,0;6279459,0;04\nO3;770931,0;6279460,0;03\n"
    entries = built(text, layouts.read("raepa-ouvraep"))
    assert [(one.code, one.kind) for one in entries.entries] == [("AEP-O1", "pump"), ("AEP-O2", "water_meter")]
    assert [(one.row, one.reason) for one in entries.refused] == [(4, Reason.UNMAPPED_KIND)]


@pytest.mark.parametrize("name", layouts.NAMES)
def test_every_layout_is_a_mapping(name: str) -> None:
    assert layouts.read(name).fields.kind


def test_a_cell_that_is_no_place_refuses_its_row() -> None:
    wanted = mapping.check({"fields": {"kind": {"constant": "lamp"}, "position": "place"}})
    entries = built("code,place\nA,POINT (3.88 43.61)\nB,ici\nC,\n", wanted)
    assert [(one.row, one.reason) for one in entries.refused] == [(3, Reason.NOT_A_POSITION), (4, Reason.NO_POSITION)]
