"""No rule keeps a site from being built: one with which it cannot be is left out, told and taken up, and the others go on."""

import json
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from alarms.correlation import correlator as correlating_module
from alarms.correlation.blame import guilty_rules
from alarms.correlation.correlator import now_us
from alarms.models import Alarm, RuleSetAside, RuleVersion, Severity
from alarms.rules import activate, write_rule
from assets.log import Log
from assets.readings import Readings
from journal.models import JournalEntry
from journal.reading import verify
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1_000_000
ABOVE = {"kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above"}


@pytest.fixture
def scene(valkey) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site("quai")
    feed = make_feed(site, "jauges")
    points = [make_point(make_asset(site, f"quai-{n}"), feed) for n in range(2)]
    rules = [make_rule(site, f"regle-{n}", ABOVE | {"limits": [{"severity": "high", "limit": 2.0 + n}]}) for n in range(5)]
    return site, points, rules


def send(site, point, *values: float) -> None:
    began = now_us() - len(values)
    readings = Readings.of([point.pk] * len(values), [began + n for n in range(len(values))], values, received=now_us())
    Log().append_readings(site.pk, point.feed_id, readings)


def open_rules(site) -> set[str]:
    return set(Alarm.objects.filter(site=site, rule__built_in=False, state="unacknowledged").values_list("rule__slug", flat=True))


@contextmanager
def refusing(condition: str):
    """A database that takes no alarm of this kind."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused for a test'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER refusing BEFORE INSERT OR UPDATE ON alarms_alarm FOR EACH ROW WHEN ({condition}) "
            "EXECUTE FUNCTION refuse()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP TRIGGER refusing ON alarms_alarm")


def test_a_version_that_cannot_be_read_is_left_out_and_the_rest_goes_on(scene, wait_until):
    site, points, rules = scene
    RuleVersion.objects.filter(rule=rules[2]).update(spec={"kind": "of a later version"})
    with correlating(site, with_defects=True):
        alarm = wait_until(Alarm.objects.filter(rule__slug="vigie.rule-set-aside").first)
        send(site, points[0], 1.0, 50.0)
        wait_until(lambda: open_rules(site) == {f"regle-{n}" for n in (0, 1, 3, 4)})
        told = json.loads(Client().get("/health/ready").content)
        assert (told["rules_set_aside"], "set_aside" in told["degraded"], told["stuck"]) == (1, True, 0)
    row = RuleSetAside.objects.get()
    assert row.version.rule == rules[2]
    assert "SpecError" in row.error
    assert (alarm.subject, Severity(alarm.severity).label) == ("attribute:rule=regle-2", "critical")
    assert "elle ne surveille plus — regle-2" in alarm.sentence_fr
    assert JournalEntry.objects.filter(kind="rule.set_aside").count() == 1
    rules[2].refresh_from_db()
    assert "SpecError" in rules[2].trouble
    assert list(verify(site.pk)) == []


def test_a_rule_whose_alarm_cannot_be_restored_is_left_out_and_runs_again_when_asked(scene, wait_until):
    """It is activated while its condition holds: building the site raises its alarm, which the database refuses."""
    site, points, _rules = scene
    with correlating(site, with_defects=True):
        send(site, points[0], 1.0, 50.0)
        wait_until(lambda: len(open_rules(site)) == 5)
        with refusing("NEW.severity = 4"):
            low = make_rule(site, "basse", ABOVE | {"limits": [{"severity": "low", "limit": 40.0}]})
            wait_until(Alarm.objects.filter(rule__slug="vigie.rule-set-aside", state="unacknowledged").exists, 20)
            send(site, points[1], 1.0, 30.0)
            wait_until(lambda: Alarm.objects.filter(subject=f"point:{points[1].pk}").count() == 5)
        assert len(open_rules(site)) == 5
        told = StringIO()
        call_command("set_aside", "rules", "--site", "quai", stdout=told)
        assert "quai/basse v1" in told.getvalue()
        assert "refused for a test" in told.getvalue()
        number = RuleSetAside.objects.get().pk
        call_command("set_aside", "run-again", str(number), stdout=StringIO())
        wait_until(Alarm.objects.filter(rule=low).exists, 20)
        wait_until(Alarm.objects.filter(rule__slug="vigie.rule-set-aside", state="returned").exists, 20)
        with pytest.raises(CommandError):
            call_command("set_aside", "run-again", str(number), stdout=StringIO())
    low.refresh_from_db()
    assert low.trouble == ""
    assert list(verify(site.pk)) == []


def test_the_alarms_of_a_rule_that_is_set_aside_stay_and_another_version_takes_them_over(scene, wait_until):
    site, points, rules = scene
    with correlating(site):
        send(site, points[0], 1.0, 50.0)
        wait_until(lambda: len(open_rules(site)) == 5)
    RuleVersion.objects.filter(rule=rules[0]).update(spec={"kind": "of a later version"})
    with correlating(site, with_defects=True):
        wait_until(Alarm.objects.filter(rule__slug="vigie.rule-set-aside").exists)
        assert len(open_rules(site)) == 5
        spec = ABOVE | {"limits": [{"severity": "high", "limit": 2.5}]}
        activate(write_rule(site, "regle-0", "Règle", "Rule", spec, now=timezone.now()), now=timezone.now())
        wait_until(Alarm.objects.filter(rule__slug="vigie.rule-set-aside", state="returned").exists, 20)
        wait_until(lambda: Alarm.objects.get(rule=rules[0]).version.number == 2)
        send(site, points[0], 1.0)
        wait_until(lambda: open_rules(site) == set())


def test_a_site_that_fails_without_any_rule_sets_no_rule_aside(scene, valkey, wait_until, monkeypatch):
    monkeypatch.setattr(correlating_module, "LONGEST_WAIT_STUCK", 0.1)
    site, points, _rules = scene
    with connection.cursor() as cursor:
        cursor.execute("UPDATE assets_assetkind SET points = '[5]'")
        with correlating(site, with_defects=True):
            wait_until(lambda: valkey.exists(f"correlator:{site.pk}:stuck"), 20)
            cursor.execute("UPDATE assets_assetkind SET points = '[]'")
            send(site, points[0], 1.0, 50.0)
            wait_until(lambda: len(open_rules(site)) == 5, 20)
    assert not RuleSetAside.objects.exists()


@given(guilty=st.sets(st.integers(0, 63)), count=st.integers(0, 64))
def test_halving_finds_every_guilty_rule_and_no_other(guilty, count):
    tries = []

    def failure(versions) -> Exception | None:
        tries.append(versions)
        return ValueError("guilty") if guilty.intersection(versions) else None

    found = guilty_rules(range(count), failure)
    assert set(found) == {each for each in guilty if each < count}
    assert len(tries) <= 9 * len(found) + 1


def test_two_rules_that_fail_only_together_cost_one_of_them():
    assert list(guilty_rules([1, 2, 3, 4], lambda kept: ValueError() if {1, 3} <= set(kept) else None)) == [3]


def test_nobody_is_guilty_when_it_fails_without_any_or_did_once():
    assert guilty_rules([1, 2], lambda kept: ValueError()) == {}
    assert guilty_rules([1, 2], lambda kept: None) == {}
