"""The siren of a room sounds by what waits and gives signs of life to a relay that others wrote; not reached, it is an alarm."""

import datetime as dt
import itertools
import shutil
import signal
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.utils import timezone

from alarms.lifecycle import moves as lifecycle
from alarms.models import Alarm
from alarms.rules import activate, write_rule
from alarms.rules.rulebook import pack
from assets.refusal import Refused
from journal import followers, live
from journal.models import JournalEntry
from response.models import Siren
from response.siren import moves, spec
from response.siren.events import NAME, SirenEvents
from response.siren.rows import siren_rows
from response.siren.spec import Call, Pattern
from tests.correlating import correlating
from tests.factories import NOON, make_alarm, make_asset, make_feed, make_point, make_rule, make_site, make_user
from tests.response.asking import BY
from tests.response.sirens import PATTERNS, Relay, drive, make_siren, watched

PATIENCE = 60
SECOND = dt.timedelta(seconds=1)


def test_the_worst_that_waits_says_how_it_sounds():
    patterns = {"critical": Pattern("fast", "fast"), "medium": Pattern("off", "slow")}
    assert spec.call_for({}, patterns, False) == Call()
    assert spec.call_for({"high": 3, "low": 1}, patterns, False) == Call()  # nobody asked it to call for these
    assert spec.call_for({"medium": 2, "high": 3}, patterns, False) == Call(2, 0, 2, 0, 2)
    assert spec.call_for({"medium": 2, "critical": 1}, patterns, False) == Call(4, 3, 3, 0, 3)
    assert spec.call_for({"critical": 70_000}, patterns, True) == Call(4, 3, 3, 1, 65_535)
    assert spec.call_for({}, {}, True) == Call(0, 1, 1, 1, 0)


def test_a_sign_of_life_differs_from_the_one_before_and_is_never_nought():
    around = [spec.heartbeat(5.0 * beat) for beat in range(65_530, 65_540)]
    assert 0 not in around
    assert all(one != other for one, other in itertools.pairwise(around))
    assert spec.heartbeat(1_000_000_004.9) == spec.heartbeat(1_000_000_000)


@pytest.mark.parametrize(
    "settings",
    [
        None, {}, {"protocol": "modbus"}, {"protocol": "modbus", "host": "x", "port": 0}, {"protocol": "gpio", "host": "x"},
        {"protocol": "modbus", "host": "x", "timeout": 60}, {"protocol": "http", "url": "file:///etc/passwd"},
    ],
)  # fmt: skip
def test_what_says_no_siren_is_refused_and_leaves_nothing(db, settings):
    with pytest.raises(Refused) as refused:
        moves.keep(make_site().pk, "salle", name="", settings=settings, patterns={}, enabled=True, by=BY, now=NOON)
    assert (refused.value.code, Siren.objects.count()) == ("bad_siren", 0)


def test_a_siren_that_nobody_drives_is_told_once_and_again_when_it_is_reached(db):
    site = make_site()
    row = make_siren(site, 1502)
    assert moves.sweep(site.pk, NOON + moves.LOST_AFTER) == 0
    assert moves.sweep(site.pk, NOON + moves.LOST_AFTER + SECOND) == 1
    assert moves.sweep(site.pk, NOON + moves.LOST_AFTER + 2 * SECOND) == 0
    moves.reached(row.pk, Call(), row.changed_at, NOON + 30 * SECOND)
    assert moves.sweep(site.pk, NOON + 31 * SECOND) == 1
    told = list(JournalEntry.objects.filter(kind__startswith="siren.").order_by("seq").values_list("kind", "text_fr"))
    assert told == [
        ("siren.changed", "Sirène « Salle » ajoutée"),
        ("siren.unreachable", "Sirène « Salle » injoignable : personne ne la pilote : manage.py siren tourne-t-il ?"),
        ("siren.reached", "Sirène « Salle » de nouveau jointe"),
    ]


def test_what_a_driver_says_of_settings_that_were_replaced_counts_no_more(db):
    old = make_siren(make_site(), 1502)
    make_siren(old.site, 1503, now=NOON + SECOND)
    moves.reached(old.pk, Call(), old.changed_at, NOON + SECOND)
    moves.missed(old.pk, "modbus", old.changed_at)
    assert Siren.objects.values_list("reached_at", "fault").get() == (None, "")


