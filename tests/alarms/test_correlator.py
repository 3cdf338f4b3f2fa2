"""The correlator on real engines: what was accepted is stored once, judged once and journaled, also after a restart."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection, transaction

from alarms.correlation.correlator import BATCH, now_us
from alarms.correlation.judge import MOST_BEGUN, PATIENCE, time_of
from alarms.models import Alarm, Position, Severity
from assets.feeds import health
from assets.instants import instant
from assets.log import Event, Log, LogEntry
from assets.models import Latest
from assets.readings import Readings
from journal.models import JournalEntry
from journal.reading import lines_about, verify
from tests.correlating import correlating
from tests.factories import THRESHOLD, make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1_000_000


@pytest.fixture
def scene(valkey):
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site()
    feed = make_feed(site)
    point = make_point(make_asset(site), feed)
    make_rule(site)
    return site, feed, point


def send(site, feed, point, *values: float, at: int | None = None, step: int = SECOND) -> int:
    """Append readings, one second apart, the last of them now; returns the instant of the first."""
    now = now_us()
    first = at or now - (len(values) - 1) * step
    instants = [first + i * step for i in range(len(values))]
    Log().append_readings(site.id, feed.id, Readings.of([point.id] * len(values), instants, values, received=now))
    return first


def plain(sentence: str) -> str:
    """Without the no-break spaces of good typography."""
    return sentence.replace("\u202f", " ").replace("\xa0", " ")


def stored() -> list[float]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT value FROM reading ORDER BY at")
        return [value for (value,) in cursor.fetchall()]


def test_a_reading_above_the_limit_is_stored_raised_and_journaled(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.0, 2.63)
        alarm = wait_until(Alarm.objects.first)
    assert (Severity(alarm.severity).label, alarm.state, alarm.subject) == ("high", "unacknowledged", f"point:{point.id}")
    assert plain(alarm.sentence_fr) == "Water level 2,63 m > 2,50 m — Jauge J-1"
    assert stored() == [2.0, 2.63]
    assert list(lines_about(alarm.site_id, "alarm", [alarm.pk]).values_list("kind", flat=True)) == ["alarm.raised"]
    assert list(verify(site.id)) == []


def test_what_an_alarm_of_a_reading_refers_to_cannot_be_deleted(scene, wait_until):
    """Of its references only the version's has a constraint (ADR 19)."""
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.63)
        alarm = wait_until(Alarm.objects.first)
        wait_until(Latest.objects.filter(point=point).exists)
    for table, id_ in (
        ("assets_site", site.pk),
        ("alarms_rule", alarm.rule_id),
        ("assets_point", point.pk),
        ("assets_asset", alarm.asset_id),
    ):
        with pytest.raises(IntegrityError), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id = %s", [id_])


def test_an_alarm_worsens_and_returns_to_normal_on_one_row(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.6)
        wait_until(Alarm.objects.filter(severity=2).exists)
        send(site, feed, point, 3.1)
        wait_until(Alarm.objects.filter(severity=1).exists)
        send(site, feed, point, 1.0)
        wait_until(Alarm.objects.filter(state="returned").exists)
    assert list(JournalEntry.objects.filter(kind__startswith="alarm.").order_by("seq").values_list("kind", flat=True)) == [
        "alarm.raised", "alarm.severity", "alarm.returned",
    ]  # fmt: skip


def test_a_restart_repeats_nothing_and_continues_where_it_stopped(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.6)
        wait_until(Alarm.objects.exists)
    send(site, feed, point, 2.7)  # while nobody reads
    with correlating(site):
        wait_until(lambda: len(stored()) == 2)
        send(site, feed, point, 1.0)
        wait_until(Alarm.objects.filter(state="returned").exists)
    assert stored() == [2.6, 2.7, 1.0]
    assert Alarm.objects.count() == 1
    assert list(verify(site.id)) == []


def test_a_lost_log_does_not_hide_what_comes_after(scene, valkey, wait_until):
    site, feed, point = scene
    Position.objects.create(site=site, offset="99999999999999-0")
    with correlating(site):
        wait_until(lambda: valkey.exists(f"correlator:{site.id}"))
        send(site, feed, point, 2.6)
        wait_until(Alarm.objects.exists)


