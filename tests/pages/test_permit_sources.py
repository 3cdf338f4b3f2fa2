"""Access-management systems are set on pages as through the interface: same writer, same refusals, secrets never shown."""

import json

import pytest
from django.test import Client

from journal.models import JournalEntry
from passages.models import Permit, PermitImport, PermitSource
from tests.pages.counted import queries_of
from tests.passages.settled import PLATE, settle_gate

SOURCE = {
    "name": "Gestion des accès", "slug": "acces", "address": "", "secret": "", "interval": "900", "allow_private_address": "",
    "enabled": "on",
}  # fmt: skip
SOURCES = "/sites/quai/settings/permit-sources"
HERE = f"{SOURCES}/acces"
HOOK = "/permit-sources/acces/permits"
PULLED = SOURCE | {"address": "https://vigie:geheim@acces.example/permits", "secret": "Bearer tres-secret"}


@pytest.fixture
def admin(city) -> Client:
    settle_gate(city)
    return city.client("administrator")


def test_a_system_is_added_and_sends_its_permits_with_the_token_it_was_shown(city, admin):
    page = admin.post(SOURCES, SOURCE, follow=True)
    assert page.redirect_chain[-1][0] == HERE
    assert "http://testserver/api/v1/permit-sources/acces/permits" in page.text
    shown = admin.post(f"{HERE}/token")
    token = shown.context["token"]
    assert token in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    assert token not in admin.get(HERE).text, "it is shown once"
    permit = {"reference": "S-1", "company": "D", "plates": [{"plate": PLATE}], "valid_until": "2040-01-01T00:00:00Z"}
    sent = {"data": json.dumps({"permits": [permit]}), "content_type": "application/json"}
    sent["headers"] = {"Authorization": f"Token {token}"}
    assert Client().post("/api/v1/permit-sources/acces/permits", **sent).status_code == 200
    assert admin.get(SOURCES).context["sources"][0]["row"].number == 1
    admin.post(HERE, {name: value for name, value in SOURCE.items() if name != "enabled"})
    assert Client().post("/api/v1/permit-sources/acces/permits", **sent).status_code == 403, "it was switched off"
    told = JournalEntry.objects.filter(kind__in=["permit.source_set", "gate.token"]).order_by("seq")
    assert [line.actor for line in told] == ["administrator"] * 3


def test_what_is_secret_is_never_shown_and_stays_until_it_is_forgotten(city, admin):
    admin.post(SOURCES, PULLED)
    page = admin.get(HERE).text
    rows = admin.get("/api/v1/sites/quai/permit-sources").text
    journal = "".join(f"{line.text_en}{line.details}" for line in JournalEntry.objects.all())
    for secret in ("geheim", "tres-secret"):
        assert [secret in text for text in (page, rows, journal)] == [False] * 3
    again = SOURCE | {"address": "https://acces.example/permits", "name": "Autre nom"}
    assert admin.post(HERE, again).status_code == 302
    row = PermitSource.objects.get()
    assert (row.name, row.address, row.secret) == ("Autre nom", PULLED["address"], PULLED["secret"])
    admin.post(HERE, again | {"forget": "on", "address": "https://ailleurs.example/"})
    row.refresh_from_db()
    assert (row.address, row.secret) == ("https://ailleurs.example/", "")


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"slug": "acces"}, "slug"), ({"address": "ftp://acces.example/"}, "address"), ({"address": "https://["}, "address"),
        ({"address": "javascript:alert(1)"}, "address"), ({"secret": "Bearer é"}, "secret"), ({"secret": "a\nHost: b"}, "secret"),
        ({"interval": "5"}, "interval"), ({"name": ""}, "name"),
    ],
)  # fmt: skip
def test_what_the_room_refuses_is_said_at_its_field_and_nothing_is_written(city, admin, wrong, where):
    admin.post(SOURCES, SOURCE)
    answer = admin.post(SOURCES, SOURCE | {"slug": "acces-2"} | wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [where])
    body = {"slug": "acces-2", "name": "x", "interval": 900} | {name: value for name, value in wrong.items() if value}
    if where != "name":
        told = admin.post("/api/v1/sites/quai/permit-sources", body, content_type="application/json")
        assert (told.status_code, list(told.json()["errors"])) == (422, [where]), "as through the interface"
    assert PermitSource.objects.count() == 1


