"""No entry of the log stops a site: what cannot be applied is set aside, told and replayed, and the rest is stored once."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alarms.correlation import correlator as correlating_module
from alarms.correlation import set_aside
from alarms.correlation.blame import Suspects
from alarms.correlation.correlator import BATCH, now_us
from alarms.models import Alarm, Position, Rule, SetAside, Severity
from assets.log import EVENTS, READINGS, Event, Log, key
from assets.models import Site
from assets.readings import Readings
from journal.models import JournalEntry
from journal.reading import verify
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_rule, make_site

pytestmark = pytest.mark.django_db(transaction=True)

SECOND = 1_000_000
UNSTORABLE, UNTELLABLE = 666.0, 777.0
"""Values that the database refuses: to be stored at all; to be the reason of an alarm."""


@contextmanager
def refusing() -> Iterator[None]:
    """A database that refuses UNSTORABLE readings, and alarms about UNTELLABLE ones."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused for a test'; END $$"
        )
        cursor.execute(
            f"CREATE TRIGGER refusing BEFORE INSERT ON reading FOR EACH ROW WHEN (NEW.value = {UNSTORABLE}) "
            "EXECUTE FUNCTION refuse()"
        )
        cursor.execute(
            "CREATE TRIGGER refusing BEFORE INSERT OR UPDATE ON alarms_alarm FOR EACH ROW "
            f"WHEN (NEW.evidence->>'value' = '{UNTELLABLE}') EXECUTE FUNCTION refuse()"
        )
        try:
            yield
        finally:
            cursor.execute("DROP TRIGGER refusing ON reading")
            cursor.execute("DROP TRIGGER refusing ON alarms_alarm")


@pytest.fixture
def scene(valkey) -> tuple:
    return make_scene()


def make_scene(slug: str = "quai") -> tuple:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reading, event, rollup_minute, rollup_hour")
    site = make_site(slug)
    feeds = [make_feed(site, f"{slug}-{name}") for name in ("jauges", "vannes")]
    points = [make_point(make_asset(site, f"{slug}-{n}"), feeds[n % 2]) for n in range(4)]
    make_rule(site)
    return site, feeds, points


def send(site: Site, point, at: int, *values: float) -> str:
    readings = Readings.of([point.pk] * len(values), [at + n for n in range(len(values))], values, received=now_us())
    return Log().append_readings(site.pk, point.feed_id, readings)