def test_a_connection_that_ends_in_the_middle_of_a_copy_is_taken_up_again(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 1.0)
        wait_until(lambda: stored() == [1.0])
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE reading IN ACCESS EXCLUSIVE MODE")
            send(site, feed, point, 2.0)
            wait_until(lambda: waiting(cursor))
            cursor.execute("SELECT pg_terminate_backend(%s)", [waiting(cursor)])
        wait_until(lambda: stored() == [1.0, 2.0])


def waiting(cursor) -> int | None:
    """The server process that waits for a table."""
    cursor.execute("SELECT pid FROM pg_locks WHERE locktype = 'relation' AND NOT granted")
    return (cursor.fetchone() or (None,))[0]


def test_a_second_correlator_waits_and_takes_over(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.6)
        wait_until(Alarm.objects.exists)
        spare = correlating(site)
        spare.__enter__()
    try:
        send(site, feed, point, 1.0)
        wait_until(Alarm.objects.filter(state="returned").exists)
    finally:
        spare.__exit__(None, None, None)
    assert stored() == [2.6, 1.0]


def test_retiring_the_rule_clears_its_alarms(scene, wait_until):
    from alarms.models import Rule
    from alarms.rules import retire
    from tests.factories import NOON

    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.6)
        wait_until(Alarm.objects.exists)
        retire(Rule.objects.get(), now=NOON)
        wait_until(Alarm.objects.filter(state="returned").exists)


def test_activating_a_rule_raises_what_is_already_true(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 2.0)
        wait_until(lambda: len(stored()) == 1)
        spec = {
            "kind": "threshold", "scope": {"quantity": "water_level"}, "direction": "above",
            "limits": [{"severity": "low", "limit": 1.5}],
        }  # fmt: skip
        make_rule(site, "seuil-bas", spec)
        wait_until(Alarm.objects.filter(severity=4).exists)


def test_a_late_reading_is_stored_and_not_judged(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 1.0)
        wait_until(lambda: len(stored()) == 1)
        send(site, feed, point, 9.0, at=now_us() - 60 * SECOND)
        wait_until(lambda: len(stored()) == 2)
    assert not Alarm.objects.exists()


def test_readings_of_years_ago_find_their_place(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 1.0, 2.0, at=1_579_700_000 * SECOND, step=3600 * SECOND)
        wait_until(lambda: len(stored()) == 2)


def test_a_full_valkey_takes_no_sign_of_life_and_gives_what_it_has(scene, wait_until, valkey):
    site, feed, point = scene
    send(site, feed, point, *[1.0] * 30_000, step=1)
    valkey.config_set("maxmemory", 500_000)
    try:
        with correlating(site):
            wait_until(lambda: len(stored()) == 30_000)
            wait_until(lambda: Log().length(site.id) == 0)
    finally:
        valkey.config_set("maxmemory", "1gb")


