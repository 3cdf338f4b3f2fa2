"""Work orders over the interface: who may see, order and move what, live and by token."""

import copy
import datetime as dt

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from hypervisor import tokens
from journal import nouns
from journal.actors import Actor
from response.models import WorkOrder
from response.orders import moves
from response.orders.states import Move
from tests.api.city import build
from tests.api.watching import rows, watch
from tests.factories import NOON
from tests.response.ordering import BY, TERMS, make_contract, make_contractor, make_order, png

ORDERS = "/api/v1/sites/quai/work-orders"
JSON = "application/json"


@pytest.fixture
def works(city, valkey):
    """A contract, and an order of each sector and of none."""
    contract = make_contract(make_contractor(city.site), kinds=[city.assets["nord"].kind])
    return [make_order(city.assets[name], contract, fault=f"Panne {name}") for name in ("nord", "sud", "none")]


def numbers(client, query=""):
    answer = client.get(f"{ORDERS}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def test_what_is_asked_for_is_found_within_ones_sectors(city, works):
    moves.sweep(city.site.pk, works[0].due_at)
    moves.move(works[1].pk, Move.REFUSE, text="hors marché", by=BY, now=NOON)
    client = city.client("operator")
    assert numbers(client) == [3, 1]
    assert numbers(client, "state=all") == [3, 2, 1]
    assert numbers(client, "state=refused&late=false") == [2]
    assert numbers(client, f"asset={city.assets['nord'].pk}&contractor=citelux&late=true") == [1]
    assert numbers(client, "sector=nord") == [1]
    assert numbers(city.client("nord"), "state=all") == [1]
    for query in ("state=x", "late=1", "asset=-1", "sector=rien"):
        assert client.get(f"{ORDERS}?{query}").status_code == 422, query


def test_an_alarm_proposes_the_contract_and_ordering_from_it_takes_its_asset(city, works):
    client, alarm = city.client("operator"), city.alarms["sud"]
    (proposal,) = client.get(f"{ORDERS}/proposals?alarm={alarm.pk}").json()
    assert proposal["contractor"]["name"] == "Citelux"
    assert proposal["reason"]["fr"].startswith("contrat ECL-26 : ")
    body = {"fault": "Niveau faux", "contract": proposal["contract"], "priority": proposal["priority"], "alarm": alarm.pk}
    answer = client.post(ORDERS, body, content_type=JSON)
    assert answer.status_code == 201, answer.content
    row = answer.json()
    assert (row["number"], row["asset"]["code"], row["sector"]["slug"], row["ordered_by"]) == (4, "J-3", "sud", "operator")
    assert [entry["move"] for entry in row["entries"]] == ["order"]
    assert city.client("nord").get(f"{ORDERS}/proposals?alarm={alarm.pk}").status_code == 404


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({}, "contractor"), ({"contract": 99999}, "contract"), ({"contractor": "citelux", "asset": "J-99"}, "asset"),
        ({"contractor": "citelux", "fault": "\0"}, "fault"), ({"contractor": "citelux", "priority": "soon"}, "priority"),
        ({"contractor": "citelux", "sector": "rien"}, "sector"), ({"contractor": "citelux", "alarm": 2**70}, "alarm"),
    ],
)  # fmt: skip
def test_what_cannot_be_ordered_is_refused_by_its_field(city, works, told, field):
    answer = city.client("operator").post(ORDERS, {"fault": "Panne", **told}, content_type=JSON)
    assert answer.status_code == 422, answer.content
    assert field in answer.json()["errors"]


def test_who_is_confined_orders_in_their_sectors_alone_and_an_auditor_nothing(city, works):
    client, body = city.client("nord"), {"fault": "Panne", "contractor": "citelux"}
    for about, status in (({}, 422), ({"asset": "J-3"}, 422), ({"asset": "J-1"}, 201), ({"sector": "gare"}, 201)):
        assert client.post(ORDERS, body | about, content_type=JSON).status_code == status, about
    assert client.post(f"/api/v1/work-orders/{works[1].pk}/moves", {"move": "accept"}, content_type=JSON).status_code == 404
    assert city.client("auditor").post(ORDERS, body, content_type=JSON).status_code == 403
    assert city.client("auditor").get(f"/api/v1/work-orders/{works[1].pk}").status_code == 200


def test_a_program_brings_back_what_became_of_an_order_by_its_token(city, works):
    ends = timezone.now() + dt.timedelta(days=9)
    by = Actor.of(city.users["administrator"])
    for name in ("work_orders", "commands"):
        _, token = tokens.create(city.site, name, [name], "operator", ends, by=by, now=timezone.now())
        headers = {"Authorization": f"Token {token}"}
        path, body = f"/api/v1/work-orders/{works[0].pk}/moves", {"move": "accept", "external_ref": "OT-88"}
        answer = Client().post(path, body, content_type=JSON, headers=headers)
        assert answer.status_code == (200 if name == "work_orders" else 403)
        if name == "work_orders":
            assert (answer.json()["state"], answer.json()["external_ref"]) == ("accepted", "OT-88")
            assert answer.json()["entries"][-1]["by"] == "work_orders"
    late = Client().post(path, {"move": "close"}, content_type=JSON, headers=headers)
    assert late.status_code == 403


