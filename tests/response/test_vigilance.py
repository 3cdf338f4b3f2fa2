"""What duty lacks is an alarm, and ends with its cause: events of the journal, the rules of the pack, the real correlator."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from alarms.lifecycle import acknowledge
from alarms.models import Alarm
from alarms.rules.rulebook import pack
from assets.log import Log
from journal import followers, live
from journal.actors import Actor
from journal.models import JournalEntry
from response import rota
from response.duty import holding, positions, rotas, vigilance
from response.duty.events import NAME, DutyEvents
from response.handover import moves
from tests.correlating import correlating
from tests.factories import make_alarm, make_asset, make_rule, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)

CHIEF, ANNA, BRUNO = (Actor("person", name) for name in ("chef", "anna", "bruno"))
MINUTE, HOUR = dt.timedelta(minutes=1), dt.timedelta(hours=1)


@pytest.fixture
def site(valkey):
    """Whose rules of duty wait a second, so that a test can wait for them."""
    site = make_site()
    for entry in pack("city"):
        if entry.slug in ("handover-not-accepted", "position-vacant", "critical-unattended"):
            make_rule(site, entry.slug, {**entry.spec, "within": 1})
    followers.move(site.pk, NAME, live.state(site.pk), timezone.now())
    return site


@pytest.fixture
def position(site):
    return positions.write(site.pk, "chef", "Chef de quart", "", 0, by=CHIEF, now=timezone.now())


def tell(site) -> None:
    """Let the follower deal with all there is, and again as if it had been killed before it saved its place."""
    for _ in range(2):
        DutyEvents(site.pk, NAME).deal(0, live.state(site.pk), timezone.now())


def expect_somebody(position) -> None:
    start = (timezone.now() - HOUR).astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    turn = rota.Turn(start, start + 3 * HOUR, "UTC")
    rotas.add(position, turn, "", people=(), by=CHIEF, now=timezone.now())


def states(slug: str) -> list[str]:
    with transaction.atomic():
        return list(Alarm.objects.filter(rule__slug=slug).values_list("state", flat=True))


def test_a_position_that_nobody_holds_though_somebody_is_expected_is_an_alarm_until_it_is_held(site, position, wait_until):
    expect_somebody(position)
    with correlating(site):
        for _ in range(2):
            vigilance.sweep(site.pk, timezone.now())
        tell(site)
        wait_until(lambda: states("position-vacant") == ["unacknowledged"])
        holding.take(position.pk, by=ANNA, now=timezone.now())
        vigilance.sweep(site.pk, timezone.now())
        tell(site)
        wait_until(lambda: states("position-vacant") == ["returned"])
    kinds = [kind for kind in JournalEntry.objects.order_by("seq").values_list("kind", flat=True) if kind.startswith("position.")]
    assert kinds == ["position.written", "position.vacant", "position.covered"]
    alarm = Alarm.objects.get(rule__slug="position-vacant")
    assert alarm.sentence_fr == "Poste vacant (chef), quelqu'un y est attendu"


def test_nobody_is_missed_where_the_rota_expects_nobody(site, position):
    vigilance.sweep(site.pk, timezone.now())
    assert not JournalEntry.objects.filter(kind="position.vacant").exists()


def test_a_hand_over_that_nobody_accepts_is_an_alarm_until_somebody_does(site, position, wait_until):
    holding.take(position.pk, by=ANNA, now=timezone.now())
    with correlating(site):
        given = moves.give(position.pk, "", by=ANNA, now=timezone.now())
        tell(site)
        wait_until(lambda: states("handover-not-accepted") == ["unacknowledged"])
        moves.accept(given.pk, by=BRUNO, now=timezone.now())
        tell(site)
        wait_until(lambda: states("handover-not-accepted") == ["returned"])
    events = [event.kind for packed in Log().read(site.pk, "0-0", 1000, 0) for event in packed.opened().events]
    assert sorted(events) in ([], ["handover_closed", "handover_given"])  # the log may be trimmed by then


def test_a_critical_alarm_that_waits_too_long_is_one_alarm_until_it_is_acknowledged(site, wait_until):
    person, now = make_user("zoe", site), timezone.now()
    rule = make_rule(site)
    waiting = [make_alarm(rule, make_asset(site, f"J-{n}"), severity=1, seq=1) for n in range(2)]
    Alarm.objects.filter(rule=rule).update(learned_at=now - 4 * MINUTE)
    with correlating(site):
        vigilance.sweep(site.pk, now)
        assert not JournalEntry.objects.filter(kind="attention.overdue").exists()
        vigilance.sweep(site.pk, now + 2 * MINUTE)
        vigilance.sweep(site.pk, now + 2 * MINUTE)
        assert JournalEntry.objects.filter(kind="attention.overdue").count() == 1
        JournalEntry.objects.filter(kind="attention.overdue").update(at=now)  # the log passes over what lies ahead of it
        tell(site)
        wait_until(lambda: states("critical-unattended") == ["unacknowledged"])
        acknowledge([waiting[0].pk], by=Actor.of(person), now=timezone.now())
        vigilance.sweep(site.pk, now + 3 * MINUTE)
        assert not JournalEntry.objects.filter(kind="attention.restored").exists()
        acknowledge([waiting[1].pk], by=Actor.of(person), now=timezone.now())
        vigilance.sweep(site.pk, timezone.now())
        tell(site)
        wait_until(lambda: states("critical-unattended") == ["returned"])