def stored() -> list[tuple[int, float]]:
    """(point, value) in the order in which they were written: by transaction, for pages have room where rows were undone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT point, value FROM reading ORDER BY xmin::text::bigint, at")
        return cursor.fetchall()


def test_one_entry_that_cannot_be_stored_is_set_aside_and_the_rest_goes_on(scene, wait_until):
    site, feeds, points = scene
    began = now_us() - 60 * SECOND
    with refusing(), correlating(site, with_defects=True):
        offsets = [send(site, points[0], began + n * SECOND, UNSTORABLE if n == 11 else float(n)) for n in range(BATCH)]
        wait_until(lambda: Log().length(site.pk) == 0)
        alarm = wait_until(Alarm.objects.filter(rule__slug="vigie.set-aside").first)
    assert [value for _, value in stored()] == [float(n) for n in range(BATCH) if n != 11]
    row = SetAside.objects.get()
    assert (row.offset, row.feed, row.failures) == (offsets[11], feeds[0].pk, 1)
    assert "refused for a test" in row.error
    assert "write_readings" in row.trace
    assert (alarm.subject, alarm.state, Severity(alarm.severity).label) == (f"feed:{feeds[0].pk}", "unacknowledged", "critical")
    assert alarm.sentence_fr == "Envoi que Vigie n’a pas su traiter, mis à part sans être perdu — Quai-Jauges"
    assert list(JournalEntry.objects.filter(kind="entry.set_aside").values_list("text_en", flat=True)) == [
        f"Entry {offsets[11]} set aside, not applied (ProgrammingError)"
    ]
    assert list(verify(site.pk)) == []


def test_an_entry_whose_alarm_cannot_be_written_is_set_aside(scene, wait_until):
    site, _, points = scene
    began = now_us() - 60 * SECOND
    with refusing(), correlating(site, with_defects=True):
        for n, value in enumerate((1.0, UNTELLABLE, 2.0)):
            send(site, points[0], began + n * SECOND, value)
        wait_until(lambda: [value for _, value in stored()] == [1.0, 2.0])
    assert [row.site_id for row in SetAside.objects.all()] == [site.pk]
    assert not Alarm.objects.filter(rule__slug="crue").exists()


@pytest.mark.parametrize(
    "fields",
    [
        {"k": READINGS, "f": 1, "d": b"no batch at all"},
        {"k": EVENTS, "f": 1, "d": b"\xc1"},
        {"k": b"x", "f": 1, "d": b""},
        {"k": READINGS, "f": b"none", "d": Readings.of([1], [1], [1.0]).pack()},
        {"k": b"mark"},
    ],
)
def test_bytes_that_are_no_batch_are_set_aside(scene, valkey, wait_until, fields):
    site, _, points = scene
    began = now_us() - 60 * SECOND
    send(site, points[0], began, 1.0)
    valkey.xadd(key(site.pk), fields)
    send(site, points[0], began + SECOND, 2.0)
    with correlating(site, with_defects=True):
        wait_until(lambda: [value for _, value in stored()] == [1.0, 2.0])
    row = SetAside.objects.get()
    assert (bytes(row.kind), bytes(row.data)) == (fields["k"], fields.get("d", b""))


def test_a_replay_applies_it_once_and_returns_its_alarm(scene, wait_until):
    site, _, points = scene
    began = now_us() - 60 * SECOND
    with refusing(), correlating(site, with_defects=True):
        send(site, points[0], began, UNSTORABLE)
        send(site, points[1], began, 1.0)
        wait_until(SetAside.objects.exists)
        call_command("set_aside", "replay", "--site", site.slug, stdout=StringIO())
        wait_until(SetAside.objects.filter(failures=2, replay_asked_at=None).exists)  # the defect is still there
        assert Alarm.objects.get(rule__built_in=True).state == "unacknowledged"
    call_command("set_aside", "replay", "--site", site.slug, stdout=StringIO())
    with pytest.raises(CommandError):
        call_command("set_aside", "replay", str(SetAside.objects.get().pk), stdout=StringIO(), stderr=StringIO())
    with correlating(site):
        wait_until(Alarm.objects.filter(rule__built_in=True, state="returned").exists)
    with correlating(site):
        send(site, points[1], began + SECOND, 2.0)
        wait_until(lambda: (points[1].pk, 2.0) in stored())
    assert sorted(stored()) == [(points[0].pk, UNSTORABLE), (points[1].pk, 1.0), (points[1].pk, 2.0)]
    assert list(JournalEntry.objects.filter(kind="entry.replayed").values_list("text_fr", flat=True)) == [
        f"Envoi {SetAside.objects.get().offset}, mis à part, traité"
    ]
    assert Alarm.objects.filter(rule__slug="crue", subject=f"point:{points[0].pk}").exists()  # it was judged too
    assert list(verify(site.pk)) == []


def test_what_is_given_up_is_never_applied_and_its_alarm_returns(scene, wait_until):
    site, _, points = scene
    with refusing(), correlating(site, with_defects=True):
        send(site, points[0], now_us(), UNSTORABLE)
        wait_until(Alarm.objects.filter(rule__built_in=True).exists)
        call_command("set_aside", "discard", str(SetAside.objects.get().pk), stdout=StringIO())
        wait_until(Alarm.objects.filter(rule__built_in=True, state="returned").exists)
    assert stored() == []
    assert JournalEntry.objects.filter(kind="entry.discarded").count() == 1


def test_the_command_shows_why_it_failed_and_what_is_in_it(scene, wait_until):
    site, feeds, points = scene
    with refusing(), correlating(site, with_defects=True):
        send(site, points[0], now_us(), 1.5, UNSTORABLE)
        wait_until(SetAside.objects.exists)
    told = StringIO()
    call_command("set_aside", "list", stdout=told)
    assert f"quai/{feeds[0].slug}" in told.getvalue()
    call_command("set_aside", "show", str(SetAside.objects.get().pk), stdout=told)
    assert "refused for a test" in told.getvalue()
    assert ", 1.5, 0" in told.getvalue()


def test_what_is_set_aside_is_told_in_health_and_metrics(scene, wait_until):
    site, _, points = scene
    with refusing(), correlating(site, with_defects=True):
        send(site, points[0], now_us(), UNSTORABLE)
        wait_until(SetAside.objects.exists)
        told = json.loads(Client().get("/health/ready").content)
        assert (told["set_aside"], told["correlators"], "set_aside" in told["degraded"]) == (1, 1, True)
    assert 'vigie_set_aside_entries{site="quai"} 1.0' in Client().get("/metrics").content.decode()


def test_the_built_in_rule_is_nobody_s_to_write(scene, wait_until):
    site, _, points = scene
    with refusing(), correlating(site, with_defects=True):
        send(site, points[0], now_us(), UNSTORABLE)
        wait_until(Alarm.objects.filter(rule__built_in=True).exists)
    told = StringIO()
    call_command("export_rules", site.slug, stdout=told)
    assert "vigie.set-aside" not in told.getvalue()
    assert Rule.objects.get(built_in=True).state == "draft"


def test_a_defect_that_is_no_entry_s_sets_nothing_aside_and_is_told(scene, valkey, wait_until, monkeypatch):
    """Whatever alarm time alone would raise is refused: no entry can be at fault, whichever is under way."""
    monkeypatch.setattr(correlating_module, "LONGEST_WAIT_STUCK", 0.1)
    site, _feeds, points = scene
    make_rule(site, "muet", {"kind": "silence", "of": "asset", "scope": {}, "severity": "high", "factor": 1, "minimum": 0})
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'refused for a test'; END $$"
        )
        cursor.execute(
            "CREATE TRIGGER silent BEFORE INSERT ON alarms_alarm FOR EACH ROW WHEN (NEW.evidence->>'kind' = 'silence') "
            "EXECUTE FUNCTION refuse()"
        )
        try:
            points[0].interval = 1
            points[0].save()
            with correlating(site, with_defects=True):
                send(site, points[0], now_us() - SECOND, 1.0)
                wait_until(lambda: valkey.get(f"correlator:{site.pk}:stuck"), 20)
                told = json.loads(Client().get("/health/ready").content)
                assert (told["stuck"], told["correlators"], "correlator" in told["degraded"]) == (1, 0, True)
                cursor.execute("DROP TRIGGER silent ON alarms_alarm")
                wait_until(Alarm.objects.filter(rule__slug="muet").exists)
                wait_until(lambda: not valkey.exists(f"correlator:{site.pk}:stuck"))
        finally:
            cursor.execute("DROP TRIGGER IF EXISTS silent ON alarms_alarm")
    assert not SetAside.objects.exists()


def test_a_table_that_is_not_there_sets_nothing_aside(scene, valkey, wait_until, monkeypatch):
    monkeypatch.setattr(correlating_module, "LONGEST_WAIT_STUCK", 0.1)
    site, _, points = scene
    with connection.cursor() as cursor, correlating(site, with_defects=True):
        cursor.execute("ALTER TABLE event RENAME TO event_elsewhere")
        try:
            Log().append_events(site.pk, points[0].feed_id, [Event("a", now_us(), now_us(), "call", None, {})])
            wait_until(lambda: valkey.exists(f"correlator:{site.pk}:stuck"))
        finally:
            cursor.execute("ALTER TABLE event_elsewhere RENAME TO event")
        wait_until(lambda: Log().length(site.pk) == 0)
    assert not SetAside.objects.exists()


@given(guilty=st.sets(st.integers(0, 63)), count=st.integers(1, 64))
def test_halving_finds_every_guilty_entry_and_no_other(guilty, count):
    suspects, place, found, tries = Suspects(), 0, set(), 0
    while place < count:
        tries += 1
        taken = range(place, min(count, place + suspects.at_most(40)))
        if not guilty.intersection(taken):
            suspects.passed(len(taken))
            place += len(taken)
        elif suspects.failed(len(taken)):
            found.add(place)
            suspects.passed(1)
            place += 1
    assert found == {each for each in guilty if each < count}
    assert tries <= 14 * len(found) + 2


KINDS = st.sampled_from(["good"] * 12 + ["unstorable", "untellable", "corrupt"])


@pytest.mark.timeout(600)
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(KINDS, min_size=10, max_size=100), stops=st.lists(st.integers(0, 100), max_size=3))
def test_whatever_entries_are_defective_all_others_are_stored_once_and_in_order(valkey, wait_until, kinds, stops):
    """Entries of two feeds, some of which cannot be applied; the correlator stops and starts again among them."""
    valkey.flushall()
    site, _feeds, points = make_scene(f"quai-{SetAside.objects.count()}-{now_us()}")
    began, offsets, good = now_us() - 600 * SECOND, {}, []
    for n, kind in enumerate(kinds):
        point = points[n % 4]
        if kind == "corrupt":
            offsets[n] = valkey.xadd(key(site.pk), {"k": READINGS, "f": point.feed_id, "d": b"nonsense"}).decode()
            continue
        values = {"good": (float(n % 5), n / 1000), "unstorable": (1.0, UNSTORABLE), "untellable": (UNTELLABLE,)}[kind]
        offsets[n] = send(site, point, began + n * SECOND, *values)
        good += [(point.pk, value) for value in values] if kind == "good" else []
    bad = [n for n, kind in enumerate(kinds) if kind != "good"]
    with refusing():
        for stop in sorted(stops):
            with correlating(site, with_defects=True):
                wait_until(lambda stop=stop: len(kinds) - Log().length(site.pk) >= min(stop, len(kinds)), 120)
        with correlating(site, with_defects=True):
            wait_until(lambda: Log().length(site.pk) == 0, 120)
    assert [row.offset for row in SetAside.objects.filter(site=site)] == [offsets[n] for n in bad]
    for point in points:
        assert [pair for pair in stored() if pair[0] == point.pk] == [pair for pair in good if pair[0] == point.pk]
    assert Position.objects.get(site=site).offset == offsets[len(kinds) - 1]
    subjects = {f"feed:{points[n % 4].feed_id}" for n in bad}
    assert set(Alarm.objects.filter(site=site, rule__built_in=True).values_list("subject", flat=True)) == subjects
    assert set_aside.left() == ({site.pk: len(bad)} if bad else {}) | {
        each: count for each, count in set_aside.left().items() if each != site.pk
    }
    assert list(verify(site.pk)) == []
