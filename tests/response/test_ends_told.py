"""That an alarm has ended is told once to whom it reached, by the same contact, whatever silences it; that maintenance comes, to
whom the rules name."""

import pytest

from alarms.maintenance import moves, upkeep
from alarms.models import Alarm, MaintenanceWindow
from assets.refusal import Refused
from journal import followers
from journal.models import JournalEntry
from response.models import Message
from response.notification import delivery, outbox, plans
from response.notification.announcing import Announcements
from tests.factories import NOON, make_feed
from tests.response.test_notification import BY, MINUTE, PEOPLE, SECOND, Town, send_all


class Ending(Town):
    """Its rule says that ends are told."""

    def policy(self, *steps: dict, **told: object) -> None:
        super().policy(*steps, **told)
        rules = {"rules": [{"name": "Critiques", "policy": "nuit", "severities": ["critical"], "resolved": True}]}
        plans.write_rules(self.site.pk, rules, people=PEOPLE, by=BY, now=NOON)

    def ends(self) -> list[tuple[str, str]]:
        rows = Message.objects.filter(kind="ended").select_related("contact").order_by("pk")
        return [(row.contact.hint, row.state) for row in rows]


@pytest.fixture
def town(db):
    return Ending()


def told_to_ana(town: Town) -> Alarm:
    alarm = town.alarm()
    town.begin(alarm)
    send_all(town, town.sweep(NOON), NOON)
    return alarm


def test_whom_an_alarm_reached_hears_once_that_it_ended(town):
    told_to_ana(town)
    Alarm.objects.update(state="returned", returned_at=NOON + MINUTE)
    for second in range(3):
        send_all(town, town.sweep(NOON + 2 * MINUTE + second * SECOND), NOON + 2 * MINUTE)
    assert town.ends() == [("ana", "sent")], "and bob, who was not reached, hears nothing"
    line = JournalEntry.objects.get(kind="escalation.end_told")
    assert line.text_fr == "Escalade « Nuit » fin de l’alarme dite à 1 contact"


def test_it_is_told_of_an_alarm_that_was_acknowledged_and_of_one_whose_steps_were_all_carried_out(town):
    told_to_ana(town)
    Alarm.objects.update(state="acknowledged", acknowledged_at=NOON + MINUTE)
    town.sweep(NOON + MINUTE)
    assert town.ends() == []
    Alarm.objects.update(state="normal", closed_at=NOON + 2 * MINUTE)
    town.sweep(NOON + 2 * MINUTE)
    assert town.ends() == [("ana", "pending")]


def test_it_passes_a_mute(town):
    told_to_ana(town)
    Alarm.objects.update(shelved_until=NOON + 60 * MINUTE)
    town.sweep(NOON + MINUTE)
    Alarm.objects.update(state="returned", returned_at=NOON + 2 * MINUTE)
    letters = town.sweep(NOON + 2 * MINUTE)
    assert [outbox.claim(letter, NOON + 2 * MINUTE) is not None for letter in letters] == [True]


def test_nobody_hears_of_the_end_where_the_rule_does_not_say_so_or_nobody_heard_of_the_alarm(town):
    town.begin(town.alarm())
    Alarm.objects.update(state="returned", returned_at=NOON)
    town.sweep(NOON)
    assert town.ends() == []
    Town.policy(town, {"targets": [{"person": "ana"}]})
    alarm = town.alarm(2)
    town.begin(alarm)
    send_all(town, town.sweep(NOON), NOON)
    Alarm.objects.filter(pk=alarm.pk).update(state="returned", returned_at=NOON)
    town.sweep(NOON + MINUTE)
    assert town.ends() == []


def test_an_end_waits_for_a_message_that_is_being_sent(town):
    town.begin(town.alarm())
    (letter,) = town.sweep(NOON)
    claimed = outbox.claim(letter, NOON)
    Alarm.objects.update(state="returned", returned_at=NOON)
    town.sweep(NOON + SECOND)
    assert town.ends() == []
    outbox.sent(claimed, "n-1", NOON + 2 * SECOND)
    town.sweep(NOON + 3 * SECOND)
    assert town.ends() == [("ana", "pending")]


def test_what_a_worker_gives_back_after_the_end_is_withdrawn(town):
    town.begin(town.alarm())
    (letter,) = town.sweep(NOON)
    claimed = outbox.claim(letter, NOON)
    Alarm.objects.update(state="returned", returned_at=NOON)
    town.sweep(NOON + SECOND)
    outbox.try_again(claimed, "busy", NOON + 2 * SECOND)
    town.sweep(NOON + 3 * SECOND)
    assert [(row.state, row.reason) for row in Message.objects.all()] == [("cancelled", "returned")]


def test_an_end_that_waits_is_withdrawn_when_the_alarm_is_back(town):
    alarm = told_to_ana(town)
    Alarm.objects.update(state="returned", returned_at=NOON)
    town.sweep(NOON + SECOND)
    Alarm.objects.update(state="unacknowledged")
    town.begin(alarm, at=NOON + 2 * SECOND)
    assert town.ends() == [("ana", "cancelled")]


