"""The palette finds, for each person, what they may open, and nothing that is not theirs."""

import re

import pytest
from django.utils import timezone

from alarms.incidents import moves
from journal.actors import Actor
from tests.factories import make_alarm, make_asset, make_kind

BY = Actor("person", "operator")


def lines(client, q: str) -> dict[str, list[str]]:
    """Group → the names found in it."""
    text = client.get("/sites/quai/found", {"q": q}).text
    return {
        name: re.findall(r"<span>(.*?)</span>", group)
        for name, group in re.findall(r'<div role="group" aria-label="(.*?)">(.*?)</div>', text, re.DOTALL)
    }


@pytest.fixture
def lift(city):
    """An escalator in the south with an open alarm of its own."""
    make_kind("escalator", name_fr="Escalier mécanique", name_en="Escalator", domain="lifts")
    asset = make_asset(city.site, "EM-07", "escalator", name="Escalier du parvis", sector=city.sectors["sud"])
    alarm = make_alarm(city.rule, asset, severity=2, seq=1)
    return asset, alarm


def test_an_asset_is_found_by_words_of_its_name_with_its_open_alarms(city, lift):
    asset, alarm = lift
    client = city.client("operator")
    found = lines(client, "escal parvis")
    assert found["Équipements"] == ["Escalier du parvis"]
    assert found["Alarmes ouvertes"] == [alarm.sentence_fr]
    text = client.get("/sites/quai/found", {"q": "escal parvis"}).text
    assert f"/sites/quai/assets/{asset.pk}" in text
    assert f"/sites/quai/alarms/{alarm.pk}" in text
    assert "EM-07 · Escalier mécanique · Sud" in text
    assert lines(client, "parvis xyz") == {}


def test_sections_and_rules_are_those_the_person_may_open(city):
    assert lines(city.client("administrator"), "regl")["Pages"] == ["Règles", "Réglages"]
    assert "Pages" not in lines(city.client("operator"), "regl")
    assert lines(city.client("administrator"), city.rule.name_fr)["Règles"] == [city.rule.name_fr]
    assert "Règles" not in lines(city.client("operator"), city.rule.name_fr)


def test_a_page_of_settings_is_found_by_its_name_and_all_by_that_of_the_section(city):
    admin = city.client("administrator")
    assert lines(admin, "jetons")["Réglages"] == ["Jetons d’API"]
    assert len(lines(admin, "reglages")["Réglages"]) > 10
    assert "/sites/quai/settings/api-tokens" in admin.get("/sites/quai/found", {"q": "jetons"}).text
    assert "Réglages" not in lines(city.client("shift_supervisor"), "jetons")


def test_an_incident_is_found_by_its_title_and_by_its_number(city):
    incident = moves.open_by_hand(city.site.pk, [city.alarms["nord"].pk], title="Crue à l’écluse", by=BY, now=timezone.now())
    client = city.client("operator")
    assert lines(client, "ecluse")["Incidents"] == ["Crue à l’écluse"]
    assert lines(client, f"#{incident.number}")["Incidents"] == ["Crue à l’écluse"]


def test_whoever_is_confined_finds_what_is_theirs(city, lift):
    incident = moves.open_by_hand(city.site.pk, [lift[1].pk], title="Parvis", by=BY, now=timezone.now())
    client = city.client("nord")
    assert lines(client, "parvis") == {}
    assert lines(client, f"#{incident.number}") == {}


def test_a_procedure_is_found_in_the_readers_language(city, followed):
    client = city.client("operator")
    assert any("Crue" in name for name in lines(client, "crue")["Fiches réflexes"])
    client.post("/preferences", {"language": "en", "next": "/"})
    assert any("lood" in name for name in lines(client, "flood")["Procedures"])


@pytest.mark.parametrize("q", ["\0", "%", "'", "#", "#99999999999999999999", "a" * 5000, "&amp; <b>", "٣"])
def test_whatever_is_typed_finds_or_does_not(city, q):
    assert city.client("operator").get("/sites/quai/found", {"q": q}).status_code == 200


def test_a_stranger_finds_nothing(city):
    assert city.client("stranger").get("/sites/quai/found", {"q": "jauge"}).status_code == 404
