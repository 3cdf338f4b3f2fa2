"""OGC API Features as its parts 1 and 2 demand it: documents, pages of features, place, time, reference systems, rights."""

import datetime as dt
from zoneinfo import ZoneInfo

import pyproj
import pytest
from django.test import Client
from django.utils import timezone

from alarms.incidents import moves
from alarms.models import Alarm
from journal.actors import Actor
from passages.models import Passage
from tests.factories import NOON, make_alarm, make_asset, make_feed
from tests.passages.settled import settle

HERE = "/ogc/quai"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"


@pytest.fixture
def auditor(city):
    return city.client("auditor")


def items(client, layer, **query):
    answer = client.get(f"{HERE}/collections/{layer}/items", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def codes(found):
    return sorted(each["properties"]["code"] for each in found["features"])


def rels(document):
    return {link["rel"] for link in document["links"]}


def test_the_landing_page_leads_to_every_other_document(auditor):
    for address in (HERE, f"{HERE}/"):
        assert {"self", "alternate", "service-desc", "service-doc", "conformance", "data"} <= rels(auditor.get(address).json())
    for link in auditor.get(HERE).json()["links"]:
        answer = auditor.get(link["href"])
        assert answer.status_code == 200
        assert answer["Content-Type"].partition(";")[0] == link["type"].partition(";")[0]


def test_conformance_names_what_is_kept(auditor):
    classes = auditor.get(f"{HERE}/conformance").json()["conformsTo"]
    assert {each.rpartition("/")[2] for each in classes} >= {"core", "geojson", "html", "oas30", "crs", "filter", "cql2-text"}


def test_collections_are_the_fixed_ones_and_one_for_each_kind_that_is_there(city, auditor):
    make_asset(city.site, "L-1", "lamp")
    document = auditor.get(f"{HERE}/collections").json()
    assert [each["id"] for each in document["collections"]] == [
        "assets", "alarms", "incidents", "sectors", "passages", "assets-flood-gauge", "assets-lamp",
    ]  # fmt: skip
    for each in document["collections"]:
        assert "items" in rels(each)
        alone = auditor.get(f"{HERE}/collections/{each['id']}").json()
        assert (alone["id"], alone["crs"][0], alone["storageCrs"]) == (each["id"], CRS84, CRS84)
        assert alone["extent"]["spatial"]["bbox"] == [pytest.approx([2.24, 48.89, 2.244, 48.89])]
    assert codes(items(auditor, "assets-lamp")) == ["L-1"]
    assert auditor.get(f"{HERE}/collections/assets-lift").status_code == 404


def test_pages_follow_each_other_by_the_next_link_without_double_or_gap(auditor):
    seen, address = [], f"{HERE}/collections/assets/items?limit=3"
    while address:
        page = auditor.get(address).json()
        assert (page["numberMatched"], page["numberReturned"]) == (4, len(page["features"]))
        seen += codes(page)
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert seen == ["J-1", "J-2", "J-3", "J-4"]


def test_a_limit_beyond_the_most_is_the_most(auditor):
    assert items(auditor, "assets", limit=10**6)["numberReturned"] == 4


def test_a_feature_is_what_the_interface_tells_of_the_asset(city, auditor):
    asset = city.assets["gare"]
    answer = auditor.get(f"{HERE}/collections/assets/items/{asset.pk}")
    feature = answer.json()
    assert answer["Content-Type"] == "application/geo+json"
    assert feature["geometry"] == {"type": "Point", "coordinates": [asset.longitude, asset.latitude]}
    assert (feature["id"], feature["properties"]["code"], feature["properties"]["sector"]) == (asset.pk, "J-2", "nord/gare")
    assert {"self", "collection"} <= rels(feature)
    assert auditor.get(f"{HERE}/collections/assets/items/{asset.pk + 9999}").status_code == 404


@pytest.mark.parametrize(
    ("bbox", "found"),
    [
        ("2.2405,48,2.2425,49", ["J-1", "J-2"]),
        ("2.241,48.89,2.241,48.89", ["J-1"]),
        ("2.2405,48,-100,2.2425,49,100", ["J-1", "J-2"]),
        ("2.2435,48,-170,49", ["J-4"]),
        ("0,0,1,1", []),
    ],
)
def test_a_box_finds_what_lies_in_it_its_edge_and_the_180th_meridian_included(auditor, bbox, found):
    assert codes(items(auditor, "assets", bbox=bbox)) == found


def test_what_has_no_place_is_in_no_box(city, auditor):
    Alarm.objects.filter(pk=city.alarms["none"].pk).update(asset=None, feed=make_feed(city.site, "muet"))
    assert None in [each["geometry"] for each in items(auditor, "alarms")["features"]]
    assert items(auditor, "alarms", bbox="-180,-90,180,90")["numberMatched"] == 3


@pytest.mark.parametrize("code", [3857, 2154, 3949])
def test_positions_come_in_the_system_that_is_asked_for_and_boxes_may_be_given_in_it(auditor, code):
    x, y = pyproj.Transformer.from_crs("OGC:CRS84", f"EPSG:{code}").transform(2.241, 48.89)
    answer = auditor.get(f"{HERE}/collections/assets/items", {"crs": f"{EPSG}{code}"})
    assert answer["Content-Crs"] == f"<{EPSG}{code}>"
    assert answer.json()["features"][0]["geometry"]["coordinates"] == pytest.approx([x, y], abs=0.01)
    box = f"{x - 30},{y - 30},{x + 30},{y + 30}"
    assert codes(items(auditor, "assets", bbox=box, **{"bbox-crs": f"{EPSG}{code}"})) == ["J-1"]


def test_epsg_4326_has_latitude_first(auditor):
    found = items(auditor, "assets", crs=f"{EPSG}4326", bbox="48,2.2405,49,2.2415", **{"bbox-crs": f"{EPSG}4326"})
    assert [each["geometry"]["coordinates"] for each in found["features"]] == [[48.89, 2.241]]
    assert auditor.get(f"{HERE}/collections/assets/items")["Content-Crs"] == f"<{CRS84}>"


@pytest.mark.parametrize(
    ("period", "matched"),
    [("2026-03-01T12:00:00Z", 4), ("2026-03-01", 4), ("2026-03-01T13:00:00+01:00/..", 4), ("../2026-03-01T11:59:59Z", 0)],
)
def test_datetime_finds_what_began_then(city, auditor, period, matched):
    for alarm in city.alarms.values():
        assert alarm.raised_at == NOON
    assert items(auditor, "alarms", datetime=period)["numberMatched"] == matched


def test_what_has_no_time_is_there_at_any(auditor):
    assert items(auditor, "assets", datetime="1999-01-01T00:00:00Z")["numberMatched"] == 4


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=-1", "limit=many", "bbox=1,2,3", "bbox=a,b,c,d", "bbox=1,5,2,4", "bbox=nan,0,1,1", "datetime=yesterday",
        "datetime=2026-03-02/2026-03-01", "datetime=2026-03-01T10:00:00", "crs=EPSG:2154", "bbox-crs=urn:x", "f=xml",
        "colour=red", "limit=1&limit=2", "after=x", "filter-lang=sql", "level=high", "name=%00",
        "bbox=0,0,1e300,1&bbox-crs=" + EPSG + "2154",
    ],
)  # fmt: skip
def test_a_parameter_that_cannot_be_read_is_refused_by_its_name(auditor, query):
    answer = auditor.get(f"{HERE}/collections/assets/items?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
    assert query.partition("=")[0] in answer.json()["detail"]


def test_an_incident_lies_where_its_open_alarms_do_and_is_composed_of_what_one_sees(city, auditor):
    by = Actor.of(city.users["administrator"])
    moves.open_by_hand(city.site.pk, [city.alarms["nord"].pk, city.alarms["sud"].pk], title="Crue", by=by, now=NOON)
    [whole] = items(auditor, "incidents")["features"]
    assert whole["geometry"] == {"type": "MultiPoint", "coordinates": [[2.241, 48.89], [2.243, 48.89]]}
    assert (whole["properties"]["open_alarms"], whole["properties"]["title_fr"]) == (2, "Crue")
    [part] = items(city.client("nord"), "incidents")["features"]
    assert part["geometry"]["coordinates"] == [[2.241, 48.89]]
    assert (part["properties"]["open_alarms"], part["properties"]["title_fr"] == "Crue") == (1, False)
    assert items(city.client("nord"), "incidents", bbox="2.2425,48,3,49")["numberMatched"] == 0


def test_whoever_is_confined_has_the_features_of_their_sectors_alone(city):
    nord = city.client("nord")
    assert codes(items(nord, "assets")) == ["J-1", "J-2"]
    assert [each["properties"]["asset"] for each in items(nord, "alarms")["features"]] == ["J-1", "J-2"]
    assert [each["properties"]["path"] for each in items(nord, "sectors")["features"]] == ["nord", "nord/gare"]
    assert nord.get(f"{HERE}/collections/assets/items/{city.assets['sud'].pk}").status_code == 404
    assert "depends_on" not in nord.get(f"{HERE}/collections/assets/queryables").json()["properties"]


def test_sectors_are_polygons_that_a_box_meets(auditor):
    found = items(auditor, "sectors", bbox="2.9,48.9,5,50")
    assert {each["geometry"]["type"] for each in found["features"]} == {"MultiPolygon"}
    assert (found["numberMatched"], items(auditor, "sectors", bbox="4,4,5,5")["numberMatched"]) == (3, 0)


def test_passages_are_those_since_midnight_and_say_nothing_of_plate_permit_or_person(city, auditor):
    settle(city)
    passage = Passage.objects.get()
    zone = ZoneInfo(city.site.timezone)
    midnight = dt.datetime.combine(timezone.now().astimezone(zone).date(), dt.time(), zone)
    Passage.objects.update(plate="AB123CD", erased_at=None, first_at=midnight, vehicle="Renault")
    [feature] = items(auditor, "passages")["features"]
    assert feature["geometry"]["coordinates"] == [passage.gate.asset.longitude, passage.gate.asset.latitude]
    assert set(feature["properties"]) == {
        "gate", "gate_name", "direction", "state", "verdict", "first_at", "closed_at", "confirmed_at",
    }  # fmt: skip
    Passage.objects.update(first_at=midnight - dt.timedelta(seconds=1))
    assert items(auditor, "passages")["features"] == []


@pytest.mark.parametrize("scheme", ["Token", "Bearer", "Basic"])
def test_a_program_reads_with_a_token_for_data_in_any_way_its_gis_sends_one(program, scheme):
    assert codes(items(program("data", scheme=scheme), "assets")) == ["J-1", "J-2", "J-3", "J-4"]


def test_a_token_for_something_else_reads_no_layer_and_one_for_data_nothing_else(program):
    assert program("commands").get(f"{HERE}/collections").status_code == 403
    reader = program("data", scheme="Bearer")
    assert reader.get("/api/v1/assets").status_code == 401
    assert reader.get("/ogc/ailleurs/collections").status_code == 404
    assert Client(headers={"authorization": "Basic !"}).get(HERE).status_code == 401


def test_a_stranger_is_refused_as_a_program_and_sent_to_the_door_as_a_person(city):
    answer = Client().get(f"{HERE}/collections/assets/items")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="Vigie"')
    answer = Client().get(HERE, headers={"accept": "text/html"})
    assert (answer.status_code, answer["Location"]) == (302, "/login/?next=%2Fogc%2Fquai")


def test_every_document_is_a_page_for_people_too(city, auditor):
    places = ["", "/conformance", "/api", "/collections", "/collections/alarms", "/collections/alarms/queryables"]
    places += ["/collections/alarms/items", f"/collections/alarms/items/{city.alarms['sud'].pk}"]
    for place in places:
        answer = auditor.get(f"{HERE}{place}", headers={"accept": "text/html,*/*"})
        assert answer["Content-Type"] == "text/html; charset=utf-8"
        assert b"<h1>" in answer.content
    page = auditor.get(f"{HERE}/collections/alarms/items?f=html&limit=1").content.decode()
    assert "J-1" in page
    assert "after=" in page


def test_the_number_of_queries_does_not_grow_with_the_features(city, auditor, django_assert_max_num_queries):
    for number in range(20):
        make_alarm(city.rule, make_asset(city.site, f"Z-{number}"), severity=2, seq=1)
    for layer in ("assets", "alarms", "incidents", "sectors"):
        with django_assert_max_num_queries(13):
            items(auditor, layer)


def test_a_layer_is_a_table_for_the_spreadsheets_of_ones_language(city, auditor):
    city.assets["nord"].name = "=1+1"
    city.assets["nord"].save()
    answer = auditor.get(
        f"{HERE}/collections/assets/items?f=csv&limit=1&filter=sector IS NOT NULL", headers={"accept-language": "fr"}
    )
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("id;code;name;kind;")
    assert lines[1].split(";")[1:3] == ["J-1", "'=1+1"]
    assert lines[1].endswith(";2,241;48,89;")
    assert len(lines) == 4
    assert answer["Content-Disposition"] == 'attachment; filename="quai-assets.csv"'
    assert "MULTIPOLYGON (((2 48" in auditor.get(f"{HERE}/collections/sectors/items?f=csv").content.decode()
    assert auditor.get(f"{HERE}/collections?f=csv").status_code == 400
