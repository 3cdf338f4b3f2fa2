"""A hand-over is made of facts, frozen as it is given, and accepted by somebody else, who then holds the position."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alarms.lifecycle import acknowledge
from alarms.models import Alarm
from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from response.daylog import writing
from response.daylog.writing import Draft
from response.duty import holding, positions
from response.handover import moves
from response.handover.facts import Changes, gather
from response.handover.moves import facts_of
from response.instructions import moves as instructions
from response.models import Holding
from tests.factories import NOON, make_alarm, make_asset, make_rule, make_site, make_user

ANNA, BRUNO = (Actor("person", name, "Poste 1") for name in ("anna", "bruno"))
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def site(db, valkey):
    return make_site()


@pytest.fixture
def position(site):
    row = positions.write(site.pk, "chef", "Chef de quart", "", 0, by=ANNA, now=NOON)
    holding.take(row.pk, by=ANNA, now=NOON)
    return row


def raised(site, count: int, severity: int = 1) -> list[Alarm]:
    rule = make_rule(site, f"crue-{severity}")
    made = [make_alarm(rule, make_asset(site, f"J-{severity}-{n}"), severity=severity, seq=1) for n in range(count)]
    Alarm.objects.filter(pk__in=[each.pk for each in made]).update(raised_at=NOON + MINUTE)
    return made


def test_it_tells_what_is_open_what_holds_and_what_was_done(site, position):
    person = make_user("zoe", site)
    first, *_ = raised(site, 3)
    raised(site, 1, 2)
    acknowledge([first.pk], by=Actor.of(person), now=NOON + 4 * MINUTE)
    writing.write(site.pk, Draft("Digue inspectée", NOON, in_summary=True), people=(), by=ANNA, now=NOON + MINUTE)
    writing.write(site.pk, Draft("Café", NOON), people=(), by=ANNA, now=NOON + MINUTE)
    instructions.write(site.pk, instructions.Draft("Ronde à minuit", NOON), by=ANNA, now=NOON)
    later = instructions.Draft("Demain", NOON + dt.timedelta(days=1))
    instructions.write(site.pk, later, by=ANNA, now=NOON)
    given = moves.give(position.pk, " Surveiller la digue ", by=ANNA, now=NOON + 10 * MINUTE)
    facts = facts_of(given)
    assert (given.note, given.since) == ("Surveiller la digue", NOON)
    assert (facts.severities["critical"], facts.severities["high"], facts.severities["low"]) == ((3, 2), (1, 1), (0, 0))
    assert [fact.severity for fact in facts.alarms.facts] == ["critical", "critical", "critical", "high"]
    assert [fact.text.fr for fact in facts.notes.facts] == ["n° 1 — Digue inspectée"]
    assert [fact.text.fr for fact in facts.instructions.facts] == ["Ronde à minuit"]
    assert (facts.figures.raised, facts.figures.acknowledged, facts.figures.median) == (4, 1, 180.0)


def test_what_was_given_stays_as_it_was_and_what_changed_until_it_is_accepted_is_told(site, position):
    first, second = raised(site, 2)
    given = moves.give(position.pk, "", by=ANNA, now=NOON + 2 * MINUTE)
    Alarm.objects.filter(pk=first.pk).update(state="normal", closed_at=NOON + 3 * MINUTE)
    (third,) = raised(site, 1, 2)
    done = moves.accept(given.pk, by=BRUNO, now=NOON + 5 * MINUTE)
    assert [fact.id for fact in facts_of(done).alarms.facts] == [first.pk, second.pk]
    assert [fact["id"] for fact in done.changes["appeared"]["alarms"]] == [third.pk]
    assert [fact["id"] for fact in done.changes["gone"]["alarms"]] == [first.pk]
    before, after = Holding.objects.order_by("pk")
    assert (before.ending, before.until, after.holder, after.since) == (
        "handed_over", NOON + 5 * MINUTE, "bruno", NOON + 5 * MINUTE,
    )  # fmt: skip
    kinds = list(JournalEntry.objects.filter(site=site).order_by("seq").values_list("kind", flat=True))
    assert kinds[-2:] == ["holding.handed_over", "handover.accepted"]
    assert list(verify(site.pk)) == []


def test_nobody_accepts_their_own_nor_one_that_waits_no_longer_nor_gives_what_they_do_not_hold(site, position):
    with pytest.raises(Refused) as refused:
        moves.give(position.pk, "", by=BRUNO, now=NOON)
    assert refused.value.code == "position_not_held"
    given = moves.give(position.pk, "", by=ANNA, now=NOON)
    with pytest.raises(Refused) as refused:
        moves.accept(given.pk, by=ANNA, now=NOON)
    assert refused.value.code == "handover_own"
    assert moves.give(position.pk, "", by=ANNA, now=NOON).pk == given.pk  # sent again
    with pytest.raises(Refused):
        moves.withdraw(given.pk, by=BRUNO, now=NOON)
    moves.withdraw(given.pk, by=ANNA, now=NOON)
    with pytest.raises(Refused) as refused:
        moves.accept(given.pk, by=BRUNO, now=NOON)
    assert refused.value.code == "handover_over"


def test_who_took_a_position_over_may_give_it_though_the_other_had_given_it_already(site, position):
    old = moves.give(position.pk, "", by=ANNA, now=NOON)
    holding.take(position.pk, by=BRUNO, now=NOON + MINUTE, reason="malaise")
    new = moves.give(position.pk, "", by=BRUNO, now=NOON + 2 * MINUTE)
    old.refresh_from_db()
    assert (old.withdrawn_at, new.given_by) == (NOON + 2 * MINUTE, "bruno")
    assert list(verify(site.pk)) == []


def test_the_hand_over_of_a_flooded_shift_stays_short_and_asks_no_more_of_the_database(site, position):
    raised(site, 2)
    with CaptureQueriesContext(
        connection,
    ) as few:
        gather(site.pk, NOON, NOON + MINUTE)
    raised(site, 90, 3)
    with CaptureQueriesContext(connection) as many:
        facts = gather(site.pk, NOON, NOON + MINUTE)
    assert (facts.alarms.total, len(facts.alarms.facts)) == (92, 30)
    assert len(many) == len(few) <= 20


def test_what_a_cut_list_hides_is_not_told_as_new_or_gone(site, position):
    raised(site, 40)
    given = moves.give(position.pk, "", by=ANNA, now=NOON + MINUTE)
    first = facts_of(given).alarms.facts[0]
    Alarm.objects.filter(pk=first.id).update(state="normal", closed_at=NOON + MINUTE)
    done = moves.accept(given.pk, by=BRUNO, now=NOON + 2 * MINUTE)
    assert done.changes == {"appeared": {}, "gone": {}}
    assert not Changes({}, {})
