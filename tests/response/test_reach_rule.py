"""A step that would reach nobody is an alarm of the ready rule until each step reaches somebody again."""

import datetime as dt

import pytest
from django.db import transaction
from django.utils import timezone

from alarms.models import Alarm
from alarms.rules.rulebook import pack
from journal import followers, live
from response.models import Contact, Gateway
from response.notification import events, reviewing
from tests.correlating import correlating
from tests.factories import NOON, make_rule
from tests.response.test_notification import Town

HOUR = dt.timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_a_step_that_would_reach_nobody_is_an_alarm_until_each_reaches_somebody(valkey, wait_until):
    town = Town()
    Gateway.objects.create(site=town.site, means="mail", settings="", changed_at=NOON, changed_by="admin")
    (entry,) = [entry for entry in pack("city") if entry.slug == "nobody-reachable"]
    make_rule(town.site, entry.slug, entry.spec)

    def states() -> list[str]:
        with transaction.atomic():
            return list(Alarm.objects.filter(rule__slug=entry.slug).values_list("state", flat=True))

    followers.move(town.site.pk, events.NAME, live.state(town.site.pk), timezone.now())
    since = [live.state(town.site.pk)]

    def look(at: dt.datetime) -> None:
        assert reviewing.sweep(town.site, at)
        since.append(live.state(town.site.pk))
        events.NotificationEvents(town.site.pk, events.NAME).deal(*since[-2:], timezone.now())

    now = timezone.now()
    with correlating(town.site):
        Contact.objects.filter(person=town.users["ana"]).update(verified_at=None)
        look(now)
        wait_until(lambda: states() == ["unacknowledged"])
        Contact.objects.filter(person=town.users["bob"]).update(verified_at=None)
        look(now + HOUR)  # another step: still the one alarm
        Contact.objects.update(verified_at=NOON)
        look(now + 2 * HOUR)
        wait_until(lambda: states() == ["returned"])
    assert Alarm.objects.get().sentence_fr == "Une étape d'escalade ne joindrait personne d'ici 24 h"
