"""What people do to alarms: stored, journaled, and refused without a trace when it makes no sense."""

import datetime as dt
import json

import pytest

from alarms import lifecycle
from alarms.lifecycle.limits import Level
from alarms.models import Alarm, SilenceLimit
from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_site, make_user

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOON + dt.timedelta(minutes=5)


@pytest.fixture
def scene(valkey):
    site = make_site()
    rule = make_rule(site)
    return make_user(site=site), make_alarm(rule, make_asset(site))


def kinds() -> list[str]:
    return list(JournalEntry.objects.exclude(kind="rule.activated").order_by("seq").values_list("kind", flat=True))


def test_acknowledging_is_stored_with_who_when_and_where(scene):
    user, alarm = scene
    lifecycle.acknowledge([alarm.id], by=Actor.of(user, "poste 2"), now=LATER, comment="vu sur place")
    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by, alarm.acknowledged_at, alarm.comments) == ("acknowledged", user, LATER, 1)
    entry = JournalEntry.objects.get(kind="alarm.acknowledged")
    assert (entry.actor, entry.desk, entry.at) == ("operateur", "poste 2", LATER)
    assert json.loads(entry.details) == {"comment": "vu sur place", "was": "unacknowledged", "shown": "high"}
    assert alarm.seq == entry.seq


def test_acknowledging_twice_changes_and_journals_once(scene):
    user, alarm = scene
    lifecycle.acknowledge([alarm.id], by=Actor.of(user), now=LATER)
    lifecycle.acknowledge([alarm.id], by=Actor.of(user), now=LATER + dt.timedelta(minutes=1))
    alarm.refresh_from_db()
    assert alarm.acknowledged_at == LATER
    assert kinds() == ["alarm.acknowledged"]


def test_acknowledging_what_is_back_to_normal_closes_it(scene):
    user, alarm = scene
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    lifecycle.acknowledge([alarm.id], by=Actor.of(user), now=LATER)
    alarm.refresh_from_db()
    assert (alarm.state, alarm.closed_at) == ("normal", LATER)


def test_what_is_done_to_many_is_done_to_each_that_allows_it_and_says_why_not_to_the_others(scene):
    user, alarm = scene
    closed = make_alarm(alarm.rule, make_asset(alarm.site, "J-2"), state="normal")
    ending = {"until": LATER + dt.timedelta(hours=1), "reason": "travaux"}
    for move, more in [
        (lifecycle.acknowledge, {}), (lifecycle.take_charge, {}), (lifecycle.release, {}), (lifecycle.shelve, ending),
        (lifecycle.take_out_of_service, ending),
    ]:  # fmt: skip
        outcome = move([alarm.id, closed.id], by=Actor.of(user), now=LATER, **more)
        assert [done.id for done in outcome.done] == [alarm.id]
        assert [*outcome.refused] == [closed.id]
        assert outcome.refused[closed.id].fr.startswith("Une alarme close ne peut pas")
    assert len(kinds()) == 5
    assert {id_ for line in JournalEntry.objects.filter(kind__startswith="alarm.") for id_ in line.ids("alarm")} == {alarm.id}


def test_a_refusal_of_the_only_alarm_is_raised(scene):
    user, alarm = scene
    Alarm.objects.filter(pk=alarm.pk).update(state="normal")
    with pytest.raises(Refused):
        _ = lifecycle.acknowledge([alarm.id], by=Actor.of(user), now=LATER).only
    assert kinds() == []


def test_an_acknowledgement_that_is_sent_again_because_its_answer_was_lost_is_no_refusal(scene):
    user, alarm = scene
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    for _ in range(2):
        assert lifecycle.acknowledge([alarm.id], by=Actor.of(user), now=LATER).refused == {}
    assert kinds() == ["alarm.acknowledged"]


def test_acknowledging_what_is_back_to_normal_leaves_what_has_come_again(scene):
    user, alarm = scene
    back = make_alarm(alarm.rule, make_asset(alarm.site, "J-2"), state="returned")
    outcome = lifecycle.acknowledge([alarm.id, back.id], by=Actor.of(user), now=LATER, returned=True)
    assert ([done.id for done in outcome.done], [*outcome.refused]) == ([back.id], [alarm.id])
    alarm.refresh_from_db()
    assert alarm.state == "unacknowledged"


def test_what_another_person_has_in_charge_is_given_back_only_by_who_may(scene):
    user, alarm = scene
    other = make_user("autre", alarm.site)
    lifecycle.take_charge([alarm.id], by=Actor.of(other), now=LATER)
    assert [*lifecycle.release([alarm.id], by=Actor.of(user), now=LATER, others=False).refused] == [alarm.id]
    assert lifecycle.release([alarm.id], by=Actor.of(user), now=LATER).refused == {}


