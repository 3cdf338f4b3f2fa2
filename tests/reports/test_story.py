"""What of the journal's lines about an alarm is an annunciation, and what becomes of it."""

import datetime as dt

import pytest

from alarms import lifecycle
from alarms.models import Alarm
from journal.actors import Actor
from journal.models import Ledger
from reports.annunciations import AnnunciationFollower, of_site
from reports.models import Annunciation
from reports.story import BACK, HEARD, PAST, RAISED, SHELVED, SUPPRESSED, WORSENED, Details, Story, Told
from tests.alarms.verdict import at, make_desk, make_lamps
from tests.factories import NOON, make_asset, make_user

ALARM = 7


def line(seq: int, kind: str, seconds: float, actor: str = "system", **details: object) -> Told:
    return Told(seq, at(seconds), f"alarm.{kind}", ALARM, actor, "operateur" if actor == "person" else "", Details(**details))


def told(*lines: Told) -> list:
    story = Story([])
    for each in lines:
        story.hear(each)
    return story.new


def test_one_that_comes_again_before_it_is_acknowledged_waits_since_it_came_first():
    first, second = told(
        line(1, "raised", 0, severity="high"),
        line(2, "returned", 60, at=at(58)),
        line(3, "raised", 120, severity="high"),
        line(4, "acknowledged", 180, "person"),
    )
    assert (first.cause, second.cause) == (RAISED, RAISED)
    assert (first.acknowledged_at, first.returned_at) == (None, at(58))
    assert (second.waiting_since, second.acknowledged_at) == (at(0), at(180))


def test_one_that_is_worse_before_it_was_acknowledged_asks_nobody_again():
    (only,) = told(line(1, "raised", 0, severity="medium"), line(2, "severity", 30, severity="critical"))
    assert (only.severity, only.current) == (3, 1)


def test_one_that_is_worse_after_it_was_acknowledged_asks_again_and_ends_as_one_condition():
    first, second = told(
        line(1, "raised", 0, severity="medium"),
        line(2, "acknowledged", 10, "person"),
        line(3, "severity", 30, severity="critical"),
        line(4, "returned", 90),
    )
    assert (second.cause, second.severity, second.began_at) == (WORSENED, 1, first.began_at)
    assert first.returned_at == second.returned_at == at(90)


def test_easing_and_retelling_ask_nobody():
    (only,) = told(
        line(1, "raised", 0, severity="high"),
        line(2, "acknowledged", 10, "person"),
        line(3, "severity", 30, severity="medium"),
        line(4, "revised", 40, severity="medium"),
    )
    assert only.current == 3


def test_what_is_suppressed_as_it_is_raised_was_heard_by_nobody_until_it_comes_back():
    first, back = told(line(1, "raised", 0, severity="high"), line(2, "suppressed", 0), line(3, "unsuppressed", 300))
    assert (first.unheard, first.waiting_since) == (SUPPRESSED, None)
    assert (back.cause, back.unheard, back.waiting_since) == (BACK, HEARD, at(300))


def test_what_is_suppressed_later_was_heard():
    (first,) = told(line(1, "raised", 0, severity="high"), line(2, "suppressed", 5))
    assert first.unheard == HEARD


def test_what_comes_again_while_it_is_shelved_is_heard_by_nobody():
    _, again = told(
        line(1, "raised", 0, severity="high"),
        line(2, "shelved", 5, "person"),
        line(3, "returned", 50),
        line(4, "raised", 60, severity="high"),
    )
    assert again.unheard == SHELVED


def test_whoever_brings_an_alarm_back_into_view_is_not_told_of_it():
    lines = [line(1, "raised", 0, severity="high"), line(2, "shelved", 5, "person")]
    assert len(told(*lines, line(3, "unshelved", 60, "person"))) == 1
    assert len(told(*lines, line(3, "unshelved", 60))) == 2


def test_what_was_over_when_it_was_learned_was_heard_by_nobody():
    (past,) = told(line(1, "raised_past", 0, severity="high"))
    assert (past.unheard, past.waiting_since) == (PAST, None)


def test_an_acknowledgement_that_is_taken_back_is_none():
    (only,) = told(line(1, "raised", 0, severity="high"), line(2, "acknowledged", 5, "person"), line(3, "withdrawn", 8, "person"))
    assert (only.acknowledged_at, only.acknowledged_by, only.acted) == (None, "", False)


@pytest.mark.parametrize(("kind", "acted"), [("acknowledged", False), ("shelved", False), ("commented", True), ("taken", True)])
def test_acting_is_more_than_acknowledging_or_silencing(kind, acted):
    (only,) = told(line(1, "raised", 0, severity="high"), line(2, kind, 5, "person"))
    assert only.acted is acted


@pytest.mark.django_db(transaction=True)
def test_the_follower_counts_what_was_there_before_it_and_is_told_the_same_in_small_steps(monkeypatch, valkey):
    desk = make_desk(coupure={})
    user = make_user(site=desk.site)
    cabinet = make_asset(desk.site, "A-1")
    lamps = make_lamps(desk.site, 3, cabinet)
    desk.raised("coupure", [cabinet], NOON)
    desk.raised("coupure", lamps, at(5))  # explained by the cabinet
    alarm = Alarm.objects.get(asset=cabinet)
    lifecycle.take_charge([alarm.pk], by=Actor.of(user), now=at(20))
    lifecycle.acknowledge([alarm.pk], by=Actor.of(user), now=at(30))
    desk.cleared("coupure", [*lamps, cabinet], at(60))

    rows = {}
    for batch in (1, 2000):
        Annunciation.objects.all().delete()
        monkeypatch.setattr("reports.annunciations.BATCH", batch)
        follow(desk.site.pk)
        rows[batch] = list(Annunciation.objects.order_by("alarm_id", "seq").values_list(*COMPARED))
    assert rows[1] == rows[2000]
    first, *explained = rows[1]
    assert first == (alarm.pk, RAISED, HEARD, NOON, NOON, at(20), at(30), "operateur", at(60), True)
    assert [row[2] for row in explained] == [SUPPRESSED] * 3


COMPARED = (
    "alarm_id", "cause", "unheard", "at", "waiting_since", "taken_at", "acknowledged_at", "acknowledged_by", "returned_at",
    "acted",
)  # fmt: skip


def follow(site: int) -> None:
    """As the process of the followers does, from the first line."""
    (follower,) = of_site(site)
    assert isinstance(follower, AnnunciationFollower)
    reached, last = 0, Ledger.objects.get(site_id=site).seq
    while reached < last:
        reached = follower.deal(reached, last, NOON + dt.timedelta(hours=1))
