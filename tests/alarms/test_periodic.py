"""Periodic work: each sweep of each site stands alone, and its failure is seen."""

import json

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from alarms import tasks
from alarms.models import Alarm
from assets import periodic
from assets.periodic import Round
from hypervisor.settings import CELERY_BEAT_SCHEDULE
from tests.factories import make_alarm, make_asset, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sites(valkey):
    """Two sites with an alarm each whose shelving is over."""
    made = [make_site("un"), make_site("deux")]
    for site in made:
        rule = make_rule(site)
        make_alarm(rule, make_asset(site), shelved_until=timezone.now() - timezone.timedelta(minutes=1), shelved_reason="x")
    return made


def refusing(sites) -> None:
    """A database that lets nobody change an alarm of the first site."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused for a test'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER refusing BEFORE UPDATE ON alarms_alarm FOR EACH ROW WHEN (OLD.site_id = {sites[0].pk}) "
            "EXECUTE FUNCTION refuse()"
        )


def accepting() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS refusing ON alarms_alarm")


def reported(name: str, site) -> periodic.Report:
    return next(report for report in periodic.reports() if (report.name, report.site) == (name, str(site.pk)))


def test_a_sweep_that_fails_stops_neither_the_other_sweeps_nor_the_other_sites(sites):
    refusing(sites)
    try:
        tasks.sweep_deadlines()
    finally:
        accepting()
    assert list(Alarm.objects.filter(shelved_until=None).values_list("site__slug", flat=True)) == ["deux"]
    failed = reported("deadlines", sites[0])
    assert (failed.failures, failed.fails, failed.succeeded_at) == (1, True, 0.0)
    for name, site in (("deadlines", sites[1]), ("recovery", sites[0]), ("incidents", sites[0]), ("maintenance", sites[0])):
        assert not reported(name, site).fails


def test_what_failed_last_is_named_in_health_and_counted_in_the_metrics_until_it_succeeds(sites):
    refusing(sites)
    try:
        tasks.sweep_deadlines()
        told = json.loads(Client().get("/health/ready").content)
        assert (told["periodic"], "periodic" in told["degraded"]) == (["deadlines"], True)
    finally:
        accepting()
    tasks.sweep_deadlines()
    assert json.loads(Client().get("/health/ready").content)["periodic"] == []
    metrics = Client().get("/metrics").content.decode()
    assert 'vigie_periodic_failures_total{site="un",task="deadlines"} 1.0' in metrics
    assert 'vigie_periodic_failures_total{site="deux",task="deadlines"} 0.0' in metrics
    assert 'vigie_periodic_duration_seconds{site="un",task="deadlines"}' in metrics


@pytest.mark.parametrize("entry", sorted(CELERY_BEAT_SCHEDULE))
def test_everything_that_is_done_on_a_schedule_tells_how_it_did(entry, sites, valkey):
    valkey.delete(periodic.KEY)
    import_string(CELERY_BEAT_SCHEDULE[entry]["task"])()
    assert {report.fails for report in periodic.reports()} == {False}


def test_a_round_without_valkey_does_its_work(monkeypatch, valkey, settings):
    done = []
    monkeypatch.setattr(periodic.log, "shared", lambda: periodic.log.Log("redis://127.0.0.1:1/0"))
    with Round() as pieces:
        assert pieces.do("one", None, done.append, 1)
    assert done == [1]
