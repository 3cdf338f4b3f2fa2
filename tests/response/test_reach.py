"""Steps that would reach nobody are found before they are needed, each with its reason; what limits hold back is counted."""

import datetime as dt

import pytest

from journal.actors import Actor
from journal.models import JournalEntry
from response.duty import holding, positions
from response.models import Contact, Gateway, OnCallRota
from response.notification import outbox, plans, reach, reviewing
from response.notification.rows import message_rows
from tests.factories import NOON
from tests.response.test_notification import BY, MINUTE, PEOPLE, SECOND, Town, send_all

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def town(db):
    town = Town()
    Gateway.objects.create(site=town.site, means="mail", settings="", changed_at=NOON, changed_by="admin")
    return town


def found(town: Town, at: dt.datetime = NOON) -> list[tuple[int, str, str]]:
    return [(gap.step, each.code, each.who) for gap in reach.gaps(town.site, at) for each in gap.reasons]


def test_where_each_step_reaches_somebody_nothing_is_said(town):
    assert found(town) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"verified_at": None}, "not_confirmed"),
        ({"gone_at": NOON}, "gone"),
        ({"means": "sms"}, "no_gateway"),
    ],
)
def test_a_step_says_why_its_person_would_not_be_reached(town, change, why):
    Contact.objects.filter(person=town.users["ana"]).update(**change)
    assert found(town) == [(1, why, "ana")]


def test_a_person_without_a_contact_or_a_right_and_one_without_the_kind_that_is_asked_are_told_apart(town):
    Contact.objects.filter(person=town.users["ana"]).delete()
    town.users["bob"].grants.all().delete()
    assert found(town) == [(1, "no_contact", "ana"), (2, "no_right", "bob")]
    town.policy({"targets": [{"person": "ana"}], "kinds": ["sms"]})
    town.contact("ana")
    assert found(town) == [(1, "other_kinds", "ana")]


def test_a_rota_without_anybody_tonight_is_told_with_the_time_it_lasts(town):
    rota = {"name": "Jour", "layers": [
        {"people": ["ana"], "starts": "2026-01-05T00:00:00", "hours": [{"start": "08:00:00", "end": "18:00:00"}]},
    ]}  # fmt: skip
    plans.write_rota(town.site.pk, "jour", rota, people=PEOPLE, by=BY, now=NOON)
    town.policy({"targets": [{"rota": "jour"}]})
    noon_there = NOON.astimezone(dt.UTC).replace(hour=11, minute=0)
    (gap,) = reach.gaps(town.site, noon_there)
    assert [each.code for each in gap.reasons] == ["nobody_on_call"]
    assert noon_there < gap.starts < gap.ends < noon_there + 24 * HOUR
    assert gap.ends - gap.starts == 14 * HOUR
    OnCallRota.objects.all().delete()
    assert found(town) == [(1, "rota_gone", "jour")]


def test_a_position_is_taken_as_it_is_held_now(town):
    position = positions.write(town.site.pk, "chef", "Chef de salle", "", 0, by=BY, now=NOON)
    town.policy({"targets": [{"position": "chef"}]})
    assert found(town) == [(1, "position_not_held", "chef")]
    holding.take(position.pk, by=Actor.of(town.users["bob"]), now=NOON)
    assert found(town) == []


def test_the_journal_is_told_when_it_begins_when_it_changes_and_when_it_is_over(town):
    assert not reviewing.sweep(town.site, NOON)
    Contact.objects.filter(person=town.users["ana"]).update(verified_at=None)
    assert [reviewing.sweep(town.site, NOON + each * HOUR) for each in range(2)] == [True, False]
    Contact.objects.update(verified_at=NOON)
    assert [reviewing.sweep(town.site, NOON + each * HOUR) for each in range(2, 4)] == [True, False]
    lines = JournalEntry.objects.filter(kind__startswith="notification.", site=town.site).exclude(kind__endswith="changed")
    assert [line.kind for line in lines.order_by("seq")] == ["notification.unreachable", "notification.reachable"]
    assert lines.order_by("seq")[0].text_fr == "Ne joindrait personne d’ici 24 h : « Nuit » étape 1"


def test_what_the_limit_holds_back_is_counted_by_contact_with_when_the_next_leaves(town):
    Contact.objects.update(means="sms")
    for number in range(4):
        town.begin(town.alarm(number), at=NOON + number * SECOND)
        send_all(town, town.sweep(NOON + number * SECOND), NOON + number * SECOND)
    assert outbox.held(town.site.pk) == [outbox.Held(town.contacts["ana"].pk, 3, NOON + MINUTE)]
    rows = message_rows(outbox.Message.objects.order_by("pk"))
    assert [row["held"] for row in rows] == [0, 3, 3, 3]
    send_all(town, town.sweep(NOON + MINUTE), NOON + MINUTE)
    assert outbox.held(town.site.pk) == []
