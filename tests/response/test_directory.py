"""Whom a step has called is in the directory: its number as it is then, and a clear word once it is gone."""

import pytest
from django.utils import timezone

from journal.actors import Actor
from response.models import Contractor, Entity
from response.procedures import runs, spec
from response.procedures.rows import run_rows
from tests.factories import NOON, make_site
from tests.response.test_runs import in_force, simple

BY = Actor("person", "ana")


def call(**told: str) -> dict:
    return {"id": "appel", "type": "call", "title": {"fr": "Appeler", "en": "Call"}, **told}


def asked(site, run) -> dict:
    (row,) = run_rows([type(run).objects.get(pk=run.pk)])
    return row["steps"][0]["asks"]


@pytest.fixture
def site(db):
    return make_site()


def test_the_number_is_the_contractor_s_as_it_is_now(site):
    lift = Contractor.objects.create(site=site, slug="ascenseurs", name="Ascenseurs SA", phone="01 23 45 67 89")
    run = runs.begin(in_force(site, simple(call(contractor="ascenseurs", number="15"))), by=BY, now=NOON)
    name = {"fr": "Ascenseurs SA", "en": "Ascenseurs SA"}
    assert asked(site, run) == {"number": "01 23 45 67 89", "whom": name, "directory": "found"}
    Contractor.objects.filter(pk=lift.pk).update(phone="09 87 65 43 21")
    assert asked(site, run)["number"] == "09 87 65 43 21"
    Contractor.objects.filter(pk=lift.pk).update(phone="")
    assert asked(site, run) == {"number": "15", "whom": name, "directory": "without_number"}
    Contractor.objects.filter(pk=lift.pk).update(retired_at=timezone.now())
    gone = {"fr": "ascenseurs", "en": "ascenseurs"}
    assert asked(site, run) == {"number": "15", "whom": gone, "directory": "gone"}


def test_an_entity_is_called_by_the_number_in_how_it_is_reached(site):
    Entity.objects.create(
        site=site, slug="mairie", name_fr="Mairie", name_en="Town hall", contact="Astreinte 24h/24 : +33 4 67 00 00 00"
    )
    run = runs.begin(in_force(site, simple(call(entity="mairie"))), by=BY, now=NOON)
    assert asked(site, run)["number"] == "+33 4 67 00 00 00"
    Entity.objects.update(contact="Par radio")
    assert asked(site, run) == {"whom": {"fr": "Mairie", "en": "Town hall"}, "directory": "without_number"}


@pytest.mark.parametrize("told", [{}, {"contractor": "a", "entity": "b"}, {"number": "appelez-moi"}])
def test_a_call_is_to_somebody(told):
    with pytest.raises(spec.SpecError):
        spec.decode(simple(call(**told)))


def test_a_number_alone_stays_what_it_was(site):
    run = runs.begin(in_force(site, simple(call(number="+33 1 02 03 04 05"))), by=BY, now=NOON)
    assert asked(site, run) == {"number": "+33 1 02 03 04 05"}
