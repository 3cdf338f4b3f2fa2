"""An alarm shows its worst until somebody acknowledges it, with the sentence of that moment; what comes again is new."""

import pytest

from alarms import lifecycle
from alarms.correlation.recollection import standing
from alarms.engine.transitions import ThresholdEvidence
from alarms.maintenance import upkeep as maintenance
from alarms.models import Alarm, MaintenanceWindow
from alarms.rows import alarm_rows
from alarms.verdicts import recovery
from assets.instants import microseconds
from journal.actors import Actor
from journal.models import JournalEntry
from tests.alarms.verdict import at, make_cabinet, make_desk, make_lamps
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)

CRITICAL, HIGH, MEDIUM, LOW = 1, 2, 3, 4
LIMITS = {"critical": 3.0, "high": 2.5, "medium": 2.0, "low": 1.0}


@pytest.fixture
def desk(valkey):
    made = make_desk(dead={}, trapped={"cause": False})
    make_cabinet(made.site)
    return made


@pytest.fixture
def cabinet(desk):
    return desk.site.assets.get(code="ARM-1")


def moved(desk, asset, kind: str, seconds: float, severity: str, value: float, rule: str = "dead", **told) -> None:
    when = at(seconds)
    evidence = ThresholdEvidence("above", value, microseconds(when), LIMITS[severity], value, microseconds(when), 0, 0.0)
    desk.batch([desk.move(kind, rule, asset, when, severity, evidence=evidence, **told)], when)


def shown(asset) -> tuple:
    alarm = Alarm.objects.filter(asset=asset).latest("id")
    return alarm.severity, alarm.eased_to, alarm.state


def test_an_eased_alarm_shows_its_worst_severity_and_its_sentence_until_it_is_acknowledged(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "critical", 3.4)
    worst = Alarm.objects.get().sentence_fr
    moved(desk, cabinet, "change", 10, "medium", 2.1)
    assert shown(cabinet) == (CRITICAL, MEDIUM, "unacknowledged")
    assert Alarm.objects.get().sentence_fr == worst
    assert Alarm.objects.get().evidence["value"] == 3.4
    line = JournalEntry.objects.get(kind="alarm.severity")
    assert line.text_fr == f"Abaissée : moyenne, affichée critique jusqu'à l'acquittement — {worst}"
    (row,) = alarm_rows(Alarm.objects.all())
    assert (row["severity"], row["eased_to"]) == ("critical", "medium")
    lifecycle.acknowledge([row["id"]], by=Actor.of(make_user()), now=at(20))
    assert shown(cabinet) == (MEDIUM, None, "acknowledged")
    moved(desk, cabinet, "change", 30, "low", 1.2)
    assert shown(cabinet) == (LOW, None, "acknowledged")
    assert Alarm.objects.get().sentence_fr == worst
    moved(desk, cabinet, "change", 40, "high", 2.7)
    assert shown(cabinet) == (HIGH, None, "unacknowledged")
    assert Alarm.objects.get().evidence["value"] == 2.7, "it worsened after somebody had seen it: that is another worst moment"


def test_between_its_worst_and_now_an_unacknowledged_alarm_may_rise_and_fall(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "high", 2.6)
    for seconds, (severity, value, expected) in enumerate(
        [
            ("low", 1.1, (HIGH, LOW)),
            ("medium", 2.2, (HIGH, MEDIUM)),
            ("critical", 3.1, (CRITICAL, None)),
            ("high", 2.9, (CRITICAL, HIGH)),
        ]
    ):
        moved(desk, cabinet, "change", 10 + seconds, severity, value)
        assert shown(cabinet) == (*expected, "unacknowledged")


def test_an_engine_that_starts_again_is_told_how_severe_an_alarm_is_now(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "critical", 3.4)
    moved(desk, cabinet, "change", 10, "medium", 2.1)
    version = desk.rules["dead"].active_version_id
    (active,) = standing(desk.survey(), {version: microseconds(at(60))}, frozenset())
    assert active.severity == "medium"


def test_what_was_critical_and_is_not_acknowledged_is_neither_suppressed_nor_under_maintenance(desk, cabinet):
    """A person is trapped in a lift; the fault eases, and the lift's cabinet trips."""
    (lift,) = make_lamps(desk.site, 1, cabinet, "A")
    moved(desk, lift, "raise", 0, "critical", 3.4, rule="trapped")
    moved(desk, lift, "change", 5, "medium", 2.1, rule="trapped")
    MaintenanceWindow.objects.create(
        site=desk.site, asset=lift, reason="travaux", starts_at=at(6), ends_at=at(900), created_at=at(0)
    )
    maintenance.sweep(desk.site.pk, at(8))
    moved(desk, cabinet, "raise", 10, "high", 2.6)
    moved(desk, lift, "clear", 15, "medium", 0.5, rule="trapped")
    moved(desk, lift, "raise", 20, "medium", 2.1, rule="trapped")
    recovery.sweep(desk.site.pk, at(100))
    alarm = Alarm.objects.get(asset=lift)
    assert (alarm.severity, alarm.suppressed_by, alarm.out_of_service_until, alarm.state) == (
        CRITICAL,
        None,
        None,
        "unacknowledged",
    )


