"""What each filter of the page of past alarms makes the database do: never read all of them, and never count for long."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alarms.models import Alarm
from hypervisor import counts
from hypervisor.pages import alarms as page
from hypervisor.pages.alarms import NAMES

ASKED = {
    "state": "normal", "severity": "critical", "kind": "{kind}", "sector": "nord", "rule": "crue", "rule_kind": "threshold",
    "person": "operator", "from": "2026-02-01", "to": "2026-03-01", "ended_from": "2026-02-01", "ended_to": "2026-03-01",
    "longer": "60", "shorter": "60", "q": "jauge", "order": "closed_last", "asset": "{asset}", "incident": "1",
    "suppressed_by": "{cause}", "zone": "2.2,48.8;2.3,48.8;2.3,48.9",
}  # fmt: skip


def test_every_filter_that_is_offered_is_asked_here():
    assert set(ASKED) == set(NAMES)


@pytest.mark.parametrize("name", ["", *ASKED])
def test_no_filter_reads_the_whole_past(city, name):
    cause = city.alarms["nord"].pk
    Alarm.objects.filter(pk=Alarm.objects.exclude(pk=cause).latest("pk").pk).update(suppressed_by=cause)
    value = ASKED.get(name, "").format(asset=city.assets["nord"].pk, kind=city.assets["nord"].kind.slug, cause=cause)
    client = city.client("auditor")
    with CaptureQueriesContext(connection) as asked:
        for part in ("rows", "count"):
            assert client.get(f"/sites/quai/alarms?part={part}&{name}={value}").status_code == 200
    statements = [query["sql"] for query in asked if 'FROM "alarms_alarm"' in query["sql"]]
    assert len(statements) >= 2
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # as if there were a million: what is left is what has no index
        for statement in statements:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan on alarms_alarm" not in plan, plan


def test_what_takes_too_long_to_count_is_estimated_and_said_to_be(city, monkeypatch):
    client = city.client("auditor")
    assert "environ" not in client.get("/sites/quai/alarms?part=count").content.decode()
    monkeypatch.setattr(page, "COUNT_WITHIN", 1)
    with connection.cursor() as cursor:
        # As slow as a million: each row takes two milliseconds to be looked at.
        cursor.execute("CREATE FUNCTION slow(bigint) RETURNS boolean LANGUAGE sql AS 'SELECT true FROM pg_sleep(0.002)'")
    slowly = Alarm.objects.extra(where=["slow(alarms_alarm.id)"])
    assert counts.capped(slowly, 1) is None
    assert counts.capped(slowly, 10_000) == Alarm.objects.count()
    monkeypatch.setattr(page, "filtered", lambda *_, **__: slowly)
    assert "environ" in client.get("/sites/quai/alarms?part=count").content.decode()


@pytest.mark.parametrize(("number", "said"), [(0, 0), (7, 7), (99, 99), (104, 100), (12_345, 12_000), (999_999, 1_000_000)])
def test_an_estimate_is_told_in_round_figures(number, said):
    assert counts.in_round_figures(number) == said
