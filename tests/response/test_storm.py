"""A storm of alarms through a real mail server and a real SMPP server, workers killed in every state, and nights on which the
clocks change: bundled, none lost, none twice."""

import datetime as dt
import os
import re
import signal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db import connections, transaction

from alarms.models import Alarm
from journal.models import JournalEntry
from response.models import Escalation, Message
from response.notification import delivery, escalation, gateways, outbox, plans, sending
from response.notification.transports.outcome import NotSent
from tests.factories import NOON
from tests.response.test_notification import BY, MINUTE, PEOPLE, SECOND, Town
from tests.response.test_smpp import Smsc

PARIS = ZoneInfo("Europe/Paris")


def mail_town(mails, settings) -> Town:
    settings.ALLOW_PRIVATE_PULL, settings.ADDRESS = True, "https://vigie.ville.fr"
    town = Town()
    smtp = {
        "protocol": "smtp", "host": "127.0.0.1", "port": mails[0], "security": "none", "sender": "vigie@ville.fr",
        "allow_private_address": True,
    }  # fmt: skip
    gateways.write(town.site.pk, "mail", smtp, by=BY, now=NOON)
    return town


def carry_on(town: Town, now: dt.datetime) -> int:
    """One second of the sweep and of the workers; how many letters left."""
    letters = town.sweep(now)
    for letter in letters:
        delivery.deliver(letter, lambda: now)
    return len(letters)


def count_of(subject: str) -> int:
    found = re.search(r"(\d+) alarmes", subject)
    return int(found[1]) if found else 1


def test_a_thousand_alarms_at_once_are_few_mails_and_each_is_told_once(transactional_db, mails, settings):
    town = mail_town(mails, settings)
    town.begin(*[town.alarm(number) for number in range(1000)])
    now = NOON
    while Message.objects.filter(state="pending").exists() or Escalation.objects.filter(step=0).exists():
        carry_on(town, now)
        now += SECOND
    got = mails[1]()
    assert len(got) <= 4
    assert sum(count_of(mail["Subject"]) for mail in got) == 1000
    assert {row.state for row in Message.objects.all()} == {"sent"}
    assert sum(len(line.ids("alarm")) for line in JournalEntry.objects.filter(kind="message.sent")) <= 1000


def smpp_town(smsc: Smsc, settings) -> Town:
    settings.ALLOW_PRIVATE_PULL = True
    town = Town()
    gateways.write(town.site.pk, "sms", smsc.settings(), by=BY, now=NOON)
    from response.models import Contact
    from response.notification.sealed import fingerprint, seal

    for number, name in enumerate(PEOPLE):
        phone = f"+3361234567{number}"
        Contact.objects.filter(person=town.users[name]).update(
            means="sms", address=seal(phone), fingerprint=fingerprint(f"sms {phone}")
        )
    return town


@pytest.fixture
def smsc():
    server = Smsc()
    yield server
    server.end()


def test_a_thousand_alarms_at_once_are_few_sms_within_the_limit_of_the_phone(transactional_db, smsc, settings):
    town = smpp_town(smsc, settings)
    town.begin(*[town.alarm(number) for number in range(1000)])
    now = NOON
    while Message.objects.filter(state="pending").exists() or Escalation.objects.filter(step=0).exists():
        carry_on(town, now)
        now += 20 * SECOND
        assert now < NOON + 5 * MINUTE
    letters = set(Message.objects.values_list("letter", "sent_at"))
    assert Message.objects.filter(state="sent").count() == 1000
    moments = sorted(sent_at for _, sent_at in letters)
    assert len(letters) <= 3
    assert all(later - earlier >= MINUTE for earlier, later in pairwise(moments))


STATES = ("stepping", "binding", "claimed", "handed_over", "stored", "refused", "given_up")


