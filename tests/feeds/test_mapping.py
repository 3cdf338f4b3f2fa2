"""The declarative mapping, on answers real supervisors gave."""

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.feeds import instants, intake
from assets.feeds.decode import Malformed
from assets.feeds.forms.mapped import compiled
from assets.feeds.mapping import BadMapping

HYDROMETRY = Path(__file__).parent.parent / "data" / "feeds" / "hydrometry"
HUBEAU = {
    "items": "data", "address": "{code_station}:{grandeur_hydro}", "value": "resultat_obs", "at": "date_obs", "scale": 0.001,
    "quality": {"field": "code_qualification_obs", "map": {"20": "good", "16": "good", "12": "uncertain"}}, "next": "next",
}  # fmt: skip


def items(mapping: dict[str, object], document: object) -> list[tuple[object, ...]]:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return [(item.address, item.value, item.at, item.quality) for item in compiled(mapping).decode(body).batch.items]


def test_hubeau_levels_become_metres_and_the_cursor_is_the_next_page() -> None:
    page = compiled(HUBEAU).decode((HYDROMETRY / "hubeau_v2_observations_tr_H_chooz.json").read_bytes())
    [item] = page.batch.items
    assert (item.address, item.value, item.at, item.quality) == ("B720000001:H", 0.491, "2026-09-23T19:30:00Z", "good")
    assert page.next.startswith("https://hubeau.eaufrance.fr/api/v2/hydrometrie/observations_tr?code_entite=")


def test_vigicrues_pairs_take_their_station_from_the_whole_document() -> None:
    mapping = {
        "items": "Serie.ObssHydro", "address": "{$.Serie.CdStationHydro}:{$.Serie.GrdSerie}", "value": "1", "at": "0",
        "at_format": "ms",
    }  # fmt: skip
    found = items(mapping, (HYDROMETRY / "vigicrues_observations_simple_H_austerlitz.json").read_bytes())
    assert len(found) == 20
    assert found[0][:2] == ("F700000103:H", 1.27)
    assert instants.micros(found[0][2], 0) == 1615849200000000


def test_an_opendatasoft_record_is_reached_through_its_fields() -> None:
    mapping = {"items": "records", "address": "fields.station_id", "value": "fields.hauteur", "at": "fields.timestamp"}
    found = items(mapping, (HYDROMETRY / "opendatasoft_v1_vigicrues_suresnes.json").read_bytes())
    assert found == [("F704000101", 5.314, "2018-12-13T11:00:00+00:00", None)]


def test_a_date_without_a_time_needs_a_declared_zone() -> None:
    mapping = {
        "items": "data", "address": "{code_station}:{grandeur_hydro_elab}", "value": "resultat_obs_elab", "at": "date_obs_elab",
        "timezone": "Europe/Paris",
    }  # fmt: skip
    [found] = items(mapping, (HYDROMETRY / "hubeau_v2_obs_elab_QmnJ.json").read_bytes())
    assert instants.micros(found[2], 0) == instants.micros("2004-04-22T00:00:00+02:00", 0)


def test_a_part_of_an_address_that_all_items_share_is_not_copied_for_each() -> None:
    document = {"id": "a" * 100_000, "data": [{"v": 0}] * 5000}
    tracemalloc.start()
    found = items({"address": "{$.id}/{v}", "value": "v", "items": "data"}, document)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert held < 10_000_000
    assert intake.why_no_address(found[0][0]) == "address is longer than 200 characters"


def test_several_values_of_one_item_are_several_addresses_and_an_absent_one_is_none() -> None:
    mapping = {"address": "{id}/{quantity}", "values": {"speed": "v", "state": "s.run"}, "codes": {"Marche": 1}}
    document = [{"id": "E1", "v": 0.5, "s": {"run": "marche"}}, {"id": 2, "v": "0.25"}]
    assert items(mapping, document) == [("E1/speed", 0.5, None, None), ("E1/state", 1, None, None), ("2/speed", 0.25, None, None)]