def test_a_batch_of_many_months_begins_its_partitions_in_several_transactions(scene, wait_until):
    site, feed, point = scene
    months = [int(datetime(2000 + n // 12, n % 12 + 1, 1, tzinfo=UTC).timestamp()) * SECOND for n in range(150)]
    Log().append_readings(site.id, feed.id, Readings.of([point.id] * 150, months, [1.0] * 150, received=now_us()))
    with correlating(site):
        wait_until(lambda: len(stored()) == 150, 60)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname ~ '^reading_m20(0|1)' AND relkind = 'r' GROUP BY xmin::text")
        counts = [count for (count,) in cursor.fetchall()]
    assert sum(counts) == 150
    assert max(counts) <= MOST_BEGUN


def test_events_are_stored_beside_readings(scene, wait_until):
    site, feed, point = scene
    with correlating(site):
        Log().append_events(site.id, feed.id, [Event("B-1", now_us(), now_us(), "door_forced", point.asset_id, {"porte": "é"})])
        with connection.cursor() as cursor:

            def one():
                cursor.execute("SELECT kind, attributes->>'porte' FROM event")
                return cursor.fetchone()

            assert wait_until(one) == ("door_forced", "é")


def test_the_newest_reading_and_the_rollups_follow_when_a_minute_is_over(scene, wait_until, monkeypatch):
    from alarms.correlation import judge

    monkeypatch.setattr(judge, "ROLLUP_DELAY", -120 * SECOND)
    site, feed, point = scene
    with correlating(site):
        send(site, feed, point, 1.0, 3.0)
        wait_until(Latest.objects.filter(point=point, value=3.0).exists)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(minimum), max(maximum), sum(total), sum(count) FROM rollup_minute")
        assert cursor.fetchone() == (1.0, 3.0, 4.0, 2)
        cursor.execute("SELECT min(minimum), max(maximum), sum(total), sum(count) FROM rollup_hour")
        assert cursor.fetchone() == (1.0, 3.0, 4.0, 2)


def test_time_never_runs_ahead_of_what_waits_in_the_log(scene, wait_until):
    site, feed, point = scene
    make_rule(site, "slow", THRESHOLD | {"on_delay": 30})
    Position.objects.create(site=site, offset="0-0", committed_at=instant(now_us() - 600 * SECOND))
    begun = now_us() - 300 * SECOND
    for second in range(2 * BATCH):
        value = 9.0 if 5 <= second < 30 else 1.0  # over the limit for 25 seconds, which end in the second batch
        readings = Readings.of([point.id], [begun + second * SECOND], [value], received=begun + second * SECOND)
        Log().append_readings(site.id, feed.id, readings)
        if second == 10:
            # What makes the first batch full ends while the level stands above its limit.
            for _ in range(BATCH):
                Log().append_readings(site.id, feed.id, Readings.of([0], [begun], [0.0], received=begun + second * SECOND))
    with correlating(site):
        wait_until(lambda: len(stored()) == 2 * BATCH)
    assert not Alarm.objects.filter(rule__slug="slow").exists()


def test_what_comes_late_or_twice_is_counted_by_feed(scene, wait_until, client, settings):
    site, feed, point = scene
    other_feed = make_feed(site, "autres")
    other = make_point(make_asset(site, "J-2"), other_feed)
    now = now_us()
    sent = [(point, 0), (other, 0), (point, 0), (point, -1), (point, 1), (point, 1), (point, -2), (other, 0), (other, 0)]
    with correlating(site):
        for which, source in ((point, feed), (other, other_feed)):
            ats = [now + seconds * SECOND for each, seconds in sent if each is which]
            Log().append_readings(site.id, source.id, Readings.of([which.pk] * len(ats), ats, [1.0] * len(ats), received=now))
        Log().append_readings(site.id, feed.id, Readings.of([0], [now], [1.0], received=now))  # nobody's is neither

        def counted() -> list[tuple[int, int]]:
            return [(one.late, one.duplicate) for one in health.read([feed.pk, other_feed.pk])]

        wait_until(lambda: counted() == [(2, 2), (0, 2)])
    settings.METRICS_TOKEN = "token"
    told = client.get("/metrics", headers={"authorization": "Bearer token"}).content.decode()
    assert f'vigie_feed_out_of_order_total{{feed="{feed.slug}",kind="late",site="{site.slug}"}} 2.0' in told
    assert f'vigie_feed_out_of_order_total{{feed="{other_feed.slug}",kind="duplicate",site="{site.slug}"}} 2.0' in told
    assert health.read([feed.pk])[0].last_message_at is None  # the engine's counting is no message


def test_time_is_a_second_behind_so_that_what_was_measured_at_the_end_of_a_delay_is_there():
    now = now_us()
    assert time_of([], now) == now - PATIENCE
    early = LogEntry(1, Readings.of([1], [now - 9 * SECOND], [1.0], received=now - 5 * SECOND), [])
    late = LogEntry(1, None, [Event("a", now, now - 2 * SECOND, "call", None, {})])
    assert time_of([early], now) == now - 5 * SECOND - PATIENCE
    assert time_of([early, late], now) == now - 2 * SECOND - PATIENCE
