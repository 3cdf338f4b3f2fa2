"""The library of procedures: what is found, what changed between versions, whose runs are shown, and who may write."""

import pytest

from journal.actors import SYSTEM
from response.models import Procedure
from response.procedures import authoring, runs
from tests.factories import NOON

pytestmark = pytest.mark.usefixtures("followed")


@pytest.fixture
def flood(city, followed):
    return Procedure.objects.get(site=city.site, slug="crue")


def rows(client, query: str) -> str:
    return client.get(f"/sites/quai/procedures?part=rows&{query}").content.decode()


def test_a_procedure_is_found_by_what_its_steps_say_and_by_its_state(city):
    client = city.client("operator")
    assert "interphone" not in rows(client, "q=interphone").casefold()  # the steps say it, not the name
    assert "Personne bloquée dans un ascenseur" in rows(client, "q=interphone")
    assert "Aucune fiche" in rows(client, "state=retired")


def test_a_rule_the_site_does_not_have_is_named_as_such(city):
    page = rows(city.client("operator"), "q=interphone")
    assert "Ascenseur (règle absente ici)" in page
    assert "lift-trapped" not in page


def test_a_draft_stands_beside_the_version_in_force_and_says_what_it_changes(city, flood):
    definition = dict(flood.active.definition)
    steps = [dict(step) for step in definition["steps"]]
    steps[0]["title"] = {"fr": "Lire la cote", "en": "Read the level"}
    steps[1]["timeout"] = 120
    version = authoring.write(city.site.pk, "crue", definition | {"steps": steps}, note="exercice du 3", by=SYSTEM, now=NOON)
    client = city.client("operator")
    assert f"version {version.number}" in rows(client, "q=crue")
    page = client.get(f"/sites/quai/procedures/{flood.pk}?version={version.number}").content.decode()
    assert "exercice du 3" in page
    assert all(told in page for told in ("Relever la cote et la tendance", "Lire la cote", "5 min", "2 min"))


def test_runs_about_what_one_may_not_see_are_neither_listed_nor_shown(city, flood):
    run = runs.begin(flood, alarm=city.alarms["sud"], by=SYSTEM, now=NOON)
    path = f"/sites/quai/procedures/runs/{run.pk}"
    assert city.client("operator").get(path).status_code == 200
    assert city.client("nord").get(path).status_code == 404
    assert city.client("operator").get(f"/sites/ailleurs/procedures/{flood.pk}").status_code == 404


def test_an_exercise_is_in_no_figure_and_is_marked_where_it_is_shown(city, flood):
    before = rows(city.client("operator"), "q=crue")
    run = runs.begin(flood, exercise=True, by=SYSTEM, now=NOON)
    assert rows(city.client("operator"), "q=crue") == before
    assert "EXERCICE" in city.client("operator").get(f"/sites/quai/procedures/runs/{run.pk}").content.decode()


@pytest.mark.parametrize("query", ["?version=%00", "?version=" + "9" * 500, "?part=rows&q=%00&state=%00"])
def test_a_version_that_cannot_be_shows_the_one_in_force(city, flood, query):
    assert city.client("operator").get(f"/sites/quai/procedures/{flood.pk}{query}").status_code == 200


@pytest.mark.parametrize(
    ("language", "reason"), [("fr", "aucune réponse ne mène à l’étape b"), ("en", "no answer leads to step b")]
)
def test_what_is_wrong_with_a_procedure_is_said_in_the_language_of_its_author(city, language, reason):
    client = city.client("administrator")
    client.cookies["language"] = language
    steps = [{"type": "manual", "id": id_, "title": {"fr": "Fermer", "en": "Close"}} for id_ in "ab"]
    definition = {"kind": "flow", "name": {"fr": "Fuite", "en": "Leak"}, "steps": steps}
    body = {"slug": "fuite", "definition": definition}
    answer = client.post("/api/v1/sites/quai/procedures", body, content_type="application/json")
    assert (answer.status_code, answer.json()["errors"]) == (422, {"definition": [reason]})