def test_secrets_of_a_relay_are_sealed_and_not_shown(db):
    site = make_site()
    how = {"protocol": "http", "url": "https://relais.example/etat", "headers": {"authorization": "Bearer s3cr3t"}}
    row = moves.keep(site.pk, "salle", name="Salle", settings=how, patterns=PATTERNS, enabled=True, by=BY, now=NOON)
    assert "s3cr3t" not in f"{Siren.objects.values().get()} {siren_rows(Siren.objects.all())}"
    kept = {**how, "headers": {"authorization": "…"}}
    moves.keep(site.pk, "salle", name="Salle", settings=kept, patterns=PATTERNS, enabled=True, by=BY, now=NOON)
    row.refresh_from_db()
    assert moves.settings_of(row).headers == {"authorization": "Bearer s3cr3t"}
    elsewhere = {**kept, "url": "https://ailleurs.example/"}
    moves.keep(site.pk, "salle", name="Salle", settings=elsewhere, patterns=PATTERNS, enabled=True, by=BY, now=NOON)
    row.refresh_from_db()
    assert moves.settings_of(row).headers == {"authorization": "…"}  # another relay is not told


# --- with a relay, and the process that drives ---


@pytest.fixture
def site(valkey, transactional_db):
    site = make_site()
    watched(site)
    return site


@pytest.fixture
def relay():
    relay = Relay(shutil.which("node"))
    yield relay
    relay.end()


@pytest.fixture
def driver(site):
    process = drive()
    yield process
    process.kill()
    process.wait()


def test_it_sounds_while_alarms_wait_and_is_silent_once_they_are_acknowledged(site, relay, driver, wait_until):
    make_siren(site, relay.port, now=timezone.now(), sound_coil=2, lamp_coil=3)
    wait_until(lambda: relay.registers[1:] == [0, 0, 0, 0, 0] and relay.registers[0] > 0, PATIENCE)
    rule = make_rule(site)
    alarm = make_alarm(rule, make_asset(site), severity=1, seq=1)
    wait_until(lambda: relay.registers[1:] == [4, 3, 3, 0, 1], PATIENCE)
    wait_until(lambda: relay.told[-1]["coils"] & 0b1100 == 0b1100, PATIENCE)
    person = make_user("anna", site, "operator")
    lifecycle.acknowledge([alarm.pk], by=BY.of(person), now=timezone.now())
    wait_until(lambda: relay.registers[1:] == [0, 0, 0, 0, 0], PATIENCE)
    wait_until(lambda: relay.told[-1]["coils"] & 0b1100 == 0, PATIENCE)
    moves.test(Siren.objects.get().pk, by=BY, now=timezone.now())
    wait_until(lambda: relay.registers[4] == 1 and relay.registers[2] == 1, PATIENCE)
    wait_until(lambda: relay.registers[4] == 0 and relay.registers[2] == 0, PATIENCE)


def test_a_relay_that_dies_and_comes_back_is_told_and_driven_again(site, relay, driver, wait_until):
    row = make_siren(site, relay.port, now=timezone.now())
    wait_until(lambda: Siren.objects.get().reached_at, PATIENCE)
    relay.end()
    wait_until(lambda: Siren.objects.get().fault, PATIENCE)
    row.refresh_from_db()
    assert moves.sweep(site.pk, row.reached_at + moves.LOST_AFTER + SECOND) == 1
    assert Siren.objects.get().failing_since is not None
    before = len(relay.told)
    relay.start()
    wait_until(lambda: len(relay.told) > before, PATIENCE)
    wait_until(lambda: Siren.objects.get().fault == "", PATIENCE)
    assert moves.sweep(site.pk, timezone.now()) == 1
    assert Siren.objects.get().failing_since is None


