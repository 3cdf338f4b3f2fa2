"""A question that nobody answers in time reaches the log, and the rule of the pack raises an alarm until then."""

import datetime as dt

import pytest
from django.utils import timezone

from alarms.models import Alarm
from alarms.rules import activate, write_rule
from alarms.rules.rulebook import pack
from assets.log import Log
from journal import followers, live
from journal.actors import Actor
from response.entities import moves
from response.entities.events import NAME, EntityEvents
from tests.correlating import correlating
from tests.factories import make_asset, make_feed, make_point, make_site, make_user
from tests.response.asking import BY, TEN, make_entity, make_question

pytestmark = pytest.mark.django_db(transaction=True)
SLUG = "question-unanswered"
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def site(valkey):
    site = make_site()
    followers.move(site.pk, NAME, live.state(site.pk), timezone.now())
    return site


def deal(site, after: int) -> int:
    return EntityEvents(site.pk, NAME).deal(after, live.state(site.pk), timezone.now())


def test_what_people_wrote_is_not_in_the_log(site):
    start, anna = live.state(site.pk), make_user("anna", site, "operator")
    asked = make_question(site, mairie := make_entity(site, "mairie", anna))
    moves.sweep(site.pk, asked.due_at)
    moves.answer(asked.pk, mairie, "no", note="secret", by=Actor.of(anna), now=asked.due_at + MINUTE)
    deal(site, start)
    deal(site, start)  # killed before its bookmark was saved
    events = [event for packed in Log().read(site.pk, "0-0", 1000, 0) for event in packed.opened().events]
    assert [event.kind for event in events] == [
        "entity_message_sent", "entity_message_late", "entity_message_answered", "entity_message_settled",
    ]  # fmt: skip
    assert events[1].attributes == {"number": 1, "kind": "question", "entities": ["mairie"]}
    assert events[2].attributes == {"number": 1, "kind": "question", "entity": "mairie", "late": True}


def test_a_question_not_answered_in_time_is_an_alarm_until_it_is_answered_or_ended(site, wait_until):
    spec = next(entry.spec for entry in pack("city") if entry.slug == SLUG)
    activate(write_rule(site, SLUG, SLUG, SLUG, spec, now=timezone.now()), now=timezone.now())
    make_point(make_asset(site), make_feed(site))
    anna, now, start = make_user("anna", site, "operator"), timezone.now(), live.state(site.pk)
    mairie = make_entity(site, "mairie", anna)
    asked, dropped = (make_question(site, mairie, now=now - TEN) for _ in range(2))

    def standing() -> int:
        return Alarm.objects.filter(is_open=True, returned_at=None, rule__slug=SLUG).count()

    with correlating(site):
        assert moves.sweep(site.pk, now) == 2
        deal(site, start)
        wait_until(lambda: standing() == 2)
        moves.answer(asked.pk, mairie, "yes", by=Actor.of(anna), now=timezone.now())
        deal(site, start)
        wait_until(lambda: standing() == 1)
        moves.end(dropped.pk, "ended", by=BY, now=timezone.now())
        deal(site, start)
        wait_until(lambda: standing() == 0)