@pytest.mark.parametrize(
    ("at", "more"),
    [
        ("2026-11-22T09:00:00", {"timezone": "Europe/Paris"}),
        ("2026-11-22T08:00:00Z", {"timezone": "Europe/Paris"}),
        ("22/11/2026 09:00", {"at_format": "%d/%m/%Y %H:%M", "timezone": "Europe/Paris"}),
        ("22/11/2026 09:00 +0100", {"at_format": "%d/%m/%Y %H:%M %z"}),
        (1795334400, {"at_format": "s"}),
        ("1795334400000", {"at_format": "ms"}),
        ("2026-11-22T08:00:00Z", {}),
    ],
)
def test_the_way_a_time_is_written_is_declared(at: object, more: dict[str, object]) -> None:
    [found] = items({"address": "a", "value": "v", "at": "t", **more}, {"a": "x", "v": 1, "t": at})
    assert instants.micros(found[2], 0) == 1795334400000000


def test_a_decimal_comma_is_declared() -> None:
    assert items({"address": "a", "value": "v", "decimal_comma": True}, {"a": "x", "v": "1.234,5"})[0][1] == 1234.5


def test_what_is_wrong_with_an_item_is_its_refusal() -> None:
    mapping = {"items": "rows", "address": "a", "value": "v", "at": "t"}
    rows = [
        {"a": "x", "v": 1, "t": "2026-11-22T08:00:00Z"}, {"a": "x", "t": "z"}, {"v": 1, "t": "z"}, {"a": "x", "v": {}, "t": "z"},
        {"a": "x", "v": 1}, 7, None,
    ]  # fmt: skip
    batch = compiled(mapping).decode(json.dumps({"rows": rows}).encode()).batch
    assert batch.places == [0]
    assert [(told.index, told.reason) for told in batch.refusals.told] == [
        (1, "there is no `v`"), (2, "there is no `a`"), (3, "the value is an object, not a number or a text"),
        (4, "there is no `t`"), (5, "there is no `v`"), (6, "there is no `v`"),
    ]  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{}", b'{"data": null}', b"<html>", b"[" * 100_000, b"[" + b"0," * 3_000_000 + b"0]"])
def test_a_document_without_the_items_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        compiled(HUBEAU).decode(body)


@pytest.mark.parametrize(
    "mapping",
    [
        {},
        {"address": "a"},
        {"address": "a", "value": "v", "values": {"q": "v"}},
        {"address": "a", "values": {"q": "v"}},
        {"address": "a", "value": "v", "valeur": "v"},
        {"address": "a", "value": "v", "timezone": "Europe/Lutèce"},
        {"address": "a", "value": "v", "timezone": "../../etc/passwd"},
        {"address": "a", "value": "v", "at_format": "iso"},
        {"address": "a", "value": "v", "at_format": "%H:%M"},
        {"address": "a", "value": "v", "scale": "big"},
        {"address": 3, "value": "v"},
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(mapping: dict[str, object]) -> None:
    with pytest.raises(BadMapping):
        compiled(mapping)


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "v", "t", "q", "data"]), inner, max_size=4),
    max_leaves=20,
)


@given(documents, st.sampled_from(["rfc3339", "s", "ms", "%d/%m/%Y"]))
def test_any_document_is_decoded_or_named_malformed(document: object, at_format: str) -> None:
    mapping = {
        "items": "data", "address": "{a}/{q.0}", "value": "v", "at": "t", "at_format": at_format, "timezone": "Europe/Paris",
        "quality": {"field": "q", "map": {"1": "bad"}}, "scale": 10,
    }  # fmt: skip
    body = json.dumps({"data": document}, allow_nan=True).encode()
    try:
        page = compiled(mapping).decode(body)
    except Malformed:
        return
    assert len(page.batch.items) + page.batch.refusals.count == (len(document) if isinstance(document, list) else 1)
