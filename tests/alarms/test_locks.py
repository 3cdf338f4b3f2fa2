"""Everyone locks in one order: whoever meets over the same rows waits for the other, and nobody is thrown out by PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from alarms import rules
from alarms.correlation.correlator import now_us
from alarms.incidents import moves
from alarms.models import Alarm, Incident, Rule
from assets.instants import instant
from journal.actors import Actor
from journal.page import open_page
from tests.alarms.byhand import by_hand
from tests.factories import NOON, make_alarm, make_asset, make_feed, make_point, make_rule, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)


class Beside:
    """Something done in a thread and a session of its own; `join` waits for its end and raises what it raised."""

    def __init__(self, act) -> None:
        self._act = act
        self._thread = ThreadPoolExecutor(1)
        self._done = self._thread.submit(self._run)

    def _run(self) -> None:
        try:
            self._act()
        finally:
            connection.close()

    def join(self) -> None:
        self._done.result(30)
        self._thread.shutdown()


@pytest.fixture
def waiting(wait_until):
    """waiting(n): returns once n sessions wait for a lock."""

    def asked(number: int) -> None:
        def are() -> bool:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
                return cursor.fetchone()[0] >= number

        wait_until(are)

    return asked


def test_a_rule_is_activated_while_one_of_its_alarms_is_committed(valkey, waiting):
    rule = make_rule(make_site())
    asset = make_asset(rule.site)
    with transaction.atomic():
        open_page(rule.site_id)
        other = Beside(lambda: rules.retire(rule, now=NOON))
        waiting(1)
        make_alarm(rule, asset)
    other.join()
    assert Rule.objects.get().state == "retired"


def test_a_cause_is_acknowledged_while_what_it_explains_is_committed(valkey, waiting):
    from alarms import lifecycle

    rule = make_rule(make_site())
    cause, other = make_alarm(rule, make_asset(rule.site)), make_alarm(rule, make_asset(rule.site, "J-2"))
    person = make_user()
    with transaction.atomic():
        open_page(rule.site_id)
        operator = Beside(lambda: lifecycle.acknowledge([cause.pk], by=Actor.of(person), now=NOON))
        waiting(1)
        Alarm.objects.filter(pk=other.pk).update(suppressed_by=cause)
    operator.join()
    assert Alarm.objects.get(pk=cause.pk).state == "acknowledged"


def test_an_engine_that_starts_locks_alarms_in_the_order_of_everyone_else(valkey, waiting, monkeypatch):
    site = make_site()
    rule, gone = make_rule(site), make_rule(site, "ancienne", active=False)
    feed, asset = make_feed(site), make_asset(site)
    point = make_point(asset, feed)
    version = rule.versions.first()
    with by_hand(monkeypatch, site, now_us()) as hand:
        hand.read(feed, [point], 2.8)
        hand.turn()
        hand.cut()
        connection.close()  # the lock of the site goes with its session
        raised = Alarm.objects.get()
        Alarm.objects.update(state="returned", returned_at=NOON)
        orphan = make_alarm(gone, asset, version=version, id=raised.pk - 1)
        with transaction.atomic():
            list(Alarm.objects.select_for_update(no_key=True).filter(pk=orphan.pk))
            starting = Beside(hand.turn)
            waiting(1)
            list(Alarm.objects.select_for_update(no_key=True).filter(pk=raised.pk))
        starting.join()
    assert list(Alarm.objects.order_by("pk").values_list("state", flat=True)) == ["returned", "unacknowledged"]


def test_an_alarm_comes_again_while_the_acknowledgement_that_closed_it_is_taken_back(valkey, waiting, monkeypatch):
    from alarms import lifecycle

    site = make_site()
    make_rule(site)
    feed = make_feed(site)
    point, person = make_point(make_asset(site), feed), make_user()
    with by_hand(monkeypatch, site, now_us()) as hand:
        for value in (2.8, 1.0):
            hand.now += 1_000_000
            hand.read(feed, [point], value)
            hand.turn()
        alarm = Alarm.objects.get()
        assert alarm.state == "returned"
        lifecycle.acknowledge([alarm.pk], by=Actor.of(person), now=instant(hand.now))
        hand.now += 1_000_000
        hand.read(feed, [point], 2.8)
        connection.close()  # the lock of the site goes with its session
        hand.cut()
        with transaction.atomic():
            lifecycle.withdraw([alarm.pk], by=Actor.of(person), now=instant(hand.now))
            coming = Beside(hand.turn)
            waiting(1)
        coming.join()
    (alarm,) = Alarm.objects.all()
    assert (alarm.state, alarm.occurrences) == ("unacknowledged", 2)


def test_incidents_are_merged_while_an_alarm_joins_one_of_them(valkey, waiting):
    rule = make_rule(make_site())
    alarms = [make_alarm(rule, make_asset(rule.site, f"J-{n}")) for n in range(4)]
    person = make_user()
    into, source = (moves.open_by_hand(rule.site_id, [alarm.pk], by=Actor.of(person), now=NOON) for alarm in alarms[:2])
    late = alarms[3]

    def another_batch():
        with transaction.atomic():
            list(Alarm.objects.select_for_update(no_key=True).filter(pk=late.pk))
            list(Incident.objects.select_for_update(no_key=True).filter(pk=source.pk))

    with transaction.atomic():
        list(Alarm.objects.select_for_update(no_key=True).filter(pk=late.pk))
        list(Incident.objects.select_for_update(no_key=True).filter(pk=source.pk))
        Alarm.objects.filter(pk=late.pk).update(incident=source)
        merging = Beside(lambda: moves.merge(into.pk, [source.pk], by=Actor.of(person), now=NOON))
        waiting(1)
        batch = Beside(another_batch)
        waiting(2)
    batch.join()
    merging.join()
    late.refresh_from_db()
    assert late.incident_id == into.pk


def test_what_was_merged_before_is_locked_before_the_journal(valkey, waiting):
    rule = make_rule(make_site())
    alarms = [make_alarm(rule, make_asset(rule.site, f"J-{n}")) for n in range(3)]
    person = make_user()
    first, second, third = (moves.open_by_hand(rule.site_id, [alarm.pk], by=Actor.of(person), now=NOON) for alarm in alarms)
    moves.merge(second.pk, [third.pk], by=Actor.of(person), now=NOON)
    with transaction.atomic():
        list(Incident.objects.select_for_update(no_key=True).filter(pk=third.pk))
        merging = Beside(lambda: moves.merge(first.pk, [second.pk], by=Actor.of(person), now=NOON))
        waiting(1)
        open_page(rule.site_id)
    merging.join()
    third.refresh_from_db()
    assert third.merged_into_id == first.pk