def _die(*_given: object, **_named: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(state: str) -> None:
    """Have this process die where a worker or the sweep is in that state."""
    send = sending.send
    match state:
        case "stepping":
            outbox.put_alarms = _die
        case "binding":
            outbox._answer_code = _die
        case "claimed":
            sending.send = _die
        case "handed_over":

            def handed_over(*given):
                send(*given)
                _die()

            sending.send = handed_over
        case "stored":
            delivery._journaled = _die
        case "refused" | "given_up":

            def refused(*_given):
                raise NotSent("busy", for_good=state == "given_up")

            sending.send = refused
            outbox.try_again, delivery._journaled = _die, _die


@pytest.mark.parametrize("way", ["mail", "smpp"])
@pytest.mark.parametrize("state", STATES)
def test_killed_in_any_state_nothing_is_lost_and_what_may_be_twice_has_one_number(
    transactional_db, mails, smsc, settings, state, way
):
    town = mail_town(mails, settings) if way == "mail" else smpp_town(smsc, settings)
    town.begin(town.alarm())
    connections.close_all()
    worker = os.fork()
    if worker == 0:
        try:
            _arm(state)
            carry_on(town, NOON)
        finally:  # whatever was raised: this is no pytest of its own
            os._exit(1)
    _, status = os.waitpid(worker, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    now = NOON
    while not Message.objects.filter(state="sent").exists():
        carry_on(town, now)
        now += 5 * SECOND
        assert now < NOON + 3 * MINUTE
    row = Message.objects.get()
    assert row.state == "sent"
    assert len({line.pk for line in JournalEntry.objects.filter(kind="message.sent")}) == 1
    assert len(JournalEntry.objects.filter(kind="escalation.step")) == 1
    if way == "mail":
        got = mails[1]()
        assert len(got) == (2 if state in ("handed_over", "stored") else 1)
        assert {mail["Message-ID"] for mail in got} == {f"<{row.letter}@ville.fr>"}


@pytest.mark.parametrize(
    ("night", "told"),
    [
        # Forward: 01:30, then 03:30 an hour later. Hours from 02:00 to 03:00 do not exist.
        (dt.datetime(2026, 3, 29, 0, 30, tzinfo=dt.UTC), [False, False]),
        # Back: 02:30 twice, an hour apart.
        (dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC), [True, True]),
    ],
)
def test_hours_of_a_rule_are_those_of_the_wall_on_both_nights(db, night, told):
    town = Town()
    rules = {"rules": [{"name": "Nuit", "policy": "nuit", "hours": [{"start": "02:00:00", "end": "03:00:00"}]}]}
    plans.write_rules(town.site.pk, rules, people=PEOPLE, by=BY, now=NOON)
    begun = [town.begin(town.alarm(number), at=night + number * dt.timedelta(hours=1)) == 1 for number in range(2)]
    assert begun == told


@pytest.mark.parametrize(
    "night", [dt.datetime(2026, 3, 29, 0, 58, tzinfo=dt.UTC), dt.datetime(2026, 10, 25, 0, 58, tzinfo=dt.UTC)]
)
def test_delays_and_limits_are_as_long_on_a_night_on_which_the_clocks_change(db, night):
    town = Town()
    town.begin(town.alarm(), at=night)
    town.sweep(night)
    assert [hint for hint, _ in town.told()] == ["ana"]
    town.sweep(night + 5 * MINUTE - SECOND)
    assert [hint for hint, _ in town.told()] == ["ana"]
    town.sweep(night + 5 * MINUTE)
    assert [hint for hint, _ in town.told()] == ["ana", "bob"]


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
def test_a_rota_reaches_somebody_at_each_minute_of_the_night_and_hands_over_once(db, night):
    town = Town()
    day = {"people": ["ana"], "starts": "2026-01-05T00:00:00", "hours": [{"start": "06:00:00", "end": "02:30:00"}]}
    rest = {"people": ["bob"], "starts": "2026-01-05T00:00:00", "hours": [{"start": "02:30:00", "end": "06:00:00"}]}
    plans.write_rota(town.site.pk, "nuit", {"name": "Nuit", "layers": [day, rest]}, people=PEOPLE, by=BY, now=NOON)
    town.policy({"targets": [{"rota": "nuit"}]})
    begins = dt.datetime.fromisoformat(f"{night}T00:00").replace(tzinfo=PARIS).astimezone(dt.UTC)
    from response.notification.staff import Staff

    staff = Staff(town.site)
    reached = [staff.on_call("nuit", begins + minute * MINUTE) for minute in range(7 * 60)]
    assert "" not in reached
    changes = [(before, after) for before, after in pairwise(reached) if before != after]
    assert changes in ([("ana", "bob")], [("ana", "bob"), ("bob", "ana")])


def test_two_sweeps_at_once_carry_a_step_out_once(transactional_db):
    from concurrent.futures import ThreadPoolExecutor

    town = Town()
    town.begin(*[town.alarm(number) for number in range(50)])

    def sweep(_number: int) -> None:
        try:
            escalation.sweep(town.site, NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(sweep, range(4)))
    with transaction.atomic():
        assert Message.objects.count() == 50
        assert JournalEntry.objects.filter(kind="escalation.step").count() == 50
        assert Alarm.objects.count() == 50