def test_a_photo_is_kept_without_its_place_and_shown_as_a_picture_alone(city, works):
    client, path = city.client("operator"), f"/api/v1/work-orders/{works[0].pk}/photos"
    content = png((b"eXIf", b"48.89N"))
    made = [client.post(f"{path}?name=../mat.png", content, content_type="application/octet-stream") for _ in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    photo = made[0].json()
    assert (photo["name"], photo["media_type"], made[1].json()["id"]) == ("mat.png", "image/png", photo["id"])
    shown = client.get(f"{path}/{photo['id']}")
    assert (shown.content, shown["Content-Type"]) == (png(), "image/png")
    assert "sandbox" in shown["Content-Security-Policy"]
    assert city.client("nord").get(f"/api/v1/work-orders/{works[1].pk}/photos/{photo['id']}").status_code == 404
    assert client.post(path, b"<html>", content_type="image/png").status_code == 422


def test_what_leaves_the_house_carries_the_order_and_names_nobody(city, works):
    (row,) = nouns.rows("work_order", [works[0].pk])
    assert (row["fault"], row["contractor"]["slug"], row["asset"]["code"]) == ("Panne nord", "citelux", "J-1")
    assert "ordered_by" not in row


def test_contracts_are_kept_by_administrators_and_read_by_who_orders(city, works):
    admin, operator = city.client("administrator"), city.client("operator")
    body = {"name": "Ascenseurs de l’Ouest", "email": "a@ouest.example"}
    assert operator.put("/api/v1/sites/quai/contractors/ouest", body, content_type=JSON).status_code == 403
    assert admin.put("/api/v1/sites/quai/contractors/ouest", body, content_type=JSON).json()["name"] == body["name"]
    told = {"contractor": "ouest", "reference": "ASC-1", "terms": TERMS, "starts_on": "2026-01-01", "sectors": ["sud"]}
    made = admin.post("/api/v1/sites/quai/contracts", told, content_type=JSON)
    assert made.status_code == 201, made.content
    assert admin.post("/api/v1/sites/quai/contracts", told, content_type=JSON).status_code == 422
    changed = admin.put(f"/api/v1/contracts/{made.json()['id']}", told | {"ends_on": "2027-01-01"}, content_type=JSON)
    assert (changed.status_code, changed.json()["ends_on"]) == (200, "2027-01-01")
    assert [row["reference"] for row in operator.get("/api/v1/sites/quai/contracts").json()] == ["ASC-1", "ECL-26"]
    for wrong in ({"kinds": ["rien"]}, {"hours": {"weekly": 3}}, {"terms": {}}, {"contractor": "rien"}):
        assert admin.post("/api/v1/sites/quai/contracts", told | wrong, content_type=JSON).status_code == 422, wrong


@pytest.mark.parametrize("path", ["/sites/quai/work-orders", "/sites/quai/work-orders?part=orders", f"{ORDERS}?limit=500"])
def test_a_thousand_open_orders_take_as_many_queries_as_three(city, works, path):
    client = city.client("operator")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    queries()  # what a process asks once is not a page's
    few = queries()
    first = works[0]
    many = []
    for number in range(4, 1001):
        first.pk, first.number = None, number
        many.append(copy.copy(first))
    WorkOrder.objects.bulk_create(many)
    assert queries() == few


@pytest.fixture
async def town(valkey, transactional_db):
    yield await sync_to_async(build)()
    await sync_to_async(connections.close_all)()


@pytest.mark.django_db(transaction=True)
async def test_an_order_comes_and_ends_live_by_right(town):
    @sync_to_async
    def begin():
        contract = make_contract(make_contractor(town.site))
        return contract, make_order(town.assets["sud"], contract)

    contract, first = await begin()
    desks = {name: await watch(await sync_to_async(town.client)(name)) for name in ("operator", "nord")}
    for name, seen in (("operator", [first.pk]), ("nord", [])):
        snapshot = await desks[name].until(lambda frame: frame["type"] == "snapshot")
        assert [row["id"] for row in rows(snapshot, "work_order")] == seen
    second = await sync_to_async(make_order)(town.assets["nord"], contract)
    ended = await sync_to_async(moves.move)(first.pk, Move.REFUSE, text="non", by=BY, now=timezone.now())
    told = {}
    for name, desk in desks.items():
        await desk.reach(ended.seq)
        entries = [frame for frame in desk.frames if frame["type"] == "entries"]
        told[name] = [(row["id"], row["state"]) for frame in entries for row in rows(frame, "work_order")]
        await desk.socket.disconnect()
    assert told == {"operator": [(second.pk, "ordered"), (first.pk, "refused")], "nord": [(second.pk, "ordered")]}
    assert await WorkOrder.objects.filter(closed_at=None).acount() == 1
