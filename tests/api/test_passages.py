"""Passages through the public interface: by role and by sector, from a reader's hook to a decision."""

import base64
import datetime as dt
import json

import pytest
from django.test import Client
from django.utils import timezone

from journal.models import JournalEntry
from passages import gates, letters, taking_in, tasks
from passages.models import Letter, Passage, Permit, Reader, Stay
from tests.factories import make_asset, make_user
from tests.passages.settled import ADMIN, PLATE, arrive, settle_gate


@pytest.fixture
def gatehouse(city):
    """The city with a gate in the sector `sud`, its reader `lapi-sud` and a purpose; `token` is the reader's."""
    city.gate, city.reader, city.purpose = settle_gate(city)
    city.token = gates.new_token(city.reader, city.gate, by=ADMIN, now=timezone.now())
    letters.DOORS = letters.Doors()
    return city


def _send(city, plate=PLATE, *, authorization=None, body=None, **said):
    told = json.dumps({"plate": plate, "at": timezone.now().isoformat(), "confidence": 0.97, **said}) if body is None else body
    headers = {"HTTP_AUTHORIZATION": f"Token {city.token}" if authorization is None else authorization}
    return Client().post("/api/v1/readers/lapi-sud/reads", told, content_type="application/json", **headers)


def _arrive(city):
    return arrive(city.reader)


def _permit(client, **said):
    body = {"reference": "A-1", "company": "Dupont TP", "plates": [{"plate": "AB-123-CD"}], "gates": ["sud"],
            "valid_until": (timezone.now() + dt.timedelta(days=9)).isoformat(), **said}  # fmt: skip
    return client.post("/api/v1/sites/quai/permits", json.dumps(body), content_type="application/json")


def _post(client, address, body=None):
    return client.post(address, json.dumps(body or {}), content_type="application/json")


@pytest.mark.django_db(transaction=True)
def test_a_hook_is_answered_once_its_message_is_durable_and_the_queue_follows(gatehouse, wait_until):
    assert _permit(gatehouse.client("shift_supervisor")).status_code == 201
    assert [_send(gatehouse).status_code for _ in range(2)] == [202, 202]
    wait_until(lambda: Passage.objects.filter(agreement=2).exists() and not Letter.objects.exists())
    (row,) = gatehouse.client("operator").get("/api/v1/sites/quai/passages").json()["results"]
    assert (row["plate"], row["verdict"], row["permit"]["reference"]) == ("AB-123-CD", "open", "A-1")
    answer = _post(gatehouse.client("operator"), f"/api/v1/passages/{row['id']}/decision", {"verdict": "open"})
    assert (answer.status_code, answer.json()["state"], answer.json()["decision"]["by"]) == (200, "opening", "operator")
    assert answer.json()["command"]["state"] in ("authorised", "sent", "failed", "refused")
    second = _post(
        gatehouse.client("shift_supervisor"), f"/api/v1/passages/{row['id']}/decision", {"verdict": "refuse", "reason": "x"}
    )
    assert second.status_code == 409
    assert "operator" in second.json()["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff" * 100, b'{"plate": "' + b"A" * 100_000 + b'"}', b"null"])
def test_a_hook_takes_whatever_a_reader_sends_and_counts_what_is_none(gatehouse, body):
    assert _send(gatehouse, body=body).status_code == 202
    taking_in.take_in(Letter.objects.get().pk, timezone.now())
    gatehouse.reader.refresh_from_db()
    assert gatehouse.reader.refused == 1
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    "authorization", ["", "Token", "Token wrong", "Basic", "Basic !!", "Bearer x", "Basic " + base64.b64encode(b"a:b").decode()]
)
def test_a_hook_is_for_whoever_has_its_token(gatehouse, authorization):
    answer = _send(gatehouse, authorization=authorization)
    assert answer.status_code == 401
    assert not Letter.objects.exists()


def test_a_camera_that_can_only_say_a_password_says_the_token_as_one(gatehouse):
    said = base64.b64encode(f"camera:{gatehouse.token}".encode()).decode()
    assert _send(gatehouse, authorization=f"Basic {said}").status_code == 202