def test_a_thousand_ends_are_few_letters_and_alarms_leave_first(town):
    Message.objects.all().delete()
    alarms = [town.alarm(number) for number in range(200)]
    town.begin(*alarms)
    send_all(town, town.sweep(NOON), NOON)
    Alarm.objects.update(state="returned", returned_at=NOON)
    town.begin(town.alarm(500), at=NOON + 2 * MINUTE)
    letters = town.sweep(NOON + 2 * MINUTE)
    kinds = [{row.kind for row in Message.objects.filter(letter=letter)} for letter in letters]
    assert sorted(map(sorted, kinds)) == [["alarm"], ["ended"]]
    ended = Message.objects.filter(kind="ended")
    assert (ended.count(), len(set(ended.values_list("escalation", flat=True)))) == (200, 200)


def test_of_what_the_limit_holds_back_alarms_leave_before_ends(town):
    Message.objects.all().delete()
    type(town.contacts["ana"]).objects.update(means="sms")
    told_to_ana(town)
    Alarm.objects.update(state="returned", returned_at=NOON)
    town.begin(town.alarm(2), at=NOON + SECOND)
    town.sweep(NOON + SECOND)
    held = Message.objects.filter(held_since__isnull=False).order_by("kind")
    assert [(row.kind, row.due_at) for row in held] == [("alarm", NOON + MINUTE), ("ended", NOON + 2 * MINUTE)]


def test_the_letter_of_an_end_says_so_in_the_reader_s_language(town):
    told_to_ana(town)
    town.users["ana"].language = "en"
    town.users["ana"].save()
    Alarm.objects.update(state="returned", returned_at=NOON + MINUTE)
    (letter,) = town.sweep(NOON + 2 * MINUTE)
    written = delivery.written(outbox.claim(letter, NOON + 2 * MINUTE))
    assert (written.subject, written.link) == ("Quai: Ended: Jauge J-1 : High level 1", "")


def announce(town: Town, *lines: dict) -> None:
    rules = {"announcements": [{"name": "Exploitants", "targets": [{"person": "ana"}], **each} for each in lines]}
    plans.write_rules(town.site.pk, rules, people=PEOPLE, by=BY, now=NOON)


def follow(town: Town, since: int) -> int:
    last = JournalEntry.objects.filter(site=town.site).latest("seq").seq
    Announcements(town.site.pk, "announcements").deal(since, last, NOON)
    return last


def plan(town: Town, **about: object) -> MaintenanceWindow:
    window = MaintenanceWindow(
        site=town.site, reason="Mise à jour", starts_at=NOON + 30 * MINUTE, ends_at=NOON + 90 * MINUTE, **about
    )
    return moves.plan(window, by=BY, now=NOON)


def test_maintenance_is_told_before_when_it_begins_and_when_it_ends_once_each(town):
    announce(town, {"about": ["feeds"]})
    followers.bookmark(Announcements(town.site.pk, "announcements"), NOON)
    since = JournalEntry.objects.filter(site=town.site).latest("seq").seq
    plan(town, feed=make_feed(town.site), announce_minutes=60)
    for minutes in (0, 30, 90):
        now = NOON + minutes * MINUTE
        upkeep.sweep(town.site.pk, now)
        last = follow(town, since)
        Announcements(town.site.pk, "announcements").deal(since, last, NOON)  # killed before it noted how far it was
        since = last
        (letter,) = outbox.bind(town.site.pk, now)
        claimed = outbox.claim(letter, now)
        said = delivery.written(claimed).text
        assert "Mise à jour" in said
        assert {0: "annoncée, du", 30: "commencée", 90: "terminée"}[minutes] in said
        outbox.sent(claimed, "n", now)
    assert Message.objects.filter(kind="maintenance", state="sent").count() == 3


def test_only_whom_the_rules_name_for_it_and_only_of_what_is_announced_is_told(town):
    announce(town, {"about": ["assets"]})
    plan(town, feed=make_feed(town.site), announce_minutes=60)
    upkeep.sweep(town.site.pk, NOON)
    follow(town, 0)
    assert not Message.objects.exists()
    announce(town, {})
    plan(town, feed=make_feed(town.site, "autre"))
    upkeep.sweep(town.site.pk, NOON + 30 * MINUTE)
    follow(town, 0)
    lines = set(Message.objects.values_list("line", flat=True))
    kinds = sorted(JournalEntry.objects.filter(site=town.site, seq__in=lines).values_list("kind", flat=True))
    assert kinds == ["maintenance.announced", "maintenance.started"]


def test_a_rota_that_announces_maintenance_is_not_taken_away(town):
    rota = {"name": "Vide", "layers": [{"people": ["ana"], "starts": "2026-01-01T00:00:00"}]}
    row = plans.write_rota(town.site.pk, "vide", rota, people=PEOPLE, by=BY, now=NOON)
    rules = {"announcements": [{"name": "Tous", "targets": [{"rota": "vide"}]}]}
    plans.write_rules(town.site.pk, rules, people=PEOPLE, by=BY, now=NOON)
    with pytest.raises(Refused):
        plans.delete_rota(row, by=BY, now=NOON)