def _sent(admin: Client) -> None:
    admin.post(SOURCES, SOURCE)
    token = admin.post(f"{HERE}/token").context["token"]
    permit = {"company": "D", "valid_until": "2040-01-01T00:00:00Z"}
    permits = [permit | {"reference": f"S-{n}", "plates": [{"plate": f"ZZ-10{n}-AA"}]} for n in (1, 2)]
    said = {"Authorization": f"Token {token}"}
    Client().post(f"/api/v1{HOOK}", json.dumps({"permits": permits}), content_type="application/json", headers=said)


def test_a_system_is_removed_once_it_is_said_what_becomes_of_its_permits(city, admin):
    _sent(admin)
    assert admin.post(f"{HERE}/removal").status_code == 302
    assert PermitSource.objects.count() == 1, "nobody said what becomes of its permits"
    admin.post(f"{HERE}/removal", {"permits": "keep"})
    assert not PermitSource.objects.exists()
    first, second = Permit.objects.order_by("reference")
    assert {first.state, second.state} == {"active"}
    assert admin.post(f"/sites/quai/permits/{first.pk}/state", {"state": "suspended"}).status_code == 302
    assert "Modifier" in admin.get(f"/sites/quai/permits/{second.pk}").text, "they are changed by hand now"
    line = JournalEntry.objects.get(kind="permit.source_removed")
    assert (line.actor, json.loads(line.details)) == ("administrator", {"source": "acces", "permits": 2, "ended": False})


def test_permits_end_with_their_system_where_that_is_wanted(city, admin):
    _sent(admin)
    assert admin.delete(f"/api/v1{HOOK[: -len('/permits')]}").status_code == 422
    assert admin.delete(f"/api/v1{HOOK[: -len('/permits')]}?permits=end").status_code == 204
    assert set(Permit.objects.values_list("state", "source")) == {("ended", None)}
    assert JournalEntry.objects.filter(kind="permit.ended").count() == 2
    assert PermitImport.objects.get().source is None, "what it sent is kept"


@pytest.mark.parametrize(
    ("failure", "french"),
    [
        ("Object missing required field `permits`", "permits : à remplir"), ("answered 503", "réponse 503"),
        ("Expected `array`, got `int` - at `$.permits`", "permits : une liste est attendue"),
    ],
)  # fmt: skip
def test_why_a_pull_failed_is_told_in_the_readers_language(city, admin, failure, french):
    admin.post(SOURCES, PULLED)
    PermitSource.objects.update(failure=failure)
    assert admin.get(HERE).context["failure"] == french
    assert french in admin.get(SOURCES).text


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_systems_are_for_administrators_of_the_whole_site(city, admin, who):
    admin.post(SOURCES, SOURCE)
    client = city.client(who)
    assert [client.get(path).status_code for path in (SOURCES, HERE)] == [403, 403]
    assert [client.post(path, SOURCE).status_code for path in (SOURCES, HERE, f"{HERE}/token", f"{HERE}/removal")] == [403] * 4


def test_a_system_of_another_site_is_not_there(city, admin):
    PermitSource.objects.create(site=city.other, slug="autre", name="Autre")
    assert [admin.get(f"{SOURCES}/autre").status_code, admin.post(f"{SOURCES}/autre/token").status_code] == [404, 404]


def test_the_pages_ask_as_much_for_many_as_for_one(city, admin):
    admin.post(SOURCES, SOURCE)
    few = {path: queries_of(admin, path) for path in (SOURCES, HERE)}
    for number in range(12):
        PermitSource.objects.create(site=city.site, slug=f"s{number}", name="x")
    assert {path: queries_of(admin, path) for path in (SOURCES, HERE)} == few