def test_a_reader_nobody_knows_looks_like_a_wrong_token(gatehouse):
    answer = Client().post("/api/v1/readers/nobody/reads", b"{}", content_type="application/json", HTTP_AUTHORIZATION="Token x")
    assert answer.status_code == 401


def test_a_letter_that_was_left_by_a_process_that_ended_is_taken_in_by_the_sweep(gatehouse):
    then = timezone.now() - dt.timedelta(seconds=5)
    letters.keep(gatehouse.reader.pk, "application/json", json.dumps({"plate": PLATE}).encode(), then)
    tasks.sweep_passages()
    assert Passage.objects.count() == 1
    assert not Letter.objects.exists()


def test_who_may_not_read_plates_is_told_none(gatehouse):
    passage = _arrive(gatehouse)
    client = gatehouse.client("auditor")
    told = client.get("/api/v1/sites/quai/passages").content + client.get(f"/api/v1/passages/{passage}").content
    assert b"AB-123-CD" not in told
    assert PLATE.encode() not in told
    assert client.get(f"/api/v1/passages/{passage}/picture").status_code == 403
    assert _post(client, f"/api/v1/passages/{passage}/decision", {"verdict": "open"}).status_code == 403
    assert _post(client, "/api/v1/sites/quai/passages/search", {"plate": PLATE}).status_code == 403


def test_whoever_is_confined_sees_their_own_gates(gatehouse):
    passage = _arrive(gatehouse)
    client = gatehouse.client("nord")
    assert client.get("/api/v1/sites/quai/passages").json()["results"] == []
    assert client.get(f"/api/v1/passages/{passage}").status_code == 404
    assert _post(client, f"/api/v1/passages/{passage}/decision", {"verdict": "open"}).status_code == 404
    assert client.get("/api/v1/sites/quai/gates").json() == []
    sud = make_user("sud", gatehouse.site, "operator", (gatehouse.sectors["sud"],))
    client = Client()
    client.force_login(sud)
    assert client.get(f"/api/v1/passages/{passage}").json()["plate"] == "AB-123-CD"


def test_a_look_at_the_plate_of_a_past_passage_is_journaled_and_one_of_the_queue_is_work(gatehouse):
    passage, client = _arrive(gatehouse), gatehouse.client("operator")
    client.get(f"/api/v1/passages/{passage}")
    assert not JournalEntry.objects.filter(kind="plates.looked_at").exists()
    Passage.objects.update(closed_at=timezone.now(), state="left")
    (row,) = client.get("/api/v1/sites/quai/passages?state=closed").json()["results"]
    assert row["plate"] is None  # a list shows none: each look is one
    assert client.get(f"/api/v1/passages/{passage}").json()["plate"] == "AB-123-CD"
    line = JournalEntry.objects.get(kind="plates.looked_at")
    assert (line.actor, line.ids("passage")) == ("operator", [passage])


def test_a_search_is_a_body_and_a_line(gatehouse):
    passage, client = _arrive(gatehouse), gatehouse.client("operator")
    answer = _post(client, "/api/v1/sites/quai/passages/search", {"plate": "ab 123 cd"})
    assert [row["id"] for row in answer.json()["results"]] == [passage]
    assert JournalEntry.objects.get(kind="plates.searched").actor == "operator"
    assert client.get("/api/v1/sites/quai/passages/search?plate=AB123CD").status_code == 405


def test_permits_are_the_shift_supervisors_and_their_plates_the_operators_to_read(gatehouse):
    assert _permit(gatehouse.client("operator")).status_code == 403
    permit = _permit(gatehouse.client("shift_supervisor")).json()
    assert permit["plates"] == [{"plate": "AB-123-CD", "country": None}]
    shown = {name: gatehouse.client(name).get(f"/api/v1/permits/{permit['id']}").json() for name in ("operator", "auditor")}
    assert shown["operator"]["plates"]
    assert shown["auditor"]["plates"] is None
    assert shown["auditor"]["contact"] is None
    ended = _post(gatehouse.client("shift_supervisor"), f"/api/v1/permits/{permit['id']}/state", {"state": "suspended"})
    assert ended.json()["state"] == "suspended"
    assert gatehouse.client("operator").get("/api/v1/sites/quai/permits?expiring=30").json()["results"][0]["id"] == permit["id"]