def test_an_unknown_alarm_is_named(scene):
    user, alarm = scene
    with pytest.raises(Refused):
        lifecycle.acknowledge([alarm.id, 10_000_000], by=Actor.of(user), now=LATER)


@pytest.mark.parametrize(
    ("until", "reason"),
    [(LATER - dt.timedelta(hours=1), "travaux"), (LATER + dt.timedelta(hours=1), " ")],
)
def test_shelving_needs_a_reason_and_an_end_to_come(scene, until, reason):
    user, alarm = scene
    with pytest.raises(Refused):
        lifecycle.shelve([alarm.id], until=until, reason=reason, by=Actor.of(user), now=LATER)
    assert kinds() == []


@pytest.mark.parametrize(
    ("level", "severity", "hours", "words"),
    [
        ("operator", 1, 1, "Une alarme critique se met en veille pour 1 h au plus par un opérateur."),
        ("supervisor", 1, 8, "Une alarme critique se met en veille pour 8 h au plus par un chef de quart."),
        ("operator", 4, 24, "Une alarme basse se met en veille pour 1 j au plus par un opérateur."),
    ],
)
def test_what_is_shelved_for_too_long_is_refused_by_a_sentence_that_says_the_longest(scene, level, severity, hours, words):
    user, alarm = scene
    Alarm.objects.filter(pk=alarm.pk).update(severity=severity)
    end = LATER + dt.timedelta(hours=hours)
    beyond = end + dt.timedelta(minutes=1)
    outcome = lifecycle.shelve([alarm.id], until=beyond, reason="travaux", by=Actor.of(user), now=LATER, level=Level(level))
    assert [refusal.fr for refusal in outcome.refused.values()] == [words]
    assert kinds() == []
    lifecycle.shelve([alarm.id], until=end, reason="travaux", by=Actor.of(user), now=LATER, level=Level(level))
    assert kinds() == ["alarm.shelved"]


def test_a_site_may_say_another_longest_silence(scene):
    user, alarm = scene
    SilenceLimit.objects.create(site=alarm.site, level="operator", severity=alarm.severity, minutes=15)
    end = LATER + dt.timedelta(minutes=16)
    assert lifecycle.shelve([alarm.id], until=end, reason="travaux", by=Actor.of(user), now=LATER).refused
    assert not lifecycle.shelve(
        [alarm.id], until=LATER + dt.timedelta(minutes=15), reason="travaux", by=Actor.of(user), now=LATER
    ).refused


def test_a_shelving_ends_by_itself_and_says_so(scene):
    from alarms.lifecycle import deadlines

    user, alarm = scene
    end = LATER + dt.timedelta(hours=1)
    lifecycle.shelve([alarm.id], until=end, reason="travaux", by=Actor.of(user), now=LATER)
    assert deadlines.sweep(alarm.site_id, end - dt.timedelta(seconds=1)) == 0
    assert deadlines.sweep(alarm.site_id, end) == 1
    alarm.refresh_from_db()
    assert alarm.shelved_until is None
    assert kinds() == ["alarm.shelved", "alarm.unshelved"]


def test_every_kind_of_move_keeps_the_journal_whole(scene):
    user, alarm = scene
    end = LATER + dt.timedelta(hours=1)
    lifecycle.take_charge([alarm.id], by=Actor.of(user), now=LATER)
    lifecycle.add_comment([alarm.id], text="é « ’ ✓ \\ \t", by=Actor.of(user), now=LATER)
    lifecycle.take_out_of_service([alarm.id], until=end, reason="permis 12", by=Actor.of(user), now=LATER)
    lifecycle.return_to_service([alarm.id], by=Actor.of(user), now=LATER)
    lifecycle.shelve([alarm.id], until=end, reason="travaux", by=Actor.of(user), now=LATER)
    lifecycle.unshelve([alarm.id], by=Actor.of(user), now=LATER)
    lifecycle.release([alarm.id], by=Actor.of(user), now=LATER)
    assert len(kinds()) == 7
    assert list(verify(alarm.site_id)) == []


@pytest.mark.parametrize("damage", ["text", "deletion", "order"])
def test_a_journal_that_was_tampered_with_is_found_out(scene, damage):
    user, alarm = scene
    for number in range(3):
        lifecycle.add_comment([alarm.id], text=f"note {number}", by=Actor.of(user), now=LATER)
    entries = JournalEntry.objects.filter(site=alarm.site)
    middle = entries.get(text_fr="note 1")
    if damage == "text":
        entries.filter(pk=middle.pk).update(text_fr="autre")
    elif damage == "deletion":
        middle.delete()
    else:
        entries.filter(pk=middle.pk).update(at=LATER + dt.timedelta(seconds=1))
    assert next(flaw.seq for flaw in verify(alarm.site_id)) in {middle.seq, middle.seq + 1}
