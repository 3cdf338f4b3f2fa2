"""The day log over the interface: who may read and write what, and what a search finds."""

import pytest

from response.daylog import writing
from response.daylog.writing import Draft
from response.models import Attachment, Note
from tests.factories import NOON

NOTES = "/api/v1/sites/quai/notes"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)

pytestmark = pytest.mark.django_db


def post(client, path, body, **headers):
    return client.post(path, body, content_type="application/json", headers=headers)


@pytest.fixture
def log(city, valkey):
    """A note of the whole site, and one of each sector."""
    from journal.actors import Actor

    by = Actor.of(city.users["operator"])
    drafts = [
        Draft("Prise de service", NOON, category="duty"),
        Draft("Éclairage éteint quai nord", NOON, sector=city.sectors["nord"], importance="notable", in_summary=True),
        Draft("Fuite dans la galerie @operator", NOON, asset=city.assets["sud"]),
    ]
    return [writing.write(city.site.pk, draft, people={"operator"}, by=by, now=NOON) for draft in drafts]


def numbers(client, query=""):
    answer = client.get(f"{NOTES}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["number"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("q=eclairage", [2]),
        ("q=GALERIES", [3]),
        ("category=duty", [1]),
        ("importance=notable&in_summary=true", [2]),
        ("sector=nord", [2]),
        ("mentions_me=true", [3]),
        ("from=2026-03-01&to=2026-03-01", [3, 2, 1]),
        ("from=2026-03-02", []),
        ("q=%27%27", []),
    ],
)
def test_what_is_asked_for_is_found(city, log, query, found):
    assert numbers(city.client("operator"), query) == found


@pytest.mark.parametrize("query", ["from=hier", "category=x", "in_summary=1", "asset=-1", "sector=rien", "from=0001-01-01"])
def test_a_filter_that_is_none_is_refused(city, log, query):
    assert city.client("operator").get(f"{NOTES}?{query}").status_code == 422


def test_whoever_sees_a_sector_reads_and_writes_of_it_alone(city, log):
    client = city.client("nord")
    assert numbers(client) == [2]
    assert client.get(f"/api/v1/notes/{log[0].pk}").status_code == 404
    assert post(client, NOTES, {"text": "Partout"}).status_code == 422
    assert post(client, NOTES, {"text": "Là-bas", "sector": "sud"}).status_code == 422
    assert post(client, NOTES, {"text": "Ici", "sector": "nord"}).json()["sector"]["slug"] == "nord"


def test_an_auditor_reads_and_does_not_write(city, log):
    client = city.client("auditor")
    assert numbers(client) == [3, 2, 1]
    assert post(client, NOTES, {"text": "x"}).status_code == 403
    assert post(client, f"/api/v1/notes/{log[0].pk}/corrections", {"text": "x"}).status_code == 403
    assert post(client, "/api/v1/sites/quai/day-signatures", {"day": "2026-03-01"}).status_code == 403


def test_nothing_that_is_written_can_be_changed_or_erased(city, log):
    client = city.client("administrator")
    assert {getattr(client, method)(f"/api/v1/notes/{log[0].pk}").status_code for method in ("put", "patch", "delete")} == {405}


def test_a_file_comes_back_as_a_download_that_no_browser_runs(city, log):
    client, path = city.client("operator"), f"/api/v1/notes/{log[0].pk}/attachments"
    added = client.post(f"{path}?name=vue%20d%27ici.png", PNG, content_type="application/octet-stream")
    assert added.status_code == 201, added.content
    answer = client.get(f"{path}/{added.json()['id']}")
    assert answer.content == PNG
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["X-Content-Type-Options"], "sandbox" in answer["Content-Security-Policy"]) == ("nosniff", True)


def test_a_file_that_lies_about_itself_is_refused_by_name(city, log):
    path = f"/api/v1/notes/{log[0].pk}/attachments?name=photo.png"
    answer = city.client("operator").post(path, b"<html><script>1</script>", content_type="image/png")
    assert (answer.status_code, Attachment.objects.count()) == (422, 0)
    assert "PNG" in answer.json()["errors"]["file"][0]


def test_a_chief_signs_and_anybody_of_the_site_sees_that_it_holds(city, log):
    signed = post(city.client("shift_supervisor"), "/api/v1/sites/quai/day-signatures", {"day": "2026-03-01"})
    assert signed.status_code == 200, signed.content
    seen = city.client("auditor").get(f"/api/v1/day-signatures/{signed.json()['id']}")
    assert seen.json()["holds"] is True
    assert Note.objects.count() == seen.json()["notes"] == 3
