"""What a person saw is theirs: no browser keeps it, a session has an end, and who is refused something is named in the log."""

import datetime as dt
import logging

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from hypervisor.models import Session
from hypervisor.tasks import clear_sessions
from tests.factories import PASSWORD

PRIVATE = [
    "/", "/sites/quai/", "/sites/quai/assets", "/sites/quai/rules", "/sites/quai/maintenance", "/sites/quai/settings/people",
    "/api/v1/me", "/api/v1/sites/quai/alarms", "/api/v1/sites/quai/journal", "/admin/", "/sites/quai/nowhere", "/api/v1/nowhere",
    "/login/", "/sites/ailleurs/",
]  # fmt: skip


def login(client, name="operator"):
    return client.post("/login/", {"username": name, "password": PASSWORD})


@pytest.mark.parametrize("address", PRIVATE)
def test_no_browser_keeps_what_a_person_saw(city, address):
    answer = city.client("administrator").get(address)
    assert "no-store" in answer["Cache-Control"]
    assert "camera=()" in answer["Permissions-Policy"]


def test_what_may_be_kept_is_kept_as_its_view_says(city):
    tile = city.client("operator").get(f"/tiles/quai/{city.site.inventory_version}/12/2073/1408.mvt")
    assert tile["Cache-Control"] == "private, max-age=31536000, immutable"


def test_who_signs_out_leaves_no_page_behind_and_the_desk_stays_as_it_was(city):
    answer = city.client("operator").post("/logout/")
    assert answer["Clear-Site-Data"] == '"cache"'


def test_a_session_ends_twelve_hours_after_its_login_whatever_is_done_in_it(city, valkey, monkeypatch):
    client, began = Client(), timezone.now()
    login(client)
    [end] = Session.objects.values_list("expire_date", flat=True)
    assert dt.timedelta(hours=11, minutes=59) < end - began < dt.timedelta(hours=12, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: began + dt.timedelta(hours=11))
    client.post("/preferences", {"desk": "Poste 1", "language": "en"})
    assert list(Session.objects.values_list("expire_date", flat=True)) == [end]
    monkeypatch.setattr(timezone, "now", lambda: end + dt.timedelta(seconds=1))
    assert client.get("/api/v1/me").status_code == 401


def test_sessions_that_ended_are_cleared_every_day(city, valkey):
    login(Client(), "operator")
    login(Client(), "auditor")
    Session.objects.filter(user=city.users["operator"]).update(expire_date=timezone.now() - dt.timedelta(seconds=1))
    clear_sessions()
    assert list(Session.objects.values_list("user__username", flat=True)) == ["auditor"]
    tasks = {each["task"]: each["schedule"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks[clear_sessions.name] == 86400


def test_with_tls_the_cookies_are_bound_to_this_very_host(city, valkey):
    client = Client()
    client.get("/login/")
    login(client)
    for name in ("__Host-sessionid", "__Host-csrftoken"):
        cookie = client.cookies[name]
        assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


@pytest.mark.parametrize("address", ["/sites/quai/settings/people", "/api/v1/sites/quai/maintenance-windows"])
def test_who_is_refused_something_is_named_in_the_log(city, address, caplog):
    with caplog.at_level(logging.WARNING, "hypervisor.refusal_log"):
        assert city.client("operator").post(address, {}, content_type="application/json").status_code == 403
    [told] = [record.getMessage() for record in caplog.records if record.name == "hypervisor.refusal_log"]
    assert told == f"refused: 'operator' may not POST '{address}'"


def test_a_stranger_who_is_refused_is_not_named(city, caplog):
    with caplog.at_level(logging.WARNING, "hypervisor.refusal_log"):
        assert Client(enforce_csrf_checks=True).post("/preferences", {}).status_code == 403
    [told] = [record.getMessage() for record in caplog.records if record.name == "hypervisor.refusal_log"]
    assert told == "refused: 'somebody not signed in' may not POST '/preferences'"


def test_the_administration_has_a_content_policy_that_sends_nothing_elsewhere(city):
    policy = city.client("root").get("/admin/hypervisor/user/")["Content-Security-Policy"]
    told = dict(part.strip().partition(" ")[::2] for part in policy.split(";"))
    assert told["default-src"] == "'self'"
    assert (told["frame-ancestors"], told["object-src"], told["connect-src"]) == ("'none'", "'none'", "'self'")
    assert "http" not in policy