def test_a_relay_that_stalls_keeps_no_other_from_its_signs_of_life(site, relay, driver, wait_until):
    slow = Relay(shutil.which("node"))
    try:
        make_siren(site, slow.port, "lente", now=timezone.now())
        make_siren(site, relay.port, now=timezone.now())
        wait_until(lambda: relay.registers[0] > 0 and slow.registers[0] > 0, PATIENCE)
        slow.send(signal.SIGSTOP)
        wait_until(lambda: Siren.objects.get(slug="lente").fault, PATIENCE)
        beats = {told["registers"][0] for told in relay.told}
        wait_until(lambda: len({told["registers"][0] for told in relay.told} - beats) >= 2, PATIENCE)
        assert Siren.objects.get(slug="salle").fault == ""
        slow.send(signal.SIGCONT)
        wait_until(lambda: Siren.objects.get(slug="lente").fault == "", PATIENCE)
    finally:
        slow.end()


def test_signs_of_life_end_with_the_process_that_is_killed_and_come_again_with_the_next(site, relay, wait_until):
    make_siren(site, relay.port, now=timezone.now())
    first = drive()
    try:
        wait_until(lambda: relay.registers[0] > 0, PATIENCE)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait()
    stood, then = relay.registers[0], timezone.now()
    wait_until(lambda: timezone.now() - then > dt.timedelta(seconds=spec.COMPLAINS_AFTER), PATIENCE)
    assert relay.registers[0] == stood  # so the siren complains by now
    assert moves.sweep(site.pk, timezone.now() + moves.LOST_AFTER) == 1
    second = drive()
    try:
        wait_until(lambda: relay.registers[0] != stood, PATIENCE)
    finally:
        second.kill()
        second.wait()


def test_without_a_correlator_no_sign_of_life_goes_out_and_switching_off_is_told(valkey, transactional_db, relay, wait_until):
    site = make_site()
    make_siren(site, relay.port, now=timezone.now())
    process = drive()
    try:
        other = make_site("ailleurs")
        watched(other)
        make_siren(other, relay.port, "autre", now=timezone.now())
        wait_until(lambda: Siren.objects.get(slug="autre").reached_at, PATIENCE)
        assert Siren.objects.get(slug="salle").reached_at is None
        make_siren(other, relay.port, "autre", now=timezone.now(), enabled=False)
        wait_until(lambda: relay.registers == [0, 0, 0, 0, 0, 0], PATIENCE)
    finally:
        process.kill()
        process.wait()


def test_a_relay_by_http_is_told_in_its_own_words(site, driver, wait_until):
    told = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            told.append((self.path, self.headers["x-key"], self.rfile.read(int(self.headers["content-length"])).decode()))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *given):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    how = {
        "protocol": "http", "url": f"http://127.0.0.1:{server.server_port}/etat", "headers": {"x-key": "s3cr3t"},
        "query": {"b": "{heartbeat}"}, "body": {"son": "{sound}", "texte": "gravité {severity}"}, "allow_private_address": True,
    }  # fmt: skip
    make_alarm(make_rule(site), make_asset(site), severity=1, seq=1)
    moves.keep(site.pk, "salle", name="Salle", settings=how, patterns=PATTERNS, enabled=True, by=BY, now=timezone.now())
    try:
        wait_until(lambda: told, PATIENCE)
        path, key, body = told[0]
        assert path.startswith("/etat?b=")
        assert (key, body) == ("s3cr3t", '{"son":3,"texte":"gravité 4"}')
        wait_until(lambda: Siren.objects.get().reached_at, PATIENCE)
    finally:
        server.shutdown()
        server.server_close()


def test_a_siren_not_reached_is_an_alarm_until_it_is_reached_or_switched_off(site, wait_until):
    slug = "siren-unreachable"
    rule = next(entry.spec for entry in pack("city") if entry.slug == slug)
    activate(write_rule(site, slug, slug, slug, rule, now=timezone.now()), now=timezone.now())
    make_point(make_asset(site), make_feed(site))
    followers.move(site.pk, NAME, live.state(site.pk), timezone.now())
    start, now = live.state(site.pk), timezone.now()
    make_siren(site, 1502, now=now - dt.timedelta(minutes=1))

    def deal() -> None:
        SirenEvents(site.pk, NAME).deal(start, live.state(site.pk), timezone.now())

    def standing() -> bool:
        return Alarm.objects.filter(is_open=True, returned_at=None, rule__slug=slug).exists()

    with correlating(site):
        assert moves.sweep(site.pk, now) == 1
        deal()
        wait_until(standing)
        make_siren(site, 1502, now=timezone.now(), enabled=False)
        deal()
        wait_until(lambda: not standing())
