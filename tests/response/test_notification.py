"""Escalation: who is told of an alarm, when, and what ends it; letters that are bound, held back, tried again and sent once."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from alarms import lifecycle
from alarms.models import Alarm, Severity
from journal import followers
from journal.actors import SYSTEM, Actor
from journal.models import JournalEntry
from response.duty import holding, positions
from response.models import Contact, Escalation, Message
from response.notification import answering, escalation, outbox, plans
from response.notification.following import NotificationFollower
from response.notification.sealed import fingerprint, opened, seal
from tests.factories import NOON, make_asset, make_rule, make_site, make_user

BY = Actor("person", "admin")
MINUTE, SECOND = dt.timedelta(minutes=1), dt.timedelta(seconds=1)
PEOPLE = ("ana", "bob")


class Town:
    """A site with two people who are told of critical alarms, one after the other."""

    def __init__(self) -> None:
        self.site = make_site()
        self.users = {name: make_user(name, self.site) for name in PEOPLE}
        self.contacts = {name: self.contact(name) for name in PEOPLE}
        self.rule = make_rule(self.site)
        self.policy({"targets": [{"person": "ana"}]}, {"targets": [{"person": "bob"}]})

    def contact(self, name: str, means: str = "mail") -> Contact:
        return Contact.objects.create(
            site=self.site, person=self.users[name], means=means, address=seal(f"{name}@ville.fr"), hint=name,
            fingerprint=fingerprint(f"{means} {name}"), created_at=NOON, verified_at=NOON,
        )  # fmt: skip

    def policy(self, *steps: dict, **told: object) -> None:
        plans.write_policy(self.site.pk, "nuit", {"name": "Nuit", "steps": list(steps), **told}, people=PEOPLE, by=BY, now=NOON)
        rules = {"rules": [{"name": "Critiques", "policy": "nuit", "severities": ["critical"]}]}
        plans.write_rules(self.site.pk, rules, people=PEOPLE, by=BY, now=NOON)

    def alarm(self, number: int = 1, severity: int = Severity.CRITICAL) -> Alarm:
        asset = make_asset(self.site, f"J-{number}")
        return Alarm.objects.create(
            site=self.site, rule=self.rule, version=self.rule.active_version, subject=f"asset:{asset.pk}", asset=asset,
            severity=severity, state="unacknowledged", sentence_fr=f"Niveau haut {number}", sentence_en=f"High level {number}",
            raised_at=NOON, learned_at=NOON, seq=0,
        )  # fmt: skip

    def begin(self, *alarms: Alarm, at: dt.datetime = NOON) -> int:
        return escalation.begin(self.site, [alarm.pk for alarm in alarms], at)

    def sweep(self, at: dt.datetime) -> list:
        escalation.sweep(self.site, at)
        return outbox.bind(self.site.pk, at)

    def told(self) -> list[tuple[str, str]]:
        return [(row.contact.hint, row.state) for row in Message.objects.select_related("contact").order_by("pk")]

    def kinds(self) -> list[str]:
        lines = JournalEntry.objects.filter(site=self.site, kind__startswith="escalation.").order_by("seq")
        return [line.kind for line in lines]


@pytest.fixture
def town(db):
    return Town()


def send_all(town: Town, letters: list, at: dt.datetime) -> None:
    for letter in letters:
        claimed = outbox.claim(letter, at)
        assert claimed is not None
        outbox.sent(claimed, "n-1", at)


def test_one_person_is_told_after_the_other_until_somebody_acknowledges(town):
    alarm = town.alarm()
    assert town.begin(alarm) == 1
    send_all(town, town.sweep(NOON), NOON)
    assert town.sweep(NOON + 4 * MINUTE) == []
    town.sweep(NOON + 5 * MINUTE)
    assert town.told() == [("ana", "sent"), ("bob", "pending")]
    lifecycle.acknowledge([alarm.pk], by=Actor.of(town.users["ana"]), now=NOON + 5 * MINUTE)
    assert [outbox.claim(row.letter, NOON + 5 * MINUTE) for row in Message.objects.filter(state="pending")] == [None]
    town.sweep(NOON + 6 * MINUTE)
    assert town.told() == [("ana", "sent"), ("bob", "cancelled")]
    assert town.kinds() == ["escalation.step", "escalation.step", "escalation.ended"]
    assert Escalation.objects.get().end == "acknowledged"


def test_a_message_cannot_be_claimed_while_its_alarm_is_being_acknowledged(town, transactional_db):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)

    def elsewhere():
        try:
            return outbox.claim(letter, NOON)
        finally:
            connection.close()

    with transaction.atomic():
        lifecycle.acknowledge([alarm.pk], by=Actor.of(town.users["ana"]), now=NOON)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(elsewhere).result(30) is None
    assert outbox.claim(letter, NOON) is None


def test_what_was_tried_keeps_its_number_while_its_alarm_is_locked(town, transactional_db):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)
    assert outbox.try_again(outbox.claim(letter, NOON), "no answer in time", NOON)
    later = NOON + outbox.FIRST_RETRY

    def elsewhere():
        try:
            return outbox.claim(letter, later)
        finally:
            connection.close()

    with transaction.atomic():
        Alarm.objects.select_for_update().get(pk=alarm.pk)
        with ThreadPoolExecutor(1) as other:
            assert other.submit(elsewhere).result(30) is None
    assert outbox.bind(town.site.pk, later) == [letter]
    assert outbox.claim(letter, later).letter == letter


@pytest.mark.parametrize(
    ("change", "end"),
    [
        ({"state": "returned", "returned_at": NOON}, "returned"),
        ({"state": "normal", "closed_at": NOON}, "closed"),
        ({"shelved_until": NOON + 60 * MINUTE}, "silenced"),
        ({"out_of_service_until": NOON + 60 * MINUTE}, "silenced"),
    ],
)
def test_what_needs_nobody_any_more_is_told_to_nobody_more(town, change, end):
    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)
    Alarm.objects.filter(pk=alarm.pk).update(**change)
    assert outbox.claim(letter, NOON) is None
    town.sweep(NOON + SECOND)
    assert Escalation.objects.get().end == end
    assert town.told() == [("ana", "cancelled")]


def test_a_step_with_nobody_is_passed_over_at_once_and_said(town):
    rota = {"name": "Vide", "layers": [{"people": ["ana"], "starts": "2030-01-01T00:00:00"}]}
    plans.write_rota(town.site.pk, "vide", rota, people=PEOPLE, by=BY, now=NOON)
    town.policy({"targets": [{"rota": "vide"}], "delay_minutes": 30}, {"targets": [{"person": "bob"}]})
    town.begin(town.alarm())
    town.sweep(NOON)
    assert town.told() == [("bob", "pending")]
    assert town.kinds() == ["escalation.nobody", "escalation.step"]
    line = JournalEntry.objects.get(kind="escalation.nobody")
    assert line.text_fr == "Escalade « Nuit » étape 1 passée : personne d’astreinte"


def test_a_step_reaches_who_holds_a_position_and_passes_it_over_while_nobody_does(town):
    position = positions.write(town.site.pk, "chef", "Chef de salle", "", 0, by=BY, now=NOON)
    town.policy({"targets": [{"position": "chef"}]}, {"targets": [{"person": "ana"}]})
    town.begin(town.alarm())
    town.sweep(NOON)
    assert town.told() == [("ana", "pending")]
    holding.take(position.pk, by=Actor.of(town.users["bob"]), now=NOON)
    town.begin(town.alarm(2))
    town.sweep(NOON)
    assert town.told() == [("ana", "pending"), ("bob", "pending")]


def test_a_person_without_a_confirmed_contact_is_nobody(town):
    Contact.objects.filter(person=town.users["ana"]).update(verified_at=None)
    town.begin(town.alarm())
    town.sweep(NOON)
    assert town.told() == [("bob", "pending")]


def test_steps_repeat_as_often_as_the_policy_says_and_then_it_is_said_that_nobody_answered(town):
    town.policy({"targets": [{"person": "ana"}], "delay_minutes": 10}, repeat=1)
    town.begin(town.alarm())
    for minutes in (0, 10, 20, 30):
        send_all(town, town.sweep(NOON + minutes * MINUTE), NOON + minutes * MINUTE)
    assert town.told() == [("ana", "sent")] * 2
    assert town.kinds() == ["escalation.step", "escalation.step", "escalation.exhausted"]
    assert town.begin(Alarm.objects.get(), at=NOON + 40 * MINUTE) == 0


def test_an_alarm_that_comes_back_is_told_again(town):
    alarm = town.alarm()
    town.begin(alarm)
    send_all(town, town.sweep(NOON), NOON)
    Alarm.objects.update(state="returned")
    town.sweep(NOON + MINUTE)
    Alarm.objects.update(state="unacknowledged")
    assert town.begin(alarm, at=NOON + 2 * MINUTE) == 1
    send_all(town, town.sweep(NOON + 2 * MINUTE), NOON + 2 * MINUTE)
    assert town.told() == [("ana", "sent")] * 2


def test_only_what_a_rule_names_is_told(town):
    assert town.begin(town.alarm(severity=Severity.LOW)) == 0


def test_a_changed_policy_is_for_the_next_alarm(town):
    town.begin(town.alarm())
    town.sweep(NOON)
    town.policy({"targets": [{"person": "ana"}]})
    town.sweep(NOON + 5 * MINUTE)
    assert [hint for hint, _ in town.told()] == ["ana", "bob"]


def test_a_thousand_alarms_at_once_are_few_letters_and_none_is_lost_or_told_twice(town):
    alarms = [town.alarm(number) for number in range(1000)]
    town.begin(*alarms)
    now = NOON
    while Message.objects.filter(state="pending").exists() or Escalation.objects.filter(step=0).exists():
        send_all(town, town.sweep(now), now)
        now += SECOND
    rows = list(Message.objects.values_list("escalation", "letter"))
    assert len(rows) == len({alarm for alarm, _ in rows}) == 1000
    assert len({letter for _, letter in rows}) <= 4


def test_a_contact_gets_no_more_than_its_limit_and_what_is_held_back_is_shown_and_leaves_together(town):
    Contact.objects.update(means="sms")
    for number in range(3):
        town.begin(town.alarm(number), at=NOON + number * SECOND)
        send_all(town, town.sweep(NOON + number * SECOND), NOON + number * SECOND)
    held = Message.objects.filter(state="pending")
    assert [(row.held_since, row.due_at) for row in held.order_by("pk")] == [
        (NOON + SECOND, NOON + MINUTE),
        (NOON + 2 * SECOND, NOON + MINUTE),
    ]
    assert len(town.sweep(NOON + MINUTE)) == 1
    assert len(set(held.values_list("letter", flat=True))) == 1


def test_a_letter_whose_worker_died_leaves_again_under_the_same_number_and_the_late_worker_changes_nothing(town):
    town.begin(town.alarm())
    (letter,) = town.sweep(NOON)
    dead = outbox.claim(letter, NOON)
    assert outbox.claim(letter, NOON) is None
    later = NOON + outbox.CLAIMED_FOR
    assert town.sweep(later) == [letter]
    other = outbox.claim(letter, later)
    outbox.sent(dead, "late", later)
    assert Message.objects.get().state == "sending"
    outbox.sent(other, "n-2", later)
    assert Message.objects.get().provider_id == "n-2"


def test_a_letter_is_tried_again_less_and_less_often_and_then_given_up(town):
    town.begin(town.alarm())
    now, pauses = NOON, []
    (letter,) = town.sweep(now)
    while (claimed := outbox.claim(letter, now)) and outbox.try_again(claimed, "busy", now):
        due = Message.objects.get().due_at
        pauses.append((due - now).total_seconds())
        now = due
        assert outbox.bind(town.site.pk, now) == [letter]
    outbox.give_up(claimed, "busy", now)
    assert pauses == [10, 20, 40, 80, 160]
    assert town.told() == [("ana", "failed")]


def test_a_receipt_never_leads_back(town):
    town.begin(town.alarm())
    send_all(town, town.sweep(NOON), NOON)
    assert outbox.receipt(town.site.pk, "mail", "n-1", True, NOON)
    assert outbox.receipt(town.site.pk, "mail", "n-1", False, NOON) == []
    assert town.told() == [("ana", "delivered")]


@pytest.mark.parametrize(
    "impossible",
    [
        {"state": "sent"}, {"state": "sending"}, {"state": "delivered", "sent_at": NOON}, {"state": "failed"},
        {"state": "cancelled"}, {"sent_at": NOON}, {"claimed_until": NOON}, {"kind": "test"},
    ],
)  # fmt: skip
def test_the_database_knows_no_impossible_message(town, impossible):
    town.begin(town.alarm())
    town.sweep(NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.update(**impossible)


def test_the_journal_begins_escalations_and_says_nothing_twice(town):
    alarm = town.alarm()
    follower = NotificationFollower(town.site.pk, "notification")
    start = followers.bookmark(follower, NOON)
    from journal import live
    from journal.page import Line

    with live.writing(town.site.pk) as page:
        page.write(Line("alarm.raised", NOON, "x", "x", [("alarm", alarm.pk)], SYSTEM))
    for _ in range(2):
        assert follower.deal(start, start + 1, NOON) == start + 1
    town.sweep(NOON)
    assert town.told() == [("ana", "pending")]


def test_a_link_acknowledges_once_in_the_name_of_its_reader_and_says_by_which_way(town):
    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)
    send_all(town, [letter], NOON)
    token = answering.token_of(letter)
    assert answering.of_token(token[:-1] + "AB"[token.endswith("A")], NOON) is None
    found = answering.of_token(token, NOON)
    done, left = answering.acknowledge(found, lambda _alarm: True, NOON)
    assert ([each.pk for each in done], left) == ([alarm.pk], [])
    line = JournalEntry.objects.get(kind="alarm.acknowledged")
    assert (line.actor, line.desk) == ("ana", "link mail ana")
    again = answering.of_token(token, NOON)
    assert again.used
    assert answering.acknowledge(again, lambda _alarm: True, NOON)[0] == []


def test_a_link_of_somebody_without_the_right_acknowledges_nothing(town):
    alarm = town.alarm()
    town.begin(alarm)
    (letter,) = town.sweep(NOON)
    send_all(town, [letter], NOON)
    found = answering.of_token(answering.token_of(letter), NOON)
    assert answering.acknowledge(found, lambda _alarm: False, NOON)[0] == []
    assert Alarm.objects.get().state == "unacknowledged"
    assert answering.of_token(answering.token_of(letter), NOON + outbox.ANSWERED_WITHIN).over


def test_addresses_are_encrypted_and_read_with_older_keys(settings):
    sealed = seal("ana@ville.fr")
    assert "ana" not in sealed
    settings.SECRETS_KEYS = ["another"]
    newer = seal("ana@ville.fr")
    assert (opened(sealed), opened(newer)) == ("ana@ville.fr",) * 2