@pytest.mark.parametrize(
    "said",
    [
        {"gates": ["nowhere"]}, {"gates": []}, {"plates": []}, {"plates": [{"plate": "?"}]}, {"company": "A\u0000B"},
        {"valid_until": "2020-01-01T00:00:00Z"}, {"weekly": [{"from": "7", "to": "8"}]}, {"reference": ""}, {"longest_stay": 0},
    ],
)  # fmt: skip
def test_a_permit_that_makes_no_sense_is_refused(gatehouse, said):
    answer = _permit(gatehouse.client("shift_supervisor"), **said)
    assert answer.status_code == 422
    assert not Permit.objects.exists()


def test_a_confined_supervisor_writes_permits_of_their_own_gates_only(gatehouse):
    nord = make_user("chef_nord", gatehouse.site, "shift_supervisor", (gatehouse.sectors["nord"],))
    client = Client()
    client.force_login(nord)
    assert _permit(client).status_code == 404
    assert _permit(client, gates=None).status_code == 404


def test_a_confined_supervisor_is_warned_of_a_twin_elsewhere_without_its_reference(gatehouse):
    whole = gatehouse.client("shift_supervisor")
    assert _permit(whole, reference="A-0", gates=None, plates=[{"plate": "AB-125-CD"}]).status_code == 201
    barrier = make_asset(gatehouse.site, "B-2", "barrier", sector=gatehouse.sectors["nord"])
    gates.save_gate(gatehouse.site, {"slug": "nord", "name": "Nord", "asset": barrier}, by=ADMIN, now=timezone.now())
    assert _permit(whole, reference="A-9", plates=[{"plate": "A8-126-CD"}]).status_code == 201
    client = Client()
    client.force_login(make_user("chef_nord", gatehouse.site, "shift_supervisor", (gatehouse.sectors["nord"],)))
    written = _permit(client, reference="N-1", gates=["nord"], plates=[{"plate": "AB-126-CD"}])
    assert written.status_code == 201
    told = {each["other"] for each in written.json()["twins"]}
    assert told == {"A-0", None}, "A-0 is for every gate, and seen; A-9 is for the south only"


def test_an_access_system_pushes_its_permits_with_its_token(gatehouse):
    admin = gatehouse.client("administrator")
    assert _post(admin, "/api/v1/sites/quai/permit-sources", {"slug": "acces", "name": "Accès"}).status_code == 201
    token = _post(admin, "/api/v1/permit-sources/acces/token").json()["token"]
    body = {
        "permits": [{"reference": "S-1", "company": "D", "plates": [{"plate": PLATE}], "valid_until": "2027-01-01T00:00:00Z"}]
    }
    send = lambda said: Client().post(  # noqa: E731
        "/api/v1/permit-sources/acces/permits", json.dumps(body), content_type="application/json", HTTP_AUTHORIZATION=said
    )
    assert send("Token wrong").status_code == 401
    assert send(f"Token {token}").json()["new"] == 1
    assert send(f"Token {token}").json()["unchanged"] == 1
    permit = Permit.objects.get()
    answer = admin.put(f"/api/v1/permits/{permit.pk}", json.dumps(
        {"reference": "S-1", "company": "E", "plates": [{"plate": PLATE}], "gates": None, "valid_until": "2027-01-01T00:00:00Z"}
    ), content_type="application/json")  # fmt: skip
    assert answer.status_code == 409


def test_a_file_is_compared_shown_and_confirmed(gatehouse):
    client = gatehouse.client("shift_supervisor")
    text = "reference;company;plates;gates;valid_until\nA-1;Dupont;AB-123-CD;sud;31/12/2030\nA-2;;X;sud;31/12/2030\n"
    run = _post(client, "/api/v1/sites/quai/permit-imports", {"content": text}).json()
    assert (run["new"], run["refused"], run["details"]["refused"][0]["row"]) == (1, 1, 3)
    assert _post(client, f"/api/v1/permit-imports/{run['id']}/confirmation").status_code == 409
    done = _post(client, f"/api/v1/permit-imports/{run['id']}/confirmation", {"without_refused": True})
    assert done.json()["state"] == "done"


