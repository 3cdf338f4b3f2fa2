"""The page of an import shows what somebody must know before they confirm."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from assets.inventory import mapping, proposals, runs, table
from assets.models import Asset, ImportRun, Point
from assets.tasks import compare_import
from hypervisor.change_sets import carry_out_import
from journal.models import JournalEntry
from tests.factories import make_alarm, make_rule

NEAR = "".join(f"N-{number},a,flood-gauge,2.24,48.89\n" for number in range(3))
NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def shown(city, tmp_path):
    """shown(rows, language): the page after the rows were compared."""

    def of(rows: str, language: str = "fr", content: bytes | None = None) -> str:
        path = tmp_path / "sent.csv"
        path.write_bytes(content or f"code,name,kind,longitude,latitude\n{NEAR}{rows}".encode())
        run = runs.compare(runs.Order(city.site, path, mapping.NATIVE), clock=lambda: NOW)
        address = f"/sites/quai/assets/imports/{run.pk}?part=state"
        answer = city.client("administrator").get(address, headers={"Accept-Language": language})
        assert answer.status_code == 200
        return answer.content.decode()

    return of


@pytest.mark.parametrize(("language", "said"), [("fr", "2 équipements loin du site"), ("en", "2 assets lie far from the site")])
def test_assets_that_lie_far_from_the_site_are_listed_the_farthest_first(city, shown, language, said):
    page = shown("CAM-1,Capitole,flood-gauge,1.444,43.604\nCAM-2,Vieux-Port,flood-gauge,5.37,43.295\n", language)
    assert said in page
    assert page.index("CAM-2") < page.index("CAM-1"), "Marseille is farther than Toulouse"
    assert " km</td>" in page
    assert '<a href="geo:43.604,1.444">43.60400, 1.44400</a>' in page


def test_what_lies_far_and_is_there_already_links_to_its_sheet(city, shown):
    asset = Asset.objects.filter(site=city.site).select_related("kind").first()
    page = shown(f"{asset.code},{asset.name},{asset.kind.slug},1.444,43.604\n")
    assert f'href="/sites/quai/assets/{asset.pk}"' in page


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "un tableur écrit 100000 comme 1E+05"), ("en", "a spreadsheet writes 100000 as 1E+05")],
)
def test_codes_that_a_spreadsheet_has_rewritten_are_listed(shown, language, said):
    assert said in shown("1E+05,a,flood-gauge,2.24,48.89\n", language)


@pytest.mark.parametrize(("count", "said"), [(1, "<b>1</b>ligne refusée<"), (6, "<b>6</b>lignes refusées<")])
def test_refused_rows_are_counted_in_the_right_number(shown, count, said):
    rows = "".join(f"X-{number},a,nothing,2.24,48.89\n" for number in range(count))
    assert said in shown(rows + "CAM-1,a,flood-gauge,2.24,48.89\n")


def test_nobody_is_told_of_a_mapping_they_did_not_write(shown):
    page = shown("", content="code;name;kind;longitude;latitude\nCAM-1;Été;flood-gauge;2,24;48,89\n".encode("cp1252"))
    assert "La correspondance dit" not in page
    assert "encodage = Windows-1252" in page


@pytest.fixture
def points(city, tmp_path):
    """points(unit): a comparison of a file that gives a gauge this unit, and the client of an administrator."""
    point = Point.objects.filter(asset__site=city.site).exclude(unit="").select_related("asset").first()

    def of(unit: str) -> tuple[ImportRun, Client]:
        path = tmp_path / "points.csv"
        path.write_text(f"asset_code,quantity,unit\n{point.asset.code},{point.quantity},{unit}\n")
        return runs.compare(runs.Order(city.site, path, None), clock=lambda: NOW), city.client("administrator")

    return of


@pytest.mark.parametrize(("language", "said"), [("fr", "change d’unité"), ("en", "changes its unit")])
def test_a_change_of_unit_is_shown_field_by_field_and_asks_for_itself(points, language, said):
    run, client = points("furlong")
    page = client.get(f"/sites/quai/assets/imports/{run.pk}?part=state", headers={"Accept-Language": language}).content.decode()
    assert said in page
    assert 'name="accept_units" value="1" required' in page
    assert ("<td>unité</td>" if language == "fr" else "<td>unit</td>") in page
    assert "<td>furlong</td>" in page


@pytest.mark.parametrize("accepted", [False, True])
def test_another_unit_is_written_only_when_it_was_accepted(points, accepted, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(carry_out_import, "delay", carry_out_import)  # in this process
    run, client = points("furlong")
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/sites/quai/assets/imports/{run.pk}/confirmation", {"accept_units": "1"} if accepted else {})
    run.refresh_from_db()
    assert run.state == (ImportRun.State.DONE if accepted else ImportRun.State.REFUSED)
    assert Point.objects.filter(unit="furlong").exists() == accepted


def test_points_are_sent_by_the_same_form(city, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(compare_import, "delay", compare_import)
    sent = {"way": "points", "file": SimpleUploadedFile("p.csv", b"asset_code,quantity\nNOWHERE,level\n")}
    with django_capture_on_commit_callbacks(execute=True):
        answer = city.client("administrator").post("/sites/quai/assets/imports", sent)
    run = ImportRun.objects.filter(content=ImportRun.Content.POINTS).get()
    assert answer.headers["Location"].endswith(f"/imports/{run.pk}")
    assert (run.state, run.refused) == (ImportRun.State.COMPARED, 1)


@pytest.mark.parametrize("name", ["assets", "points"])
def test_the_examples_that_are_offered_can_be_read(city, name):
    assert f"examples/{name}.csv" in city.client("administrator").get("/sites/quai/assets/imports").content.decode()
    table_of = table.parse(Path(f"static/examples/{name}.csv").read_bytes(), mapping.NATIVE)
    assert (len(table_of), table_of.refused) == (3, [])


@pytest.fixture
def compared(city, tmp_path):
    """A complete list that lacks one gauge in alarm and adds another, and the client of an administrator."""
    gone = Asset.objects.filter(site=city.site).order_by("code").first()
    make_alarm(make_rule(city.site, "debordement"), gone)
    kept = Asset.objects.filter(site=city.site, kind=gone.kind).exclude(pk=gone.pk)
    rows = "".join(f"{one.code},{one.name},{one.kind.slug},{one.longitude},{one.latitude}\n" for one in kept)
    path = tmp_path / "liste.csv"
    path.write_text(f"code,name,kind,longitude,latitude\n{rows}N-1,Neuve,{gone.kind.slug},2.24,48.89\n")
    run = runs.compare(runs.Order(city.site, path, mapping.complete(mapping.NATIVE)), clock=lambda: NOW)
    return run, gone, city.client("administrator")


def test_open_alarms_of_what_is_decommissioned_are_named_before(compared):
    run, gone, client = compared
    address = f"/sites/quai/assets/imports/{run.pk}?part=state"
    page = client.get(address, headers={"Accept-Language": "fr"}).content.decode()
    assert "alarmes ouvertes de ce qui est décommissionné" in page
    assert gone.code in page
    told = client.get(f"/api/v1/change-sets/{run.pk}").json()
    assert {alarm["asset"] for alarm in told["alarms"]} == {gone.code}
    client.patch(f"/api/v1/change-sets/{run.pk}/changes", {"category": "absent", "left_out": True}, "application/json")
    assert client.get(f"/api/v1/change-sets/{run.pk}").json()["alarms"] == []


def test_an_approval_is_written_with_its_line_in_the_journal(compared, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(carry_out_import, "delay", carry_out_import)
    run, gone, client = compared
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post(f"/api/v1/change-sets/{run.pk}/approval", {}, "application/json")
    assert answer.status_code == 202
    gone.refresh_from_db()
    assert gone.retired_at is not None
    line = JournalEntry.objects.get(kind="inventory.approved")
    assert line.actor == "administrator"
    assert line.text_fr.startswith("Inventaire modifié par liste.csv : 1 ajouté, ")
    assert line.text_fr.endswith(", 1 décommissionné")
    again = client.post(f"/api/v1/change-sets/{run.pk}/approval", {}, "application/json")
    assert again.status_code == 409


def test_a_file_is_sent_reviewed_and_compared_again_by_the_interface(city, django_capture_on_commit_callbacks, monkeypatch):
    monkeypatch.setattr(compare_import, "delay", compare_import)
    client = city.client("administrator")
    rows = b"code,name,kind,longitude,latitude\nN-1,Neuve,flood-gauge,2.24,48.89\nN-2,Autre,flood-gauge,2.24,48.89\n"
    with django_capture_on_commit_callbacks(execute=True):
        sent = {"file": SimpleUploadedFile("n.csv", rows)}
        made = client.post("/api/v1/sites/quai/change-sets", sent)
    assert made.status_code == 202, made.content
    number = made.json()["id"]
    listed = client.get(f"/api/v1/change-sets/{number}/changes").json()["results"]
    assert [(one["code"], one["category"]) for one in listed] == [("N-1", "added"), ("N-2", "added")]
    answer = client.patch(f"/api/v1/change-sets/{number}/changes", {"codes": ["N-2"], "left_out": True}, "application/json")
    assert answer.json() == {"changed": 1}
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(f"/api/v1/change-sets/{number}/comparison").status_code == 202
    assert proposals.left_out(ImportRun.objects.get(pk=number)) == {"N-2"}
    asked = {"file": SimpleUploadedFile("n.csv", rows), "layout": "irve", "values": ["34172"]}
    made = client.post("/api/v1/sites/quai/change-sets", asked)
    kept = ImportRun.objects.get(pk=made.json()["id"]).mapping
    assert kept["rows"] == {"column": "code_insee_commune", "values": ["34172"]}
    assert city.client("operator").get(f"/api/v1/change-sets/{number}").status_code == 403
