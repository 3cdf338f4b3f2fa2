"""What people do to alarms: stored, journaled, and refused without a trace when it makes no sense."""

import datetime as dt

import pytest

from alarms import lifecycle
from alarms.journal import verify
from alarms.models import Alarm, JournalEntry
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
    lifecycle.acknowledge([alarm.id], by=user, now=LATER, desk="poste 2", comment="vu sur place")
    alarm.refresh_from_db()
    assert (alarm.state, alarm.acknowledged_by, alarm.acknowledged_at, alarm.comments) == ("acknowledged", user, LATER, 1)
    entry = JournalEntry.objects.get(kind="alarm.acknowledged")
    assert (entry.actor, entry.desk, entry.at, entry.details) == ("operateur", "poste 2", LATER, '{"comment":"vu sur place"}')
    assert alarm.seq == entry.seq


def test_acknowledging_twice_changes_and_journals_once(scene):
    user, alarm = scene
    lifecycle.acknowledge([alarm.id], by=user, now=LATER)
    lifecycle.acknowledge([alarm.id], by=user, now=LATER + dt.timedelta(minutes=1))
    alarm.refresh_from_db()
    assert alarm.acknowledged_at == LATER
    assert kinds() == ["alarm.acknowledged"]


def test_acknowledging_what_is_back_to_normal_closes_it(scene):
    user, alarm = scene
    Alarm.objects.filter(pk=alarm.pk).update(state="returned")
    lifecycle.acknowledge([alarm.id], by=user, now=LATER)
    alarm.refresh_from_db()
    assert (alarm.state, alarm.closed_at) == ("normal", LATER)


def test_an_illegal_move_in_a_bulk_changes_nothing_at_all(scene):
    user, alarm = scene
    closed = make_alarm(alarm.rule, make_asset(alarm.site, "J-2"), state="normal")
    with pytest.raises(lifecycle.IllegalMove):
        lifecycle.acknowledge([alarm.id, closed.id], by=user, now=LATER)
    alarm.refresh_from_db()
    assert alarm.state == "unacknowledged"
    assert kinds() == []


def test_an_unknown_alarm_is_named(scene):
    user, alarm = scene
    with pytest.raises(Alarm.DoesNotExist):
        lifecycle.acknowledge([alarm.id, 10_000_000], by=user, now=LATER)


@pytest.mark.parametrize(
    ("until", "reason"),
    [(LATER - dt.timedelta(hours=1), "travaux"), (LATER + dt.timedelta(days=8), "travaux"), (LATER + dt.timedelta(hours=1), " ")],
)
def test_shelving_needs_a_reason_and_an_end_that_is_near(scene, until, reason):
    user, alarm = scene
    with pytest.raises(lifecycle.IllegalMove):
        lifecycle.shelve(alarm.id, until=until, reason=reason, by=user, now=LATER)
    assert kinds() == []


def test_a_shelving_ends_by_itself_and_says_so(scene):
    from alarms.lifecycle import deadlines

    user, alarm = scene
    end = LATER + dt.timedelta(hours=1)
    lifecycle.shelve(alarm.id, until=end, reason="travaux", by=user, now=LATER)
    assert deadlines.sweep(alarm.site_id, end - dt.timedelta(seconds=1)) == 0
    assert deadlines.sweep(alarm.site_id, end) == 1
    alarm.refresh_from_db()
    assert alarm.shelved_until is None
    assert kinds() == ["alarm.shelved", "alarm.unshelved"]


def test_every_kind_of_move_keeps_the_journal_whole(scene):
    user, alarm = scene
    end = LATER + dt.timedelta(hours=1)
    lifecycle.take_charge(alarm.id, by=user, now=LATER)
    lifecycle.add_comment(alarm.id, text="é « ’ ✓ \\ \t", by=user, now=LATER)
    lifecycle.take_out_of_service(alarm.id, until=end, reason="permis 12", by=user, now=LATER)
    lifecycle.return_to_service(alarm.id, by=user, now=LATER)
    lifecycle.shelve(alarm.id, until=end, reason="travaux", by=user, now=LATER)
    lifecycle.unshelve(alarm.id, by=user, now=LATER)
    lifecycle.release(alarm.id, by=user, now=LATER)
    assert len(kinds()) == 7
    assert list(verify(alarm.site_id)) == []


@pytest.mark.parametrize("damage", ["text", "deletion", "order"])
def test_a_journal_that_was_tampered_with_is_found_out(scene, damage):
    user, alarm = scene
    for number in range(3):
        lifecycle.add_comment(alarm.id, text=f"note {number}", by=user, now=LATER)
    entries = JournalEntry.objects.filter(site=alarm.site)
    middle = entries.get(text_fr="note 1")
    if damage == "text":
        entries.filter(pk=middle.pk).update(text_fr="autre")
    elif damage == "deletion":
        middle.delete()
    else:
        entries.filter(pk=middle.pk).update(at=LATER + dt.timedelta(seconds=1))
    assert next(flaw.seq for flaw in verify(alarm.site_id)) in {middle.seq, middle.seq + 1}