def test_the_password_of_a_broker_is_not_told_and_not_lost(gatehouse):
    admin = gatehouse.client("administrator")
    said = {"slug": "frigate", "name": "Frigate", "source": "frigate", "address": "mqtt://vigie:secret@broker:1883/frigate"}
    shown = _post(admin, f"/api/v1/gates/{gatehouse.gate.pk}/readers", said).json()
    assert shown["address"] == "mqtt://broker:1883/frigate"
    body = {**said, "name": "Frigate nord", "address": shown["address"]}
    admin.put("/api/v1/readers/frigate", json.dumps(body), content_type="application/json")
    assert Reader.objects.get(slug="frigate").address == said["address"]


def test_a_gate_reads_only_once_a_purpose_is_stated(gatehouse):
    admin = gatehouse.client("administrator")
    assert admin.delete(f"/api/v1/plate-purposes/{gatehouse.purpose.pk}").json()["withdrawn_at"]
    (gate,) = admin.get("/api/v1/sites/quai/gates").json()
    assert gate["reads_plates"] is False
    stated = {"use": "deliveries", "basis": "public_task", "statement": "Ouvrir aux livraisons.", "assessment": "AIPD 2",
              "contact": "dpo@ville", "not_policing": False}  # fmt: skip
    assert _post(admin, "/api/v1/sites/quai/plate-purposes", stated).status_code == 422
    purpose = _post(admin, "/api/v1/sites/quai/plate-purposes", {**stated, "not_policing": True}).json()
    body = {"slug": "sud", "name": "Accès sud", "asset": gatehouse.gate.asset_id, "purpose": purpose["id"]}
    answer = admin.put(f"/api/v1/gates/{gate['id']}", json.dumps(body), content_type="application/json")
    assert answer.json()["reads_plates"] is True
    assert _post(gatehouse.client("shift_supervisor"), "/api/v1/sites/quai/plate-purposes", stated).status_code == 403


def test_a_persons_data_is_handed_out_and_erased_by_administrators(gatehouse):
    _arrive(gatehouse)
    Passage.objects.update(closed_at=timezone.now(), state="left")
    assert _post(gatehouse.client("operator"), "/api/v1/sites/quai/plates/copy", {"plate": PLATE}).status_code == 403
    admin = gatehouse.client("administrator")
    assert len(_post(admin, "/api/v1/sites/quai/plates/copy", {"plate": PLATE}).json()["reads"]) == 2
    assert _post(admin, "/api/v1/sites/quai/plates/erasure", {"plate": PLATE}).json() == {"passages": 1}
    assert admin.get("/api/v1/sites/quai/erasures").json()["results"][0]["why"] == "person"
    assert _post(admin, "/api/v1/sites/quai/plates/erasure", {"plate": "?"}).status_code == 422


