"""Messages between rooms over the interface: who may keep entities, send, see and answer what, and live."""

import datetime as dt

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from journal import nouns
from journal.actors import Actor
from response.entities import moves
from response.models import Entity, EntityAnswer, EntityMessage
from tests.api.city import build
from tests.api.watching import rows, watch
from tests.factories import make_user
from tests.response.asking import YES_NO, make_entity, make_message, make_question

ENTITIES, MESSAGES = "/api/v1/sites/quai/entities", "/api/v1/sites/quai/entity-messages"
JSON = "application/json"


@pytest.fixture
def mairie(city, valkey):
    """An entity whose member may only look, and only in one sector."""
    city.users["maire"] = make_user("maire", city.site, "auditor", (city.sectors["gare"],))
    return make_entity(city.site, "mairie", city.users["maire"])


def post(client, path, body):
    return client.post(path, body, content_type=JSON)


def numbers(client, query=""):
    answer = client.get(f"{MESSAGES}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


def question(city, **told):
    due = (timezone.now() + dt.timedelta(minutes=10)).isoformat()
    return {"text": "Fermez-vous ?", "to": ["mairie"], "must_answer": ["mairie"], "form": YES_NO, "due_at": due, **told}


def test_a_question_about_an_alarm_lies_where_the_alarm_lies_and_reaches_its_recipients_elsewhere(city, mairie):
    operator = city.client("operator")
    sent = post(operator, MESSAGES, question(city, alarm=city.alarms["sud"].pk))
    assert sent.status_code == 201, sent.content
    id_, row = sent.json()["id"], sent.json()
    assert (row["sector"]["slug"], row["sent_by"], row["kind"]) == ("sud", "operator", "question")
    assert {name: numbers(city.client(name)) for name in ("operator", "auditor", "nord", "maire")} == {
        "operator": [1], "auditor": [1], "nord": [], "maire": [1],
    }  # fmt: skip
    assert (numbers(operator, "box=sent"), numbers(operator, "box=inbox")) == ([1], [])
    assert numbers(city.client("maire"), "box=inbox") == [1]
    answered = post(city.client("maire"), f"/api/v1/entity-messages/{id_}/answers", {"entity": "mairie", "answer": "no"})
    assert answered.status_code == 200, answered.content
    assert answered.json()["recipients"][0]["answer"]["by"] == "maire"
    assert (numbers(operator), numbers(operator, "state=all")) == ([], [1])


def test_nobody_answers_or_reads_for_an_entity_they_do_not_belong_to(city, mairie):
    row = make_question(city.site, mairie, now=timezone.now())
    path = f"/api/v1/entity-messages/{row.pk}"
    for name in ("operator", "shift_supervisor", "administrator", "auditor"):
        client = city.client(name)
        assert post(client, f"{path}/answers", {"entity": "mairie", "answer": "yes"}).status_code == 403, name
        assert post(client, f"{path}/acknowledgements", {"entity": "mairie"}).status_code == 403, name
    for name in ("nord", "stranger", "root"):
        assert post(city.client(name), f"{path}/answers", {"entity": "mairie", "answer": "yes"}).status_code == 404, name
    assert EntityAnswer.objects.count() == 0


def test_an_entity_of_another_site_is_no_recipient_and_no_sender(city, mairie):
    city.users["both"] = make_user("both", city.site, "operator")
    make_entity(city.other, "ailleurs", city.users["both"])
    client = city.client("both")
    assert post(client, MESSAGES, {"text": "Bonjour", "to": ["ailleurs"]}).status_code == 422
    assert post(client, MESSAGES, {"text": "Bonjour", "to": ["mairie"], "sender": "ailleurs"}).status_code == 422
    assert post(client, MESSAGES, {"text": "Bonjour", "to": ["mairie"], "alarm": city.alarms["other"].pk}).status_code == 404
    row = make_question(city.site, mairie, now=timezone.now())
    assert post(client, f"/api/v1/entity-messages/{row.pk}/answers", {"entity": "ailleurs", "answer": "yes"}).status_code == 422
    assert EntityMessage.objects.count() == 1


def test_whoever_sees_some_sectors_sends_about_them_alone(city, mairie):
    client = city.client("nord")
    assert post(client, MESSAGES, question(city, alarm=city.alarms["sud"].pk)).status_code == 404
    assert post(client, MESSAGES, question(city, alarm=city.alarms["nord"].pk)).status_code == 201
    told = post(client, MESSAGES, {"text": "Bonjour", "to": ["mairie"]})
    assert told.status_code == 201
    assert numbers(client) == [2, 1]  # what one has sent one sees
    assert post(city.client("auditor"), MESSAGES, {"text": "Bonjour", "to": ["mairie"]}).status_code == 403


def test_only_its_sender_or_a_shift_supervisor_ends_it(city, mairie):
    row = make_message(city.site, mairie, by=Actor.of(city.users["shift_supervisor"]))
    path = f"/api/v1/entity-messages/{row.pk}/ending"
    assert post(city.client("operator"), path, {"ending": "recalled"}).status_code == 403
    assert post(city.client("maire"), path, {"ending": "ended"}).status_code == 403
    assert post(city.client("administrator"), path, {"ending": "answered"}).status_code == 422
    assert post(city.client("administrator"), path, {"ending": "ended"}).json()["closed_by"] == "administrator"


def test_administrators_keep_entities_and_name_people_of_the_site_alone(city, valkey):
    client = city.client("administrator")
    body = {"name_fr": "Police", "contact": "17", "members": ["operator"]}

    def put(told, who=client):
        return who.put(f"{ENTITIES}/police", told, content_type=JSON).status_code

    assert put(body) == 200
    assert put(body | {"members": ["stranger"]}) == 422
    assert put({"name_fr": "Police"}) == 422  # nobody would answer
    assert put(body, city.client("shift_supervisor")) == 403
    assert [each.username for each in Entity.objects.get().members.all()] == ["operator"]


def test_what_people_wrote_stays_in_the_house(city, mairie):
    row = make_question(city.site, mairie, now=timezone.now())
    moves.answer(row.pk, mairie, "yes", note="secret", by=Actor.of(city.users["maire"]), now=timezone.now())
    (told,) = nouns.rows("entity_message", [row.pk])
    assert {"text", "sent_by", "reason"} & set(told) == set()
    assert {"answer", "members"} & set(told["recipients"][0]) == set()
    assert told["recipients"][0]["answered_at"] is not None


@pytest.fixture
async def town(valkey, transactional_db):
    return await sync_to_async(build)()


async def test_answers_are_seen_live_by_right(town):
    @sync_to_async
    def begin():
        mairie = make_entity(town.site, "mairie", town.users["auditor"])
        about = {"alarm": town.alarms["sud"], "sector": town.sectors["sud"]}
        return mairie, make_question(town.site, mairie, now=timezone.now(), **about)

    mairie, asked = await begin()
    desks = {name: await watch(await sync_to_async(town.client)(name)) for name in ("operator", "nord")}
    for name, seen in (("operator", [asked.pk]), ("nord", [])):
        snapshot = await desks[name].until(lambda frame: frame["type"] == "snapshot")
        assert [row["id"] for row in rows(snapshot, "entity_message")] == seen
    by = Actor.of(town.users["auditor"])
    done = await sync_to_async(moves.answer)(asked.pk, mairie, "yes", by=by, now=timezone.now())
    told = {}
    for name, desk in desks.items():
        await desk.reach(done.seq)
        entries = [frame for frame in desk.frames if frame["type"] == "entries"]
        found = [row for frame in entries for row in rows(frame, "entity_message")]
        told[name] = [row["recipients"][0]["answer"]["words"]["fr"] for row in found]
        await desk.socket.disconnect()
    assert told == {"operator": ["Oui"], "nord": []}
