"""Mailings by the interface: kept, changed and ended as their page does, refused alike, and written in the journal."""

import pytest

from journal.models import JournalEntry
from reports.models import ReportSchedule
from tests.response.ordering import make_contract, make_contractor

PATH = "/api/v1/sites/quai/mailings"
WANTED = {
    "name": "Mensuel", "every": "month", "day": 2, "hour": 7, "language": "fr",
    "contacts": [{"name": "Ana", "address": "ana@ville.fr"}, {"address": "elu@ville.fr"}],
}  # fmt: skip


def send(client, method: str, path: str, body: dict | None = None):
    return getattr(client, method)(path, body, content_type="application/json")


@pytest.fixture
def admin(city):
    return city.client("administrator")


def test_one_is_added_changed_and_ended(city, admin):
    made = send(admin, "post", PATH, WANTED)
    assert made.status_code == 201
    row = made.json()
    assert (row["contract"], row["sector"], row["contacts"][1]) == (None, None, {"name": "", "address": "elu@ville.fr"})
    assert row["next_at"].endswith("Z")
    changed = send(admin, "put", f"{PATH}/{row['id']}", WANTED | {"every": "week", "day": 1, "sector": city.sectors["nord"].slug})
    assert (changed.status_code, changed.json()["every"], changed.json()["sector"]) == (200, "week", city.sectors["nord"].slug)
    assert [each["id"] for each in admin.get(PATH).json()] == [row["id"]]
    assert admin.delete(f"{PATH}/{row['id']}").status_code == 204
    assert admin.get(PATH).json() == []
    assert admin.delete(f"{PATH}/{row['id']}").status_code == 404
    assert ReportSchedule.objects.get().ended_at is not None
    kinds = JournalEntry.objects.filter(kind__startswith="report.").order_by("seq").values_list("kind", flat=True)
    assert list(kinds) == ["report.scheduled", "report.scheduled", "report.unscheduled"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"day": 29}, "day"), ({"every": "week", "day": 8}, "day"), ({"hour": 24}, "hour"), ({"every": "hour"}, "every"),
        ({"contacts": []}, "contacts"), ({"contacts": [{"address": "nobody"}]}, "contacts"), ({"contract": 999_999}, "contract"),
        ({"sector": "ailleurs"}, "sector"), ({"name": " "}, "name"), ({"language": "de"}, "language"),
        ({"contract": 10**30}, "contract"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_at_its_field(admin, change, field):
    answer = send(admin, "post", PATH, WANTED | change)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert not ReportSchedule.objects.exists()


def test_the_contract_of_another_site_is_none(city, admin):
    theirs = make_contract(make_contractor(city.other))
    assert send(admin, "post", PATH, WANTED | {"contract": theirs.pk}).status_code == 422
    ours = make_contract(make_contractor(city.site))
    assert send(admin, "post", PATH, WANTED | {"contract": ours.pk}).json()["contract"] == ours.pk
    assert send(admin, "post", PATH, WANTED | {"contract": ours.pk, "every": "week", "day": 1}).status_code == 422