def test_a_permit_that_the_plate_cannot_have_is_not_decided_for(gatehouse):
    other = _permit(gatehouse.client("shift_supervisor"), reference="Z-9", plates=[{"plate": "ZZ-999-ZZ"}]).json()["id"]
    passage, client = _arrive(gatehouse), gatehouse.client("operator")
    answer = _post(client, f"/api/v1/passages/{passage}/decision", {"verdict": "open", "permit": other, "reason": "expected"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["permit"])
    assert b"Z-9" not in answer.content
    assert Passage.objects.get().state == "waiting"


def test_whoever_is_confined_counts_the_vehicles_of_their_own_gates(gatehouse):
    passage = Passage.objects.get(pk=_arrive(gatehouse))
    Stay.objects.create(site=gatehouse.site, area="dalle", tokens=[], entry=passage, entered_at=timezone.now())
    assert gatehouse.client("operator").get("/api/v1/sites/quai/occupancy").json()[0]["inside"] == 1
    assert gatehouse.client("nord").get("/api/v1/sites/quai/occupancy").json() == []
    assert gatehouse.client("nord").get("/sites/quai/passages/inside").context["areas"] == []


PERMIT = {"reference": "S-1", "company": "D", "plates": [{"plate": PLATE}], "valid_until": "2040-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("told", "status", "refused"),
    [
        (None, 422, 0), ([], 422, 0), ({"permits": 3}, 422, 0), ({"permits": [], "more": 1}, 422, 0),
        ({"permits": [3, None, "x", [], {}]}, 200, 5),
        *(
            ({"permits": [PERMIT | wrong, PERMIT | {"reference": "S-2"}]}, 200, 1)
            for wrong in (
                {"reference": "a\0b"}, {"reference": ""}, {"company": "x" * 200}, {"plates": 3}, {"plates": []},
                {"plates": [{"plate": "\u202e"}]}, {"gates": ["ailleurs"]}, {"gates": [1]},
                {"valid_until": "9999-12-31T00:00:00Z"},
                {"valid_until": "2040-01-01T00:00:00"}, {"valid_from": "0001-01-01T00:00:00+14:00"}, {"longest_stay": 10**30},
                {"weekly": [{"from": [], "to": {}}]}, {"weekly": [{"days": ["x"] * 1000}]}, {"state": "deleted"}, {"more": 1},
            )
        ),
    ],
)  # fmt: skip
def test_what_a_system_pushes_is_refused_permit_by_permit_and_never_our_mistake(gatehouse, told, status, refused):
    source = gates.save_source(gatehouse.site, {"slug": "acces", "name": "Accès"}, by=ADMIN, now=timezone.now())
    token = gates.new_token(source, source, by=ADMIN, now=timezone.now())
    client = Client(raise_request_exception=False, headers={"authorization": f"Token {token}"})
    answer = client.post("/api/v1/permit-sources/acces/permits", json.dumps(told), content_type="application/json")
    assert answer.status_code == status, answer.content
    if status == 200:
        assert answer.json()["refused"] == refused, answer.content
    assert Permit.objects.filter(reference="S-2").exists() == (refused == 1)


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[" * 100_000, b'{"permits": [' + b"{}," * 30_000 + b"{}]}", b'{"permits": [1e999]}']
)
def test_a_push_that_is_no_list_of_permits_is_refused_whole(gatehouse, body):
    source = gates.save_source(gatehouse.site, {"slug": "acces", "name": "Accès"}, by=ADMIN, now=timezone.now())
    token = gates.new_token(source, source, by=ADMIN, now=timezone.now())
    client = Client(raise_request_exception=False, headers={"authorization": f"Token {token}"})
    answer = client.post("/api/v1/permit-sources/acces/permits", body, content_type="application/json")
    assert answer.status_code in (200, 422)
    assert not Permit.objects.exists()


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01T00:00:00%2B14:00", "to=9999-12-31T23:59:59-14:00", "from=x", "from=2026-01-01T00:00:00", "gate=%00",
        "gate=%ED%A0%80", "state=%00", "after=%00", "verdict=",
    ],
)  # fmt: skip
def test_no_query_of_passages_is_our_mistake(gatehouse, query):
    client = gatehouse.client("operator")
    client.raise_request_exception = False
    for path in ("passages", "permits", "stays"):
        assert client.get(f"/api/v1/sites/quai/{path}?{query}").status_code in (200, 422), path


@pytest.mark.parametrize(
    "body",
    [
        {"verdict": "open", "permit": 10**30}, {"verdict": "open", "permit": "x"}, {"verdict": "open", "permit": -1},
        {"verdict": ["open"]}, {"verdict": "refuse", "reason": "\0"}, {"verdict": "refuse", "reason": {"a": 1}},
        {"verdict": "refuse", "reason": "x" * 100_000}, [], 3, None,
    ],
)  # fmt: skip
def test_no_decision_is_our_mistake(gatehouse, body):
    passage, client = _arrive(gatehouse), gatehouse.client("operator")
    client.raise_request_exception = False
    answer = client.post(f"/api/v1/passages/{passage}/decision", json.dumps(body), content_type="application/json")
    assert answer.status_code == 422, answer.content
    assert Passage.objects.get().state == "waiting"
