"""The register of what is silenced, in the interface and on its page: for all who see, of their sectors, ended by who may."""

import datetime as dt
import html

import pytest
from django.utils import timezone

from alarms import lifecycle
from alarms.models import MaintenanceWindow
from assets.models import Feed, Point
from journal.actors import Actor
from journal.models import JournalEntry

LIST = "/api/v1/sites/quai/silences"


@pytest.fixture
def silenced(city):
    """Alarms of nord and sud are shelved, and the asset of gare is out of service."""
    now = timezone.now()
    for name in ("nord", "sud"):
        until, by = now + dt.timedelta(minutes=30), city.users["operator"]
        lifecycle.shelve([city.alarms[name].pk], until=until, reason=f"Motif {name}", by=Actor.of(by), now=now)
    body = {"minutes": 60, "reason": "Permis"}
    address = f"/api/v1/assets/{city.assets['gare'].pk}/out-of-service"
    assert city.client("shift_supervisor").post(address, body, content_type="application/json").status_code == 200
    return city


def test_each_sees_what_is_silenced_in_their_sectors(silenced):
    told = silenced.client("auditor").get(LIST).json()
    assert (told["in_force"], told["more"]) == (3, False)
    assert [(row["sort"], row["by"], row["reason"], row["end"]) for row in told["results"]] == [
        ("shelved", "operator", "Motif nord", None),
        ("shelved", "operator", "Motif sud", None),
        ("out_of_service", "shift_supervisor", "Permis", None),
    ]
    confined = silenced.client("nord").get(LIST).json()
    assert confined["in_force"] == 2
    assert [row["sector"]["slug"] for row in confined["results"]] == ["nord", "gare"]
    assert silenced.client("nord").get(f"{LIST}/count").json() == {"in_force": 2}
    assert silenced.client("stranger").get(LIST).status_code == 404


def test_who_may_end_a_silence_is_told_where(silenced):
    told = silenced.client("operator").get(f"{LIST}?by=operator&sector=nord").json()["results"]
    assert [row["end"] for row in told] == [f"/api/v1/alarms/{silenced.alarms['nord'].pk}/shelving"]
    chief = silenced.client("shift_supervisor")
    (row,) = chief.get(f"{LIST}?sort=out_of_service").json()["results"]
    assert chief.delete(row["end"]).status_code == 204
    assert chief.get(f"{LIST}/count").json() == {"in_force": 2}


def test_what_is_asked_for_and_is_not_there_is_refused(silenced):
    client = silenced.client("operator")
    assert client.get(f"{LIST}?sort=hidden").status_code == 422
    assert client.get(f"{LIST}?sector=lune").status_code == 422


def test_the_page_has_the_register_its_number_and_its_filters(silenced):
    client = silenced.client("operator")
    page = client.get("/sites/quai/silences").content.decode()
    assert "Motif nord" in page
    assert page.count("data-end=") == 2
    assert 'data-part="in-force">3<' in page
    narrowed = client.get("/sites/quai/silences?sector=sud&part=silences").content.decode()
    assert ("Motif sud" in narrowed, "Motif nord" in narrowed) == (True, False)
    assert client.get("/sites/quai/silences?sort=%00&sector=lune&by=x").status_code == 200


def test_a_feed_that_is_switched_off_stands_there_with_who_did_it_and_is_switched_on_there(city):
    root, path = city.client("administrator"), f"/sites/quai/settings/feeds/{city.feed.slug}/rhythm"
    form = {"name": city.feed.name, "protocol": "push", "expected_interval": 60, "mapping": "{}"}
    assert root.post(path, form).status_code == 302
    (row,) = city.client("operator").get(LIST).json()["results"]
    assert (row["sort"], row["feed"], row["in_force"], row["by"]) == ("feed", city.feed.slug, True, "administrator")
    assert row["since"] is not None
    assert (row["about"]["fr"], row["end"]) == (city.feed.name, None)
    assert city.client("nord").get(f"{LIST}/count").json() == {"in_force": 1}
    sheet = city.client("operator").get(f"/sites/quai/assets/{city.assets['sud'].pk}").content.decode()
    assert "flux désactivé" in sheet
    (row,) = root.get(LIST).json()["results"]
    assert city.client("shift_supervisor").delete(row["end"]).status_code == 403
    assert [root.delete(row["end"]).status_code for _ in range(2)] == [204, 204]
    city.feed.refresh_from_db()
    assert city.feed.enabled
    assert root.get(LIST).json()["results"] == []
    assert JournalEntry.objects.filter(kind="feed.changed").order_by("seq").last().text_fr.startswith("Flux mis en marche")


def test_a_feed_of_other_sectors_is_not_theirs_to_know(city):
    Feed.objects.filter(pk=city.feed.pk).update(enabled=False)
    Point.objects.exclude(asset=city.assets["sud"]).update(feed=None)
    assert city.client("nord").get(LIST).json()["results"] == []
    (row,) = city.client("operator").get(LIST).json()["results"]
    assert (row["by"], row["since"]) == (None, None)


def test_a_maintenance_of_another_sector_is_told_without_its_name(silenced):
    now = timezone.now()
    MaintenanceWindow.objects.create(
        site=silenced.site, asset=silenced.assets["sud"], reason="Curage", starts_at=now - dt.timedelta(hours=1),
        ends_at=now + dt.timedelta(hours=1), created_at=now,
    )  # fmt: skip
    below = silenced.assets["nord"]
    below.depends_on = silenced.assets["sud"]
    below.save()
    sheet = silenced.client("nord").get(f"/sites/quai/assets/{below.pk}").content.decode()
    assert "Cet équipement est mis en silence, à 2 titres" in sheet
    assert silenced.assets["sud"].name not in sheet


def test_causes_are_told_as_such_and_not_as_if_they_were_silenced(city):
    cause, below = city.alarms["sud"], city.alarms["none"]
    below.suppressed_by = cause
    below.save()
    page = city.client("operator").get("/sites/quai/silences?part=silences").content.decode()
    causes = page.partition('id="silences-suppressed"')[2]
    assert ("Cause" in causes, cause.sentence_fr in html.unescape(causes), "inhibée" in causes) == (True, True, False)