def test_a_suppressed_alarm_that_becomes_critical_and_ends_within_one_batch_is_in_view(desk, cabinet):
    (lift,) = make_lamps(desk.site, 1, cabinet, "A")
    moved(desk, cabinet, "raise", 0, "high", 2.6)
    moved(desk, lift, "raise", 5, "medium", 2.1, rule="trapped")
    assert Alarm.objects.get(asset=lift).suppressed_by is not None
    desk.batch(
        [desk.move("change", "trapped", lift, at(10), "critical"), desk.move("clear", "trapped", lift, at(11), "critical")],
        at(12),
    )
    alarm = Alarm.objects.get(asset=lift)
    assert (alarm.severity, alarm.suppressed_by, alarm.state) == (CRITICAL, None, "returned")


def test_a_cause_that_eased_explains_no_more_than_it_does_now(desk, cabinet):
    (lamp, later) = make_lamps(desk.site, 2, cabinet)
    moved(desk, cabinet, "raise", 0, "high", 2.6)
    moved(desk, lamp, "raise", 5, "low", 1.1, rule="trapped")
    moved(desk, cabinet, "change", 10, "medium", 2.1)
    moved(desk, later, "raise", 15, "low", 1.1, rule="trapped")
    assert Alarm.objects.get(asset=later).suppressed_by is None
    recovery.sweep(desk.site.pk, at(60))
    assert Alarm.objects.get(asset=lamp).suppressed_by is None


def test_an_alarm_that_comes_again_is_as_new_as_that_and_says_when_it_came_first(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "high", 2.6)
    moved(desk, cabinet, "clear", 60, "high", 1.0)
    moved(desk, cabinet, "raise", 3600, "high", 2.7)
    (row,) = alarm_rows(Alarm.objects.all())
    assert row["raised_at"] == row["learned_at"] == "2026-03-01T13:00:00.000Z"
    assert row["first_raised_at"] == "2026-03-01T12:00:00.000Z"
    assert row["occurrences"] == 2
    moved(desk, cabinet, "clear", 3660, "high", 1.0)
    moved(desk, cabinet, "raise", 7200, "high", 2.8)
    (row,) = alarm_rows(Alarm.objects.all())
    assert row["first_raised_at"] == "2026-03-01T12:00:00.000Z"


def test_what_came_again_and_was_over_when_we_learned_of_it_makes_nothing_new(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "high", 2.6)
    moved(desk, cabinet, "clear", 60, "high", 1.0)
    desk.batch([desk.move(kind, "dead", cabinet, at(when), past=True) for kind, when in (("raise", 90), ("clear", 95))], at(3600))
    alarm = Alarm.objects.get()
    assert (alarm.raised_at, alarm.first_raised_at, alarm.state) == (at(0), None, "returned")


def test_what_was_shelved_when_it_was_less_severe_is_in_view_again_once_it_is_critical(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "medium", 2.1)
    alarm = Alarm.objects.get()
    lifecycle.shelve([alarm.pk], until=at(3600), reason="bruit", by=Actor.of(make_user()), now=at(1))
    moved(desk, cabinet, "change", 10, "high", 2.6)
    alarm.refresh_from_db()
    assert alarm.shelved_until == at(3600), "what is not critical stays shelved"
    moved(desk, cabinet, "change", 20, "critical", 3.4)
    alarm.refresh_from_db()
    assert (alarm.severity, alarm.state, alarm.shelved_until, alarm.shelved_reason) == (CRITICAL, "unacknowledged", None, "")
    line = JournalEntry.objects.latest("seq")
    assert (line.kind, line.text_fr.partition(" : ")[0], alarm.seq) == ("alarm.unshelved", "Remise en vue, aggravée", line.seq)


def test_a_critical_that_is_shelved_stays_so_when_it_eases_and_worsens_again(desk, cabinet):
    moved(desk, cabinet, "raise", 0, "critical", 3.4)
    alarm = Alarm.objects.get()
    lifecycle.shelve([alarm.pk], until=at(3600), reason="vu", by=Actor.of(make_user()), now=at(1))
    moved(desk, cabinet, "change", 10, "high", 2.6)
    moved(desk, cabinet, "change", 20, "critical", 3.5)
    alarm.refresh_from_db()
    assert (alarm.severity, alarm.shelved_until) == (CRITICAL, at(3600)), "it showed critical all the while: that was shelved"
