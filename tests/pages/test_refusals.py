"""Who meets a closed or empty door is told so by a page of the house, in their language."""

import json

import psycopg
import pytest
import redis
from django.db import IntegrityError, InterfaceError, OperationalError
from django.test import Client
from django.test import override_settings as settings_with
from django.utils import translation

from assets.refusal import Meaning, Refused
from hypervisor import unavailable
from hypervisor.pages import refusals
from hypervisor.refused import RefusedMiddleware
from hypervisor.unavailable import UnavailableMiddleware
from tests.factories import make_user

pytestmark = pytest.mark.django_db


class Away:
    """A session whose database is away."""

    def get(self, key: str) -> object:
        raise OperationalError("the database system is starting up")


@pytest.fixture
def operator(city) -> Client:
    client = Client()
    client.force_login(make_user("op", site=city.site, role="operator"))
    return client


def test_a_page_of_another_role_says_so_and_leads_to_the_desk(operator, city):
    answer = operator.get(f"/sites/{city.site.slug}/rules", headers={"Accept-Language": "fr"})
    assert answer.status_code == 403
    assert "Votre rôle n’y donne pas accès" in answer.text
    assert "Retour à la conduite" in answer.text


@settings_with(DEBUG=False)
def test_an_address_with_nothing_says_so_in_the_readers_language_and_theme(operator):
    operator.cookies["language"], operator.cookies["theme"] = "en", "light"
    answer = operator.get("/nowhere")
    assert answer.status_code == 404
    assert "Nothing at this address" in answer.text
    assert 'data-theme="light"' in answer.text


@pytest.mark.parametrize(
    ("meaning", "status"),
    [(Meaning.CONFLICT, 409), (Meaning.NOT_FOUND, 404), (Meaning.NOT_ALLOWED, 403), (Meaning.INVALID, 422)],
)
def test_what_the_domain_refuses_is_a_page_in_the_readers_language_and_a_problem_document_of_the_interface(rf, meaning, status):
    refused = Refused("too_late", "Trop tard.", "Too late.", meaning=meaning)
    middleware = RefusedMiddleware(refusals.our_fault)
    for language, why in (("fr", "Trop tard."), ("en", "Too late.")):
        with translation.override(language):
            page = middleware.process_exception(rf.post("/sites/quai/maintenance"), refused)
            document = middleware.process_exception(rf.post("/api/v1/sites"), refused)
        assert (page.status_code, why in page.text) == (status, True)
        assert (document.status_code, json.loads(document.text)["detail"]) == (status, why)
    assert middleware.process_exception(rf.post("/"), ValueError("ours")) is None


def test_our_own_mistake_is_told_without_asking_the_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = refusals.our_fault(rf.get("/sites/quai/"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html; charset=utf-8")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_page_without_its_engine_says_so_in_the_readers_language_and_tries_again(rf, language):
    request = rf.get("/sites/quai/", headers={"Accept-Language": language})
    request.session = Away()
    answer = UnavailableMiddleware(refusals.our_fault)(request)
    assert (answer.status_code, answer.headers["Retry-After"], answer.headers["Cache-Control"]) == (503, "2", "no-store")
    assert {"fr": "Cette page réessaie d’elle-même", "en": "This page tries again by itself"}[language] in answer.text
    assert 'http-equiv="refresh"' in answer.text


@pytest.mark.parametrize(
    "error", [OperationalError(), InterfaceError(), psycopg.errors.AdminShutdown(), redis.ConnectionError(), redis.TimeoutError()]
)
def test_an_engine_that_goes_away_under_a_page_is_no_mistake_of_ours(rf, error):
    assert UnavailableMiddleware(refusals.our_fault).process_exception(rf.post("/sites/quai/"), error).status_code == 503
    try:
        raise error
    except type(error):
        assert unavailable.fault(rf.post("/sites/quai/")).status_code == 503


@pytest.mark.parametrize("error", [ValueError(), IntegrityError(), redis.ResponseError()])
def test_a_mistake_of_ours_is_not_called_an_engine(rf, error):
    assert UnavailableMiddleware(refusals.our_fault).process_exception(rf.get("/sites/quai/"), error) is None


def test_the_interface_keeps_its_problem_documents(operator):
    assert operator.get("/api/nowhere").headers["Content-Type"] == "application/problem+json"


def test_a_form_without_its_token_is_refused_by_a_page_of_the_house():
    answer = Client(enforce_csrf_checks=True).post("/login/", headers={"Accept-Language": "en"})
    assert answer.status_code == 403
    assert "This form was not taken" in answer.text


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"repeats": "once", "starts_at": "2099-01-02T00:00", "ends_at": "2099-01-01T00:00"}, "ends_at"),
        ({"repeats": "once", "starts_at": "2020-01-01T00:00", "ends_at": "2020-01-02T00:00"}, "ends_at"),
        ({"repeats": "weekly", "starts_at": "2099-01-02T00:00", "last_day": "2099-01-01", "weekdays": ["1"],
          "start_time": "08:00", "end_time": "09:00"}, "last_day"),
    ],
    ids=["ends before it begins", "is over", "its last day is before its first"],
)  # fmt: skip
def test_a_maintenance_that_makes_no_sense_is_refused_at_the_field_it_is_about(city, given, field):
    client = Client()
    client.force_login(make_user("chef", site=city.site, role="shift_supervisor"))
    answer = client.post(f"/sites/{city.site.slug}/maintenance", {"reason": "Curage", "sector": "nord", **given})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {field}
